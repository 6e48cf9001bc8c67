#include "bounce/complaint.h"

#include "bounce/dsn_address.h"
#include "bounce/header_sign.h"
#include "bounce/signs.h"
#include "bounce/text_line.h"
#include "lib/mail/header.h"

/* Fields that only such reports carry, and who sends them.  A person may have
 * an address that looks like one of these: then the mail must be in it too. */
static const struct header_sign fields[] = {
    {"X-HmXmrOriginalRecipient", NULL},
    {"X-Yahoo-Newman-Property", "cfl"},
    {"X-RP-FBL", NULL},
    {"X-AOL-INRLY", NULL},
    {"X-Loop", "scomp"},
    {"X-SpamCop-sourceip", NULL},
};
static const struct header_sign senders[] = {
    {"From", "staff@hotmail.com"},
    {"From", "email-abuse.amazonses.com"},
    {"From", "scomp@aol."},
    {"From", "@arf.mail.yahoo.com"},
    {"From", "@reports.spamcop.net"},
    {"From", "feedbackloop@"},
    {"From", "feedback-loop@"},
    {"From", "fbl@"},
    {"From", "fbl-"},
    {"From", "abuse"},
    {"From", "complaint"},
    {"From", "feedback@"},
    {"From", "fbl."},
};
static const struct header_sign returned_fields[] = {
    {"X-HmXmrOriginalRecipient", NULL},
};
static const struct header_sign apple[] = {
    {"X-Apple-Unsubscribe", NULL},
};
static const struct header_sign reports[] = {
    {"Content-Type", "feedback-report"},
};

/* Who is meant, in a report, in the mail that came back or in its own header. */
static const char *const recipient_fields[] = {
    "Original-Rcpt-To",
    "Removal-Recipient",
    "X-HmXmrOriginalRecipient",
};

static bool
has(struct str header, const struct header_sign *signs, size_t n)
{
	return header_sign_find(header, signs, n) != NULL;
}

static struct str
word_lower(struct str value, struct arena *a)
{
	char *p = arena_cstr(a, str_fit(value, COMPLAINT_WORD_MAX));
	size_t n = 0;

	while (p[n] != '\0' && p[n] != ' ' && p[n] != ';') {
		p[n] = str_lower_char(p[n]);
		n++;
	}
	return (struct str){p, n};
}

/* "rfc822;ann@example.test" without its type. */
static struct str
untyped(struct str value)
{
	size_t semi = str_chr(value, ';');

	if (semi == STR_NOWHERE ||
	    str_chr(str_sub(value, 0, semi), '@') != STR_NOWHERE)
		return value;
	return str_from(value, semi + 1);
}

static void
add_recipient(struct complaint *c, struct str value, struct arena *a)
{
	struct str address =
	    dsn_address(untyped(header_unfold(value, a)), STR("rfc822"), a);
	int i;

	if (str_chr(address, '@') == STR_NOWHERE ||
	    c->count == COMPLAINT_RECIPIENTS_MAX)
		return;
	for (i = 0; i < c->count; i++)
		if (str_eq_nocase(c->recipients[i].final, address))
			return;
	c->recipients[c->count++].final = address;
}

static void
add_recipients(struct complaint *c, struct str block, struct arena *a)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (str_is_any(f.name, recipient_fields,
			ARRAY_LEN(recipient_fields)))
			add_recipient(c, f.value, a);
}

static enum complaint_kind
kind_of(struct str type)
{
	if (str_eq(type, STR("not-spam")))
		return COMPLAINT_REVOKED;
	if (str_starts(type, STR("auth-failure")) ||
	    str_starts(type, STR("dmarc")))
		return COMPLAINT_AUTHENTICATION;
	return COMPLAINT_HEARD;
}

static void
read_report(struct complaint *c, struct inbound_mail *m)
{
	struct str report = m->feedback_report;
	struct str type = header_get(report, "Feedback-Type", &m->arena);

	c->type = type.n > 0 ? word_lower(type, &m->arena) : str_of("abuse");
	c->kind = kind_of(c->type);
	c->rule = "feedback-report";
	if (c->kind == COMPLAINT_REVOKED)
		c->rule = "feedback-not-spam";
	else if (c->kind == COMPLAINT_AUTHENTICATION)
		c->rule = "feedback-auth-failure";
	add_recipients(c, report, &m->arena);
}

/* By who sends it and what is in it, where there is no report. */
static const char *
rule_without_report(const struct inbound_mail *m)
{
	if (has(m->header, fields, ARRAY_LEN(fields)))
		return "feedback-field";
	if (has(m->returned, returned_fields, ARRAY_LEN(returned_fields)))
		return "feedback-attached";
	if (has(m->header, reports, ARRAY_LEN(reports)))
		return "feedback-without-report";
	if (m->has_returned && has(m->header, senders, ARRAY_LEN(senders)) &&
	    (signs_find(m->subject) & SIGN_COMPLAINT_SUBJECT) != 0)
		return "feedback-subject";
	return NULL;
}

static bool
read_other(struct complaint *c, struct inbound_mail *m)
{
	if (has(m->header, apple, ARRAY_LEN(apple))) {
		c->kind = COMPLAINT_WISH;
		c->rule = "opt-out-field";
		c->type = STR("opt-out");
		add_recipient(c, m->from_address, &m->arena);
		return true;
	}
	c->rule = rule_without_report(m);
	c->type = STR("abuse");
	add_recipients(c, m->header, &m->arena);
	return c->rule != NULL;
}

bool
complaint_read(struct complaint *c, struct inbound_mail *m)
{
	*c = (struct complaint){
	    .recipients = ARENA_ARRAY(&m->arena, struct dsn_recipient,
		COMPLAINT_RECIPIENTS_MAX)};
	if (m->has_feedback_report)
		read_report(c, m);
	else if (!read_other(c, m))
		return false;
	add_recipients(c, m->returned, &m->arena);
	return true;
}

/* Where the paragraph begins that holds offset `at`. */
static size_t
paragraph(struct str text, size_t at)
{
	while (at > 1 && !(text.p[at - 1] == '\n' && text.p[at - 2] == '\n'))
		at--;
	return at > 1 ? at : 0;
}

struct str
complaint_fields(struct str text)
{
	static const char *const others[] = {"User-Agent", "Version",
	    "Source-IP", "Original-Mail-From", "Reported-Domain",
	    "Arrival-Date", "Received-Date"};
	struct str block, rest;
	struct header_field f;
	size_t at = str_find_nocase(text, STR("\nfeedback-type:"));
	int more = 0;

	if (str_starts_nocase(text, STR("feedback-type:")))
		at = 0;
	if (at == STR_NOWHERE)
		return STR_NONE;
	block = str_from(text, paragraph(text, at + 1));
	rest = block;
	while (header_next(&rest, &f))
		more += str_is_any(f.name, others, ARRAY_LEN(others));
	return more > 0 ? str_sub(block, 0, block.n - rest.n) : STR_NONE;
}

bool
complaint_may_be(struct str header)
{
	return has(header, fields, ARRAY_LEN(fields)) ||
	       has(header, senders, ARRAY_LEN(senders)) ||
	       has(header, reports, ARRAY_LEN(reports)) ||
	       has(header, apple, ARRAY_LEN(apple));
}
