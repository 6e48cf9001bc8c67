/*
 * import_origin.h - files of other programs: what their columns mean, and
 * what they say of who left.
 *
 * listmonk   uuid,email,name,attributes,status,created_at,updated_at
 * Mailchimp  "Email Address","First Name","Last Name", fields of one's own,
 *            MEMBER_RATING and many more; who unsubscribed (UNSUB_TIME) and
 *            who was cleaned (CLEAN_TIME) stand in files of their own
 */
#ifndef API_IMPORT_ORIGIN_H
#define API_IMPORT_ORIGIN_H

#include "lib/base/str.h"

enum import_type {
	IMPORT_TEXT = 0,
	IMPORT_NUMBER,  /* as JSON has them, finite */
	IMPORT_BOOLEAN, /* true, yes, y, 1, on, and their opposites */
	IMPORT_DATE,    /* 2026-12-01, or RFC 3339 with time and offset */
	IMPORT_OBJECT,  /* JSON: its members are attributes */
	IMPORT_STATUS,  /* import_leave_parse */
};

struct import_column {
	const char *name; /* NULL: is not taken */
	enum import_type type;
};

/* Who must not be mailed, by what the file says. */
enum import_leave {
	IMPORT_STAYS = 0,
	IMPORT_UNSUBSCRIBED, /* from this list */
	IMPORT_BLOCKED,      /* wants nothing at all */
	IMPORT_BOUNCED,
	IMPORT_COMPLAINED,
	IMPORT_DISABLED, /* by a person */
};

/* false: a word that says nothing to us.  An empty one stays. */
bool import_leave_parse(struct str word, enum import_leave *out) MUST_USE;
/* A suppression's reason; NULL for who stays. */
const char *import_leave_reason(enum import_leave l);
/* Or from the list alone. */
bool import_leave_is_global(enum import_leave l);

enum import_origin {
	IMPORT_ANYWHERE = 0,
	IMPORT_LISTMONK,
	IMPORT_MAILCHIMP,
};

const char *import_origin_name(enum import_origin o); /* "any", ... */
bool import_origin_parse(struct str name, enum import_origin *out) MUST_USE;

/* What a column of the header means in such a file. */
struct import_column import_origin_column(enum import_origin o,
    const char *header);
/* What a column's mere presence says of all rows. */
enum import_leave import_origin_leave(enum import_origin o, const char *header);

#endif
