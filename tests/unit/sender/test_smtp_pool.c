/*
 * Goal: whatever a server does to the connections of a pool, every message
 * comes back exactly once, none is lost, and none is sent twice unless its
 * verdict was "uncertain" (S-044, S-045, S-048).  The other side is the sink,
 * whose log says what it accepted.
 */
#include "lib/base/base.h"

#include "sender/smtp_pool.h"

#include "tests/support/certs.h"
#include "tests/support/scratch.h"
#include "tests/support/smtp_owner.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct smtp_owner *o; /* of the test that runs */

static int
setup(void **state)
{
	scratch_setup(state);
	o = smtp_owner_new(scratch_path(*state, "sink.log"));
	return 0;
}

static int
teardown(void **state)
{
	smtp_owner_free(o);
	return scratch_teardown(state);
}

/* Sends n messages to the end. */
static void
run(int n)
{
	smtp_owner_make_messages(o, n);
	smtp_owner_serve(o);
	smtp_owner_send(o);
	assert_int_equal(o->drained, 1);
	smtp_owner_read_log(o);
}

static long
connections(void)
{
	return atomic_load(&sink_server_shared(o->server)->connections);
}

static long
logins(void)
{
	return atomic_load(&sink_server_shared(o->server)->logins);
}

/* I1 and I2: nothing lost, nothing doubled without being uncertain, and
 * nothing said to be accepted that was not. */
static void
check_ledger(void)
{
	const struct smtp_owner_item *it;

	for (it = o->items; it < o->items + o->count; it++) {
		int sure = it->verdicts[OUTCOME_ACCEPTED];
		int unsure = it->verdicts[OUTCOME_UNCERTAIN];

		assert_int_equal(sure + unsure + it->verdicts[OUTCOME_FAILED] +
				     it->verdicts[OUTCOME_DEFERRED],
		    1);
		assert_in_range(it->logged, sure, sure + unsure);
	}
}

static void
sends_them_all(void **state)
{
	(void)state;
	run(1000);
	check_ledger();
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 1000);
	assert_int_equal(o->totals[OUTCOME_NOT_ATTEMPTED], 0);
	assert_int_equal(o->paused, 0);
	/* 100 messages a connection */
	assert_in_range(connections(), 10, 15);
}

static void
one_connection_lock_step(void **state)
{
	(void)state;
	o->sink.offer_pipelining = false;
	o->params.connections = 1;
	o->params.link.messages_max = 50;
	run(200);
	check_ledger();
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 200);
	assert_int_equal(connections(), 4);
}

static void
over_tls_with_a_login(void **state)
{
	(void)state;
	o->sink.tls = SINK_TLS_STARTTLS;
	o->sink.cert = certs_pem("good");
	o->sink.key = certs_key("good");
	o->sink.user = "test";
	o->sink.password = "1234";
	o->sink.require_auth = true;
	o->params.link.session.tls = CONN_TLS_STARTTLS;
	o->params.link.session.host = "localhost";
	o->params.link.session.username = "test";
	o->params.link.session.password = "1234";
	o->params.link.ca_file = certs_pem("ca");
	o->params.link.session_key = "account 1 version 1";
	run(500);
	check_ledger();
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 500);
	assert_in_range(logins(), 5, 10);
}

/* S-045: connections that end without a word after every 7th message. */
static void
server_closes_after_seven(void **state)
{
	(void)state;
	o->sink.drop_after = 7;
	run(1000);
	check_ledger();
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 1000);
	assert_int_equal(o->totals[OUTCOME_DEFERRED], 0);
	assert_int_equal(o->totals[OUTCOME_UNCERTAIN], 0);
	assert_in_range(connections(), 143, 200);
}

/* Each is asked about once, when its turn comes, first or behind another;
 * those held back are not begun, come back as not attempted and cost no
 * connection. */
static void
held_back_before_mail(void **state)
{
	(void)state;
	o->refuse_mail = 3;
	o->sink.delay_max_ms = 2;
	run(300);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 300);
	assert_int_equal(o->asked_mail, 300 + o->totals[OUTCOME_NOT_ATTEMPTED]);
	assert_int_equal(o->totals[OUTCOME_NOT_ATTEMPTED], o->asked_mail / 3);
	assert_true(connections() <= 10);
	assert_int_equal(atomic_load(&sink_server_shared(o->server)->accepted),
	    300);
}

