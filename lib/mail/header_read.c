#include "lib/mail/header.h"

#include "lib/mail/encoded_word.h"

/* Octets of the first line of `text`, its line end included. */
static size_t
line_len(struct str text)
{
	size_t end = str_chr(text, '\n');

	return end == STR_NOWHERE ? text.n : end + 1;
}

static bool
is_continued(struct str rest)
{
	return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

static struct str
without_line_end(struct str line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* field-name [blanks] ":"; the blanks are of RFC 5322, 4.5. */
static bool
field_split(struct str text, struct header_field *field)
{
	size_t i = 0;

	while (i < text.n && text.p[i] > ' ' && text.p[i] <= '~' &&
	       text.p[i] != ':')
		i++;
	field->name = str_sub(text, 0, i);
	while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\t'))
		i++;
	if (field->name.n == 0 || i == text.n || text.p[i] != ':')
		return false;
	field->value = str_from(text, i + 1);
	return true;
}

bool
header_next(struct str *block, struct header_field *field)
{
	struct str text;
	size_t n;

	while (block->n > 0) {
		n = line_len(*block);
		if (without_line_end(str_sub(*block, 0, n)).n == 0) {
			*block = str_from(*block, n);
			return false;
		}
		while (is_continued(str_from(*block, n)))
			n += line_len(str_from(*block, n));
		text = without_line_end(str_sub(*block, 0, n));
		*block = str_from(*block, n);
		if (field_split(text, field))
			return true;
	}
	return false;
}

struct str
header_unfold(struct str value, struct arena *a)
{
	char *out = arena_try(a, value.n + 1);
	size_t i, n = 0;

	if (out == NULL)
		return STR_NONE;
	value = str_trim(value);
	for (i = 0; i < value.n; i++)
		if (value.p[i] != '\r' && value.p[i] != '\n')
			out[n++] = value.p[i];
	out[n] = '\0';
	return (struct str){out, n};
}

struct str
header_get(struct str block, const char *name, struct arena *a)
{
	struct header_field field;

	while (header_next(&block, &field))
		if (str_eq_nocase(field.name, str_of(name)))
			return header_unfold(field.value, a);
	return STR_NONE;
}

/* What was encoded to hide a line break or worse comes out as a blank. */
static void
blank_controls(struct buf *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if ((unsigned char)b->p[i] < 0x20 || b->p[i] == 0x7f)
			b->p[i] = ' ';
}

struct str
header_decode(struct str value, struct arena *a)
{
	struct str text = STR_NONE;
	struct buf out;
	char *copy;

	/* One octet becomes one character of at most three octets. */
	buf_init(&out, 3 * value.n);
	encoded_words_decode(&out, value);
	blank_controls(&out);
	copy = arena_try(a, out.n + 1);
	if (copy != NULL) {
		memcpy(copy, buf_cstr(&out), out.n + 1);
		text = (struct str){copy, out.n};
	}
	buf_release(&out);
	return text;
}
