#include "lib/base/journal.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#define SYNC_FILES_MAX 64

struct journal {
	struct journal_owner owner;
	struct journal_segment *first; /* the oldest one needed */
	struct journal_segment *last;  /* that is written to */
	struct journal_segment *next;  /* made ahead; or NULL */
	struct journal_segment *spare; /* to be used again; or NULL */
	size_t needed;
	int64_t synced;
	bool syncing, broken;
};

struct journal_sync {
	struct journal *journal;
	int fds[SYNC_FILES_MAX];
	int count;
	int64_t until;
	int error;
};

static bool
make_next(struct journal *j, struct err *err)
{
	uint64_t number = j->last != NULL ? j->last->number + 1 : 1;

	j->next = journal_segment_new(j->owner.folder, number, j->spare, err);
	if (j->next == NULL)
		return false;
	j->spare = NULL;
	if (j->owner.policy == JOURNAL_DISK &&
	    !journal_segment_sync_names(j->owner.folder, err))
		j->broken = true;
	return !j->broken;
}

static void
go_on(struct journal *j)
{
	if (j->last != NULL) {
		journal_segment_end(j->last, j->owner.id);
		j->last->next = j->next;
	} else {
		j->first = j->next;
	}
	j->last = j->next;
	j->next = NULL;
}

static int64_t
end_of(const struct journal *j)
{
	return (
	    int64_t)(j->last->number * JOURNAL_SEGMENT_SIZE + j->last->used);
}

bool
journal_open(struct journal **out, const struct journal_params *params,
    struct err *err)
{
	struct journal *j = NEW(struct journal);
	struct err ignored;

	if (!journal_owner_new(&j->owner, params->journals, params->holder,
		params->instance, params->policy, err)) {
		free(j);
		return false;
	}
	if (!make_next(j, err)) {
		if (!journal_owner_remove(&j->owner, &ignored))
			journal_owner_release(&j->owner);
		free(j);
		return false;
	}
	go_on(j);
	j->synced = end_of(j);
	*out = j;
	return true;
}

static void
close_all(struct journal *j)
{
	struct journal_segment *s;

	assert(!j->syncing);
	while ((s = j->first) != NULL) {
		j->first = s->next;
		journal_segment_free(s);
	}
	journal_segment_free(j->next);
	journal_segment_free(j->spare);
}

void
journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	close_all(j);
	journal_owner_release(&j->owner);
	free(j);
}

bool
journal_remove(struct journal *j, struct err *err)
{
	bool ok;

	close_all(j);
	ok = journal_owner_remove(&j->owner, err);
	free(j);
	return ok;
}

bool
journal_ready(struct journal *j, struct err *err)
{
	if (j->broken)
		return err_set(err, FAIL_IO, "journal: a sync has failed");
	return journal_segment_room(j->last) >= JOURNAL_RESERVE ||
	       j->next != NULL || make_next(j, err);
}

int64_t
journal_append(struct journal *j, uint16_t type, struct str payload,
    struct err *err)
{
	if (journal_segment_room(j->last) < journal_record_size(payload.n)) {
		if (j->next == NULL && !make_next(j, err))
			return 0;
		go_on(j);
	}
	j->needed++;
	j->last->open++;
	return journal_segment_put(j->last, j->owner.id, type, payload);
}

static void
drop_file(const struct journal *j, const struct journal_segment *s)
{
	char path[JOURNAL_PATH_MAX];
	struct err ignored;

	if (journal_segment_path(path, j->owner.folder, s->number, &ignored))
		unlink(path);
}

/* Its file goes, or is kept under a name that no reader looks at. */
static void
retire(struct journal *j, struct journal_segment *s)
{
	char from[JOURNAL_PATH_MAX], to[JOURNAL_PATH_MAX];
	struct err ignored;

	s->next = NULL;
	if (j->spare == NULL &&
	    journal_segment_path(from, j->owner.folder, s->number, &ignored) &&
	    journal_segment_path(to, j->owner.folder, 0, &ignored) &&
	    rename(from, to) == 0) {
		s->number = 0;
		j->spare = s;
		return;
	}
	drop_file(j, s);
	journal_segment_free(s);
}

static void
drop_unneeded(struct journal *j)
{
	struct journal_segment *s;

	while ((s = j->first) != j->last && s->open == 0) {
		j->first = s->next;
		retire(j, s);
	}
}

void
journal_done(struct journal *j, int64_t position)
{
	uint64_t number = (uint64_t)position / JOURNAL_SEGMENT_SIZE;
	struct journal_segment *s = j->first;

	if (position == 0)
		return;
	while (s != NULL && s->number != number)
		s = s->next;
	assert(s != NULL && s->open > 0);
	j->needed--;
	if (--s->open == 0)
		drop_unneeded(j);
}

size_t
journal_needed(const struct journal *j)
{
	return j->needed;
}

enum journal_policy
journal_policy(const struct journal *j)
{
	return j->owner.policy;
}

int64_t
journal_synced(const struct journal *j)
{
	return j->synced;
}

bool
journal_broken(const struct journal *j)
{
	return j->broken;
}

/* Descriptors of its own: a segment may be retired meanwhile. */
static void
add_file(struct journal_sync *y, const struct journal_segment *s)
{
	int fd = y->count < SYNC_FILES_MAX ? dup(s->fd) : -1;

	if (fd >= 0)
		y->fds[y->count++] = fd;
	else
		y->error = y->count < SYNC_FILES_MAX ? errno : EMFILE;
}

struct journal_sync *
journal_sync_new(struct journal *j)
{
	struct journal_sync *y;
	const struct journal_segment *s;

	if (j->syncing || j->broken || j->synced >= end_of(j))
		return NULL;
	y = NEW(struct journal_sync);
	y->journal = j;
	y->until = end_of(j);
	j->syncing = true;
	for (s = j->first; s != NULL; s = s->next)
		if ((s->number + 1) * JOURNAL_SEGMENT_SIZE >
		    (uint64_t)j->synced)
			add_file(y, s);
	return y;
}

void
journal_sync_run(struct journal_sync *y)
{
	int i;

	for (i = 0; i < y->count && y->error == 0; i++)
		if (fdatasync(y->fds[i]) != 0)
			y->error = errno;
}

bool
journal_sync_end(struct journal_sync *y, struct err *err)
{
	struct journal *j = y->journal;
	int i, error = y->error;

	for (i = 0; i < y->count; i++)
		close(y->fds[i]);
	j->syncing = false;
	if (error == 0) {
		j->synced = y->until;
		journal_segment_mark(j->last, j->synced);
	}
	free(y);
	if (error == 0)
		return true;
	j->broken = true;
	return err_set(err, FAIL_IO, "journal: sync %s: %s", j->owner.folder,
	    strerror(error));
}
