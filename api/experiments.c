/*
 * Experiments: versions of a campaign, each a campaign of its own for its
 * slice of the people, against each other (T-017).  Who gets which, and what
 * wins, the database says (migration 0019_goals).
 */
#include "api/body.h"
#include "api/campaigns.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/two_shares.h"

#include <math.h>

#define NAME_MAX_BYTES 200
#define VARIANT_MAX    100 /* bytes of a name */
#define SUBJECT_MAX    998 /* bytes */
#define VARIANTS_MIN   2
#define VARIANTS_MAX   5
#define DECIDE_MIN_S   60
#define DECIDE_MAX_S   2592000 /* 30 days */

struct draft {
	struct str name, metric;
	int64_t campaign, goal; /* goal 0: none */
	int64_t decide_after_s;
	size_t n;
	struct str names[VARIANTS_MAX], subjects[VARIANTS_MAX];
	int64_t shares[VARIANTS_MAX], templates[VARIANTS_MAX];
};

static void
read_variant(struct body *b, struct draft *d, size_t i)
{
	d->names[i] =
	    body_text(b, "name", BODY_REQUIRED | BODY_LINE, VARIANT_MAX);
	d->shares[i] = llround(
	    body_number(b, "percent", BODY_REQUIRED, 1, 100, 1) * 10000);
	d->subjects[i] = body_text(b, "subject",
	    BODY_NULL | BODY_FILLED | BODY_LINE, SUBJECT_MAX);
	d->templates[i] =
	    body_int(b, "template_id", BODY_NULL, 1, INT64_MAX, 0);
	if (d->subjects[i].p == NULL)
		d->subjects[i] = STR("");
}

static void
read_variants(struct body *b, struct draft *d)
{
	int64_t sum = 0;
	struct body *rows;
	size_t i, n;

	rows = body_objects(b, "variants", BODY_REQUIRED, &n);
	if (rows != NULL && (n < VARIANTS_MIN || n > VARIANTS_MAX)) {
		body_complain(b, "variants", "are %d to %d", VARIANTS_MIN,
		    VARIANTS_MAX);
		return;
	}
	for (i = 0; i < n; i++) {
		read_variant(&rows[i], d, i);
		sum += d->shares[i];
		body_end(&rows[i], b);
	}
	d->n = n;
	if (sum > 1000000)
		body_complain(b, "variants", "are more than 100 percent");
}

static bool
holds(struct request *q, const struct draft *d)
{
	const struct db_result *r = request_run(q, Q_EXPERIMENT_DANGLING,
	    DB_ARGS(db_int(d->campaign), db_int_or_null(d->goal, d->goal != 0),
		db_int_array(d->templates, d->n)));
	int row;

	if (r == NULL)
		return false;
	for (row = 0; row < db_rows(r); row++)
		problem_field(q, db_get_text(r, row, 0).p, "%s",
		    db_get_text(r, row, 1).p);
	return db_rows(r) == 0;
}

/* What only C can tell easily: chances. */
static void
add_chances(json_t *document)
{
	json_t *variants = json_object_get(document, "variants");
	json_t *sizes = json_object_get(document, "sizes");
	json_t *first = json_array_get(variants, 0), *v;
	struct two_shares s = {
	    .ka = json_integer_value(json_object_get(first, "reached")),
	    .na = json_integer_value(json_object_get(first, "accepted"))};
	size_t i;

	json_array_foreach(variants, i, v)
	{
		s.kb = json_integer_value(json_object_get(v, "reached"));
		s.nb = json_integer_value(json_object_get(v, "accepted"));
		json_object_set_new(v, "p", json_real(two_shares_p(&s)));
		json_object_set_new(v, "better",
		    json_real(i == 0 ? 0.5 : two_shares_better(&s)));
	}
	json_object_set_new(sizes, "p",
	    json_real(chi2_p(json_number_value(json_object_get(sizes, "chi2")),
		(int)json_array_size(variants) - 1)));
}

