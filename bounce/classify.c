#include "bounce/classify.h"

#include "bounce/auto_reply.h"
#include "bounce/challenge.h"
#include "bounce/notice.h"
#include "bounce/unsubscribe.h"

const char *
inbound_class_name(enum inbound_class c)
{
	static const char *const names[INBOUND__COUNT] = {
	    [INBOUND_BOUNCE] = "bounce",
	    [INBOUND_DELAY] = "delay",
	    [INBOUND_DSN_SUCCESS] = "dsn_success",
	    [INBOUND_COMPLAINT] = "complaint",
	    [INBOUND_MDN] = "mdn",
	    [INBOUND_UNSUBSCRIBE] = "unsubscribe",
	    [INBOUND_CHALLENGE] = "challenge",
	    [INBOUND_AUTO_REPLY] = "auto_reply",
	    [INBOUND_REPLY] = "reply",
	    [INBOUND_OTHER] = "other",
	    [INBOUND_UNPARSED] = "unparsed",
	};

	return names[c];
}

/* A report without an action: the status class has to tell. */
static enum dsn_action
action_of(const struct dsn_recipient *r)
{
	if (r->action != DSN_ACTION_NONE)
		return r->action;
	switch (r->status.class) {
	case 2: return DSN_DELIVERED;
	case 4: return DSN_DELAYED;
	case 5: return DSN_FAILED;
	default: return DSN_ACTION_NONE;
	}
}

static struct diagnosis
diagnose_report(const struct dsn_recipient *r)
{
	const struct failure f = {
	    .phase = PHASE_REPORT,
	    .code = r->reply_code,
	    .status = r->status,
	    .text = r->diagnostic,
	};

	return diagnose(&f);
}

/* By nothing but what the mail says to people. */
static struct diagnosis
diagnose_text(struct str text)
{
	struct failure f = {.phase = PHASE_REPORT, .text = text};

	f.code = dsn_reply_code(text);
	(void)status_find(&f.status, text);
	return diagnose(&f);
}

static bool
has_code(struct str text)
{
	struct status s;

	return dsn_reply_code(text) != 0 || status_find(&s, text);
}

/* A report that does not tell why may do so in its text, or in its subject. */
static struct diagnosis
diagnose_more(struct dsn_recipient *r, struct inbound_mail *m)
{
	struct diagnosis d;

	if (r->diagnostic.n == 0)
		notice_explain(r, m);
	d = diagnose_report(r);
	if (d.category != CATEGORY_UNKNOWN)
		return d;
	d = diagnose_text(m->own_text);
	if (d.category == CATEGORY_UNKNOWN)
		return diagnose_text(m->subject);
	r->diagnostic = notice_text(m);
	return d;
}

/* Where the only recipient's report says that the address is bad, and the
 * text has a milder reason, it is not hard. */
static bool
is_milder(struct diagnosis d, struct str text)
{
	return d.category == CATEGORY_FULL ||
	       (d.category == CATEGORY_TECHNICAL && !has_code(text));
}

static struct diagnosis
diagnose_recipient(struct dsn_recipient *r, struct inbound_mail *m, bool alone)
{
	struct diagnosis d = diagnose_report(r), text;

	if (d.category == CATEGORY_UNKNOWN)
		return diagnose_more(r, m);
	if (d.type != BOUNCE_HARD || !alone)
		return d;
	text = diagnose_text(m->own_text);
	return is_milder(text, m->own_text) ? text : d;
}

static struct str
name_of(const struct dsn_recipient *r)
{
	return r->final.n > 0 ? r->final : r->original;
}

static struct inbound_recipient *
find_recipient(const struct classification *c, struct str name)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (str_eq_nocase(name_of(c->recipients[i].said), name))
			return &c->recipients[i];
	return NULL;
}

/* Of several groups about one address, that of a failure counts. */
static void
take_recipient(struct classification *c, struct dsn_recipient *said,
    struct inbound_mail *m)
{
	struct inbound_recipient *r;
	enum dsn_action action = action_of(said);

	notice_name(said, m);
	r = find_recipient(c, name_of(said));
	if (r == NULL)
		r = &c->recipients[c->count++];
	else if (action != DSN_FAILED || r->action == DSN_FAILED)
		return;
	*r = (struct inbound_recipient){.said = said, .action = action};
}

static void
explain(struct classification *c, struct inbound_mail *m)
{
	struct inbound_recipient *r;
	int i;

	for (i = 0; i < c->count; i++) {
		r = &c->recipients[i];
		if (r->action == DSN_FAILED)
			r->diagnosis =
			    diagnose_recipient(r->said, m, c->count == 1);
	}
}

static const struct inbound_recipient *
first_with(const struct classification *c, enum dsn_action action)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (c->recipients[i].action == action)
			return &c->recipients[i];
	return NULL;
}

/* In this order: one failure makes the report a bounce. */
static const struct {
	enum dsn_action action;
	enum inbound_class class;
	const char *rule;
} actions[] = {
    {DSN_FAILED, INBOUND_BOUNCE, "dsn-failed"},
    {DSN_DELAYED, INBOUND_DELAY, "dsn-delayed"},
    {DSN_DELIVERED, INBOUND_DSN_SUCCESS, "dsn-delivered"},
    {DSN_RELAYED, INBOUND_DSN_SUCCESS, "dsn-relayed"},
    {DSN_EXPANDED, INBOUND_DSN_SUCCESS, "dsn-expanded"},
};

