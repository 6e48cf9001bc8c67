/* What dead senders' journals make of the ledger. */
#include "sender/replay.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "sender/journal_entry.h"
#include "tests/support/ledger.h"
#include "tests/support/pg.h"
#include "tests/support/scratch.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEAD "host:1:abc/0.1"

static struct db *db;
static struct settings settings;
static struct journal *journal;
static char instance[JOURNAL_INSTANCE_MAX];

static int
setup(void **state)
{
	struct db_result r;

	scratch_setup(state);
	settings_defaults(&settings);
	snprintf(settings.journal, sizeof(settings.journal), "%s/journal",
	    scratch_folder(*state));
	db = ledger_open();
	r = ledger_run(db, Q_INSTANCE_ID, DB_NO_ARGS);
	snprintf(instance, sizeof(instance), "%.*s",
	    STR_ARG(db_get_text(&r, 0, 0)));
	db_result_free(&r);
	return 0;
}

static int
teardown(void **state)
{
	db_close(db);
	return scratch_teardown(state);
}

static void
begin_journal(enum journal_policy policy)
{
	struct err err;

	if (!journal_open(&journal,
		&(struct journal_params){
		    .journals = settings.journal,
		    .holder = DEAD,
		    .instance = instance,
		    .policy = policy,
		},
		&err))
		fail_msg("%s", err.text);
}

static void
note(uint16_t type, int64_t delivery, int attempt)
{
	const struct recipient who = {
	    .delivery = delivery,
	    .attempt = attempt,
	    .first_at_us = INT64_C(1700000000) * 1000000,
	};
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct err err;

	assert_true(journal_append(journal, type,
			journal_entry_attempt(bytes, &who), &err) > 0);
}

static void
note_outcome(int64_t delivery, int attempt, enum ledger_state state)
{
	const struct outcome_row row = {
	    .delivery = delivery,
	    .attempt = attempt,
	    .state = state,
	    .at_us = clock_wall_us(),
	    .account_id = 1,
	    .code = state == LEDGER_ACCEPTED ? 250 : 450,
	    .reply = STR("their words"),
	    .retry_ms = state == LEDGER_DEFERRED ? 60000 : -1,
	    .first_at_us = clock_wall_us(),
	};
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct err err;

	assert_true(journal_append(journal, JOURNAL_OUTCOME,
			journal_entry_outcome(bytes, &row), &err) > 0);
}

static void
replay(void)
{
	struct replay r;

	replay_init(&r, &settings, ledger_conninfo(), instance);
	replay_orphans(&r);
}

static void
die_and_replay(void)
{
	journal_free(journal);
	journal = NULL;
	replay();
}

/* Claimed by the dead one, settled what was before, the watermark raised. */
static int64_t
claimed(const char *policy, int recipients, int watermark)
{
	struct ledger_lease l;
	int64_t c;

	ledger_contacts(db, 1, recipients);
	c = ledger_started(db, policy, recipients);
	assert_true(ledger_claim(db, DEAD, c, &l));
	assert_int_equal(
	    ledger_progress(db, &l, ledger_delivery(c, watermark), 0), 1);
	return c;
}

/* Somebody else has the lease, and settles what the dead one left. */
static struct ledger_lease
taken_over(int64_t campaign)
{
	struct ledger_lease l;

	ledger_expire_holds(db);
	assert_true(ledger_claim(db, "other", campaign, &l));
	ledger_rows(db, Q_LEASE_TAKE_OVER,
	    DB_ARGS(db_int(l.campaign), db_int(l.first), db_int(l.last),
		db_int(l.epoch)));
	assert_int_equal(ledger_progress(db, &l, l.watermark, 0), 1);
	return l;
}

/* "accepted1 uncertain1 - ..." for the first n. */
static const char *
states(int64_t campaign, int n)
{
	return ledger_text(
	    "SELECT string_agg(coalesce(state::text || attempt,"
	    " '-'), ' ' ORDER BY d.id) FROM delivery d"
	    " LEFT JOIN delivery_newest n ON n.delivery_id = d.id"
	    " WHERE d.campaign_id = %lld AND d.id <= %lld",
	    (long long)campaign, (long long)ledger_delivery(campaign, n));
}

