#include "db/oauth_token.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/net/oauth.h"

#include <assert.h>

enum {
	COL_MINE,
	COL_STATE,
	COL_ERROR,
	COL_TOKEN_URL,
	COL_CA_FILE,
	COL_CLIENT_ID,
	COL_CLIENT_SECRET,
	COL_SCOPE,
	COL_REFRESH_TOKEN,
	COL_ACCESS_TOKEN,
	COL_SERIAL,
	COL_RENEW_MS,
	COL_LEFT_MS,
	COL_NEXT_MS,
};

#define SEALED_MAX   ((size_t)2 * OAUTH_SECRET_MAX)
#define TEXTS_MAX    (4 * SEALED_MAX)
#define RENEW_MIN_MS 1000
#define HOLDER_MAX   128

/*
 *   IDLE -> ASKING -> IDLE (told)
 *           ASKING -> PAUSING -> ASKING
 *           ASKING -> REFRESHING -> STORING -> ASKING
 */
enum stage { IDLE = 0, ASKING, PAUSING, REFRESHING, STORING };

struct oauth_token {
	struct oauth_token_params params;
	char holder[HOLDER_MAX]; /* nobody else, here or elsewhere */
	oauth_token_fn *fn;
	void *arg;
	enum stage stage;
	int64_t refused;
	bool left; /* by its owner: freed when nothing is under way */
	struct oauth_token *next, **at; /* in the list of such */
	bool telling;                   /* inside the callback */
	struct oauth *request;
	struct loop_timer *timer;
	/* REFRESHING, STORING: the refresh token that is used, and what came;
	 * sealed */
	struct buf used, fresh, access;
	int64_t life_s;
};

struct str
oauth_token_identity(char out[OAUTH_TOKEN_IDENTITY_MAX], const char *owner,
    int64_t id, const char *column)
{
	snprintf(out, OAUTH_TOKEN_IDENTITY_MAX, "oauth:%s:%lld:%s", owner,
	    (long long)id, column);
	return str_of(out);
}

static void wake(void *arg);

struct oauth_token *
oauth_token_new(const struct oauth_token_params *params, oauth_token_fn *fn,
    void *arg)
{
	static unsigned count;
	struct oauth_token *t = NEW(struct oauth_token);

	t->params = *params;
	snprintf(t->holder, sizeof(t->holder), "%s#%u", params->holder,
	    ++count);
	t->fn = fn;
	t->arg = arg;
	t->timer = loop_timer_new(params->loop, wake, t);
	buf_init(&t->used, SEALED_MAX);
	buf_init(&t->fresh, SEALED_MAX);
	buf_init(&t->access, SEALED_MAX);
	return t;
}

static void
enlist(struct oauth_token *t)
{
	t->at = t->params.left;
	t->next = *t->at;
	if (t->next != NULL)
		t->next->at = &t->next;
	*t->at = t;
}

static void
unlist(struct oauth_token *t)
{
	if (t->at == NULL)
		return;
	*t->at = t->next;
	if (t->next != NULL)
		t->next->at = t->at;
}

void
oauth_token_free(struct oauth_token *t)
{
	if (t == NULL)
		return;
	unlist(t);
	oauth_free(t->request);
	loop_timer_free(t->timer);
	buf_wipe(&t->used);
	buf_wipe(&t->fresh);
	buf_wipe(&t->access);
	free(t);
}

/* Nobody waits any more; the last step of every callback. */
static bool
is_left(struct oauth_token *t)
{
	if (!t->left)
		return false;
	oauth_token_free(t);
	return true;
}

void
oauth_token_leave(struct oauth_token *t)
{
	if (t == NULL)
		return;
	t->left = true;
	if (!t->telling && (t->stage == IDLE || t->stage == PAUSING))
		oauth_token_free(t);
	else
		enlist(t);
}

void
oauth_token_free_left(struct oauth_token **left)
{
	struct oauth_token *t;

	while ((t = *left) != NULL) {
		*left = t->next;
		t->at = NULL;
		oauth_token_free(t);
	}
}

bool
oauth_token_is_refreshing(const struct oauth_token *t)
{
	return t->stage == REFRESHING || t->stage == STORING;
}

static void
pause_for(struct oauth_token *t, int64_t ms)
{
	t->stage = PAUSING;
	loop_timer_start(t->timer, ms);
}

static void
tell(struct oauth_token *t, const struct oauth_token_news *news)
{
	t->stage = IDLE;
	t->telling = true;
	if (!t->left)
		t->fn(news, t->arg);
	t->telling = false;
	if (t->stage == IDLE)
		(void)is_left(t);
}

static void
tell_never(struct oauth_token *t, const char *error)
{
	char words[ERR_TEXT_MAX];

	snprintf(words, sizeof(words), "no token: %s", error);
	tell(t, &(struct oauth_token_news){.state = OAUTH_TOKEN_NEVER,
		    .error = words});
}

