#include "tests/support/smtp_client.h"

#include <assert.h>

static const char *
how(const struct smtp_result *r)
{
	if (r->accepted)
		return "accepted";
	if (r->reply.code != 0)
		return r->local ? "local" : "refused";
	return r->dot_sent ? "uncertain" : "unsent";
}

static void
free_link(struct smtp_client *c)
{
	smtp_link_free(c->link);
	c->link = NULL;
	loop_stop(c->loop);
}

static void
all_done(struct smtp_client *c)
{
	if (c->link == NULL || c->results < c->available)
		return;
	if (c->quit_at_end)
		smtp_link_quit(c->link);
}

static void
on_ready(struct smtp_link *l, void *arg)
{
	struct smtp_client *c = arg;

	if (c->free_in == 'r') {
		free_link(c);
		return;
	}
	while (c->submitted < c->available && smtp_link_room(l) > 0)
		smtp_link_send(l, &c->messages[++c->submitted]);
	all_done(c);
}

static enum smtp_dot
before_dot(struct smtp_message *m, void *arg)
{
	struct smtp_client *c = arg;

	assert(m > c->messages && m <= c->messages + SMTP_CLIENT_MESSAGES_MAX);
	c->dots++;
	if (c->free_in == 'd')
		free_link(c);
	return c->dot;
}

static void
on_result(struct smtp_link *l, const struct smtp_result *r, void *arg)
{
	char words[SMTP_REPLY_BRIEF_MAX];
	struct smtp_client *c = arg;

	(void)l;
	c->results++;
	buf_printf(&c->story, "%d %s %s %s\n", (int)(r->message - c->messages),
	    how(r), phase_name(r->phase),
	    r->reply.code != 0 ? smtp_reply_brief(&r->reply, words)
			       : fail_name(r->err.kind));
	if (c->free_in == 'v')
		free_link(c);
	else
		all_done(c);
}

static void
on_closed(struct smtp_link *l, const struct smtp_end *end, void *arg)
{
	struct smtp_client *c = arg;

	assert(l == c->link);
	buf_printf(&c->story, "! %s\n", fail_name(end->err.kind));
	c->closed = true;
	if (c->free_in == 'c')
		free_link(c);
	loop_stop(c->loop);
}

static const struct smtp_link_events events = {
    .on_ready = on_ready,
    .before_dot = before_dot,
    .on_result = on_result,
    .on_closed = on_closed,
};

void
smtp_client_init(struct smtp_client *c, int messages)
{
	static const char data[] = "Subject: x\r\n\r\nhi\r\n";
	int i;

	memset(c, 0, sizeof(*c));
	c->loop = loop_new();
	buf_init(&c->story, 1 << 20);
	smtp_link_defaults(&c->params);
	c->params.session.helo = "sender.test";
	c->params.session.host = "127.0.0.1";
	c->params.session.username = "";
	c->params.session.password = "";
	c->params.connect_timeout_ms = 5000;
	c->params.timeout_s = 5;
	c->available = messages;
	for (i = 1; i <= messages; i++)
		c->messages[i] = (struct smtp_message){
		    .from = STR("b@sender.test"),
		    .to = STR("ann@example.com"),
		    .data = str_of(data),
		};
}

void
smtp_client_run(struct smtp_client *c, int port)
{
	c->params.session.port = port;
	c->link = smtp_link_new(c->loop, &c->params, &events, c);
	loop_run(c->loop);
}

void
smtp_client_release(struct smtp_client *c)
{
	smtp_link_free(c->link);
	loop_free(c->loop);
	buf_release(&c->story);
}
