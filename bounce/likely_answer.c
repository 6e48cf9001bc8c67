#include "bounce/likely_answer.h"

#include "bounce/quote_intro.h"
#include "bounce/quoted_header.h"
#include "bounce/text_line.h"

/* What mail programs put before the subject, with a colon or a wide one. */
static const char *const prefixes[] = {"re", "r", "res", "ref", "rv", "rép",
    "aw", "antw", "antwort", "wg", "tr", "rif", "i", "enc", "sv", "vs", "vb",
    "vl", "odp", "pd", "ynt", "ilt", "atb", "bls", "rp", "fw", "fwd", "на",
    "отв", "ответ", "από", "απ", "σχετ", "回复", "答复", "回覆", "答覆", "转发",
    "轉寄", "返信", "転送", "답장", "회신", "전달", "תשובה", "השב", "رد"};

/* Where the subject begins behind one of them; 0: there is none. */
static size_t
prefix_end(struct str subject)
{
	size_t colon = str_chr(subject, ':');
	size_t wide = str_find(subject, STR("：")), bracket, end = colon + 1;
	struct str word;

	if (wide < colon) {
		colon = wide;
		end = wide + STR("：").n;
	}
	if (colon == STR_NOWHERE)
		return 0;
	word = str_sub(subject, 0, colon);
	bracket = str_chr(word, '[');
	return str_is_any(text_trim(str_sub(word, 0, bracket)), prefixes,
		   ARRAY_LEN(prefixes))
		   ? end
		   : 0;
}

struct str
likely_answer_title(struct str subject)
{
	size_t end;

	subject = text_trim(subject);
	while ((end = prefix_end(subject)) > 0)
		subject = text_trim(str_from(subject, end));
	return subject;
}

/* Rules of signs alone are in all kinds of mail. */
static bool
quotes_something(struct str rest)
{
	struct str line;

	for (; rest.n > 0; rest = text_below(rest)) {
		line = text_trim(text_line(rest));
		if (text_is_quoted(line) || quote_intro(rest) > 0)
			return true;
		if (line.n > 0 &&
		    str_chr(STR("-_=*"), line.p[0]) == STR_NOWHERE &&
		    quoted_header(rest) > 0)
			return true;
	}
	return false;
}

bool
likely_answer(const struct inbound_mail *m)
{
	return m->in_reply_to.n > 0 || m->reference_count > 0 ||
	       prefix_end(text_trim(m->subject)) > 0 ||
	       quotes_something(m->text);
}
