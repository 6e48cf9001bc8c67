#include "sender/relay_login.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/net/oauth.h"
#include "sender/worker.h"

#define OWNER "smtp_account"

enum { LEAVE_WORD, LEAVE_WAIT_MS, LEAVE_SERIAL };

bool
relay_login_needed(const struct relay *r)
{
	return r->row.username[0] != '\0';
}

const char *
relay_login_password(const struct relay *r)
{
	return buf_cstr(r->row.oauth ? &r->login.text : &r->row.password);
}

bool
relay_login_is_refreshing(const struct relay *r)
{
	return r->login.token != NULL &&
	       oauth_token_is_refreshing(r->login.token);
}

static void
on_written(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)arg;
	if (err != NULL)
		log_debug("login_not_written", "text=%s",
		    log_quote(str_of(err->text)));
}

/* What is lost of these makes a login tried later, never more often. */
static void
tell(struct relay *r, enum query q)
{
	struct db_batch *b = db_batch_new(r->worker->link);

	db_batch_add(b, q,
	    DB_ARGS(db_int(r->row.id), db_cstr(r->worker->name)));
	db_batch_send(b, on_written, NULL);
}

static void
write_proof(struct relay *r)
{
	struct db_batch *b = db_batch_new(r->worker->link);

	r->login.look_ms = clock_mono_ms() + RELAY_LOGIN_PROOF_MS;
	db_batch_add(b, Q_LOGIN_PROVEN,
	    DB_ARGS(db_int(r->row.id), db_int(r->row.version),
		db_cstr(r->worker->name)));
	db_batch_send(b, on_written, NULL);
}

static void
rest_until_allowed(struct relay *r, int64_t wait_ms)
{
	relay_rest(r, wait_ms,
	    "the server has refused too many logins in ten minutes");
}

static void
on_look(void *arg)
{
	struct relay *r = arg;

	if (r->state == RELAY_LOGIN)
		relay_login_tick(r);
}

/* A try takes a moment if all is well: its end is noticed soon. */
static void
look_again(struct relay *r)
{
	struct relay_login *l = &r->login;

	l->wait_ms = l->wait_ms == 0 ? RELAY_LOGIN_SOON_MS : 2 * l->wait_ms;
	if (l->wait_ms > RELAY_LOGIN_LOOK_MS)
		l->wait_ms = RELAY_LOGIN_LOOK_MS;
	if (l->look == NULL)
		l->look = loop_timer_new(r->worker->loop, on_look, r);
	l->look_ms = clock_mono_ms() + l->wait_ms;
	loop_timer_start(l->look, l->wait_ms);
}

static void
heed(struct relay *r, struct str word, int64_t wait_ms)
{
	struct relay_login *l = &r->login;
	int64_t now = clock_mono_ms();

	if (r->state != RELAY_LOGIN)
		return;
	if (str_eq(word, STR("proven"))) {
		l->look_ms = now + RELAY_LOGIN_PROOF_MS;
		relay_open(r, false);
	} else if (str_eq(word, STR("try"))) {
		l->trying = true;
		l->look_ms = now + RELAY_LOGIN_HOLD_MS;
		relay_open(r, true);
	} else if (str_eq(word, STR("spent"))) {
		rest_until_allowed(r, wait_ms);
	} else {
		look_again(r);
	}
}

/* Somebody has renewed the token that we have: maybe it was refused. */
static bool
is_outdated(struct relay *r, const struct db_result *claim)
{
	struct relay_login *l = &r->login;

	if (!r->row.oauth || r->state != RELAY_LOGIN ||
	    db_get_int(claim, 0, LEAVE_SERIAL) <= l->serial)
		return false;
	l->good_until_ms = 0;
	return true;
}

/* results: login_ensure, login_lock, login_claim */
static void
on_leave(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct relay *r = arg;
	struct relay_login *l = &r->login;
	const struct db_result *claim =
	    err == NULL ? &results[count - 1] : NULL;

	l->asking = false;
	l->look_ms = clock_mono_ms() + RELAY_LOGIN_LOOK_MS;
	if (claim == NULL || db_rows(claim) == 0)
		return;
	if (r->worker->stopping)
		tell(r, Q_LOGIN_RELEASE);
	else if (l->asked_version != r->row.version)
		l->look_ms = 0;
	else if (is_outdated(r, claim))
		relay_login_begin(r);
	else if (l->trying) /* it was only to be renewed */
		l->look_ms = clock_mono_ms() + RELAY_LOGIN_HOLD_MS;
	else
		heed(r, db_get_text(claim, 0, LEAVE_WORD),
		    (int64_t)db_get_float(claim, 0, LEAVE_WAIT_MS));
}

static void
ask_leave(struct relay *r)
{
	struct db_arg account = db_int(r->row.id);
	struct db_batch *b;

	if (r->login.asking || r->worker->stopping)
		return;
	r->login.asking = true;
	r->login.asked_version = r->row.version;
	b = db_batch_new(r->worker->link);
	db_batch_add(b, Q_LOGIN_ENSURE, DB_ARGS(account));
	db_batch_add(b, Q_LOGIN_LOCK, DB_ARGS(account));
	db_batch_add(b, Q_LOGIN_CLAIM,
	    DB_ARGS(account, db_int(r->row.version), db_cstr(r->worker->name),
		db_int(RELAY_LOGIN_HOLD_S), db_int(RELAY_LOGIN_TRIES),
		db_int(RELAY_LOGIN_PROOF_MIN)));
	db_batch_send(b, on_leave, r);
}

