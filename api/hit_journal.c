#include "api/hit_journal.h"

#include "lib/base/clock.h"
#include "lib/base/journal.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#include <dirent.h>
#include <pthread.h>
#include <time.h>

#define TRY_MS  1000 /* between attempts to open a journal */
#define TURN_MS 200  /* between turns at least */

struct waiter {
	hit_journal_fn *fn;
	void *arg;
};

struct waiters {
	struct waiter *at;
	size_t count, cap;
};

struct hit_journal {
	char *folder, *instance;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, turned;
	/* All below: the lock's. */
	struct journal *journal; /* NULL: hits are lost */
	struct journal *spare;   /* made ahead for the next turn; or NULL */
	size_t bytes;            /* of its records */
	struct waiters waiters;
	bool wanted, stopping, telling;
	uint64_t turns;
	struct hit_journal_counts counts;
	/* The thread's own. */
	struct waiters told;
	int64_t next_ms; /* no turn before */
};

static bool
open_journal(struct hit_journal *j, struct journal **out, struct err *err)
{
	struct journal_params params = {.journals = j->folder,
	    .holder = process_name(),
	    .instance = j->instance,
	    .policy = JOURNAL_DISK};

	return journal_open(out, &params, err);
}

/* As many as there may be wait for the database. */
static bool
has_room(const struct hit_journal *j)
{
	DIR *dir = opendir(j->folder);
	const struct dirent *e;
	int count = 0;

	if (dir == NULL)
		return true;
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			count++;
	closedir(dir);
	return count < HIT_JOURNALS_MAX;
}

static void
close_journal(struct journal *journal, bool empty)
{
	struct err err;

	if (!empty || journal == NULL)
		journal_free(journal);
	else if (!journal_remove(journal, &err))
		log_warn("hit_journal", "text=%s", log_quote(str_of(err.text)));
}

/* With the lock: who waits is told in a moment. */
static void
take_waiters(struct hit_journal *j)
{
	struct waiters none = j->told;

	none.count = 0;
	j->told = j->waiters;
	j->waiters = none;
}

static void
tell(struct hit_journal *j)
{
	size_t i;

	for (i = 0; i < j->told.count; i++)
		j->told.at[i].fn(j->told.at[i].arg);
	j->told.count = 0;
}

/* With the lock, which is open while the disk works. */
static bool
sync_journal(struct hit_journal *j, struct journal *journal, struct err *err)
{
	struct journal_sync *sync = journal_sync_new(journal);

	if (sync == NULL)
		return !journal_broken(journal);
	pthread_mutex_unlock(&j->lock);
	journal_sync_run(sync);
	pthread_mutex_lock(&j->lock);
	return journal_sync_end(sync, err);
}

static void
complain(struct hit_journal *j, const struct err *err)
{
	if (!j->telling)
		log_error("hits_not_written",
		    "text=%s effect=\"opens and clicks are answered and not "
		    "counted\"",
		    log_quote(str_of(err->text)));
	j->telling = true;
}

static void
lose_told(struct hit_journal *j, const struct err *err)
{
	complain(j, err);
	j->counts.written -= j->told.count;
	j->counts.lost += j->told.count;
}

/* A new journal takes a while: the lock must be open.  NULL: there is none. */
static struct journal *
make_journal(struct hit_journal *j, struct err *err)
{
	struct journal *made = NULL;

	*err = (struct err){FAIL_LIMIT, "too many journals wait"};
	return has_room(j) && open_journal(j, &made, err) ? made : NULL;
}

/* With the lock: the journal to go on with, or NULL. */
static struct journal *
take_next(struct hit_journal *j)
{
	struct journal *next = j->spare;
	struct err err;

	j->spare = NULL;
	if (next == NULL) {
		pthread_mutex_unlock(&j->lock);
		next = make_journal(j, &err);
		pthread_mutex_lock(&j->lock);
		if (next == NULL)
			complain(j, &err);
	}
	if (next != NULL && j->telling)
		log_info("hits_written_again", "journals=1");
	if (next != NULL)
		j->telling = false;
	return next;
}

/* With the lock: from now on hits go into another journal; all of the old
 * one is on the disk then, and it is the loader's. */
static void
turn(struct hit_journal *j)
{
	struct journal *next = take_next(j);
	struct journal *old = j->journal;
	bool empty = j->bytes == 0;
	struct err err;

	j->next_ms = clock_mono_ms() + (next != NULL ? TURN_MS : TRY_MS);
	j->journal = next;
	j->bytes = 0;
	j->wanted = false;
	take_waiters(j);
	if (old != NULL && !sync_journal(j, old, &err))
		lose_told(j, &err);
	pthread_mutex_unlock(&j->lock);
	tell(j);
	close_journal(old, empty);
	pthread_mutex_lock(&j->lock);
	j->turns++;
	pthread_cond_broadcast(&j->turned);
}