/* "4:2 5:3": delivery and attempt of retry rows that are free. */
static const char *
retries(int64_t campaign)
{
	return ledger_text("SELECT coalesce(string_agg((delivery_id & 65535) ||"
			   " ':' || attempt, ' ' ORDER BY delivery_id), '')"
			   " FROM retry WHERE campaign_id = %lld"
			   " AND holder IS NULL",
	    (long long)campaign);
}

static int64_t
free_leases(void)
{
	return ledger_int("SELECT count(*) FROM lease WHERE holder IS NULL AND"
			  " NOT done AND watermark = first_id - 1");
}

static int
journals_with_records(void)
{
	struct journal_orphans s;
	struct journal_owner o;
	struct err err;
	int n = 0;

	assert_true(journal_orphans_open(&s, settings.journal, &err));
	while (journal_orphans_next(&s, &o)) {
		n += o.replayed_s < 0;
		journal_owner_release(&o);
	}
	journal_orphans_close(&s);
	return n;
}

static void
everything_finds_its_place(void **state)
{
	int64_t c = claimed("hold", 10, 8);

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	note(JOURNAL_INTENT, ledger_delivery(c, 1), 1);
	note(JOURNAL_INTENT, ledger_delivery(c, 2), 1);
	note_outcome(ledger_delivery(c, 1), 1, LEDGER_ACCEPTED);
	note(JOURNAL_INTENT, ledger_delivery(c, 3), 1);
	note(JOURNAL_UNSENT, ledger_delivery(c, 3), 1);
	note_outcome(ledger_delivery(c, 4), 1, LEDGER_DEFERRED);
	note(JOURNAL_INTENT, ledger_delivery(c, 5), 1);
	note(JOURNAL_UNSENT, ledger_delivery(c, 5), 1);
	note(JOURNAL_INTENT, ledger_delivery(c, 5), 1);
	replay(); /* it lives: nothing happens */
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"), 0);
	die_and_replay();
	assert_string_equal(states(c, 6),
	    "accepted1 uncertain1 - deferred1 uncertain1 -");
	assert_string_equal(retries(c), "4:2");
	assert_int_equal(free_leases(), 1);
	assert_int_equal(journals_with_records(), 0);
	assert_string_equal(
	    ledger_text("SELECT reply FROM outcome WHERE state = 'accepted'"),
	    "their words");
}

static void
resent_what_is_uncertain(void **state)
{
	int64_t c = claimed("resend", 10, 8);

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	note(JOURNAL_INTENT, ledger_delivery(c, 2), 1);
	die_and_replay();
	assert_string_equal(states(c, 3), "- uncertain1 -");
	assert_string_equal(retries(c), "2:2");
	assert_string_equal(ledger_text(
				"SELECT extract(epoch FROM first_at)::bigint"
				" FROM retry"),
	    "1700000000");
	assert_int_equal(ledger_int("SELECT count(*) FROM retry"
				    " WHERE next_at <= now()"),
	    1);
}

static void
retries_are_given_back(void **state)
{
	const char *policies[] = {"hold", "resend"};
	const char *left[] = {"2:2", "1:3 2:2"};
	size_t i;

	(void)state;
	ledger_contacts(db, 1, 3);
	for (i = 0; i < ARRAY_LEN(policies); i++) {
		int64_t c = ledger_started(db, policies[i], 10);

		ledger_put_retry(db, ledger_delivery(c, 1), 2);
		ledger_put_retry(db, ledger_delivery(c, 2), 2);
		ledger_put_retry(db, ledger_delivery(c, 3), 2);
		assert_int_equal(ledger_claim_retries(db, DEAD, c), 3);
		begin_journal(JOURNAL_PROCESS);
		note(JOURNAL_INTENT, ledger_delivery(c, 1), 2);
		note(JOURNAL_INTENT, ledger_delivery(c, 3), 2);
		note_outcome(ledger_delivery(c, 3), 2, LEDGER_ACCEPTED);
		die_and_replay();
		assert_string_equal(states(c, 3), "uncertain2 - accepted2");
		assert_string_equal(retries(c), left[i]);
		assert_int_equal(ledger_int("SELECT count(*) FROM retry"
					    " WHERE holder IS NOT NULL"),
		    0);
	}
}

