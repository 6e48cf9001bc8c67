/*
 * json.c - JSON (RFC 8259) to values, in one pass.
 *
 *   value  = object / array / string / number / "true" / "false" / "null"
 *   object = "{" [ string ":" value *( "," string ":" value ) ] "}"
 *   array  = "[" [ value *( "," value ) ] "]"
 *
 * Members of containers that are still open lie on one stack; a container
 * that closes is copied from its top to its final place.
 */
#include "templates/liquid/plain_run.h"
#include "templates/liquid/value_number.h"

#include <math.h>

#define STACK_FIRST 64
#define NUMBER_MAX  VALUE_DIGITS_MAX /* characters of a number */

struct json {
	const char *start, *p, *end;
	struct arena *arena;
	struct value_member *stack;
	uint32_t used, cap;
	int depth;
	struct err *err;
};

static bool parse_value(struct json *j, struct value *out);

static bool
fail(const struct json *j, const char *what)
{
	return err_set(j->err, FAIL_INPUT, "JSON at byte %zu: %s",
	    (size_t)(j->p - j->start) + 1, what);
}

static bool
full(const struct json *j)
{
	return err_set(j->err, FAIL_LIMIT, "JSON: needs too much memory");
}

static void
skip_blanks(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' ||
				    *j->p == '\t' || *j->p == '\r'))
		j->p++;
}

/* The next byte after blanks, 0 at the end. */
static char
peek(struct json *j)
{
	skip_blanks(j);
	return j->p < j->end ? *j->p : '\0';
}

static bool
push(struct json *j, struct str key, struct value v)
{
	struct value_member *bigger;
	uint32_t cap;

	if (j->used == j->cap) {
		cap = j->cap > 0 ? 2 * j->cap : STACK_FIRST;
		bigger = arena_try(j->arena, cap * sizeof(*bigger));
		if (bigger == NULL)
			return full(j);
		if (j->used > 0)
			memcpy(bigger, j->stack, j->used * sizeof(*bigger));
		j->stack = bigger;
		j->cap = cap;
	}
	j->stack[j->used++] = (struct value_member){key, v};
	return true;
}

static bool
hex4(struct json *j, uint32_t *out)
{
	int i;

	*out = 0;
	for (i = 0; i < 4; i++, j->p++) {
		char c = j->p < j->end ? *j->p : '\0';

		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*out = *out << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return fail(j, "\\u needs four hex digits");
	}
	return true;
}

