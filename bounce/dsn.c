#include "bounce/dsn.h"

#include "bounce/dsn_address.h"
#include "lib/mail/header.h"

#include <assert.h>

typedef void field_fn(struct dsn *, struct dsn_recipient *, struct str value,
    struct arena *);

const char *
dsn_action_name(enum dsn_action a)
{
	static const char *const names[DSN_ACTION__COUNT] = {
	    [DSN_ACTION_NONE] = "",
	    [DSN_FAILED] = "failed",
	    [DSN_DELAYED] = "delayed",
	    [DSN_DELIVERED] = "delivered",
	    [DSN_RELAYED] = "relayed",
	    [DSN_EXPANDED] = "expanded",
	};

	return names[a];
}

/* "dns; mx.example.test" without the type, which is `type` when wanted. */
static struct str
typed(struct str value, struct str *type)
{
	size_t semi = str_chr(value, ';'), i;
	struct str before = str_trim(str_sub(value, 0, semi));

	if (type != NULL)
		*type = STR_NONE;
	if (semi == STR_NOWHERE)
		return value;
	for (i = 0; i < before.n; i++)
		if (before.p[i] == ' ' || before.p[i] == '@')
			return value;
	if (type != NULL)
		*type = before;
	return str_trim(str_from(value, semi + 1));
}

static void
take_reporting_mta(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)r;
	(void)a;
	if (d->reporting_mta.p == NULL)
		d->reporting_mta = typed(value, NULL);
}

static void
take_envelope_id(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)r;
	if (d->envelope_id.p == NULL)
		d->envelope_id = dsn_xtext(value, a);
}

static void
take_arrival_date(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)r;
	(void)a;
	if (d->arrival_date.p == NULL)
		d->arrival_date = value;
}

static void
take_final(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	struct str type, address = typed(value, &type);

	(void)d;
	r->final = dsn_address(address, type, a);
}

static void
take_original(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	struct str type, address = typed(value, &type);

	(void)d;
	r->original = dsn_address(address, type, a);
}

static void
take_action(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	static const struct {
		const char *word;
		enum dsn_action action;
	} words[] = {
	    {"failed", DSN_FAILED},
	    {"failure", DSN_FAILED},
	    {"expired", DSN_FAILED},
	    {"delayed", DSN_DELAYED},
	    {"deferred", DSN_DELAYED},
	    {"delivered", DSN_DELIVERED},
	    {"deliverable", DSN_DELIVERED}, /* of an address check */
	    {"relayed", DSN_RELAYED},
	    {"expanded", DSN_EXPANDED},
	};
	size_t i;

	(void)d;
	(void)a;
	for (i = 0; i < ARRAY_LEN(words); i++)
		if (r->action == DSN_ACTION_NONE &&
		    str_starts_nocase(value, str_of(words[i].word)))
			r->action = words[i].action;
}

static void
take_status(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)d;
	(void)a;
	if (r->status.class == 0)
		(void)status_find(&r->status, value);
}

static bool
is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '@';
}

static bool
is_code(struct str t)
{
	return t.n >= 3 && (t.p[0] == '4' || t.p[0] == '5') && t.p[1] >= '0' &&
	       t.p[1] <= '5' && t.p[2] >= '0' && t.p[2] <= '9' &&
	       (t.n == 3 || !is_word_char(t.p[3]));
}

int
dsn_reply_code(struct str t)
{
	size_t i;

	for (i = 0; i < t.n; i++)
		if (is_code(str_from(t, i)) &&
		    (i == 0 || !is_word_char(t.p[i - 1])))
			return (t.p[i] - '0') * 100 + (t.p[i + 1] - '0') * 10 +
			       (t.p[i + 2] - '0');
	return 0;
}

static void
take_diagnostic(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)d;
	(void)a;
	if (r->diagnostic.n > 0)
		return;
	r->diagnostic = typed(value, &r->diagnostic_type);
	r->reply_code = dsn_reply_code(r->diagnostic);
}

