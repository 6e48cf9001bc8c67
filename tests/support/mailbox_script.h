/*
 * mailbox_script.h - a conversation with a mailbox server as a text file,
 * tests/script/.imap or .pop3, played to a bare session.
 *
 *   ? tls=starttls auth=plain    the parameters, first; %xx is a byte
 *   S: text     the server says text CRLF
 *   X: 6869     the server says these bytes
 *   C: text     we must have said just this, CRLF after it
 *   T:          TLS was asked for; it stands now
 *   > verb ...  the owner's command
 *   = event     what we must have told the owner; '*' at its end: anything
 *
 * Each file is played whole, cut in two at every byte, and byte by byte.
 * Where the server's lines follow each other they come in one run.
 */
#ifndef TESTS_SUPPORT_MAILBOX_SCRIPT_H
#define TESTS_SUPPORT_MAILBOX_SCRIPT_H

#include "bounce/mailbox_access.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

struct mailbox_script;

/* One protocol's session, behind p->session. */
struct mailbox_script_side {
	struct mailbox_access access; /* where no script says otherwise */
	struct buf *out;              /* of the session */
	/* Of its own; false: unknown.  May be NULL. */
	bool (
	    *set)(struct mailbox_script *p, struct str name, struct str value);
	void (*start)(struct mailbox_script *p);
	/* One event, told as a line of p->told. */
	size_t (*feed)(struct mailbox_script *p, struct str bytes);
	/* False: unknown. */
	bool (*command)(struct mailbox_script *p, struct str verb,
	    struct str words);
	bool (*secured)(struct err *err); /* was TLS asked for? */
	void (*release)(void);
};

struct mailbox_script {
	const struct mailbox_script_side *side;
	const char *path;
	int line;
	size_t cut, at; /* of the server's bytes */
	struct mailbox_access access;
	struct buf text; /* of the parameters */
	struct buf told; /* events, a line each */
	struct buf run;  /* bytes of the server not given yet */
	bool started, over;
};

/* All that match, at least so many. */
void mailbox_script_play_all(const struct mailbox_script_side *side,
    const char *pattern, size_t least);

/* With a NUL after it; it lasts as long as the player. */
struct str mailbox_script_keep(struct mailbox_script *p, struct str value);
void mailbox_script_tell_err(struct mailbox_script *p, const char *word,
    const struct err *err);
/* Quoted, the beginning. */
void mailbox_script_tell_text(struct mailbox_script *p, struct str bytes);

#endif
