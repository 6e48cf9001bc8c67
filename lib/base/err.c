#include "lib/base/err.h"

#include <stdarg.h>

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
	memcpy(e->text, text, strlen(text) + 1);
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
	snprintf(e->text, sizeof(e->text), "%.*s", ERR_TEXT_MAX - 1, all);
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