/* The one before was refused, or there is no PIPELINING: asked all the same. */
static void
held_back_behind_others(void **state)
{
	struct err err;

	o->refuse_mail = 4;
	o->sink.offer_pipelining = false;
	run(100);
	assert_int_equal(o->asked_mail, 100 + o->totals[OUTCOME_NOT_ATTEMPTED]);
	teardown(state);
	setup(state);
	o->refuse_mail = 4;
	assert_true(
	    sink_options_rule(&o->sink, "rcpt@2=550 5.1.1 no such user", &err));
	run(300);
	assert_int_equal(o->totals[OUTCOME_FAILED], 150);
	assert_int_equal(o->asked_mail, 300 + o->totals[OUTCOME_NOT_ATTEMPTED]);
	assert_int_equal(o->totals[OUTCOME_NOT_ATTEMPTED], o->asked_mail / 4);
}

/* Dots that wait for a journal, together with a server that closes. */
static void
dots_held_until_the_turn_ends(void **state)
{
	(void)state;
	o->journal = true;
	o->sink.drop_after = 20;
	run(500);
	check_ledger();
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 500);
	assert_in_range(o->turns, 1, 520);
}

struct fault_row {
	const char *label, *rule;
	int accepted_min; /* of 300 */
	bool tls;
};

/* S-044 and D-14: lost 0, doubled 0.  421 to the dot is a no, after which
 * the message waits for its next attempt. */
static const struct fault_row faults[] = {
    {"421 connect", "connect@2=421 4.3.2 busy", 300, false},
    {"421 ehlo", "ehlo@2=421 4.3.2 busy", 300, false},
    {"421 ehlo in tls", "ehlo@3=421 4.3.2 busy", 300, true},
    {"421 starttls", "starttls@2=421 4.3.2 busy", 300, true},
    {"421 auth", "auth@2=421 4.3.2 busy", 300, true},
    {"421 mail", "mail@20=421 4.3.2 busy", 300, false},
    {"421 rcpt", "rcpt@20=421 4.3.2 busy", 300, false},
    {"421 data", "data@20=421 4.3.2 busy", 300, false},
    {"421 dot", "dot@20=421 4.3.2 busy", 280, false},
    {"421 rset", "rset@1=421 4.3.2 busy", 270, false},
    {"421 quit", "quit@1=421 4.3.2 busy", 300, false},
    {"drop mail", "mail@20=drop", 300, false},
    {"drop rcpt", "rcpt@20=drop", 300, false},
    {"drop data", "data@20=drop", 300, false},
    {"drop dot", "dot@20=drop", 280, false},
    {"reset mail", "mail@20=reset", 270, false},
    {"lose dot", "dot@20=lose", 280, false},
    {"450 rcpt", "rcpt@10=450 4.2.1 later", 270, false},
    {"451 mail", "mail@10=451 4.3.0 later", 270, false},
    {"550 dot", "dot@10=550 5.7.1 spam", 270, false},
};

static void
one_fault(void **state, const struct fault_row *row)
{
	struct err err;

	print_message("%s\n", row->label);
	setup(state);
	if (row->tls) {
		o->sink.tls = SINK_TLS_STARTTLS;
		o->sink.cert = certs_pem("good");
		o->sink.key = certs_key("good");
		o->params.link.session.tls = CONN_TLS_STARTTLS;
		o->params.link.session.username = "test";
		o->params.link.session.password = "1234";
		o->params.link.ca_file = certs_pem("ca");
	}
	assert_true(sink_options_rule(&o->sink, row->rule, &err));
	if (strncmp(row->label, "421 rset", 8) == 0)
		assert_true(sink_options_rule(&o->sink,
		    "rcpt@10=450 4.2.1 later", &err));
	o->params.link.messages_max = 30;
	run(300);
	check_ledger();
	assert_int_equal(o->paused, 0);
	assert_in_range(o->totals[OUTCOME_ACCEPTED], row->accepted_min, 300);
	if (row->accepted_min == 300)
		assert_int_equal(o->totals[OUTCOME_ACCEPTED], 300);
	assert_true(atomic_load(&sink_server_shared(o->server)->refused) > 0 ||
		    strstr(row->rule, "lose") != NULL ||
		    strstr(row->rule, "dot@") != NULL);
	teardown(state);
}