static bool
decide_report(struct classification *c, const struct dsn *dsn,
    struct inbound_mail *m)
{
	size_t i;

	c->recipients = ARENA_ARRAY(&m->arena, struct inbound_recipient,
	    (size_t)dsn->count);
	for (i = 0; i < (size_t)dsn->count; i++)
		take_recipient(c, &dsn->recipients[i], m);
	explain(c, m);
	for (i = 0; i < ARRAY_LEN(actions); i++) {
		c->recipient = first_with(c, actions[i].action);
		if (c->recipient == NULL)
			continue;
		c->class = actions[i].class;
		c->rule = actions[i].rule;
		return true;
	}
	c->count = 0;
	return false;
}

/* A report whose parts lost their borders, or that stands in the text. */
static bool
is_report_in_text(struct classification *c, struct inbound_mail *m)
{
	struct dsn dsn;

	return str_find(m->own_low, STR("\nfinal-recipient:")) != STR_NOWHERE &&
	       dsn_parse(&dsn, m->own_text, &m->arena) &&
	       decide_report(c, &dsn, m);
}

/* All reports of a mail, one behind the other. */
static struct str
all_reports(struct inbound_mail *m)
{
	struct str pieces[2 * INBOUND_REPORTS_MAX];
	size_t n = 0;
	int i;

	if (m->delivery_status_count == 1)
		return m->delivery_status[0];
	for (i = 0; i < m->delivery_status_count; i++) {
		pieces[n++] = m->delivery_status[i];
		pieces[n++] = STR("\n\n");
	}
	return arena_join(&m->arena, pieces, n);
}

static bool
is_report(struct classification *c, struct inbound_mail *m)
{
	struct dsn dsn;

	if (m->delivery_status_count > 0 &&
	    dsn_parse(&dsn, all_reports(m), &m->arena) &&
	    decide_report(c, &dsn, m))
		return true;
	return is_report_in_text(c, m);
}

static bool
is_notice(struct classification *c, struct inbound_mail *m)
{
	const char *rule;
	struct dsn dsn;

	if (!notice_read(&dsn, m, &rule) || !decide_report(c, &dsn, m))
		return false;
	c->rule = rule;
	return true;
}

/* not-spam takes a complaint back. */
static bool
is_complaint(struct classification *c, struct inbound_mail *m)
{
	struct complaint said;
	int i;

	if (!complaint_read(&said, m))
		return false;
	c->class =
	    said.kind == COMPLAINT_REVOKED ? INBOUND_OTHER : INBOUND_COMPLAINT;
	c->rule = said.rule;
	c->feedback_type = said.type;
	c->complaint = said.kind;
	c->recipients = ARENA_ARRAY(&m->arena, struct inbound_recipient,
	    COMPLAINT_RECIPIENTS_MAX);
	for (i = 0; i < said.count; i++)
		c->recipients[c->count++].said = &said.recipients[i];
	return true;
}

static bool
is_receipt(struct classification *c, const struct inbound_mail *m)
{
	if (!m->has_disposition &&
	    !str_eq(m->report_type, STR("disposition-notification")))
		return false;
	c->class = INBOUND_MDN;
	c->rule = "disposition-notification";
	return true;
}

static bool
is_from_a_mailer(struct str from)
{
	return str_find_nocase(from, STR("mailer-daemon")) != STR_NOWHERE ||
	       str_find_nocase(from, STR("postmaster")) != STR_NOWHERE;
}

/* A report that says nothing we could read is neither a reply nor the answer
 * of a machine to a person: somebody has to look at it. */
static bool
is_unreadable_report(struct classification *c, const struct inbound_mail *m)
{
	if (str_eq(m->content_type, STR("multipart/report")))
		c->rule = "report-without-recipient";
	else if (m->has_return_path && m->return_path.n == 0 &&
		 is_from_a_mailer(m->from))
		c->rule = "mailer-without-report";
	else
		return false;
	c->class = INBOUND_UNPARSED;
	return true;
}

/* By a rule that needs nothing but the mail. */
static bool
is_by_rule(struct classification *c, enum inbound_class class, const char *rule)
{
	if (rule == NULL)
		return false;
	c->class = class;
	c->rule = rule;
	return true;
}

void
classify(struct classification *c, struct inbound_mail *m, bool answers_us)
{
	*c = (struct classification){.class = INBOUND_OTHER, .rule = ""};
	if (is_report(c, m) || is_complaint(c, m) || is_notice(c, m) ||
	    is_receipt(c, m) || is_unreadable_report(c, m))
		return;
	if ((answers_us &&
		is_by_rule(c, INBOUND_UNSUBSCRIBE, unsubscribe_rule(m))) ||
	    is_by_rule(c, INBOUND_CHALLENGE, challenge_rule(m)) ||
	    is_by_rule(c, INBOUND_AUTO_REPLY, auto_reply_rule(m)))
		return;
	c->class = answers_us ? INBOUND_REPLY : INBOUND_OTHER;
	c->rule = answers_us ? "answers-a-delivery" : "not-ours";
}
