#include "sender/supervisor.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"
#include "sender/scheduler.h"
#include "sender/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_MAX_BYTES (PROCESS_NAME_MAX + 32)

/* The scheduler is number -1. */
struct child {
	int index;
	pid_t pid; /* 0: not running */
	int generation;
	int failures; /* in a row */
	int64_t started_ms, start_at_ms;
	char name[NAME_MAX_BYTES];
};

struct supervisor {
	const struct supervisor_params *params;
	struct child *children;
	int count;
	bool stopping, done;
	int64_t kill_at_ms;
};

int
supervisor_workers(const struct settings *settings)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->workers > 0)
		return (int)settings->workers;
	return cores > 0 ? (int)cores : 1;
}

static int
run_child(const struct supervisor *s, const struct child *c)
{
	const struct supervisor_params *p = s->params;

	if (c->index < 0)
		return scheduler_run(&(struct scheduler_params){
		    .settings = p->settings,
		    .conninfo = p->conninfo,
		    .instance = p->instance,
		    .name = c->name,
		    .until_done = p->until_done,
		    .show_progress = p->show_progress,
		});
	return worker_run(&(struct worker_params){
	    .settings = p->settings,
	    .conninfo = p->conninfo,
	    .ring = p->ring,
	    .name = c->name,
	    .instance = p->instance,
	    .index = c->index,
	    .count = s->count - 1,
	});
}

static void
start(struct supervisor *s, struct child *c)
{
	snprintf(c->name, sizeof(c->name), "%s/%d.%d", process_name(), c->index,
	    ++c->generation);
	fflush(stdout);
	c->pid = fork();
	c->started_ms = clock_mono_ms();
	if (c->pid == 0) {
		process_follow_parent();
		exit(run_child(s, c));
	}
	if (c->pid > 0)
		return;
	log_error("fork", "errno=%d", errno);
	c->pid = 0;
	c->start_at_ms = c->started_ms + SUPERVISOR_PAUSE_MAX_MS;
}

static void
plan_restart(struct child *c, bool killed, int64_t now)
{
	int64_t most =
	    killed ? SUPERVISOR_KILLED_MAX_MS : SUPERVISOR_PAUSE_MAX_MS;
	int64_t pause = SUPERVISOR_PAUSE_MS;
	int i;

	if (now - c->started_ms >= SUPERVISOR_HEALTHY_MS)
		c->failures = 0;
	for (i = 0; i < c->failures && pause < most; i++)
		pause *= 2;
	if (pause > most)
		pause = most;
	c->failures++;
	c->start_at_ms = now + pause;
}

static void
ended(struct supervisor *s, struct child *c, int status)
{
	bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	c->pid = 0;
	if (c->index < 0 && well && s->params->until_done)
		s->done = true;
	if (s->stopping || s->done)
		return;
	plan_restart(c, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	    clock_mono_ms());
	log_error("process_ended",
	    "index=%d generation=%d signal=%d status=%d again_ms=%lld",
	    c->index, c->generation, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 0,
	    (long long)(c->start_at_ms - clock_mono_ms()));
}

static void
reap(struct supervisor *s)
{
	int status, i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < s->count; i++)
			if (s->children[i].pid == pid)
				ended(s, &s->children[i], status);
}

static int
tell_all(struct supervisor *s, int signo)
{
	int i, running = 0;

	for (i = 0; i < s->count; i++) {
		if (s->children[i].pid == 0)
			continue;
		running++;
		if (signo != 0)
			kill(s->children[i].pid, signo);
	}
	return running;
}

static void
start_missing(struct supervisor *s)
{
	int64_t now = clock_mono_ms();
	int i;

	for (i = 0; i < s->count; i++)
		if (s->children[i].pid == 0 &&
		    now >= s->children[i].start_at_ms)
			start(s, &s->children[i]);
}

/* True when all have ended. */
static bool
stop_round(struct supervisor *s)
{
	int64_t now = clock_mono_ms();

	if (!s->stopping) {
		s->stopping = true;
		s->kill_at_ms = now + s->params->settings->drain_s * 1000 +
				SUPERVISOR_STOP_EXTRA_MS;
		tell_all(s, SIGTERM);
	}
	if (now >= s->kill_at_ms)
		tell_all(s, SIGKILL);
	return tell_all(s, 0) == 0;
}

/* process_nap ends at once when it was told to stop. */
static void
wait_a_little(void)
{
	if (process_stopping())
		usleep(SUPERVISOR_TICK_MS * 1000);
	else
		process_nap(SUPERVISOR_TICK_MS);
}

int
supervisor_run(const struct supervisor_params *params)
{
	struct supervisor s = {.params = params};
	bool over = false;
	int i;

	process_catch_stop();
	s.count = supervisor_workers(params->settings) + 1;
	s.children = NEW_ARRAY(struct child, (size_t)s.count);
	for (i = 0; i < s.count; i++)
		s.children[i].index = i - 1;
	while (!over) {
		reap(&s);
		if (process_stopping() || s.done)
			over = stop_round(&s);
		else
			start_missing(&s);
		if (!over)
			wait_a_little();
	}
	free(s.children);
	return 0;
}
