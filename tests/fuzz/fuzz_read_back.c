/* Fuzz target: any bytes as the header of a self-test's message become a
 * report of text, and JSON. */
#include "bounce/read_back_report.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct read_back_report *r)
{
	int i;

	assert(r->step_count == READ_BACK_STEPS_MAX);
	for (i = 0; i < r->step_count; i++)
		assert(str_is_utf8(r->steps[i].detail) &&
		       !str_has_control(r->steps[i].detail));
	assert(!r->one_click || r->list == KEPT);
	assert(r->trace.hops_tls <= r->trace.hops);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct read_back_arrival arrival = {
	    .header = {(const char *)data, size},
	    .folder = STR("INBOX")};
	const struct read_back_sent sent = {
	    .token = STR("token"),
	    .return_path = STR("a+token@a.test"),
	    .message_id = STR("<token@a.test>"),
	    .from = STR("news@a.test"),
	    .list_unsubscribe = STR("<https://a.test/u/token>"),
	    .list_unsubscribe_post = STR("List-Unsubscribe=One-Click"),
	};
	struct read_back_report report;
	struct arena arena;
	struct buf out;
	json_t *json;

	arena_init(&arena, 16U << 20);
	buf_init(&out, 64U << 10);
	(void)read_back_is_it(arrival.header, sent.token, &arena);
	read_back_report(&report, &sent, &arrival, &arena);
	check(&report);
	read_back_report_json(&report, &arrival, &out);
	assert(!out.full);
	json = json_loads(buf_cstr(&out), JSON_REJECT_DUPLICATES, NULL);
	assert(json != NULL);
	json_decref(json);
	buf_release(&out);
	arena_release(&arena);
	return 0;
}
