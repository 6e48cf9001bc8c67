#include "lib/mail/diagnosis_rules.h"

#include "lib/mail/diagnosis_text.h"
#include "lib/mail/phrases.h"

#include <pthread.h>

const char *
scope_name(enum scope s)
{
	static const char *const names[SCOPE__COUNT] = {
	    [SCOPE_RECIPIENT] = "recipient",
	    [SCOPE_MESSAGE] = "message",
	    [SCOPE_ACCOUNT] = "account",
	    [SCOPE_CONNECTION] = "connection",
	    [SCOPE_PROVIDER] = "provider",
	};

	return names[s];
}

const char *
bounce_type_name(enum bounce_type t)
{
	static const char *const names[BOUNCE__COUNT] = {
	    [BOUNCE_NONE] = "none",
	    [BOUNCE_HARD] = "hard",
	    [BOUNCE_SOFT] = "soft",
	    [BOUNCE_BLOCK] = "block",
	};

	return names[t];
}

const char *
category_name(enum category c)
{
	static const char *const names[CATEGORY__COUNT] = {
	    [CATEGORY_NONE] = "",
	    [CATEGORY_INVALID] = "invalid",
	    [CATEGORY_DOMAIN] = "domain",
	    [CATEGORY_DISABLED] = "disabled",
	    [CATEGORY_FULL] = "full",
	    [CATEGORY_THROTTLED] = "throttled",
	    [CATEGORY_TECHNICAL] = "technical",
	    [CATEGORY_UNKNOWN] = "unknown",
	    [CATEGORY_BLOCKED] = "blocked",
	    [CATEGORY_AUTH] = "auth",
	    [CATEGORY_CONTENT] = "content",
	};

	return names[c];
}

const char *
phase_name(enum phase p)
{
	static const char *const names[PHASE__COUNT] = {
	    [PHASE_CONNECT] = "connect",
	    [PHASE_AUTH] = "auth",
	    [PHASE_MAIL] = "mail",
	    [PHASE_RCPT] = "rcpt",
	    [PHASE_DATA] = "data",
	    [PHASE_REPORT] = "report",
	};

	return names[p];
}

/* A failure as the tables see it. */
struct view {
	unsigned phase; /* as IN(...) */
	int code, class;
	struct status status;
	bool own_word; /* the status stands in what the server itself said */
	char text[DIAGNOSIS_TEXT_MAX];
	size_t n;
};

/* In a session a status counts only with the class of its reply (RFC 2034,
 * 4).  A report's Status field may be a guess of whoever wrote the report;
 * the status inside the quoted reply is the word of the server that said no. */
static void
view_status(struct view *v, const struct failure *f)
{
	struct status quoted;

	v->class = f->code / 100;
	v->status = f->status;
	v->own_word = true;
	if (v->phase == REPORT) {
		v->own_word = f->text.n == 0;
		if (status_find(&quoted, f->text) && quoted.class != 2) {
			v->status = quoted;
			v->own_word = true;
		}
	} else if (v->status.class != v->class) {
		v->status.class = 0;
	}
	if (v->class == 0)
		v->class = v->status.class;
}

static struct phrases *phrases;
static pthread_once_t phrases_once = PTHREAD_ONCE_INIT;

static void
build_phrases(void)
{
	phrases = phrases_new(text_phrases, text_phrase_count);
}

static bool
text_fits(const struct view *v, const struct text_rule *r)
{
	return (r->phases & v->phase) &&
	       (r->class == 0 || r->class == v->class);
}

/* The first rule one of whose phrases occurs. */
static bool
by_text(struct diagnosis *d, const struct view *v)
{
	const struct text_rule *r, *first = NULL;
	struct phrases_scan s;
	int place;

	pthread_once(&phrases_once, build_phrases);
	phrases_scan_init(&s, phrases, (struct str){v->text, v->n});
	while ((place = phrases_next(&s)) >= 0) {
		r = &text_rules[text_phrase_rules[place]];
		if ((first == NULL || r < first) && text_fits(v, r))
			first = r;
	}
	if (first == NULL)
		return false;
	*d = (struct diagnosis){first->scope, first->type, first->category,
	    first->permanent, first->name};
	return true;
}

