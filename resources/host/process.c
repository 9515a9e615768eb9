/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.c - run a program on the real machine, and never wait for ever.
 *
 *  (1) The program is watched by a descriptor and reaped last, so its number
 *      cannot have become another process's when its group is signalled.
 *  (2) When it takes too long, or plumb was asked to stop, its whole group is
 *      asked to end, and two seconds later it is ended.
 *  (3) What it wrote is read until it has ended and nothing more is there;
 *      children of its own that keep the pipes open are not waited for.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../specs/print.h"
#include "program.h"

enum {
	MINUTE = 60 * 1000,
	LIMIT = 1 << 20,
	/* how often it is asked whether to stop */
	TICK = 100,
	/* after it was asked to end */
	GRACE = 2000,
	/* of what others may still write when it has ended */
	REST = 100,
	/* descriptors that are polled */
	PID = 0,
	IN = 1,
	OUT = 2,
	COMPLAINT = 3,
	POLLED = 4,
};

enum stage { RUNNING, ASKED_TO_END, KILLED, ENDED, LOST };

struct running {
	struct job *job;
	const struct process *process;
	pid_t pid;
	struct pollfd polled[POLLED];
	struct bytes input;
	/* of OUT and COMPLAINT */
	struct text text[2];
	bool truncated;
	enum stage stage;
	/* of the stage, in milliseconds of the monotonic clock */
	int64_t deadline;
	/* it did not end by itself */
	bool too_long;
	bool stopped;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void polled_close(struct pollfd *p)
{
	descriptor_close(&p->fd);
	p->fd = -1;
}

static void running_close(struct running *r)
{
	int i;

	for (i = 0; i < POLLED; i++)
		polled_close(&r->polled[i]);
}

/* a pipe above 2, whose number 0, 1 or 2 would be lost in the child */
static int pipe_open(int fds[2])
{
	int low[2], i;

	if (pipe2(low, O_CLOEXEC) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
		close(low[i]);
	}
	if (fds[0] >= 0 && fds[1] >= 0)
		return 0;
	descriptor_close(&fds[0]);
	descriptor_close(&fds[1]);
	return -1;
}

/* `ours` is the end that stays here, `theirs` the one for the child */
static int pipe_ours(struct pollfd *ours, int *theirs, bool writing)
{
	int fds[2];

	if (pipe_open(fds) < 0)
		return -1;
	ours->fd = fds[writing];
	*theirs = fds[!writing];
	return fcntl(ours->fd, F_SETFL, O_NONBLOCK);
}

static int start(struct running *r, const struct program *program)
{
	scoped_descriptor in = -1;
	scoped_descriptor out = -1;
	scoped_descriptor complaint = -1;
	const char *name = r->process->argv[0];
	bool fed = r->input.size > 0;

	if ((fed ? pipe_ours(&r->polled[IN], &in, true) :
	           (in = open("/dev/null", O_RDONLY | O_CLOEXEC))) < 0 ||
	    pipe_ours(&r->polled[OUT], &out, false) < 0 ||
	    pipe_ours(&r->polled[COMPLAINT], &complaint, false) < 0)
		return job_fail_errno(r->job, "cannot run '%s'", name);
	r->pid = program_start(r->job, program, name,
	    (int[3]){ in, out, complaint });
	if (r->pid < 0)
		return -1;
	r->polled[PID].fd = pidfd_open(r->pid, 0);
	if (r->polled[PID].fd >= 0)
		return 0;
	job_fail_errno(r->job, "cannot watch '%s'", name);
	kill(-r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	return -1;
}

/* write(2) to a pipe that may be closed, without dying of it */
static ssize_t write_quietly(int fd, struct bytes data)
{
	const struct timespec at_once = { 0 };
	sigset_t pipe, before, pending;
	ssize_t n;
	int saved;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	n = write(fd, data.data, data.size);
	saved = errno;
	if (n < 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&pipe, NULL, &at_once) < 0 &&
		    errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return n;
}

static void feed(struct running *r)
{
	ssize_t n = write_quietly(r->polled[IN].fd, r->input);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* who does not want to read it all is not wrong */
	if (n < 0)
		n = (ssize_t)r->input.size;
	r->input.data += n;
	r->input.size -= (size_t)n;
	if (!r->input.size)
		polled_close(&r->polled[IN]);
}

/* false when there is no more now */
static bool drain(struct running *r, int which)
{
	struct text *text = &r->text[which - OUT];
	size_t limit = r->process->limit ? r->process->limit : LIMIT, room;
	char piece[32 << 10];
	ssize_t n = read(r->polled[which].fd, piece, sizeof(piece));

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		polled_close(&r->polled[which]);
		return false;
	}
	room = limit - text->size;
	if ((size_t)n > room)
		r->truncated = true;
	text_add_bytes(text, piece, (size_t)n < room ? (size_t)n : room);
	return true;
}

/* the deadline of a stage has come */
static void stage_next(struct running *r)
{
	switch (r->stage) {
	case RUNNING:
		kill(-r->pid, SIGTERM);
		r->stage = ASKED_TO_END;
		break;
	case ASKED_TO_END:
		kill(-r->pid, SIGKILL);
		r->stage = KILLED;
		break;
	default:
		/* in the kernel, where no signal reaches it */
		r->stage = LOST;
		break;
	}
	r->deadline = now() + GRACE;
}

/* how long poll(2) may wait */
static int patience(const struct running *r)
{
	int64_t left = r->deadline - now();

	if (left < 0)
		left = 0;
	return (int)(left < TICK ? left : TICK);
}

/* what poll(2) saw */
static void serve(struct running *r)
{
	int i;

	for (i = OUT; i < POLLED; i++)
		if (r->polled[i].revents)
			drain(r, i);
	if (r->polled[IN].revents)
		feed(r);
	if (r->polled[PID].revents)
		r->stage = ENDED;
}

static void watch(struct running *r)
{
	while (r->stage != ENDED && r->stage != LOST) {
		if (poll(r->polled, POLLED, patience(r)) > 0)
			serve(r);
		if (r->stage == ENDED)
			break;
		if (r->stage == RUNNING && r->job->stop && *r->job->stop)
			r->stopped = true;
		else if (now() < r->deadline)
			continue;
		else if (r->stage == RUNNING)
			r->too_long = true;
		stage_next(r);
	}
}

/* it has ended: read what it left, end the rest of its group if it must be */
static void finish(struct running *r, struct outcome *out)
{
	int64_t until = now() + REST;
	int i, status = 0;

	if (r->too_long || r->stopped)
		kill(-r->pid, SIGKILL);
	for (i = OUT; i < POLLED; i++)
		while (r->polled[i].fd >= 0 && now() < until && drain(r, i))
			;
	if (r->stage == ENDED)
		while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
			;
	*out = (struct outcome){
		.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
		                                WEXITSTATUS(status),
		.out = { text_string(&r->text[0]), r->text[0].size },
		.complaint = { text_string(&r->text[1]), r->text[1].size },
		.truncated = r->truncated,
	};
}

static int say_why(const struct running *r, int64_t timeout,
    const struct outcome *out)
{
	const char *name = r->process->argv[0];
	const char *last = r->job->sensitive ? "" :
	    outcome_last(r->job->arena, out);

	if (r->stage == LOST)
		return job_fail(r->job, "'%s' (process %d) could not be ended: it hangs in the kernel",
		    name, (int)r->pid);
	if (r->stopped)
		return job_fail(r->job, "'%s' was ended because plumb was asked to stop",
		    name);
	if (r->too_long)
		return job_fail(r->job, "'%s' was ended because it took longer than %s%s%s",
		    name, print_duration(r->job->arena, timeout),
		    *last ? "; it said last:\n" : "", last);
	return 0;
}

int process_run(struct job *job, void *context, const struct process *p,
    struct outcome *out)
{
	__attribute__((cleanup(running_close))) struct running r = {
		.job = job,
		.process = p,
		.polled = { { -1, POLLIN, 0 }, { -1, POLLOUT, 0 },
		    { -1, POLLIN, 0 }, { -1, POLLIN, 0 } },
		.input = p->input,
		.text = { text_new(job->arena), text_new(job->arena) },
	};
	int64_t timeout = p->timeout > 0 ? p->timeout : MINUTE;
	struct program program;

	if (program_find(job, context, p, &program) < 0)
		return -1;
	r.deadline = now() + timeout;
	if (start(&r, &program) < 0)
		return -1;
	watch(&r);
	finish(&r, out);
	return say_why(&r, timeout, out);
}
