#include "api/webhook_worker.h"

#include "api/webhook_url.h"
#include "db/conninfo.h"
#include "db/db.h"
#include "db/migrate.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/keyring.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"
#include "lib/net/http.h"

#include <signal.h>

#define LOOK_MS    250
#define FORGET_MS  3600000
#define SECRET_MAX 500
#define ARENA_MAX  (20U << 20)

enum { CLAIM_ID, CLAIM_URL, CLAIM_SECRET, CLAIM_EPOCH, CLAIM_TEST };
enum { BATCH_COUNT, BATCH_TRANSACTION, BATCH_ID, BATCH_EVENTS };

struct teller;

/* One batch of one webhook on its way. */
struct telling {
	struct telling *next;
	struct teller *teller;
	struct http *http;
	struct arena arena;
	int64_t webhook, epoch, transaction, last;
	int64_t count, began_ms;
	bool test;
	struct str url, batch;
	struct buf secret;
};

struct teller {
	const struct settings *settings;
	struct keyring ring;
	char conninfo[DATABASE_CONNINFO_MAX];
	struct db *db;
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_signal *term, *interrupt;
	struct telling *under_way;
	int count;
	int64_t forget_at_ms;
	bool stopping;
};

static void
telling_free(struct telling *t)
{
	struct telling **at = &t->teller->under_way;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->teller->count--;
	http_free(t->http);
	buf_wipe(&t->secret);
	arena_release(&t->arena);
	free(t);
}

/* What is not written is told again: the hold ends by itself. */
static void
lose_database(struct teller *w, const struct err *err)
{
	log_warn("webhooks", "text=%s", log_quote(str_of(err->text)));
	db_close(w->db);
	w->db = NULL;
}

/* why is "" when it was taken. */
static void
finish(struct telling *t, int status, const char *why)
{
	struct teller *w = t->teller;
	struct db_arg id = db_int(t->webhook), epoch = db_int(t->epoch);
	struct err err;
	bool ok;

	if (w->db == NULL) {
		telling_free(t);
		return;
	}
	ok = db_begin(w->db, &err) &&
	     db_run(w->db, Q_WEBHOOK_NOTE,
		 DB_ARGS(id, db_text(t->batch), db_int(t->count),
		     db_int_or_null(status, status != 0), db_cstr(why),
		     db_int(clock_mono_ms() - t->began_ms)),
		 NULL, &err);
	if (ok && why[0] == '\0')
		ok = db_run(w->db, Q_WEBHOOK_ADVANCE,
		    DB_ARGS(id, epoch, db_int(t->transaction), db_int(t->last),
			db_bool(t->test)),
		    NULL, &err);
	else if (ok)
		ok = db_run(w->db, Q_WEBHOOK_FAIL,
		    DB_ARGS(id, epoch, db_cstr(why), db_int(WEBHOOK_GIVE_UP_S),
			db_bool(t->test)),
		    NULL, &err);
	if (!ok || !db_commit(w->db, &err))
		lose_database(w, &err);
	telling_free(t);
}

static void
on_answer(const struct http_answer *answer, const struct err *err, void *arg)
{
	struct telling *t = arg;
	char why[100];

	if (answer == NULL) {
		finish(t, 0, err->text);
	} else if (answer->status >= 200 && answer->status < 300) {
		finish(t, answer->status, "");
	} else {
		snprintf(why, sizeof(why), "answered with %d", answer->status);
		finish(t, answer->status, why);
	}
}

static void
post(struct telling *t, struct str body)
{
	unsigned char mac[SHA256_SIZE];
	long long now = (long long)(clock_wall_us() / 1000000);
	struct arena *a = &t->arena;
	const char *headers[2];
	struct str signed_text;
	struct buf hex;

	signed_text = arena_printf(a, "%lld.%.*s", now, STR_ARG(body));
	hmac_sha256(mac, buf_view(&t->secret), signed_text);
	buf_init(&hex, (size_t)2 * SHA256_SIZE);
	hex_encode(&hex, (struct str){(const char *)mac, sizeof(mac)});
	headers[0] = arena_printf(a, "Volley-Batch: %.*s", STR_ARG(t->batch)).p;
	headers[1] = arena_printf(a, "Volley-Signature: t=%lld,v1=%s", now,
	    buf_cstr(&hex))
			 .p;
	buf_release(&hex);
	t->began_ms = clock_mono_ms();
	t->http = http_post(t->teller->loop,
	    &(struct http_params){
		.url = t->url.p,
		.content_type = "application/json",
		.body = body,
		.timeout_ms = WEBHOOK_TIMEOUT_MS,
		.answer_max = WEBHOOK_ANSWER_MAX,
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.is_foreign = webhook_url_is_foreign(t->url.p,
		    t->teller->settings->webhook_hosts),
	    },
	    on_answer, t);
}

/* Reads its batch; false: there is nothing to send, or no database. */
static bool
fill(struct telling *t, struct str *body, struct err *err)
{
	struct db_result r;
	struct str events = STR("[]");

	if (!db_one(t->teller->db, Q_WEBHOOK_BATCH,
		DB_ARGS(db_int(t->webhook), db_int(WEBHOOK_EVENTS_MAX)), &r,
		err))
		return false;
	if (!t->test) {
		t->count = db_get_int(&r, 0, BATCH_COUNT);
		t->transaction = db_get_int(&r, 0, BATCH_TRANSACTION);
		t->last = db_get_int(&r, 0, BATCH_ID);
		events = db_get_text(&r, 0, BATCH_EVENTS);
	}
	t->batch =
	    arena_printf(&t->arena, "%lld.%lld.%lld", (long long)t->webhook,
		(long long)t->transaction, (long long)t->last);
	*body = arena_printf(&t->arena,
	    "{\"webhook_id\":%lld,\"batch\":\"%.*s\",\"test\":%s,"
	    "\"events\":%.*s}",
	    (long long)t->webhook, STR_ARG(t->batch),
	    t->test ? "true" : "false", STR_ARG(events));
	db_result_free(&r);
	return true;
}