static void
take_remote_mta(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)d;
	(void)a;
	if (r->remote_mta.n == 0)
		r->remote_mta = typed(value, NULL);
}

static void
take_last_attempt(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)d;
	(void)a;
	r->last_attempt = value;
}

static void
take_will_retry(struct dsn *d, struct dsn_recipient *r, struct str value,
    struct arena *a)
{
	(void)d;
	(void)a;
	r->will_retry_until = value;
}

static const struct {
	const char *name;
	field_fn *take;
} fields[] = {
    {"Reporting-MTA", take_reporting_mta},
    {"Original-Envelope-Id", take_envelope_id},
    {"Arrival-Date", take_arrival_date},
    {"Final-Recipient", take_final},
    {"Original-Recipient", take_original},
    {"Action", take_action},
    {"Status", take_status},
    {"Diagnostic-Code", take_diagnostic},
    {"Remote-MTA", take_remote_mta},
    {"Last-Attempt-Date", take_last_attempt},
    {"Will-Retry-Until", take_will_retry},
};

static bool
is_named(const struct dsn_recipient *r)
{
	return r->final.n > 0 || r->original.n > 0;
}

static bool
says_something(const struct dsn_recipient *r)
{
	return is_named(r) || r->action != DSN_ACTION_NONE ||
	       r->status.class != 0 || r->diagnostic.n > 0;
}

static void
fill(struct str *to, struct str from)
{
	if (to->n == 0)
		*to = from;
}

/* Completes a recipient by what another group says of it. */
static void
merge(struct dsn_recipient *r, const struct dsn_recipient *more)
{
	fill(&r->final, more->final);
	fill(&r->original, more->original);
	fill(&r->remote_mta, more->remote_mta);
	fill(&r->last_attempt, more->last_attempt);
	fill(&r->will_retry_until, more->will_retry_until);
	if (r->action == DSN_ACTION_NONE)
		r->action = more->action;
	if (r->status.class == 0)
		r->status = more->status;
	if (r->diagnostic.n > 0)
		return;
	r->diagnostic = more->diagnostic;
	r->diagnostic_type = more->diagnostic_type;
	r->reply_code = more->reply_code;
}

/* The end of a group, or of a recipient inside of one. */
static void
finish(struct dsn *d, struct dsn_recipient *r)
{
	struct dsn_recipient *last =
	    d->count > 0 ? &d->recipients[d->count - 1] : NULL;

	assert(d->recipients != NULL);
	if (!says_something(r))
		;
	else if (last != NULL && (!is_named(last) || !is_named(r)))
		merge(last, r);
	else if (d->count == DSN_RECIPIENTS_MAX)
		d->cut = true;
	else
		d->recipients[d->count++] = *r;
	*r = (struct dsn_recipient){.action = DSN_ACTION_NONE};
}

static void
take_field(struct dsn *d, struct dsn_recipient *r, struct header_field *f,
    struct arena *a)
{
	size_t i;
	bool again;

	for (i = 0; i < ARRAY_LEN(fields); i++)
		if (str_eq_nocase(f->name, str_of(fields[i].name)))
			break;
	if (i == ARRAY_LEN(fields))
		return;
	again = (fields[i].take == take_final && r->final.n > 0) ||
		(fields[i].take == take_original && r->original.n > 0);
	if (again)
		finish(d, r);
	fields[i].take(d, r, header_unfold(f->value, a), a);
}

bool
dsn_parse(struct dsn *d, struct str raw, struct arena *a)
{
	struct dsn_recipient r = {.action = DSN_ACTION_NONE};
	struct header_field f;

	*d = (struct dsn){.count = 0};
	d->recipients =
	    arena_try(a, DSN_RECIPIENTS_MAX * sizeof(*d->recipients));
	if (d->recipients == NULL)
		return false;
	while (raw.n > 0) {
		while (header_next(&raw, &f))
			take_field(d, &r, &f, a);
		finish(d, &r);
	}
	return d->count > 0;
}
