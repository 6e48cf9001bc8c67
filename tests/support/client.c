#include "tests/support/client.h"

#include <assert.h>

#define RUN_MS_MAX 20000

static void
on_open(void *arg)
{
	struct client *c = arg;

	c->opened++;
	if (c->on_open != NULL)
		c->on_open(c);
}

static size_t
take_lines(struct client *c, struct str data)
{
	size_t taken = 0, end;

	while (!c->halt && c->conn != NULL &&
	       (end = str_chr(str_from(data, taken), '\n')) != STR_NOWHERE) {
		buf_reset(&c->got);
		buf_add(&c->got, data.p + taken, end + 1);
		taken += end + 1;
		c->on_data(c);
	}
	return taken;
}

static size_t
on_data(struct str data, void *arg)
{
	struct client *c = arg;
	size_t n = data.n > c->keep ? data.n - c->keep : 0;

	if (c->by_line)
		return take_lines(c, data);
	buf_add(&c->got, data.p, n);
	if (c->on_data != NULL)
		c->on_data(c);
	return n;
}

static void
on_drained(void *arg)
{
	struct client *c = arg;

	c->drained++;
	if (c->on_drained != NULL)
		c->on_drained(c);
}

static void
on_closed(const struct err *err, void *arg)
{
	struct client *c = arg;

	c->closed++;
	c->end = *err;
	if (c->on_closed != NULL)
		c->on_closed(c);
	client_drop(c);
}

static const struct conn_events events = {on_open, on_data, on_drained,
    on_closed};

void
client_open(struct client *c, const struct conn_params *params)
{
	struct conn_params p = *params;

	if (p.host == NULL)
		p.host = "127.0.0.1";
	if (p.connect_timeout_ms == 0)
		p.connect_timeout_ms = 5000;
	if (c->loop == NULL)
		c->loop = loop_new();
	buf_init(&c->got, 256U << 20);
	c->conn = conn_new(c->loop, &p, &events, c);
}

void
client_say(struct client *c, const char *text)
{
	conn_write(c->conn, str_of(text));
}

static void
give_up(void *arg)
{
	struct client *c = arg;

	c->stalled = true;
	client_drop(c);
	loop_stop(c->loop);
}

/* The alarm would keep the loop alive: dropping the conn ends it. */
static void
stop_when_gone(void *arg)
{
	struct client *c = arg;

	if (c->conn == NULL)
		loop_stop(c->loop);
}

void
client_run(struct client *c)
{
	struct loop_timer *alarm = loop_timer_new(c->loop, give_up, c);

	loop_timer_start(alarm, RUN_MS_MAX);
	loop_defer(c->loop, stop_when_gone, c);
	loop_run(c->loop);
	loop_undefer(c->loop, stop_when_gone, c);
	loop_timer_free(alarm);
	assert(!c->stalled);
}

void
client_drop(struct client *c)
{
	conn_free(c->conn);
	c->conn = NULL;
	loop_defer(c->loop, stop_when_gone, c);
}

void
client_release(struct client *c)
{
	conn_free(c->conn);
	c->conn = NULL;
	buf_release(&c->got);
	if (c->loop != NULL)
		loop_undefer(c->loop, stop_when_gone, c);
	loop_free(c->loop);
	c->loop = NULL;
}
