/* What the owner asks of an open mailbox, and how it ends. */
#include "bounce/imap_session_steps.h"

#include <assert.h>

#define HALF_DAY_US (12LL * 3600 * 1000000)

/* A command of the owner: none may be under way. */
static void
check_free(const struct imap_session *s)
{
	assert(s->next_state == IMAP_STATE_READY);
	assert(s->state == IMAP_STATE_READY || s->state == IMAP_STATE_IDLE ||
	       s->state == IMAP_STATE_IDLING || s->state == IMAP_STATE_DONE);
}

static struct imap_command *
begin(struct imap_session *s)
{
	check_free(s);
	return session_begin(s);
}

bool
imap_session_select(struct imap_session *s, struct str folder, struct err *err)
{
	check_free(s);
	return session_examine(s, folder, err);
}

bool
imap_session_list(struct imap_session *s, struct err *err)
{
	struct imap_command *c = begin(s);

	IMAP_WORD(c, "LIST");
	imap_command_string(c, STR(""));
	IMAP_WORD(c, "*");
	if ((s->can.features & IMAP_CAN_SPECIAL_USE) &&
	    (s->can.features & IMAP_CAN_LIST_EXTENDED))
		IMAP_WORD(c, "RETURN (SPECIAL-USE)");
	return session_send(s, IMAP_STATE_LIST, err);
}

bool
imap_session_search(struct imap_session *s, uint32_t uid_from, int64_t since_us,
    struct err *err)
{
	struct imap_command *c = begin(s);

	s->search_from = uid_from;
	IMAP_WORD(c, "UID SEARCH");
	if (s->can.features & IMAP_CAN_ESEARCH)
		IMAP_WORD(c, "RETURN (ALL)");
	if (uid_from > 1) {
		IMAP_WORD(c, "UID");
		imap_command_range(c, uid_from);
	} else {
		IMAP_WORD(c, "ALL");
	}
	if (since_us > 0) {
		IMAP_WORD(c, "SINCE");
		imap_command_date(c, since_us - HALF_DAY_US);
	}
	return session_send(s, IMAP_STATE_SEARCH, err);
}

bool
imap_session_fetch(struct imap_session *s, struct imap_set *uids, bool bodies,
    struct err *err)
{
	struct imap_command *c = begin(s);
	size_t i;

	assert(uids->count > 0 && imap_set_size(uids) <= IMAP_BATCH_MAX);
	imap_set_reset(&s->wanted);
	for (i = 0; i < uids->count; i++)
		if (!imap_set_add(&s->wanted, uids->at[i].first,
			uids->at[i].last))
			BUG("a batch of UIDs with too many ranges");
	s->wanted_left = imap_set_size(&s->wanted);
	s->wanted_body = bodies;
	IMAP_WORD(c, "UID FETCH");
	imap_command_set(c, &s->wanted);
	imap_command_open(c);
	IMAP_WORD(c, "UID INTERNALDATE RFC822.SIZE");
	if (bodies)
		IMAP_WORD(c, "BODY.PEEK[]<0.262144>");
	else
		IMAP_WORD(c, "BODY.PEEK[HEADER]<0.262144>");
	imap_command_close(c);
	return session_send(s, IMAP_STATE_FETCH, err);
}
static_assert(MAIL_PART_MAX == 262144 && IMAP_LITERAL_MAX >= 262144,
    "the partial fetches ask for it");

bool
imap_session_noop(struct imap_session *s, struct err *err)
{
	IMAP_WORD(begin(s), "NOOP");
	return session_send(s, IMAP_STATE_NOOP, err);
}

bool
imap_session_logout(struct imap_session *s, struct err *err)
{
	IMAP_WORD(begin(s), "LOGOUT");
	return session_send(s, IMAP_STATE_LOGOUT, err);
}

bool
imap_session_can_idle(const struct imap_session *s)
{
	return (s->can.features & IMAP_CAN_IDLE) && !s->idle_refused;
}

bool
imap_session_idle(struct imap_session *s)
{
	assert(s->state == IMAP_STATE_READY);
	if (!imap_session_can_idle(s))
		return false;
	IMAP_WORD(begin(s), "IDLE");
	return session_send(s, IMAP_STATE_IDLE, &s->refusal);
}

/* The server has begun to idle; what came meanwhile comes first. */
enum imap_event
session_idling(struct imap_session *s)
{
	s->state = IMAP_STATE_IDLING;
	if (s->next_state == IMAP_STATE_READY)
		return s->news ? IMAP_EVENT_NEWS : IMAP_EVENT_NONE;
	imap_session_idle_end(s);
	return IMAP_EVENT_NONE;
}

void
imap_session_idle_end(struct imap_session *s)
{
	if (s->state != IMAP_STATE_IDLING)
		return;
	buf_puts(&s->out, "DONE\r\n");
	s->state = IMAP_STATE_DONE;
}

static enum imap_event
done(struct imap_session *s)
{
	s->state = IMAP_STATE_READY;
	return IMAP_EVENT_DONE;
}

enum imap_event
on_list(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return session_declined(s, FAIL_REFUSED, err);
	return done(s);
}

/* `n:*` finds the last message even when its UID is below n. */
enum imap_event
on_search(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return session_declined(s, FAIL_REFUSED, err);
	imap_set_drop_below(&s->found, s->search_from);
	s->state = IMAP_STATE_READY;
	return IMAP_EVENT_FOUND;
}

/* Messages that were expunged meanwhile are simply not there. */
enum imap_event
on_fetch(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK &&
	    s->response.code != IMAP_CODE_EXPUNGEISSUED)
		return session_declined(s, FAIL_REFUSED, err);
	return done(s);
}

enum imap_event
on_noop(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return session_declined(s, FAIL_REFUSED, err);
	return done(s);
}

/* After IDLE: what has waited for its end, or the owner. */
static enum imap_event
idle_over(struct imap_session *s)
{
	if (s->next_state == IMAP_STATE_READY)
		return done(s);
	session_launch(s);
	return IMAP_EVENT_NONE;
}

/* Refused, or ended by the server of its own accord. */
enum imap_event
on_idle(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK) {
		if (session_wants_later(&s->response))
			return session_refused(s, FAIL_BUSY, err);
		s->idle_refused = true;
	}
	return idle_over(s);
}

enum imap_event
on_done(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK && session_wants_later(&s->response))
		return session_refused(s, FAIL_BUSY, err);
	return idle_over(s);
}

enum imap_event
on_logout(struct imap_session *s, struct err *err)
{
	(void)err;
	return session_over(s);
}
