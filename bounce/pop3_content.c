#include "bounce/pop3_content.h"

#define KEEP_MAX (16U << 10) /* memory that stays for the next message */

void
pop3_content_init(struct pop3_content *c)
{
	c->state = POP3_CONTENT_START;
	buf_init(&c->bytes, POP3_PART_MAX);
}

void
pop3_content_release(struct pop3_content *c)
{
	buf_release(&c->bytes);
}

void
pop3_content_reset(struct pop3_content *c)
{
	c->state = POP3_CONTENT_START;
	if (c->bytes.cap > KEEP_MAX)
		buf_release(&c->bytes);
	else
		buf_reset(&c->bytes);
}

/* What fits is kept. */
static void
put(struct pop3_content *c, struct str text)
{
	size_t room = c->bytes.max - c->bytes.n;

	buf_str(&c->bytes, str_sub(text, 0, room));
	if (text.n > room)
		c->state = POP3_CONTENT_CUT;
}

/* A byte of a line's text, which may be its first. */
static void
take_text(struct pop3_content *c, char byte)
{
	c->state = byte == '\r' ? POP3_CONTENT_CR : POP3_CONTENT_TEXT;
	put(c, (struct str){&byte, 1});
}

static void
take(struct pop3_content *c, char byte)
{
	switch (c->state) {
	case POP3_CONTENT_START:
		if (byte == '.')
			c->state = POP3_CONTENT_DOT;
		else
			take_text(c, byte);
		break;
	case POP3_CONTENT_DOT:
		if (byte == '\r')
			c->state = POP3_CONTENT_DOT_CR;
		else
			take_text(c, byte);
		break;
	case POP3_CONTENT_DOT_CR:
		if (byte == '\n') {
			c->state = POP3_CONTENT_OVER;
			break;
		}
		put(c, STR("\r"));
		if (c->state != POP3_CONTENT_CUT)
			take_text(c, byte);
		break;
	case POP3_CONTENT_CR:
		take_text(c, byte);
		if (byte == '\n' && c->state != POP3_CONTENT_CUT)
			c->state = POP3_CONTENT_START;
		break;
	case POP3_CONTENT_TEXT: take_text(c, byte); break;
	case POP3_CONTENT_OVER:
	case POP3_CONTENT_CUT: BUG("a message after its end");
	}
}

bool
pop3_content_feed(struct pop3_content *c, struct str data, size_t *used)
{
	struct str rest;
	size_t cr;

	for (*used = 0; *used < data.n;) {
		rest = str_from(data, *used);
		cr = str_chr(rest, '\r');
		if (c->state == POP3_CONTENT_TEXT && cr > 0) {
			rest = str_sub(rest, 0, cr);
			put(c, rest);
			*used += rest.n;
		} else {
			take(c, rest.p[0]);
			++*used;
		}
		if (c->state == POP3_CONTENT_OVER ||
		    c->state == POP3_CONTENT_CUT)
			return true;
	}
	return false;
}
