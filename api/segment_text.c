#include "api/segment_text.h"

#include "lib/base/err.h"

/* What a word of the language is in a sentence. */
struct phrase {
	const char *word, *text;
};

static const struct phrase operators[] = {
    {"=", "is"},
    {"!=", "is not"},
    {"<", "is less than"},
    {"<=", "is at most"},
    {">", "is more than"},
    {">=", "is at least"},
    {"contains", "contains"},
    {"starts_with", "starts with"},
    {"in", "is one of"},
    {"exists", "is known"},
};

/* The same of moments and days. */
static const struct phrase orders[] = {
    {"=", "is"},
    {"!=", "is not"},
    {"<", "is before"},
    {"<=", "is at or before"},
    {">", "is after"},
    {">=", "is at or after"},
};

static const struct phrase events[] = {
    {"sent", "was sent"},
    {"opened", "opened"},
    {"clicked", "clicked in"},
    {"replied", "replied to"},
    {"bounced", "bounced"},
    {"complained", "complained about"},
    {"unsubscribed", "unsubscribed by"},
    {"bought", "bought"},
};

static const char *
phrase_of(const struct phrase *phrases, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(phrases[i].word, word) == 0)
			return phrases[i].text;
	BUG("a filter that was not checked");
}

#define PHRASE(table, word) phrase_of(table, ARRAY_LEN(table), word)

static const char *
text(const json_t *node, const char *member, const char *absent)
{
	const char *s = json_string_value(json_object_get(node, member));

	return s != NULL ? s : absent;
}

static long long
number(const json_t *node, const char *member)
{
	return json_integer_value(json_object_get(node, member));
}

static void
write_distance(struct buf *out, long long days)
{
	if (days == 0)
		buf_puts(out, "now");
	else
		buf_printf(out, "%lld %s %s", days < 0 ? -days : days,
		    days == 1 || days == -1 ? "day" : "days",
		    days < 0 ? "ago" : "from now");
}

static void
write_value(struct buf *out, const json_t *v)
{
	char *dumped;
	size_t i;

	if (json_is_object(v)) {
		write_distance(out, number(v, "days"));
		return;
	}
	for (i = 0; i < json_array_size(v) && i < SEGMENT_VALUES_SHOWN; i++) {
		buf_puts(out, i > 0 ? ", " : "");
		write_value(out, json_array_get(v, i));
	}
	if (json_array_size(v) > SEGMENT_VALUES_SHOWN)
		buf_printf(out, " and %zu more",
		    json_array_size(v) - SEGMENT_VALUES_SHOWN);
	if (json_is_array(v))
		return;
	dumped = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	buf_puts(out, dumped != NULL ? dumped : "?");
	free(dumped);
}

static void
write_window(struct buf *out, const json_t *node)
{
	if (json_object_get(node, "within_days") != NULL)
		buf_printf(out, " within the last %lld days",
		    number(node, "within_days"));
	if (json_object_get(node, "from") != NULL)
		buf_printf(out, " from %s on", text(node, "from", ""));
	if (json_object_get(node, "to") != NULL)
		buf_printf(out, " before %s", text(node, "to", ""));
}

/* A field or an attribute. */
static void
write_comparison(struct buf *out, const json_t *node, const char *name)
{
	const json_t *value = json_object_get(node, "value");
	const char *op = text(node, "op", "=");
	bool is_time =
	    json_is_object(value) || json_object_get(node, "type") != NULL ||
	    strcmp(name, "created_at") == 0 || strcmp(name, "updated_at") == 0;

	buf_printf(out, "%s %s", name,
	    is_time ? PHRASE(orders, op) : PHRASE(operators, op));
	if (value != NULL) {
		buf_char(out, ' ');
		write_value(out, value);
	}
}

