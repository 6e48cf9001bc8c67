#include "lib/base/err.h"

#include "lib/base/str.h"

#include <stdarg.h>

/* Peers' words are in there, and the text goes on into logs, JSON and the
 * database. */
static void
keep_text(struct err *e, const char *text)
{
	struct str s = str_sub(str_of(text), 0, ERR_TEXT_MAX - 1);
	bool utf8 = str_is_utf8(s);
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c < 0x20 || c == 0x7f)
			c = ' ';
		e->text[i] = c >= 0x80 && !utf8 ? '?' : (char)c;
	}
	e->text[i] = '\0';
}

bool
err_set(struct err *e, enum fail kind, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX]; /* the arguments may stand in e->text */
	va_list ap;

	if (e == NULL)
		return false;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->kind = kind;
	keep_text(e, text);
	return false;
}

bool
err_wrap(struct err *e, const char *fmt, ...)
{
	char what[ERR_TEXT_MAX], all[2 * ERR_TEXT_MAX + 4];
	va_list ap;

	if (e == NULL)
		return false;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(all, sizeof(all), "%s: %s", what, e->text);
	keep_text(e, all);
	return false;
}

const char *
fail_name(enum fail kind)
{
	static const char *const names[] = {
	    [FAIL_NONE] = "none",
	    [FAIL_IO] = "io",
	    [FAIL_TIMEOUT] = "timeout",
	    [FAIL_PROTOCOL] = "protocol",
	    [FAIL_REFUSED] = "refused",
	    [FAIL_AUTH] = "auth",
	    [FAIL_TLS] = "tls",
	    [FAIL_INPUT] = "input",
	    [FAIL_LIMIT] = "limit",
	    [FAIL_MISSING] = "missing",
	    [FAIL_CONFLICT] = "conflict",
	    [FAIL_BUSY] = "busy",
	};

	return names[kind];
}

void
die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "volley: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(1);
}

void
bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "volley: bug at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	abort();
}
