/*
 * mail_events.h - what a link to a mailbox tells its owner, whatever protocol
 * it speaks (imap_link.h, pop3_link.h).
 */
#ifndef BOUNCE_MAIL_EVENTS_H
#define BOUNCE_MAIL_EVENTS_H

#include "bounce/imap_set.h"
#include "lib/base/err.h"

#define MAIL_PART_MAX (256U << 10) /* of a header, of a body */

struct imap_folder;

/* The folder that was opened. */
struct mail_folder {
	uint32_t uidvalidity, uidnext; /* uidnext 0: not told */
	uint32_t exists;               /* kept up to date */
	uint64_t highestmodseq;        /* 0: none */
};

/* One message, or its header; text is valid during the call. */
struct mail_message {
	uint32_t uid;
	uint64_t size;       /* of the whole message; 0 when not told */
	int64_t internal_us; /* when it came; 0 when not told */
	bool is_body;        /* else a header */
	struct str bytes;    /* MAIL_PART_MAX of it at most */
};

struct mail_events {
	void (*on_ready)(const struct mail_folder *folder, void *arg);
	/* The set is the link's until the next search; imap_set_take from it. */
	void (*on_found)(struct imap_set *found, void *arg);
	/* The body may follow at once, where the server has no headers alone. */
	void (*on_header)(const struct mail_message *message, void *arg);
	void (*on_body)(const struct mail_message *message, void *arg);
	/* Of imap_link_folders; NULL where nobody asks for that. */
	void (*on_folder)(const struct imap_folder *folder, void *arg);
	void (*on_new)(void *arg);
	/* err->kind FAIL_NONE: done; FAIL_REFUSED, FAIL_MISSING: the server
	 * said no and the connection can go on. */
	void (*on_done)(const struct err *err, void *arg);
	/* Once.  FAIL_NONE: as it should be.  FAIL_AUTH: wrong credentials,
	 * FAIL_TLS, FAIL_BUSY: not now, ...  backoff_ms: how long the server
	 * asked us to stay away at least, -1 when it did not. */
	void (*on_closed)(const struct err *err, int64_t backoff_ms, void *arg);
};

#endif
