#include "lib/base/base.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "tests/sink/sink_rule.h"

#include <limits.h>

#define NUMBER_MAX 1000000000000L

static const char *const act_names[SINK_ACT__COUNT] = {
    [SINK_REPLY] = "reply",
    [SINK_CLOSE] = "close",
    [SINK_DROP] = "drop",
    [SINK_RESET] = "reset",
    [SINK_STALL] = "stall",
    [SINK_GARBAGE] = "garbage",
    [SINK_CORRUPT] = "corrupt",
    [SINK_LOSE] = "lose",
    [SINK_DELAY] = "delay",
    [SINK_SLOW] = "slow",
    [SINK_SLOW_READ] = "slow-read",
};

const char *
sink_act_name(enum sink_act a)
{
	return act_names[a];
}

/* Two numbers with `sep` between; without it the second is the first. */
static bool
pair_of(struct str s, char sep, int64_t *a, int64_t *b)
{
	struct str first = STR_NONE;

	if (str_chr(s, sep) == STR_NOWHERE) {
		if (!str_to_i64(s, a))
			return false;
		*b = *a;
	} else {
		(void)str_cut(&s, sep, &first);
		if (!str_to_i64(first, a) || !str_to_i64(s, b))
			return false;
	}
	return *a >= 0 && *b >= *a && *b <= NUMBER_MAX;
}

static bool
count_of(struct str s, long *out)
{
	int64_t n;

	if (!str_to_i64(s, &n) || n < 1 || n > NUMBER_MAX)
		return false;
	*out = (long)n;
	return true;
}

static bool
seconds_of(struct str s, int64_t *ms)
{
	int64_t n;

	if (!str_to_i64(s, &n) || n < 0 || n > NUMBER_MAX / 1000)
		return false;
	*ms = n * 1000;
	return true;
}

static bool
set_every(struct sink_rule *r, struct str v)
{
	return count_of(v, &r->every);
}

static bool
set_nth(struct sink_rule *r, struct str v)
{
	return count_of(v, &r->nth);
}

static bool
set_first(struct sink_rule *r, struct str v)
{
	return count_of(v, &r->first);
}

static bool
set_from(struct sink_rule *r, struct str v)
{
	return count_of(v, &r->from);
}

static bool
set_chance(struct sink_rule *r, struct str v)
{
	char text[32], *end;

	if (v.n == 0 || v.n >= sizeof(text))
		return false;
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	r->chance = strtod(text, &end);
	return *end == '\0' && r->chance >= 0 && r->chance <= 1;
}

static bool
set_to(struct sink_rule *r, struct str v)
{
	if (v.n == 0 || r->to != NULL)
		return false;
	r->to = str_dup(v);
	return true;
}

static bool
set_conn(struct sink_rule *r, struct str v)
{
	int64_t a, b;

	if (!pair_of(v, '-', &a, &b))
		return false;
	r->conn_min = (long)a;
	r->conn_max = (long)b;
	return true;
}

static bool
set_since(struct sink_rule *r, struct str v)
{
	return seconds_of(v, &r->since_ms);
}

static bool
set_until(struct sink_rule *r, struct str v)
{
	return seconds_of(v, &r->until_ms);
}

static bool
set_open(struct sink_rule *r, struct str v)
{
	int64_t n;

	if (!str_to_i64(v, &n) || n < 0 || n > NUMBER_MAX)
		return false;
	r->open = (long)n;
	return true;
}

/* "100/60": not in order, as a pair is */
static bool
set_quota(struct sink_rule *r, struct str v)
{
	struct str n = STR_NONE;
	int64_t count;

	if (!str_cut(&v, '/', &n) || !str_to_i64(n, &count) || count < 0 ||
	    !seconds_of(v, &r->quota_ms))
		return false;
	r->quota = (long)count;
	return true;
}

static bool
set_grey(struct sink_rule *r, struct str v)
{
	return seconds_of(v, &r->grey_ms);
}

static bool
set_per(struct sink_rule *r, struct str v)
{
	if (str_eq(v, STR("conn")))
		r->per = SINK_PER_CONN;
	else if (str_eq(v, STR("user")))
		r->per = SINK_PER_USER;
	else if (str_eq(v, STR("to")))
		r->per = SINK_PER_TO;
	else
		return false;
	return true;
}

static bool
set_at(struct sink_rule *r, struct str v)
{
	return str_to_i64(v, &r->at) && r->at >= 0 && r->at <= NUMBER_MAX;
}

static bool
set_sweep(struct sink_rule *r, struct str v)
{
	return pair_of(v, '-', &r->sweep_next, &r->sweep_last) &&
	       r->sweep_last > 0;
}

static const struct {
	struct str name;
	bool (*set)(struct sink_rule *r, struct str value);
} conditions[] = {
    {STR("every:"), set_every},
    {STR("nth:"), set_nth},
    {STR("first:"), set_first},
    {STR("from:"), set_from},
    {STR("chance:"), set_chance},
    {STR("to:"), set_to},
    {STR("conn:"), set_conn},
    {STR("since:"), set_since},
    {STR("until:"), set_until},
    {STR("open:"), set_open},
    {STR("quota:"), set_quota},
    {STR("grey:"), set_grey},
    {STR("per:"), set_per},
    {STR("at:"), set_at},
    {STR("sweep:"), set_sweep},
};

