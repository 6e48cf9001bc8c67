#include "api/form.h"

#include "api/url.h"
#include "lib/mail/header.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */

/* The value of a parameter behind a header's first word:
 * form-data; name="scope" */
static struct str
parameter(struct str header, const char *name)
{
	struct str piece, value;
	size_t equals;

	while (str_cut(&header, ';', &piece)) {
		equals = str_chr(piece, '=');
		if (equals == STR_NOWHERE ||
		    !str_eq_nocase(str_trim(str_sub(piece, 0, equals)),
			str_of(name)))
			continue;
		value = str_trim(str_from(piece, equals + 1));
		if (value.n >= 2 && value.p[0] == '"' &&
		    value.p[value.n - 1] == '"')
			value = str_sub(value, 1, value.n - 2);
		return value;
	}
	return STR_NONE;
}

static struct str
urlencoded_field(struct arena *a, struct str body, struct str want)
{
	struct str piece, name, value;
	size_t equals;

	while (str_cut(&body, '&', &piece)) {
		equals = str_chr(piece, '=');
		if (equals != STR_NOWHERE &&
		    url_decode(a, str_sub(piece, 0, equals), true, &name) &&
		    str_eq(name, want) &&
		    url_decode(a, str_from(piece, equals + 1), true, &value))
			return value;
	}
	return STR_NONE;
}

/* Cuts off what stands before the next delimiter; false when there is none
 * any more. */
static bool
next_part(struct str *body, struct str delimiter, struct str *part)
{
	size_t end = str_find(*body, delimiter);

	if (end == STR_NOWHERE)
		return false;
	*part = str_sub(*body, 0, end);
	*body = str_from(*body, end + delimiter.n);
	return true;
}

/* "...\r\n" behind a delimiter, header fields, an empty line, the value and
 * the line end that belongs to the next delimiter. */
static bool
part_is_named(struct arena *a, struct str *part, struct str want)
{
	struct str value, name = STR_NONE;
	struct header_field field;

	*part = str_from(*part, str_find(*part, STR("\n")) + 1);
	while (header_next(part, &field)) {
		value = header_unfold(field.value, a);
		if (str_eq_nocase(field.name, STR("Content-Disposition")))
			name = parameter(value, "name");
	}
	if (str_ends(*part, STR("\n")))
		part->n--;
	if (str_ends(*part, STR("\r")))
		part->n--;
	return name.p != NULL && str_eq(name, want);
}

static struct str
multipart_field(struct arena *a, struct str type, struct str body,
    struct str want)
{
	struct str boundary = parameter(type, "boundary"), delimiter, part;

	if (boundary.n == 0 || boundary.n > BOUNDARY_MAX)
		return STR_NONE;
	delimiter = arena_printf(a, "--%.*s", STR_ARG(boundary));
	if (!next_part(&body, delimiter, &part)) /* the preamble */
		return STR_NONE;
	while (next_part(&body, delimiter, &part))
		if (part_is_named(a, &part, want))
			return part;
	return STR_NONE;
}

struct str
form_field(struct arena *a, struct str type, struct str body, const char *name)
{
	struct str kind = str_trim(str_sub(type, 0, str_chr(type, ';')));
	struct str value = STR_NONE;

	if (kind.n == 0 ||
	    str_eq_nocase(kind, STR("application/x-www-form-urlencoded")))
		value = urlencoded_field(a, body, str_of(name));
	else if (str_eq_nocase(kind, STR("multipart/form-data")))
		value = multipart_field(a, type, body, str_of(name));
	if (!str_is_utf8(value) || str_has_control(value))
		return STR_NONE;
	return value;
}
