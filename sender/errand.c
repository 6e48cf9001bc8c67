#include "sender/errand.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "sender/letter.h"
#include "sender/worker.h"

#define RESULT_MAX 8192

enum { TASK_ID, TASK_KIND, TASK_ACCOUNT, TASK_CAMPAIGN, TASK_RECIPIENT };

#define COL_ACTIVE 11 /* of work_accounts */

static void
clear(struct errand *e)
{
	probe_free(e->probe);
	letter_free(e->letter);
	relay_row_release(&e->row);
	*e = (struct errand){.next_ms = e->next_ms};
}

void
errand_release(struct worker *w)
{
	clear(&w->errand);
}

static void
on_finished(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)arg;
	if (err != NULL)
		log_warn("task_not_finished", "text=%s",
		    log_quote(str_of(err->text)));
}

static void
finish(struct worker *w, const struct probe_result *result, bool done)
{
	struct db_batch *b = db_batch_new(w->link);
	struct buf json;

	buf_init(&json, RESULT_MAX);
	probe_result_json(result, &json);
	log_info("task_done", "task=%lld ok=%d", (long long)w->errand.task,
	    result->ok);
	if (w->errand.reads_back && result->ok)
		db_batch_add(b, Q_SELF_TEST_SENT,
		    DB_ARGS(db_int(w->errand.task), db_cstr(w->name),
			db_text(buf_view(&json)),
			db_text(letter_sent(w->errand.letter))));
	else
		db_batch_add(b, Q_SENDER_TASK_FINISH,
		    DB_ARGS(db_int(w->errand.task), db_cstr(w->name),
			db_bool(done), db_text(buf_view(&json))));
	db_batch_send(b, on_finished, NULL);
	buf_release(&json);
	clear(&w->errand);
}

/* It could not even be begun. */
static void
give_up(struct worker *w, const char *why)
{
	struct probe_result result = {0};

	probe_result_add(&result, "prepare", false, why);
	finish(w, &result, false);
}

static void
on_probed(const struct probe_result *result, void *arg)
{
	const struct probe_result copy = *result;

	finish(arg, &copy, true);
}

static void
probe(struct worker *w)
{
	struct errand *e = &w->errand;

	e->probe = probe_new(
	    &(struct probe_params){
		.loop = w->loop,
		.link = w->link,
		.ring = w->ring,
		.holder = w->name,
		.left = &w->left_tokens,
		.settings = w->settings,
		.row = &e->row,
		.message = e->letter != NULL ? letter_message(e->letter) : NULL,
	    },
	    on_probed, w);
}

/* Callbacks that come after errand_release find another task or none. */
static bool
is_current(const struct worker *w)
{
	return w->errand.under_way && !w->stopping;
}

/* results: work_account, self_test_letter, dkim_of_self_test */
static void
on_account(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct err why = {FAIL_NONE, ""};
	struct worker *w = arg;
	struct errand *e = &w->errand;

	(void)count;
	if (!is_current(w))
		return;
	e->reads_back = err == NULL && db_rows(&results[1]) > 0;
	if (err != NULL)
		clear(e); /* its hold ends, then it is done anew */
	else if (db_rows(&results[0]) == 0)
		give_up(w, "there is no such account");
	else if (!relay_row_read(&e->row, &results[0], 0, w->ring, &why) ||
		 (e->reads_back && !letter_new_self_test(&e->letter, w, e->task,
				       &results[1], &why)))
		give_up(w, why.text);
	else
		probe(w);
}

static int
first_active(const struct db_result *accounts)
{
	int line, rows = db_rows(accounts);

	for (line = 0; line < rows; line++)
		if (db_get_bool(accounts, line, COL_ACTIVE))
			return line;
	return -1;
}

/* results: test_campaign, test_recipient, work_accounts, dkim_of_campaign,
 * and those of content_ask */
static void
on_campaign(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct worker *w = arg;
	struct errand *e = &w->errand;
	const struct letter_order what = {e->campaign_id, str_of(e->recipient),
	    &e->row};
	struct err why = {FAIL_NONE, ""};
	int line;

	(void)count;
	if (!is_current(w))
		return;
	line = err == NULL ? first_active(&results[2]) : -1;
	if (err != NULL)
		clear(e);
	else if (db_rows(&results[0]) == 0)
		give_up(w, "the campaign is gone");
	else if (line < 0)
		give_up(w, "the campaign has no active account");
	else if (!relay_row_read(&e->row, &results[2], line, w->ring, &why) ||
		 !letter_new(&e->letter, w, &what, results, &why))
		give_up(w, why.text);
	else
		probe(w);
}

static void
begin_message(struct worker *w, struct str recipient)
{
	struct errand *e = &w->errand;
	struct err err = {FAIL_NONE, ""};
	struct address to;
	struct db_batch *b;

	if (!address_parse(&to, recipient, &err)) {
		give_up(w, err.text);
		return;
	}
	snprintf(e->recipient, sizeof(e->recipient), "%s", to.text);
	b = db_batch_new(w->link);
	db_batch_add(b, Q_TEST_CAMPAIGN, DB_ARGS(db_int(e->campaign_id)));
	db_batch_add(b, Q_TEST_RECIPIENT,
	    DB_ARGS(db_int(e->campaign_id), db_text(address_key(&to))));
	db_batch_add(b, Q_WORK_ACCOUNTS, DB_ARGS(db_int(e->campaign_id)));
	db_batch_add(b, Q_DKIM_OF_CAMPAIGN, DB_ARGS(db_int(e->campaign_id)));
	content_ask(b, e->campaign_id, w->settings->postal_address);
	db_batch_send(b, on_campaign, w);
}

static void
on_claimed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct worker *w = arg;
	struct errand *e = &w->errand;
	const struct db_result *r = results;
	struct db_batch *b;

	(void)count;
	if (!is_current(w))
		return;
	if (err != NULL || db_rows(r) == 0) {
		clear(e);
		return;
	}
	e->task = db_get_int(r, 0, TASK_ID);
	e->campaign_id = db_get_int(r, 0, TASK_CAMPAIGN);
	if (str_eq(db_get_text(r, 0, TASK_KIND), STR("test_message"))) {
		begin_message(w, db_get_text(r, 0, TASK_RECIPIENT));
		return;
	}
	b = db_batch_new(w->link);
	db_batch_add(b, Q_WORK_ACCOUNT,
	    DB_ARGS(db_int(db_get_int(r, 0, TASK_ACCOUNT))));
	db_batch_add(b, Q_SELF_TEST_LETTER, DB_ARGS(db_int(e->task)));
	db_batch_add(b, Q_DKIM_OF_SELF_TEST, DB_ARGS(db_int(e->task)));
	db_batch_send(b, on_account, w);
}

void
errand_tick(struct worker *w)
{
	struct errand *e = &w->errand;
	int64_t now = clock_mono_ms();
	struct db_batch *b;

	if (e->under_way || w->stopping || now < e->next_ms)
		return;
	e->next_ms = now + ERRAND_TICK_MS;
	e->under_way = true;
	b = db_batch_new(w->link);
	db_batch_add(b, Q_SENDER_TASK_CLAIM,
	    DB_ARGS(db_cstr(w->name), db_int(ERRAND_HOLD_S)));
	db_batch_send(b, on_claimed, w);
}