static void
back_after_a_take_over(void **state)
{
	int64_t c = claimed("hold", 10, 6);

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	note(JOURNAL_INTENT, ledger_delivery(c, 1), 1);
	note_outcome(ledger_delivery(c, 1), 1, LEDGER_ACCEPTED);
	note(JOURNAL_INTENT, ledger_delivery(c, 2), 1);
	note(JOURNAL_INTENT, ledger_delivery(c, 3), 1);
	note_outcome(ledger_delivery(c, 3), 1, LEDGER_UNCERTAIN);
	taken_over(c);
	assert_string_equal(states(c, 7),
	    "uncertain1 uncertain1 uncertain1 uncertain1 uncertain1 "
	    "uncertain1 -");
	/* A person has released the fifth, and it was sent. */
	ledger_outcome(db, ledger_delivery(c, 5), 2, "accepted");
	die_and_replay();
	assert_string_equal(states(c, 7),
	    "accepted1 uncertain1 uncertain1 uncertain1 accepted2 "
	    "uncertain1 -");
	assert_string_equal(retries(c), "4:2 6:2"); /* never sent */
	assert_int_equal(ledger_int("SELECT count(*) FROM taken_over"), 0);
	assert_int_equal(free_leases(), 0); /* the other one has it */
}

/* resend: attempted again already, or about to be; a late word counts. */
static void
back_when_it_is_resent(void **state)
{
	int64_t c = claimed("resend", 10, 3);

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	note(JOURNAL_INTENT, ledger_delivery(c, 1), 1);
	note_outcome(ledger_delivery(c, 1), 1, LEDGER_ACCEPTED);
	note(JOURNAL_INTENT, ledger_delivery(c, 2), 1);
	taken_over(c);
	assert_string_equal(retries(c), "1:2 2:2 3:2");
	die_and_replay();
	assert_string_equal(states(c, 3), "accepted1 uncertain1 uncertain1");
	assert_string_equal(retries(c), "2:2 3:2");
}

/* A person wants what had failed to be attempted again: what is told twice
 * does not take that back. */
static void
told_twice(void **state)
{
	const struct str failed = STR("failed");
	int64_t c = claimed("hold", 10, 3);

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	note(JOURNAL_INTENT, ledger_delivery(c, 1), 1);
	note_outcome(ledger_delivery(c, 1), 1, LEDGER_FAILED);
	note(JOURNAL_INTENT, ledger_delivery(c, 2), 1);
	note_outcome(ledger_delivery(c, 2), 1, LEDGER_FAILED);
	ledger_outcome(db, ledger_delivery(c, 1), 1, "failed");
	assert_int_equal(ledger_rows(db, Q_DELIVERY_RETRY_ENDED,
			     DB_ARGS(db_int(c), db_null(), db_null(), db_null(),
				 db_null(), db_text_array(&failed, 1))),
	    1);
	die_and_replay();
	assert_string_equal(states(c, 3), "failed1 failed1 -");
	assert_string_equal(retries(c), "1:2");
}

/* Whose uncertain ones they are is remembered: not those of another. */
static void
only_its_own_are_pending_again(void **state)
{
	int64_t c = claimed("hold", 10, 2);
	struct ledger_lease other;

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	other = taken_over(c);
	assert_int_equal(ledger_progress(db, &other, ledger_delivery(c, 4), 0),
	    1);
	taken_over(c); /* from the other one */
	assert_string_equal(states(c, 5),
	    "uncertain1 uncertain1 uncertain1 uncertain1 -");
	die_and_replay();
	assert_string_equal(retries(c), "1:2 2:2");
	assert_int_equal(ledger_int("SELECT count(*) FROM taken_over"
				    " WHERE holder = 'other'"),
	    2);
}

