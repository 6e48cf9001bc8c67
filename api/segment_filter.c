#include "api/segment_filter.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"

#include <stdarg.h>

#define POINTER_MAX  1000 /* bytes */
#define DAY_BYTES    10   /* 2026-11-01 */
#define YEAR_BYTES   4
#define TIME_MAX     40 /* bytes: fractions of any use */
#define OFFSET_BYTES 6  /* +01:00 */
#define ORDER        "< <= > >="
#define WINDOW       "within_days from to"
#define SCORE_MAX    5
#define NOW_OR_THEN                                      \
	"must be a time like \"2026-11-01T09:00:00Z\", " \
	"or {\"days\": -30}: so many days from now on"

struct reader {
	struct buf pointer;
	int depth;
	size_t conditions, values;
	bool sound;
	struct segment_names *names;
	segment_complain *complain;
	void *arg;
};

typedef void check_fn(struct reader *r, json_t *node);

static void PRINTF_LIKE(3, 4)
    complain(struct reader *r, const char *member, const char *fmt, ...)
{
	size_t mark = r->pointer.n;
	char detail[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (member != NULL)
		buf_printf(&r->pointer, "/%s", member);
	r->complain(r->arg, buf_cstr(&r->pointer), detail);
	buf_truncate(&r->pointer, mark);
	r->sound = false;
}

static struct str
text_of(json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static bool
is_one_of(struct str s, const char *choices)
{
	struct str rest = str_of(choices), word;

	while (s.p != NULL && str_cut(&rest, ' ', &word))
		if (str_eq(word, s))
			return true;
	return false;
}

/* The word; STR_NONE when it is absent, or none of them and so told. */
static struct str
read_choice(struct reader *r, json_t *node, const char *member, bool required,
    const char *choices)
{
	json_t *v = json_object_get(node, member);
	struct str s = text_of(v);

	if (is_one_of(s, choices))
		return s;
	if (v != NULL || required)
		complain(r, member, "%s: one of %s",
		    v == NULL ? "is required" : "must be a known word",
		    choices);
	return STR_NONE;
}

static bool
text_fits(struct reader *r, const char *member, json_t *v, size_t max)
{
	if (!json_is_string(v))
		complain(r, member, "must be a string");
	else if (json_string_length(v) == 0 || json_string_length(v) > max)
		complain(r, member, "must be 1 to %zu bytes long", max);
	else
		return true;
	return false;
}

/* `absent` when it is not there, or wrong and so told. */
static int64_t
read_int(struct reader *r, json_t *node, const char *member, int64_t max,
    int64_t absent)
{
	json_t *v = json_object_get(node, member);

	if (v == NULL)
		return absent;
	if (json_is_integer(v) && json_integer_value(v) >= 1 &&
	    json_integer_value(v) <= max)
		return json_integer_value(v);
	complain(r, member, "must be a whole number, 1 to %lld",
	    (long long)max);
	return absent;
}

static void
read_id(struct reader *r, json_t *node, const char *member, int64_t max,
    int64_t *ids, size_t *n)
{
	int64_t id = read_int(r, node, member, max, 0);

	if (id != 0 && *n < SEGMENT_CONDITIONS_MAX)
		ids[(*n)++] = id;
}

/* What PostgreSQL takes, too: years from 1 on, offsets that there are. */
static bool
is_time(struct str s)
{
	int64_t us;

	if (s.n > TIME_MAX)
		return false;
	if (s.n > OFFSET_BYTES &&
	    str_cmp(str_sub(s, s.n - OFFSET_BYTES + 1, 2), STR("14")) > 0 &&
	    !str_ends(s, STR("Z")))
		return false;
	return s.n > DAY_BYTES && s.p[YEAR_BYTES] == '-' &&
	       str_cmp(str_sub(s, 0, YEAR_BYTES), STR("0001")) >= 0 &&
	       s.p[DAY_BYTES] == 'T' && time_parse_rfc3339(s, &us);
}

static bool
is_day(struct str s)
{
	char text[DAY_BYTES + sizeof("T00:00:00Z")];

	if (s.n != DAY_BYTES)
		return false;
	snprintf(text, sizeof(text), "%.*sT00:00:00Z", STR_ARG(s));
	return is_time(str_of(text));
}

/* {"days": -30} */
static bool
is_distance(json_t *v)
{
	json_t *days = json_object_get(v, "days");

	return json_is_integer(days) && json_object_size(v) == 1 &&
	       json_integer_value(days) >= -SEGMENT_DAYS_MAX &&
	       json_integer_value(days) <= SEGMENT_DAYS_MAX;
}

static void
check_window(struct reader *r, json_t *node)
{
	static const char *const ends[] = {"from", "to"};
	json_t *v;
	size_t i;

	read_int(r, node, "within_days", SEGMENT_DAYS_MAX, 0);
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		v = json_object_get(node, ends[i]);
		if (v != NULL && !is_time(text_of(v)))
			complain(r, ends[i],
			    "must be a time like \"2026-11-01T09:00:00Z\"");
	}
}

static void
check_currency(struct reader *r, json_t *node, const char *required_by)
{
	struct str s = text_of(json_object_get(node, "currency"));
	size_t i;

	if (json_object_get(node, "currency") == NULL && required_by == NULL)
		return;
	for (i = 0; i < s.n && s.p[i] >= 'A' && s.p[i] <= 'Z'; i++)
		;
	if (s.n != 3 || i != s.n)
		complain(r, "currency", "%sthree capitals, as \"EUR\"",
		    required_by != NULL ? required_by : "must be ");
}

/* A value of `in`: an array of strings, or of numbers where those may be. */
static void
check_values(struct reader *r, json_t *v, bool numbers)
{
	bool number = numbers && json_is_number(json_array_get(v, 0));
	json_t *item;
	char member[40];
	size_t i;

	if (!json_is_array(v) || json_array_size(v) == 0)
		complain(r, "value", "must be an array of values");
	r->values += json_array_size(v);
	if (r->values > SEGMENT_VALUES_MAX) {
		complain(r, "value", "there are more than %d values in all",
		    SEGMENT_VALUES_MAX);
		return;
	}
	json_array_foreach(v, i, item)
	{
		snprintf(member, sizeof(member), "value/%zu", i);
		if (!number)
			text_fits(r, member, item, SEGMENT_TEXT_MAX);
		else if (!json_is_number(item))
			complain(r, member, "must be a number as the first is");
	}
}

static void
check_field(struct reader *r, json_t *node)
{
	struct str field = read_choice(r, node, "field", true,
	    "email domain name created_at updated_at status");
	json_t *value = json_object_get(node, "value");
	struct str op;

	if (str_eq(field, STR("status"))) {
		read_choice(r, node, "op", true, "= !=");
		read_choice(r, node, "value", true,
		    "active suppressed unsubscribed bounced complained");
	} else if (is_one_of(field, "created_at updated_at")) {
		read_choice(r, node, "op", true, ORDER);
		if (!is_time(text_of(value)) && !is_distance(value))
			complain(r, "value", NOW_OR_THEN);
	} else if (field.p != NULL) {
		op = read_choice(r, node, "op", true,
		    "= != contains starts_with in " ORDER);
		if (str_eq(op, STR("in")))
			check_values(r, value, false);
		else
			text_fits(r, "value", value, SEGMENT_TEXT_MAX);
	}
}

/* What the operator may be follows from the value. */
static void
check_attribute_value(struct reader *r, json_t *node)
{
	json_t *value = json_object_get(node, "value");

	if (json_object_get(node, "type") != NULL) {
		read_choice(r, node, "type", true, "date");
		read_choice(r, node, "op", true, "= != " ORDER);
		if (!is_day(text_of(value)) && !is_distance(value))
			complain(r, "value",
			    "must be a day like \"2026-11-01\", or "
			    "{\"days\": -30}: so many days from now on");
	} else if (json_is_string(value)) {
		read_choice(r, node, "op", true,
		    "= != contains starts_with " ORDER);
		if (json_string_length(value) > SEGMENT_TEXT_MAX)
			complain(r, "value", "is longer than %d bytes",
			    SEGMENT_TEXT_MAX);
	} else if (json_is_number(value)) {
		read_choice(r, node, "op", true, "= != " ORDER);
	} else if (json_is_boolean(value)) {
		read_choice(r, node, "op", true, "= !=");
	} else {
		complain(r, "value",
		    "must be a string, a number, true or false; of `in` an "
		    "array; of \"exists\" nothing");
	}
}

static void
check_attribute(struct reader *r, json_t *node)
{
	json_t *value = json_object_get(node, "value");
	struct str op = text_of(json_object_get(node, "op"));

	text_fits(r, "attribute", json_object_get(node, "attribute"),
	    SEGMENT_NAME_MAX);
	if (!is_one_of(op, "exists in")) {
		check_attribute_value(r, node);
		return;
	}
	if (json_object_get(node, "type") != NULL)
		complain(r, "type", "is not for this operator");
	if (str_eq(op, STR("in")))
		check_values(r, value, true);
	else if (value != NULL)
		complain(r, "value", "is not for this operator");
}

static void
check_tag(struct reader *r, json_t *node)
{
	text_fits(r, "tag", json_object_get(node, "tag"), SEGMENT_NAME_MAX);
}

static void
check_list(struct reader *r, json_t *node)
{
	read_id(r, node, "list", INT64_MAX, r->names->lists,
	    &r->names->list_count);
	read_choice(r, node, "state", false,
	    "subscribed unconfirmed unsubscribed any");
	check_window(r, node);
}

/* Members that only some kinds of events have. */
static void
check_event_members(struct reader *r, json_t *node, struct str event)
{
	static const struct {
		const char *member, *events;
	} only[] = {
	    {"campaign",
		"sent opened clicked replied bounced complained unsubscribed"},
	    {"link", "clicked"},
	    {"type", "bounced"},
	    {"amount", "bought"},
	    {"currency", "bought"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(only); i++)
		if (event.p != NULL &&
		    json_object_get(node, only[i].member) != NULL &&
		    !is_one_of(event, only[i].events))
			complain(r, only[i].member, "is only for: %s",
			    only[i].events);
}

static void
check_event(struct reader *r, json_t *node)
{
	struct str event = read_choice(r, node, "event", true,
	    "sent opened clicked replied bounced complained unsubscribed "
	    "bought");
	json_t *link = json_object_get(node, "link");
	bool has_amount = json_object_get(node, "amount") != NULL;

	check_event_members(r, node, event);
	read_int(r, node, "at_least", SEGMENT_TIMES_MAX, 1);
	read_id(r, node, "campaign", SEGMENT_CAMPAIGN_MAX, r->names->campaigns,
	    &r->names->campaign_count);
	if (link != NULL)
		text_fits(r, "link", link, SEGMENT_TEXT_MAX);
	read_choice(r, node, "type", false, "hard soft block");
	read_int(r, node, "amount", SEGMENT_AMOUNT_MAX, 0);
	check_currency(r, node,
	    has_amount ? "of an amount is required: " : NULL);
	check_window(r, node);
}

static void
check_rfm(struct reader *r, json_t *node)
{
	struct str rfm =
	    read_choice(r, node, "rfm", true, "recency frequency monetary");

	read_choice(r, node, "op", true, "= " ORDER);
	if (read_int(r, node, "value", SCORE_MAX, 0) == 0 &&
	    json_object_get(node, "value") == NULL)
		complain(r, "value", "is required: 1 to 5, the best");
	check_currency(r, node,
	    str_eq(rfm, STR("monetary")) ? "of a sum is required: " : NULL);
	check_window(r, node);
}

static double
read_percent(struct reader *r, json_t *cohort, const char *member)
{
	json_t *v = json_object_get(cohort, member);
	char name[40];

	if (json_is_number(v) && json_number_value(v) >= 0 &&
	    json_number_value(v) <= 100)
		return json_number_value(v);
	snprintf(name, sizeof(name), "cohort/%s", member);
	complain(r, name, "must be a number, 0 to 100 percent");
	return -1;
}

static void
check_cohort(struct reader *r, json_t *node)
{
	json_t *cohort = json_object_get(node, "cohort");
	double from, to;

	if (!json_is_object(cohort) || json_object_size(cohort) > 3) {
		complain(r, "cohort",
		    "must be an object of \"salt\", \"from\" and \"to\"");
		return;
	}
	text_fits(r, "cohort/salt", json_object_get(cohort, "salt"),
	    SEGMENT_NAME_MAX);
	from = read_percent(r, cohort, "from");
	to = read_percent(r, cohort, "to");
	if (from >= 0 && to >= 0 && from >= to)
		complain(r, "cohort/to", "must be more than \"from\"");
}

static void
check_segment(struct reader *r, json_t *node)
{
	read_id(r, node, "segment", INT64_MAX, r->names->segments,
	    &r->names->segment_count);
}

static void check_node(struct reader *r, json_t *node);

static void
descend(struct reader *r, json_t *node)
{
	if (++r->depth > SEGMENT_DEPTH_MAX)
		complain(r, NULL, "is nested more than %d deep",
		    SEGMENT_DEPTH_MAX);
	else
		check_node(r, node);
	r->depth--;
}

static void
check_group(struct reader *r, json_t *node, const char *word)
{
	json_t *parts = json_object_get(node, word), *part;
	size_t mark = r->pointer.n, i;

	if (!json_is_array(parts) || json_array_size(parts) == 0) {
		complain(r, word, "must be an array of one filter at least");
		return;
	}
	json_array_foreach(parts, i, part)
	{
		buf_printf(&r->pointer, "/%s/%zu", word, i);
		descend(r, part);
		buf_truncate(&r->pointer, mark);
		if (r->conditions > SEGMENT_CONDITIONS_MAX)
			return;
	}
}

static void
check_all(struct reader *r, json_t *node)
{
	check_group(r, node, "all");
}

static void
check_any(struct reader *r, json_t *node)
{
	check_group(r, node, "any");
}

static void
check_not(struct reader *r, json_t *node)
{
	size_t mark = r->pointer.n;

	buf_puts(&r->pointer, "/not");
	descend(r, json_object_get(node, "not"));
	buf_truncate(&r->pointer, mark);
}

static const struct kind {
	const char *word;
	check_fn *check;
	const char *members; /* beside it */
} kinds[] = {
    {"all", check_all, ""},
    {"any", check_any, ""},
    {"not", check_not, ""},
    {"field", check_field, "op value"},
    {"attribute", check_attribute, "op value type"},
    {"tag", check_tag, ""},
    {"list", check_list, "state " WINDOW},
    {"event", check_event,
	"at_least campaign link type amount currency " WINDOW},
    {"rfm", check_rfm, "op value currency " WINDOW},
    {"cohort", check_cohort, ""},
    {"segment", check_segment, ""},
};

#define WORDS "all any not field attribute tag list event rfm cohort segment"

static void
check_members(struct reader *r, json_t *node, const struct kind *kind)
{
	const char *member;
	json_t *value;

	json_object_foreach(node, member, value)
	{
		if (strcmp(member, kind->word) == 0 ||
		    is_one_of(str_of(member), kind->members))
			continue;
		complain(r, NULL, "\"%.80s\" is not for \"%s\"; %s%s", member,
		    kind->word,
		    *kind->members == '\0' ? "it stands alone"
					   : "what may be beside it: ",
		    kind->members);
	}
}

static void
check_node(struct reader *r, json_t *node)
{
	const struct kind *found = NULL;
	size_t i, n = 0;

	if (++r->conditions > SEGMENT_CONDITIONS_MAX) {
		complain(r, NULL, "there are more than %d conditions in all",
		    SEGMENT_CONDITIONS_MAX);
		return;
	}
	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (json_object_get(node, kinds[i].word) != NULL) {
			found = &kinds[i];
			n++;
		}
	if (n != 1) {
		complain(r, NULL, "must be an object with one of: %s", WORDS);
		return;
	}
	check_members(r, node, found);
	found->check(r, node);
}

bool
segment_filter_check(json_t *filter, struct segment_names *names,
    segment_complain *say, void *arg)
{
	struct reader r = {.sound = true,
	    .names = names,
	    .complain = say,
	    .arg = arg};

	*names = (struct segment_names){0};
	buf_init(&r.pointer, POINTER_MAX);
	descend(&r, filter);
	buf_release(&r.pointer);
	return r.sound;
}
