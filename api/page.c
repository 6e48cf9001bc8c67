#include "api/page.h"

#include "api/problem.h"
#include "lib/base/encode.h"

#define PAGE_BYTES_MAX (48U << 20) /* then the rest is on the next page */
#define CURSOR_MAX     64

static void
cursor_write(struct buf *out, int64_t after)
{
	char text[32];

	snprintf(text, sizeof(text), "after:%lld", (long long)after);
	base32_encode(out, str_of(text));
}

static bool
cursor_read(struct str cursor, int64_t *after)
{
	struct buf text;
	bool ok;

	buf_init(&text, CURSOR_MAX);
	ok = base32_decode(&text, cursor) &&
	     str_starts(buf_view(&text), STR("after:")) &&
	     str_to_i64(str_from(buf_view(&text), 6), after) && *after > 0;
	buf_release(&text);
	return ok;
}

bool
page_read(struct request *q, struct page *page)
{
	struct str limit = request_query(q, "limit");
	struct str cursor = request_query(q, "cursor");
	uint64_t n = PAGE_LIMIT_DEFAULT;
	bool ok = true;

	*page = (struct page){0};
	if (limit.p != NULL &&
	    (!str_to_u64(limit, &n) || n < 1 || n > PAGE_LIMIT_MAX)) {
		problem_field(q, "limit", "must be 1 to %d", PAGE_LIMIT_MAX);
		ok = false;
	}
	if (cursor.p != NULL && !cursor_read(cursor, &page->after)) {
		problem_field(q, "cursor", "is not one of ours");
		ok = false;
	}
	page->limit = (int)n;
	return ok;
}

int64_t
page_fetch(const struct page *page)
{
	return page->limit + 1;
}

void
page_reply(struct request *q, const struct page *page,
    const struct db_result *rows)
{
	struct buf *out = &q->reply.body;
	int row;

	reply_document(q, 200, STR("{\"data\":["));
	for (row = 0; row < db_rows(rows) && row < page->limit; row++) {
		if (out->n + db_get_text(rows, row, 1).n > PAGE_BYTES_MAX)
			break;
		if (row > 0)
			buf_char(out, ',');
		buf_str(out, db_get_text(rows, row, 1));
	}
	buf_puts(out, "],\"next_cursor\":");
	if (row == 0 || row == db_rows(rows)) {
		buf_puts(out, "null}");
		return;
	}
	buf_char(out, '"');
	cursor_write(out, db_get_int(rows, row - 1, 0));
	buf_puts(out, "\"}");
}
