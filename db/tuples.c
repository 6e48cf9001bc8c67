#include "db/tuples.h"

#include "db/binary.h"
#include "lib/base/err.h"

/* Signature, flags, length of a header extension. */
static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
#define HEAD_SIZE 19

void
tuples_init(struct tuples *t, size_t max)
{
	buf_init(&t->out, max);
}

void
tuples_release(struct tuples *t)
{
	buf_release(&t->out);
}

void
tuples_begin(struct tuples *t)
{
	buf_reset(&t->out);
	buf_add(&t->out, head, HEAD_SIZE);
}

void
tuples_row(struct tuples *t, int columns)
{
	char p[2];

	binary_put16(p, (int16_t)columns);
	buf_add(&t->out, p, sizeof(p));
}

void
tuples_smallint(struct tuples *t, int v)
{
	char p[6];

	binary_put16(binary_put32(p, 2), (int16_t)v);
	buf_add(&t->out, p, sizeof(p));
}

void
tuples_bigint(struct tuples *t, int64_t v)
{
	char p[12];

	binary_put64(binary_put32(p, 8), v);
	buf_add(&t->out, p, sizeof(p));
}

void
tuples_time(struct tuples *t, int64_t us)
{
	tuples_bigint(t, us - BINARY_EPOCH_US);
}

void
tuples_text(struct tuples *t, struct str s)
{
	char p[4];

	if (s.p == NULL) {
		tuples_null(t);
		return;
	}
	binary_put32(p, (uint32_t)s.n);
	buf_add(&t->out, p, sizeof(p));
	buf_str(&t->out, s);
}

void
tuples_null(struct tuples *t)
{
	char p[4];

	binary_put32(p, UINT32_MAX);
	buf_add(&t->out, p, sizeof(p));
}

void
tuples_jsonb(struct tuples *t, struct str json)
{
	char p[5];

	*binary_put32(p, (uint32_t)json.n + 1) = 1; /* the format's version */
	buf_add(&t->out, p, sizeof(p));
	buf_str(&t->out, json);
}

struct str
tuples_so_far(const struct tuples *t)
{
	return buf_view(&t->out);
}

void
tuples_go_on(struct tuples *t)
{
	if (t->out.full)
		BUG("rows of more than %zu bytes", t->out.max);
	buf_reset(&t->out);
}

struct str
tuples_end(struct tuples *t)
{
	tuples_row(t, -1);
	if (t->out.full)
		BUG("rows of more than %zu bytes", t->out.max);
	return buf_view(&t->out);
}
