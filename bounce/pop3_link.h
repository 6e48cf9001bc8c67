/*
 * pop3_link.h - one visit to a POP3 mailbox: a pop3_session on a connection,
 * with the time that the session does not know.
 *
 *   pop3_link_new -> on_ready -> look, headers, bodies ... -> leave
 *                 -> on_closed
 *
 * Before on_ready the messages are listed into the owner's ledger: by UIDL,
 * and where the server has none by their headers (TOP n 0).  What the owner
 * calls a UID is the ledger's.  One command of the owner at a time: each ends
 * with on_done, after which, also from inside it, the next may be given.
 *
 *   pop3_link_look     -> on_found, on_done
 *   pop3_link_headers  -> on_header for each, on_done
 *   pop3_link_bodies   -> on_body for each, on_done
 *   pop3_link_leave    -> on_closed, FAIL_NONE when QUIT was done
 *
 * Where the server has no TOP, pop3_link_headers takes the whole messages:
 * on_body follows each on_header.
 *
 * Of a message MAIL_PART_MAX is taken and the connection cut; what
 * is known to be larger is asked for by its first lines, so that this is
 * rare.  Where it was the last of those asked for, on_done follows, and the
 * next command on_closed with FAIL_NONE: go on in another visit.
 *
 * The link owns connection, session and copies of its parameters, but not
 * the ledger.  After on_closed it does nothing more; the owner calls
 * pop3_link_free, also from inside a callback.  It never reconnects.
 */
#ifndef BOUNCE_POP3_LINK_H
#define BOUNCE_POP3_LINK_H

#include "bounce/mail_events.h"
#include "bounce/pop3_session.h"
#include "bounce/uidl_ledger.h"

#define POP3_UIDVALIDITY 1 /* of the ledger's UIDs */

struct pop3_link_params {
	struct mailbox_access access;
	struct uidl_ledger *ledger; /* NULL: nothing is listed or read */
	bool deletes;      /* pop3_link_leave deletes the reports of it */
	int64_t timeout_s; /* upper bound on every limit, for tests; 0: none */
};

struct pop3_link;

/* Starts to connect. */
struct pop3_link *pop3_link_new(struct loop *loop,
    const struct pop3_link_params *params, const struct mail_events *events,
    void *arg);
void pop3_link_free(struct pop3_link *l); /* closes at once; NULL is fine */

/* What is not stored, from that UID on; of that, pop3_link_headers passes
 * over what came before since_us (0: any time). */
void pop3_link_look(struct pop3_link *l, uint32_t uid_from, int64_t since_us);
void pop3_link_headers(struct pop3_link *l, struct imap_set *uids);
void pop3_link_bodies(struct pop3_link *l, struct imap_set *uids);
void pop3_link_leave(struct pop3_link *l);

uint64_t pop3_link_bytes(const struct pop3_link *l);  /* received */
const char *pop3_link_tls(const struct pop3_link *l); /* "TLSv1.3", "" */

#endif