static int64_t
remembered(void)
{
	ledger_rows(db, Q_TAKEN_OVER_FORGET, DB_NO_ARGS);
	return ledger_int("SELECT count(*) FROM taken_over");
}

/* As long as the journal may say something that matters. */
static void
forgotten_when_over(void **state)
{
	static const char *const ends[] = {"expires_at = now()",
	    "status = 'cancelled'", "on_uncertain = 'resend'"};
	int64_t c = claimed("hold", 10, 4);
	size_t i;

	(void)state;
	taken_over(c);
	assert_int_equal(remembered(), 4);
	/* A person has one released; the reply to another came late. */
	ledger_outcome(db, ledger_delivery(c, 1), 2, "deferred");
	ledger_outcome(db, ledger_delivery(c, 3), 1, "accepted");
	assert_int_equal(remembered(), 2);
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		pg_sql(db, "BEGIN; UPDATE campaign SET %s", ends[i]);
		assert_int_equal(
		    ledger_rows(db, Q_TAKEN_OVER_FORGET, DB_NO_ARGS), 2);
		pg_sql(db, "ROLLBACK");
	}
}

/* It died between claiming and settling what the one before had left. */
static void
claimed_but_not_settled(void **state)
{
	int64_t c = claimed("hold", 10, 4);
	struct ledger_lease l;

	(void)state;
	pg_sql(db, "UPDATE lease SET holder = 'earlier', held_until = now()"
		   " - interval '1 second'");
	assert_true(ledger_claim(db, DEAD, c, &l));
	begin_journal(JOURNAL_PROCESS);
	die_and_replay();
	assert_int_equal(ledger_int("SELECT watermark & 65535 FROM lease"), 4);
	assert_true(ledger_claim(db, "next", c, &l));
	assert_string_equal(ledger_text("SELECT taken_from FROM lease"),
	    "earlier");
}

/* Of what a dead one had asked last nothing counts. */
static void
late_words_are_not_heard(void **state)
{
	struct ledger_lease l;
	int64_t c;

	(void)state;
	ledger_contacts(db, 1, 5);
	c = ledger_started(db, "hold", 5);
	assert_true(ledger_claim(db, DEAD, c, &l));
	begin_journal(JOURNAL_PROCESS);
	die_and_replay();
	assert_int_equal(ledger_progress(db, &l, l.last, 0), 0);
	assert_int_equal(free_leases(), 1);
	/* A claim of its own that comes late is freed by the second look. */
	assert_true(ledger_claim(db, DEAD, c, &l));
	replay();
	assert_int_equal(free_leases(), 0);
	sleep(REPLAY_AFTER_S + 1);
	replay();
	assert_int_equal(free_leases(), 1);
}

/* Replaces a line of the only journal's owner file. */
static void
rewrite_owner(const char *key, const char *value)
{
	struct journal_orphans s;
	struct journal_owner o;
	char path[2000];
	struct str rest, line;
	struct buf old, new;
	struct err err;

	assert_true(journal_orphans_open(&s, settings.journal, &err));
	assert_true(journal_orphans_next(&s, &o));
	journal_orphans_close(&s);
	snprintf(path, sizeof(path), "%s/owner", o.folder);
	journal_owner_release(&o);
	buf_init(&old, 2000);
	buf_init(&new, 2000);
	assert_true(file_read(path, &old, &err));
	rest = buf_view(&old);
	while (str_cut(&rest, '\n', &line))
		if (str_starts(line, str_of(key)))
			buf_printf(&new, "%s %s\n", key, value);
		else
			buf_printf(&new, "%.*s\n", STR_ARG(line));
	assert_true(file_write(path, buf_view(&new), 0600, &err));
	buf_release(&old);
	buf_release(&new);
}

