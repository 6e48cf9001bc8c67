#include "bounce/read_back_report.h"

#include "lib/base/json_write.h"
#include "lib/mail/header.h"

#define NO_CLAIM "one-click is not claimed"

bool
read_back_is_it(struct str header, struct str token, struct arena *a)
{
	struct str path = header_get(header, "Return-Path", a);
	struct str type = header_get(header, "Content-Type", a);

	return str_find(header_get(header, "Subject", a), token) !=
		   STR_NOWHERE &&
	       !str_eq(path, STR("<>")) &&
	       !str_starts_nocase(type, STR("multipart/report"));
}

/* Bytes of a stranger's header become text. */
static void
add(struct read_back_report *r, const char *name, bool ok, struct str detail,
    struct arena *a)
{
	r->steps[r->step_count++] =
	    (struct read_back_step){name, ok, header_decode(detail, a)};
}

/* What stands in a field, in a sentence. */
static struct str
quoted(struct str value)
{
	if (value.p == NULL)
		return STR("nothing");
	return str_fit(value, READ_BACK_VALUE_MAX);
}

/* Between the last angle brackets, else all of it. */
static struct str
address_in(struct str value)
{
	size_t open = str_rchr(value, '<');

	if (open == STR_NOWHERE)
		return str_trim(value);
	value = str_from(value, open + 1);
	return str_trim(str_sub(value, 0, str_chr(value, '>')));
}

static enum read_back_finding
compare(struct str sent, struct str got)
{
	return str_eq_nocase(sent, got) ? KEPT : CHANGED;
}

static void
compare_return_path(struct read_back_report *r,
    const struct read_back_sent *sent, struct str header, struct arena *a)
{
	struct str got = header_get(header, "Return-Path", a);

	r->verp = true;
	if (got.p == NULL) {
		add(r, "return_path", true,
		    STR("the reading host does not tell it"), a);
		return;
	}
	r->return_path = compare(sent->return_path, address_in(got));
	r->verp = r->return_path == KEPT;
	add(r, "return_path", r->verp,
	    r->verp ? STR("kept")
		    : arena_printf(a,
			  "the envelope sender is replaced by %.*s: reports "
			  "are known by Message-ID and returned headers alone",
			  STR_ARG(quoted(got))),
	    a);
}

static void
compare_message_id(struct read_back_report *r,
    const struct read_back_sent *sent, struct str header, struct arena *a)
{
	struct str got = header_get(header, "Message-ID", a);

	r->message_id = compare(sent->message_id, got);
	add(r, "message_id", r->message_id == KEPT,
	    r->message_id == KEPT
		? STR("kept")
		: arena_printf(a,
		      "Message-ID is replaced by %.*s, which nothing relies "
		      "on: give campaigns a reply_token to know replies",
		      STR_ARG(quoted(got))),
	    a);
}

static void
compare_from(struct read_back_report *r, const struct read_back_sent *sent,
    struct str header, struct arena *a)
{
	struct str got = header_get(header, "From", a);

	r->from = compare(address_in(sent->from), address_in(got));
	add(r, "from", r->from == KEPT,
	    r->from == KEPT
		? STR("kept")
		: arena_printf(a,
		      "From is replaced by %.*s: write from that address, or "
		      "let the account send as yours",
		      STR_ARG(quoted(got))),
	    a);
}

static bool
is_kept(struct str sent, struct str header, const char *name, struct arena *a)
{
	return str_eq(mail_trace_squeeze(sent, a),
	    mail_trace_squeeze(header_get(header, name, a), a));
}

static void
compare_list(struct read_back_report *r, const struct read_back_sent *sent,
    struct str header, struct arena *a)
{
	bool url =
	    is_kept(sent->list_unsubscribe, header, "List-Unsubscribe", a);
	bool post = is_kept(sent->list_unsubscribe_post, header,
	    "List-Unsubscribe-Post", a);

	r->list = url && post ? KEPT : CHANGED;
	add(r, "list_unsubscribe", r->list == KEPT,
	    r->list == KEPT
		? STR("kept, with List-Unsubscribe-Post")
		: arena_printf(a, "%s %s removed or replaced: " NO_CLAIM,
		      url    ? "List-Unsubscribe-Post"
		      : post ? "List-Unsubscribe"
			     : "List-Unsubscribe and List-Unsubscribe-Post",
		      url || post ? "is" : "are"),
	    a);
}

static struct str
describe_signatures(const struct mail_trace *t, struct arena *a)
{
	struct str text = STR("");
	int i;

	for (i = 0; i < t->signature_count; i++)
		text = arena_printf(a, "%.*s%sd=%.*s s=%.*s %s", STR_ARG(text),
		    i > 0 ? ", " : "", STR_ARG(t->signatures[i].domain),
		    STR_ARG(t->signatures[i].selector),
		    t->signatures[i].covers
			? "covers From and both List-Unsubscribe fields"
			: "leaves out From or a List-Unsubscribe field");
	return text;
}

