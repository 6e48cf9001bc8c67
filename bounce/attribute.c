#include "bounce/attribute.h"

#include "bounce/complaint.h"
#include "bounce/notice_sign.h"
#include "lib/mail/header.h"

const char *
attribution_name(enum attribution_method m)
{
	switch (m) {
	case ATTRIBUTION_NONE: return NULL;
	case ATTRIBUTION_TOKEN: return "token";
	case ATTRIBUTION_MESSAGE_ID: return "message_id";
	case ATTRIBUTION_THREAD: return "thread";
	}
	return NULL;
}

/* A field and where in a mail a token of ours comes back in it, the more
 * telling ones first. */
static const char *const address_fields[] = {
    "Delivered-To",
    "X-Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "To",
    "Cc",
    "Subject", /* of a mail to unsubscribe, where addresses hold no token */
    NULL,
};

static const char *const thread_fields[] = {
    "In-Reply-To",
    "References",
    NULL,
};

/* Of the mail that a report gives back; relays replace the Message-ID. */
static const char *const returned_fields[] = {
    "Message-ID",
    "Return-Path",
    "List-Unsubscribe",
    "CFBL-Feedback-ID",
    NULL,
};

/* Nobody else's message has such a token there. */
static const char *const own_fields[] = {
    "Message-ID",
    "List-Unsubscribe",
    NULL,
};

/* Of a complaint (RFC 5965, 3.2; RFC 6591, 3) or a read receipt (RFC 8098,
 * 3.2.5). */
static const char *const report_fields[] = {
    "Original-Message-ID",
    "Original-Mail-From",
    "Original-Envelope-Id",
    "Message-ID",
    "CFBL-Feedback-ID",
    NULL,
};

static bool
is_between(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* The last token in a value, word by word: token_find bounds its tries, and
 * a thread has many ids. */
static bool
in_value(struct token *t, const struct keyring *ring, struct str value)
{
	bool found = false;
	size_t n;

	while (value.n > 0) {
		for (n = 0; n < value.n && !is_between(value.p[n]); n++)
			;
		if (n >= TOKEN_LEN && token_find(t, ring, str_sub(value, 0, n)))
			found = true;
		value = str_from(value, n + 1);
	}
	return found;
}

static bool
in_field(struct token *t, const struct keyring *ring, struct str block,
    const char *name)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (str_eq_nocase(f.name, str_of(name)) &&
		    in_value(t, ring, f.value))
			return true;
	return false;
}

static bool
in_fields(struct token *t, const struct keyring *ring, struct str block,
    const char *const *names)
{
	for (; *names != NULL; names++)
		if (in_field(t, ring, block, *names))
			return true;
	return false;
}

static enum attribution_method
find(struct token *t, const struct inbound_mail *m, const struct keyring *ring)
{
	if (in_fields(t, ring, m->header, address_fields))
		return ATTRIBUTION_TOKEN;
	if (in_fields(t, ring, m->returned, returned_fields) ||
	    in_fields(t, ring, m->feedback_report, report_fields) ||
	    in_fields(t, ring, m->disposition, report_fields))
		return ATTRIBUTION_MESSAGE_ID;
	if (in_fields(t, ring, m->header, thread_fields))
		return ATTRIBUTION_THREAD;
	/* Ids were rewritten on the way: links of ours that are quoted. */
	if (in_value(t, ring, m->text))
		return ATTRIBUTION_THREAD;
	return ATTRIBUTION_NONE;
}

/* The numbers of deliveries have their campaign's above them. */
static bool
is_of_self_test(const struct token *t)
{
	return t->delivery >> 32 == 0;
}

void
attribute(struct attribution *a, const struct inbound_mail *m,
    const struct keyring *ring, int today)
{
	struct token t = {0, 0}, own;

	*a = (struct attribution){.method = find(&t, m, ring)};
	if (in_fields(&own, ring, m->header, own_fields))
		a->own = is_of_self_test(&own) ? "self-test" : "own-message";
	if (a->method == ATTRIBUTION_NONE)
		return;
	if (is_of_self_test(&t)) {
		*a = (struct attribution){.own = "self-test"};
		return;
	}
	a->delivery = t.delivery;
	a->late = today - t.day > ATTRIBUTION_DAYS_MAX;
}

static bool
is_of_a_report(const struct header_field *f)
{
	struct str value = str_trim(f->value);

	if (str_eq_nocase(f->name, STR("Content-Type")))
		return str_starts_nocase(value, STR("multipart/report")) ||
		       str_starts_nocase(value, STR("message/"));
	return notice_sign_field(f->name, value);
}

bool
attribute_may_be_ours(struct str header, const struct keyring *ring)
{
	struct str rest = header;
	struct header_field f;
	struct token t;
	bool any = false;

	while (header_next(&rest, &f)) {
		any = true;
		if (is_of_a_report(&f))
			return true;
	}
	return !any || complaint_may_be(header) ||
	       in_fields(&t, ring, header, address_fields) ||
	       in_fields(&t, ring, header, thread_fields);
}
