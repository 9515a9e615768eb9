/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interrupts.c - Ctrl-C once finishes what is under way, twice ends it.
 */
#include "interrupts.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void *watch(void *arg)
{
	struct interrupts *i = arg;
	struct pollfd fds[2] = {
		{ .fd = i->signals, .events = POLLIN },
		{ .fd = i->ended, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			return NULL;
		if (read(i->signals, &info, sizeof(info)) != sizeof(info))
			continue;
		pthread_mutex_lock(&i->lock);
		i->hard = i->hard || !i->told || i->count > 0;
		if (!i->count++ && i->told)
			i->told(i->context);
		pthread_mutex_unlock(&i->lock);
	}
}

static void signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void interrupts_open(struct interrupts *i)
{
	sigset_t set;
	int rc;

	*i = (struct interrupts){ 0 };
	signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	i->signals = signalfd(-1, &set, SFD_CLOEXEC);
	i->ended = eventfd(0, EFD_CLOEXEC);
	assert(i->signals >= 0 && i->ended >= 0);
	pthread_mutex_init(&i->lock, NULL);
	rc = pthread_create(&i->thread, NULL, watch, i);
	assert(!rc);
	(void)rc;
}

void interrupts_listen(struct interrupts *i, void (*told)(void *),
    void *context)
{
	pthread_mutex_lock(&i->lock);
	i->told = told;
	i->context = context;
	pthread_mutex_unlock(&i->lock);
}

void interrupts_close(struct interrupts *i)
{
	eventfd_write(i->ended, 1);
	pthread_join(i->thread, NULL);
	close(i->signals);
	close(i->ended);
	pthread_mutex_destroy(&i->lock);
}