static bool
open_secret(const struct oauth_token *t, const struct db_result *r, int col,
    const char *name, struct arena *a, struct buf *out)
{
	char identity[OAUTH_TOKEN_IDENTITY_MAX];
	struct err err;

	return db_is_null(r, 0, col) ||
	       unseal(t->params.ring,
		   oauth_token_identity(identity, t->params.owner, t->params.id,
		       name),
		   db_get_bytes(r, 0, col, a), out, &err);
}

static void
close_secret(const struct oauth_token *t, const char *name, struct str plain,
    struct buf *out)
{
	char identity[OAUTH_TOKEN_IDENTITY_MAX];

	buf_reset(out);
	seal(t->params.ring,
	    oauth_token_identity(identity, t->params.owner, t->params.id, name),
	    plain, out);
}

static void look(struct oauth_token *t);

/* Worth another try. */
static bool
is_passing(const struct err *err)
{
	return err->kind == FAIL_IO || err->kind == FAIL_BUSY ||
	       err->kind == FAIL_TIMEOUT;
}

/* Also when it is not known whether it took effect: the second time it finds
 * another refresh token, or stores the same again. */
static void
on_stored(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct oauth_token *t = arg;

	(void)results;
	(void)count;
	if (err != NULL && is_passing(err)) {
		loop_timer_start(t->timer, OAUTH_TOKEN_AGAIN_MS);
		return;
	}
	if (err != NULL)
		log_error("oauth_not_stored", "owner=%s id=%lld text=%s",
		    t->params.owner, (long long)t->params.id,
		    log_quote(str_of(err->text)));
	if (!is_left(t))
		look(t);
}

static void
send_store(struct oauth_token *t)
{
	struct db_batch *b = db_batch_new(t->params.link);

	t->stage = STORING;
	db_batch_add(b, Q_OAUTH_STORE,
	    DB_ARGS(db_cstr(t->params.owner), db_int(t->params.id),
		db_bytes(buf_view(&t->used)),
		t->fresh.n > 0 ? db_bytes(buf_view(&t->fresh)) : db_null(),
		db_bytes(buf_view(&t->access)), db_int(t->life_s)));
	db_batch_send(b, on_stored, t);
}

static void
on_failed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct oauth_token *t = arg;

	(void)results;
	(void)count;
	if (is_left(t))
		return;
	/* The hold ends by itself. */
	if (err != NULL)
		pause_for(t, OAUTH_TOKEN_AGAIN_MS);
	else
		look(t);
}

static void
send_fail(struct oauth_token *t, const struct oauth_answer *answer)
{
	struct db_batch *b = db_batch_new(t->params.link);

	t->stage = STORING;
	db_batch_add(b, Q_OAUTH_FAIL,
	    DB_ARGS(db_cstr(t->params.owner), db_int(t->params.id),
		db_cstr(t->holder), db_cstr(answer->err.text),
		db_bool(answer->result == OAUTH_REFUSED),
		db_int(answer->retry_after_s < 300 ? answer->retry_after_s
						   : 300)));
	db_batch_send(b, on_failed, t);
}

static void
on_answer(const struct oauth_answer *answer, void *arg)
{
	struct oauth_token *t = arg;

	if (answer->result != OAUTH_GRANTED) {
		log_warn("oauth_refused", "owner=%s id=%lld text=%s",
		    t->params.owner, (long long)t->params.id,
		    log_quote(str_of(answer->err.text)));
		send_fail(t, answer);
	} else {
		log_info("oauth_refreshed", "owner=%s id=%lld life_s=%lld",
		    t->params.owner, (long long)t->params.id,
		    (long long)answer->expires_s);
		buf_reset(&t->fresh);
		if (answer->refresh_token.n > 0)
			close_secret(t, "refresh_token", answer->refresh_token,
			    &t->fresh);
		close_secret(t, "access_token", answer->access_token,
		    &t->access);
		t->life_s = answer->expires_s;
		send_store(t);
	}
	oauth_free(t->request);
	t->request = NULL;
}

