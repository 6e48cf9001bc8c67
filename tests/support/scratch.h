/*
 * scratch.h - a temporary folder for each test, removed after it.
 *
 *   SCRATCH_TEST(my_test)            in the table of tests
 *   scratch_path(*state, "file")     in the test
 */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include "lib/base/base.h"

int scratch_setup(void **state);
int scratch_teardown(void **state);

const char *scratch_folder(void *state);
/* Valid until the test ends; 16 of them a test. */
const char *scratch_path(void *state, const char *name);

#define SCRATCH_TEST(f) \
	cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

#endif
