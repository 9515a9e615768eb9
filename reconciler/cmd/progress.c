/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.c - one line on a terminal that says what is going on.
 *
 * A thread of its own draws, so that time is seen to pass while everybody waits
 * for a package to unpack.
 */
#include "progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../specs/print.h"
#include "cmd.h"

/* milliseconds; TEXT is in bytes */
enum { QUIET = 1000, TICK = 100, TEXT = 400 };

struct progress {
	struct invocation *invocation;
	const char *verb;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool running;
	bool ended;
	/* it is on the screen now */
	bool drawn;
	size_t done, total;
	char text[TEXT];
	/* milliseconds of CLOCK_MONOTONIC */
	int64_t opened, since;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* bytes of at most `room` columns */
static size_t cut(const char *text, int room)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if ((text[i] & 0xc0) != 0x80 && room-- == 0)
			break;
	return i;
}

static void hide(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}

static void draw(struct progress *p)
{
	int64_t seconds = (now() - p->since) / 1000;
	char line[TEXT + 200], tail[32] = "";

	if (*p->text && seconds)
		snprintf(tail, sizeof(tail), " %lld s", (long long)seconds);
	if (p->total)
		snprintf(line, sizeof(line), "%s %zu/%zu %s", p->verb,
		    p->done, p->total, p->text);
	else
		snprintf(line, sizeof(line), "%s %s", p->verb, p->text);
	/* the last column stays free: some terminals go to the next line */
	line[cut(line, p->invocation->width - 1 - columns(tail))] = '\0';
	fprintf(stderr, "\r%s%s\033[K", line, tail);
	fflush(stderr);
	p->drawn = true;
}

static void *loop(void *context)
{
	struct progress *p = context;
	struct timespec until;
	int64_t next;

	pthread_mutex_lock(&p->lock);
	while (!p->ended) {
		next = p->opened + QUIET;
		if (now() >= next) {
			draw(p);
			next = now() + TICK;
		}
		until.tv_sec = next / 1000;
		until.tv_nsec = next % 1000 * 1000000;
		while (!p->ended && now() < next)
			pthread_cond_timedwait(&p->changed, &p->lock, &until);
	}
	hide(p);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* signals are for the threads that do the work */
static bool start(struct progress *p)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&p->thread, NULL, loop, p) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

struct progress *progress_open(struct invocation *in, const char *verb)
{
	struct progress *p = arena_new(in->arena, struct progress);
	const char *terminal = getenv("TERM");
	pthread_condattr_t clock;

	p->invocation = in;
	p->verb = verb;
	p->opened = p->since = now();
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &clock);
	pthread_condattr_destroy(&clock);
	if (in->terminal_err && terminal && strcmp(terminal, "dumb") != 0)
		p->running = start(p);
	return p;
}

void progress_set(struct progress *p, size_t done, size_t total,
    const char *text)
{
	scoped_arena *scratch = arena_open();
	struct text safe = text_new(scratch);
	const char *s;

	print_escaped(&safe, text ? text : "", text ? strlen(text) : 0);
	s = text_string(&safe);
	pthread_mutex_lock(&p->lock);
	p->done = done;
	p->total = total;
	if (strncmp(p->text, s, TEXT - 1) != 0) {
		snprintf(p->text, sizeof(p->text), "%s", s);
		p->since = now();
	}
	pthread_mutex_unlock(&p->lock);
}

void progress_line(struct progress *p, const char *line)
{
	pthread_mutex_lock(&p->lock);
	hide(p);
	fputs(line, stderr);
	fputs("\n", stderr);
	pthread_mutex_unlock(&p->lock);
}

void progress_hide(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	hide(p);
	pthread_mutex_unlock(&p->lock);
}

void progress_close(struct progress *p)
{
	pthread_mutex_lock(&p->lock);
	p->ended = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (p->running)
		pthread_join(p->thread, NULL);
	p->running = false;
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
}
