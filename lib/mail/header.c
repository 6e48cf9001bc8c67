#include "lib/mail/header.h"

#include "lib/mail/encoded_word.h"
#include "lib/mail/fold.h"

#define NAME_MAX 76 /* so that every continuation can be a full line */
/* A word longer than that is encoded rather than written as it is. */
#define WORD_PLAIN_MAX 900

bool
header_text_ok(struct str text)
{
	static const struct str breaks[] = {
	    STR("\xc2\x85"),     /* U+0085 */
	    STR("\xe2\x80\xa8"), /* U+2028 */
	    STR("\xe2\x80\xa9"), /* U+2029 */
	};
	size_t i;

	if (str_is_printable(text))
		return true;
	if (str_has_control(text) || !str_is_utf8(text))
		return false;
	for (i = 0; i < ARRAY_LEN(breaks); i++)
		if (str_find(text, breaks[i]) != STR_NOWHERE)
			return false;
	return true;
}

/* One field on its way into `out`. */
struct field {
	struct fold fold;
	const char *name;
	size_t start, value; /* offsets in fold.out */
};

static bool
name_ok(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
			return false;
	return i > 0 && i <= NAME_MAX;
}

static bool
field_open(struct field *f, struct buf *out, const char *name, struct err *err)
{
	*f =
	    (struct field){.fold = {.out = out}, .name = name, .start = out->n};
	if (!name_ok(name))
		return err_set(err, FAIL_INPUT, "not a header field's name");
	fold_add(&f->fold, str_of(name));
	fold_add(&f->fold, STR(":"));
	f->value = out->n;
	return true;
}

/* Takes back what was written of a field that cannot be. */
static bool
field_fail(struct field *f, enum fail kind, const char *why, struct err *err)
{
	buf_truncate(f->fold.out, f->start);
	return err_set(err, kind, "header %s: %s", f->name, why);
}

static bool
field_close(struct field *f, struct err *err)
{
	struct buf *out = f->fold.out;
	size_t value_n = out->n - f->value - 2 * f->fold.breaks;

	fold_add(&f->fold, STR("\r\n"));
	if (out->full)
		return field_fail(f, FAIL_LIMIT, "no room for it", err);
	if (value_n > HEADER_VALUE_MAX + 1) /* the blank after the colon */
		return field_fail(f, FAIL_LIMIT, "longer than 8192 octets",
		    err);
	return true;
}

/* Fit to be written as it is: ASCII, words that fold, and nothing that a
 * reader would take for an encoded-word. */
static bool
is_plain(struct str text)
{
	size_t i, stretch = 0;

	for (i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] >= 0x80)
			return false;
		if (text.p[i] == ' ' && i > 0 && text.p[i - 1] != ' ')
			stretch = 0;
		if (++stretch > WORD_PLAIN_MAX)
			return false;
	}
	return str_find(text, STR("=?")) == STR_NOWHERE;
}

bool
header_text(struct buf *out, const char *name, struct str text, struct err *err)
{
	struct field f;

	if (!field_open(&f, out, name, err))
		return false;
	if (!header_text_ok(text))
		return field_fail(&f, FAIL_INPUT,
		    "a control character or invalid UTF-8", err);
	if (text.n > HEADER_VALUE_MAX)
		return field_fail(&f, FAIL_LIMIT, "longer than 8192 octets",
		    err);
	text = str_trim(text);
	if (!is_plain(text))
		encoded_words(&f.fold, text);
	else if (!fold_words(&f.fold, text))
		return field_fail(&f, FAIL_LIMIT, "a word is too long", err);
	return field_close(&f, err);
}

bool
header_raw(struct buf *out, const char *name, struct str value, struct err *err)
{
	struct field f;

	if (!field_open(&f, out, name, err))
		return false;
	if (!str_is_printable(value))
		return field_fail(&f, FAIL_INPUT,
		    "a byte that is not printable ASCII", err);
	if (!fold_words(&f.fold, str_trim(value)))
		return field_fail(&f, FAIL_LIMIT, "a word is too long", err);
	return field_close(&f, err);
}

/* Atoms with single blanks between them need no quotes. */
static bool
is_atoms(struct str text)
{
	static const bool special[256] = {
	    ['('] = true,
	    [')'] = true,
	    ['<'] = true,
	    ['>'] = true,
	    ['['] = true,
	    [']'] = true,
	    [':'] = true,
	    [';'] = true,
	    ['@'] = true,
	    ['\\'] = true,
	    [','] = true,
	    ['.'] = true,
	    ['"'] = true,
	};
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == ' ' && text.p[i - 1] == ' ')
			return false;
		if (special[(unsigned char)text.p[i]])
			return false;
	}
	return true;
}

static void
quoted_string(struct fold *f, struct str text)
{
	size_t i;

	fold_add(f, STR("\""));
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			fold_add(f, STR("\\"));
		fold_add(f, str_sub(text, i, 1));
	}
	fold_add(f, STR("\""));
}

/* phrase of RFC 5322, 3.2.5: atoms, a quoted string, or encoded-words where
 * neither will do or fit a line. */
static void
phrase(struct fold *f, struct str text)
{
	size_t width = text.n + 2, i;

	for (i = 0; i < text.n; i++)
		width += text.p[i] == '"' || text.p[i] == '\\';
	if (!is_plain(text) || width >= FOLD_LINE) {
		encoded_words(f, text);
		return;
	}
	fold_gap(f, 1, width, FOLD_LINE);
	if (is_atoms(text))
		fold_add(f, text);
	else
		quoted_string(f, text);
}

bool
header_mailbox(struct buf *out, const char *name, struct str display,
    const struct address *address, struct err *err)
{
	struct str spec = address_text(address);
	struct field f;

	if (!field_open(&f, out, name, err))
		return false;
	if (!header_text_ok(display))
		return field_fail(&f, FAIL_INPUT,
		    "a control character or invalid UTF-8", err);
	if (display.n > HEADER_VALUE_MAX)
		return field_fail(&f, FAIL_LIMIT, "longer than 8192 octets",
		    err);
	display = str_trim(display);
	if (display.n == 0) {
		fold_gap(&f.fold, 1, spec.n, FOLD_LINE);
		fold_add(&f.fold, spec);
		return field_close(&f, err);
	}
	phrase(&f.fold, display);
	fold_gap(&f.fold, 1, spec.n + 2, FOLD_LINE);
	fold_add(&f.fold, STR("<"));
	fold_add(&f.fold, spec);
	fold_add(&f.fold, STR(">"));
	return field_close(&f, err);
}