/* A key file that does not fit is for a person, as a wrong grant is. */
static void
refresh(struct oauth_token *t, const struct db_result *r)
{
	struct buf secret, token;
	struct arena a;
	struct str sealed;

	arena_init(&a, TEXTS_MAX);
	sealed = db_get_bytes(r, 0, COL_REFRESH_TOKEN, &a);
	buf_reset(&t->used);
	buf_str(&t->used, sealed);
	buf_init(&secret, OAUTH_SECRET_MAX);
	buf_init(&token, OAUTH_SECRET_MAX);
	if (open_secret(t, r, COL_CLIENT_SECRET, "client_secret", &a,
		&secret) &&
	    open_secret(t, r, COL_REFRESH_TOKEN, "refresh_token", &a, &token)) {
		const struct oauth_grant grant = {
		    .token_url =
			arena_cstr(&a, db_get_text(r, 0, COL_TOKEN_URL)),
		    .ca_file = arena_cstr(&a, db_get_text(r, 0, COL_CA_FILE)),
		    .client_id = db_get_text(r, 0, COL_CLIENT_ID),
		    .client_secret = buf_view(&secret),
		    .refresh_token = buf_view(&token),
		    .scope = db_get_text(r, 0, COL_SCOPE),
		};

		t->stage = REFRESHING;
		t->request =
		    oauth_refresh(t->params.loop, &grant, on_answer, t);
	} else {
		const struct oauth_answer no = {
		    .result = OAUTH_REFUSED,
		    .err = {FAIL_AUTH,
			"the stored grant cannot be read with this key file: "
			"enter it again"},
		};

		send_fail(t, &no);
	}
	buf_wipe(&secret);
	buf_wipe(&token);
	arena_release(&a);
}

static int64_t
milliseconds(const struct db_result *r, int col)
{
	return db_is_null(r, 0, col) ? 0 : (int64_t)db_get_float(r, 0, col);
}

static void
tell_good(struct oauth_token *t, const struct db_result *r)
{
	int64_t next_ms = milliseconds(r, COL_NEXT_MS);
	struct oauth_token_news news = {
	    .serial = db_get_int(r, 0, COL_SERIAL),
	    .left_ms = milliseconds(r, COL_LEFT_MS),
	    .renew_ms = milliseconds(r, COL_RENEW_MS),
	};
	struct buf token;
	struct arena a;
	bool ok;

	if (news.renew_ms < next_ms)
		news.renew_ms = next_ms;
	if (news.renew_ms < RENEW_MIN_MS)
		news.renew_ms = RENEW_MIN_MS;
	arena_init(&a, TEXTS_MAX);
	buf_init(&token, OAUTH_SECRET_MAX);
	ok = open_secret(t, r, COL_ACCESS_TOKEN, "access_token", &a, &token);
	arena_release(&a);
	news.text = buf_view(&token);
	if (ok)
		tell(t, &news);
	else
		tell_never(t, "it cannot be read with this key file");
	buf_wipe(&token);
}

static void
judge(struct oauth_token *t, const struct db_result *r)
{
	bool good = !db_is_null(r, 0, COL_ACCESS_TOKEN) &&
		    milliseconds(r, COL_LEFT_MS) > OAUTH_TOKEN_LAST_MS &&
		    db_get_int(r, 0, COL_SERIAL) != t->refused;
	char words[ERR_TEXT_MAX];

	snprintf(words, sizeof(words), "%.*s",
	    STR_ARG(db_get_text(r, 0, COL_ERROR)));
	if (!str_eq(db_get_text(r, 0, COL_STATE), STR("ok")))
		tell_never(t, words);
	else if (db_get_bool(r, 0, COL_MINE))
		refresh(t, r);
	else if (good)
		tell_good(t, r);
	else if (milliseconds(r, COL_NEXT_MS) > 0)
		tell(t, &(struct oauth_token_news){.state = OAUTH_TOKEN_LATER,
			    .retry_ms = milliseconds(r, COL_NEXT_MS),
			    .error = words});
	else
		pause_for(t, OAUTH_TOKEN_LOOK_MS);
}

/* results: oauth_take, oauth_read */
static void
on_read(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct oauth_token *t = arg;

	(void)count;
	if (is_left(t))
		return;
	if (err != NULL)
		pause_for(t, OAUTH_TOKEN_AGAIN_MS);
	else if (db_rows(&results[1]) == 0)
		tell_never(t, "the account has no OAuth grant");
	else
		judge(t, &results[1]);
}

static void
look(struct oauth_token *t)
{
	const struct oauth_token_params *p = &t->params;
	struct db_batch *b = db_batch_new(p->link);

	t->stage = ASKING;
	db_batch_add(b, Q_OAUTH_TAKE,
	    DB_ARGS(db_cstr(p->owner), db_int(p->id), db_cstr(t->holder),
		db_int(OAUTH_TOKEN_HOLD_S), db_int(t->refused)));
	db_batch_add(b, Q_OAUTH_READ,
	    DB_ARGS(db_cstr(p->owner), db_int(p->id), db_cstr(t->holder)));
	db_batch_send(b, on_read, t);
}

static void
wake(void *arg)
{
	struct oauth_token *t = arg;

	if (t->stage == STORING)
		send_store(t);
	else
		look(t);
}

void
oauth_token_ask(struct oauth_token *t, int64_t refused)
{
	assert(!t->left);
	if (t->stage != IDLE)
		return;
	t->refused = refused;
	look(t);
}
