#include "bounce/imap_command.h"

#include "bounce/imap_date.h"
#include "bounce/imap_response.h"
#include "bounce/imap_utf7.h"
#include "lib/base/encode.h"

#include <assert.h>

void
imap_command_init(struct imap_command *c)
{
	*c = (struct imap_command){.waits = 0};
	buf_init(&c->bytes, IMAP_COMMAND_MAX);
}

void
imap_command_release(struct imap_command *c)
{
	buf_wipe(&c->bytes);
	imap_command_init(c);
}

void
imap_command_begin(struct imap_command *c, const char *tag, unsigned features)
{
	imap_command_release(c);
	c->features = features;
	buf_puts(&c->bytes, tag);
}

static void
fail(struct imap_command *c, const char *what)
{
	if (c->failure.kind == FAIL_NONE)
		err_set(&c->failure, FAIL_INPUT, "imap command: %s", what);
}

/* Every blank of a command comes from here, but those inside of words. */
static void
blank(struct imap_command *c)
{
	if (c->bytes.n > 0 && c->bytes.p[c->bytes.n - 1] != '(')
		buf_char(&c->bytes, ' ');
}

void
imap_command_open(struct imap_command *c)
{
	blank(c);
	buf_char(&c->bytes, '(');
}

void
imap_command_close(struct imap_command *c)
{
	buf_char(&c->bytes, ')');
}

void
imap_command_word(struct imap_command *c, struct str word)
{
	assert(!str_has_control(word));
	blank(c);
	buf_str(&c->bytes, word);
}

/* ATOM-CHAR, without ']' (resp-specials) and the wildcards. */
static bool
is_atom(struct str s)
{
	size_t i;

	if (s.n == 0 || s.n > 64 || str_eq_nocase(s, STR("NIL")))
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 ||
		    (unsigned char)s.p[i] >= 0x7f ||
		    str_chr(STR("(){%*\"\\]"), s.p[i]) != STR_NOWHERE)
			return false;
	return true;
}

static void
quoted(struct imap_command *c, struct str s)
{
	size_t i;

	buf_char(&c->bytes, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(&c->bytes, '\\');
		buf_char(&c->bytes, s.p[i]);
	}
	buf_char(&c->bytes, '"');
}

static void
literal(struct imap_command *c, struct str s)
{
	bool at_once = (c->features & IMAP_CAN_LITERAL_PLUS) ||
		       ((c->features & IMAP_CAN_LITERAL_MINUS) &&
			   s.n <= IMAP_LITERAL_MINUS);

	buf_printf(&c->bytes, "{%zu%s}\r\n", s.n, at_once ? "+" : "");
	if (!at_once && c->waits == IMAP_PIECES_MAX - 1)
		fail(c, "too many literals");
	else if (!at_once)
		c->ends[c->waits++] = c->bytes.n;
	buf_str(&c->bytes, s);
}

static void
argument(struct imap_command *c, struct str s, bool atom_fits)
{
	if (str_has_control(s)) {
		fail(c, "argument with a control byte");
		return;
	}
	if (s.n > IMAP_ARGUMENT_MAX) {
		fail(c, "argument too long");
		return;
	}
	blank(c);
	if (atom_fits && is_atom(s))
		buf_str(&c->bytes, s);
	else if (str_is_ascii(s))
		quoted(c, s);
	else
		literal(c, s);
}

void
imap_command_string(struct imap_command *c, struct str text)
{
	argument(c, text, false);
}

/* Names as this server has them; false when it is not UTF-8. */
static bool
put_name(struct buf *wire, struct str name, unsigned can)
{
	if (!imap_names_are_utf8(can))
		return imap_utf7_encode(wire, name);
	buf_str(wire, name);
	return str_is_utf8(name);
}

void
imap_command_mailbox(struct imap_command *c, struct str name)
{
	struct buf wire;

	if (str_has_control(name)) {
		fail(c, "mailbox name with a control byte");
		return;
	}
	buf_init(&wire, IMAP_ARGUMENT_MAX);
	if (!put_name(&wire, name, c->features))
		fail(c, "mailbox name is not UTF-8");
	else if (wire.full || name.n == 0)
		fail(c, "mailbox name empty or too long");
	else
		argument(c, buf_view(&wire), true);
	buf_release(&wire);
}

void
imap_command_number(struct imap_command *c, uint64_t n)
{
	blank(c);
	buf_printf(&c->bytes, "%llu", (unsigned long long)n);
}

void
imap_command_range(struct imap_command *c, uint32_t from)
{
	blank(c);
	buf_printf(&c->bytes, "%u:*", from);
}

void
imap_command_set(struct imap_command *c, struct imap_set *set)
{
	if (set->count == 0)
		fail(c, "empty number set");
	blank(c);
	imap_set_write(set, &c->bytes);
}

void
imap_command_date(struct imap_command *c, int64_t us)
{
	char date[IMAP_DATE_MAX];

	blank(c);
	buf_puts(&c->bytes, imap_date_write(us, date));
}

void
imap_command_base64(struct imap_command *c, struct str bytes)
{
	blank(c);
	if (bytes.n == 0)
		buf_char(&c->bytes, '=');
	else
		base64_encode(&c->bytes, bytes);
}

bool
imap_command_end(struct imap_command *c, struct err *err)
{
	buf_puts(&c->bytes, "\r\n");
	if (c->bytes.full)
		fail(c, "longer than a command may be");
	if (c->failure.kind != FAIL_NONE)
		return err_set(err, c->failure.kind, "%s", c->failure.text);
	c->ends[c->waits] = c->bytes.n;
	c->given = 0;
	return true;
}

bool
imap_command_piece(struct imap_command *c, struct str *piece)
{
	size_t from;

	if (c->given > c->waits || c->bytes.n == 0)
		return false;
	from = c->given > 0 ? c->ends[c->given - 1] : 0;
	*piece = str_sub(buf_view(&c->bytes), from, c->ends[c->given] - from);
	c->given++;
	return true;
}
