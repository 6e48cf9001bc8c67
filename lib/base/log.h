/*
 * log.h - one logfmt line an event, to stderr.
 *
 *   log_info("lease_taken", "campaign=%lld first=%lld", ...)
 *   => ts=2026-11-23T09:00:00.123Z level=info role=sender event=lease_taken campaign=7 first=0
 *
 * Values with blanks or quotes are written with log_quote: they come from
 * peers and are escaped.  Other control bytes become `?`.  A line is cut at
 * 4 KiB.  May be called from any thread after log_init.  No mail addresses above debug level, no secrets
 * ever.  Only the process that decides what to do about a failure logs it.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "lib/base/str.h"

enum log_level {
	LOG_LEVEL_ERROR = 0,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* `role` is a literal: "api", "sender", ...; once, at process start. */
void log_init(const char *role, enum log_level level);
bool log_level_parse(struct str name, enum log_level *out) MUST_USE;

void log_error(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_info(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_debug(const char *event, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Quotes and escapes text for a value: log_warn("refused", "text=%s",
 * log_quote(reply)).  The result lives in one of eight buffers of the thread
 * and is cut at 500 bytes. */
const char *log_quote(struct str s);

#endif
