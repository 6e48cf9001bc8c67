#include "api/filter.h"

#include "api/problem.h"
#include "lib/base/clock.h"
#include "lib/mail/address.h"

bool
filter_choice(struct request *q, const char *name, const char *choices,
    struct str *out)
{
	struct str s = request_query(q, name);
	struct str rest = str_of(choices), word;

	if (s.p == NULL)
		return true;
	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, s)) {
			*out = word;
			return true;
		}
	problem_field(q, name, "must be one of: %s", choices);
	return false;
}

bool
filter_address(struct request *q, const char *name, struct str *key)
{
	struct str s = request_query(q, name);
	struct address a;
	struct err err;

	if (s.p == NULL)
		return true;
	if (!address_parse(&a, s, &err)) {
		problem_field(q, name, "is no mail address: %s", err.text);
		return false;
	}
	*key = arena_dup(&q->arena, address_key(&a));
	return true;
}

bool
filter_time(struct request *q, const char *name, int64_t *us)
{
	struct str s = request_query(q, name);

	if (s.p == NULL)
		return true;
	if (str_find(s, STR("T")) != STR_NOWHERE && time_parse_rfc3339(s, us))
		return true;
	problem_field(q, name, "must be a time like 2026-11-01T09:00:00Z");
	return false;
}
