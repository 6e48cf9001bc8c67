#include "api/password_gate.h"

#include "api/problem.h"
#include "lib/base/digest.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <pthread.h>

struct password_gate {
	pthread_mutex_t lock;
	pthread_cond_t left;
	int inside, waiting;
	char nobodys[PASSWORD_HASH_MAX]; /* hash of what nobody knows */
};

struct password_gate *
password_gate_new(void)
{
	struct password_gate *gate = NEW(struct password_gate);
	char secret[PASSWORD_MIN];
	struct err err;

	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->left, NULL);
	random_bytes(secret, sizeof(secret));
	if (!password_hash(gate->nobodys, (struct str){secret, sizeof(secret)},
		&err))
		die("api: %s", err.text);
	return gate;
}

void
password_gate_free(struct password_gate *gate)
{
	if (gate == NULL)
		return;
	pthread_cond_destroy(&gate->left);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

static bool
enter(struct password_gate *gate)
{
	bool may;

	pthread_mutex_lock(&gate->lock);
	may = gate->inside < GATE_INSIDE || gate->waiting < GATE_WAITING;
	gate->waiting++;
	while (may && gate->inside == GATE_INSIDE)
		pthread_cond_wait(&gate->left, &gate->lock);
	gate->waiting--;
	gate->inside += may;
	pthread_mutex_unlock(&gate->lock);
	return may;
}

static void
leave(struct password_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->inside--;
	pthread_cond_signal(&gate->left);
	pthread_mutex_unlock(&gate->lock);
}

static bool
begin(struct request *q)
{
	if (!request_commit(q))
		return false;
	request_leave_db(q);
	if (enter(q->api->passwords))
		return true;
	problem(q, 503, "too many are logging in now; try again");
	return false;
}

struct str
password_read(struct body *b, const char *field, unsigned flags)
{
	struct str s = body_text(b, field, flags, PASSWORD_MAX);

	if (s.p != NULL && s.n > 0 && s.n < PASSWORD_MIN)
		body_complain(b, field, "has at least %d bytes", PASSWORD_MIN);
	return s;
}

struct str
password_make(struct request *q, struct str password)
{
	char hash[PASSWORD_HASH_MAX];
	struct err err;
	bool ok;

	if (!begin(q))
		return STR_NONE;
	ok = password_hash(hash, password, &err);
	leave(q->api->passwords);
	if (ok)
		return arena_dup(&q->arena, str_of(hash));
	log_error("password", "text=%s", log_quote(str_of(err.text)));
	problem(q, 503, "there is no memory for it now; try again");
	return STR_NONE;
}

bool
password_compare(struct request *q, struct str hash, struct str password,
    bool *fits)
{
	const char *known = hash.p == NULL ? q->api->passwords->nobodys
					   : arena_cstr(&q->arena, hash);

	if (!begin(q))
		return false;
	*fits = password_fits(known, password) && hash.p != NULL;
	leave(q->api->passwords);
	return true;
}
