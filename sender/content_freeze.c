#include "sender/content_freeze.h"

#include "sender/content.h"
#include "templates/html/html_rewrite.h"

#define BYTES_MAX (16U << 20)

/* One column each, for links_freeze. */
struct links {
	struct arena *a;
	int64_t number[HTML_LINKS_MAX];
	int64_t personal[HTML_LINKS_MAX];
	struct str url[HTML_LINKS_MAX];
	size_t n;
};

static bool
copy(struct db *db, int64_t id, const char *postal_address, struct err *err)
{
	const struct db_args campaign = DB_ARGS(db_int(id));
	struct db_result r;
	int64_t n;

	if (!db_run(db, Q_CONTENT_FREEZE,
		DB_ARGS(db_int(id), db_cstr(postal_address)), &r, err))
		return false;
	n = db_affected(&r);
	db_result_free(&r);
	if (n == 0)
		return err_set(err, FAIL_MISSING,
		    "the template or its layout is gone");
	return db_run(db, Q_SNIPPETS_FREEZE, campaign, NULL, err) &&
	       db_run(db, Q_ATTACHMENTS_FREEZE, campaign, NULL, err);
}

static bool
fetch(struct db *db, int64_t id, struct db_result rows[CONTENT_ROWS],
    struct err *err)
{
	const struct db_args campaign = DB_ARGS(db_int(id));

	return db_run(db, Q_MESSAGE_SOURCE, DB_ARGS(db_int(id), db_cstr("")),
		   &rows[0], err) &&
	       db_run(db, Q_MESSAGE_SNIPPETS, campaign, &rows[1], err) &&
	       db_run(db, Q_MESSAGE_ATTACHMENTS, campaign, &rows[2], err);
}

static bool
keep_used(struct db *db, int64_t id, const struct message_snippets *all,
    struct arena *a, struct err *err)
{
	struct str *used = ARENA_ARRAY(a, struct str, all->n + 1);
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		if (all->at[i].used)
			used[n++] = all->at[i].name;
	return db_run(db, Q_SNIPPETS_TRIM,
	    DB_ARGS(db_int(id), db_text_array(used, n)), NULL, err);
}

static void
on_link(uint32_t number, struct str url, bool personal, void *arg)
{
	struct links *l = arg;

	if (l->n == HTML_LINKS_MAX)
		return;
	l->number[l->n] = number;
	l->personal[l->n] = personal;
	l->url[l->n++] = arena_dup(l->a, url);
}

static bool
note_links(struct db *db, int64_t id, const struct message *m, struct arena *a,
    struct err *err)
{
	struct links *l = ARENA_NEW(a, struct links);

	l->a = a;
	message_links(m, on_link, l);
	return db_run(db, Q_LINKS_FREEZE,
	    DB_ARGS(db_int(id), db_int_array(l->number, l->n),
		db_text_array(l->url, l->n), db_int_array(l->personal, l->n)),
	    NULL, err);
}

bool
content_freeze(struct db *db, int64_t id, const char *postal_address,
    struct err *err)
{
	struct db_result rows[CONTENT_ROWS] = {{NULL}, {NULL}, {NULL}};
	struct message *m = NULL;
	struct content c;
	struct arena a;
	bool ok;
	int i;

	arena_init(&a, BYTES_MAX);
	ok = copy(db, id, postal_address, err) && fetch(db, id, rows, err) &&
	     content_read(&c, rows, &a, err) && content_compile(&m, &c, err) &&
	     keep_used(db, id, &c.snippets, &a, err) &&
	     note_links(db, id, m, &a, err);
	message_free(m);
	for (i = 0; i < CONTENT_ROWS; i++)
		db_result_free(&rows[i]);
	arena_release(&a);
	return ok;
}
