#include "up/supervise.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "up/spawn.h"

#include <assert.h>
#include <signal.h>

struct member {
	struct supervise *all;
	struct supervise_child child;
	pid_t pid; /* 0: not running */
	int64_t started_ms;
	int64_t pause_ms;         /* before the next start */
	struct loop_timer *timer; /* that start, or the end of patience */
};

struct supervise {
	struct loop *loop;
	struct loop_signal *child_ended;
	struct member members[SUPERVISE_MAX];
	int count;
	bool stopping, hurried;
	int at; /* the one that is being stopped */
};

static void
retry_later(struct member *m)
{
	loop_timer_start(m->timer, m->pause_ms);
	m->pause_ms = m->pause_ms * 2 < SUPERVISE_PAUSE_MAX
			  ? m->pause_ms * 2
			  : SUPERVISE_PAUSE_MAX;
}

static void
start(struct member *m)
{
	struct err err;

	m->started_ms = loop_now_ms(m->all->loop);
	m->pid = m->child.start(m->child.arg, &err);
	if (m->pid > 0) {
		log_info("child_started", "name=%s pid=%d", m->child.name,
		    (int)m->pid);
		return;
	}
	m->pid = 0;
	log_error("child_not_started", "name=%s text=%s", m->child.name,
	    log_quote(str_of(err.text)));
	retry_later(m);
}

static void
stop_one(struct member *m)
{
	int64_t patience = m->child.patience_ms;

	if (m->all->hurried && patience > SUPERVISE_HURRY_MS)
		patience = SUPERVISE_HURRY_MS;
	kill(m->pid, m->child.stop_signal);
	loop_timer_start(m->timer, patience);
}

/* Goes on to the next one that still runs. */
static void
stop_next(struct supervise *s)
{
	while (s->at < s->count && s->members[s->at].pid == 0)
		s->at++;
	if (s->at < s->count)
		stop_one(&s->members[s->at]);
	else
		loop_stop(s->loop);
}

static void
on_timer(void *arg)
{
	struct member *m = arg;

	if (!m->all->stopping) {
		start(m);
		return;
	}
	log_warn("child_killed", "name=%s pid=%d", m->child.name, (int)m->pid);
	kill(m->pid, m->child.last_signal);
}

static void
ended(struct member *m, int status)
{
	int64_t lived_ms = loop_now_ms(m->all->loop) - m->started_ms;
	char end[SPAWN_END_MAX];

	loop_timer_stop(m->timer);
	if (m->all->stopping) {
		log_info("child_stopped", "name=%s pid=%d how=\"%s\"",
		    m->child.name, (int)m->pid, spawn_end(status, end));
		m->pid = 0;
		return;
	}
	if (lived_ms >= SUPERVISE_LIVED_MS)
		m->pause_ms = SUPERVISE_PAUSE_MS;
	log_warn("child_ended", "name=%s pid=%d how=\"%s\" again_in_ms=%lld",
	    m->child.name, (int)m->pid, spawn_end(status, end),
	    (long long)m->pause_ms);
	m->pid = 0;
	retry_later(m);
}

static void
on_child(int signo, void *arg)
{
	struct supervise *s = arg;
	int i, status = 0;

	(void)signo;
	for (i = 0; i < s->count; i++)
		if (s->members[i].pid > 0 &&
		    spawn_ended(s->members[i].pid, &status))
			ended(&s->members[i], status);
	if (s->stopping && s->at < s->count && s->members[s->at].pid == 0)
		stop_next(s);
}

struct supervise *
supervise_new(struct loop *loop)
{
	struct supervise *s = NEW(struct supervise);

	s->loop = loop;
	s->child_ended = loop_signal_new(loop, SIGCHLD, on_child, s);
	return s;
}

void
supervise_free(struct supervise *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->count; i++) {
		assert(s->members[i].pid == 0);
		loop_timer_free(s->members[i].timer);
	}
	loop_signal_free(s->child_ended);
	free(s);
}

void
supervise_add(struct supervise *s, const struct supervise_child *child,
    pid_t pid)
{
	struct member *m = &s->members[s->count];

	assert(s->count < SUPERVISE_MAX && !s->stopping);
	s->count++;
	m->all = s;
	m->child = *child;
	m->pid = pid;
	m->started_ms = loop_now_ms(s->loop);
	m->pause_ms = SUPERVISE_PAUSE_MS;
	m->timer = loop_timer_new(s->loop, on_timer, m);
	if (pid == 0)
		start(m);
	else
		on_child(SIGCHLD, s); /* it may have ended before we watched */
}

static void
hurry(struct supervise *s)
{
	struct member *m = &s->members[s->at];

	if (s->hurried)
		return;
	s->hurried = true;
	log_warn("hurrying", "name=%s", m->child.name);
	stop_one(m);
}

void
supervise_stop(struct supervise *s)
{
	int i;

	if (s->stopping) {
		if (s->at < s->count)
			hurry(s);
		return;
	}
	s->stopping = true;
	for (i = 0; i < s->count; i++)
		loop_timer_stop(s->members[i].timer);
	stop_next(s);
}
