#include "bounce/attribute.h"

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

static bool
in_address(struct token *t, const struct inbound_mail *m,
    const struct keyring *ring)
{
	return token_find(t, ring, m->delivered_to) ||
	       token_find(t, ring, m->to);
}

static bool
in_returned(struct token *t, struct inbound_mail *m, const struct keyring *ring)
{
	struct str id;

	if (!m->has_returned)
		return false;
	id = inbound_mail_returned_field(m, "Message-ID");
	return token_find(t, ring, id);
}

static bool
in_thread(struct token *t, const struct inbound_mail *m,
    const struct keyring *ring)
{
	int i;

	if (token_find(t, ring, m->in_reply_to))
		return true;
	for (i = m->reference_count; i > 0; i--)
		if (token_find(t, ring, m->references[i - 1]))
			return true;
	return false;
}

static enum attribution_method
find(struct token *t, struct inbound_mail *m, const struct keyring *ring)
{
	if (in_address(t, m, ring))
		return ATTRIBUTION_TOKEN;
	if (in_returned(t, m, ring))
		return ATTRIBUTION_MESSAGE_ID;
	if (in_thread(t, m, ring))
		return ATTRIBUTION_THREAD;
	return ATTRIBUTION_NONE;
}

void
attribute(struct attribution *a, struct inbound_mail *m,
    const struct keyring *ring, int today)
{
	struct token t = {0, 0};

	*a = (struct attribution){.method = find(&t, m, ring)};
	if (a->method == ATTRIBUTION_NONE)
		return;
	a->delivery = t.delivery;
	a->late = today - t.day > ATTRIBUTION_DAYS_MAX;
}

/* Header fields in which a token of ours comes back. */
static const char *const token_fields[] = {
    "Delivered-To",
    "X-Original-To",
    "To",
    "Cc",
    "In-Reply-To",
    "References",
};

static bool
is_report_type(struct str content_type)
{
	return str_starts_nocase(content_type, STR("multipart/report")) ||
	       str_starts_nocase(content_type, STR("message/"));
}

static bool
is_from_a_mailer(struct str from)
{
	return str_find_nocase(from, STR("mailer-daemon")) != STR_NOWHERE ||
	       str_find_nocase(from, STR("postmaster")) != STR_NOWHERE;
}

bool
attribute_may_be_ours(struct str header, const struct keyring *ring,
    struct arena *a)
{
	struct token t;
	size_t i;

	if (is_report_type(header_get(header, "Content-Type", a)) ||
	    is_from_a_mailer(header_get(header, "From", a)))
		return true;
	for (i = 0; i < ARRAY_LEN(token_fields); i++)
		if (token_find(&t, ring,
			header_get(header, token_fields[i], a)))
			return true;
	return false;
}
