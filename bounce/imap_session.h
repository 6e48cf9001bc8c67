/*
 * imap_session.h - the client side of one IMAP connection, without I/O.
 *
 * The session eats the server's bytes, fills `out` with what is to be sent
 * and tells its owner what happened, one event a call.  It reads no clock
 * and opens nothing, so that transcripts and fuzzers need no socket.  It
 * opens the mailbox read-only (EXAMINE), unless its owner wants messages
 * marked, and changes nothing else.
 *
 * Trust: before TLS it says nothing but CAPABILITY and
 * STARTTLS; PREAUTH there, bytes after the OK of STARTTLS, or an answer to a
 * command that has not wholly left yet, end the connection.  What the server
 * can do is asked again under TLS and after the login.
 *
 * What a server offers beside IMAP4rev1 is used where it is offered and saves
 * something, and changes no event: SASL-IR, LITERAL+, ID, IDLE,
 * ESEARCH, SPECIAL-USE, MOVE, UIDPLUS, and CONDSTORE, whose HIGHESTMODSEQ tells
 * that a folder is as it was left, or older than that (cursor.h).  Names of
 * folders are UTF-8 where there is IMAP4rev2 alone.  Nothing is ENABLEd:
 * QRESYNC tells which known messages went or changed flags, and we keep
 * neither; IMAP4rev2 changes how the same things are said, both ways of which
 * are read.  Numbers that a service gives a message (EMAILID, X-GM-MSGID) are
 * no part of its fingerprint, which must be the same wherever it is read.
 *
 * Its memory: one response (imap_parse.h), one command, the search's result.
 */
#ifndef BOUNCE_IMAP_SESSION_H
#define BOUNCE_IMAP_SESSION_H

#include "bounce/imap_command.h"
#include "bounce/imap_mark.h"
#include "bounce/imap_response.h"
#include "bounce/mail_events.h"
#include "bounce/mailbox_login.h"

#define IMAP_BATCH_MAX      500      /* UIDs of one FETCH */
#define IMAP_FOUND_MAX      10000000 /* no folder has more messages */
#define IMAP_BACKOFF_MAX_MS (24LL * 3600 * 1000)

/*
 * Legal paths ('*': only where the parameters and the server ask for it):
 *
 *   GREETING -> CAPABILITY -> STARTTLS* -> HANDSHAKE -> CAPABILITY
 *            -> AUTHENTICATE | LOGIN -> CAPABILITY* -> ID* -> SELECT -> READY
 *   READY -> SELECT | LIST | SEARCH | FETCH | STORE | NOOP -> READY
 *   READY -> COPY -> DELETE -> EXPUNGE -> READY
 *   READY -> IDLE -> IDLING -> DONE -> READY
 *   READY -> LOGOUT -> OVER          any -> OVER
 *
 * PREAUTH under TLS leads from GREETING to CAPABILITY and then past the login.
 */
enum imap_state {
	IMAP_STATE_GREETING = 0,
	IMAP_STATE_CAPABILITY,
	IMAP_STATE_STARTTLS,
	IMAP_STATE_HANDSHAKE, /* the owner is to start TLS */
	IMAP_STATE_AUTHENTICATE,
	IMAP_STATE_LOGIN,
	IMAP_STATE_ID,
	IMAP_STATE_SELECT,
	IMAP_STATE_READY, /* no command is under way */
	IMAP_STATE_LIST,
	IMAP_STATE_SEARCH,
	IMAP_STATE_FETCH,
	IMAP_STATE_STORE,   /* or MOVE */
	IMAP_STATE_COPY,    /* instead of MOVE, and then */
	IMAP_STATE_DELETE,  /* a flag, and then */
	IMAP_STATE_EXPUNGE, /* these messages only */
	IMAP_STATE_NOOP,
	IMAP_STATE_IDLE,   /* asked for, `+` not there yet */
	IMAP_STATE_IDLING, /* the server speaks when it has something */
	IMAP_STATE_DONE,   /* DONE is said */
	IMAP_STATE_LOGOUT,
	IMAP_STATE_OVER,
	IMAP_STATE__COUNT
};
const char *imap_state_name(enum imap_state s);  /* "authenticate" */
const char *imap_state_doing(enum imap_state s); /* "logging in" */
/* How long the server may take for it; 0: as long as the owner lets it. */
int64_t imap_state_timeout_ms(enum imap_state s);

enum imap_event {
	IMAP_EVENT_NONE = 0, /* the bytes are used up */
	IMAP_EVENT_STARTTLS, /* start TLS, then imap_session_secured() */
	IMAP_EVENT_READY,    /* `mailbox` is open; first or after _select */
	IMAP_EVENT_FOLDER,   /* `folder`: one line of a LIST */
	IMAP_EVENT_FOUND,    /* `found`: what the search gave; it is over */
	IMAP_EVENT_MESSAGE,  /* `message`: one of those asked for */
	IMAP_EVENT_NEWS,     /* while idling: the mailbox has grown */
	IMAP_EVENT_DONE,     /* the command is over; `refusal` says how */
	IMAP_EVENT_OVER,     /* close; err says why, FAIL_NONE after LOGOUT */
};

