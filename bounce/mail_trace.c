#include "bounce/mail_trace.h"

#include "lib/mail/header.h"

struct str
mail_trace_squeeze(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t')
			out[n++] = s.p[i];
	return (struct str){out, n};
}

/* Comments may hold anything; blanks become spaces. */
static struct str
without_comments(struct str s, struct arena *a)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t i, n = 0;
	int depth = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && depth > 0)
			depth--;
		else if (depth == 0)
			out[n++] = (char)(s.p[i] == '\t' ? ' ' : s.p[i]);
	}
	return (struct str){out, n};
}

static struct str
word_of(struct str s)
{
	return str_fit(str_trim(s), MAIL_TRACE_WORD_MAX);
}

static bool
names_field(struct str names, const char *field)
{
	struct str name;

	while (str_cut(&names, ':', &name))
		if (str_eq_nocase(name, str_of(field)))
			return true;
	return false;
}

static void
read_signature(struct mail_trace *t, struct str value, struct arena *a)
{
	struct mail_signature *s = &t->signatures[t->signature_count++];
	struct str rest = mail_trace_squeeze(header_unfold(value, a), a);
	struct str tag, names;

	*s = (struct mail_signature){.covers = false};
	while (str_cut(&rest, ';', &tag)) {
		names = str_from(tag, 2);
		if (str_starts(tag, STR("d=")))
			s->domain = word_of(names);
		else if (str_starts(tag, STR("s=")))
			s->selector = word_of(names);
		else if (str_starts(tag, STR("h=")))
			s->covers = names_field(names, "From") &&
				    names_field(names, "List-Unsubscribe") &&
				    names_field(names, "List-Unsubscribe-Post");
	}
}

/* The first counts, but of several signatures one that is good. */
static void
take_verdict(struct str *verdict, struct str word)
{
	if (verdict->p == NULL || str_eq_nocase(word, STR("pass")))
		*verdict = word;
}

static bool
read_verdict(struct mail_trace *t, struct str method)
{
	struct str word, name;

	method = str_trim(method);
	word = word_of(str_sub(method, 0, str_chr(method, ' ')));
	if (!str_cut(&word, '=', &name) || word.p == NULL)
		return false;
	if (str_eq_nocase(name, STR("dkim")))
		take_verdict(&t->dkim, word);
	else if (str_eq_nocase(name, STR("spf")))
		take_verdict(&t->spf, word);
	else if (str_eq_nocase(name, STR("dmarc")))
		take_verdict(&t->dmarc, word);
	return true;
}

/* Some hosts leave their name out. */
static void
read_verdicts(struct mail_trace *t, struct str value, struct arena *a)
{
	struct str rest = without_comments(header_unfold(value, a), a), piece;

	if (!str_cut(&rest, ';', &piece))
		return;
	t->host =
	    read_verdict(t, piece) ? STR("the reading host") : word_of(piece);
	while (str_cut(&rest, ';', &piece))
		(void)read_verdict(t, piece);
}

/* `protocol` stands behind "with". */
static void
count_hop(struct mail_trace *t, struct str protocol, struct str value)
{
	if (str_eq_nocase(protocol, STR("Microsoft"))) {
		t->hops++;
		t->hops_tls +=
		    str_find_nocase(value, STR("version=TLS")) != STR_NOWHERE;
	} else if (str_find_nocase(protocol, STR("SMTP")) != STR_NOWHERE) {
		t->hops++;
		t->hops_tls +=
		    str_find_nocase(protocol, STR("SMTPS")) != STR_NOWHERE;
	}
}

static void
read_hop(struct mail_trace *t, struct str value, struct arena *a)
{
	struct str text = without_comments(header_unfold(value, a), a), word;
	bool with = false;

	while (str_cut(&text, ' ', &word)) {
		if (with && word.n > 0) {
			count_hop(t, word, value);
			return;
		}
		with = with || str_eq_nocase(word, STR("with"));
	}
}

/* The topmost results are of the host that was last. */
void
mail_trace_read(struct mail_trace *t, struct str header, struct arena *a)
{
	struct header_field f;

	*t = (struct mail_trace){.host = STR_NONE};
	while (header_next(&header, &f)) {
		if (str_eq_nocase(f.name, STR("Received")))
			read_hop(t, f.value, a);
		else if (str_eq_nocase(f.name, STR("DKIM-Signature")) &&
			 t->signature_count < MAIL_TRACE_SIGNATURES_MAX)
			read_signature(t, f.value, a);
		else if (str_eq_nocase(f.name, STR("Authentication-Results")) &&
			 t->host.p == NULL)
			read_verdicts(t, f.value, a);
	}
}