static bool
has_token(const struct relay *r)
{
	const struct relay_login *l = &r->login;

	return l->text.n > 0 && l->serial != l->refused &&
	       clock_mono_ms() < l->good_until_ms;
}

static void
keep_token(struct relay *r, const struct oauth_token_news *news)
{
	struct relay_login *l = &r->login;
	int64_t now = clock_mono_ms();

	buf_wipe(&l->text);
	buf_str(&l->text, news->text);
	l->serial = news->serial;
	l->good_until_ms = now + news->left_ms;
	l->renew_ms = now + news->renew_ms;
	if (r->pool != NULL)
		smtp_pool_set_password(r->pool->pool, buf_view(&l->text));
	if (r->state == RELAY_LOGIN)
		ask_leave(r);
}

static void
on_token(const struct oauth_token_news *news, void *arg)
{
	struct relay *r = arg;
	bool wanted = r->state == RELAY_LOGIN || r->state == RELAY_OPEN;

	switch (news->state) {
	case OAUTH_TOKEN_GOOD: keep_token(r, news); break;
	case OAUTH_TOKEN_LATER:
		if (wanted && !r->worker->stopping)
			relay_rest(r, news->retry_ms, news->error);
		break;
	case OAUTH_TOKEN_NEVER:
		if (wanted)
			relay_halt(r, news->error, 0);
		break;
	}
}

static void
ask_token(struct relay *r)
{
	struct relay_login *l = &r->login;
	const struct oauth_token_params params = {
	    .loop = r->worker->loop,
	    .link = r->worker->link,
	    .ring = r->worker->ring,
	    .owner = OWNER,
	    .id = r->row.id,
	    .holder = r->worker->name,
	    .left = &r->worker->left_tokens,
	};

	if (l->token == NULL) {
		buf_init(&l->text, OAUTH_SECRET_MAX);
		l->token = oauth_token_new(&params, on_token, r);
	}
	l->renew_ms = clock_mono_ms() + RELAY_LOGIN_LOOK_MS;
	oauth_token_ask(l->token, l->refused);
}

void
relay_login_begin(struct relay *r)
{
	r->login.trying = false;
	r->login.wait_ms = 0;
	if (r->row.oauth && !has_token(r))
		ask_token(r);
	else
		ask_leave(r);
}

void
relay_login_tick(struct relay *r)
{
	struct relay_login *l = &r->login;
	int64_t now = clock_mono_ms();

	if (r->worker->stopping)
		return;
	if (r->row.oauth && (!has_token(r) || now >= l->renew_ms))
		ask_token(r);
	if (r->row.oauth && r->state == RELAY_OPEN && now >= l->good_until_ms)
		relay_rest(r, 0,
		    "the access token is over, and the next one "
		    "has not come");
	if (now < l->look_ms || (r->row.oauth && !has_token(r)))
		return;
	if (r->state == RELAY_LOGIN || l->trying)
		ask_leave(r);
	else if (relay_login_needed(r) && relay_is_connected(r))
		write_proof(r);
}

void
relay_login_accepted(struct relay *r)
{
	r->login.trying = false;
	r->login.refused = 0;
	if (relay_login_needed(r))
		write_proof(r);
}

/* The token that was got in the place of a refused one is the last. */
bool
relay_login_refused(struct relay *r)
{
	struct relay_login *l = &r->login;
	bool again = r->row.oauth && l->refused == 0;

	if (again)
		l->refused = l->serial;
	return again;
}

/* Leave stays here: another worker would try the token that was refused. */
static void
tell_again(struct relay *r)
{
	struct db_batch *b = db_batch_new(r->worker->link);

	db_batch_add(b, Q_LOGIN_AGAIN,
	    DB_ARGS(db_int(r->row.id), db_cstr(r->worker->name),
		db_int(RELAY_LOGIN_HOLD_S)));
	db_batch_send(b, on_written, NULL);
}

/* A halt says it by itself, in one transaction: between two of them another
 * worker would try. */
void
relay_login_leave(struct relay *r, const struct smtp_pool_state *s)
{
	const struct relay_login *l = &r->login;
	bool trying = l->trying;

	r->login.trying = false;
	if (r->state == RELAY_HALTING)
		return;
	if (s->login_refused && r->row.oauth && l->refused == l->serial)
		tell_again(r);
	else if (s->login_refused || (trying && s->logging_in > 0))
		tell(r, Q_LOGIN_REFUSED);
	else if (trying)
		tell(r, Q_LOGIN_RELEASE);
}

void
relay_login_reset(struct relay *r)
{
	struct relay_login *l = &r->login;

	oauth_token_leave(l->token);
	buf_wipe(&l->text);
	*l = (struct relay_login){
	    .asking = l->asking,
	    .asked_version = l->asked_version,
	    .look = l->look,
	};
}

void
relay_login_release(struct relay *r)
{
	loop_timer_free(r->login.look);
	oauth_token_free(r->login.token);
	buf_wipe(&r->login.text);
}