static bool
take_condition(struct sink_rule *r, struct str word)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(conditions); i++)
		if (str_starts(word, conditions[i].name))
			return conditions[i].set(r,
			    str_from(word, conditions[i].name.n));
	return false;
}

/* "rcpt@20" */
static bool
take_place(struct sink_rule *r, struct str word)
{
	struct str name = STR_NONE;
	int s;

	if (str_chr(word, '@') == STR_NOWHERE)
		name = word;
	else if (!str_cut(&word, '@', &name) || !set_every(r, word))
		return false;
	for (s = 0; s < SINK_STEP__COUNT; s++) {
		r->step = (enum sink_step)s;
		if (str_eq(name, str_of(sink_step_name(r->step))))
			return true;
	}
	return false;
}

static bool
take_when(struct sink_rule *r, struct str when, struct err *err)
{
	struct str word;
	bool first = true;

	while (str_cut(&when, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (first ? !take_place(r, word) : !take_condition(r, word))
			return err_set(err, FAIL_INPUT, "what is \"%.*s\"",
			    STR_ARG(word));
		first = false;
	}
	return !first || err_set(err, FAIL_INPUT, "no place");
}

/* A backslash and an "n" end a line. */
static char *
reply_text(struct str s)
{
	struct buf out;
	size_t i;

	buf_init(&out, 2 * SINK_RULE_TEXT_MAX);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n || s.p[i + 1] != 'n') {
			buf_char(&out, s.p[i]);
			continue;
		}
		buf_puts(&out, "\r\n");
		i++;
	}
	buf_puts(&out, "\r\n");
	return out.p;
}

/* "N/MS", both at least 1 */
static bool
take_pace(struct sink_rule *r, struct str v)
{
	struct str n = STR_NONE;

	return str_cut(&v, '/', &n) && count_of(n, &r->bytes) &&
	       str_to_i64(v, &r->ms_min) && r->ms_min > 0;
}

static bool
take_lose(struct sink_rule *r, struct str v)
{
	enum sink_act a;

	r->lose = SINK_DROP;
	if (v.n == 0)
		return r->step == SINK_DOT;
	for (a = SINK_DROP; a <= SINK_STALL; a++) {
		r->lose = a;
		if (str_eq(v, str_of(act_names[a])))
			return r->step == SINK_DOT;
	}
	return false;
}

static bool
take_stall(struct sink_rule *r, struct str v)
{
	if (v.n == 0)
		return true;
	r->act = SINK_DELAY;
	if (!seconds_of(v, &r->ms_min))
		return false;
	r->ms_max = r->ms_min;
	return true;
}

static bool
take_value(struct sink_rule *r, struct str v)
{
	switch (r->act) {
	case SINK_DROP:
	case SINK_RESET: return v.n == 0;
	case SINK_STALL: return take_stall(r, v);
	case SINK_GARBAGE:
	case SINK_CORRUPT:
		r->bytes = 64;
		return v.n == 0 || (count_of(v, &r->bytes) && r->bytes < 65536);
	case SINK_LOSE: return take_lose(r, v);
	case SINK_DELAY: return pair_of(v, '-', &r->ms_min, &r->ms_max);
	case SINK_SLOW:
	case SINK_SLOW_READ: return take_pace(r, v);
	case SINK_CLOSE:
	case SINK_REPLY: r->text = reply_text(v); return v.n > 0;
	case SINK_ACT__COUNT: break;
	}
	return false;
}

static bool
take_action(struct sink_rule *r, struct str text)
{
	struct str rest = text, word = STR_NONE;
	int a;

	(void)str_cut(&rest, ' ', &word);
	for (a = SINK_REPLY + 1; a < SINK_ACT__COUNT; a++) {
		r->act = (enum sink_act)a;
		if (str_eq(word, str_of(act_names[a])))
			return take_value(r, str_trim(rest));
	}
	r->act = SINK_REPLY;
	if (str_eq(word, STR("say")))
		return take_value(r, rest);
	return text.n > 0 && text.p[0] >= '2' && text.p[0] <= '5' &&
	       take_value(r, text);
}

bool
sink_rule_parse(struct sink_rule *r, struct str text, struct err *err)
{
	size_t equals = str_chr(text, '=');
	struct err why;

	*r = (struct sink_rule){.chance = 1,
	    .conn_max = LONG_MAX,
	    .until_ms = SINK_NEVER,
	    .open = -1,
	    .quota = -1,
	    .grey_ms = -1,
	    .at = 1};
	if (text.n > SINK_RULE_TEXT_MAX)
		return err_set(err, FAIL_LIMIT, "rule too long");
	if (equals == STR_NOWHERE)
		return err_set(err, FAIL_INPUT, "no \"=\" in \"%.*s\"",
		    STR_ARG(text));
	if (!take_when(r, str_sub(text, 0, equals), &why))
		err_set(err, why.kind, "rule \"%.*s\": %s", STR_ARG(text),
		    why.text);
	else if (!take_action(r, str_trim(str_from(text, equals + 1))))
		err_set(err, FAIL_INPUT, "rule \"%.*s\": no such action here",
		    STR_ARG(text));
	else
		return true;
	sink_rule_release(r);
	return false;
}
