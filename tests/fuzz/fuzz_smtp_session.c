/* A server that says anything, to a session that has two messages, a login
 * and all its doors open; the first byte chooses its settings.  Every message
 * has one result, and none is accepted whose dot was not sent. */
#include "lib/base/base.h"

#include "sender/smtp_session.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
note(const struct smtp_session *s, int *results)
{
	assert(!s->result.accepted || s->result.dot_sent);
	(*results)++;
}

static void
heed(struct smtp_session *s, enum smtp_event event, int *results)
{
	if (event == SMTP_START_TLS)
		smtp_session_secured(s);
	else if (event == SMTP_GO_AHEAD)
		smtp_session_body(s);
	else if (event == SMTP_RESULT)
		note(s, results);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct smtp_message m[3] = {
	    {.from = STR("b@sender.test"),
		.envid = STR("x+1"),
		.to = STR("a@example.com"),
		.data = STR("Subject: x\r\n\r\n.hi\r\n")},
	    {.from = STR("b@sender.test"),
		.envid = STR("x+1"),
		.to = STR("c@example.com"),
		.data = STR("x"),
		.eight_bit = true},
	    {.from = STR("b@sender.test"),
		.envid = STR("x+1"),
		.to = STR("\xc3\xa9@example.com"),
		.data = STR(""),
		.needs_smtputf8 = true},
	};
	struct smtp_session_params params = {.helo = "sender.test",
	    .local_peer = true,
	    .host = "mx.test",
	    .port = 25,
	    .username = "u",
	    .password = "p"};
	struct str rest = {(const char *)data, size};
	enum smtp_event event = SMTP_WAIT;
	const struct err lost = {FAIL_IO, "lost"};
	struct smtp_session s;
	int given = 0, results = 0;

	if (size == 0)
		return 0;
	params.tls = (enum conn_tls)(data[0] % 3);
	params.mechanism = (enum sasl_mechanism)(data[0] / 3 % 6);
	if (data[0] & 0x80)
		params.username = "";
	rest = str_from(rest, 1);
	smtp_session_init(&s, &params);
	do {
		event = smtp_session_feed(&s, &rest);
		heed(&s, event, &results);
		while (given < 3 && smtp_session_room(&s) > 0)
			if (!smtp_session_send(&s, &m[given++]))
				note(&s, &results);
		smtp_session_written(&s);
	} while (event != SMTP_WAIT && event != SMTP_OVER);
	smtp_session_fail(&s, &lost);
	while (smtp_session_left(&s))
		note(&s, &results);
	assert(results == given);
	smtp_session_release(&s);
	return 0;
}
