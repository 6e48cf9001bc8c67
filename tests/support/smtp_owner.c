#include "tests/support/smtp_owner.h"

#include "lib/base/mem.h"

#include <assert.h>

static void
fill(struct smtp_owner *w)
{
	while (smtp_pool_room(w->pool) > 0) {
		if (w->again_count > 0)
			smtp_pool_submit(w->pool,
			    &w->again[--w->again_count]->message);
		else if (w->submitted < w->count)
			smtp_pool_submit(w->pool,
			    &w->items[w->submitted++].message);
		else
			break;
	}
}

static void
on_verdict(const struct smtp_result *r, const struct verdict *v, void *arg)
{
	struct smtp_owner *w = arg;
	struct smtp_owner_item *it = r->message->owner;

	it->verdicts[v->outcome]++;
	w->totals[v->outcome]++;
	if (v->outcome == OUTCOME_NOT_ATTEMPTED)
		w->again[w->again_count++] = it;
	else
		w->done++;
	if ((w->drain_after > 0 && --w->drain_after == 0) ||
	    w->done == w->count)
		smtp_pool_drain(w->pool);
}

/* As a journal is written: once a turn, for all that wait for it. */
static void
write_journal(void *arg)
{
	struct smtp_owner *w = arg;
	struct smtp_owner_item *it;

	for (it = w->items; it < w->items + w->count; it++)
		it->journaled = it->intended;
	w->turns++;
	smtp_pool_resume(w->pool);
}

static bool
before_mail(struct smtp_message *m, void *arg)
{
	struct smtp_owner *w = arg;

	(void)m;
	w->asked_mail++;
	return w->refuse_mail == 0 || w->asked_mail % w->refuse_mail != 0;
}

static enum smtp_dot
before_dot(struct smtp_message *m, void *arg)
{
	struct smtp_owner *w = arg;
	struct smtp_owner_item *it = m->owner;

	if (!w->journal || it->journaled)
		return SMTP_DOT_SEND;
	it->intended = true;
	loop_defer(w->loop, write_journal, w);
	return SMTP_DOT_HOLD;
}

static void
on_room(struct smtp_pool *p, void *arg)
{
	struct smtp_owner *w = arg;

	assert(p == w->pool);
	fill(w);
}

static void
on_paused(struct smtp_pool *p, const struct verdict *v, const char *why,
    void *arg)
{
	struct smtp_owner *w = arg;

	(void)p;
	assert(verdict_stops_account(v));
	w->paused++;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static void
on_drained(struct smtp_pool *p, void *arg)
{
	struct smtp_owner *w = arg;

	(void)p;
	w->drained++;
	loop_stop(w->loop);
}

static const struct smtp_pool_events events = {
    .on_verdict = on_verdict,
    .before_mail = before_mail,
    .before_dot = before_dot,
    .on_room = on_room,
    .on_paused = on_paused,
    .on_drained = on_drained,
};

static void
too_late(void *arg)
{
	struct smtp_owner *w = arg;
	struct smtp_pool_state s;

	smtp_pool_state(w->pool, &s);
	die("%d of %d done; %d links opening, %d idle, %d working, "
	    "%d leaving; %d queued, %d under way; %s",
	    w->done, w->count, s.opening, s.idle, s.working, s.leaving,
	    s.queued, s.under_way, s.trouble);
}

struct smtp_owner *
smtp_owner_new(const char *log)
{
	struct smtp_owner *w = NEW(struct smtp_owner);
	struct smtp_session_params *s = &w->params.link.session;

	w->loop = loop_new();
	smtp_link_defaults(&w->params.link);
	s->helo = "sender.test";
	s->host = "127.0.0.1";
	s->username = "";
	s->password = "";
	w->params.link.timeout_s = 10;
	w->params.connections = 5;
	w->params.backoff_first_ms = 10;
	w->params.backoff_max_ms = 100;
	sink_options_init(&w->sink);
	w->log = log;
	w->sink.log = log;
	return w;
}

void
smtp_owner_free(struct smtp_owner *w)
{
	loop_undefer(w->loop, write_journal, w);
	smtp_pool_free(w->pool);
	sink_server_free(w->server);
	loop_timer_free(w->alarm);
	loop_free(w->loop);
	free(w);
}

void
smtp_owner_make_messages(struct smtp_owner *w, int n)
{
	struct smtp_owner_item *it;

	assert(n <= SMTP_OWNER_MESSAGES_MAX);
	w->count = n;
	for (it = w->items; it < w->items + n; it++) {
		int i = (int)(it - w->items);

		snprintf(it->to, sizeof(it->to), "r%d@example.com", i);
		snprintf(it->data, sizeof(it->data),
		    "Subject: %d\r\nMessage-ID: <%d@sender.test>\r\n\r\nhi\r\n",
		    i, i);
		it->message = (struct smtp_message){
		    .from = STR("b@sender.test"),
		    .to = str_of(it->to),
		    .data = str_of(it->data),
		    .owner = it,
		};
	}
}

void
smtp_owner_serve(struct smtp_owner *w)
{
	w->server = sink_server_new(&w->sink);
	w->params.link.session.port = sink_server_port(w->server);
}

void
smtp_owner_send(struct smtp_owner *w)
{
	w->pool = smtp_pool_new(w->loop, &w->params, &events, w);
	w->alarm = loop_timer_new(w->loop, too_late, w);
	loop_timer_start(w->alarm, SMTP_OWNER_RUN_MAX_MS);
	fill(w);
	loop_run(w->loop);
}

void
smtp_owner_read_log(struct smtp_owner *w)
{
	char line[1000];
	FILE *f = fopen(w->log, "r");
	const char *to;
	long i;

	if (f == NULL)
		die("test: no log of the sink");
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] < '0' || line[0] > '9')
			continue; /* an event */
		to = strstr(line, "\tr");
		i = to != NULL ? strtol(to + 2, NULL, 10) : -1;
		if (i < 0 || i >= w->count)
			die("test: a stranger in the sink's log: %s", line);
		w->items[i].logged++;
	}
	fclose(f);
}
