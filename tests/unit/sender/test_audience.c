/* Who is in a frozen audience, and what keeps a campaign from starting. */
#include "sender/audience.h"

#include "tests/support/ledger.h"
#include "tests/support/pg.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct db *db;
static const struct settings settings = {.lease_size = 1000,
    .postal_address = "1 Main Street, Springfield"};

static int
setup(void **state)
{
	(void)state;
	db = ledger_open();
	pg_sql(db,
	    "INSERT INTO list (id, name) VALUES (2, 'two'), (3, 'three'),"
	    " (9, 'not them')");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static bool
freeze(void)
{
	struct err err = {FAIL_NONE, ""};
	bool found = false;

	if (!audience_freeze_due(db, &settings, &found, &err))
		fail_msg("%s", err.text);
	return found;
}

/* A campaign for lists 1 and 2, without 9; list 3 has nothing to do with
 * it.  Each row is one contact. */
static const struct {
	const char *label;
	const char *on;          /* its lists */
	const char *unconfirmed; /* of them */
	const char *suppressed;  /* lists; 0 = everywhere */
	int expect;              /* the list it gets in through; 0: not */
} people[] = {
    {"on one list", "1", "", "", 1},
    {"on the other", "2", "", "", 2},
    {"on both: once", "1,2", "", "", 1},
    {"on another", "3", "", "", 0},
    {"nowhere", "", "", "", 0},
    {"unconfirmed", "1", "1", "", 0},
    {"unconfirmed on one of two", "1,2", "1", "", 2},
    {"excluded", "1,9", "", "", 0},
    {"excluded, though unconfirmed there", "1,9", "9", "", 0},
    {"suppressed everywhere", "1,2", "", "0", 0},
    {"suppressed on its list", "1", "", "1", 0},
    {"suppressed on one of two", "1,2", "", "1", 2},
    {"suppressed on both", "1,2", "", "1,2", 0},
    {"suppressed on a list that is not meant", "1", "", "3", 1},
};

static void
add_person(int id, size_t i)
{
	pg_sql(db,
	    "INSERT INTO contact (id, email, email_key) VALUES"
	    " (%d, 'P%d@example.com', 'p%d@example.com');"
	    "INSERT INTO membership (list_id, contact_id, status)"
	    " SELECT l, %d, CASE WHEN l = ANY ('{%s}'::bigint[])"
	    "   THEN 'unconfirmed' ELSE 'subscribed' END"
	    " FROM unnest('{%s}'::bigint[]) l;"
	    "INSERT INTO suppression (email_key, list_id, reason)"
	    " SELECT 'p%d@example.com', nullif(l, 0), 'unsubscribe'"
	    " FROM unnest('{%s}'::bigint[]) l",
	    id, id, id, id, people[i].unconfirmed, people[i].on, id,
	    people[i].suppressed);
}

static void
who_is_in(void **state)
{
	int64_t id = ledger_campaign(db, "hold"), expected = 0, list;
	size_t i;

	(void)state;
	pg_sql(db,
	    "INSERT INTO campaign_list VALUES (%lld, 2, false), (%lld, 9, "
	    "true)",
	    (long long)id, (long long)id);
	for (i = 0; i < ARRAY_LEN(people); i++)
		add_person((int)i + 1, i);
	assert_true(freeze());
	for (i = 0; i < ARRAY_LEN(people); i++) {
		list = ledger_int("SELECT coalesce(sum(list_id), 0) FROM "
				  "delivery WHERE contact_id = %zu",
		    i + 1);
		if (list != people[i].expect)
			fail_msg("%s: list %lld", people[i].label,
			    (long long)list);
		expected += people[i].expect != 0;
	}
	assert_int_equal(ledger_int("SELECT audience FROM campaign"), expected);
	assert_int_equal(ledger_int("SELECT count(*) FROM delivery"), expected);
}

static void
leases_cover_the_audience(void **state)
{
	struct err err;
	bool found;

	(void)state;
	ledger_contacts(db, 1, 10050);
	ledger_campaign(db, "hold");
	assert_true(audience_freeze_due(db, &settings, &found, &err));
	assert_int_equal(
	    ledger_int("SELECT count(*) FROM (SELECT *, lag(last_id, 1,"
		       " 1::bigint << 32) OVER (ORDER BY first_id) AS before"
		       " FROM lease) l WHERE first_id <> before + 1"
		       " OR last_id < first_id OR watermark <> before"),
	    0);
	assert_int_equal(
	    ledger_int("SELECT max(last_id) & 4294967295 FROM lease"), 10050);
	/* Full ones first, then an eighth of what is left, at least 250. */
	assert_string_equal(
	    ledger_text("SELECT string_agg((last_id - first_id + 1)::text, ' '"
			" ORDER BY first_id) FROM lease"),
	    "1000 1000 1000 881 771 674 590 516 452 395 346 303 265 250 250 "
	    "250 250 250 250 250 107");
	assert_int_equal(ledger_int("SELECT min(id) - (1::bigint << 32) FROM "
				    "delivery"),
	    1);
	assert_string_equal(ledger_text(
				"SELECT status || ' ' || audience || ' ' ||"
				" (expires_at - started_at) FROM campaign"),
	    "running 10050 3 days");
	assert_string_equal(ledger_text("SELECT subject FROM campaign_content"),
	    "Hello {{ contact.name }}");
	assert_false(freeze());
}

static void
nobody_finishes_at_once(void **state)
{
	(void)state;
	ledger_campaign(db, "hold");
	assert_true(freeze());
	assert_string_equal(
	    ledger_text("SELECT status || ' ' || (finished_at IS NOT NULL) "
			"FROM campaign"),
	    "finished true");
}

static void
not_yet(void **state)
{
	(void)state;
	ledger_campaign(db, "hold");
	pg_sql(db, "UPDATE campaign SET scheduled_at = now() + interval '1 h'");
	assert_false(freeze());
	pg_sql(db,
	    "UPDATE campaign SET status = 'paused', scheduled_at = now()");
	assert_false(freeze());
}

static void
what_cannot_start_is_paused(void **state)
{
	static const struct {
		const char *sql, *reason;
	} rows[] = {
	    {"DELETE FROM campaign_account", "the campaign has no account"},
	    {"UPDATE campaign SET template_id = NULL",
		"the campaign has no template"},
	    {"UPDATE template SET html = E'a\\nb {{ oops'",
		"the template has an error: html, line 2, column"},
	    {"UPDATE template SET html = '{% render ''none'' %}'",
		"the template has an error: html, line 1, column"},
	    {"UPDATE template SET html = 'x', layout = 'none'",
		"the template has an error: layout: there is no snippet "
		"\"none\""},
	};
	size_t i;

	(void)state;
	ledger_contacts(db, 1, 3);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		ledger_campaign(db, "hold");
		pg_sql(db, "%s", rows[i].sql);
		assert_true(freeze());
		assert_string_equal(
		    ledger_text("SELECT status FROM campaign ORDER BY id DESC"),
		    "paused");
		if (!str_starts(str_of(ledger_text(
				    "SELECT status_reason FROM campaign ORDER "
				    "BY id DESC")),
			str_of(rows[i].reason)))
			fail_msg("%s", rows[i].sql);
		assert_int_equal(ledger_int("SELECT count(*) FROM delivery"),
		    0);
	}
	assert_false(freeze());
}

