#include "lib/base/file.h"

#include "lib/base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

static bool
fail_errno(struct err *err, const char *what, const char *path)
{
	enum fail kind = errno == ENOENT   ? FAIL_MISSING
			 : errno == EEXIST ? FAIL_CONFLICT
					   : FAIL_IO;

	return err_set(err, kind, "%s %s: %s", what, path, strerror(errno));
}

/* Room for the next step; past the maximum one byte tells whether there is
 * more. */
static bool
read_step(int fd, struct buf *out, size_t *got)
{
	size_t room = out->max - out->n;
	size_t want = room < READ_STEP ? room : READ_STEP;
	char probe = 0, *p = want > 0 ? buf_room(out, want) : &probe;
	ssize_t n;

	do
		n = read(fd, p, want > 0 ? want : 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	*got = (size_t)n;
	if (want > 0)
		buf_used(out, *got);
	return true;
}

static bool
read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	size_t before = out->n, got;

	do {
		bool at_max = out->n == out->max;

		if (!read_step(fd, out, &got)) {
			buf_truncate(out, before);
			return fail_errno(err, "read", path);
		}
		if (at_max && got > 0) {
			buf_truncate(out, before);
			return err_set(err, FAIL_LIMIT,
			    "read %s: longer than %zu bytes", path,
			    out->max - before);
		}
	} while (got > 0);
	return true;
}

bool
file_read(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return fail_errno(err, "open", path);
	ok = read_all(fd, path, out, err);
	close(fd);
	return ok;
}

bool
file_read_private(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return fail_errno(err, "open", path);
	if (fstat(fd, &st) != 0)
		ok = fail_errno(err, "stat", path);
	else if ((st.st_mode & 077) != 0)
		ok = err_set(err, FAIL_REFUSED,
		    "read %s: mode %04o lets others in, wanted 0600", path,
		    st.st_mode & 07777U);
	else
		ok = read_all(fd, path, out, err);
	close(fd);
	return ok;
}

static bool
write_all(int fd, struct str data)
{
	ssize_t n;

	while (data.n > 0) {
		n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data = str_from(data, (size_t)n);
	}
	return true;
}

/* The umask does not count: `mode` is what the file gets. */
static bool
write_new(const char *path, struct str data, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int kept;

	if (fd < 0)
		return false;
	if (write_all(fd, data) && fchmod(fd, mode) == 0 && fsync(fd) == 0)
		return close(fd) == 0;
	kept = errno;
	close(fd);
	errno = kept;
	return false;
}

/* Into `out` the folder of a path, "." when it names none. */
static void
folder_of(const char *path, char out[PATH_MAX])
{
	size_t slash = str_rchr(str_of(path), '/');

	if (slash == STR_NOWHERE)
		snprintf(out, PATH_MAX, ".");
	else
		snprintf(out, PATH_MAX, "%.*s", (int)(slash > 0 ? slash : 1),
		    path);
}

/* A new name is on the disk when its folder is. */
static bool
sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd;
	bool ok;

	folder_of(path, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0 || errno == EINVAL;
	close(fd);
	return ok;
}

static bool
temporary_name(const char *path, char out[PATH_MAX])
{
	uint64_t number;

	random_bytes(&number, sizeof(number));
	if (snprintf(out, PATH_MAX, "%s.%016llx.tmp", path,
		(unsigned long long)number) < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static bool
put(const char *path, struct str data, unsigned mode,
    int (*publish)(const char *, const char *), struct err *err)
{
	char name[PATH_MAX];
	bool ok;

	if (!temporary_name(path, name))
		return fail_errno(err, "write", path);
	ok = write_new(name, data, mode) && publish(name, path) == 0 &&
	     sync_folder(path);
	if (!ok)
		fail_errno(err, "write", path);
	unlink(name); /* after a rename there is none */
	return ok;
}

bool
file_write(const char *path, struct str data, unsigned mode, struct err *err)
{
	return put(path, data, mode, rename, err);
}

bool
file_create(const char *path, struct str data, unsigned mode, struct err *err)
{
	return put(path, data, mode, link, err);
}

static bool
make_folder(const char *path, unsigned mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return true;
	if (errno != EEXIST || stat(path, &st) != 0)
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

bool
file_mkdirs(const char *path, unsigned mode, struct err *err)
{
	char part[PATH_MAX];
	size_t i, n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof(part))
		return err_set(err, FAIL_INPUT, "make folder %.40s: bad name",
		    path);
	memcpy(part, path, n);
	part[n] = '\0';
	for (i = 1; i < n; i++) {
		if (path[i] != '/')
			continue;
		part[i] = '\0';
		if (!make_folder(part, 0777))
			return fail_errno(err, "make folder", part);
		part[i] = '/';
	}
	if (!make_folder(part, mode))
		return fail_errno(err, "make folder", part);
	return true;
}

bool
file_mkdirs_for(const char *path, unsigned mode, struct err *err)
{
	char folder[PATH_MAX];

	folder_of(path, folder);
	return file_mkdirs(folder, mode, err);
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
