#include "templates/liquid/liquid_lexer.h"

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t
name_length(struct str s)
{
	size_t n = 1;

	while (
	    n < s.n && (name_start(s.p[n]) || digit(s.p[n]) || s.p[n] == '-'))
		n++;
	return n + (n < s.n && s.p[n] == '?');
}

static size_t
number_length(struct str s)
{
	size_t n = 1;

	while (n < s.n && digit(s.p[n]))
		n++;
	if (n + 1 < s.n && s.p[n] == '.' && digit(s.p[n + 1]))
		for (n += 2; n < s.n && digit(s.p[n]); n++)
			;
	return n;
}

static size_t
compare_length(struct str s)
{
	char second = s.n > 1 ? s.p[1] : '\0';

	switch (s.p[0]) {
	case '=':
	case '!': return second == '=' ? 2 : 0;
	case '<': return second == '=' || second == '>' ? 2 : 1;
	case '>': return second == '=' ? 2 : 1;
	default: return 0;
	}
}

/* Token and length of what stands at the start of s; s is not empty. */
static size_t
classify(struct str s, enum liquid_token *token)
{
	size_t n;

	if (name_start(s.p[0])) {
		*token = TOKEN_NAME;
		return name_length(s);
	}
	if (digit(s.p[0]) || (s.p[0] == '-' && s.n > 1 && digit(s.p[1]))) {
		*token = TOKEN_NUMBER;
		return number_length(s);
	}
	if (s.p[0] == '"' || s.p[0] == '\'') {
		n = str_chr(str_from(s, 1), s.p[0]);
		*token = n != STR_NOWHERE ? TOKEN_STRING : TOKEN_BAD;
		return n != STR_NOWHERE ? n + 2 : 1;
	}
	n = compare_length(s);
	if (n > 0) {
		*token = TOKEN_COMPARE;
		return n;
	}
	if (str_starts(s, STR(".."))) {
		*token = TOKEN_DOTS;
		return 2;
	}
	*token = s.p[0] != '\0' && strchr("|.:,[]()=", s.p[0]) != NULL
		     ? TOKEN_CHAR
		     : TOKEN_BAD;
	return 1;
}

void
liquid_lexer_next(struct liquid_lexer *x)
{
	size_t n = 0;

	while (n < x->rest.n && blank(x->rest.p[n]))
		n++;
	x->rest = str_from(x->rest, n);
	x->at = x->rest.p;
	if (x->rest.n == 0) {
		x->token = TOKEN_END;
		x->text = STR_NONE;
		return;
	}
	n = classify(x->rest, &x->token);
	x->text = str_sub(x->rest, 0, n);
	if (x->token == TOKEN_STRING)
		x->text = str_sub(x->rest, 1, n - 2);
	x->rest = str_from(x->rest, n);
}

void
liquid_lexer_init(struct liquid_lexer *x, struct str body)
{
	*x = (struct liquid_lexer){.rest = body};
	liquid_lexer_next(x);
}

bool
liquid_lexer_is(const struct liquid_lexer *x, char c)
{
	return x->token == TOKEN_CHAR && x->text.p[0] == c;
}

bool
liquid_lexer_is_word(const struct liquid_lexer *x, const char *word)
{
	return x->token == TOKEN_NAME && str_eq(x->text, str_of(word));
}

bool
liquid_lexer_take(struct liquid_lexer *x, char c)
{
	if (!liquid_lexer_is(x, c))
		return false;
	liquid_lexer_next(x);
	return true;
}

bool
liquid_lexer_take_word(struct liquid_lexer *x, const char *word)
{
	if (!liquid_lexer_is_word(x, word))
		return false;
	liquid_lexer_next(x);
	return true;
}

bool
liquid_lexer_is_keyword(const struct liquid_lexer *x)
{
	struct liquid_lexer ahead = *x;

	if (x->token != TOKEN_NAME)
		return false;
	liquid_lexer_next(&ahead);
	return liquid_lexer_is(&ahead, ':');
}
