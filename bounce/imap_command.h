/*
 * imap_command.h - the one writer of commands (RFC 3501, 9, command; R-006).
 *
 * Words of the protocol are literals of this program; everything else goes
 * through a typed function, which writes an atom, a quoted string or a
 * literal as the content needs.  Control bytes (below 0x20, and 0x7f) are
 * refused in every argument.  There is no way to add raw text.
 *
 * Literals need the server's `+` before their bytes may follow, unless it
 * has LITERAL+, or LITERAL- and they are short (RFC 7888).  The command thus
 * falls into pieces; imap_command_piece gives the next.
 *
 * Failures stick: call as many functions as the command needs and check once
 * with imap_command_end.
 */
#ifndef BOUNCE_IMAP_COMMAND_H
#define BOUNCE_IMAP_COMMAND_H

#include "bounce/imap_set.h"
#include "lib/base/err.h"

#define IMAP_COMMAND_MAX   (64U << 10)
#define IMAP_TAG_MAX       32
#define IMAP_PIECES_MAX    8
#define IMAP_ARGUMENT_MAX  4096 /* one string argument */
#define IMAP_LITERAL_MINUS 4096 /* RFC 7888, 5 */

struct imap_command {
	struct buf bytes;
	unsigned features;            /* of the server: enum imap_feature */
	size_t ends[IMAP_PIECES_MAX]; /* where we wait for `+` */
	int waits;                    /* how many of them */
	int given;                    /* pieces given out */
	struct err failure;           /* the first one */
};

void imap_command_init(struct imap_command *c);
void imap_command_release(struct imap_command *c); /* wipes */

void imap_command_begin(struct imap_command *c, const char *tag,
    unsigned features);
/* A word of the protocol, with a blank before it: IMAP_WORD(c, "UID FETCH"). */
#define IMAP_WORD(c, literal) imap_command_word((c), STR(literal))
void imap_command_word(struct imap_command *c, struct str word);
/* A list around what stands between the two calls. */
void imap_command_open(struct imap_command *c);
void imap_command_close(struct imap_command *c);
void imap_command_string(struct imap_command *c, struct str text);
/* A mailbox name in UTF-8, written in modified UTF-7 unless the server has
 * IMAP4rev2 alone. */
void imap_command_mailbox(struct imap_command *c, struct str name);
void imap_command_number(struct imap_command *c, uint64_t n);
void imap_command_range(struct imap_command *c, uint32_t from); /* n:* */
void imap_command_set(struct imap_command *c, struct imap_set *set);
void imap_command_date(struct imap_command *c, int64_t us); /* 1-Feb-2026 */
/* Base64 of SASL, "=" for nothing (RFC 4959, 3). */
void imap_command_base64(struct imap_command *c, struct str bytes);
bool imap_command_end(struct imap_command *c, struct err *err) MUST_USE;

/* The next piece to send; false when there is none left. */
bool imap_command_piece(struct imap_command *c, struct str *piece);

#endif
