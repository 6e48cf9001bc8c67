/* Fuzz target: any text as the reason of a failure, in any phase, with any
 * code and status; and a plain search beside the automaton. */
#include "lib/mail/diagnosis_rules.h"
#include "lib/mail/diagnosis_text.h"
#include "lib/mail/phrases.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_diagnosis(const uint8_t *head, struct str text)
{
	struct failure f = {
	    .phase = (enum phase)(head[0] % PHASE__COUNT),
	    .code = head[1] == 0 ? 0 : 200 + head[1] * 2,
	    .status = {head[2] % 2   ? 4
		       : head[2] % 3 ? 5
				     : 0,
		head[2] % 8, head[3]},
	    .text = text,
	};
	struct diagnosis d = diagnose(&f);

	assert(d.rule != NULL && d.scope < SCOPE__COUNT);
	assert(d.type < BOUNCE__COUNT && d.category < CATEGORY__COUNT);
	assert(d.type != BOUNCE_HARD || d.scope == SCOPE_RECIPIENT);
}

/* In plain text every word stays; a phrase is found when it is there. */
static void
check_search(struct str text)
{
	static const char *const list[] = {"no such user", "such", "user ",
	    " use", "\xd1\x8f", "full"};
	static struct phrases *set;
	struct phrases_scan s;
	int place;
	bool found[ARRAY_LEN(list)] = {false};
	size_t i;

	if (set == NULL)
		set = phrases_new(list, ARRAY_LEN(list));
	phrases_scan_init(&s, set, text);
	while ((place = phrases_next(&s)) >= 0) {
		assert((size_t)place < ARRAY_LEN(list));
		found[place] = true;
	}
	for (i = 0; i < ARRAY_LEN(list); i++)
		if (str_is_ascii(str_of(list[i])) && str_is_ascii(text) &&
		    str_find_nocase(text, str_of(list[i])) != STR_NOWHERE)
			assert(found[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[DIAGNOSIS_TEXT_MAX];
	struct str text;

	if (size < 4)
		return 0;
	text = (struct str){(const char *)data + 4, size - 4};
	check_diagnosis(data, text);
	check_search(text);
	assert(diagnosis_text(out, text) <= DIAGNOSIS_TEXT_MAX);
	return 0;
}