static void
write_list(struct buf *out, const json_t *node)
{
	const char *state = text(node, "state", "subscribed");

	buf_printf(out, "%s list %lld",
	    strcmp(state, "any") == 0            ? "on"
	    : strcmp(state, "unsubscribed") == 0 ? "unsubscribed from"
	    : strcmp(state, "unconfirmed") == 0  ? "unconfirmed on"
						 : "subscribed to",
	    number(node, "list"));
	if (json_object_size(node) >
	    1 + (json_object_get(node, "state") != NULL))
		buf_puts(out, ", joined");
	write_window(out, node);
}

static void
write_event(struct buf *out, const json_t *node)
{
	const char *event = text(node, "event", "");
	long long times = number(node, "at_least");

	buf_puts(out, PHRASE(events, event));
	if (json_object_get(node, "campaign") != NULL)
		buf_printf(out, " campaign %lld", number(node, "campaign"));
	else if (strcmp(event, "bought") != 0 && strcmp(event, "bounced") != 0)
		buf_puts(out, " a campaign");
	if (json_object_get(node, "link") != NULL) {
		buf_puts(out, " the link ");
		write_value(out, json_object_get(node, "link"));
	}
	if (json_object_get(node, "type") != NULL)
		buf_printf(out, " (%s)", text(node, "type", ""));
	if (times > 1)
		buf_printf(out, " at least %lld times", times);
	if (json_object_get(node, "amount") != NULL)
		buf_printf(out, " for at least %lld of the smallest unit",
		    number(node, "amount"));
	if (json_object_get(node, "currency") != NULL)
		buf_printf(out, " in %s", text(node, "currency", ""));
	write_window(out, node);
}

static void
write_rfm(struct buf *out, const json_t *node)
{
	buf_printf(out, "%s score of purchases %s %lld of 5",
	    text(node, "rfm", ""), PHRASE(operators, text(node, "op", "=")),
	    number(node, "value"));
	if (json_object_get(node, "currency") != NULL)
		buf_printf(out, " in %s", text(node, "currency", ""));
	write_window(out, node);
}

static void
write_cohort(struct buf *out, const json_t *node)
{
	const json_t *cohort = json_object_get(node, "cohort");

	buf_printf(out, "in the random cohort %.15g %% to %.15g %% of ",
	    json_number_value(json_object_get(cohort, "from")),
	    json_number_value(json_object_get(cohort, "to")));
	write_value(out, json_object_get(cohort, "salt"));
}

static void
write_group(struct buf *out, const json_t *parts, const char *word)
{
	size_t i;

	buf_puts(out, "(");
	for (i = 0; i < json_array_size(parts); i++) {
		if (i > 0)
			buf_printf(out, " %s ", word);
		segment_text(out, json_array_get(parts, i));
	}
	buf_puts(out, ")");
}

void
segment_text(struct buf *out, const json_t *f)
{
	if (json_object_get(f, "all") != NULL)
		write_group(out, json_object_get(f, "all"), "and");
	else if (json_object_get(f, "any") != NULL)
		write_group(out, json_object_get(f, "any"), "or");
	else if (json_object_get(f, "not") != NULL) {
		buf_puts(out, "not ");
		segment_text(out, json_object_get(f, "not"));
	} else if (json_object_get(f, "field") != NULL)
		write_comparison(out, f, text(f, "field", ""));
	else if (json_object_get(f, "attribute") != NULL)
		write_comparison(out, f, text(f, "attribute", ""));
	else if (json_object_get(f, "tag") != NULL) {
		buf_puts(out, "tagged ");
		write_value(out, json_object_get(f, "tag"));
	} else if (json_object_get(f, "list") != NULL)
		write_list(out, f);
	else if (json_object_get(f, "event") != NULL)
		write_event(out, f);
	else if (json_object_get(f, "rfm") != NULL)
		write_rfm(out, f);
	else if (json_object_get(f, "cohort") != NULL)
		write_cohort(out, f);
	else
		buf_printf(out, "in segment %lld", number(f, "segment"));
}
