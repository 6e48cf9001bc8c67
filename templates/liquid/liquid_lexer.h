/*
 * liquid_lexer.h - the words of an expression: what stands inside {{ }} and
 * behind the name of a tag.
 *
 *   name    = ( ALPHA / "_" ) *( ALPHA / DIGIT / "_" / "-" ) [ "?" ]
 *   string  = "'" *any "'" / DQUOTE *any DQUOTE        ; no escapes
 *   number  = [ "-" ] 1*DIGIT [ "." 1*DIGIT ]
 */
#ifndef TEMPLATES_LIQUID_LEXER_H
#define TEMPLATES_LIQUID_LEXER_H

#include "lib/base/str.h"

enum liquid_token {
	TOKEN_END = 0,
	TOKEN_NAME,
	TOKEN_STRING, /* text without its quotes */
	TOKEN_NUMBER,
	TOKEN_COMPARE, /* == != <> < > <= >= */
	TOKEN_DOTS,    /* .. */
	TOKEN_CHAR,    /* one of | . : , [ ] ( ) = */
	TOKEN_BAD,     /* text: what no word begins with */
};

struct liquid_lexer {
	struct str rest;         /* behind the token at hand */
	enum liquid_token token; /* the token at hand */
	struct str text;
	const char *at;
};

void liquid_lexer_init(struct liquid_lexer *x, struct str body);
void liquid_lexer_next(struct liquid_lexer *x);

bool liquid_lexer_is(const struct liquid_lexer *x, char c);
bool liquid_lexer_is_word(const struct liquid_lexer *x, const char *word);
/* Steps over it when it is there. */
bool liquid_lexer_take(struct liquid_lexer *x, char c);
bool liquid_lexer_take_word(struct liquid_lexer *x, const char *word);
/* A name with ':' behind it. */
bool liquid_lexer_is_keyword(const struct liquid_lexer *x);

#endif
