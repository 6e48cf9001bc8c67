#include "lib/mail/diagnosis_text.h"

#include "lib/mail/status.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_code(struct str s)
{
	return s.n >= 3 && (s.p[0] == '4' || s.p[0] == '5') && s.p[1] <= '5' &&
	       is_digit(s.p[1]) && is_digit(s.p[2]);
}

/* "550", "5.1.1", "550-5.1.1" */
static bool
is_number(struct str word)
{
	struct status s;

	return (is_code(word) && word.n == 3) ||
	       status_parse(&s, word) == word.n;
}

/* What may stand in an address but for the '@'; where a sentence goes on in
 * another script, the address ends. */
static bool
is_local(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!#$%&*+-/.?^_{|}~", c));
}

static bool
is_domain(char c)
{
	return is_alnum(c) || c == '-' || c == '.' || c == '_';
}

/* Where an address with its brackets or quotes lies in a word. */
static bool
find_address(struct str word, size_t *from, size_t *to)
{
	size_t at = str_chr(word, '@');

	if (at == STR_NOWHERE)
		return false;
	for (*from = at; *from > 0 && is_local(word.p[*from - 1]); --*from)
		;
	for (*to = at + 1; *to < word.n && is_domain(word.p[*to]); ++*to)
		;
	while (word.p[*to - 1] == '.')
		--*to; /* of the sentence */
	if (*from == at || *to == at + 1)
		return false;
	if (*from > 0 && *to < word.n && word.p[*to] != '\0' &&
	    strchr(">)]\"'", word.p[*to])) {
		--*from;
		++*to;
	}
	return true;
}

static bool
says_something(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (is_alnum(s.p[i]) || (unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

struct words {
	char *out;
	size_t n;
	bool after_host;
};

static void
put(struct words *w, struct str s)
{
	s = str_sub(s, 0, DIAGNOSIS_TEXT_MAX - w->n);
	memcpy(w->out + w->n, s.p, s.n);
	w->n += s.n;
}

static void
put_word(struct words *w, struct str word)
{
	struct str before = word, after = STR_NONE;
	bool host = w->after_host && str_chr(word, '.') != STR_NOWHERE;
	size_t from, to;

	w->after_host = str_eq_nocase(word, STR("host"));
	if (is_code(word) && word.n > 4 && word.p[3] == '-')
		before = word = str_from(word, 4);
	if (host || is_number(word))
		return;
	if (find_address(word, &from, &to)) {
		before = str_sub(word, 0, from);
		after = str_from(word, to);
		if (!says_something(before) && !says_something(after))
			return;
	}
	if (w->n > 0)
		put(w, STR(" "));
	put(w, before);
	if (after.n > 0)
		put(w, after);
}

struct str
diagnosis_reply(struct str text)
{
	struct str reply;
	size_t i;

	for (i = 3; i + 1 < text.n; i++) {
		if (text.p[i] != '-' || text.p[i + 1] != '\'' ||
		    !is_code(str_from(text, i - 3)))
			continue;
		reply = str_from(text, i + 2);
		reply = str_sub(reply, 0, str_rchr(reply, '\''));
		return reply.n > 0 ? reply : text;
	}
	return text;
}

size_t
diagnosis_text(char out[DIAGNOSIS_TEXT_MAX], struct str text)
{
	struct words w = {.out = out};
	size_t i;

	text = str_sub(text, 0, DIAGNOSIS_TEXT_MAX);
	while (text.n > 0) {
		for (i = 0; i < text.n && !is_blank(text.p[i]); i++)
			;
		if (i > 0)
			put_word(&w, str_sub(text, 0, i));
		text = str_from(text, i + 1);
	}
	return w.n;
}
