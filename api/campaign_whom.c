#include "api/campaign_whom.h"

#include "api/problem.h"

#define RESEND_TO "not_sent not_opened not_clicked not_replied"
#define DAYS      7

enum { WHOM_RESEND_OF = 0, WHOM_RESEND_TO, WHOM_MESSAGES, WHOM_DAYS };

static void
read_ids(struct body *b, const char *field, const int64_t **ids, size_t *count)
{
	const int64_t *given;
	size_t n;

	given = body_ids(b, field, 0, &n);
	if (!body_has(b, field))
		return;
	*ids = given;
	*count = n;
}

static void
read_resend(struct body *outer, struct campaign_whom *w)
{
	bool given = body_has(outer, "resend");
	unsigned flags = given ? BODY_REQUIRED : 0;
	struct body b = body_object(outer, "resend", BODY_NULL);
	int64_t of = body_int(&b, "campaign_id", flags, 1, INT32_MAX, 0);
	struct str to = body_choice(&b, "to", flags, RESEND_TO, NULL);

	body_end(&b, outer);
	if (!given && !body_is_null(outer, "resend"))
		return;
	w->resend_of = to.p != NULL ? of : 0;
	w->resend_to = to;
}

static void
read_cap(struct body *outer, struct campaign_whom *w)
{
	bool given = body_has(outer, "frequency_cap");
	struct body b = body_object(outer, "frequency_cap", BODY_NULL);
	int64_t messages = body_int(&b, "messages", given ? BODY_REQUIRED : 0,
	    0, WHOM_MESSAGES_MAX, 0);
	int64_t days = body_int(&b, "days", 0, 1, WHOM_DAYS_MAX, DAYS);

	body_end(&b, outer);
	if (!given && !body_is_null(outer, "frequency_cap"))
		return;
	w->capped = given;
	w->messages = messages;
	w->days = days;
}

void
campaign_whom_read(struct body *b, struct campaign_whom *w)
{
	size_t i, k;

	read_ids(b, "segment_ids", &w->segments, &w->segment_count);
	read_ids(b, "exclude_segment_ids", &w->excluded, &w->excluded_count);
	for (i = 0; i < w->excluded_count; i++)
		for (k = 0; k < w->segment_count; k++)
			if (w->segments[k] == w->excluded[i])
				body_complain(b, "exclude_segment_ids",
				    "segment %lld is included as well",
				    (long long)w->excluded[i]);
	read_resend(b, w);
	read_cap(b, w);
}

bool
campaign_whom_holds(struct request *q, const struct campaign_whom *w)
{
	const struct db_result *r = request_run(q, Q_CAMPAIGN_WHOM_DANGLING,
	    DB_ARGS(db_int_array(w->segments, w->segment_count),
		db_int_array(w->excluded, w->excluded_count),
		db_int_or_null(w->resend_of, w->resend_of != 0)));
	int row;

	if (r == NULL)
		return false;
	for (row = 0; row < db_rows(r); row++)
		problem_field(q, db_get_text(r, row, 0).p,
		    "there is no %s %lld", db_get_text(r, row, 1).p,
		    (long long)db_get_int(r, row, 2));
	return db_rows(r) == 0;
}

/* Those of a campaign, of whichever kind. */
static bool
load_segments(struct request *q, int64_t id, bool excluded, const int64_t **ids,
    size_t *count)
{
	const struct db_result *r = request_run(q, Q_CAMPAIGN_WHOM_SEGMENTS,
	    DB_ARGS(db_int(id), db_bool(excluded)));
	int64_t *found;
	int row;

	if (r == NULL)
		return false;
	found = ARENA_ARRAY(&q->arena, int64_t, (size_t)db_rows(r) + 1);
	for (row = 0; row < db_rows(r); row++)
		found[row] = db_get_int(r, row, 0);
	*ids = found;
	*count = (size_t)db_rows(r);
	return true;
}

bool
campaign_whom_load(struct request *q, struct campaign_whom *w, int64_t id)
{
	const struct db_result *r =
	    request_one(q, Q_CAMPAIGN_WHOM, DB_ARGS(db_int(id)));

	if (r == NULL)
		return false;
	*w = (struct campaign_whom){
	    .resend_of = db_get_int(r, 0, WHOM_RESEND_OF),
	    .resend_to = db_get_text(r, 0, WHOM_RESEND_TO),
	    .capped = !db_is_null(r, 0, WHOM_MESSAGES),
	    .messages = db_get_int(r, 0, WHOM_MESSAGES),
	    .days = db_get_int(r, 0, WHOM_DAYS),
	};
	return load_segments(q, id, false, &w->segments, &w->segment_count) &&
	       load_segments(q, id, true, &w->excluded, &w->excluded_count);
}

bool
campaign_whom_write(struct request *q, const struct campaign_whom *w,
    int64_t id)
{
	bool resends = w->resend_of != 0;

	return request_run(q, Q_CAMPAIGN_WHOM_SET,
		   DB_ARGS(db_int(id), db_int_or_null(w->resend_of, resends),
		       resends ? db_text(w->resend_to) : db_null(),
		       db_int_or_null(w->messages, w->capped),
		       db_int_or_null(w->days, w->capped))) != NULL &&
	       request_run(q, Q_CAMPAIGN_SEGMENTS_DROP, DB_ARGS(db_int(id))) !=
		   NULL &&
	       request_run(q, Q_CAMPAIGN_SEGMENTS_SET,
		   DB_ARGS(db_int(id),
		       db_int_array(w->segments, w->segment_count),
		       db_int_array(w->excluded, w->excluded_count))) != NULL;
}
