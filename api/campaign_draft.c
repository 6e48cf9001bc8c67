#include "api/campaign_draft.h"

#include "api/problem.h"
#include "lib/mail/address.h"
#include "lib/mail/header.h"
#include "lib/mail/token.h"

#define NAME_MAX_BYTES  200
#define EXPIRES_MIN_S   60
#define EXPIRES_MAX_S   2592000 /* 30 days */
#define EXPIRES_S       259200  /* 3 days */
#define POLICIES        "hold resend"
#define NO_MARKS        "must not hold template marks: it is the same for all"
#define DEFAULTS_MAX    (64U << 10)
#define LOCAL_PLAIN_MAX (ADDRESS_LOCAL_MAX - TOKEN_LEN - 1)

struct campaign_draft
campaign_draft_new(void)
{
	return (struct campaign_draft){.on_uncertain = STR("hold"),
	    .expires_after_s = EXPIRES_S,
	    .missing = STR("empty"),
	    .defaults = STR("{}"),
	    .utm = STR("{}"),
	    .aim = campaign_aim_new(),
	    .control = campaign_control_new()};
}

static bool
has_marks(struct str s)
{
	return str_find(s, STR("{{")) != STR_NOWHERE ||
	       str_find(s, STR("{%")) != STR_NOWHERE;
}

static void
read_address(struct body *b, const char *field, unsigned flags, struct str *out)
{
	struct str s = body_address(b, field, flags);

	if (body_is_null(b, field))
		*out = STR_NONE;
	if (s.p == NULL)
		return;
	*out = s;
	if (has_marks(s))
		body_complain(b, field, NO_MARKS);
}

/* A token is put behind the local part: "bounces+TOKEN@example.com". */
static void
check_room(struct body *b, const char *field, struct str address)
{
	if (str_rchr(address, '@') > LOCAL_PLAIN_MAX ||
	    address.n > ADDRESS_MAX - TOKEN_LEN - 1)
		body_complain(b, field,
		    "has no room for a token: at most %d bytes before the @",
		    LOCAL_PLAIN_MAX);
}

static void
read_from(struct body *outer, struct campaign_draft *d, bool fresh)
{
	struct body b = body_object(outer, "from", fresh ? BODY_REQUIRED : 0);
	struct str name =
	    body_text(&b, "name", BODY_NULL | BODY_LINE, NAME_MAX_BYTES);

	if (body_is_null(&b, "name"))
		d->from_name = STR("");
	if (name.p != NULL) {
		d->from_name = name;
		if (has_marks(name))
			body_complain(&b, "name", NO_MARKS);
		else if (!header_text_ok(name))
			body_complain(&b, "name", "does not fit a mail header");
	}
	read_address(&b, "email", fresh ? BODY_REQUIRED : 0, &d->from_email);
	body_end(&b, outer);
}

static void
read_ids(struct body *b, const char *field, struct campaign_ids *ids)
{
	const int64_t *at;
	size_t n;

	at = body_ids(b, field, 0, &n);
	if (body_has(b, field))
		*ids = (struct campaign_ids){at, n};
}

static void
read_references(struct body *b, struct campaign_draft *d)
{
	size_t i, k;

	d->template_id =
	    body_int(b, "template_id", BODY_NULL, 1, INT64_MAX, d->template_id);
	if (body_is_null(b, "template_id"))
		d->template_id = 0;
	read_ids(b, "list_ids", &d->lists);
	read_ids(b, "exclude_list_ids", &d->excluded);
	read_ids(b, "account_ids", &d->accounts);
	read_ids(b, "exclude_replied_to", &d->replied_to);
	d->stop_on_reply = body_bool(b, "stop_on_reply", 0, d->stop_on_reply);
	for (i = 0; i < d->excluded.n; i++)
		for (k = 0; k < d->lists.n; k++)
			if (d->lists.at[k] == d->excluded.at[i])
				body_complain(b, "exclude_list_ids",
				    "list %lld is included as well",
				    (long long)d->excluded.at[i]);
}

static void
read_envelope(struct body *b, struct campaign_draft *d)
{
	read_address(b, "reply_to", BODY_NULL, &d->reply_to);
	d->reply_token = body_bool(b, "reply_token", 0, d->reply_token);
	read_address(b, "return_path", BODY_NULL, &d->return_path);
	if (d->return_path.p != NULL)
		check_room(b, "return_path", d->return_path);
	if (d->reply_token)
		check_room(b, "reply_to",
		    d->reply_to.p != NULL ? d->reply_to : d->from_email);
}

