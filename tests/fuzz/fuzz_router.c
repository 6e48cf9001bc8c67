/* Fuzz target: any method and target; what is found is fit for a handler. */
#include "api/dispatch.h"
#include "api/url.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str method, target = {(const char *)data, size};
	struct route_match m;
	struct request q;
	size_t mark, i;

	if (size > 16384 || !str_cut(&target, ' ', &method))
		return 0;
	request_start(&q, NULL);
	mark = str_chr(target, '?');
	if (route_find(route_tables, method_parse(method),
		str_sub(target, 0, mark), &q.arena, &m) == ROUTE_FOUND)
		for (i = 0; i < ROUTE_PARAMS_MAX; i++)
			assert(str_is_utf8(m.params[i]) &&
			       !str_has_control(m.params[i]));
	if (mark != STR_NOWHERE && url_query(&q, str_from(target, mark + 1)))
		for (i = 0; i < q.query_count; i++)
			assert(str_is_utf8(q.query[i].value));
	request_end(&q);
	return 0;
}
