#include "lib/mail/encoded_word.h"

#include "lib/base/encode.h"
#include "lib/mail/charset.h"
#include "lib/mail/transfer.h"

#include <assert.h>

#define HEAD_Q     "=?UTF-8?Q?"
#define HEAD_B     "=?UTF-8?B?"
#define TAIL       "?="
#define OVERHEAD   (sizeof(HEAD_Q) - 1 + sizeof(TAIL) - 1)
#define CHAR_MAX_Q 12 /* four bytes, three octets each */
#define NAME_MAX   64 /* a charset's name, with its language */

/* Literal in Q even inside a phrase: RFC 2047, 5 (3). */
static const bool q_literal[256] = {
    ['a' ... 'z'] = true,
    ['A' ... 'Z'] = true,
    ['0' ... '9'] = true,
    ['!'] = true,
    ['*'] = true,
    ['+'] = true,
    ['-'] = true,
    ['/'] = true,
};

static size_t
q_cost(char c)
{
	return q_literal[(unsigned char)c] || c == ' ' ? 1 : 3;
}

static bool
q_is_shorter(struct str text)
{
	size_t i, cost = 0;

	for (i = 0; i < text.n; i++)
		cost += q_cost(text.p[i]);
	return cost <= (text.n + 2) / 3 * 4;
}

/* Length of the character at the start of valid UTF-8. */
static size_t
char_len(struct str text)
{
	size_t n = 1;

	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* How many bytes of text, in whole characters, encode to `room` octets. */
static size_t
whole_chars(struct str text, size_t room, bool q)
{
	size_t n = 0, cost = 0, step, i;

	while (n < text.n) {
		step = char_len(str_from(text, n));
		if (q)
			for (i = 0; i < step; i++)
				cost += q_cost(text.p[n + i]);
		else
			cost = (n + step + 2) / 3 * 4;
		if (cost > room)
			break;
		n += step;
	}
	return n;
}

static void
q_encode(struct buf *out, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *to = buf_room(out, 3 * text.n), *p = to;
	size_t i;

	for (i = 0; to != NULL && i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (q_literal[c] || c == ' ') {
			*p++ = c == ' ' ? '_' : (char)c;
		} else {
			*p++ = '=';
			*p++ = hex[c >> 4];
			*p++ = hex[c & 15];
		}
	}
	if (to != NULL)
		buf_used(out, (size_t)(p - to));
}

static void
word_write(struct fold *f, struct str text, bool q)
{
	size_t before = f->out->n;

	buf_puts(f->out, q ? HEAD_Q : HEAD_B);
	if (q)
		q_encode(f->out, text);
	else
		base64_encode(f->out, text);
	buf_puts(f->out, TAIL);
	f->column += f->out->n - before;
}

/* Of n bytes, those up to the last character that ends where three bytes do:
 * base64 without padding.  Some readers join the base64 of words that follow
 * each other before they decode it, and stop at a padding. */
static size_t
whole_triplets(struct str text, size_t n)
{
	size_t i = 0, last = 0;

	while (i < n) {
		i += char_len(str_from(text, i));
		if (i <= n && i % 3 == 0)
			last = i;
	}
	return last;
}

/* The next word in base64, or, where no characters fill triplets, one
 * character in Q; how many bytes that was. */
static size_t
word_in_base64(struct fold *f, struct str text, size_t room)
{
	size_t n = whole_chars(text, room, false);

	if (n < text.n)
		n = whole_triplets(text, n);
	if (n > 0) {
		word_write(f, str_sub(text, 0, n), false);
		return n;
	}
	n = char_len(text);
	word_write(f, str_sub(text, 0, n), true);
	return n;
}

void
encoded_words(struct fold *f, struct str text)
{
	bool q = q_is_shorter(text);
	size_t room, n;

	while (text.n > 0) {
		fold_gap(f, 1, OVERHEAD + CHAR_MAX_Q, ENCODED_LINE_MAX);
		room = ENCODED_LINE_MAX - f->column;
		if (room > ENCODED_WORD_MAX)
			room = ENCODED_WORD_MAX;
		room -= OVERHEAD;
		if (q) {
			n = whole_chars(text, room, true);
			word_write(f, str_sub(text, 0, n), true);
		} else {
			n = word_in_base64(f, text, room);
		}
		assert(n > 0);
		text = str_from(text, n);
	}
}

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" text "?=" */
struct word {
	struct str charset, text;
	char encoding; /* 'q' or 'b' */
	size_t n;      /* octets in all */
};

static bool
word_parse(struct word *w, struct str at)
{
	struct str rest = str_from(at, 2);
	size_t end = str_chr(str_sub(rest, 0, NAME_MAX), '?');

	if (end == STR_NOWHERE || end == 0)
		return false;
	w->charset = str_sub(rest, 0, end);
	w->charset.n = str_sub(w->charset, 0, str_chr(w->charset, '*')).n;
	rest = str_from(rest, end + 1);
	if (rest.n < 2 || rest.p[1] != '?')
		return false;
	w->encoding = str_lower_char(rest.p[0]);
	rest = str_from(rest, 2);
	end = str_chr(rest, '?');
	if (end == STR_NOWHERE || end + 1 >= rest.n || rest.p[end + 1] != '=')
		return false;
	w->text = str_sub(rest, 0, end);
	w->n = (size_t)(rest.p - at.p) + end + 2;
	return w->encoding == 'q' || w->encoding == 'b';
}

static void
word_bytes(struct buf *out, const struct word *w)
{
	size_t i;
	int octet;

	if (w->encoding == 'b') {
		base64_decode_lenient(out, w->text);
		return;
	}
	for (i = 0; i < w->text.n; i++) {
		octet = qp_octet(str_from(w->text, i));
		if (octet >= 0) {
			buf_char(out, (char)octet);
			i += 2;
		} else {
			buf_char(out, w->text.p[i] == '_' ? ' ' : w->text.p[i]);
		}
	}
}

/* Words that are waiting for more of their charset. */
struct run {
	struct buf *out;
	struct buf bytes;
	struct str charset;
};

static void
run_flush(struct run *r)
{
	charset_to_utf8(r->out, r->charset, buf_view(&r->bytes));
	buf_reset(&r->bytes);
	r->charset = STR_NONE;
}

static void
run_word(struct run *r, const struct word *w)
{
	if (!str_eq_nocase(r->charset, w->charset))
		run_flush(r);
	r->charset = w->charset;
	word_bytes(&r->bytes, w);
}

/* Blanks between two words vanish (RFC 2047, 6.2). */
static void
run_literal(struct run *r, struct str text, bool word_follows)
{
	if (r->charset.n > 0 && word_follows && str_trim(text).n == 0)
		return;
	run_flush(r);
	charset_to_utf8(r->out, STR("utf-8"), text);
}

void
encoded_words_decode(struct buf *out, struct str value)
{
	struct run r = {.out = out};
	struct str literal = {value.p, 0};
	struct word w;
	size_t i, at;

	if (value.n == 0)
		return;
	buf_init(&r.bytes, value.n);
	for (i = 0; i < value.n;) {
		at = str_find(str_from(value, i), STR("=?"));
		if (at == STR_NOWHERE)
			break;
		i += at;
		if (!word_parse(&w, str_from(value, i))) {
			i += 2;
			continue;
		}
		literal.n = (size_t)(value.p + i - literal.p);
		run_literal(&r, literal, true);
		run_word(&r, &w);
		i += w.n;
		literal.p = value.p + i;
	}
	literal.n = (size_t)(value.p + value.n - literal.p);
	run_literal(&r, literal, false);
	buf_release(&r.bytes);
}
