#include "bounce/pop3_command.h"

#include "lib/base/encode.h"

#define CRLF 2

void
pop3_command_init(struct pop3_command *c)
{
	*c = (struct pop3_command){.failure = {FAIL_NONE, ""}};
	buf_init(&c->bytes, POP3_COMMAND_MAX - CRLF);
}

void
pop3_command_release(struct pop3_command *c)
{
	buf_wipe(&c->bytes);
}

void
pop3_command_begin(struct pop3_command *c, struct str verb)
{
	buf_wipe(&c->bytes);
	c->failure = (struct err){FAIL_NONE, ""};
	buf_str(&c->bytes, verb);
}

static void
add(struct pop3_command *c, struct str text)
{
	buf_char(&c->bytes, ' ');
	buf_str(&c->bytes, text);
}

static void
fail(struct pop3_command *c, const char *what)
{
	if (c->failure.kind == FAIL_NONE)
		err_set(&c->failure, FAIL_INPUT, "pop3: %s", what);
}

void
pop3_command_number(struct pop3_command *c, uint64_t n)
{
	buf_printf(&c->bytes, " %llu", (unsigned long long)n);
}

void
pop3_command_word(struct pop3_command *c, struct str word)
{
	if (word.n == 0 || str_has_control(word) ||
	    str_chr(word, ' ') != STR_NOWHERE)
		fail(c, "an argument that is empty, or with a blank or a "
			"control character");
	else
		add(c, word);
}

void
pop3_command_rest(struct pop3_command *c, struct str text)
{
	if (str_has_control(text))
		fail(c, "an argument with a control character");
	else
		add(c, text);
}

bool
pop3_command_initial(struct pop3_command *c, struct str bytes)
{
	struct buf text;
	bool fits;

	buf_init(&text, POP3_COMMAND_MAX);
	if (bytes.n == 0)
		buf_char(&text, '=');
	else
		base64_encode(&text, bytes);
	fits = !text.full && c->bytes.n + 1 + text.n <= c->bytes.max;
	if (fits)
		add(c, buf_view(&text));
	buf_wipe(&text);
	return fits;
}

bool
pop3_command_end(struct pop3_command *c, struct buf *out, struct err *err)
{
	if (c->bytes.full && c->failure.kind == FAIL_NONE)
		err_set(&c->failure, FAIL_INPUT,
		    "pop3: a command longer than %d bytes", POP3_COMMAND_MAX);
	if (c->failure.kind == FAIL_NONE) {
		buf_str(out, buf_view(&c->bytes));
		buf_puts(out, "\r\n");
	} else {
		*err = c->failure;
	}
	buf_wipe(&c->bytes);
	return c->failure.kind == FAIL_NONE;
}
