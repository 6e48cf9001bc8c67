#include "bounce/trace.h"

#include "bounce/likely_answer.h"
#include "lib/mail/header.h"

struct ids {
	struct str at[2 * TRACE_IDS_MAX]; /* each with a blank behind it */
	size_t n;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As find_delivery cuts replies into words. */
static bool
is_of_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

static bool
next_word(struct str *rest, struct str *word)
{
	size_t from = 0, to;

	while (from < rest->n && !is_of_word(rest->p[from]))
		from++;
	for (to = from; to < rest->n && is_of_word(rest->p[to]); to++)
		;
	*word = str_sub(*rest, from, to - from);
	*rest = str_from(*rest, to);
	return word->n > 0;
}

/* Numbers are times and sizes, words are words. */
static bool
may_be_id(struct str word)
{
	bool letter = false, digit = false;
	size_t i;

	if (word.n < TRACE_ID_MIN || word.n > TRACE_ID_MAX)
		return false;
	for (i = 0; i < word.n; i++) {
		letter = letter || is_letter(word.p[i]);
		digit = digit || is_digit(word.p[i]);
	}
	return letter && digit;
}

static void
add(struct ids *ids, struct str word)
{
	if (ids->n == ARRAY_LEN(ids->at) || !may_be_id(word))
		return;
	ids->at[ids->n++] = word;
	ids->at[ids->n++] = STR(" ");
}

static void
add_words(struct ids *ids, struct str value)
{
	struct str word;

	while (next_word(&value, &word))
		add(ids, word);
}

/* "Received: from a by b with ESMTPS id 4Xyz": what follows "id". */
static void
add_received(struct ids *ids, struct str value)
{
	bool after_id = false;
	struct str word;

	while (next_word(&value, &word)) {
		if (after_id)
			add(ids, word);
		after_id = str_eq_nocase(word, STR("id"));
	}
}

static bool
names_ids(struct str name)
{
	static const char *const names[] = {"Message-ID", "In-Reply-To",
	    "References", "Original-Message-ID", "Original-Envelope-Id"};
	struct str end = STR("queue-id");

	return str_is_any(name, names, ARRAY_LEN(names)) ||
	       (name.n > end.n &&
		   str_eq_nocase(str_from(name, name.n - end.n), end));
}

static void
add_block(struct ids *ids, struct str block, bool passed_on)
{
	struct header_field f;

	while (header_next(&block, &f))
		if (passed_on && str_eq_nocase(f.name, STR("Received")))
			add_received(ids, f.value);
		else if (names_ids(f.name))
			add_words(ids, f.value);
}

static void
read_report(struct trace *t, struct ids *ids, struct inbound_mail *m)
{
	struct str subject = inbound_mail_returned_field(m, "Subject");
	int i;

	for (i = 0; i < m->delivery_status_count; i++)
		add_block(ids, m->delivery_status[i], false);
	add_block(ids, m->feedback_report, false);
	add_block(ids, m->returned, true);
	if (subject.n > 0)
		t->title = header_decode(subject, &m->arena);
}

/* The Message-ID of an answer is not ours. */
static void
read_answer(struct trace *t, struct ids *ids, struct inbound_mail *m)
{
	int i = m->reference_count;

	t->person = m->from_address;
	t->title = m->subject;
	add_words(ids, m->in_reply_to);
	while (i-- > 0)
		add_words(ids, m->references[i]);
	add_block(ids, m->disposition, false);
}

/* "Out of office: Spring news": machines have words of their own. */
static struct str
without_first_words(struct str title)
{
	size_t at = str_find(title, STR(": "));

	return at == STR_NOWHERE ? title : str_from(title, at + 2);
}

static bool
is_of_report(const struct classification *c)
{
	return c->class == INBOUND_BOUNCE || c->class == INBOUND_DELAY ||
	       c->class == INBOUND_DSN_SUCCESS || c->feedback_type.n > 0 ||
	       c->class == INBOUND_COMPLAINT;
}

void
trace_read(struct trace *t, const struct classification *c,
    struct inbound_mail *m)
{
	struct ids ids = {.n = 0};
	struct str title;

	*t = (struct trace){STR_NONE, STR_NONE, STR_NONE};
	if (is_of_report(c))
		read_report(t, &ids, m);
	else if (c->class == INBOUND_MDN || c->class == INBOUND_AUTO_REPLY ||
		 (c->class == INBOUND_OTHER && likely_answer(m)))
		read_answer(t, &ids, m);
	if (ids.n > 0)
		t->ids = str_trim(arena_join(&m->arena, ids.at, ids.n));
	title = likely_answer_title(t->title);
	if (title.n == t->title.n && c->class != INBOUND_OTHER &&
	    t->person.p != NULL)
		title = without_first_words(title);
	t->title = title.n > 0 ? title : STR_NONE;
}
