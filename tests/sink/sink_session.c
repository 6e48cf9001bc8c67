#include "lib/base/base.h"

#include "tests/sink/sink_session.h"

#include "tests/sink/sink_command.h"
#include "tests/sink/sink_transaction.h"

#define OUT_MAX        (1U << 20)
#define TEXT_MAX       4096
#define RCPT_MAX       65536
#define UNANSWERED_MAX (1U << 20)
#define LINE_BYTES_MAX 65536 /* longer lines end the connection */

/* A message whose reply is said once `end` octets were sent. */
struct answer {
	uint64_t end;
	long number;
};

void
sink_shared_init(struct sink_shared *s, const struct sink_options *o)
{
	struct err err;

	memset(s, 0, sizeof(*s));
	s->options = o;
	sink_tokens_init(&s->tokens, o);
	s->rules = sink_rules_new(o->rules, o->rule_count, o->rule_file,
	    o->seed, &err);
	if (s->rules == NULL)
		die("sink: %s", err.text);
}

void
sink_shared_release(struct sink_shared *s)
{
	sink_rules_free(s->rules);
	sink_tokens_release(&s->tokens);
}

void
sink_session_init(struct sink_session *s, struct sink_shared *shared,
    struct sink_record *record, bool tls)
{
	memset(s, 0, sizeof(*s));
	s->shared = shared;
	s->record = record;
	s->tls = tls;
	s->id = atomic_fetch_add(&shared->connections, 1) + 1;
	atomic_fetch_add(&shared->open, 1);
	buf_init(&s->out, OUT_MAX);
	buf_init(&s->late, OUT_MAX);
	buf_init(&s->from, TEXT_MAX);
	buf_init(&s->to, RCPT_MAX);
	buf_init(&s->unanswered, UNANSWERED_MAX);
	sink_login_init(&s->login, &shared->tokens);
	sink_body_init(&s->body);
	if (sink_record_wants(record, SINK_EVENT_OPEN)) {
		sink_record_begin(record, SINK_EVENT_OPEN, s->id);
		sink_record_end(record);
	}
}

/* Messages whose replies have left are forgotten; of the others it is told
 * that they were lost, if they are. */
static void
settle(struct sink_session *s, bool lost)
{
	const struct answer *a = (const void *)s->unanswered.p;
	size_t n = s->unanswered.n / sizeof(*a), i = 0;

	while (i < n && a[i].end <= s->sent)
		i++;
	for (; lost && i < n; i++) {
		sink_record_begin(s->record, SINK_EVENT_LOST, s->id);
		sink_record_number(s->record, a[i].number);
		sink_record_end(s->record);
	}
	buf_drop(&s->unanswered, i * sizeof(*a));
}

void
sink_session_release(struct sink_session *s)
{
	settle(s, true);
	if (sink_record_wants(s->record, SINK_EVENT_CLOSE)) {
		sink_record_begin(s->record, SINK_EVENT_CLOSE, s->id);
		sink_record_number(s->record, (int64_t)s->received);
		sink_record_number(s->record, (int64_t)s->sent);
		sink_record_end(s->record);
	}
	atomic_fetch_sub(&s->shared->open, 1);
	sink_rules_uncut(s->shared->rules, &s->body_cut);
	buf_release(&s->out);
	buf_release(&s->late);
	buf_release(&s->from);
	buf_release(&s->to);
	buf_release(&s->unanswered);
	sink_login_release(&s->login);
	sink_body_release(&s->body);
}

void
sink_session_answers(struct sink_session *s, long number)
{
	struct answer a = {.number = number};

	if (!sink_record_wants(s->record, SINK_EVENT_LOST))
		return;
	settle(s, false);
	a.end = s->sent + s->out.n + s->late.n;
	if (s->end != SINK_STAYS || s->due_ms == SINK_NEVER)
		a.end = UINT64_MAX; /* there will be none */
	buf_add(&s->unanswered, &a, sizeof(a));
}

void
sink_session_reply(struct sink_session *s, const char *text)
{
	buf_puts(&s->out, text);
	buf_add(&s->out, "\r\n", 2);
	if (strncmp(text, "421", 3) == 0)
		s->end = SINK_CLOSES;
}

static struct sink_moment
moment(const struct sink_session *s, enum sink_step step)
{
	return (struct sink_moment){
	    .step = step,
	    .from = buf_view(&s->from),
	    .to = buf_view(&s->to),
	    .user = s->authenticated ? buf_view(&s->login.user) : STR_NONE,
	    .connection = s->id,
	    .open = atomic_load(&s->shared->open),
	    .now_ms = s->record->now_ms,
	};
}

static void
log_fault(struct sink_session *s, const struct sink_rule *r)
{
	struct sink_record *record = s->record;

	atomic_fetch_add(&s->shared->refused, 1);
	if (!sink_record_wants(record, SINK_EVENT_FAULT))
		return;
	sink_record_begin(record, SINK_EVENT_FAULT, s->id);
	sink_record_text(record, str_of(sink_step_name(r->step)));
	sink_record_text(record, str_of(sink_act_name(r->act)));
	sink_record_number(record, (int64_t)s->received);
	sink_record_number(record, (int64_t)s->sent);
	sink_record_end(record);
}

static void
say_garbage(struct sink_session *s, long n)
{
	char *p = buf_room(&s->out, (size_t)n);

	if (p == NULL)
		return;
	sink_rules_random(s->shared->rules, p, (size_t)n);
	buf_used(&s->out, (size_t)n);
}

static void
stop_as(struct sink_session *s, enum sink_act act)
{
	if (act == SINK_DROP)
		s->end = SINK_CUTS;
	else if (act == SINK_RESET)
		s->end = SINK_RESETS;
	else
		s->due_ms = SINK_NEVER;
}

