#include "api/provider.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/routes.h"

#define LIST_MAX (64U << 10)

static void
provider_index(struct request *q)
{
	struct json_write j;
	struct buf out;

	buf_init(&out, LIST_MAX);
	json_write_init(&j, &out);
	json_write_open(&j, '{');
	json_write_key(&j, "data");
	provider_list_json(&j);
	json_write_close(&j, '}');
	reply_document(q, 200, arena_dup(&q->arena, buf_view(&out)));
	buf_release(&out);
}

const struct route provider_routes[] = {
    {METHOD_GET, "/v1/providers", provider_index, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
