/*
 * liquid_escape.c - how merged values are made safe for where they stand.
 */
#include "templates/entity.h"
#include "templates/liquid_run.h"
#include "templates/one_line.h"

static bool
write_html(struct liquid_run *r, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p, *from = p;
	const unsigned char *end = s.n > 0 ? p + s.n : p;
	struct str entity;

	while (s.n > 0) {
		while (p < end && entity_special[*p] == 0)
			p++;
		if (!liquid_run_write(r, (const char *)from,
			(size_t)(p - from)))
			return false;
		if (p == end)
			return true;
		entity = entity_of((char)*p);
		if (!liquid_run_write(r, entity.p, entity.n))
			return false;
		from = ++p;
	}
	return true;
}

/* On one line: see one_line.h. */
static bool
write_header(struct liquid_run *r, struct str s)
{
	char *line = liquid_run_alloc(r, s.n);

	return line != NULL && liquid_run_write(r, line, one_line(line, s));
}

bool
liquid_write_escaped(struct liquid_run *r, struct str s, enum liquid_escape how)
{
	switch (how) {
	case LIQUID_HTML: return write_html(r, s);
	case LIQUID_HEADER: return write_header(r, s);
	case LIQUID_TEXT:
	case LIQUID_DERIVED: break;
	}
	return liquid_run_write(r, s.p, s.n);
}