static void
faults_lose_and_double_nothing(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(faults); i++)
		one_fault(state, &faults[i]);
}

/* S-048: a wrong password costs one attempt, and no recipient. */
static void
wrong_password(void **state)
{
	(void)state;
	o->sink.password = "1234";
	o->params.connections = 16;
	o->params.link.session.username = "test";
	o->params.link.session.password = "wrong";
	run(100);
	assert_int_equal(o->paused, 1);
	assert_non_null(strstr(o->why, "535 5.7.8"));
	assert_in_range(logins(), 1, 2);
	assert_int_equal(o->totals[OUTCOME_NOT_ATTEMPTED], o->submitted);
	assert_int_equal(o->done, 0);
	assert_int_equal(smtp_pool_room(o->pool), 0);
}

/* S-048: the login is refused from message 500 on. */
static void
login_refused_midway(void **state)
{
	long before;

	(void)state;
	o->sink.auth_fail_after = 500;
	o->params.connections = 16;
	o->params.link.session.username = "test";
	o->params.link.session.password = "1234";
	run(1000);
	before = logins();
	assert_int_equal(o->paused, 1);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 500);
	assert_int_equal(o->totals[OUTCOME_FAILED], 0);
	assert_int_equal(o->totals[OUTCOME_UNCERTAIN], 0);
	/* 16 let in, some again after 100 messages, and at most 3 refused */
	assert_in_range(before, 16, 16 + 5 + 3);
}

/* Logins that were answered so. */
static int
count_logins(const char *code)
{
	char line[400];
	FILE *log = fopen(o->log, "r");
	int n = 0;

	assert_non_null(log);
	while (fgets(line, sizeof(line), log) != NULL)
		n += strncmp(line, "login\t", 6) == 0 &&
		     strstr(line, code) != NULL;
	fclose(log);
	return n;
}

/* Many connections that are opened anew all the time, at a server that takes
 * its time over logins: one login at a time, so the first no is the last. */
static void
one_login_is_refused_of_many(void **state)
{
	struct err err;

	(void)state;
	o->sink.auth_fail_after = 800;
	o->sink.events = 1U << SINK_EVENT_LOGIN;
	assert_true(
	    sink_options_rule(&o->sink, "login from:40=delay 20", &err));
	o->params.connections = 64;
	o->params.link.messages_max = 10;
	o->params.link.session.username = "test";
	o->params.link.session.password = "1234";
	run(1200);
	assert_int_equal(o->paused, 1);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 800);
	assert_int_equal(o->totals[OUTCOME_FAILED], 0);
	assert_true(count_logins("\t535") <= 1);
	assert_true(count_logins("\t235") > 64);
}

/* Told to wait, nobody else tries meanwhile: the second time is the last. */
static void
login_is_refused_for_now(void **state)
{
	struct err err;

	(void)state;
	o->sink.events = 1U << SINK_EVENT_LOGIN;
	assert_true(sink_options_rule(&o->sink,
	    "login from:40=454 4.7.0 too many login attempts", &err));
	o->params.connections = 64;
	o->params.link.messages_max = 10;
	o->params.link.session.username = "test";
	o->params.link.session.password = "1234";
	run(1200);
	assert_int_equal(o->paused, 1);
	assert_int_equal(count_logins("\t454"), VERDICT_LOGINS_MAX);
}

static void
bad_certificate(void **state)
{
	(void)state;
	o->sink.tls = SINK_TLS_IMPLICIT;
	o->sink.cert = certs_pem("good");
	o->sink.key = certs_key("good");
	o->params.link.session.tls = CONN_TLS_IMPLICIT;
	o->params.link.session.username = "test";
	o->params.link.session.password = "1234";
	o->params.connections = 16;
	run(100);
	assert_int_equal(o->paused, 1);
	assert_in_range(connections(), 1, 2);
	assert_int_equal(logins(), 0);
	assert_int_equal(o->done, 0);
}