static void
reply_experiment(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_EXPERIMENT_DOCUMENT, DB_ARGS(db_int(id)));
	json_t *document;

	if (row == NULL)
		return;
	document =
	    json_loads(arena_cstr(&q->arena, db_get_text(row, 0, 0)), 0, NULL);
	if (document == NULL)
		BUG("the database makes JSON that is none");
	add_chances(document);
	reply_json(q, status, document);
	if (status == 201)
		reply_header(q, "Location", "/v1/experiments/%lld",
		    (long long)id);
}

static void
experiment_create(struct request *q)
{
	struct body b = body_open(q);
	struct draft d = {
	    .name = body_text(&b, "name", BODY_REQUIRED | BODY_LINE,
		NAME_MAX_BYTES),
	    .metric = body_choice(&b, "metric", BODY_REQUIRED,
		"click reply conversion", NULL),
	    .campaign =
		body_int(&b, "campaign_id", BODY_REQUIRED, 1, INT64_MAX, 0),
	    .goal = body_int(&b, "goal_id", BODY_NULL, 1, INT64_MAX, 0),
	    .decide_after_s = body_int(&b, "decide_after_s", BODY_REQUIRED,
		DECIDE_MIN_S, DECIDE_MAX_S, 0),
	};
	const struct db_result *r;

	read_variants(&b, &d);
	if (d.goal != 0 && !str_eq(d.metric, STR("conversion")))
		body_complain(&b, "goal_id", "is for the metric conversion");
	if (!body_close(&b) || !holds(q, &d))
		return;
	r = request_one(q, Q_EXPERIMENT_INSERT,
	    DB_ARGS(db_text(d.name), db_int(d.campaign), db_text(d.metric),
		db_int_or_null(d.goal, d.goal != 0), db_int(d.decide_after_s),
		db_text_array(d.names, d.n), db_int_array(d.shares, d.n),
		db_text_array(d.subjects, d.n),
		db_int_array(d.templates, d.n)));
	if (r != NULL)
		reply_experiment(q, 201, db_get_int(r, 0, 0));
}

static void
experiment_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_EXPERIMENT_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
experiment_show(struct request *q)
{
	reply_experiment(q, 200, q->id);
}

/* Its campaigns, held; NULL: answered. */
static const struct db_result *
hold_draft(struct request *q, const char *what)
{
	const struct db_result *r =
	    request_one(q, Q_EXPERIMENT_HELD, DB_ARGS(db_int(q->id)));

	if (r == NULL || !db_get_bool(r, 0, 0))
		return r;
	problem(q, 409, "the experiment has begun and cannot be %s", what);
	return NULL;
}

static void
experiment_start(struct request *q)
{
	struct body b = body_open(q);
	const struct db_result *r;
	int64_t id = q->id;
	bool ready = true;
	int row;

	if (!body_close(&b) || (r = hold_draft(q, "started")) == NULL)
		return;
	for (row = 0; ready && row < db_rows(r); row++) {
		q->id = db_get_int(r, row, 1);
		ready = campaign_hold(q, "draft", "started") &&
			campaign_is_ready(q, true);
	}
	q->id = id;
	if (ready &&
	    request_run(q, Q_EXPERIMENT_START, DB_ARGS(db_int(id))) != NULL)
		reply_experiment(q, 202, id);
}

/* With its variants; the original stays. */
static void
experiment_remove(struct request *q)
{
	if (hold_draft(q, "deleted") != NULL &&
	    request_run(q, Q_EXPERIMENT_REMOVE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

const struct route experiment_routes[] = {
    {METHOD_POST, "/v1/experiments", experiment_create, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/experiments", experiment_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/experiments/{id}", experiment_show, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_POST, "/v1/experiments/{id}/start", experiment_start, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_DELETE, "/v1/experiments/{id}", experiment_remove, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
