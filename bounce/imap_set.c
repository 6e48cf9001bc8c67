#include "bounce/imap_set.h"

#include "lib/base/mem.h"

void
imap_set_init(struct imap_set *s)
{
	*s = (struct imap_set){.sorted = true};
}

void
imap_set_release(struct imap_set *s)
{
	free(s->at);
	imap_set_init(s);
}

void
imap_set_reset(struct imap_set *s)
{
	s->count = 0;
	s->sorted = true;
}

static int
range_cmp(const void *a, const void *b)
{
	const struct imap_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* True when b begins inside a or right behind it. */
static bool
touches(struct imap_range a, struct imap_range b)
{
	return b.first >= a.first &&
	       (b.first <= a.last || b.first - a.last == 1);
}

void
imap_set_sort(struct imap_set *s)
{
	size_t i, kept = 0;

	if (s->sorted)
		return;
	qsort(s->at, s->count, sizeof(*s->at), range_cmp);
	for (i = 1; i < s->count; i++) {
		if (!touches(s->at[kept], s->at[i]))
			s->at[++kept] = s->at[i];
		else if (s->at[i].last > s->at[kept].last)
			s->at[kept].last = s->at[i].last;
	}
	s->count = kept + 1;
	s->sorted = true;
}

/* Sorting must free a good part, or a hostile order would make us sort again
 * for every number. */
static bool
make_room(struct imap_set *s)
{
	if (s->count == IMAP_RANGES_MAX) {
		imap_set_sort(s);
		if (s->count > IMAP_RANGES_MAX - IMAP_RANGES_MAX / 4)
			return false;
	}
	if (s->count < s->cap)
		return true;
	s->cap = s->cap > 0 ? s->cap * 2 : 16;
	s->at = mem_grow(s->at, s->cap, sizeof(*s->at));
	return true;
}

/* Servers mostly count upwards: the usual number lengthens the last range. */
bool
imap_set_add(struct imap_set *s, uint32_t a, uint32_t b)
{
	struct imap_range r = {a < b ? a : b, a < b ? b : a}, *last;

	if (r.first == 0)
		return false;
	last = s->count > 0 ? &s->at[s->count - 1] : NULL;
	if (last != NULL && touches(*last, r)) {
		if (r.last > last->last)
			last->last = r.last;
		return true;
	}
	if (!make_room(s))
		return false;
	if (s->count > 0 && r.first <= s->at[s->count - 1].last)
		s->sorted = false;
	s->at[s->count++] = r;
	return true;
}

static bool
parse_number(struct str text, uint32_t *out)
{
	uint64_t n;

	if (str_eq(text, STR("*")))
		n = UINT32_MAX;
	else if (!str_to_u64(text, &n))
		return false;
	*out = (uint32_t)n;
	return n > 0 && n <= UINT32_MAX;
}

bool
imap_set_parse(struct imap_set *s, struct str text)
{
	struct str piece;
	uint32_t a, b;
	size_t colon;

	if (text.n == 0 || text.p[text.n - 1] == ',')
		return false;
	while (str_cut(&text, ',', &piece)) {
		colon = str_chr(piece, ':');
		if (colon == STR_NOWHERE)
			colon = piece.n;
		if (!parse_number(str_sub(piece, 0, colon), &a))
			return false;
		b = a;
		if (colon < piece.n &&
		    !parse_number(str_from(piece, colon + 1), &b))
			return false;
		if (!imap_set_add(s, a, b))
			return false;
	}
	imap_set_sort(s);
	return true;
}

bool
imap_set_has(struct imap_set *s, uint32_t n)
{
	size_t low = 0, high, middle;

	imap_set_sort(s);
	for (high = s->count; low < high;) {
		middle = low + (high - low) / 2;
		if (n < s->at[middle].first)
			high = middle;
		else if (n > s->at[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static uint64_t
range_size(struct imap_range r)
{
	return (uint64_t)r.last - r.first + 1;
}

uint64_t
imap_set_size(struct imap_set *s)
{
	uint64_t n = 0;
	size_t i;

	imap_set_sort(s);
	for (i = 0; i < s->count; i++)
		n += range_size(s->at[i]);
	return n;
}

uint32_t
imap_set_max(struct imap_set *s)
{
	imap_set_sort(s);
	return s->count > 0 ? s->at[s->count - 1].last : 0;
}

static void
drop_ranges(struct imap_set *s, size_t n)
{
	if (n == 0)
		return;
	s->count -= n;
	memmove(s->at, s->at + n, s->count * sizeof(*s->at));
}

bool
imap_set_take(struct imap_set *s, uint64_t size_max, struct imap_set *out)
{
	size_t whole = 0;
	struct imap_range r;
	bool fits = true;

	imap_set_reset(out);
	imap_set_sort(s);
	while (fits && size_max > 0 && whole < s->count) {
		r = s->at[whole];
		if (range_size(r) > size_max) {
			r.last = r.first + (uint32_t)size_max - 1;
			s->at[whole].first = r.last + 1;
		} else {
			whole++;
		}
		size_max -= range_size(r);
		fits = imap_set_add(out, r.first, r.last);
	}
	drop_ranges(s, whole);
	return out->count > 0;
}

void
imap_set_drop_below(struct imap_set *s, uint32_t n)
{
	size_t whole = 0;

	imap_set_sort(s);
	while (whole < s->count && s->at[whole].last < n)
		whole++;
	drop_ranges(s, whole);
	if (s->count > 0 && s->at[0].first < n)
		s->at[0].first = n;
}

void
imap_set_write(struct imap_set *s, struct buf *out)
{
	size_t i;

	imap_set_sort(s);
	for (i = 0; i < s->count; i++) {
		buf_printf(out, "%s%u", i > 0 ? "," : "", s->at[i].first);
		if (s->at[i].last > s->at[i].first)
			buf_printf(out, ":%u", s->at[i].last);
	}
}
