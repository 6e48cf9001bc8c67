/*
 * str.h - borrowed text: a pointer and a length, passed by value.
 *
 * A str owns nothing and is not NUL-terminated; it is valid as long as what
 * it was taken from.  An empty str may have p == NULL.  Comparison without
 * case is ASCII only.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "lib/base/base.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_NONE     ((struct str){NULL, 0})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).n, (s).p != NULL ? (s).p : ""

/* NULL gives an empty str. */
static inline struct str
str_of(const char *cstr)
{
	return (struct str){cstr, cstr != NULL ? strlen(cstr) : 0};
}

struct str str_sub(struct str s, size_t from, size_t len); /* clamps */
struct str str_from(struct str s, size_t from);            /* the rest */
/* As much of UTF-8 as fits into so many bytes: no character is cut in two. */
struct str str_fit(struct str s, size_t max);
struct str str_trim(struct str s); /* SP, TAB, CR, LF at both ends */

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);
/* Equal to one of n words, but for the case of ASCII letters. */
bool str_is_any(struct str s, const char *const *words, size_t n);
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
int str_cmp(struct str a, struct str b); /* byte order */

/* Offset of the first occurrence, or STR_NOWHERE. */
#define STR_NOWHERE ((size_t)-1)
size_t str_find(struct str s, struct str what);
size_t str_find_nocase(struct str s, struct str what);
size_t str_chr(struct str s, char c);
size_t str_rchr(struct str s, char c);

/* Cuts off what stands before the next `sep`; true while there was a piece:
 *   while (str_cut(&rest, ',', &piece)) ...
 * "a,,b" gives "a", "", "b"; an empty str gives nothing, and there is no
 * piece after a separator at the end: "a," gives "a", as lines do. */
bool str_cut(struct str *rest, char sep, struct str *piece);

/* Strict decimal numbers: digits only, whole str, no overflow. */
bool str_to_u64(struct str s, uint64_t *out) MUST_USE;
bool str_to_i64(struct str s, int64_t *out) MUST_USE; /* one leading '-' */

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates. */
bool str_is_utf8(struct str s);
bool str_is_ascii(struct str s);
/* True when any byte is below 0x20 or is 0x7f. */
bool str_has_control(struct str s);
/* True when all bytes are of ASCII's 0x20 to 0x7e. */
bool str_is_printable(struct str s);

char str_lower_char(char c);
char *str_dup(struct str s) MUST_USE; /* NUL-terminated; free() it */

#endif
