#include "bounce/imap_session.h"

#include "bounce/imap_session_steps.h"
#include "bounce/imap_utf7.h"
#include "bounce/server_text.h"

#define SECOND     1000LL
#define FOLDER_MAX 1024

static const struct {
	const char *name;
	const char *doing;
	int64_t timeout_ms;
	tagged_fn *on_tagged; /* NULL: no command is under way */
} steps[IMAP_STATE__COUNT] = {
    [IMAP_STATE_GREETING] = {"greeting", "waiting for the greeting",
	120 * SECOND, NULL},
    [IMAP_STATE_CAPABILITY] = {"capability", "asking for capabilities",
	60 * SECOND, on_capability},
    [IMAP_STATE_STARTTLS] = {"starttls", "asking for TLS", 60 * SECOND,
	on_starttls},
    [IMAP_STATE_HANDSHAKE] = {"handshake", "starting TLS", 60 * SECOND, NULL},
    [IMAP_STATE_AUTHENTICATE] = {"authenticate", "logging in", 120 * SECOND,
	on_login},
    [IMAP_STATE_LOGIN] = {"login", "logging in", 120 * SECOND, on_login},
    [IMAP_STATE_ID] = {"id", "telling who we are", 60 * SECOND, on_id},
    [IMAP_STATE_SELECT] = {"select", "opening the folder", 300 * SECOND,
	on_select},
    [IMAP_STATE_READY] = {"ready", "waiting for work", 0, NULL},
    [IMAP_STATE_LIST] = {"list", "listing the folders", 120 * SECOND, on_list},
    [IMAP_STATE_SEARCH] = {"search", "searching", 300 * SECOND, on_search},
    [IMAP_STATE_FETCH] = {"fetch", "fetching", 300 * SECOND, on_fetch},
    [IMAP_STATE_STORE] = {"store", "marking messages", 300 * SECOND, on_marked},
    [IMAP_STATE_COPY] = {"copy", "copying messages", 300 * SECOND, on_copied},
    [IMAP_STATE_DELETE] = {"delete", "marking what was copied", 300 * SECOND,
	on_deleted},
    [IMAP_STATE_EXPUNGE] = {"expunge", "removing what was copied", 300 * SECOND,
	on_marked},
    [IMAP_STATE_NOOP] = {"noop", "asking for news", 60 * SECOND, on_noop},
    [IMAP_STATE_IDLE] = {"idle", "beginning to idle", 60 * SECOND, on_idle},
    [IMAP_STATE_IDLING] = {"idling", "idling", 0, on_idle},
    [IMAP_STATE_DONE] = {"done", "ending to idle", 30 * SECOND, on_done},
    [IMAP_STATE_LOGOUT] = {"logout", "logging out", 10 * SECOND, on_logout},
    [IMAP_STATE_OVER] = {"over", "being closed", 0, NULL},
};

const char *
imap_state_name(enum imap_state s)
{
	return steps[s].name;
}

const char *
imap_state_doing(enum imap_state s)
{
	return steps[s].doing;
}

int64_t
imap_state_timeout_ms(enum imap_state s)
{
	return steps[s].timeout_ms;
}

void
imap_session_init(struct imap_session *s,
    const struct imap_session_params *params)
{
	*s = (struct imap_session){.params = *params,
	    .secured = params->access.tls != CONN_TLS_STARTTLS,
	    .backoff_ms = -1,
	    .next_state = IMAP_STATE_READY};
	buf_init(&s->out, (size_t)IMAP_COMMAND_MAX * 2);
	buf_init(&s->scratch, (size_t)FOLDER_MAX * 2);
	mailbox_login_init(&s->login, "imap", &params->access);
	imap_set_init(&s->found);
	imap_set_init(&s->wanted);
	imap_parse_init(&s->parse);
	imap_response_init(&s->response);
	imap_command_init(&s->command);
	imap_command_init(&s->next);
}

void
imap_session_release(struct imap_session *s)
{
	buf_wipe(&s->out);
	buf_release(&s->scratch);
	mailbox_login_release(&s->login);
	imap_set_release(&s->found);
	imap_set_release(&s->wanted);
	imap_parse_release(&s->parse);
	imap_response_release(&s->response);
	imap_command_release(&s->command);
	imap_command_release(&s->next);
}

