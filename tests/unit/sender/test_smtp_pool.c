/*
 * Goal: whatever a server does to the connections of a pool, every message
 * comes back exactly once, none is lost, and none is sent twice unless its
 * verdict was "uncertain" (S-044, S-045, S-048).  The other side is the sink,
 * whose log says what it accepted.
 */
#include "lib/base/base.h"

#include "sender/smtp_pool.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "tests/sink/sink_server.h"
#include "tests/support/certs.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MESSAGES_MAX 2000
#define RUN_MAX_MS   60000

struct item {
	struct smtp_message message;
	char to[40], data[120];
	int verdicts[OUTCOME__COUNT];
	int logged; /* times in the sink's log */
};

/* An owner as a worker is one: keeps the pool full, submits again what was
 * not attempted, ends when every message has its fate. */
struct owner {
	struct loop *loop;
	struct smtp_pool_params params;
	struct smtp_pool *pool;
	struct item items[MESSAGES_MAX];
	struct item *again[MESSAGES_MAX]; /* a stack */
	int count, submitted, again_count;
	int totals[OUTCOME__COUNT], done;
	int paused, drained, rooms;
	char why[400];
	bool drain_when_done;
	int drain_after; /* verdicts; 0: never */
	bool stop_after_drain;
	struct loop_timer *alarm;
	struct sink_options sink;
	struct sink_server *server;
	void *scratch;
	const char *log;
};

static struct owner *o; /* of the test that runs */

static void
fill(struct owner *w)
{
	while (smtp_pool_room(w->pool) > 0) {
		if (w->again_count > 0)
			smtp_pool_submit(w->pool,
			    &w->again[--w->again_count]->message);
		else if (w->submitted < w->count)
			smtp_pool_submit(w->pool,
			    &w->items[w->submitted++].message);
		else
			break;
	}
}

static void
on_verdict(const struct smtp_result *r, const struct verdict *v, void *arg)
{
	struct owner *w = arg;
	struct item *it = r->message->owner;

	it->verdicts[v->outcome]++;
	w->totals[v->outcome]++;
	if (v->outcome == OUTCOME_NOT_ATTEMPTED)
		w->again[w->again_count++] = it;
	else
		w->done++;
	if (w->drain_after > 0 && --w->drain_after == 0)
		smtp_pool_drain(w->pool);
	else if (w->done == w->count && w->drain_when_done)
		smtp_pool_drain(w->pool);
}

static enum smtp_dot
before_dot(struct smtp_message *m, void *arg)
{
	(void)arg;
	assert_non_null(m->owner);
	return SMTP_DOT_SEND;
}

static void
on_room(struct smtp_pool *p, void *arg)
{
	struct owner *w = arg;

	assert_ptr_equal(p, w->pool);
	w->rooms++;
	fill(w);
}

static void
on_paused(struct smtp_pool *p, const struct verdict *v, const char *why,
    void *arg)
{
	struct owner *w = arg;

	(void)p;
	assert_int_equal(v->account, ACCOUNT_PAUSE);
	w->paused++;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static void
on_drained(struct smtp_pool *p, void *arg)
{
	struct owner *w = arg;

	(void)p;
	w->drained++;
	loop_stop(w->loop);
}

static const struct smtp_pool_events events = {
    .on_verdict = on_verdict,
    .before_dot = before_dot,
    .on_room = on_room,
    .on_paused = on_paused,
    .on_drained = on_drained,
};

static void
too_late(void *arg)
{
	struct owner *w = arg;
	struct smtp_pool_state s;

	smtp_pool_state(w->pool, &s);
	fail_msg("%d of %d done; %d links opening, %d idle, %d working, "
		 "%d leaving; %d queued, %d under way; %s",
	    w->done, w->count, s.opening, s.idle, s.working, s.leaving,
	    s.queued, s.under_way, s.trouble);
}

static int
setup(void **state)
{
	(void)state;
	o = NEW(struct owner);
	o->loop = loop_new();
	o->drain_when_done = true;
	smtp_link_defaults(&o->params.link);
	o->params.link.session.helo = "sender.test";
	o->params.link.session.host = "127.0.0.1";
	o->params.link.session.username = "";
	o->params.link.session.password = "";
	o->params.link.timeout_s = 10;
	o->params.connections = 5;
	o->params.backoff_first_ms = 10;
	o->params.backoff_max_ms = 100;
	sink_options_init(&o->sink);
	scratch_setup(&o->scratch);
	o->log = scratch_path(o->scratch, "sink.log");
	o->sink.log = o->log;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	smtp_pool_free(o->pool);
	loop_timer_free(o->alarm);
	loop_free(o->loop);
	scratch_teardown(&o->scratch);
	free(o);
	return 0;
}

static void
make_messages(int n)
{
	struct item *it;

	o->count = n;
	for (it = o->items; it < o->items + n; it++) {
		int i = (int)(it - o->items);

		snprintf(it->to, sizeof(it->to), "r%d@example.com", i);
		snprintf(it->data, sizeof(it->data),
		    "Subject: %d\r\nMessage-ID: <%d@sender.test>\r\n\r\nhi\r\n",
		    i, i);
		it->message = (struct smtp_message){
		    .from = STR("b@sender.test"),
		    .to = str_of(it->to),
		    .data = str_of(it->data),
		    .owner = it,
		};
	}
}

/* Counts what the sink wrote down. */
static void
read_log(void)
{
	char line[1000];
	FILE *f = fopen(o->log, "r");
	const char *to;
	long i;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		to = strstr(line, "\tr");
		assert_non_null(to);
		i = strtol(to + 2, NULL, 10);
		assert_in_range(i, 0, o->count - 1);
		o->items[i].logged++;
	}
	fclose(f);
}

