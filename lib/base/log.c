#include "lib/base/log.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

/* One write of at most PIPE_BUF bytes: lines of several processes on one
 * pipe do not mix. */
#define LINE_MAX_BYTES 4096
#define QUOTE_MAX      500
#define QUOTE_RING     8

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static const char *log_role = "volley";
static enum log_level log_level = LOG_LEVEL_INFO;

void
log_init(const char *role, enum log_level level)
{
	log_role = role;
	log_level = level;
}

bool
log_level_parse(struct str name, enum log_level *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(level_names); i++) {
		if (!str_eq(name, str_of(level_names[i])))
			continue;
		*out = (enum log_level)i;
		return true;
	}
	return false;
}

/* Milliseconds always, so that lines are of one width. */
static size_t
put_head(char *line, size_t size, enum log_level level, const char *event)
{
	struct civil c = time_civil(clock_wall_us());

	return (size_t)snprintf(line, size,
	    "ts=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ level=%s role=%s event=%s ",
	    c.year, c.month, c.day, c.hour, c.minute, c.second, c.micros / 1000,
	    level_names[level], log_role, event);
}

/* Whatever got in unquoted, an event stays one line. */
static void
blot_controls(char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			p[i] = '?';
}

static void
put_line(const char *line, size_t n)
{
	ssize_t done;

	do
		done = write(STDERR_FILENO, line, n);
	while (done < 0 && errno == EINTR);
	/* A log that cannot be written has nobody to be told to. */
}

static void log_event(enum log_level level, const char *event, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0)));

static void
log_event(enum log_level level, const char *event, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	size_t n;
	int more, kept = errno;

	if (level > log_level)
		return;
	n = put_head(line, sizeof(line), level, event);
	if (n < sizeof(line)) {
		more = vsnprintf(line + n, sizeof(line) - n, fmt, ap);
		n += more > 0 ? (size_t)more : 0;
	}
	if (n > sizeof(line) - 1)
		n = sizeof(line) - 1;
	blot_controls(line, n);
	while (n > 0 && line[n - 1] == ' ')
		n--;
	line[n++] = '\n';
	put_line(line, n);
	errno = kept;
}

#define LOG_AT(level)                     \
	va_list ap;                       \
	va_start(ap, fmt);                \
	log_event(level, event, fmt, ap); \
	va_end(ap)

void
log_error(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_ERROR);
}

void
log_warn(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_WARN);
}

void
log_info(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_INFO);
}

void
log_debug(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_DEBUG);
}

/* One byte as it stands between quotes; printable ASCII only, for a
 * terminal may act on the rest. */
static int
escape(char out[5], unsigned char c)
{
	static const char from[] = "\n\r\t\"\\", to[] = "nrt\"\\";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	if (at != NULL)
		return snprintf(out, 5, "\\%c", to[at - from]);
	if (c < 0x20 || c > 0x7e)
		return snprintf(out, 5, "\\x%02x", c);
	return snprintf(out, 5, "%c", c);
}

const char *
log_quote(struct str s)
{
	static _Thread_local char ring[QUOTE_RING][QUOTE_MAX + 1];
	static _Thread_local unsigned next;
	char *out = ring[next++ % QUOTE_RING], one[5];
	size_t i, n = 0;
	int len;

	out[n++] = '"';
	for (i = 0; i < s.n; i++) {
		len = escape(one, (unsigned char)s.p[i]);
		/* Room is kept for the dots and the closing quote. */
		if (n + (size_t)len > QUOTE_MAX - 4)
			break;
		memcpy(out + n, one, (size_t)len);
		n += (size_t)len;
	}
	snprintf(out + n, QUOTE_MAX + 1 - n, i < s.n ? "...\"" : "\"");
	return out;
}