/* Only what the message is made of, as it is now. */
static void
content_is_frozen(void **state)
{
	(void)state;
	ledger_contacts(db, 1, 3);
	pg_sql(db,
	    "INSERT INTO snippet (name, html) VALUES"
	    " ('frame', '<body>{{ content }}{%% render ''foot'' %%}</body>'),"
	    " ('foot', '<a href=\"https://a.example/f\">f</a>'),"
	    " ('other', 'x');"
	    "UPDATE template SET layout = 'frame', html ="
	    " '<a href=\"https://a.example/{{ n }}\">a</a>';"
	    "INSERT INTO template_attachment (template_id, name, type, content)"
	    " VALUES (1, 'a.txt', 'text/plain', 'abc')");
	ledger_campaign(db, "hold");
	pg_sql(db, "UPDATE campaign SET track_clicks = true");
	assert_true(freeze());
	pg_sql(db, "DELETE FROM snippet; DELETE FROM template_attachment");
	assert_string_equal(
	    ledger_text("SELECT layout || postal_address || track_clicks FROM "
			"campaign_content"),
	    "<body>{{ content }}{% render 'foot' %}</body>"
	    "1 Main Street, Springfieldtrue");
	assert_string_equal(
	    ledger_text("SELECT string_agg(name, ' ') FROM campaign_snippet"),
	    "foot");
	assert_string_equal(
	    ledger_text("SELECT n || name || type || convert_from(content, "
			"'utf8') FROM campaign_attachment"),
	    "1a.txttext/plainabc");
	assert_string_equal(
	    ledger_text("SELECT string_agg(url || ' ' || personal, ', ' ORDER "
			"BY url) FROM campaign_link"),
	    "https://a.example/f false, https://a.example/{{ n }} true");
}

/* Trouble in the middle leaves nothing behind and does not come back for
 * ever. */
static void
trouble_is_rolled_back(void **state)
{
	int64_t id;

	(void)state;
	ledger_contacts(db, 1, 3);
	id = ledger_campaign(db, "hold");
	pg_sql(db, "INSERT INTO delivery VALUES (%lld, %lld, 3, 1)",
	    (long long)ledger_delivery(id, 2), (long long)id);
	assert_true(freeze());
	assert_string_equal(ledger_text("SELECT status FROM campaign"),
	    "paused");
	assert_int_equal(ledger_int("SELECT count(*) FROM delivery"), 1);
	assert_int_equal(ledger_int("SELECT count(*) FROM campaign_content"),
	    0);
	assert_false(freeze());
}

static void
one_of_two_starts_it(void **state)
{
	struct db *other = ledger_again();
	struct err err = {FAIL_NONE, ""};
	struct db_result r;

	(void)state;
	ledger_contacts(db, 1, 3);
	ledger_campaign(db, "hold");
	assert_true(db_begin(other, &err));
	r = ledger_run(other, Q_CAMPAIGN_DUE, DB_ARGS(db_int(0)));
	assert_int_equal(db_rows(&r), 1);
	db_result_free(&r);
	assert_false(freeze());
	db_rollback(other);
	assert_true(freeze());
	assert_int_equal(ledger_int("SELECT count(*) FROM delivery"), 3);
	db_close(other);
}

static void
a_frozen_one_goes_on(void **state)
{
	(void)state;
	ledger_contacts(db, 1, 3);
	ledger_started(db, "hold", 10);
	ledger_contacts(db, 4, 5);
	pg_sql(db, "UPDATE campaign SET status = 'scheduled'");
	assert_true(freeze());
	assert_string_equal(
	    ledger_text("SELECT status || audience FROM campaign"), "running3");
	assert_int_equal(ledger_int("SELECT count(*) FROM delivery"), 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(who_is_in),
	    TEST(leases_cover_the_audience),
	    TEST(nobody_finishes_at_once),
	    TEST(not_yet),
	    TEST(what_cannot_start_is_paused),
	    TEST(content_is_frozen),
	    TEST(trouble_is_rolled_back),
	    TEST(one_of_two_starts_it),
	    TEST(a_frozen_one_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