/* An object that is kept as it is; null empties it. */
static void
read_object(struct body *b, const char *field, size_t max, struct str *out)
{
	struct str json = body_json(b, field, BODY_NULL, max);

	if (json.p != NULL)
		*out = json;
	else if (body_is_null(b, field))
		*out = STR("{}");
}

static void
read_utm(struct body *outer, struct campaign_draft *d)
{
	static const char *const fields[] = {"source", "medium", "campaign",
	    "term", "content"};
	struct body b = body_object(outer, "utm", BODY_NULL);
	size_t i;

	for (i = 0; i < ARRAY_LEN(fields); i++)
		if (has_marks(
			body_text(&b, fields[i], BODY_LINE, NAME_MAX_BYTES)))
			body_complain(&b, fields[i], NO_MARKS);
	body_end(&b, outer);
	read_object(outer, "utm", DEFAULTS_MAX, &d->utm);
}

/* How the template is filled in, and what is noted of its readers. */
static void
read_content(struct body *b, struct campaign_draft *d)
{
	struct str missing =
	    body_choice(b, "missing", 0, "empty default fail", NULL);
	struct str postal = body_text(b, "postal_address",
	    BODY_NULL | BODY_LINE, SETTING_TEXT_MAX - 1);

	if (missing.p != NULL)
		d->missing = missing;
	if (postal.p != NULL || body_is_null(b, "postal_address"))
		d->postal_address = postal;
	read_object(b, "defaults", DEFAULTS_MAX, &d->defaults);
	read_utm(b, d);
	d->track_opens = body_bool(b, "track_opens", 0, d->track_opens);
	d->track_clicks = body_bool(b, "track_clicks", 0, d->track_clicks);
}

static bool
is_complete(struct request *q, const struct campaign_draft *d)
{
	const struct db_result *r = request_run(q, Q_CAMPAIGN_DANGLING,
	    DB_ARGS(db_int_array(d->lists.at, d->lists.n),
		db_int_array(d->excluded.at, d->excluded.n),
		db_int_array(d->accounts.at, d->accounts.n),
		db_int_or_null(d->template_id, d->template_id != 0),
		db_int_array(d->replied_to.at, d->replied_to.n)));
	int row;

	if (r == NULL)
		return false;
	for (row = 0; row < db_rows(r); row++)
		problem_field(q, db_get_text(r, row, 0).p,
		    "there is no %s %lld", db_get_text(r, row, 1).p,
		    (long long)db_get_int(r, row, 2));
	return db_rows(r) == 0;
}

bool
campaign_draft_read(struct request *q, struct campaign_draft *d, bool fresh)
{
	struct body b = body_open(q);
	struct str name = body_text(&b, "name",
	    (fresh ? BODY_REQUIRED : BODY_FILLED) | BODY_LINE, NAME_MAX_BYTES);
	struct str policy = body_choice(&b, "on_uncertain", 0, POLICIES, NULL);

	if (name.p != NULL)
		d->name = name;
	if (policy.p != NULL)
		d->on_uncertain = policy;
	read_from(&b, d, fresh);
	read_references(&b, d);
	read_envelope(&b, d);
	read_content(&b, d);
	d->expires_after_s = body_int(&b, "expires_after_s", 0, EXPIRES_MIN_S,
	    EXPIRES_MAX_S, d->expires_after_s);
	campaign_whom_read(&b, &d->whom);
	campaign_aim_read(&b, &d->aim);
	campaign_control_read(&b, &d->control);
	return body_close(&b) && is_complete(q, d) &&
	       campaign_whom_holds(q, &d->whom) &&
	       campaign_aim_holds(q, &d->aim);
}

static bool
load_links(struct request *q, struct campaign_draft *d)
{
	const struct {
		const char *field;
		struct campaign_ids *ids;
	} kinds[] = {
	    {"list_ids", &d->lists},
	    {"exclude_list_ids", &d->excluded},
	    {"account_ids", &d->accounts},
	    {"exclude_replied_to", &d->replied_to},
	};
	const struct db_result *r =
	    request_run(q, Q_CAMPAIGN_LINKS, DB_ARGS(db_int(q->id)));
	int64_t *ids;
	size_t i;
	int row;

	if (r == NULL)
		return false;
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		ids = ARENA_ARRAY(&q->arena, int64_t, (size_t)db_rows(r) + 1);
		*kinds[i].ids = (struct campaign_ids){.at = ids};
		for (row = 0; row < db_rows(r); row++)
			if (str_eq(db_get_text(r, row, 0),
				str_of(kinds[i].field)))
				ids[kinds[i].ids->n++] = db_get_int(r, row, 1);
	}
	return true;
}

