#include "lib/base/base.h"

#include "sender/smtp_command.h"

#include "lib/base/encode.h"

/* Printable, no blank. */
static bool
graphic(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

enum { NEVER = 1, WIDE = 2 };

/* Bytes that a half of a path does not have, and those beyond ASCII. */
static const unsigned char path_bytes[256] = {
    [0x00 ... 0x20] = NEVER,
    ['"'] = NEVER,
    ['<'] = NEVER,
    ['>'] = NEVER,
    ['@'] = NEVER,
    ['\\'] = NEVER,
    [0x7f] = NEVER,
    [0x80 ... 0xff] = WIDE,
};

static int
kinds_of(struct str half)
{
	int kinds = half.n > 0 ? 0 : NEVER;
	size_t i;

	for (i = 0; i < half.n; i++)
		kinds |= path_bytes[(unsigned char)half.p[i]];
	return kinds;
}

bool
smtp_command_path_ok(struct str path, bool utf8)
{
	size_t at = str_chr(path, '@');
	int kinds;

	if (path.n > SMTP_COMMAND_PATH_MAX || at == STR_NOWHERE)
		return false;
	kinds =
	    kinds_of(str_sub(path, 0, at)) | kinds_of(str_from(path, at + 1));
	if (kinds == WIDE)
		return utf8 && str_is_utf8(path);
	return kinds == 0;
}

static bool
hello(struct buf *out, const char *verb, struct str name, struct err *err)
{
	if (name.n > 255 || !graphic(name))
		return err_set(err, FAIL_INPUT,
		    "%s name with bytes that no host name has", verb);
	buf_printf(out, "%s %.*s\r\n", verb, STR_ARG(name));
	return true;
}

bool
smtp_command_ehlo(struct buf *out, struct str name, struct err *err)
{
	return hello(out, "EHLO", name, err);
}

bool
smtp_command_helo(struct buf *out, struct str name, struct err *err)
{
	return hello(out, "HELO", name, err);
}

/* xtext of RFC 3461, 4: printable ASCII, but "+" and "=", stands for itself. */
static bool
is_xchar(unsigned char c)
{
	return c > ' ' && c <= '~' && c != '+' && c != '=';
}

static void
put_xtext(struct buf *out, struct str s)
{
	size_t i, kept = 0; /* from there on nothing is written yet */

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_xchar(c))
			continue;
		buf_str(out, str_sub(s, kept, i - kept));
		buf_printf(out, "+%02X", c);
		kept = i + 1;
	}
	buf_str(out, str_from(s, kept));
}

/* The parameter and its value, or nothing when the value is too long. */
static void
put_xtext_parameter(struct buf *out, const char *name, const char *type,
    struct str value, size_t max)
{
	size_t before = out->n, start;

	buf_puts(out, name);
	start = out->n;
	buf_puts(out, type);
	put_xtext(out, value);
	if (out->n - start > max)
		buf_truncate(out, before);
}

bool
smtp_command_mail(struct buf *out, const struct smtp_command_mail *mail,
    struct err *err)
{
	if (!smtp_command_path_ok(mail->from, mail->smtputf8))
		return err_set(err, FAIL_INPUT,
		    "envelope sender is no address that can be sent");
	buf_puts(out, "MAIL FROM:<");
	buf_str(out, mail->from);
	buf_char(out, '>');
	if (mail->with_size) {
		buf_puts(out, " SIZE=");
		buf_int(out, mail->size);
	}
	if (mail->eight_bit)
		buf_puts(out, " BODY=8BITMIME");
	if (mail->smtputf8)
		buf_puts(out, " SMTPUTF8");
	if (mail->dsn)
		buf_puts(out, " RET=HDRS");
	if (mail->dsn && mail->envid.n > 0)
		put_xtext_parameter(out, " ENVID=", "", mail->envid,
		    SMTP_COMMAND_ENVID_MAX);
	buf_puts(out, "\r\n");
	return true;
}

bool
smtp_command_rcpt(struct buf *out, const struct smtp_command_rcpt *rcpt,
    struct err *err)
{
	if (!smtp_command_path_ok(rcpt->to, rcpt->smtputf8))
		return err_set(err, FAIL_INPUT,
		    "recipient is no address that can be sent");
	buf_puts(out, "RCPT TO:<");
	buf_str(out, rcpt->to);
	buf_char(out, '>');
	if (rcpt->dsn)
		buf_puts(out, " NOTIFY=FAILURE,DELAY");
	if (rcpt->dsn && str_is_ascii(rcpt->to))
		put_xtext_parameter(out, " ORCPT=", "rfc822;", rcpt->to,
		    SMTP_COMMAND_ORCPT_MAX);
	buf_puts(out, "\r\n");
	return true;
}

bool
smtp_command_auth(struct buf *out, const char *mechanism,
    const struct buf *initial, struct err *err)
{
	size_t before = out->n;

	if (!graphic(str_of(mechanism)))
		return err_set(err, FAIL_INPUT, "mechanism is no word");
	buf_puts(out, "AUTH ");
	buf_puts(out, mechanism);
	if (initial != NULL) {
		buf_char(out, ' ');
		if (initial->n == 0)
			buf_char(out, '=');
		base64_encode(out, buf_view(initial));
	}
	buf_puts(out, "\r\n");
	if (out->n - before <= SMTP_COMMAND_AUTH_MAX)
		return true;
	buf_truncate(out, before);
	return err_set(err, FAIL_LIMIT, "credentials longer than a line");
}

bool
smtp_command_response(struct buf *out, struct str response, struct err *err)
{
	size_t before = out->n;

	base64_encode(out, response);
	buf_puts(out, "\r\n");
	if (out->n - before <= SMTP_COMMAND_AUTH_MAX)
		return true;
	buf_truncate(out, before);
	return err_set(err, FAIL_LIMIT, "credentials longer than a line");
}

void
smtp_command_cancel(struct buf *out)
{
	buf_puts(out, "*\r\n");
}

void
smtp_command_starttls(struct buf *out)
{
	buf_puts(out, "STARTTLS\r\n");
}

void
smtp_command_data(struct buf *out)
{
	buf_puts(out, "DATA\r\n");
}

void
smtp_command_rset(struct buf *out)
{
	buf_puts(out, "RSET\r\n");
}

void
smtp_command_quit(struct buf *out)
{
	buf_puts(out, "QUIT\r\n");
}
