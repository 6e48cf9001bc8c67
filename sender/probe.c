#include "sender/probe.h"

#include "db/oauth_token.h"
#include "lib/base/mem.h"
#include "lib/net/oauth.h"
#include "sender/verdict.h"

struct probe {
	struct loop *loop;
	const struct relay_row *row;
	struct smtp_message *message;
	probe_fn *on_done;
	void *arg;
	char session_key[RELAY_SESSION_KEY_MAX];
	struct smtp_link_params params;
	struct smtp_link *link;
	struct oauth_token *token;
	struct buf password; /* the token */
	struct loop_timer *timer;
	struct probe_result result;
	bool ready, sent, told;
};

void
probe_result_add(struct probe_result *r, const char *name, bool ok,
    const char *detail)
{
	struct probe_step *s = &r->steps[r->count++];

	r->ok = r->count == 1 ? ok : r->ok && ok;
	s->name = name;
	s->ok = ok;
	snprintf(s->detail, sizeof(s->detail), "%s", detail);
}

void
probe_result_json(const struct probe_result *r, struct buf *out)
{
	struct json_write j;
	int i;

	json_write_init(&j, out);
	json_write_open(&j, '{');
	json_write_key(&j, "ok");
	json_write_bool(&j, r->ok);
	json_write_key(&j, "steps");
	json_write_open(&j, '[');
	for (i = 0; i < r->count; i++) {
		json_write_open(&j, '{');
		json_write_member(&j, "name", str_of(r->steps[i].name));
		json_write_key(&j, "ok");
		json_write_bool(&j, r->steps[i].ok);
		json_write_member(&j, "detail", str_of(r->steps[i].detail));
		json_write_close(&j, '}');
	}
	json_write_close(&j, ']');
	json_write_close(&j, '}');
}

static void
tell(void *arg)
{
	struct probe *p = arg;

	if (p->told)
		return;
	p->told = true;
	loop_timer_stop(p->timer);
	p->on_done(&p->result, p->arg);
}

static bool
is_tls(const struct probe *p)
{
	return smtp_link_tls_describe(p->link)[0] != '\0';
}

static void
add_tls(struct probe *p)
{
	if (p->row->tls == CONN_TLS_NONE)
		probe_result_add(&p->result, "tls", true,
		    "none: the server is on this host");
	else
		probe_result_add(&p->result, "tls", true,
		    smtp_link_tls_describe(p->link));
}

static void
add_auth(struct probe *p)
{
	char detail[PROBE_DETAIL_MAX];

	if (p->row->username[0] == '\0') {
		probe_result_add(&p->result, "auth", true,
		    "none: no user name is set");
		return;
	}
	snprintf(detail, sizeof(detail), "as %s", p->row->username);
	probe_result_add(&p->result, "auth", true, detail);
}

static void
on_ready(struct smtp_link *l, void *arg)
{
	struct probe *p = arg;

	if (p->ready)
		return;
	p->ready = true;
	probe_result_add(&p->result, "connect", true, smtp_link_describe(l));
	add_tls(p);
	add_auth(p);
	if (p->message != NULL)
		smtp_link_send(l, p->message);
	else
		smtp_link_quit(l);
}

static enum smtp_dot
before_dot(struct smtp_message *m, void *arg)
{
	(void)m;
	(void)arg;
	return SMTP_DOT_SEND;
}

static void
on_result(struct smtp_link *l, const struct smtp_result *r, void *arg)
{
	char brief[SMTP_REPLY_BRIEF_MAX];
	struct probe *p = arg;

	p->sent = true;
	probe_result_add(&p->result, "send", r->accepted,
	    r->reply.code != 0 ? smtp_reply_brief(&r->reply, brief)
			       : r->err.text);
	smtp_link_quit(l);
}