static bool
turn_is_due(const struct hit_journal *j)
{
	if (j->journal == NULL)
		return clock_mono_ms() >= j->next_ms;
	if (journal_broken(j->journal) || j->bytes >= HIT_JOURNAL_BYTES)
		return true;
	return j->wanted && j->spare != NULL && j->bytes > 0 &&
	       clock_mono_ms() >= j->next_ms;
}

/* A round for all that wait. */
static void
commit(struct hit_journal *j)
{
	struct err err;

	take_waiters(j);
	if (j->journal != NULL && !sync_journal(j, j->journal, &err))
		lose_told(j, &err);
	if (j->journal != NULL && !journal_broken(j->journal) &&
	    !journal_ready(j->journal, &err))
		complain(j, &err);
	pthread_mutex_unlock(&j->lock);
	tell(j);
	pthread_mutex_lock(&j->lock);
}

static void
wait_on(struct hit_journal *j, pthread_cond_t *cond, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(cond, &j->lock, &until);
}

static void *
work(void *arg)
{
	struct hit_journal *j = arg;

	pthread_mutex_lock(&j->lock);
	while (!j->stopping || j->waiters.count > 0) {
		if (turn_is_due(j))
			turn(j);
		else if (j->waiters.count > 0)
			commit(j);
		else
			wait_on(j, &j->work, TURN_MS);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

static void
init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static void
release(struct hit_journal *j)
{
	pthread_cond_destroy(&j->work);
	pthread_cond_destroy(&j->turned);
	pthread_mutex_destroy(&j->lock);
	free(j->waiters.at);
	free(j->told.at);
	free(j->folder);
	free(j->instance);
	free(j);
}

bool
hit_journal_start(struct hit_journal **out, const char *folder,
    const char *instance, struct err *err)
{
	struct hit_journal *j = NEW(struct hit_journal);

	j->folder = mem_strdup(folder);
	j->instance = mem_strdup(instance);
	pthread_mutex_init(&j->lock, NULL);
	init_cond(&j->work);
	init_cond(&j->turned);
	if (!open_journal(j, &j->journal, err)) {
		release(j);
		return false;
	}
	if (pthread_create(&j->thread, NULL, work, j) != 0)
		die("api: cannot start a thread");
	*out = j;
	return true;
}

void
hit_journal_stop(struct hit_journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->stopping = true;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	close_journal(j->journal, j->bytes == 0);
	close_journal(j->spare, true);
	release(j);
}

/* With the lock. */
static bool
append(struct hit_journal *j, struct str record)
{
	struct err err = {FAIL_IO, "the journal is broken"};

	if (j->journal == NULL)
		return false;
	if (!journal_broken(j->journal) &&
	    journal_append(j->journal, HIT_JOURNAL_TYPE, record, &err) != 0)
		return true;
	complain(j, &err);
	return false;
}

bool
hit_journal_write(struct hit_journal *j, struct str record, hit_journal_fn *fn,
    void *arg)
{
	struct waiters *w = &j->waiters;
	bool ok;

	pthread_mutex_lock(&j->lock);
	ok = append(j, record);
	if (ok) {
		j->counts.written++;
		j->bytes += journal_record_size(record.n);
		if (w->count == w->cap) {
			w->cap = w->cap > 0 ? w->cap * 2 : 64;
			w->at = mem_grow(w->at, w->cap, sizeof(*w->at));
		}
		w->at[w->count++] = (struct waiter){fn, arg};
		if (w->count == 1)
			pthread_cond_signal(&j->work);
	} else {
		j->counts.lost++;
	}
	pthread_mutex_unlock(&j->lock);
	return ok;
}

void
hit_journal_await(struct hit_journal *j, uint64_t *turns, int64_t ms)
{
	struct journal *made = NULL;
	struct err err;
	bool needed;

	pthread_mutex_lock(&j->lock);
	needed = j->spare == NULL;
	pthread_mutex_unlock(&j->lock);
	if (needed)
		made = make_journal(j, &err);
	pthread_mutex_lock(&j->lock);
	if (made != NULL)
		j->spare = made;
	j->wanted = true;
	if (*turns == j->turns)
		wait_on(j, &j->turned, ms);
	*turns = j->turns;
	pthread_mutex_unlock(&j->lock);
}

struct hit_journal_counts
hit_journal_counts(struct hit_journal *j)
{
	struct hit_journal_counts counts;

	pthread_mutex_lock(&j->lock);
	counts = j->counts;
	pthread_mutex_unlock(&j->lock);
	return counts;
}
