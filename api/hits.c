#include "api/hits.h"

#include "api/hit_loader.h"
#include "db/db.h"
#include "lib/base/file.h"
#include "lib/base/journal_owner.h"
#include "lib/base/mem.h"

struct hits {
	char folder[SETTING_TEXT_MAX + 16];
	char conninfo[DATABASE_CONNINFO_MAX];
	char instance[JOURNAL_INSTANCE_MAX];
	struct hit_journal *journal;
	struct hit_loader *loader;
};

static bool
read_instance(struct hits *h, struct err *err)
{
	struct db_result r;
	struct db *db;
	bool ok;

	if (!db_open(&db, h->conninfo, DB_UNPREPARED, err))
		return false;
	ok = db_one(db, Q_INSTANCE_ID, DB_NO_ARGS, &r, err);
	if (ok) {
		snprintf(h->instance, sizeof(h->instance), "%.*s",
		    STR_ARG(db_get_text(&r, 0, 0)));
		db_result_free(&r);
	}
	db_close(db);
	return ok;
}

bool
hits_start(struct hits **out, const struct settings *settings,
    const char *conninfo, struct err *err)
{
	struct hits *h = NEW(struct hits);

	snprintf(h->folder, sizeof(h->folder), "%s/hits", settings->home);
	snprintf(h->conninfo, sizeof(h->conninfo), "%s", conninfo);
	if (!file_mkdirs(h->folder, 0700, err) || !read_instance(h, err) ||
	    !hit_journal_start(&h->journal, h->folder, h->instance, err)) {
		free(h);
		return false;
	}
	h->loader = hit_loader_start(&(struct hit_loader_params){
	    .conninfo = h->conninfo,
	    .folder = h->folder,
	    .instance = h->instance,
	    .journal = h->journal,
	});
	*out = h;
	return true;
}

void
hits_stop(struct hits *h)
{
	hit_loader_stop(h->loader);
	hit_journal_stop(h->journal);
	hit_loader_free(h->loader);
	free(h);
}

bool
hits_write(struct hits *h, struct str record, hit_journal_fn *fn, void *arg)
{
	return hit_journal_write(h->journal, record, fn, arg);
}

struct hit_journal_counts
hits_counts(struct hits *h)
{
	return hit_journal_counts(h->journal);
}