/* Which step it was that did not go well. */
static void
add_failure(struct probe *p, const struct err *err)
{
	if (err->kind == FAIL_TLS) {
		probe_result_add(&p->result, "connect", true,
		    smtp_link_describe(p->link));
		probe_result_add(&p->result, "tls", false, err->text);
	} else if (err->kind == FAIL_AUTH) {
		probe_result_add(&p->result, "connect", true,
		    smtp_link_describe(p->link));
		add_tls(p);
		probe_result_add(&p->result, "auth", false, err->text);
	} else {
		probe_result_add(&p->result, "connect", false, err->text);
		if (is_tls(p))
			add_tls(p);
	}
}

/* What happens after the last step, while it says QUIT, does not matter. */
static void
on_closed(struct smtp_link *l, const struct smtp_end *end, void *arg)
{
	struct probe *p = arg;

	(void)l;
	if (!p->ready)
		add_failure(p, &end->err);
	else if (p->message != NULL && !p->sent)
		probe_result_add(&p->result, "send", false, end->err.text);
	loop_defer(p->loop, tell, p);
}

static void
on_timer(void *arg)
{
	struct probe *p = arg;

	if (!p->ready)
		probe_result_add(&p->result,
		    p->link == NULL ? "token" : "connect", false,
		    "no answer within a minute");
	else if (p->message != NULL && !p->sent)
		probe_result_add(&p->result, "send", false,
		    "no answer within a minute");
	tell(p);
}

static const struct smtp_link_events link_events = {
    .on_ready = on_ready,
    .before_dot = before_dot,
    .on_result = on_result,
    .on_closed = on_closed,
};

static void
connect_now(struct probe *p)
{
	p->link = smtp_link_new(p->loop, &p->params, &link_events, p);
}

static void
on_token(const struct oauth_token_news *news, void *arg)
{
	char detail[PROBE_DETAIL_MAX];
	struct probe *p = arg;
	long long left_s = news->left_ms / 1000;

	if (p->told)
		return;
	if (news->state != OAUTH_TOKEN_GOOD) {
		probe_result_add(&p->result, "token", false, news->error);
		loop_defer(p->loop, tell, p);
		return;
	}
	snprintf(detail, sizeof(detail), "expires in %lld %s",
	    left_s < 120 ? left_s : left_s / 60, left_s < 120 ? "s" : "min");
	probe_result_add(&p->result, "token", true, detail);
	buf_str(&p->password, news->text);
	p->params.session.password = buf_cstr(&p->password);
	connect_now(p);
}

static void
ask_token(struct probe *p, const struct probe_params *params)
{
	p->token = oauth_token_new(
	    &(struct oauth_token_params){
		.loop = params->loop,
		.link = params->link,
		.ring = params->ring,
		.owner = "smtp_account",
		.id = params->row->id,
		.holder = params->holder,
		.left = params->left,
	    },
	    on_token, p);
	oauth_token_ask(p->token, 0);
}

struct probe *
probe_new(const struct probe_params *params, probe_fn *on_done, void *arg)
{
	struct probe *p = NEW(struct probe);

	p->loop = params->loop;
	p->row = params->row;
	p->message = params->message;
	p->on_done = on_done;
	p->arg = arg;
	buf_init(&p->password, OAUTH_SECRET_MAX);
	relay_row_link_params(p->row, params->settings, p->session_key,
	    &p->params);
	if (p->params.timeout_s == 0 || p->params.timeout_s > PROBE_TIMEOUT_S)
		p->params.timeout_s = PROBE_TIMEOUT_S;
	p->timer = loop_timer_new(p->loop, on_timer, p);
	loop_timer_start(p->timer, PROBE_MS);
	if (p->row->oauth)
		ask_token(p, params);
	else
		connect_now(p);
	return p;
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	loop_undefer(p->loop, tell, p);
	loop_timer_free(p->timer);
	oauth_token_leave(p->token);
	smtp_link_free(p->link);
	buf_wipe(&p->password);
	free(p);
}
