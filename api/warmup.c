#include "api/warmup.h"

#include "api/limits.h"
#include "lib/base/clock.h"

#define DATE_BYTES 10 /* 2026-12-01 */

static void
read_date(struct body *b, struct str *out)
{
	struct str s = body_text(b, "start_date", 0, DATE_BYTES);
	char text[32];
	int64_t us;

	if (s.p == NULL)
		return;
	snprintf(text, sizeof(text), "%.*sT00:00:00Z", STR_ARG(s));
	if (s.n == DATE_BYTES && time_parse_rfc3339(str_of(text), &us))
		*out = s;
	else
		body_complain(b, "start_date", "must be a date, as 2026-12-01");
}

static void
read_one(struct body *b, struct str group, struct warmups *w)
{
	struct warmup *one = &w->at[w->count++];

	*one = (struct warmup){.group = group};
	read_date(b, &one->start);
	one->first_day =
	    body_int(b, "first_day", BODY_REQUIRED, 1, WARMUP_PER_DAY_MAX, 1);
	one->factor =
	    body_number(b, "factor", 0, 1, WARMUP_FACTOR_MAX, WARMUP_FACTOR);
	one->until_per_day = body_int(b, "until_per_day", BODY_REQUIRED, 1,
	    WARMUP_PER_DAY_MAX, WARMUP_PER_DAY_MAX);
	if (one->until_per_day < one->first_day)
		body_complain(b, "until_per_day", "is less than first_day");
}

/* Two names may be of one group. */
static bool
is_there(const struct warmups *w, struct str group)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (str_eq(w->at[i].group, group))
			return true;
	return false;
}

static void
read_groups(struct body *outer, struct warmups *w)
{
	struct body groups = body_object(outer, "group_warmups", BODY_NULL);
	void *at = json_object_iter(groups.object);
	struct str group;
	struct body b;
	const char *name;

	if (json_object_size(groups.object) > WARMUP_GROUPS_MAX) {
		body_complain(outer, "group_warmups", "has more than %d groups",
		    WARMUP_GROUPS_MAX);
		return;
	}
	for (; at != NULL; at = json_object_iter_next(groups.object, at)) {
		name = json_object_iter_key(at);
		b = body_object(&groups, name, BODY_REQUIRED);
		if (b.object == NULL)
			continue;
		if (!limit_group(&b.q->arena, str_of(name), &group))
			body_complain(&groups, name,
			    "is no group: a provider's name or a domain");
		else if (is_there(w, group))
			body_complain(&groups, name, "is there already");
		read_one(&b, group, w);
		body_end(&b, &groups);
	}
	body_end(&groups, outer);
}

void
warmups_read(struct body *b, struct warmups *w)
{
	struct body whole = body_object(b, "warmup", BODY_NULL);

	w->count = 0;
	w->says_whole = whole.object != NULL || body_is_null(b, "warmup");
	if (whole.object != NULL) {
		read_one(&whole, STR(""), w);
		body_end(&whole, b);
	}
	read_groups(b, w);
	w->says_groups =
	    body_has(b, "group_warmups") || body_is_null(b, "group_warmups");
}

static bool
put(struct request *q, const struct warmup *w, int64_t account)
{
	return request_run(q, Q_WARMUP_PUT,
		   DB_ARGS(db_int(account), db_text(w->group),
		       db_text_or_null(w->start), db_int(w->first_day),
		       db_float(w->factor), db_int(w->until_per_day))) != NULL;
}

/* Those of a kind that are not said any more. */
static bool
remove_others(struct request *q, const struct warmups *w, int64_t account,
    bool of_groups)
{
	struct str stay[WARMUP_GROUPS_MAX + 1];
	size_t i;

	for (i = 0; i < w->count; i++)
		stay[i] = w->at[i].group;
	return request_run(q, Q_WARMUP_REMOVE,
		   DB_ARGS(db_int(account), db_bool(of_groups),
		       db_text_array(stay, w->count))) != NULL;
}

bool
warmups_write(struct request *q, const struct warmups *w, int64_t account)
{
	size_t i;

	if (w->says_whole && !remove_others(q, w, account, false))
		return false;
	if (w->says_groups && !remove_others(q, w, account, true))
		return false;
	for (i = 0; i < w->count; i++)
		if (!put(q, &w->at[i], account))
			return false;
	return true;
}
