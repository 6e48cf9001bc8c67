#include "bounce/notice_address.h"

#define LOCAL_MAX 256 /* longer ones are none */
#define NEAR_MAX  400 /* bytes of a line around an address that tell */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
is_local_char(char c)
{
	return is_alnum(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

static bool
is_high(char c)
{
	return (unsigned char)c >= 0x80;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the local part before the '@' begins.  Letters beyond ASCII belong to
 * it only between angle brackets or blanks: words of other scripts are not
 * always parted from what follows. */
static size_t
local_start(struct str text, size_t at)
{
	size_t i = at, wide;

	while (i > 0 && at - i < LOCAL_MAX && is_local_char(text.p[i - 1]))
		i--;
	for (wide = i;
	     wide > 0 && at - wide < LOCAL_MAX &&
	     (is_high(text.p[wide - 1]) || is_local_char(text.p[wide - 1]));
	     wide--)
		;
	if (wide < i &&
	    (wide == 0 || is_blank(text.p[wide - 1]) ||
		text.p[wide - 1] == '<' || text.p[wide - 1] == '\n'))
		i = wide;
	while (i < at && strchr("'`*=|/-.", text.p[i]) != NULL)
		i++;
	return i;
}

/* The end of the domain behind the '@'; `at` when there is none. */
static size_t
domain_end(struct str text, size_t at)
{
	size_t i = at + 1, dots = 0;

	if (i < text.n && text.p[i] == '[') {
		while (i < text.n && text.p[i] != ']' && text.p[i] != '\n')
			i++;
		return i < text.n && text.p[i] == ']' ? i + 1 : at;
	}
	for (; i < text.n && (is_alnum(text.p[i]) || text.p[i] == '-' ||
				 text.p[i] == '.' || text.p[i] == '_');
	     i++)
		;
	while (i > at + 1 && strchr(".-_", text.p[i - 1]) != NULL)
		i--;
	for (at = at + 1; at < i; at++)
		dots += text.p[at] == '.';
	return dots > 0 ? i : 0;
}

static size_t
line_start(struct str text, size_t at)
{
	size_t n;

	for (n = 0; n < NEAR_MAX && at > 0 && text.p[at - 1] != '\n'; n++)
		at--;
	return at;
}

static bool
says(struct str text, const char *words)
{
	return str_find(text, str_of(words)) != STR_NOWHERE;
}

static bool
says_any(struct str text, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (says(text, words[i]))
			return true;
	return false;
}

/* Labels and words before an address that is nobody's who failed. */
static const char *const others[] = {
    "from",
    "sender",
    "reply-to",
    "contact",
    "assistance",
    "support",
    "question",
    "postmaster",
    "administrator",
    "message-id",
    "return-path",
    "envelope",
    "errors-to",
    "mts-id",
    "forward",
    "expanded",
    "generated",
    "instead",
    "visit",
    "help",
    "please",
};

/* Words of sentences and labels about a failed delivery. */
static const char *const failing[] = {
    "deliver",
    "undeliver",
    "delevery",
    "fail",
    "reach",
    "unknown",
    "invalid",
    "reject",
    "recipient",
    "rcpt",
    "address",
    "userid",
    "user ",
    "mailbox",
    "account",
    "quota",
    "exceed",
    "not sent",
    "returned",
    "bounce",
    "member",
    "zustell",
    "zugestellt",
    "delivr",
    "entreg",
    "consegn",
    "pobox",
    "доставл",
    "получател",
    "收件",
    "发送",
    "發送",
    "投递",
    "投遞",
    "宛先",
    "받는",
    "수신",
    "dostarcz",
    "doruč",
    "bezorg",
    "lever",
    "iletilemedi",
};

static bool
is_code(struct str text)
{
	return text.n >= 3 && (text.p[0] == '4' || text.p[0] == '5') &&
	       text.p[1] >= '0' && text.p[1] <= '5' && text.p[2] >= '0' &&
	       text.p[2] <= '9' && (text.n == 3 || !is_alnum(text.p[3]));
}

/* "550 ", ">>> RCPT TO:", "<<< 550", "Remote host said: 550". */
static bool
is_reply(struct str before)
{
	static const char *const speakers[] = {"said: ", "<<< ", ">>> ",
	    "replied: ", "response: ", "returned: "};
	size_t i, at;

	if (says(before, "rcpt to") || is_code(before))
		return true;
	for (i = 0; i < ARRAY_LEN(speakers); i++) {
		at = str_find(before, str_of(speakers[i]));
		if (at != STR_NOWHERE &&
		    is_code(str_from(before, at + strlen(speakers[i]))))
			return true;
	}
	return false;
}

static bool
is_decoration(struct str before)
{
	size_t i;

	for (i = 0; i < before.n; i++)
		if (strchr("*->#|.,:; \t\"'<[(", before.p[i]) == NULL)
			return false;
	return before.n == 0 || before.p[0] != '>' ||
	       str_starts(before, STR(">>>"));
}

/* "to", "for", "an": what a recipient stands behind in a sentence. */
static bool
ends_with_preposition(struct str before)
{
	static const char *const words[] = {"to", "for", "address", "recipient",
	    "user", "account", "mailbox", "list", "an", "a", "para", "pour",
	    "per", "full:", "aan", "do", "til", "till"};
	static const char *const ends[] = {"到", "至", "给", "給"};
	size_t i, at = str_rchr(before, ' ');
	struct str last = at == STR_NOWHERE ? before : str_from(before, at + 1);

	for (i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(before, str_of(ends[i])))
			return true;
	return str_is_any(last, words, ARRAY_LEN(words));
}

/* What nothing but a recipient can stand behind. */
static bool
is_sure(struct str before)
{
	static const char *const ends[] = {"not be delivered to",
	    "undeliverable to", "undeliverable  to",
	    "member of this mailing list"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(before, str_of(ends[i])))
			return true;
	return false;
}

static enum notice_place
place_of(struct str line, struct str before, char after)
{
	if (is_decoration(before))
		return after == ')' || str_chr(before, '(') != STR_NOWHERE
			   ? NOTICE_ELSEWHERE
			   : NOTICE_LISTED;
	while (
	    before.n > 0 && strchr("<[\"'( \t", before.p[before.n - 1]) != NULL)
		before.n--;
	if (is_reply(before))
		return says(before, "from") ? NOTICE_ELSEWHERE
					    : NOTICE_ANSWERED;
	if (says_any(before, others, ARRAY_LEN(others)))
		return NOTICE_ELSEWHERE;
	if (str_ends(before, STR(":")) || str_ends(before, STR("：")) ||
	    str_ends(before, STR("[smtp:")))
		return says_any(before, failing, ARRAY_LEN(failing))
			   ? NOTICE_LABELLED
			   : NOTICE_ELSEWHERE;
	if (is_sure(before))
		return NOTICE_LABELLED;
	return ends_with_preposition(before) &&
		       says_any(line, failing, ARRAY_LEN(failing))
		   ? NOTICE_TOLD
		   : NOTICE_ELSEWHERE;
}

static void
put_place(struct notice_address *a, struct str text)
{
	struct str before, line;
	size_t i = a->to;

	a->line = line_start(text, a->from);
	line = str_sub(text, a->line, a->to - a->line + NEAR_MAX);
	line = str_sub(line, 0, str_chr(line, '\n'));
	before = str_sub(text, a->line, a->from - a->line);
	for (a->indent = 0;
	     a->indent < before.n && is_blank(before.p[a->indent]); a->indent++)
		;
	while (
	    a->from > a->line && strchr("<[\"'", text.p[a->from - 1]) != NULL)
		a->from--;
	while (i < text.n && strchr(">]\"'", text.p[i]) != NULL)
		i++;
	a->to = i;
	a->place =
	    place_of(line, str_trim(before), i < text.n ? text.p[i] : '\n');
}

bool
notice_address_next(struct notice_address *a, struct str text, size_t *at)
{
	size_t i, start, end;

	for (; *at < text.n; (*at)++) {
		i = str_chr(str_from(text, *at), '@');
		if (i == STR_NOWHERE)
			break;
		*at += i;
		start = local_start(text, *at);
		end = domain_end(text, *at);
		if (start == *at || end <= *at + 1)
			continue;
		*a = (struct notice_address){
		    .address = str_sub(text, start, end - start),
		    .from = start,
		    .to = end,
		};
		put_place(a, text);
		*at = end;
		return true;
	}
	*at = text.n;
	return false;
}

bool
notice_is_address(struct str text)
{
	struct notice_address a;
	size_t at = 0;

	text = str_trim(text);
	return notice_address_next(&a, text, &at) && a.from == 0 &&
	       a.to == text.n;
}