/* A 5xx of account scope pauses, and what met it is still pending. */
static void
daily_limit(void **state)
{
	struct err err;

	(void)state;
	assert_true(sink_options_rule(&o->sink,
	    "rcpt@50=550 5.4.5 Daily user sending limit exceeded", &err));
	run(1000);
	assert_int_equal(o->paused, 1);
	assert_int_equal(o->totals[OUTCOME_FAILED], 0);
	assert_int_equal(o->totals[OUTCOME_DEFERRED], 0);
	assert_in_range(o->totals[OUTCOME_ACCEPTED], 49, 60);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED] +
			     o->totals[OUTCOME_NOT_ATTEMPTED],
	    o->submitted);
}

/* Draining hands back what waits and finishes what is under way. */
static void
drained_midway(void **state)
{
	struct smtp_owner_item *it;

	(void)state;
	o->drain_after = 300;
	o->sink.delay_min_ms = o->sink.delay_max_ms = 5;
	run(1000);
	assert_int_equal(o->paused, 0);
	assert_in_range(o->totals[OUTCOME_ACCEPTED], 300, 330);
	assert_int_equal(o->totals[OUTCOME_UNCERTAIN], 0);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED] +
			     o->totals[OUTCOME_NOT_ATTEMPTED],
	    o->submitted);
	for (it = o->items; it < o->items + o->count; it++)
		assert_int_equal(it->logged, it->verdicts[OUTCOME_ACCEPTED]);
}

/* Larger than the server takes: refused at once, by us, without end of stack
 * when it happens to all. */
static void
all_refused_locally(void **state)
{
	(void)state;
	o->sink.size_max = 10;
	run(1500);
	assert_int_equal(o->totals[OUTCOME_FAILED], 1500);
}

static void
start_server(void *arg)
{
	struct smtp_owner *w = arg;

	w->sink.port = w->params.link.session.port;
	smtp_owner_serve(w);
}

/* Nobody listens for a while: attempts come at growing distances, and the
 * owner hears when there is room again. */
static void
server_comes_late(void **state)
{
	struct loop_timer *later = loop_timer_new(o->loop, start_server, o);
	struct smtp_pool_state s;

	(void)state;
	smtp_owner_serve(o);
	sink_server_free(o->server);
	smtp_owner_make_messages(o, 50);
	loop_timer_start(later, 400);
	smtp_owner_send(o);
	smtp_pool_state(o->pool, &s);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 50);
	assert_int_equal(s.opening + s.idle + s.working + s.leaving, 0);
	assert_non_null(strstr(s.trouble, "refused"));
	loop_timer_free(later);
}

/* Freed in the middle of everything, it leaves nothing behind. */
static void
free_it(void *arg)
{
	struct smtp_owner *w = arg;

	smtp_pool_free(w->pool);
	w->pool = NULL;
	loop_stop(w->loop);
}

static void
freed_midway(void **state)
{
	struct loop_timer *soon = loop_timer_new(o->loop, free_it, o);

	(void)state;
	o->sink.delay_min_ms = 1;
	o->sink.delay_max_ms = 20;
	smtp_owner_make_messages(o, 1000);
	smtp_owner_serve(o);
	loop_timer_start(soon, 60);
	smtp_owner_send(o);
	assert_null(o->pool);
	assert_int_equal(o->drained, 0);
	loop_timer_free(soon);
}

#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    POOL_TEST(sends_them_all),
	    POOL_TEST(one_connection_lock_step),
	    POOL_TEST(over_tls_with_a_login),
	    POOL_TEST(server_closes_after_seven),
	    POOL_TEST(held_back_before_mail),
	    POOL_TEST(held_back_behind_others),
	    POOL_TEST(dots_held_until_the_turn_ends),
	    cmocka_unit_test(faults_lose_and_double_nothing),
	    POOL_TEST(wrong_password),
	    POOL_TEST(login_refused_midway),
	    POOL_TEST(one_login_is_refused_of_many),
	    POOL_TEST(login_is_refused_for_now),
	    POOL_TEST(bad_certificate),
	    POOL_TEST(daily_limit),
	    POOL_TEST(drained_midway),
	    POOL_TEST(all_refused_locally),
	    POOL_TEST(server_comes_late),
	    POOL_TEST(freed_midway),
	};

	certs_basic();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
