/*
 * json_write.h - JSON (RFC 8259), appended to a buf.
 *
 *   json_write_open(&j, '{');  json_write_key(&j, "ok");
 *   json_write_bool(&j, true);  json_write_close(&j, '}');
 *
 * Only writes; commas come by themselves.  Text that is not UTF-8, and NUL,
 * become U+FFFD, so that what is written always parses.  The nesting that a
 * caller closes must be the one it opened: a bug otherwise.  When the buf
 * gets full, `out->full` tells.
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "lib/base/buf.h"

#define JSON_WRITE_DEPTH_MAX 16

struct json_write {
	struct buf *out;
	char open[JSON_WRITE_DEPTH_MAX]; /* '{' or '[' */
	int depth;
	bool comma;     /* something stands before in this level */
	bool after_key; /* a value has to follow */
};

void json_write_init(struct json_write *j, struct buf *out);

void json_write_open(struct json_write *j, char bracket);  /* '{' or '[' */
void json_write_close(struct json_write *j, char bracket); /* '}' or ']' */
void json_write_key(struct json_write *j, const char *key);

void json_write_text(struct json_write *j, struct str s);
void json_write_int(struct json_write *j, int64_t v);
void json_write_bool(struct json_write *j, bool v);
void json_write_null(struct json_write *j);
/* JSON that somebody else wrote, as it is. */
void json_write_raw(struct json_write *j, struct str json);

/* Key and value in one. */
void json_write_member(struct json_write *j, const char *key, struct str text);

#endif