/* A signature that does not verify covers nothing. */
static void
judge_signatures(struct read_back_report *r, struct arena *a)
{
	const struct mail_trace *t = &r->trace;
	bool broken = str_eq_nocase(t->dkim, STR("fail")) ||
		      str_eq_nocase(t->dkim, STR("permerror"));
	struct str text = describe_signatures(t, a);
	bool covered = false;
	int i;

	for (i = 0; i < t->signature_count && !broken; i++)
		covered = covered || t->signatures[i].covers;
	r->one_click = covered && r->list == KEPT;
	if (t->signature_count == 0)
		text = STR("there is no DKIM signature: " NO_CLAIM);
	else if (!covered)
		text = arena_printf(a, "%.*s%s: " NO_CLAIM, STR_ARG(text),
		    broken ? ", but does not verify" : "");
	add(r, "dkim", covered, text, a);
}

static struct str
or_none(struct str verdict)
{
	return verdict.p != NULL ? verdict : STR("not told");
}

static bool
fails(struct str verdict)
{
	return str_eq_nocase(verdict, STR("fail"));
}

static void
judge_verdicts(struct read_back_report *r, struct arena *a)
{
	const struct mail_trace *t = &r->trace;
	bool told = t->dkim.p != NULL || t->spf.p != NULL || t->dmarc.p != NULL;

	add(r, "authentication",
	    !fails(t->dkim) && !fails(t->spf) && !fails(t->dmarc),
	    told ? arena_printf(a, "DKIM %.*s, SPF %.*s, DMARC %.*s, says %.*s",
		       STR_ARG(or_none(t->dkim)), STR_ARG(or_none(t->spf)),
		       STR_ARG(or_none(t->dmarc)), STR_ARG(t->host))
		 : STR("the reading host does not tell"),
	    a);
}

static void
judge_hops(struct read_back_report *r, struct arena *a)
{
	const struct mail_trace *t = &r->trace;

	add(r, "tls", true,
	    t->hops == 0 ? STR("no hop tells how it got the message")
			 : arena_printf(a, "%d of %d hops tell of TLS",
			       t->hops_tls, t->hops),
	    a);
}

void
read_back_report(struct read_back_report *r, const struct read_back_sent *sent,
    const struct read_back_arrival *arrival, struct arena *a)
{
	struct str header = arrival->header;

	*r = (struct read_back_report){.step_count = 0};
	add(r, "arrival", true,
	    arena_printf(a, "in %.*s after %lld.%lld s",
		STR_ARG(arrival->folder), (long long)arrival->after_ms / 1000,
		(long long)arrival->after_ms / 100 % 10),
	    a);
	compare_return_path(r, sent, header, a);
	compare_message_id(r, sent, header, a);
	compare_from(r, sent, header, a);
	compare_list(r, sent, header, a);
	mail_trace_read(&r->trace, header, a);
	judge_signatures(r, a);
	judge_verdicts(r, a);
	judge_hops(r, a);
}

static void
put_finding(struct json_write *j, const char *key, enum read_back_finding f)
{
	json_write_key(j, key);
	if (f == NOT_TOLD)
		json_write_null(j);
	else
		json_write_bool(j, f == KEPT);
}

static void
put_flag(struct json_write *j, const char *key, bool value)
{
	json_write_key(j, key);
	json_write_bool(j, value);
}

static void
put_verdict(struct json_write *j, const char *key, struct str verdict)
{
	json_write_key(j, key);
	if (verdict.p == NULL)
		json_write_null(j);
	else
		json_write_text(j, verdict);
}

static void
put_signatures(struct json_write *j, const struct mail_trace *t)
{
	int i;

	json_write_key(j, "signatures");
	json_write_open(j, '[');
	for (i = 0; i < t->signature_count; i++) {
		json_write_open(j, '{');
		json_write_member(j, "domain", t->signatures[i].domain);
		json_write_member(j, "selector", t->signatures[i].selector);
		put_flag(j, "covers", t->signatures[i].covers);
		json_write_close(j, '}');
	}
	json_write_close(j, ']');
}

static void
put_warnings(struct json_write *j, const struct read_back_report *r)
{
	int i;

	json_write_key(j, "warnings");
	json_write_open(j, '[');
	for (i = 0; i < r->step_count; i++)
		if (!r->steps[i].ok)
			json_write_text(j, r->steps[i].detail);
	json_write_close(j, ']');
}

void
read_back_report_json(const struct read_back_report *r,
    const struct read_back_arrival *arrival, struct buf *out)
{
	const struct mail_trace *t = &r->trace;
	struct json_write j;

	json_write_init(&j, out);
	json_write_open(&j, '{');
	json_write_member(&j, "folder", arrival->folder);
	json_write_key(&j, "after_ms");
	json_write_int(&j, arrival->after_ms);
	put_finding(&j, "return_path", r->return_path);
	put_finding(&j, "message_id", r->message_id);
	put_finding(&j, "from", r->from);
	put_finding(&j, "list_unsubscribe", r->list);
	put_signatures(&j, t);
	put_verdict(&j, "dkim", t->dkim);
	put_verdict(&j, "spf", t->spf);
	put_verdict(&j, "dmarc", t->dmarc);
	json_write_key(&j, "hops");
	json_write_int(&j, t->hops);
	json_write_key(&j, "hops_tls");
	json_write_int(&j, t->hops_tls);
	put_warnings(&j, r);
	json_write_key(&j, "features");
	json_write_open(&j, '{');
	put_flag(&j, "verp", r->verp);
	put_flag(&j, "one_click", r->one_click);
	json_write_close(&j, '}');
	json_write_close(&j, '}');
}
