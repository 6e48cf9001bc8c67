#include "api/delivery_choice.h"

#define RETRIED_STATES "deferred failed expired"
#define SCOPES         "recipient message account connection provider"
#define CATEGORIES                                                          \
	"invalid domain disabled full throttled technical unknown blocked " \
	"auth content"
#define WORDS_MAX     10
#define WORD_BYTES    20
#define STATUS_BYTES  11 /* 5.123.123, RFC 3463 */
#define PROLONG_MIN_S 60
#define PROLONG_MAX_S 2592000 /* 30 days */

struct db_arg
delivery_choice_ids(struct body *b, bool has_reason)
{
	bool all = body_bool(b, "all", 0, false);
	bool some = body_has(b, "delivery_ids");
	const int64_t *ids;
	size_t n;

	ids = body_ids(b, "delivery_ids", BODY_FILLED, &n);
	if ((all && some) || (!all && !some && !has_reason))
		body_complain(b, "delivery_ids",
		    "either this or \"all\": true is required");
	return some ? db_int_array(ids, n) : db_null();
}

/* Some of the words in `choices`. */
static const struct str *
read_words(struct body *b, const char *field, const char *choices, size_t *n)
{
	const struct str *words =
	    body_texts(b, field, BODY_FILLED, WORD_BYTES, n);
	struct str rest, word;
	bool known;
	size_t i;

	if (*n > WORDS_MAX)
		body_complain(b, field, "has more than %d items", WORDS_MAX);
	for (i = 0; i < *n; i++) {
		known = false;
		rest = str_of(choices);
		while (str_cut(&rest, ' ', &word))
			known |= str_eq(word, words[i]);
		if (!known)
			body_complain(b, field, "item %zu must be one of: %s",
			    i + 1, choices);
	}
	return words;
}

static struct db_arg
words_arg(const struct str *words, size_t n)
{
	return n > 0 ? db_text_array(words, n) : db_null();
}

/* "5.7.*" as LIKE wants it. */
static struct db_arg
read_status(struct body *b)
{
	struct str s = body_text(b, "status", BODY_FILLED, STATUS_BYTES);
	char *pattern;
	size_t i;

	if (s.p == NULL)
		return db_null();
	pattern = arena_cstr(&b->q->arena, s);
	for (i = 0; i < s.n; i++) {
		if (str_chr(STR("0123456789.*"), s.p[i]) == STR_NOWHERE) {
			body_complain(b, "status",
			    "must be an enhanced status code; * stands for "
			    "any part, as in 5.7.*");
			return db_null();
		}
		if (s.p[i] == '*')
			pattern[i] = '%';
	}
	return db_cstr(pattern);
}

/* Without a word those that are deferred; with a reason those that failed
 * for it. */
static void
read_states(struct body *b, bool has_reason, struct delivery_choice *c)
{
	size_t n, i;
	const struct str *states = read_words(b, "state", RETRIED_STATES, &n);

	if (!body_has(b, "state")) {
		c->deferred = !has_reason;
		c->failed = has_reason;
		return;
	}
	for (i = 0; i < n; i++) {
		c->deferred |= str_eq(states[i], STR("deferred"));
		c->failed |= str_eq(states[i], STR("failed"));
		c->expired |= str_eq(states[i], STR("expired"));
	}
}

bool
delivery_choice_read(struct request *q, struct delivery_choice *c)
{
	struct body b = body_open(q);
	bool has_reason = body_has(&b, "scope") || body_has(&b, "category") ||
			  body_has(&b, "status");
	const struct str *words;
	size_t n;

	*c = (struct delivery_choice){
	    .ids = delivery_choice_ids(&b, has_reason)};
	words = read_words(&b, "scope", SCOPES, &n);
	c->scopes = words_arg(words, n);
	words = read_words(&b, "category", CATEGORIES, &n);
	c->categories = words_arg(words, n);
	c->status = read_status(&b);
	read_states(&b, has_reason, c);
	c->prolong_s =
	    body_int(&b, "expires_after_s", 0, PROLONG_MIN_S, PROLONG_MAX_S, 0);
	return body_close(&b);
}
