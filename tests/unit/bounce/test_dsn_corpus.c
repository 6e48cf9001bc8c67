/*
 * Goal: every sample of real mail is read, and what its delivery reports say
 * of recipients is what people found in them.  Skipped without the corpora
 * (VOLLEY_CORPORA, ../shared/corpora).
 */
#include "bounce/dsn.h"
#include "bounce/mime_walk.h"

#include "lib/base/file.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SAMPLE_MAX (8U << 20)

struct tally {
	int samples, texts, reports, right;
};

static const char *
folder(void)
{
	const char *path = getenv("VOLLEY_CORPORA");

	return path != NULL ? path : "../shared/corpora";
}

/* Does a row of the expectation, or one of its synonyms, name this? */
static bool
row_names(const json_t *row, struct str address)
{
	const json_t *also = json_object_get(row, "also");
	const char *name = json_string_value(json_object_get(row, "address"));
	size_t i;

	if (str_eq_nocase(address, str_of(name)))
		return true;
	for (i = 0; i < json_array_size(also); i++)
		if (str_eq_nocase(address,
			str_of(json_string_value(json_array_get(also, i)))))
			return true;
	return false;
}

static bool
report_names(const struct dsn *d, const json_t *row)
{
	int i;

	for (i = 0; i < d->count; i++)
		if (row_names(row, d->recipients[i].final) ||
		    row_names(row, d->recipients[i].original))
			return true;
	return false;
}

static bool
is_expected(const struct dsn_recipient *r, const json_t *rows)
{
	size_t i;

	for (i = 0; i < json_array_size(rows); i++)
		if (row_names(json_array_get(rows, i), r->final) ||
		    row_names(json_array_get(rows, i), r->original))
			return true;
	return false;
}

/* Every row is named by the report, and it names nobody else. */
static bool
is_right(const struct dsn *d, const json_t *rows)
{
	size_t i;

	for (i = 0; i < json_array_size(rows); i++)
		if (!report_names(d, json_array_get(rows, i)))
			return false;
	for (i = 0; i < (size_t)d->count; i++)
		if (!is_expected(&d->recipients[i], rows))
			return false;
	return true;
}

static void
check_sample(struct tally *t, const json_t *sample, struct str raw)
{
	const json_t *rows = json_object_get(sample, "recipients");
	struct inbound_mail m;
	struct dsn d;

	mime_walk(&m, raw);
	t->samples++;
	t->texts += str_trim(m.text).n > 0;
	if (m.delivery_status_count == 1 && json_array_size(rows) > 0 &&
	    json_is_true(json_object_get(sample, "recipients_scored")) &&
	    dsn_parse(&d, m.delivery_status[0], &m.arena)) {
		t->reports++;
		if (is_right(&d, rows))
			t->right++;
		else
			print_message("other recipients: %s\n",
			    json_string_value(json_object_get(sample, "id")));
	}
	inbound_mail_release(&m);
}

static void
test_corpus(void **state)
{
	struct tally t = {0, 0, 0, 0};
	char path[1024];
	json_t *root, *messages, *sample;
	struct buf raw;
	struct err err;
	size_t i;

	(void)state;
	snprintf(path, sizeof(path), "%s/bounce/expect.json", folder());
	root = json_load_file(path, 0, NULL);
	if (root == NULL) {
		print_message("skipped: no %s\n", path);
		skip();
	}
	messages = json_object_get(root, "messages");
	buf_init(&raw, SAMPLE_MAX);
	json_array_foreach(messages, i, sample)
	{
		buf_reset(&raw);
		snprintf(path, sizeof(path), "%s/bounce/%s", folder(),
		    json_string_value(json_object_get(sample, "file")));
		if (!file_read(path, &raw, &err))
			fail_msg("%s", err.text);
		check_sample(&t, sample, buf_view(&raw));
	}
	print_message("%d samples, %d with text, %d of %d reports right\n",
	    t.samples, t.texts, t.right, t.reports);
	assert_true(t.samples > 500);
	assert_true(t.texts * 100 >= t.samples * 98);
	assert_true(t.reports > 250);
	assert_true(t.right * 100 >= t.reports * 97);
	buf_release(&raw);
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_corpus),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