/* The rule's action, in the place of the step's own. */
static void
act(struct sink_session *s, const struct sink_rule *r)
{
	log_fault(s, r);
	s->fault = r->act;
	switch (r->act) {
	case SINK_REPLY:
	case SINK_CLOSE:
		buf_puts(&s->out, r->text);
		if (r->act == SINK_CLOSE || strncmp(r->text, "421", 3) == 0)
			s->end = SINK_CLOSES;
		break;
	case SINK_GARBAGE: say_garbage(s, r->bytes); break;
	case SINK_CORRUPT: s->corrupt = r->bytes; break;
	case SINK_LOSE: stop_as(s, r->lose); break;
	case SINK_DROP:
	case SINK_RESET:
	case SINK_STALL: stop_as(s, r->act); break;
	case SINK_DELAY:
	case SINK_SLOW:
	case SINK_SLOW_READ:
	case SINK_ACT__COUNT: break;
	}
}

static void
take_pace(struct sink_session *s, const struct sink_rule *r)
{
	struct sink_pace *pace = r->act == SINK_SLOW ? &s->writes : &s->reads;

	pace->bytes = r->bytes;
	pace->ms = r->ms_min;
	pace->generation = sink_rules_generation(s->shared->rules);
}

bool
sink_session_fault(struct sink_session *s, enum sink_step step)
{
	struct sink_fault fault;
	struct sink_moment m;

	if (!sink_rules_concern(s->shared->rules, step))
		return false;
	m = moment(s, step);
	if (!sink_rules_at(s->shared->rules, &m, &fault))
		return false;
	if (fault.delay_ms > 0)
		s->delay_ms = fault.delay_ms;
	if (fault.pace != NULL)
		take_pace(s, fault.pace);
	if (fault.rule == NULL)
		return false;
	act(s, fault.rule);
	return true;
}

void
sink_session_find_cut(struct sink_session *s, enum sink_step step,
    struct sink_cut *cut)
{
	struct sink_moment m = moment(s, step);

	sink_rules_cut(s->shared->rules, &m, cut);
}

/* What was said after the first `mark` octets waits. */
static void
hold_back(struct sink_session *s, size_t mark)
{
	if (s->delay_ms == 0)
		return;
	buf_add(&s->late, s->out.p + mark, s->out.n - mark);
	buf_truncate(&s->out, mark);
	if (s->due_ms == 0)
		s->due_ms = s->record->now_ms + s->delay_ms;
	s->delay_ms = 0;
}

void
sink_session_cut(struct sink_session *s, struct sink_cut *cut)
{
	const struct sink_rule *r = cut->rule;

	*cut = (struct sink_cut){.at = SINK_NEVER};
	if (r->act == SINK_SLOW || r->act == SINK_SLOW_READ) {
		take_pace(s, r);
	} else if (r->act == SINK_DELAY) {
		log_fault(s, r);
		s->delay_ms = r->ms_min;
		hold_back(s, r->step == SINK_OUT ? 0 : s->out.n);
	} else {
		if (r->step == SINK_OUT) {
			buf_reset(&s->out);
			settle(s, true);
			buf_reset(&s->unanswered);
		}
		act(s, r);
	}
}

void
sink_session_greet(struct sink_session *s)
{
	if (!sink_session_fault(s, SINK_GREETING))
		sink_session_reply(s, "220 sink.test ESMTP");
	hold_back(s, 0);
}

void
sink_session_resume(struct sink_session *s)
{
	s->due_ms = 0;
	buf_str(&s->out, buf_view(&s->late));
	buf_reset(&s->late);
}

void
sink_session_secured(struct sink_session *s)
{
	s->tls = true;
	s->start_tls = false;
	s->greeted = s->authenticated = false;
	sink_transaction_forget(s);
}

static bool
eats(const struct sink_session *s)
{
	return s->end == SINK_STAYS && !s->start_tls && s->due_ms == 0;
}

/* Text of a message, up to its end, or to where it is cut. */
static size_t
eat_text(struct sink_session *s, struct str data)
{
	uint64_t left = UINT64_MAX;
	size_t n;

	if (s->body_cut.rule != NULL)
		left = (uint64_t)s->body_cut.at > s->body.raw
			   ? (uint64_t)s->body_cut.at - s->body.raw
			   : 0;
	n = sink_body_feed(&s->body,
	    str_sub(data, 0, left < data.n ? left : data.n));
	if (s->body.ended) {
		sink_rules_uncut(s->shared->rules, &s->body_cut);
		sink_transaction_dot(s);
	} else if (left <= data.n) {
		sink_session_cut(s, &s->body_cut);
	}
	return n;
}

static size_t
eat_line(struct sink_session *s, struct str data)
{
	size_t lf = str_chr(data, '\n');

	if (lf != STR_NOWHERE) {
		sink_command(s, str_trim(str_sub(data, 0, lf)));
		return lf + 1;
	}
	if (data.n > LINE_BYTES_MAX)
		sink_session_reply(s, "421 4.5.2 line too long");
	return 0;
}

size_t
sink_session_feed(struct sink_session *s, struct str data)
{
	struct str rest = data;
	bool cuts, goes_on = true;
	size_t n, mark;

	while (goes_on && rest.n > 0 && eats(s)) {
		mark = s->out.n;
		cuts = s->body_cut.rule != NULL;
		n = s->state == SINK_TEXT ? eat_text(s, rest)
					  : eat_line(s, rest);
		rest = str_from(rest, n);
		hold_back(s, mark);
		goes_on = n > 0 || cuts != (s->body_cut.rule != NULL);
	}
	if (s->out.full || s->late.full)
		s->end = SINK_RESETS; /* it never reads what we say */
	return s->end == SINK_STAYS ? data.n - rest.n : data.n;
}
