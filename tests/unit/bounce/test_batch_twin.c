/* Goal: of reports that are recorded, those are found again in another folder
 * that stand there, and no others: a header that two share says little. */
#include "bounce/batch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEADER  "Content-Type: multipart/report\n\n"
#define ANOTHER "Content-Type: multipart/report; a=b\n\n"

static struct keyring ring;
static struct batch *batch;
static struct imap_set all, moved;

static struct mail_message
message(uint32_t uid, struct str bytes)
{
	return (
	    struct mail_message){.uid = uid, .size = bytes.n, .bytes = bytes};
}

static void
deliver(uint32_t uid, struct str header, struct str all_of_it)
{
	struct mail_message m = message(uid, header);

	m.size = all_of_it.n;
	batch_header(batch, &m);
	m = message(uid, all_of_it);
	batch_body(batch, &m);
	assert_true(imap_set_add(&all, uid, uid));
}

static int
start(void **state)
{
	(void)state;
	batch = batch_new(&ring);
	imap_set_init(&all);
	imap_set_init(&moved);
	deliver(3, STR(HEADER), STR(HEADER "one"));
	deliver(5, STR(HEADER), STR(HEADER "two"));
	deliver(7, STR(HEADER), STR(HEADER "one"));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	imap_set_release(&all);
	imap_set_release(&moved);
	batch_free(batch);
	return 0;
}

/* Which of the batch stands there, which was not found before. */
static uint32_t
find(struct str bytes)
{
	struct mail_message m = message(90, bytes);
	uint32_t uid = batch_twin(batch, &m, &all, &moved);

	assert_true(uid == 0 || imap_set_add(&moved, uid, uid));
	return uid;
}

static void
test_each_once(void **state)
{
	(void)state;
	assert_int_equal(find(STR(HEADER "one")), 3);
	assert_int_equal(find(STR(HEADER "one")), 7);
	assert_int_equal(find(STR(HEADER "one")), 0);
}

static void
test_not_by_the_header(void **state)
{
	(void)state;
	assert_int_equal(find(STR(HEADER "six")), 0);
	assert_int_equal(find(STR(HEADER "two")), 5);
	assert_int_equal(find(STR(HEADER "two")), 0);
}

/* Beginnings are the same; what was not fetched may differ. */
static void
test_not_of_another_size(void **state)
{
	struct mail_message m = message(90, STR(HEADER "two"));

	(void)state;
	m.size++;
	assert_int_equal(batch_twin(batch, &m, &all, &moved), 0);
}

/* Mail of people, which nobody asked to be moved. */
static void
test_only_of_those_asked_for(void **state)
{
	(void)state;
	imap_set_reset(&all);
	assert_true(imap_set_add(&all, 7, 7));
	assert_int_equal(find(STR(HEADER "two")), 0);
	assert_int_equal(find(STR(HEADER "one")), 7);
}

static void
test_what_is_worth_a_look(void **state)
{
	struct mail_message m = message(90, STR(HEADER));

	(void)state;
	assert_false(batch_is_like(batch, &m));
	m.size = sizeof(HEADER "one") - 1;
	assert_true(batch_is_like(batch, &m));
	m.bytes = STR(ANOTHER);
	assert_false(batch_is_like(batch, &m));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_each_once, start, end),
	    cmocka_unit_test_setup_teardown(test_not_by_the_header, start, end),
	    cmocka_unit_test_setup_teardown(test_not_of_another_size, start,
		end),
	    cmocka_unit_test_setup_teardown(test_only_of_those_asked_for, start,
		end),
	    cmocka_unit_test_setup_teardown(test_what_is_worth_a_look, start,
		end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