static char *
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* After "\u"; a surrogate is right only as the first half of a pair. */
static bool
unicode_escape(struct json *j, char **to)
{
	uint32_t c, low;

	if (!hex4(j, &c))
		return false;
	if (c >= 0xd800 && c < 0xe000) {
		if (c >= 0xdc00 || j->end - j->p < 2 || j->p[0] != '\\' ||
		    j->p[1] != 'u')
			return fail(j, "surrogate without its other half");
		j->p += 2;
		if (!hex4(j, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(j, "surrogate without its other half");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*to = put_utf8(*to, c);
	return true;
}

/* At a backslash. */
static bool
escape(struct json *j, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c = j->end - j->p >= 2 ? j->p[1] : '\0';

	if (c == 'u') {
		j->p += 2;
		return unicode_escape(j, to);
	}
	found = c != '\0' ? strchr(from, c) : NULL;
	if (found == NULL)
		return fail(j, "unknown escape");
	*(*to)++ = into[found - from];
	j->p += 2;
	return true;
}

/* A string with escapes: never longer than it is written.  `n` bytes of it
 * have been seen to be plain. */
static bool
escaped_string(struct json *j, size_t n, bool *high, struct str *out)
{
	char *to, *start;
	const char *end = j->p + n;

	while (end < j->end && *end != '"')
		end += *end == '\\' ? 2 : 1;
	if (end > j->end)
		end = j->end;
	start = to = arena_try(j->arena, (size_t)(end - j->p) + 1);
	if (to == NULL)
		return full(j);
	for (;;) {
		memcpy(to, j->p, n);
		to += n;
		j->p += n;
		if (j->p >= j->end || *j->p != '\\')
			break;
		if (!escape(j, &to))
			return false;
		n = plain_run_json(j->p, (size_t)(j->end - j->p), high);
	}
	*out = (struct str){start, (size_t)(to - start)};
	return true;
}

/* At the opening quote. */
static bool
parse_string(struct json *j, struct str *out)
{
	bool high = false;
	size_t n;

	*out = STR_NONE;
	j->p++;
	n = plain_run_json(j->p, (size_t)(j->end - j->p), &high);
	if (j->p + n < j->end && j->p[n] == '\\') {
		if (!escaped_string(j, n, &high, out))
			return false;
	} else {
		*out = (struct str){j->p, n};
		j->p += n;
	}
	if (j->p == j->end)
		return fail(j, "string is not closed");
	if (*j->p != '"')
		return fail(j, "control character in a string");
	if (high && !str_is_utf8(*out))
		return fail(j, "string is not UTF-8");
	j->p++;
	return true;
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* number = [ "-" ] int [ "." 1*DIGIT ] [ ("e" / "E") [ "-" / "+" ] 1*DIGIT ]
 * Gives the end, or NULL; `whole` when it is an int alone. */
static const char *
number_end(const struct json *j, bool *whole)
{
	const char *p = j->p, *digits;

	p += p < j->end && *p == '-';
	digits = p;
	p = skip_digits(p, j->end);
	if (p == digits || (*digits == '0' && p > digits + 1))
		return NULL;
	*whole = true;
	if (p < j->end && *p == '.') {
		*whole = false;
		digits = ++p;
		p = skip_digits(p, j->end);
		if (p == digits)
			return NULL;
	}
	if (p < j->end && (*p == 'e' || *p == 'E')) {
		*whole = false;
		p++;
		p += p < j->end && (*p == '+' || *p == '-');
		digits = p;
		p = skip_digits(p, j->end);
		if (p == digits)
			return NULL;
	}
	return p;
}

static bool
parse_number(struct json *j, struct value *out)
{
	char text[NUMBER_MAX + 1];
	bool whole = false;
	const char *end = number_end(j, &whole);
	struct str s = {j->p, end != NULL ? (size_t)(end - j->p) : 0};
	int64_t v;

	if (end == NULL)
		return fail(j, "not a value");
	if (s.n > NUMBER_MAX)
		return fail(j, "number is too long");
	j->p = end;
	if (whole && str_to_i64(s, &v)) {
		*out = value_int(v);
		return true;
	}
	if (whole)
		return value_from_digits(out, s, j->arena) || full(j);
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*out = value_float(strtod(text, NULL));
	return isfinite(out->u.real) || fail(j, "number is too large");
}

static bool
parse_word(struct json *j, struct value *out)
{
	static const struct {
		struct str word;
		struct value value;
	} words[] = {
	    {{"true", 4}, {.type = VALUE_BOOL, .u.boolean = true}},
	    {{"false", 5}, {.type = VALUE_BOOL}},
	    {{"null", 4}, {.type = VALUE_NIL}},
	};
	struct str rest = {j->p, (size_t)(j->end - j->p)};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (str_starts(rest, words[i].word)) {
			j->p += words[i].word.n;
			*out = words[i].value;
			return true;
		}
	return parse_number(j, out);
}

/* After an item: true with `more` when a comma follows, else at `close`. */
static bool
next_item(struct json *j, char close, bool *more)
{
	char c = peek(j);

	if (c != ',' && c != close)
		return fail(j, close == ']' ? "expected ',' or ']'"
					    : "expected ',' or '}'");
	j->p++;
	*more = c == ',';
	return true;
}

static bool
close_array(struct json *j, uint32_t first, struct value *out)
{
	uint32_t i, n = j->used - first;
	struct value *items = arena_try(j->arena, n * sizeof(*items));

	if (items == NULL)
		return full(j);
	for (i = 0; i < n; i++)
		items[i] = j->stack[first + i].value;
	j->used = first;
	*out = value_array(items, n);
	return true;
}

static bool
parse_array(struct json *j, struct value *out)
{
	uint32_t first = j->used;
	bool more = true;
	struct value v;

	j->p++;
	if (peek(j) == ']') {
		j->p++;
		more = false;
	}
	while (more)
		if (!parse_value(j, &v) || !push(j, STR_NONE, v) ||
		    !next_item(j, ']', &more))
			return false;
	return close_array(j, first, out);
}

static bool
parse_member(struct json *j)
{
	struct str key;
	struct value v;

	if (peek(j) != '"')
		return fail(j, "expected a key in quotes");
	if (!parse_string(j, &key))
		return false;
	if (peek(j) != ':')
		return fail(j, "expected ':'");
	j->p++;
	return parse_value(j, &v) && push(j, key, v);
}

static bool
parse_object(struct json *j, struct value *out)
{
	uint32_t first = j->used;
	bool more = true;

	j->p++;
	if (peek(j) == '}') {
		j->p++;
		more = false;
	}
	while (more)
		if (!parse_member(j) || !next_item(j, '}', &more))
			return false;
	if (j->used - first > VALUE_MEMBERS_MAX)
		return fail(j, "object has too many members");
	if (j->used == first) {
		*out = value_object(NULL, 0);
		return true;
	}
	if (!value_build(out, j->stack + first, j->used - first, j->arena))
		return full(j);
	j->used = first;
	return true;
}

static bool
parse_value(struct json *j, struct value *out)
{
	struct str s;
	bool ok;
	char c = peek(j);

	if (c == '"') {
		if (!parse_string(j, &s))
			return false;
		*out = value_string(s);
		return true;
	}
	if (c != '{' && c != '[')
		return parse_word(j, out);
	if (++j->depth > VALUE_DEPTH_MAX)
		return fail(j, "nested too deep");
	ok = c == '{' ? parse_object(j, out) : parse_array(j, out);
	j->depth--;
	return ok;
}

bool
value_from_json(struct value *out, struct str json, struct arena *a,
    struct err *err)
{
	struct json j = {.arena = a, .err = err};

	if (json.n > VALUE_JSON_MAX)
		return err_set(err, FAIL_LIMIT, "JSON: more than %u bytes",
		    VALUE_JSON_MAX);
	if (json.n == 0)
		return err_set(err, FAIL_INPUT, "JSON: empty");
	j.start = j.p = json.p;
	j.end = json.p + json.n;
	if (!parse_value(&j, out))
		return false;
	skip_blanks(&j);
	return j.p == j.end || fail(&j, "something follows the value");
}