static const struct status_rule *
status_row(const struct view *v)
{
	const struct status_rule *r;
	struct status s = v->status;

	if (s.class == 0)
		return NULL;
	for (r = status_rules; r < status_rules + status_rule_count; r++)
		if ((r->phases & v->phase) &&
		    (r->class == 0 || r->class == s.class) &&
		    r->subject == s.subject &&
		    (r->code == 0 || r->code == v->code) &&
		    (r->first == ANY_DETAIL ||
			(s.detail >= r->first && s.detail <= r->last)))
			return r;
	return NULL;
}

static bool
by_status(struct diagnosis *d, const struct status_rule *r)
{
	if (r == NULL)
		return false;
	*d = (struct diagnosis){r->scope, r->type, r->category, r->permanent,
	    r->name};
	return true;
}

static bool
by_code(struct diagnosis *d, const struct view *v, bool vague)
{
	const struct code_rule *r;

	for (r = code_rules; r < code_rules + code_rule_count; r++) {
		if (!(r->phases & v->phase) || r->vague != vague ||
		    v->code < r->first || v->code > r->last)
			continue;
		*d = (struct diagnosis){r->scope, r->type, r->category,
		    r->permanent, r->name};
		return true;
	}
	return false;
}

/* No recipient and no content is known yet, or the connection goes with the
 * reply: what a row says of them cannot be meant. */
static void
fit_scope(struct diagnosis *d, const struct view *v)
{
	bool narrow = d->scope == SCOPE_RECIPIENT || d->scope == SCOPE_MESSAGE;

	if (v->phase == REPORT) {
		/* their connection, not one of ours */
		if (d->scope == SCOPE_CONNECTION)
			d->scope = SCOPE_RECIPIENT;
	} else if (v->code == 421 || v->phase == IN(CONNECT)) {
		if (narrow)
			d->scope = SCOPE_CONNECTION;
	} else if (v->phase == IN(MAIL)) {
		if (d->scope == SCOPE_RECIPIENT)
			d->scope =
			    v->class == 5 ? SCOPE_ACCOUNT : SCOPE_CONNECTION;
	} else if (v->class == 5 && d->scope == SCOPE_CONNECTION &&
		   v->phase != IN(AUTH)) {
		/* a 5xx is not tried again (RFC 5321, 4.2.1) */
		d->scope = SCOPE_RECIPIENT;
		d->permanent = true;
	}
}

/* A failure whose scope is wider than the recipient's blames no address, and
 * one that may pass is not hard. */
static void
fit_type(struct diagnosis *d, const struct view *v)
{
	if (d->type == BOUNCE_HARD && d->scope != SCOPE_RECIPIENT &&
	    v->class == 5) {
		d->type = BOUNCE_BLOCK;
		d->category = CATEGORY_BLOCKED;
	}
	if (d->type == BOUNCE_HARD && v->class == 4) {
		d->type = BOUNCE_SOFT;
		d->category = CATEGORY_TECHNICAL;
	}
	if (v->phase == REPORT)
		d->permanent = v->class != 4;
	else if (v->class != 5 || d->scope == SCOPE_ACCOUNT ||
		 d->scope == SCOPE_PROVIDER || d->scope == SCOPE_CONNECTION)
		d->permanent = false;
}

/* Of the refusing server itself: it overrules whatever words stand beside it. */
static bool
by_precise_status(struct diagnosis *d, const struct view *v,
    const struct status_rule *row)
{
	if (row == NULL || row->vague || !v->own_word)
		return false;
	return by_status(d, row);
}

/* From the most telling evidence to the least. */
static struct diagnosis
decide(const struct view *v)
{
	const struct status_rule *row = status_row(v);
	struct diagnosis d = {UNKNOWN, "unknown"};

	if (!by_code(&d, v, false) && !by_precise_status(&d, v, row) &&
	    !by_text(&d, v) && !by_status(&d, row))
		by_code(&d, v, true);
	fit_scope(&d, v);
	fit_type(&d, v);
	return d;
}

struct diagnosis
diagnose(const struct failure *f)
{
	struct failure said = *f;
	struct view v;

	said.text = diagnosis_reply(str_sub(f->text, 0, DIAGNOSIS_TEXT_MAX));
	v.phase = 1U << f->phase;
	v.code = f->code;
	view_status(&v, &said);
	if (v.class == 2 || v.class == 3)
		return (struct diagnosis){SCOPE_RECIPIENT, BOUNCE_NONE,
		    CATEGORY_NONE, false, "no-failure"};
	if (v.phase != REPORT && v.class != 4 && v.class != 5)
		return (struct diagnosis){NETWORK, "no-reply"};
	v.n = diagnosis_text(v.text, said.text);
	return decide(&v);
}
