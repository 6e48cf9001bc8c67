/* Fuzz target: whatever a server may say, to a session that has work to do.
 * The first byte chooses how the connection is secured, how we log in, and
 * whether messages are marked. */
#include "bounce/imap_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
work(struct imap_session *s, enum imap_event event, struct err *err)
{
	struct imap_range some = {2, 200};
	struct imap_set uids = {&some, 1, 1, true};
	enum imap_mark mark =
	    s->found.count % 2 ? IMAP_MARK_MOVE : IMAP_MARK_SEEN;

	if (event == IMAP_EVENT_STARTTLS)
		(void)!imap_session_secured(s, err);
	else if (event == IMAP_EVENT_FOUND && s->params.writes)
		(void)!imap_session_mark(s, &uids, mark, STR("Done"), err);
	else if (event == IMAP_EVENT_FOUND)
		(void)!imap_session_fetch(s, &uids, s->found.count % 2, err);
	else if (event == IMAP_EVENT_NEWS)
		(void)!imap_session_search(s, 3, 1, err);
	else if (event == IMAP_EVENT_DONE && !imap_session_idle(s))
		(void)!imap_session_list(s, err);
	else if (event == IMAP_EVENT_READY && s->mailbox.highestmodseq % 2)
		(void)!imap_session_select(s, STR("Gel\xc3\xb6scht"), err);
	else if (event == IMAP_EVENT_READY)
		(void)!imap_session_search(s, 1, 0, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imap_session_params params = {
	    .access = {.username = "u", .password = "p\xc3\xbc"},
	    .tag = "A"};
	struct imap_session s;
	struct err err;
	enum imap_event event = IMAP_EVENT_NONE;
	size_t at = 1, used;

	if (size == 0)
		return 0;
	params.access.tls = (enum conn_tls)(data[0] % 3);
	params.access.auth = (enum sasl_mechanism)(data[0] / 3 % SASL__COUNT);
	params.writes = data[0] & 0x80;
	imap_session_init(&s, &params);
	while (at < size && event != IMAP_EVENT_OVER) {
		event = imap_session_feed(&s,
		    (struct str){(const char *)data + at, size - at}, &used,
		    &err);
		at += used;
		work(&s, event, &err);
		buf_reset(&s.out);
	}
	imap_session_release(&s);
	return 0;
}