enum imap_event
session_over(struct imap_session *s)
{
	s->state = IMAP_STATE_OVER;
	return IMAP_EVENT_OVER;
}

bool
session_wants_later(const struct imap_response *r)
{
	return r->backoff_ms >= 0 || r->code == IMAP_CODE_UNAVAILABLE ||
	       r->code == IMAP_CODE_INUSE || r->code == IMAP_CODE_LIMIT ||
	       r->code == IMAP_CODE_OVERQUOTA ||
	       r->code == IMAP_CODE_SERVERBUG ||
	       r->code == IMAP_CODE_CONTACTADMIN;
}

enum imap_event
session_refused(struct imap_session *s, enum fail kind, struct err *err)
{
	const struct imap_response *r = &s->response;
	char text[SERVER_TEXT_MAX];

	err_set(err, session_wants_later(r) ? FAIL_BUSY : kind, "imap: %s: %s",
	    imap_state_doing(s->state), server_text(r->text, text));
	return session_over(s);
}

enum imap_event
session_declined(struct imap_session *s, enum fail kind, struct err *err)
{
	if (s->response.status != IMAP_NO || session_wants_later(&s->response))
		return session_refused(s, FAIL_PROTOCOL, err);
	session_refused(s, kind, &s->refusal);
	s->state = IMAP_STATE_READY;
	return IMAP_EVENT_DONE;
}

static enum imap_event
unexpected(struct imap_session *s, const char *what, struct err *err)
{
	err_set(err, FAIL_PROTOCOL, "imap: %s while %s", what,
	    imap_state_doing(s->state));
	return session_over(s);
}

/* The parser has said why. */
static enum imap_event
unreadable(struct imap_session *s, struct err *err)
{
	err_wrap(err, "%s", imap_state_doing(s->state));
	return session_over(s);
}

struct imap_command *
session_begin(struct imap_session *s)
{
	snprintf(s->next_tag, sizeof(s->next_tag), "%.16s%u",
	    s->params.tag != NULL ? s->params.tag : "A", ++s->tag_count);
	imap_command_begin(&s->next, s->next_tag, s->can.features);
	return &s->next;
}

static void
put_piece(struct imap_session *s)
{
	struct str piece;

	if (imap_command_piece(&s->command, &piece))
		buf_str(&s->out, piece);
}

/* The prepared command becomes the present one. */
void
session_launch(struct imap_session *s)
{
	struct imap_command spent = s->command;

	s->command = s->next;
	s->next = spent;
	imap_command_release(&s->next);
	memcpy(s->tag, s->next_tag, sizeof(s->tag));
	s->state = s->next_state;
	s->next_state = IMAP_STATE_READY;
	s->refusal = (struct err){FAIL_NONE, ""};
	if (s->state == IMAP_STATE_SEARCH) {
		imap_set_reset(&s->found);
		s->news = false;
	}
	if (s->state == IMAP_STATE_SELECT)
		s->mailbox = (struct mail_folder){0};
	put_piece(s);
}

/* Sends the command that session_begin began, or keeps it until IDLE has
 * ended, which it asks for. */
bool
session_send(struct imap_session *s, enum imap_state state, struct err *err)
{
	bool idling = s->state == IMAP_STATE_IDLE ||
		      s->state == IMAP_STATE_IDLING ||
		      s->state == IMAP_STATE_DONE;

	if (!imap_command_end(&s->next, err))
		return false;
	s->next_state = state;
	if (idling)
		imap_session_idle_end(s);
	else
		session_launch(s);
	return true;
}

/* A yes that was there before the question is a forgery (CVE-2026-42246). */
static bool
answers_too_early(const struct imap_session *s)
{
	if (s->state == IMAP_STATE_DONE) /* IDLE itself left long ago */
		return false;
	if (s->out.n > 0 || s->in_flight > 0)
		return true;
	return s->response.status == IMAP_OK &&
	       s->command.given <= s->command.waits;
}

static enum imap_event
take_tagged(struct imap_session *s, struct err *err)
{
	const struct imap_response *r = &s->response;

	if (steps[s->state].on_tagged == NULL ||
	    !str_eq(r->tag, str_of(s->tag)))
		return unexpected(s, "an answer to nothing", err);
	if (r->status == IMAP_BYE || r->status == IMAP_PREAUTH)
		return unexpected(s, "a tagged greeting", err);
	if (answers_too_early(s))
		return unexpected(s, "an answer before the command was sent",
		    err);
	if (r->status != IMAP_OK)
		s->code = r->code;
	return steps[s->state].on_tagged(s, err);
}

