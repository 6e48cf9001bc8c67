/*
 * liquid_source.c - where in the template or in which snippet.
 *
 * Offsets run through all sources of a program: that of the template, then
 * one for each taking in of a snippet.
 */
#include "templates/liquid/liquid_compiler.h"

#include "lib/base/mem.h"

#include <unistr.h>

void
liquid_position(struct liquid_error *error, struct str source, size_t at)
{
	size_t i;

	error->line = error->column = 1;
	for (i = 0; i < at && i < source.n; i++) {
		if (source.p[i] == '\n') {
			error->line++;
			error->column = 1;
		} else if (((unsigned char)source.p[i] & 0xc0) != 0x80) {
			error->column++;
		}
	}
}

const struct liquid_source *
liquid_source_of(const struct liquid *p, uint32_t at)
{
	uint32_t low = 0, high = p->source_count, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (p->sources[middle].base <= at)
			low = middle;
		else
			high = middle;
	}
	return &p->sources[low];
}

/* What was cut inside of a character is text all the same. */
static void
make_utf8(char *text)
{
	uint8_t *p = (uint8_t *)text;
	size_t n = strlen(text);
	ucs4_t c;
	int length;

	while (n > 0) {
		length = u8_mbtoucr(&c, p, n);
		if (length < 1) {
			*p = '?';
			length = 1;
		}
		p += length;
		n -= (size_t)length;
	}
}

void
liquid_locate(const struct liquid *p, uint32_t at, struct liquid_error *error)
{
	const struct liquid_source *s = liquid_source_of(p, at);
	char text[sizeof(error->text)];
	struct str name = s->name;

	make_utf8(error->text);
	liquid_position(error, s->text, at - s->base);
	if (s->base == 0 || error->aborted)
		return;
	memcpy(text, error->text, sizeof(text));
	if (name.n > 60)
		name.n = 60;
	snprintf(error->text, sizeof(error->text),
	    "snippet '%.*s' line %d, column %d: %.100s", STR_ARG(name),
	    error->line, error->column, text);
	make_utf8(error->text);
	while (s->base > 0) {
		at = s->from;
		s = liquid_source_of(p, at);
	}
	liquid_position(error, s->text, at - s->base);
}

/* Snippets that are taken in often are kept once. */
static struct str
kept(struct liquid *p, struct str name, struct str text)
{
	uint32_t i;

	for (i = 1; i < p->source_count; i++)
		if (str_eq(p->sources[i].name, name))
			return p->sources[i].text;
	return arena_dup(&p->memory, text);
}

bool
liquid_source_add(struct liquid_compiler *c, struct str name, struct str text)
{
	struct liquid *p = c->program;
	struct liquid_source *s;
	uint32_t base = 0;

	if (p->source_count > 0) {
		s = &p->sources[p->source_count - 1];
		base = s->base + (uint32_t)s->text.n + 1;
	}
	if (p->source_count == LIQUID_INCLUDES_MAX)
		return liquid_compile_fail(c, c->piece.at,
		    "takes in more than %d snippets", LIQUID_INCLUDES_MAX);
	if (text.n > LIQUID_SOURCES_MAX - base)
		return liquid_compile_fail(c, c->piece.at,
		    "larger than %u bytes with its snippets",
		    LIQUID_SOURCES_MAX);
	if (p->source_count == p->source_cap) {
		p->source_cap = p->source_cap > 0 ? 2 * p->source_cap : 4;
		p->sources =
		    mem_grow(p->sources, p->source_cap, sizeof(*p->sources));
	}
	s = &p->sources[p->source_count];
	*s = (struct liquid_source){
	    .name = name,
	    .text = kept(p, name, text),
	    .base = base,
	    .from = p->source_count > 0 ? liquid_source_at(c, c->piece.at) : 0,
	};
	c->source = p->source_count++;
	liquid_scan_init(&c->scan, s->text);
	return true;
}

uint32_t
liquid_source_at(const struct liquid_compiler *c, const char *p)
{
	const struct liquid_source *s = &c->program->sources[c->source];

	return s->base + (uint32_t)(p - s->text.p);
}
