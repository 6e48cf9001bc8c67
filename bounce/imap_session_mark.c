/* What the owner has done to messages: nothing else is touched, and
 * nothing is ever expunged by other than its UID. */
#include "bounce/imap_session_steps.h"

#include <assert.h>

static bool
send_to_folder(struct imap_session *s, struct str verb, struct str folder,
    enum imap_state state, struct err *err)
{
	struct imap_command *c = session_begin(s);

	imap_command_word(c, verb);
	imap_command_set(c, &s->wanted);
	imap_command_mailbox(c, folder);
	return session_send(s, state, err);
}

static bool
send_store(struct imap_session *s, struct str flag, enum imap_state state,
    struct err *err)
{
	struct imap_command *c = session_begin(s);

	IMAP_WORD(c, "UID STORE");
	imap_command_set(c, &s->wanted);
	IMAP_WORD(c, "+FLAGS.SILENT");
	imap_command_open(c);
	imap_command_word(c, flag);
	imap_command_close(c);
	return session_send(s, state, err);
}

static bool
send_move(struct imap_session *s, struct str folder, struct err *err)
{
	if (s->can.features & IMAP_CAN_MOVE)
		return send_to_folder(s, STR("UID MOVE"), folder,
		    IMAP_STATE_STORE, err);
	if (s->can.features & IMAP_CAN_UIDPLUS)
		return send_to_folder(s, STR("UID COPY"), folder,
		    IMAP_STATE_COPY, err);
	return err_set(err, FAIL_REFUSED,
	    "imap: the server can move nothing safely: neither MOVE nor "
	    "UIDPLUS");
}

/* Those of these UIDs alone: where the server cannot do that, they stay. */
static bool
send_remove(struct imap_session *s, struct err *err)
{
	if (s->can.features & IMAP_CAN_UIDPLUS)
		return send_store(s, STR("\\Deleted"), IMAP_STATE_DELETE, err);
	return err_set(err, FAIL_REFUSED,
	    "imap: the server can remove nothing safely: no UIDPLUS");
}

bool
imap_session_mark(struct imap_session *s, struct imap_set *uids,
    enum imap_mark mark, struct str folder, struct err *err)
{
	size_t i;

	assert(s->next_state == IMAP_STATE_READY && s->params.writes);
	assert(uids->count > 0 && imap_set_size(uids) <= IMAP_BATCH_MAX);
	imap_set_reset(&s->wanted);
	for (i = 0; i < uids->count; i++)
		if (!imap_set_add(&s->wanted, uids->at[i].first,
			uids->at[i].last))
			BUG("a batch of UIDs with too many ranges");
	switch (mark) {
	case IMAP_MARK_SEEN:
		return send_store(s, STR("\\Seen"), IMAP_STATE_STORE, err);
	case IMAP_MARK_KEYWORD:
		return send_store(s, STR(IMAP_KEYWORD), IMAP_STATE_STORE, err);
	case IMAP_MARK_MOVE: return send_move(s, folder, err);
	case IMAP_MARK_REMOVE: return send_remove(s, err);
	case IMAP_MARK_NONE: break;
	}
	BUG("no mark");
}

/* Some have gone meanwhile: then the others may be marked. */
static enum imap_event
declined(struct imap_session *s, struct err *err)
{
	bool some_gone = s->response.code == IMAP_CODE_EXPUNGEISSUED;

	return session_declined(s, some_gone ? FAIL_CONFLICT : FAIL_REFUSED,
	    err);
}

/* STORE, MOVE, or the last step of what stands for MOVE. */
enum imap_event
on_marked(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return declined(s, err);
	s->state = IMAP_STATE_READY;
	return IMAP_EVENT_DONE;
}

enum imap_event
on_copied(struct imap_session *s, struct err *err)
{
	if (s->response.status != IMAP_OK)
		return declined(s, err);
	if (!send_store(s, STR("\\Deleted"), IMAP_STATE_DELETE, err))
		return session_over(s);
	return IMAP_EVENT_NONE;
}

enum imap_event
on_deleted(struct imap_session *s, struct err *err)
{
	struct imap_command *c;

	if (s->response.status != IMAP_OK)
		return declined(s, err);
	c = session_begin(s);
	IMAP_WORD(c, "UID EXPUNGE");
	imap_command_set(c, &s->wanted);
	if (!session_send(s, IMAP_STATE_EXPUNGE, err))
		return session_over(s);
	return IMAP_EVENT_NONE;
}
