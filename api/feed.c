#include "api/feed.h"

#include "api/page.h"
#include "api/problem.h"
#include "lib/base/encode.h"

#define CURSOR_MAX 64

static bool
cursor_read(struct str cursor, struct feed *f)
{
	struct str rest, word;
	struct buf text;
	bool ok;

	buf_init(&text, CURSOR_MAX);
	ok = base32_decode(&text, cursor);
	rest = buf_view(&text);
	ok = ok && str_starts(rest, STR("feed:"));
	rest = ok ? str_from(rest, 5) : STR("");
	ok = ok && str_cut(&rest, '.', &word) &&
	     str_to_i64(word, &f->transaction) && str_to_i64(rest, &f->id) &&
	     f->transaction > 0 && f->id > 0;
	buf_release(&text);
	return ok;
}

static void
cursor_write(struct buf *out, int64_t transaction, int64_t id)
{
	char text[48];

	snprintf(text, sizeof(text), "feed:%lld.%lld", (long long)transaction,
	    (long long)id);
	base32_encode(out, str_of(text));
}

bool
feed_read(struct request *q, struct feed *f)
{
	struct str limit = request_query(q, "limit");
	struct str cursor = request_query(q, "cursor");
	bool ok = true;

	*f = (struct feed){.limit = PAGE_LIMIT_DEFAULT};
	if (limit.p != NULL && (!str_to_i64(limit, &f->limit) || f->limit < 1 ||
				   f->limit > PAGE_LIMIT_MAX)) {
		problem_field(q, "limit", "must be 1 to %d", PAGE_LIMIT_MAX);
		ok = false;
	}
	if (cursor.p != NULL && !cursor_read(cursor, f)) {
		problem_field(q, "cursor", "is not one of ours");
		ok = false;
	}
	return ok;
}

void
feed_reply(struct request *q, const struct db_result *rows)
{
	struct buf *out = &q->reply.body;
	int row, n = db_rows(rows);

	reply_document(q, 200, STR("{\"data\":["));
	for (row = 0; row < n; row++) {
		if (row > 0)
			buf_char(out, ',');
		buf_str(out, db_get_text(rows, row, 2));
	}
	buf_puts(out, "],\"next_cursor\":");
	if (n == 0) {
		buf_puts(out, "null}");
		return;
	}
	buf_char(out, '"');
	cursor_write(out, db_get_int(rows, n - 1, 0),
	    db_get_int(rows, n - 1, 1));
	buf_puts(out, "\"}");
}