static bool
open_secret(struct telling *t, const struct db_result *r, struct err *err)
{
	char identity[64];

	snprintf(identity, sizeof(identity), WEBHOOK_IDENTITY,
	    (long long)t->webhook);
	return unseal(&t->teller->ring, str_of(identity),
	    db_get_bytes(r, 0, CLAIM_SECRET, &t->arena), &t->secret, err);
}

static struct telling *
telling_new(struct teller *w, const struct db_result *r)
{
	struct telling *t = NEW(struct telling);

	arena_init(&t->arena, ARENA_MAX);
	t->teller = w;
	t->webhook = db_get_int(r, 0, CLAIM_ID);
	t->epoch = db_get_int(r, 0, CLAIM_EPOCH);
	t->test = db_get_bool(r, 0, CLAIM_TEST);
	buf_init(&t->secret, SECRET_MAX);
	t->url = arena_dup(&t->arena, db_get_text(r, 0, CLAIM_URL));
	t->batch = STR("");
	t->next = w->under_way;
	w->under_way = t;
	w->count++;
	return t;
}

/* The URL was taken when the settings may have been others. */
static void
begin(struct telling *t, const struct db_result *r)
{
	struct teller *w = t->teller;
	struct str body = STR("");
	struct err err = {FAIL_NONE, ""};

	if (!open_secret(t, r, &err) ||
	    !webhook_url_ok(t->url.p, w->settings->webhook_hosts, &err)) {
		finish(t, 0, err.text);
	} else if (!fill(t, &body, &err)) {
		lose_database(w, &err);
		telling_free(t);
	} else if (t->count == 0 && !t->test) {
		if (!db_run(w->db, Q_WEBHOOK_ADVANCE,
			DB_ARGS(db_int(t->webhook), db_int(t->epoch),
			    db_int(t->transaction), db_int(t->last),
			    db_bool(false)),
			NULL, &err))
			lose_database(w, &err);
		telling_free(t);
	} else {
		post(t, body);
	}
}

/* false: there is none, or no database. */
static bool
take_one(struct teller *w)
{
	struct db_result r;
	struct err err;
	bool found;

	if (!db_run(w->db, Q_WEBHOOK_CLAIM, DB_ARGS(db_int(WEBHOOK_HOLD_S)), &r,
		&err)) {
		lose_database(w, &err);
		return false;
	}
	found = db_rows(&r) > 0;
	if (found)
		begin(telling_new(w, &r), &r);
	db_result_free(&r);
	return found && w->db != NULL;
}

static void
tidy(struct teller *w)
{
	struct err err;

	if (clock_mono_ms() < w->forget_at_ms)
		return;
	w->forget_at_ms = clock_mono_ms() + FORGET_MS;
	if (!db_run(w->db, Q_WEBHOOK_FORGET, DB_NO_ARGS, NULL, &err))
		lose_database(w, &err);
}

static void
look(void *arg)
{
	struct teller *w = arg;
	struct err err;

	if (w->stopping) {
		if (w->count == 0)
			loop_stop(w->loop);
		else
			loop_timer_start(w->timer, LOOK_MS);
		return;
	}
	loop_timer_start(w->timer, LOOK_MS);
	if (w->db == NULL &&
	    !db_open(&w->db, w->conninfo, DB_UNPREPARED, &err)) {
		w->db = NULL;
		log_warn("database_down", "text=%s",
		    log_quote(str_of(err.text)));
		return;
	}
	while (w->count < WEBHOOK_AT_ONCE && take_one(w))
		;
	if (w->db != NULL)
		tidy(w);
}

static void
on_stop(int signo, void *arg)
{
	struct teller *w = arg;

	(void)signo;
	w->stopping = true;
}

static int
run(const struct settings *settings)
{
	static struct teller w;
	struct err err;

	process_start("webhooks", settings->log_level);
	w.settings = settings;
	if (!database_conninfo(settings, w.conninfo, &err) ||
	    !keyring_load(&w.ring, settings->key_file, &err))
		die("%s", err.text);
	w.loop = loop_new();
	w.timer = loop_timer_new(w.loop, look, &w);
	w.term = loop_signal_new(w.loop, SIGTERM, on_stop, &w);
	w.interrupt = loop_signal_new(w.loop, SIGINT, on_stop, &w);
	log_info("telling", "at_once=%d", WEBHOOK_AT_ONCE);
	loop_timer_start(w.timer, 0);
	loop_run(w.loop);
	loop_signal_free(w.term);
	loop_signal_free(w.interrupt);
	loop_timer_free(w.timer);
	loop_free(w.loop);
	db_close(w.db);
	keyring_wipe(&w.ring);
	return 0;
}

static int
usage(FILE *out)
{
	fprintf(out,
	    "usage: volley webhooks [--SETTING=VALUE]...\n\n"
	    "Tells other programs what happened: events go to the webhooks of "
	    "the API,\nsigned, in their order, each at least once.  Any "
	    "number may run on one\ndatabase.\n\nSettings:\n");
	settings_help(out);
	return out == stderr ? 2 : 0;
}

int
webhooks_main(int argc, char **argv, const struct settings *settings)
{
	if (argc > 1 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return usage(stdout);
	if (argc > 1) {
		fprintf(stderr, "volley webhooks: unknown argument: %s\n",
		    argv[1]);
		return usage(stderr);
	}
	return run(settings);
}
