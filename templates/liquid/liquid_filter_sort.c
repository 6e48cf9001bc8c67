/*
 * liquid_filter_sort.c - sort and sort_natural, by the items or a property.
 *
 * A merge sort, so that equal ones stay in their order; nil goes last.  The
 * halves are merged as the C library's qsort_r does, which the reference
 * uses: what cannot be compared then fails for the same lists.
 */
#include "templates/liquid/liquid_items.h"

struct row {
	struct value key, item;
	struct str text; /* sort_natural: the key as text */
};

struct sorting {
	struct liquid_run *run;
	bool natural;
	struct row *spare;
};

/* Without regard to the case of ASCII letters. */
static int
order_texts(struct str a, struct str b)
{
	size_t i, n = a.n < b.n ? a.n : b.n;
	unsigned char x, y;

	for (i = 0; i < n; i++) {
		x = (unsigned char)str_lower_char(a.p[i]);
		y = (unsigned char)str_lower_char(b.p[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.n > b.n) - (a.n < b.n);
}

static bool
order(struct sorting *x, const struct row *a, const struct row *b, int *out)
{
	bool a_nil = a->key.type == VALUE_NIL, b_nil = b->key.type == VALUE_NIL;

	*out = a_nil - b_nil;
	if (a_nil || b_nil)
		return liquid_run_charge(x->run, 1);
	if (x->natural) {
		*out = order_texts(a->text, b->text);
		return liquid_run_charge(x->run,
		    1 + a->text.n / LIQUID_BYTES_PER_STEP);
	}
	if (!liquid_order(x->run, a->key, b->key, out))
		return false;
	return *out != LIQUID_NO_ORDER ||
	       liquid_run_fail(x->run,
		   "cannot sort values of incompatible types");
}

static bool
merge(struct sorting *x, struct row *rows, uint32_t n1, uint32_t n)
{
	struct row *left = rows, *right = rows + n1, *to = x->spare;
	struct row *left_end = right, *right_end = rows + n;
	int how;

	while (left < left_end && right < right_end) {
		if (!order(x, left, right, &how))
			return false;
		*to++ = how <= 0 ? *left++ : *right++;
	}
	while (left < left_end)
		*to++ = *left++;
	memcpy(rows, x->spare, (size_t)(to - x->spare) * sizeof(*rows));
	return true;
}

static bool
sort_rows(struct sorting *x, struct row *rows, uint32_t n)
{
	uint32_t half = n / 2;

	return n <= 1 || (sort_rows(x, rows, half) &&
			     sort_rows(x, rows + half, n - half) &&
			     merge(x, rows, half, n));
}

/* The keys; false in *sortable where an item has no properties. */
static bool
read_keys(struct sorting *x, struct row *rows, uint32_t n,
    struct value property, bool *sortable)
{
	enum liquid_property got;
	uint32_t i;

	*sortable = true;
	for (i = 0; *sortable && i < n; i++) {
		rows[i].key = rows[i].item;
		if (property.type == VALUE_NIL)
			continue;
		*sortable = liquid_has_properties(rows[i].item);
	}
	for (i = 0; *sortable && n > 1 && i < n; i++) {
		if (property.type != VALUE_NIL) {
			got = liquid_property(x->run, rows[i].item, property,
			    &rows[i].key);
			if (got != PROPERTY_READ)
				return false;
		}
		if (x->natural &&
		    !liquid_string(x->run, rows[i].key, &rows[i].text))
			return false;
	}
	return true;
}

static bool
write_sorted(struct liquid_call *c, const struct row *rows, uint32_t n)
{
	struct value *to = liquid_items_room(c->run, n);
	uint32_t i;

	if (to == NULL)
		return false;
	for (i = 0; i < n; i++)
		to[i] = rows[i].item;
	c->out = value_array(to, n);
	return true;
}

static bool
sort(struct liquid_call *c, bool natural)
{
	struct sorting x = {.run = c->run, .natural = natural};
	struct liquid_items items;
	struct row *rows;
	bool sortable;
	uint32_t i;

	if (!liquid_items(c->run, c->in, &items))
		return false;
	rows = liquid_run_alloc(c->run, 2 * sizeof(*rows) * items.n);
	if (rows == NULL)
		return false;
	x.spare = rows + items.n;
	for (i = 0; i < items.n; i++)
		rows[i] = (struct row){.item = items.p[i]};
	if (!read_keys(&x, rows, items.n, liquid_call_arg(c, 0), &sortable))
		return false;
	return !sortable ||
	       (sort_rows(&x, rows, items.n) && write_sorted(c, rows, items.n));
}

bool
liquid_filter_sort(struct liquid_call *c)
{
	return sort(c, false);
}

bool
liquid_filter_sort_natural(struct liquid_call *c)
{
	return sort(c, true);
}
