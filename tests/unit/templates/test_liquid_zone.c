/* Goal: local time as the zone database has it, for the past, for now and
 * beyond its tables; no name leads out of its folder; no file breaks it. */
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "templates/liquid/liquid_zone.h"
#include "templates/liquid/liquid_zone_rule.h"
#include "tests/unit/templates/liquid_case.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_offsets(void **state)
{
	static const struct {
		const char *zone, *utc;
		int offset_s;
	} rows[] = {
	    {"UTC", "2025-07-01T00:00:00Z", 0},
	    {"Etc/GMT+5", "2025-07-01T00:00:00Z", -5 * 3600},
	    {"Europe/Berlin", "2025-03-30T00:59:59Z", 3600},
	    {"Europe/Berlin", "2025-03-30T01:00:00Z", 7200},
	    {"Europe/Berlin", "2025-10-26T00:59:59Z", 7200},
	    {"Europe/Berlin", "2025-10-26T01:00:00Z", 3600},
	    {"Europe/Berlin", "2099-07-01T00:00:00Z", 7200},
	    {"Europe/Berlin", "1850-01-01T00:00:00Z", 3208},
	    {"America/New_York", "2025-03-09T06:59:59Z", -5 * 3600},
	    {"America/New_York", "2025-03-09T07:00:00Z", -4 * 3600},
	    {"America/New_York", "2095-11-06T05:59:59Z", -4 * 3600},
	    {"America/New_York", "2095-11-06T06:00:00Z", -5 * 3600},
	    {"Asia/Kolkata", "2025-07-01T00:00:00Z", 19800},
	    {"Asia/Kathmandu", "2025-07-01T00:00:00Z", 20700},
	    {"Australia/Sydney", "2080-01-01T00:00:00Z", 11 * 3600},
	    {"Australia/Sydney", "2080-07-01T00:00:00Z", 10 * 3600},
	    {"Europe/Dublin", "2070-01-01T00:00:00Z", 0},
	    {"Europe/Dublin", "2070-07-01T00:00:00Z", 3600},
	    {"Pacific/Kiritimati", "2025-01-01T00:00:00Z", 14 * 3600},
	};
	const struct zone *zone;
	struct err err = {0};
	int64_t us;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		zone = zone_find(str_of(rows[i].zone), &err);
		if (zone == NULL)
			fail_msg("%s: %s", rows[i].zone, err.text);
		assert_true(time_parse_rfc3339(str_of(rows[i].utc), &us));
		got = zone_offset_at(zone, us / 1000000);
		if (got != rows[i].offset_s)
			fail_msg("%s at %s: %d, not %d", rows[i].zone,
			    rows[i].utc, got, rows[i].offset_s);
		assert_ptr_equal(zone, zone_find(str_of(rows[i].zone), &err));
	}
}

static void
test_names(void **state)
{
	static const char *const names[] = {"", "/", "/UTC", "UTC/", "..",
	    "../zoneinfo/UTC", "Europe/../UTC", "Europe//Berlin", "Europe",
	    "Nowhere/City", "UTC ", "UTC\n", "./UTC", "tzdata.zi", "zone.tab",
	    "Europe/Berlin/x", "Europe/Berl\xc3\xadn"};
	char longest[ZONE_NAME_MAX + 1];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(names); i++) {
		err = (struct err){0};
		if (zone_find(str_of(names[i]), &err) != NULL)
			fail_msg("'%s' is a zone", names[i]);
		assert_true(err.text[0] != '\0');
	}
	assert_null(zone_find((struct str){"UTC\0x", 5}, &err));
	memset(longest, 'A', sizeof(longest));
	assert_null(zone_find((struct str){longest, sizeof(longest)}, &err));
}

static void
test_rules(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
	    {"UTC0", true},
	    {"<+0330>-3:30", true},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", true},
	    {"IST-1GMT0,M10.5.0,M3.5.0/1", true},
	    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", true},
	    {"AAA3BBB,J60/2,364/24:00:00", true},
	    {"", false},
	    {"UT0", false},
	    {"UTC", false},
	    {"UTC0x", false},
	    {"UTC168", false},
	    {"CET-1CEST", false},
	    {"CET-1CEST,M3.5.0", false},
	    {"CET-1CEST,M13.5.0,M10.5.0", false},
	    {"CET-1CEST,M3.6.0,M10.5.0", false},
	    {"CET-1CEST,M3.5.7,M10.5.0", false},
	    {"CET-1CEST,J0,J5", false},
	    {"CET-1CEST,366,J5", false},
	    {"CET-1CEST,M3.5.0,M10.5.0,", false},
	    {"<CET-1", false},
	};
	struct zone_rule rule;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (zone_rule_parse(&rule, str_of(rows[i].text)) !=
		    rows[i].good)
			fail_msg("%s", rows[i].text);
}

