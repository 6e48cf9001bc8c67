/* Fuzz target: whatever a server may say, to a session that has work to do,
 * and a ledger that believes its list.  The first byte chooses how the
 * connection is secured and how we log in. */
#include "bounce/pop3_session.h"
#include "bounce/uidl_ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
work(struct pop3_session *s, struct uidl_ledger *l, enum pop3_event event,
    struct err *err)
{
	if (event == POP3_EVENT_STLS)
		(void)!pop3_session_secured(s, err);
	if (event == POP3_EVENT_KEY)
		uidl_ledger_see(l, s->number, s->key);
	if (event == POP3_EVENT_READY)
		pop3_session_ask(s, POP3_STATE_UIDL, 0);
	if (s->state != POP3_STATE_READY || s->answers > 1000)
		return;
	pop3_session_ask(s, POP3_STATE_LIST, 1);
	pop3_session_ask(s, POP3_STATE_TOP, 1);
	pop3_session_ask(s, POP3_STATE_LINES, 2);
	pop3_session_ask(s, POP3_STATE_RETR, 3);
	pop3_session_ask(s, POP3_STATE_DELE, 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mailbox_access access = {.username = "u",
	    .password = "p\xc3\xbc"};
	struct pop3_session s;
	struct uidl_ledger ledger;
	struct err err;
	enum pop3_event event = POP3_EVENT_NONE;
	size_t at = 1, used;

	if (size == 0)
		return 0;
	access.tls = (enum conn_tls)(data[0] % 3);
	access.auth = (enum sasl_mechanism)(data[0] / 3 % SASL__COUNT);
	pop3_session_init(&s, &access);
	uidl_ledger_init(&ledger);
	while (at < size && event != POP3_EVENT_OVER) {
		event = pop3_session_feed(&s,
		    (struct str){(const char *)data + at, size - at}, &used,
		    &err);
		at += used;
		if (event != POP3_EVENT_OVER)
			work(&s, &ledger, event, &err);
		buf_reset(&s.out);
	}
	pop3_session_release(&s);
	uidl_ledger_release(&ledger);
	return 0;
}