static enum imap_event
take_continue(struct imap_session *s, struct err *err)
{
	if (s->out.n > 0 || s->in_flight > 0)
		return unexpected(s,
		    "a continuation before the command was sent", err);
	if (s->command.given <= s->command.waits &&
	    steps[s->state].on_tagged != NULL) {
		put_piece(s);
		return IMAP_EVENT_NONE;
	}
	if (s->state == IMAP_STATE_AUTHENTICATE)
		return session_challenge(s, err);
	if (s->state == IMAP_STATE_IDLE)
		return session_idling(s);
	if (s->state != IMAP_STATE_IDLING)
		return unexpected(s, "a continuation", err);
	return IMAP_EVENT_NONE;
}

static enum imap_event
take_bye(struct imap_session *s, struct err *err)
{
	const struct imap_response *r = &s->response;
	char text[SERVER_TEXT_MAX];
	bool later = session_wants_later(r) ||
		     s->state == IMAP_STATE_GREETING || s->backoff_ms >= 0;

	if (s->state == IMAP_STATE_LOGOUT)
		return IMAP_EVENT_NONE;
	s->code = r->code;
	err_set(err, later ? FAIL_BUSY : FAIL_IO,
	    "imap: the server ended the connection while %s: %s",
	    imap_state_doing(s->state), server_text(r->text, text));
	return session_over(s);
}

static enum imap_event
take_status(struct imap_session *s, struct err *err)
{
	const struct imap_response *r = &s->response;

	if (r->status == IMAP_BYE)
		return take_bye(s, err);
	if (r->status == IMAP_PREAUTH)
		return unexpected(s, "PREAUTH", err);
	if (s->state != IMAP_STATE_SELECT)
		return IMAP_EVENT_NONE;
	if (r->code == IMAP_CODE_UIDVALIDITY && r->number <= UINT32_MAX)
		s->mailbox.uidvalidity = (uint32_t)r->number;
	else if (r->code == IMAP_CODE_UIDNEXT && r->number <= UINT32_MAX)
		s->mailbox.uidnext = (uint32_t)r->number;
	else if (r->code == IMAP_CODE_HIGHESTMODSEQ &&
		 (s->can.features & IMAP_CAN_CONDSTORE) &&
		 r->number <= INT64_MAX)
		s->mailbox.highestmodseq = r->number;
	return IMAP_EVENT_NONE;
}

static enum imap_event
take_exists(struct imap_session *s)
{
	s->mailbox.exists = (uint32_t)s->response.number;
	if (s->state == IMAP_STATE_SELECT)
		return IMAP_EVENT_NONE;
	s->news = true;
	return s->state == IMAP_STATE_IDLING ? IMAP_EVENT_NEWS
					     : IMAP_EVENT_NONE;
}

static enum imap_event
take_vanished(struct imap_session *s)
{
	uint64_t gone = imap_set_size(&s->response.set);

	if (!s->response.earlier)
		s->mailbox.exists -= gone < s->mailbox.exists
					 ? (uint32_t)gone
					 : s->mailbox.exists;
	return IMAP_EVENT_NONE;
}

static enum imap_event
take_fetch(struct imap_session *s)
{
	const struct imap_fetch *f = &s->response.fetch;

	if (s->state != IMAP_STATE_FETCH || f->uid == 0 ||
	    !imap_set_has(&s->wanted, f->uid))
		return IMAP_EVENT_NONE;
	if (s->wanted_body ? !f->has_body : !f->has_header)
		return IMAP_EVENT_NONE;
	if (s->wanted_left == 0)
		return IMAP_EVENT_NONE;
	s->wanted_left--;
	s->message = (struct mail_message){.uid = f->uid,
	    .size = f->size,
	    .internal_us = f->internal_us,
	    .is_body = s->wanted_body,
	    .bytes = s->wanted_body ? f->body : f->header};
	return IMAP_EVENT_MESSAGE;
}

