/*
 * imap_link.h - one mailbox at one server: an imap_session on a connection,
 * with the time that the session does not know.
 *
 *   imap_link_new -> on_ready -> search, fetch, wait ... -> on_closed
 *
 * One command of the owner at a time: each ends with on_done (or on_ready
 * for a select), after which, also from inside it, the next may be given.
 * The exception is imap_link_wait, which any command ends.
 *
 *   imap_link_search   -> on_found, on_done
 *   imap_link_headers  -> on_header for each, on_done
 *   imap_link_bodies   -> on_body for each, on_done
 *   imap_link_mark     -> on_done
 *   imap_link_folders  -> on_folder for each, on_done
 *   imap_link_select   -> on_ready
 *   imap_link_wait     -> on_new, when a search is worth while
 *
 * Messages of a fetch may be missing: they were deleted meanwhile.
 *
 * Time: every command has a limit (imap_session.h); IDLE is renewed
 * every idle_s, and a server that does not answer that within 30 s is given
 * up.  Waiting ends after check_s even when IDLE says nothing, after poll_s
 * where there is no IDLE, it was refused, or twice kept silent about mail
 * that was there.
 *
 * The link owns connection, session and copies of its parameters.  After
 * on_closed it does nothing more; the owner calls imap_link_free, also from
 * inside a callback.  It never reconnects: see imap_backoff.h.
 */
#ifndef BOUNCE_IMAP_LINK_H
#define BOUNCE_IMAP_LINK_H

#include "bounce/imap_session.h"
#include "bounce/mail_events.h"

struct imap_link_params {
	struct mailbox_access access;
	const char *folder;            /* UTF-8; NULL or "": INBOX */
	bool writes;                   /* imap_link_mark is used */
	const char *version, *contact; /* for ID; may be NULL */
	int64_t idle_s;                /* longest IDLE; 0: 300 */
	int64_t poll_s;                /* wait without IDLE; 0: 60 */
	int64_t check_s;               /* longest wait with IDLE; 0: 900 */
	int64_t timeout_s; /* upper bound on every limit, for tests; 0: none */
};

struct imap_link;

/* Starts to connect. */
struct imap_link *imap_link_new(struct loop *loop,
    const struct imap_link_params *params, const struct mail_events *events,
    void *arg);
void imap_link_free(struct imap_link *l); /* closes at once; NULL is fine */

/* FAIL_INPUT (of select, for a name with control bytes) comes by on_done. */
void imap_link_search(struct imap_link *l, uint32_t uid_from, int64_t since_us);
/* At most IMAP_BATCH_MAX UIDs, at least one. */
void imap_link_headers(struct imap_link *l, struct imap_set *uids);
void imap_link_bodies(struct imap_link *l, struct imap_set *uids);
void imap_link_body(struct imap_link *l, uint32_t uid);
/* folder: of IMAP_MARK_MOVE, in UTF-8; else it may be NULL. */
void imap_link_mark(struct imap_link *l, struct imap_set *uids,
    enum imap_mark mark, const char *folder);
void imap_link_folders(struct imap_link *l);
void imap_link_select(struct imap_link *l, const char *folder);
void imap_link_wait(struct imap_link *l);
void imap_link_logout(struct imap_link *l); /* then on_closed */

const struct mail_folder *imap_link_mailbox(const struct imap_link *l);
bool imap_link_idles(const struct imap_link *l);      /* waiting uses IDLE */
uint64_t imap_link_bytes(const struct imap_link *l);  /* received */
const char *imap_link_tls(const struct imap_link *l); /* "TLSv1.3", "" */

#endif
