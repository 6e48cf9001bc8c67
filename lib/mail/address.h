/*
 * address.h - one mail address: addr-spec of RFC 5322 as RFC 5321 narrows it.
 *
 * Strict: exactly local@domain; no comments, groups, routes, display names,
 * control bytes or second '@'.  Quoted local parts are refused, even where
 * their content would need no quotes, and so are those that read as an
 * encoded-word: mail programs disagree about them (GHSA-mm7p-fcc7-pg87).
 * Time is linear and the stack constant.  Limits (RFC 5321, 4.5.3.1): local
 * part 64 octets, domain 255, the whole 254 between the angle brackets.
 *
 * The local part is kept byte for byte; the domain becomes lower-case
 * A-labels (RFC 5891) and is a full name: two labels at least, the last one
 * no number (RFC 5321, 2.3.5).  A non-ASCII local part is allowed (RFC
 * 6531), without invisible characters, and needs SMTPUTF8.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define ADDRESS_LOCAL_MAX  64
#define ADDRESS_DOMAIN_MAX 255
#define ADDRESS_MAX        254

struct address {
	char text[ADDRESS_MAX + 1]; /* local@domain, as it goes on the wire */
	char key[ADDRESS_MAX + 1];  /* lower(local)@domain: uniqueness key; a
				       non-ASCII local part is in NFC */
	size_t n, key_n;            /* their lengths */
	size_t at;                  /* offset of '@' in text */
	bool needs_smtputf8;        /* non-ASCII in the local part */
};

/* The err's text says what is wrong, without the address itself. */
bool address_parse(struct address *a, struct str text,
    struct err *err) MUST_USE;
struct str address_text(const struct address *a);
struct str address_key(const struct address *a);
struct str address_domain(const struct address *a);
struct str address_local(const struct address *a);

/* "local+detail@domain" -> "local@domain" and its detail ("" when none), cut
 * at the first `sep` as mail servers do; false without an '@'. */
bool address_split_detail(struct str text, char sep, struct str *local,
    struct str *detail, struct str *domain);

/* A mailbox as people write it, `Name <a@b>` or `a@b`, in a header we read.
 * Lenient: finds the addr-spec between the last angle brackets. */
bool address_from_header(struct address *a, struct str value);

/* A host name or domain alone, one label or an IPv4 address included: labels,
 * lengths, IDNA.  out: ADDRESS_DOMAIN_MAX + 1. */
bool domain_parse(char *out, struct str text, struct err *err) MUST_USE;

#endif