/* 29 February is a day for n and none for Jn. */
static void
test_rule_days(void **state)
{
	struct zone_rule julian, zero;
	int64_t us;

	(void)state;
	assert_true(zone_rule_parse(&julian, STR("AAA0BBB,J60/0,J300/0")));
	assert_true(zone_rule_parse(&zero, STR("AAA0BBB,59/0,300/0")));
	assert_true(time_parse_rfc3339(STR("2024-02-29T00:00:00Z"), &us));
	assert_int_equal(zone_rule_offset(&julian, us / 1000000), 0);
	assert_int_equal(zone_rule_offset(&zero, us / 1000000), 3600);
	assert_true(time_parse_rfc3339(STR("2024-03-01T00:00:00Z"), &us));
	assert_int_equal(zone_rule_offset(&julian, us / 1000000), 3600);
}

/* Each byte changed and each end cut off: a zone or none, never a crash. */
static void
test_broken_files(void **state)
{
	struct err err = {0};
	struct zone *zone;
	struct buf file;
	size_t i;

	(void)state;
	buf_init(&file, ZONE_FILE_MAX);
	assert_true(file_read(ZONE_FOLDER "Europe/Berlin", &file, &err));
	zone = zone_parse(buf_view(&file));
	assert_non_null(zone);
	zone_free(zone);
	for (i = 0; i < file.n; i++) {
		zone = zone_parse((struct str){file.p, i});
		assert_null(zone);
		file.p[i] = (char)~file.p[i];
		zone = zone_parse(buf_view(&file));
		if (zone != NULL)
			(void)zone_offset_at(zone, 1700000000);
		zone_free(zone);
		file.p[i] = (char)~file.p[i];
	}
	buf_char(&file, 'x');
	assert_null(zone_parse(buf_view(&file)));
	buf_release(&file);
}

static void *
find_many(void *arg)
{
	static const char *const names[] = {"Europe/Paris", "Asia/Tokyo",
	    "America/Chicago", "Europe/Oslo", "Africa/Cairo"};
	struct err err;
	int i;

	for (i = 0; i < 1000; i++)
		if (zone_find(str_of(names[(size_t)i % ARRAY_LEN(names)]),
			&err) == NULL)
			return arg;
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[4];
	void *failed;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, find_many, threads), 0);
	for (i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void
test_filter(void **state)
{
	static const struct {
		const char *source, *expected;
	} rows[] = {
	    {"{{ '2025-07-01T12:00:00Z' | in_timezone: 'Europe/Berlin' }}",
		"2025-07-01 14:00:00 +0200"},
	    {"{{ '2025-07-01T12:00:00Z' | in_timezone: 'Europe/Berlin' | "
	     "date: '%H:%M %z' }}",
		"14:00 +0200"},
	    {"{{ 1735689600 | in_timezone: 'America/New_York' | "
	     "date: '%F %R' }}",
		"2024-12-31 19:00"},
	    {"{{ '2025-07-01 12:00:00.5 +0500' | in_timezone: 'UTC' }}",
		"2025-07-01 07:00:00.500000 +0000"},
	    {"{{ '1850-01-01' | in_timezone: 'Europe/Berlin' | "
	     "in_timezone: 'UTC' | date: '%F %T' }}",
		"1850-01-01 00:00:00"},
	    {"{{ 'never' | in_timezone: 'UTC' }}", "never"},
	    {"{{ nothing | in_timezone: 'UTC' }}", ""},
	};
	struct liquid_case c;
	size_t i;

	(void)state;
	liquid_case_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		liquid_case_run(&c, str_of(rows[i].source), NULL, LIQUID_TEXT);
		if (!c.rendered ||
		    strcmp(buf_cstr(&c.out), rows[i].expected) != 0)
			fail_msg("%s: '%s' %s", rows[i].source,
			    buf_cstr(&c.out), c.error.text);
	}
	liquid_case_run(&c, STR("{{ 0 | in_timezone: 'Mars/Base' }}"), NULL,
	    LIQUID_TEXT);
	assert_false(c.rendered);
	assert_non_null(strstr(c.error.text, "unknown time zone 'Mars/Base'"));
	liquid_case_release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_rule_days),
	    cmocka_unit_test(test_broken_files),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
