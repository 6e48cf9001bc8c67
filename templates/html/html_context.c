#include "templates/html/html_context.h"

void
html_context_init(struct html_context *c)
{
	*c = (struct html_context){.count = 1};
}

void
html_context_init_derived(struct html_context *c)
{
	*c = (struct html_context){.count = 1, .derived = true};
}

static void
add(struct html_context *c, const struct html_place *place)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (memcmp(&c->places[i], place, sizeof(*place)) == 0)
			return;
	if (c->count < HTML_PLACES_MAX)
		c->places[c->count++] = *place;
	else
		c->lost = true;
}

/* Places that became equal are one again. */
static void
settle(struct html_context *c)
{
	struct html_context old = *c;
	int i;

	c->count = 0;
	for (i = 0; i < old.count; i++)
		add(c, &old.places[i]);
}

void
html_context_feed(struct html_context *c, struct str text)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (c->derived)
			html_place_feed_plain(&c->places[i], text);
		else
			html_place_feed(&c->places[i], text);
	if (c->count > 1)
		settle(c);
}

void
html_context_value(struct html_context *c, bool raw)
{
	struct html_place other;
	int i, n = c->count;

	for (i = 0; i < n; i++)
		if (html_place_value(&c->places[i], raw, &other))
			add(c, &other);
	if (c->count > 1)
		settle(c);
}

/* Text and URLs: the later is the stricter, and safe for the earlier. */
static bool
graded(uint8_t how)
{
	return how <= ESCAPE_URL_PART;
}

/* Different kinds: a name is nothing but that anywhere, digits are nothing
 * even where a tag might begin. */
static uint8_t
both(uint8_t a, uint8_t b)
{
	uint8_t flags = (a | b) & (uint8_t)~ESCAPE_KIND;
	bool tag;

	a &= ESCAPE_KIND;
	b &= ESCAPE_KIND;
	if (a == b || (graded(a) && graded(b)))
		return flags | (a > b ? a : b);
	tag = a == ESCAPE_TAG || a == ESCAPE_TAG_REST || b == ESCAPE_TAG ||
	      b == ESCAPE_TAG_REST;
	return flags | (tag ? ESCAPE_TAG_REST : ESCAPE_NAME);
}

/* A URL is encoded as in the HTML, but for the character references. */
static uint8_t
escape_derived(const struct html_context *c)
{
	uint8_t how = 0;
	int i;

	for (i = 0; i < c->count; i++) {
		if (c->places[i].state != PLACE_VALUE)
			return ESCAPE_TEXT;
		how = both(how, html_value_escape(&c->places[i]));
	}
	return how | ESCAPE_RAW;
}

uint8_t
html_context_escape(const struct html_context *c)
{
	uint8_t how;
	int i;

	if (c->derived)
		return escape_derived(c);
	how = html_place_escape(&c->places[0]);
	for (i = 1; i < c->count; i++)
		how = both(how, html_place_escape(&c->places[i]));
	return c->lost ? both(how, ESCAPE_TAG_REST) : how;
}

bool
html_context_is_text(const struct html_context *c)
{
	int i;

	for (i = 0; i < c->count; i++)
		if (c->places[i].state != PLACE_TEXT)
			return false;
	return !c->lost;
}

bool
html_context_join(struct html_context *c, const struct html_context *other)
{
	struct html_context old = *c;
	int i;

	for (i = 0; i < other->count; i++)
		add(c, &other->places[i]);
	c->lost = c->lost || other->lost;
	c->derived = other->derived;
	return c->count != old.count || c->lost != old.lost;
}