static void
of_another_database(void **state)
{
	int64_t c = claimed("hold", 10, 8);

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	note_outcome(ledger_delivery(c, 1), 1, LEDGER_ACCEPTED);
	journal_free(journal);
	rewrite_owner("instance", "another");
	replay();
	assert_string_equal(states(c, 1), "-");
	assert_int_equal(journals_with_records(), 1);
	rewrite_owner("instance", instance);
	rewrite_owner("sync", "never"); /* it does not say what is known */
	replay();
	assert_string_equal(states(c, 1), "-");
	rewrite_owner("sync", "process");
	replay();
	assert_string_equal(states(c, 1), "accepted1");
}

/* The system went down: what was only in its memory may be missing. */
static void
of_before_a_reboot(void **state)
{
	const enum journal_policy policies[] = {JOURNAL_PROCESS, JOURNAL_DISK};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(policies); i++) {
		int64_t c;
		struct ledger_lease l;

		if (i == 0)
			ledger_contacts(db, 1, 5);
		c = ledger_started(db, "hold", 5);
		assert_true(ledger_claim(db, DEAD, c, &l));
		assert_int_equal(
		    ledger_progress(db, &l, ledger_delivery(c, 3), 0), 1);
		begin_journal(policies[i]);
		note_outcome(ledger_delivery(c, 1), 1, LEDGER_ACCEPTED);
		journal_free(journal);
		rewrite_owner("boot", "yesterday");
		replay();
		assert_true(ledger_claim(db, "next", c, &l)); /* at once */
		ledger_rows(db, Q_LEASE_TAKE_OVER,
		    DB_ARGS(db_int(l.campaign), db_int(l.first), db_int(l.last),
			db_int(l.epoch)));
		assert_string_equal(states(c, 4),
		    policies[i] == JOURNAL_DISK
			? "accepted1 - - -"
			: "accepted1 uncertain1 uncertain1 -");
		sleep(policies[i] == JOURNAL_DISK ? REPLAY_AFTER_S + 1 : 0);
		replay();
	}
}

static long
peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_maxrss;
}

/* Killed over it again and again, the database restarted meanwhile: it is
 * all there at last. */
static void
many_records_and_many_deaths(void **state)
{
	enum { MANY = 30000 };
	int64_t c = claimed("hold", MANY, MANY);
	int i, status = 1, rounds = 0;
	pid_t pid;

	(void)state;
	begin_journal(JOURNAL_PROCESS);
	for (i = 1; i <= MANY; i++) {
		note(JOURNAL_INTENT, ledger_delivery(c, i), 1);
		if (i > 20)
			note_outcome(ledger_delivery(c, i - 20), 1,
			    LEDGER_ACCEPTED);
	}
	journal_free(journal);
	while (journals_with_records() > 0 && rounds < 200) {
		pid = fork();
		if (pid == 0) {
			replay();
			_exit(0);
		}
		usleep((useconds_t)(50000 + rounds * 20000));
		if (rounds++ == 3) {
			db_close(db);
			pg_restart();
			db = ledger_again();
		}
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	print_message("rounds: %d, peak %ld KiB\n", rounds, peak_kib());
	assert_true(rounds > 2);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"
				    " WHERE state = 'accepted'"),
	    MANY - 20);
	assert_int_equal(ledger_int("SELECT count(*) FROM outcome"
				    " WHERE state = 'uncertain'"),
	    20);
	assert_int_equal(free_leases(), 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(everything_finds_its_place),
	    T(resent_what_is_uncertain),
	    T(retries_are_given_back),
	    T(back_after_a_take_over),
	    T(back_when_it_is_resent),
	    T(told_twice),
	    T(only_its_own_are_pending_again),
	    T(forgotten_when_over),
	    T(claimed_but_not_settled),
	    T(late_words_are_not_heard),
	    T(of_another_database),
	    T(of_before_a_reboot),
	    T(many_records_and_many_deaths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
