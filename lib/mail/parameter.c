#include "lib/mail/parameter.h"

#define ROOM         (FOLD_LINE - 2) /* a blank before, a ';' behind */
#define FALLBACK_MAX 40              /* letters of the ASCII form */
#define ENDING_MAX   8               /* of them for ".pdf" */

static const char hex_upper[] = "0123456789ABCDEF";

/* attribute-char of RFC 2231, 7 */
static bool
is_attribute_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$&+-.^_`{}|~", c) != NULL);
}

/* May stand between quotes as it is. */
static bool
is_quotable(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static bool
is_plain(struct str value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (!is_quotable(value.p[i]))
			return false;
	/* some readers decode encoded-words here, though none may be */
	return str_find(value, STR("=?")) == STR_NOWHERE;
}

static void
put(struct fold *f, struct str piece)
{
	fold_add(f, STR(";"));
	fold_gap(f, 1, piece.n + 1, FOLD_LINE);
	fold_add(f, piece);
}

static void
put_quoted(struct fold *f, const char *name, struct str value)
{
	struct buf piece;

	buf_init(&piece, ROOM + value.n);
	buf_printf(&piece, "%s=\"%.*s\"", name, STR_ARG(value));
	put(f, buf_view(&piece));
	buf_release(&piece);
}

/* Length of the character at the start of valid UTF-8. */
static size_t
char_len(struct str text)
{
	size_t n = 1;

	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Writes one character; how many octets that are. */
static size_t
put_char(char *to, struct str c)
{
	size_t i, n = 0;

	if (c.n == 1 && is_attribute_char(c.p[0])) {
		to[0] = c.p[0];
		return 1;
	}
	for (i = 0; i < c.n; i++) {
		to[n++] = '%';
		to[n++] = hex_upper[(unsigned char)c.p[i] >> 4];
		to[n++] = hex_upper[(unsigned char)c.p[i] & 15];
	}
	return n;
}

/* As many whole characters as `room` octets hold, taken off `value`. */
static void
put_chars(struct buf *piece, struct str *value, size_t room)
{
	char encoded[12];
	size_t n, length;

	while (value->n > 0) {
		length = char_len(*value);
		n = put_char(encoded, str_sub(*value, 0, length));
		if (piece->n + n > room)
			break;
		buf_add(piece, encoded, n);
		*value = str_from(*value, length);
	}
}

static void
put_extended(struct fold *f, const char *name, struct str value)
{
	struct str rest = value;
	struct buf piece;
	int section;

	buf_init(&piece, ROOM);
	buf_printf(&piece, "%s*=UTF-8''", name);
	put_chars(&piece, &rest, ROOM);
	if (rest.n == 0) {
		put(f, buf_view(&piece));
		buf_release(&piece);
		return;
	}
	rest = value;
	for (section = 0; rest.n > 0; section++) {
		buf_reset(&piece);
		buf_printf(&piece, "%s*%d*=%s", name, section,
		    section == 0 ? "UTF-8''" : "");
		put_chars(&piece, &rest, ROOM);
		put(f, buf_view(&piece));
	}
	buf_release(&piece);
}

/* Letters of a value, its end kept as it tells the kind of a file. */
static void
put_fallback(struct fold *f, const char *name, struct str value)
{
	char text[FALLBACK_MAX];
	size_t i, n = 0, length = 0, skip_from = 0, skip_to = 0;

	for (i = 0; i < value.n; i += char_len(str_from(value, i)))
		length++;
	if (length > FALLBACK_MAX) {
		skip_from = FALLBACK_MAX - ENDING_MAX;
		skip_to = length - ENDING_MAX;
	}
	for (i = 0, length = 0; i < value.n; length++) {
		if (length < skip_from || length >= skip_to)
			text[n++] = is_quotable(value.p[i]) && value.p[i] != '?'
					? value.p[i]
					: '_';
		i += char_len(str_from(value, i));
	}
	put_quoted(f, name, (struct str){text, n});
}

void
parameter_write(struct fold *f, const char *name, struct str value)
{
	if (is_plain(value) && strlen(name) + value.n + 3 <= ROOM) {
		put_quoted(f, name, value);
		return;
	}
	put_extended(f, name, value);
	put_fallback(f, name, value);
}
