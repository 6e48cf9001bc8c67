#include "lib/mail/phrases.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <stdlib.h>

#include <unicase.h>
#include <unistr.h>

/* A phrase, folded; in the order of their bytes. */
struct phrase {
	struct str text;
	int place; /* in the list */
	bool twin; /* the next one has the same text */
};

/*
 * A node stands for a beginning of phrases.  Nodes are numbered by length, so
 * that the children of one stand side by side and a node's `fail`, the
 * longest other beginning that ends as it does, has a smaller number.
 */
struct node {
	uint16_t first; /* child; the others follow */
	uint16_t fail;
	uint16_t hit;  /* the first phrase that is this beginning, from 1 on */
	uint16_t out;  /* the first with a hit: this one, its fail, ... */
	uint8_t count; /* of children */
};

struct phrases {
	struct phrase *sorted;
	char *store; /* the texts */
	struct node *nodes;
	unsigned char *bytes; /* by node: the last one of its beginning */
	uint16_t root[256];   /* child of the root, or the root */
	size_t count;
};

/* Which phrases go through a node, and how long its beginning is. */
struct span {
	size_t from, to, depth;
};

/* Blanks and apostrophes that word processors put in. */
static ucs4_t
plain(ucs4_t c)
{
	if (c == 0xa0)
		return ' ';
	return c == 0x2018 || c == 0x2019 ? '\'' : uc_tolower(c);
}

