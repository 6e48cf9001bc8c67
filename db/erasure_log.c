#include "db/erasure_log.h"

#include "db/erase.h"
#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/base/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK       5000
#define PATH_SIZE   (SETTING_TEXT_MAX + sizeof(ERASURE_LOG_NAME) + 1)
#define CHUNK_BYTES (16U << 20)

enum { NEW_AT, NEW_SIGN, NEW_WHO, NEW_LIST, NEW_REASON, NEW__COUNT };

/* Fields of a line, as of a row of erasures_new. */
struct lines {
	int64_t n[CHUNK];
	struct str sign[CHUNK], who[CHUNK], list[CHUNK], reason[CHUNK];
	size_t count;
};

static bool
append(const char *path, struct str text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n &&
		  fsync(fd) == 0;
	int why = errno;

	if (fd >= 0)
		close(fd);
	return ok || err_set(err, FAIL_IO, "%s: %s", path, strerror(why));
}

static bool
write_rows(const struct db_result *r, const char *path, struct err *err)
{
	struct buf text;
	int row, col;
	bool ok;

	buf_init(&text, (size_t)db_rows(r) * ERASURE_LINE_MAX + 1);
	for (row = 0; row < db_rows(r); row++)
		for (col = 0; col < NEW__COUNT; col++) {
			buf_str(&text, db_get_text(r, row, col));
			buf_char(&text, col + 1 < NEW__COUNT ? ' ' : '\n');
		}
	ok = text.n == 0 || append(path, buf_view(&text), err);
	buf_release(&text);
	return ok;
}

static void
path_of(char path[PATH_SIZE], const struct settings *settings)
{
	snprintf(path, PATH_SIZE, "%s/%s", settings->home, ERASURE_LOG_NAME);
}

bool
erasure_log_write(struct db *db, const struct settings *settings,
    struct err *err)
{
	struct keyring ring;
	struct db_result r;
	char path[PATH_SIZE];
	bool ok;

	if (!file_exists(settings->key_file))
		return true;
	if (!keyring_load(&ring, settings->key_file, err))
		return false;
	path_of(path, settings);
	ok = db_run(db, Q_ERASURES_NEW,
	    DB_ARGS(erase_inner(&ring.person), erase_outer(&ring.person)), &r,
	    err);
	keyring_wipe(&ring);
	if (!ok)
		return false;
	ok = write_rows(&r, path, err) &&
	     db_run(db, Q_ERASURES_TOLD, DB_NO_ARGS, NULL, err);
	db_result_free(&r);
	return ok;
}

static bool
is_number(struct str s)
{
	uint64_t v;

	return str_to_u64(s, &v) && v > 0 && v <= INT64_MAX;
}

/* line = at SP ("+" / "-") SP who SP ("*" / list) SP reason */
static bool
parse(struct str line, struct lines *l)
{
	size_t i = l->count;
	struct str at;

	if (!str_cut(&line, ' ', &at) || !str_cut(&line, ' ', &l->sign[i]) ||
	    !str_cut(&line, ' ', &l->who[i]) ||
	    !str_cut(&line, ' ', &l->list[i]))
		return false;
	l->reason[i] = line;
	return (str_eq(l->sign[i], STR("+")) || str_eq(l->sign[i], STR("-"))) &&
	       str_starts(l->who[i], STR("hmac:")) &&
	       (str_eq(l->list[i], STR("*")) || is_number(l->list[i])) &&
	       line.n > 0 && str_chr(line, ' ') == STR_NOWHERE;
}

static bool
add(struct db *db, struct lines *l, struct err *err)
{
	size_t n = l->count;

	l->count = 0;
	return n == 0 ||
	       db_run(db, Q_ERASURE_LINES_ADD,
		   DB_ARGS(db_int_array(l->n, n), db_text_array(l->sign, n),
		       db_text_array(l->who, n), db_text_array(l->list, n),
		       db_text_array(l->reason, n)),
		   NULL, err);
}

/* A last line without its end was being written when the power went. */
static bool
load(struct db *db, struct str text, struct lines *l, int64_t *lines,
    struct err *err)
{
	size_t end;

	while ((end = str_chr(text, '\n')) != STR_NOWHERE) {
		l->n[l->count] = ++*lines;
		if (!parse(str_sub(text, 0, end), l))
			return err_set(err, FAIL_INPUT,
			    ERASURE_LOG_NAME ":%lld: is no line of it",
			    (long long)*lines);
		text = str_from(text, end + 1);
		if (++l->count == CHUNK && !add(db, l, err))
			return false;
	}
	return add(db, l, err);
}

static bool
erase_all(struct db *db, const struct hmac_halves *key, int64_t *erased,
    struct err *err)
{
	struct db_result r;
	bool found, ok = true;
	int row;

	if (!db_run(db, Q_ERASURE_LINES_ERASE,
		DB_ARGS(erase_inner(key), erase_outer(key)), &r, err))
		return false;
	for (row = 0; ok && row < db_rows(&r); row++) {
		ok =
		    erase_person(db, key, db_get_text(&r, row, 0), &found, err);
		*erased += ok && found;
	}
	db_result_free(&r);
	return ok;
}

static bool
apply(struct db *db, const struct hmac_halves *key, struct str text,
    struct erasure_log_done *done, struct err *err)
{
	struct db_result r;
	struct arena a;
	bool ok;

	arena_init(&a, CHUNK_BYTES);
	ok = db_run(db, Q_ERASURE_LINES_CREATE, DB_NO_ARGS, NULL, err) &&
	     load(db, text, ARENA_NEW(&a, struct lines), &done->lines, err);
	arena_release(&a);
	if (!ok || !db_run(db, Q_ERASURE_LINES_SUPPRESS,
		       DB_ARGS(erase_inner(key), erase_outer(key)), &r, err))
		return false;
	done->suppressed = db_affected(&r);
	db_result_free(&r);
	return erase_all(db, key, &done->erased, err);
}

static bool
replay(struct db *db, const char *path, const struct hmac_halves *key,
    struct erasure_log_done *done, struct err *err)
{
	struct buf text;
	bool ok;

	buf_init(&text, ERASURE_LOG_BYTES_MAX);
	ok = file_read(path, &text, err) && db_begin(db, err);
	if (ok) {
		ok = apply(db, key, buf_view(&text), done, err) &&
		     db_commit(db, err);
		if (!ok)
			db_rollback(db);
	}
	buf_release(&text);
	return ok;
}

bool
erasure_log_replay(struct db *db, const struct settings *settings,
    struct erasure_log_done *done, struct err *err)
{
	struct keyring ring;
	char path[PATH_SIZE];
	bool ok;

	*done = (struct erasure_log_done){0};
	path_of(path, settings);
	if (!file_exists(path))
		return true;
	if (!keyring_load(&ring, settings->key_file, err))
		return false;
	ok = replay(db, path, &ring.person, done, err);
	keyring_wipe(&ring);
	return ok;
}
