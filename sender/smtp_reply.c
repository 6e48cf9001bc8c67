#include "lib/base/base.h"

#include "sender/smtp_reply.h"

#include <assert.h>

void
smtp_reply_reset(struct smtp_reply *r)
{
	r->code = 0;
	r->status = (struct status){0, 0, 0};
	r->lines = 0;
	r->bytes = 0;
	r->text_n = 0;
	r->text[0] = '\0';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The "250" of "250-..." or 0 when there is none. */
static int
parse_code(struct str line)
{
	if (line.n < 3 || !digit(line.p[0]) || !digit(line.p[1]) ||
	    !digit(line.p[2]))
		return 0;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return 0;
	if (line.p[0] < '2' || line.p[0] > '5')
		return 0;
	return (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
	       (line.p[2] - '0');
}

/* Control characters of ASCII become '?', TAB a blank, and so does every
 * byte of what is not UTF-8; the C1 controls hide in two bytes each. */
static void
append_clean(struct smtp_reply *r, struct str text)
{
	bool utf8 = str_is_utf8(text);
	size_t n = str_fit(text, SMTP_REPLY_TEXT_MAX - r->text_n).n, i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\t')
			c = ' ';
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			c = '?';
		else if (c == 0xc2 && i + 1 < n &&
			 (unsigned char)text.p[i + 1] < 0xa0) {
			c = '?';
			i++;
		}
		r->text[r->text_n++] = (char)c;
	}
	r->text[r->text_n] = '\0';
}

static void
take_text(struct smtp_reply *r, struct str text)
{
	struct status status;
	size_t n = status_parse(&status, text);

	if (r->lines == 1) {
		if (n > 0 && status.class == r->code / 100)
			r->status = status;
	} else if (n > 0 && r->status.class != 0 &&
		   status_is(r->status, status.class, status.subject,
		       status.detail)) {
		text = str_from(text, n);
	}
	text = str_trim(text);
	if (text.n > 0 && r->text_n > 0 && r->text_n < SMTP_REPLY_TEXT_MAX)
		r->text[r->text_n++] = ' ';
	append_clean(r, text);
}

static enum smtp_reply_progress
bad(struct err *err, enum fail kind, const char *text)
{
	err_set(err, kind, "%s", text);
	return SMTP_REPLY_BAD;
}

enum smtp_reply_progress
smtp_reply_feed(struct smtp_reply *r, struct str line, struct err *err)
{
	int code;

	if (line.n > SMTP_REPLY_LINE_MAX)
		return bad(err, FAIL_LIMIT, "reply line too long");
	code = parse_code(line);
	if (code == 0)
		return bad(err, FAIL_PROTOCOL,
		    "reply line without a reply code");
	if (r->lines > 0 && code != r->code)
		return bad(err, FAIL_PROTOCOL,
		    "reply code changed inside one "
		    "reply");
	if (r->bytes + line.n > SMTP_REPLY_MAX)
		return bad(err, FAIL_LIMIT, "reply too long");
	r->code = code;
	r->lines++;
	r->bytes += line.n;
	take_text(r, str_from(line, 4));
	return line.n > 3 && line.p[3] == '-' ? SMTP_REPLY_MORE
					      : SMTP_REPLY_DONE;
}

void
smtp_reply_make(struct smtp_reply *r, int code, struct status status,
    const char *text)
{
	assert(code >= 200 && code <= 599);
	smtp_reply_reset(r);
	r->code = code;
	r->status = status;
	r->lines = 1;
	append_clean(r, str_of(text));
}

void
smtp_reply_copy(struct smtp_reply *to, const struct smtp_reply *from)
{
	memcpy(to, from, offsetof(struct smtp_reply, text) + from->text_n + 1);
}

struct str
smtp_reply_text(const struct smtp_reply *r)
{
	return (struct str){r->text, r->text_n};
}

const char *
smtp_reply_brief(const struct smtp_reply *r, char out[SMTP_REPLY_BRIEF_MAX])
{
	struct str text = str_fit(smtp_reply_text(r), SMTP_REPLY_BRIEF_MAX - 5);

	snprintf(out, SMTP_REPLY_BRIEF_MAX, "%03d %.*s", r->code,
	    STR_ARG(text));
	return out;
}

int
smtp_reply_class(const struct smtp_reply *r)
{
	return r->code / 100;
}