static enum imap_event
take_search(struct imap_session *s, struct err *err)
{
	const struct imap_response *r = &s->response;
	size_t i;

	if (s->state != IMAP_STATE_SEARCH ||
	    (r->search_tag.n > 0 && !str_eq(r->search_tag, str_of(s->tag))))
		return IMAP_EVENT_NONE;
	for (i = 0; i < r->set.count; i++)
		if (!imap_set_add(&s->found, r->set.at[i].first,
			r->set.at[i].last)) {
			err_set(err, FAIL_LIMIT,
			    "imap: search result with too many ranges");
			return session_over(s);
		}
	if (imap_set_size(&s->found) > IMAP_FOUND_MAX) {
		err_set(err, FAIL_LIMIT,
		    "imap: search found more messages than a folder can have");
		return session_over(s);
	}
	return IMAP_EVENT_NONE;
}

static bool
put_folder_name(struct imap_session *s, struct str wire)
{
	buf_reset(&s->scratch);
	if (!imap_names_are_utf8(s->can.features) &&
	    imap_utf7_decode(&s->scratch, wire))
		return true;
	if (str_is_utf8(wire))
		buf_str(&s->scratch, wire);
	return s->scratch.n > 0;
}

/* Names that are no modified UTF-7 are shown as they are, when that is UTF-8,
 * and else left out. */
static enum imap_event
take_list(struct imap_session *s)
{
	const struct imap_list *list = &s->response.list;

	if (s->state != IMAP_STATE_LIST || list->name.n > FOLDER_MAX)
		return IMAP_EVENT_NONE;
	if (!put_folder_name(s, list->name))
		return IMAP_EVENT_NONE;
	s->folder = (struct imap_folder){list->use, buf_view(&s->scratch)};
	return IMAP_EVENT_FOLDER;
}

static enum imap_event
take_untagged(struct imap_session *s, struct err *err)
{
	switch (s->response.kind) {
	case IMAP_RESPONSE_STATUS: return take_status(s, err);
	case IMAP_RESPONSE_EXISTS: return take_exists(s);
	case IMAP_RESPONSE_EXPUNGE:
		if (s->mailbox.exists > 0)
			s->mailbox.exists--;
		return IMAP_EVENT_NONE;
	case IMAP_RESPONSE_VANISHED: return take_vanished(s);
	case IMAP_RESPONSE_FETCH: return take_fetch(s);
	case IMAP_RESPONSE_SEARCH: return take_search(s, err);
	case IMAP_RESPONSE_LIST: return take_list(s);
	case IMAP_RESPONSE_CONTINUE:
	case IMAP_RESPONSE_CAPABILITY:
	case IMAP_RESPONSE_FLAGS:
	case IMAP_RESPONSE_OTHER:
	case IMAP_RESPONSE__COUNT: break;
	}
	return IMAP_EVENT_NONE;
}

static enum imap_event
take_response(struct imap_session *s, struct err *err)
{
	const struct imap_response *r = &s->response;

	if (r->backoff_ms >= 0)
		s->backoff_ms = r->backoff_ms;
	if (r->capability.known)
		s->can = r->capability;
	if (r->kind == IMAP_RESPONSE_STATUS && r->tag.n == 0 &&
	    r->status == IMAP_BYE)
		return take_bye(s, err);
	if (s->state == IMAP_STATE_GREETING)
		return session_greet(s, err);
	if (r->kind == IMAP_RESPONSE_CONTINUE)
		return take_continue(s, err);
	return r->tag.n > 0 ? take_tagged(s, err) : take_untagged(s, err);
}

enum imap_event
imap_session_feed(struct imap_session *s, struct str data, size_t *used,
    struct err *err)
{
	enum imap_event event;
	size_t n;

	for (*used = 0; *used < data.n;) {
		if (s->state == IMAP_STATE_OVER ||
		    s->state == IMAP_STATE_HANDSHAKE)
			return unexpected(s, "bytes", err);
		switch (imap_parse_feed(&s->parse, str_from(data, *used), &n,
		    err)) {
		case IMAP_MORE: *used += n; return IMAP_EVENT_NONE;
		case IMAP_BAD: *used += n; return unreadable(s, err);
		case IMAP_COMPLETE: break;
		}
		*used += n;
		if (!imap_response_read(&s->response, &s->parse, err))
			return unreadable(s, err);
		event = take_response(s, err);
		if (event == IMAP_EVENT_STARTTLS && *used < data.n)
			return unexpected(s, "bytes", err);
		if (event != IMAP_EVENT_NONE)
			return event;
	}
	return IMAP_EVENT_NONE;
}