struct imap_folder {
	unsigned use;    /* enum imap_folder_use */
	struct str name; /* UTF-8 */
};

struct imap_session_params {
	struct mailbox_access access;
	const char *folder;  /* UTF-8; NULL: INBOX */
	bool writes;         /* imap_session_mark is used */
	const char *version; /* of this program, for ID; may be NULL */
	const char *contact; /* who runs it, for ID; may be NULL */
	const char *tag;     /* prefix that a stranger cannot guess, <= 16 */
};

struct imap_session {
	enum imap_state state;
	struct imap_session_params
	    params; /* texts are the owner's, must last */
	struct imap_capability can;
	struct mail_folder mailbox;
	bool secured;        /* under TLS (or allowed without) */
	bool authenticated;  /* the server believes us, and we it */
	bool identified;     /* ID was exchanged */
	bool opened;         /* a mailbox was opened once */
	bool idle_refused;   /* offered, but the server said no */
	bool news;           /* EXISTS came since the last search was sent */
	int64_t backoff_ms;  /* what the server suggested, -1 when nothing */
	enum imap_code code; /* of the last NO, BAD or BYE */

	struct buf out;   /* to be sent; the owner takes it with buf_drop */
	size_t in_flight; /* taken, but not yet with the kernel: owner sets */

	struct imap_set found;       /* of the last search */
	struct mail_message message; /* of the event */
	struct imap_folder folder;   /* of the event */
	struct err refusal; /* of the last DONE; kind FAIL_NONE: it was done */

	struct imap_parse parse;
	struct imap_response response;
	struct imap_command command, next; /* next: waits for IDLE to end */
	enum imap_state next_state;        /* READY: nothing waits */
	struct mailbox_login login;
	char tag[IMAP_TAG_MAX], next_tag[IMAP_TAG_MAX];
	unsigned tag_count;
	struct imap_set wanted; /* UIDs of the present FETCH */
	uint64_t wanted_left;   /* how many of them may still come */
	bool wanted_body;
	uint32_t search_from;
	struct buf scratch; /* decoded folder name */
};

void imap_session_init(struct imap_session *s,
    const struct imap_session_params *params);
void imap_session_release(struct imap_session *s);

/* Takes bytes up to the end of one response; call again with the rest until
 * it says IMAP_EVENT_NONE and has used all.  With IMAP_EVENT_OVER err says why
 * (FAIL_AUTH, FAIL_TLS, FAIL_PROTOCOL, FAIL_LIMIT, FAIL_REFUSED, FAIL_BUSY =
 * later, FAIL_MISSING = no such folder). */
enum imap_event imap_session_feed(struct imap_session *s, struct str data,
    size_t *used, struct err *err) MUST_USE;

/* TLS stands; for CONN_TLS_STARTTLS only. */
bool imap_session_secured(struct imap_session *s, struct err *err) MUST_USE;

/* Commands of the owner: in READY, or in IDLING, which they end first.  False
 * (FAIL_INPUT) when an argument cannot be sent; nothing is sent then. */
bool imap_session_select(struct imap_session *s, struct str folder,
    struct err *err) MUST_USE;
/* All folders, with their special use (RFC 6154) where the server tells it. */
bool imap_session_list(struct imap_session *s, struct err *err) MUST_USE;
/* UIDs from uid_from on (0 or 1: all) that came on or after since_us (0: any
 * time), which is cut down to a day that suits every time zone. */
bool imap_session_search(struct imap_session *s, uint32_t uid_from,
    int64_t since_us, struct err *err) MUST_USE;
/* At most IMAP_BATCH_MAX UIDs; `uids` is copied.  A move is MOVE (RFC 6851) or
 * COPY and UID EXPUNGE (RFC 4315); a server that has neither is refused.  With
 * a refusal FAIL_CONFLICT some have gone from the folder, and the others may
 * be asked for again. */
bool imap_session_mark(struct imap_session *s, struct imap_set *uids,
    enum imap_mark mark, struct str folder, struct err *err) MUST_USE;
/* At most IMAP_BATCH_MAX UIDs; `uids` is copied. */
bool imap_session_fetch(struct imap_session *s, struct imap_set *uids,
    bool bodies, struct err *err) MUST_USE;
bool imap_session_noop(struct imap_session *s, struct err *err) MUST_USE;
bool imap_session_logout(struct imap_session *s, struct err *err) MUST_USE;
/* READY only.  True: IDLE is asked for; IMAP_EVENT_DONE ends it. */
bool imap_session_idle(struct imap_session *s) MUST_USE;
void imap_session_idle_end(
    struct imap_session *s); /* in IDLING; else nothing */
bool imap_session_can_idle(const struct imap_session *s);

#endif