/* The next character as it is compared, into `folded`; false at the end. */
static bool
fold(struct phrases_scan *s)
{
	const uint8_t *p = (const uint8_t *)s->rest.p;
	ucs4_t c;
	int n = 0;

	if (s->rest.n == 0)
		return false;
	s->folded_i = 0;
	if (p[0] >= 0x80)
		n = u8_mbtoucr(&c, p, s->rest.n);
	if (n > 0) {
		s->folded_n = u8_uctomb(s->folded, plain(c), sizeof(s->folded));
	} else {
		s->folded[0] = (unsigned char)str_lower_char(s->rest.p[0]);
		s->folded_n = n = 1;
	}
	s->rest = str_from(s->rest, (size_t)n);
	return true;
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next byte to compare, or -1.  The end of a text is a blank. */
static int
next_byte(struct phrases_scan *s)
{
	while (s->folded_i < s->folded_n || fold(s)) {
		if (!is_blank(s->folded[s->folded_i])) {
			s->blank = false;
			return s->folded[s->folded_i++];
		}
		s->folded_n = 0;
		if (!s->blank) {
			s->blank = true;
			return ' ';
		}
	}
	if (s->blank)
		return -1;
	s->blank = true;
	return ' ';
}

static uint16_t
step(const struct phrases *p, uint16_t at, unsigned char byte)
{
	const unsigned char *children, *found;

	for (; at != 0; at = p->nodes[at].fail) {
		children = p->bytes + p->nodes[at].first;
		found = memchr(children, byte, p->nodes[at].count);
		if (found != NULL)
			return (uint16_t)(found - p->bytes);
	}
	return p->root[byte];
}

static void
enter(struct phrases_scan *s, unsigned char byte)
{
	s->node = step(s->set, s->node, byte);
	s->out = s->set->nodes[s->node].out;
}

void
phrases_scan_init(struct phrases_scan *s, const struct phrases *set,
    struct str text)
{
	*s = (struct phrases_scan){.set = set, .rest = text, .blank = true};
	enter(s, ' ');
}

/* The phrases that end here, the longest first, or -1. */
static int
take_hit(struct phrases_scan *s)
{
	const struct node *nodes = s->set->nodes;
	const struct phrase *found;

	if (s->hit == 0) {
		if (s->out == 0)
			return -1;
		s->hit = nodes[s->out].hit;
		s->out = nodes[nodes[s->out].fail].out;
	}
	found = &s->set->sorted[s->hit - 1];
	s->hit = found->twin ? s->hit + 1 : 0;
	return found->place;
}

int
phrases_next(struct phrases_scan *s)
{
	int byte, place;

	while ((place = take_hit(s)) < 0) {
		byte = next_byte(s);
		if (byte < 0)
			return -1;
		enter(s, (unsigned char)byte);
	}
	return place;
}

int
phrases_first(const struct phrases *set, struct str text)
{
	struct phrases_scan s;
	int place, first = -1;

	phrases_scan_init(&s, set, text);
	while ((place = phrases_next(&s)) >= 0)
		if (first < 0 || place < first)
			first = place;
	return first;
}

static int
by_text(const void *a, const void *b)
{
	const struct phrase *x = a, *y = b;
	int c = str_cmp(x->text, y->text);

	return c != 0 ? c : x->place - y->place;
}

/* The phrase folded as a text is, at `out`; how long it is. */
static size_t
fold_phrase(char *out, const char *phrase)
{
	struct phrases_scan s = {.rest = str_of(phrase)};
	size_t n = 0;
	int byte;

	while ((s.rest.n > 0 || s.folded_i < s.folded_n) &&
	       (byte = next_byte(&s)) >= 0)
		out[n++] = (char)byte;
	return n;
}

static size_t
sort_phrases(struct phrases *p, const char *const *list, size_t n)
{
	size_t i, used = 0;

	for (i = 0; i < n; i++) {
		if (list[i][0] == '\0' || strlen(list[i]) > PHRASE_MAX)
			BUG("phrase %zu is empty or too long", i);
		used += 2 * strlen(list[i]);
	}
	p->store = mem_alloc(used + 1);
	p->sorted = NEW_ARRAY(struct phrase, n + 1);
	for (used = 0, i = 0; i < n; i++) {
		p->sorted[i].text.p = p->store + used;
		p->sorted[i].text.n = fold_phrase(p->store + used, list[i]);
		p->sorted[i].place = (int)i;
		used += p->sorted[i].text.n;
	}
	qsort(p->sorted, n, sizeof(*p->sorted), by_text);
	for (i = 1; i < n; i++)
		p->sorted[i - 1].twin =
		    str_eq(p->sorted[i - 1].text, p->sorted[i].text);
	return used;
}

static void
add_child(struct phrases *p, struct span *spans, uint16_t parent,
    struct span span)
{
	struct str text = p->sorted[span.from].text;
	unsigned char byte = (unsigned char)text.p[span.depth - 1];
	uint16_t at = (uint16_t)p->count++;
	struct node *node = &p->nodes[at];

	if (at == PHRASES_NODE_MAX)
		BUG("too many phrases");
	spans[at] = span;
	p->bytes[at] = byte;
	p->nodes[parent].count++;
	if (parent == 0)
		p->root[byte] = at;
	else
		node->fail = step(p, p->nodes[parent].fail, byte);
	node->out = p->nodes[node->fail].out;
	if (text.n == span.depth) {
		node->hit = (uint16_t)(span.from + 1);
		node->out = at;
	}
}

/* The children of a node: one for each byte with which its phrases go on. */
static void
grow(struct phrases *p, struct span *spans, uint16_t at)
{
	struct span all = spans[at], some;
	size_t i = all.from;
	char byte;

	while (i < all.to && p->sorted[i].text.n == all.depth)
		i++;
	p->nodes[at].first = (uint16_t)p->count;
	while (i < all.to) {
		some = (struct span){i, i, all.depth + 1};
		byte = p->sorted[i].text.p[all.depth];
		while (i < all.to && p->sorted[i].text.p[all.depth] == byte)
			i++;
		some.to = i;
		add_child(p, spans, at, some);
	}
}

struct phrases *
phrases_new(const char *const *list, size_t n)
{
	struct phrases *p = NEW(struct phrases);
	struct span *spans;
	size_t i, nodes;

	if (n > PHRASES_MAX)
		BUG("%zu phrases", n);
	nodes = sort_phrases(p, list, n) + 1;
	p->nodes = NEW_ARRAY(struct node, nodes);
	p->bytes = mem_alloc(nodes);
	spans = NEW_ARRAY(struct span, nodes);
	spans[0] = (struct span){0, n, 0};
	p->count = 1;
	for (i = 0; i < p->count; i++)
		grow(p, spans, (uint16_t)i);
	free(spans);
	return p;
}

void
phrases_free(struct phrases *p)
{
	if (p == NULL)
		return;
	free(p->sorted);
	free(p->store);
	free(p->nodes);
	free(p->bytes);
	free(p);
}
