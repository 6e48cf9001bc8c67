#include "api/import_spool.h"

#include "lib/base/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_AGE_S 60 /* younger ones may not be locked yet */

static bool
failed(const char *what, struct err *err)
{
	enum fail kind =
	    errno == ENOSPC || errno == EDQUOT ? FAIL_LIMIT : FAIL_IO;

	return err_set(err, kind, "%s the upload: %s", what, strerror(errno));
}

static bool
lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

bool
import_spool_create(struct import_spool *s, const char *folder, struct err *err)
{
	uint64_t number;

	random_bytes(&number, sizeof(number));
	*s = (struct import_spool){.fd = -1};
	snprintf(s->path, sizeof(s->path), "%s/%016llx.part", folder,
	    (unsigned long long)number);
	s->fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0 || !lock(s->fd))
		return failed("keep", err);
	return true;
}

bool
import_spool_write(struct import_spool *s, struct str piece, struct err *err)
{
	ssize_t n;

	while (piece.n > 0) {
		n = write(s->fd, piece.p, piece.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed("write", err);
		s->bytes += n;
		piece = str_from(piece, (size_t)n);
	}
	return true;
}

static bool
sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void
queued_path(char path[SPOOL_PATH_MAX], const char *folder, int64_t import_id)
{
	snprintf(path, SPOOL_PATH_MAX, "%s/%lld", folder, (long long)import_id);
}

bool
import_spool_queue(struct import_spool *s, const char *folder,
    int64_t import_id, struct err *err)
{
	char path[SPOOL_PATH_MAX];

	queued_path(path, folder, import_id);
	if (fsync(s->fd) != 0 || rename(s->path, path) != 0)
		return failed("keep", err);
	memcpy(s->path, path, sizeof(path));
	return sync_folder(folder) || failed("keep", err);
}

bool
import_spool_take(struct import_spool *s, const char *folder, int64_t import_id)
{
	struct stat st;

	*s = (struct import_spool){.fd = -1};
	queued_path(s->path, folder, import_id);
	s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return false;
	/* who had it before may have removed it meanwhile */
	if (lock(s->fd) && fstat(s->fd, &st) == 0 && st.st_nlink > 0) {
		s->bytes = st.st_size;
		return true;
	}
	import_spool_close(s);
	return false;
}

int64_t
import_spool_age_s(const struct import_spool *s)
{
	struct stat st;

	return fstat(s->fd, &st) == 0 ? time(NULL) - st.st_mtime : 0;
}

void
import_spool_close(struct import_spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void
import_spool_remove(struct import_spool *s)
{
	if (s->path[0] != '\0')
		unlink(s->path);
	s->path[0] = '\0';
	import_spool_close(s);
}

/* Keeps the smallest ids, in order. */
static size_t
insert(int64_t *ids, size_t n, size_t max, int64_t id)
{
	size_t at = n;

	while (at > 0 && ids[at - 1] > id)
		at--;
	if (at == max)
		return n;
	if (n == max)
		n--;
	memmove(ids + at + 1, ids + at, (n - at) * sizeof(ids[0]));
	ids[at] = id;
	return n + 1;
}

size_t
import_spool_list(const char *folder, int64_t *ids, size_t max)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	size_t n = 0;
	int64_t id;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (str_to_i64(str_of(entry->d_name), &id) && id > 0)
			n = insert(ids, n, max, id);
	closedir(dir);
	return n;
}

static void
sweep_part(const char *folder, const char *name)
{
	struct import_spool s = {.fd = -1};

	snprintf(s.path, sizeof(s.path), "%s/%s", folder, name);
	s.fd = open(s.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (s.fd >= 0 && import_spool_age_s(&s) > PART_AGE_S && lock(s.fd))
		import_spool_remove(&s);
	else
		import_spool_close(&s);
}

void
import_spool_sweep(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (str_ends(str_of(entry->d_name), STR(".part")))
			sweep_part(folder, entry->d_name);
	closedir(dir);
}
