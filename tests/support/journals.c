#include "tests/support/journals.h"

#include "lib/base/journal_read.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const char *
journals_folder(void *state)
{
	static char path[400];

	snprintf(path, sizeof(path), "%s/journal", scratch_folder(state));
	return path;
}

struct journal *
journals_open(void *state, enum journal_policy policy)
{
	struct journal *j;
	struct err err;

	if (!journal_open(&j,
		&(struct journal_params){
		    .journals = journals_folder(state),
		    .holder = "host:1:abc/0.1",
		    .instance = "3f0e",
		    .policy = policy,
		},
		&err))
		fail_msg("%s", err.text);
	return j;
}

bool
journals_orphan(void *state, struct journal_owner *o)
{
	struct journal_orphans orphans;
	struct err err;
	bool found;

	assert_true(
	    journal_orphans_open(&orphans, journals_folder(state), &err));
	found = journal_orphans_next(&orphans, o);
	journal_orphans_close(&orphans);
	return found;
}

int64_t
journals_append(struct journal *j, const char *text)
{
	struct err err;
	int64_t at = journal_append(j, JOURNALS_RECORD, str_of(text), &err);

	if (at == 0)
		fail_msg("%s", err.text);
	return at;
}

int64_t
journals_append_number(struct journal *j, int number, size_t size)
{
	char text[JOURNAL_PAYLOAD_MAX] = "";
	struct err err;
	int64_t at;

	snprintf(text, sizeof(text), "%d", number);
	at = journal_append(j, JOURNALS_RECORD, (struct str){text, size}, &err);
	if (at == 0)
		fail_msg("%s", err.text);
	return at;
}

const char *
journals_story(const struct journal_owner *o)
{
	static char story[2000];
	enum journal_read_what what;
	struct journal_read r;
	struct str payload;
	struct err err;
	uint16_t type;
	size_t n = 0;

	if (!journal_read_open(&r, o, &err))
		return err.kind == FAIL_REFUSED ? "newer" : "unreadable";
	story[0] = '\0';
	while ((what = journal_read_next(&r, &type, &payload, &err)) ==
	       JOURNAL_READ_RECORD) {
		assert_int_equal(type, JOURNALS_RECORD);
		n += (size_t)snprintf(story + n, sizeof(story) - n, "%.*s ",
		    STR_ARG(payload));
	}
	assert_int_equal(what, JOURNAL_READ_OVER);
	if (r.damaged)
		snprintf(story + n, sizeof(story) - n, "damaged");
	journal_read_close(&r);
	return story;
}

const char *
journals_orphan_story(void *state)
{
	struct journal_owner o;
	const char *story;

	if (!journals_orphan(state, &o))
		return "no orphan";
	story = journals_story(&o);
	journal_owner_release(&o);
	return story;
}
