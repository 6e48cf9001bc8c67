#include "db/pool.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

struct db_pool {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	char *conninfo;
	enum db_mode mode;
	int size; /* connections at most */
	int out;  /* with users now */
	int idle; /* in `spare` */
	struct db **spare;
};

struct db_pool *
db_pool_new(const char *conninfo, int size, enum db_mode mode)
{
	struct db_pool *pool = NEW(struct db_pool);
	pthread_condattr_t attr;

	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->freed, &attr);
	pthread_condattr_destroy(&attr);
	pool->conninfo = mem_strdup(conninfo);
	pool->mode = mode;
	pool->size = size;
	pool->spare = NEW_ARRAY(struct db *, (size_t)size);
	return pool;
}

void
db_pool_free(struct db_pool *pool)
{
	if (pool == NULL)
		return;
	assert(pool->out == 0);
	while (pool->idle > 0)
		db_close(pool->spare[--pool->idle]);
	pthread_cond_destroy(&pool->freed);
	pthread_mutex_destroy(&pool->lock);
	free(pool->spare);
	free(pool->conninfo);
	free(pool);
}

static struct timespec
deadline(int wait_ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += wait_ms / 1000;
	t.tv_nsec += (long)(wait_ms % 1000) * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

/* Takes a place; the spare connection that goes with it may be NULL. */
static bool
reserve(struct db_pool *pool, int wait_ms, struct db **spare)
{
	struct timespec until = deadline(wait_ms);
	int rc = 0;

	pthread_mutex_lock(&pool->lock);
	while (pool->out == pool->size && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&pool->freed, &pool->lock, &until);
	if (pool->out == pool->size) {
		pthread_mutex_unlock(&pool->lock);
		return false;
	}
	pool->out++;
	*spare = pool->idle > 0 ? pool->spare[--pool->idle] : NULL;
	pthread_mutex_unlock(&pool->lock);
	return true;
}

static void
give_place(struct db_pool *pool, struct db *spare)
{
	pthread_mutex_lock(&pool->lock);
	pool->out--;
	if (spare != NULL)
		pool->spare[pool->idle++] = spare;
	pthread_cond_signal(&pool->freed);
	pthread_mutex_unlock(&pool->lock);
}

bool
db_pool_take(struct db_pool *pool, int wait_ms, struct db **out,
    struct err *err)
{
	struct db *db = NULL;

	if (!reserve(pool, wait_ms, &db))
		return err_set(err, FAIL_BUSY,
		    "database: all %d connections are busy", pool->size);
	if (db == NULL && !db_open(&db, pool->conninfo, pool->mode, err)) {
		give_place(pool, NULL);
		return false;
	}
	*out = db;
	return true;
}

void
db_pool_give(struct db_pool *pool, struct db *db)
{
	db_rollback(db);
	give_place(pool, db);
}
