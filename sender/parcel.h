/*
 * parcel.h - the message of one recipient on its way through a pool.
 *
 * Composed when a connection wants it, so that a worker holds few of them;
 * their memory is used again and again.
 */
#ifndef SENDER_PARCEL_H
#define SENDER_PARCEL_H

#include "sender/mailing.h"

struct parcel {
	struct smtp_message message; /* owner is the parcel */
	struct parcel *next, *before;
	struct recipient *recipient;
	struct relay *relay;
	struct lane *lane;   /* NULL: it is not under way yet */
	bool excused;        /* its lane does not count it (lanes.h) */
	int64_t begin_by_ms; /* its permits are not used later */
	struct address to;
	char from[ADDRESS_MAX + 1];
	char envid[TOKEN_LEN + 1];
	struct buf data;
};

/* Those under way, and those to be used again. */
struct parcel_shelf {
	struct parcel *out;
	struct parcel *spare;
	struct arena scratch;
};

void parcel_shelf_init(struct parcel_shelf *s);
void parcel_shelf_release(struct parcel_shelf *s);

/* Writes to `to` in the name of a mailing: the part that tests share.  `err`
 * says what is wrong with this message. */
struct parcel_order {
	const struct message *message;
	const struct message_campaign *campaign;
	struct dkim_signer *signer;
	struct str return_path;
	const struct keyring *ring;
	struct token token;
	struct str email, name, attributes;
	struct mailing_list list;
	int64_t date_us;
	bool eight_bit;             /* the account's server takes 8BITMIME */
	bool no_verp, no_one_click; /* features that it has not */
	bool untracked;             /* message.h */
};
/* FAIL_REFUSED: the template does not want this recipient to be written to
 * (abort_message); err says why. */
bool parcel_compose(struct parcel *p, const struct parcel_order *order,
    struct arena *scratch, struct err *err) MUST_USE;

/* For a waiting recipient; NULL and err when it cannot be, or is not to be,
 * written.  The time of a first attempt is noted in the recipient. */
struct parcel *parcel_new(struct parcel_shelf *s, struct recipient *r,
    struct relay *relay, struct err *err);
void parcel_free(struct parcel_shelf *s, struct parcel *p);

#endif
