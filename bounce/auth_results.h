/*
 * auth_results.h - whose signature a mail has, by the word of the host whose
 * mailbox is read (RFC 8601).
 *
 * Anybody can write Authentication-Results into a mail.  Only the topmost
 * field that bears the host's own name counts: a host that checks mail puts
 * its field above all that came with it, and takes out those that pretend to
 * be its own (RFC 8601, 5).  To name a host is to say that it does so.
 *
 * A signature counts when it passed and is of one of the domains, or below
 * one: header.d, or where that is not told the domain of header.i.
 */
#ifndef BOUNCE_AUTH_RESULTS_H
#define BOUNCE_AUTH_RESULTS_H

#include "lib/base/arena.h"

#define AUTH_RESULTS_MAX 8192 /* bytes of a field; a longer one says nothing */

struct auth_trust {
	struct str authserv_id; /* the host's name; empty: nothing counts */
	struct str domains;     /* of who signs, blanks between them */
};

/* `header` is a mail's header block. */
bool auth_results_pass(struct str header, const struct auth_trust *trust,
    struct arena *a);

#endif