static struct str
text_or_none(const struct db_result *r, int col)
{
	return db_is_null(r, 0, col) ? STR_NONE : db_get_text(r, 0, col);
}

const char *
campaign_draft_load(struct request *q, struct campaign_draft *d)
{
	const struct db_result *r =
	    request_one(q, Q_CAMPAIGN_HELD, DB_ARGS(db_int(q->id)));

	if (r == NULL)
		return NULL;
	*d = (struct campaign_draft){
	    .name = db_get_text(r, 0, 1),
	    .template_id = db_get_int(r, 0, 2),
	    .from_name = db_get_text(r, 0, 3),
	    .from_email = db_get_text(r, 0, 4),
	    .reply_to = text_or_none(r, 5),
	    .reply_token = db_get_bool(r, 0, 6),
	    .return_path = text_or_none(r, 7),
	    .on_uncertain = db_get_text(r, 0, 8),
	    .expires_after_s = db_get_int(r, 0, 9),
	    .track_opens = db_get_bool(r, 0, 10),
	    .track_clicks = db_get_bool(r, 0, 11),
	    .missing = db_get_text(r, 0, 12),
	    .defaults = db_get_text(r, 0, 13),
	    .utm = db_get_text(r, 0, 14),
	    .postal_address = text_or_none(r, 15),
	    .stop_on_reply = db_get_bool(r, 0, 16),
	};
	return load_links(q, d) && campaign_whom_load(q, &d->whom, q->id) &&
		       campaign_aim_load(q, &d->aim, q->id) &&
		       campaign_control_load(q, &d->control, q->id)
		   ? db_get_text(r, 0, 0).p
		   : NULL;
}

static bool
link_all(struct request *q, const struct campaign_draft *d, int64_t id)
{
	return request_run(q, Q_CAMPAIGN_LINK,
		   DB_ARGS(db_int(id), db_int_array(d->lists.at, d->lists.n),
		       db_int_array(d->excluded.at, d->excluded.n),
		       db_int_array(d->accounts.at, d->accounts.n))) != NULL;
}

static const struct db_result *
write_row(struct request *q, enum query query, const struct campaign_draft *d,
    int64_t id)
{
	struct db_arg args[] = {db_text(d->name),
	    db_int_or_null(d->template_id, d->template_id != 0),
	    db_text(d->from_name), db_text(d->from_email),
	    db_text_or_null(d->reply_to), db_bool(d->reply_token),
	    db_text_or_null(d->return_path), db_text(d->on_uncertain),
	    db_int(d->expires_after_s), db_bool(d->track_opens),
	    db_bool(d->track_clicks), db_text(d->missing), db_text(d->defaults),
	    db_text(d->utm), db_text_or_null(d->postal_address),
	    db_bool(d->stop_on_reply),
	    db_int_array(d->replied_to.at, d->replied_to.n), db_int(id)};
	size_t count = ARRAY_LEN(args);

	if (query == Q_CAMPAIGN_INSERT)
		count--; /* it has no id yet */
	return request_run(q, query, (struct db_args){count, args});
}

int64_t
campaign_draft_insert(struct request *q, const struct campaign_draft *d)
{
	const struct db_result *r = write_row(q, Q_CAMPAIGN_INSERT, d, 0);
	int64_t id;

	if (r == NULL)
		return 0;
	id = db_get_int(r, 0, 0);
	return link_all(q, d, id) && campaign_whom_write(q, &d->whom, id) &&
		       campaign_aim_write(q, &d->aim, id) &&
		       campaign_control_write(q, &d->control, id)
		   ? id
		   : 0;
}

bool
campaign_draft_update(struct request *q, const struct campaign_draft *d)
{
	return write_row(q, Q_CAMPAIGN_UPDATE, d, q->id) != NULL &&
	       request_run(q, Q_CAMPAIGN_UNLINK, DB_ARGS(db_int(q->id))) !=
		   NULL &&
	       link_all(q, d, q->id) &&
	       campaign_whom_write(q, &d->whom, q->id) &&
	       campaign_aim_write(q, &d->aim, q->id) &&
	       campaign_control_write(q, &d->control, q->id);
}