/* Sends n messages; then the sink is gone and its log is read. */
static int64_t
run(int n)
{
	int64_t start = clock_mono_ms();

	make_messages(n);
	o->server = sink_server_new(&o->sink);
	o->params.link.session.port = sink_server_port(o->server);
	o->pool = smtp_pool_new(o->loop, &o->params, &events, o);
	o->alarm = loop_timer_new(o->loop, too_late, o);
	loop_timer_start(o->alarm, RUN_MAX_MS);
	fill(o);
	loop_run(o->loop);
	assert_int_equal(o->drained, 1);
	read_log();
	return clock_mono_ms() - start;
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
	const struct item *it;

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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
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
one_fault(const struct fault_row *row)
{
	struct err err;

	print_message("%s\n", row->label);
	setup(NULL);
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
	sink_server_free(o->server);
	teardown(NULL);
}

static void
faults_lose_and_double_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(faults); i++)
		one_fault(&faults[i]);
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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
}

/* Draining hands back what waits and finishes what is under way. */
static void
drained_midway(void **state)
{
	struct item *it;

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
	sink_server_free(o->server);
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
	sink_server_free(o->server);
}

static void
start_server(void *arg)
{
	struct owner *w = arg;

	w->sink.port = w->params.link.session.port;
	w->server = sink_server_new(&w->sink);
}

/* Nobody listens for a while: attempts come at growing distances, and the
 * owner hears when there is room again. */
static void
server_comes_late(void **state)
{
	struct loop_timer *later = loop_timer_new(o->loop, start_server, o);
	struct smtp_pool_state s;

	(void)state;
	o->server = sink_server_new(&o->sink);
	o->params.link.session.port = sink_server_port(o->server);
	sink_server_free(o->server);
	make_messages(50);
	o->pool = smtp_pool_new(o->loop, &o->params, &events, o);
	o->alarm = loop_timer_new(o->loop, too_late, o);
	loop_timer_start(o->alarm, RUN_MAX_MS);
	loop_timer_start(later, 400);
	fill(o);
	loop_run(o->loop);
	smtp_pool_state(o->pool, &s);
	assert_int_equal(o->totals[OUTCOME_ACCEPTED], 50);
	assert_int_equal(s.opening + s.idle + s.working + s.leaving, 0);
	assert_non_null(strstr(s.trouble, "refused"));
	loop_timer_free(later);
	sink_server_free(o->server);
}

/* Freed in the middle of everything, it leaves nothing behind. */
static void
free_it(void *arg)
{
	struct owner *w = arg;

	smtp_pool_free(w->pool);
	w->pool = NULL;
	loop_stop(w->loop);
}

static void
freed_midway(void **state)
{
	struct loop_timer *soon = loop_timer_new(o->loop, free_it, o);

	(void)state;
	make_messages(1000);
	o->sink.delay_min_ms = 1;
	o->sink.delay_max_ms = 20;
	o->server = sink_server_new(&o->sink);
	o->params.link.session.port = sink_server_port(o->server);
	o->pool = smtp_pool_new(o->loop, &o->params, &events, o);
	loop_timer_start(soon, 60);
	fill(o);
	loop_run(o->loop);
	assert_null(o->pool);
	assert_int_equal(o->drained, 0);
	loop_timer_free(soon);
	sink_server_free(o->server);
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
	    cmocka_unit_test(faults_lose_and_double_nothing),
	    POOL_TEST(wrong_password),
	    POOL_TEST(login_refused_midway),
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
