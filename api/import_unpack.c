#include "api/import_unpack.h"

#include "api/import_zip.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16)
#define RAW_WINDOW  (-15)

bool
import_target_make(struct import_target *t, const char *where,
    int64_t bytes_max, struct err *err)
{
	char path[1024];
	int n = snprintf(path, sizeof(path), "%s/plain-XXXXXX", where);

	*t = (struct import_target){-1, bytes_max, bytes_max};
	if (n > 0 && (size_t)n < sizeof(path))
		t->fd = mkostemp(path, O_CLOEXEC);
	if (t->fd < 0 || unlink(path) != 0)
		return err_set(err, FAIL_IO, "unpack into %s: %m", where);
	return true;
}

bool
import_target_put(struct import_target *t, struct str bytes, struct err *err)
{
	ssize_t done;

	if ((int64_t)bytes.n > t->left)
		return err_set(err, FAIL_LIMIT,
		    "the file has more than %lld bytes when it is unpacked",
		    (long long)t->max);
	t->left -= (int64_t)bytes.n;
	while (bytes.n > 0) {
		done = write(t->fd, bytes.p, bytes.n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(err, FAIL_IO, "unpack the file: %m");
		bytes = str_from(bytes, (size_t)done);
	}
	return true;
}

bool
import_read_block(int fd, char *p, size_t max, size_t *n, struct err *err)
{
	ssize_t got;

	if (process_stopping())
		return err_set(err, FAIL_TIMEOUT, "told to stop");
	do
		got = read(fd, p, max);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(err, FAIL_IO, "read the file: %m");
	*n = (size_t)got;
	return true;
}

bool
import_rewind(int fd, struct err *err)
{
	return lseek(fd, 0, SEEK_SET) == 0 ||
	       err_set(err, FAIL_IO, "import: go back: %m");
}

/* What is being unpacked. */
struct unpacking {
	int fd;
	struct import_target *t;
	char *in, *out;
	z_stream z;
	bool ended;       /* a stream is at its end */
	bool goes_on;     /* another one may follow */
	const char *name; /* "gzip" */
	uLong sum;
	int64_t bytes;
};

static bool
put_out(struct unpacking *u, const char *p, size_t n, struct err *err)
{
	u->sum = crc32(u->sum, (const unsigned char *)p, (unsigned)n);
	u->bytes += (int64_t)n;
	return import_target_put(u->t, (struct str){p, n}, err);
}

/* All that the stream makes of its input. */
static bool
inflate_block(struct unpacking *u, struct err *err)
{
	z_stream *z = &u->z;
	int got;

	z->avail_out = IMPORT_BLOCK;
	while (z->avail_in > 0 || z->avail_out == 0) {
		if (u->ended && z->avail_in > 0 &&
		    (!u->goes_on || inflateReset(z) != Z_OK))
			return err_set(err, FAIL_INPUT,
			    "the %s data goes on behind its end", u->name);
		z->next_out = (unsigned char *)u->out;
		z->avail_out = IMPORT_BLOCK;
		got = inflate(z, Z_NO_FLUSH);
		u->ended = got == Z_STREAM_END;
		if (got != Z_OK && got != Z_STREAM_END && got != Z_BUF_ERROR)
			return err_set(err, FAIL_INPUT,
			    "the %s data is damaged", u->name);
		if (!put_out(u, u->out, IMPORT_BLOCK - z->avail_out, err))
			return false;
	}
	return true;
}

/* `left` bytes from where the file stands. */
static bool
inflate_all(struct unpacking *u, int window, int64_t left, struct err *err)
{
	size_t n = 0, max;
	bool ok;

	if (inflateInit2(&u->z, window) != Z_OK)
		die("out of memory");
	do {
		max = left < IMPORT_BLOCK ? (size_t)left : IMPORT_BLOCK;
		ok = import_read_block(u->fd, u->in, max, &n, err);
		if (!ok || n == 0)
			break;
		left -= (int64_t)n;
		u->z.next_in = (unsigned char *)u->in;
		u->z.avail_in = (unsigned)n;
		ok = inflate_block(u, err);
	} while (ok);
	inflateEnd(&u->z);
	if (ok && !u->ended)
		ok =
		    err_set(err, FAIL_INPUT, "the %s data breaks off", u->name);
	return ok;
}

static bool
copy_all(struct unpacking *u, int64_t left, struct err *err)
{
	size_t n = 0, max;

	do {
		max = left < IMPORT_BLOCK ? (size_t)left : IMPORT_BLOCK;
		if (!import_read_block(u->fd, u->in, max, &n, err) ||
		    !put_out(u, u->in, n, err))
			return false;
		left -= (int64_t)n;
	} while (n > 0);
	return true;
}

static bool
unzip(struct unpacking *u, struct err *err)
{
	struct import_zip_file f;

	if (!import_zip_find(u->fd, &f, err))
		return false;
	if (lseek(u->fd, f.at, SEEK_SET) < 0)
		return err_set(err, FAIL_IO, "read the ZIP: %m");
	if (!(f.deflated ? inflate_all(u, RAW_WINDOW, f.packed, err)
			 : copy_all(u, f.packed, err)))
		return false;
	return (u->bytes == f.bytes && u->sum == f.sum) ||
	       err_set(err, FAIL_INPUT, "the ZIP data is damaged");
}

static bool
starts(int fd, const char *magic, size_t n)
{
	char head[4];

	return pread(fd, head, n, 0) == (ssize_t)n &&
	       memcmp(head, magic, n) == 0;
}

static bool
is_zip(int fd)
{
	return starts(fd, "PK\3\4", 4);
}

bool
import_is_packed(int fd)
{
	return starts(fd, "\x1f\x8b", 2) || is_zip(fd);
}

static void
limit_ratio(struct import_target *t, int64_t packed)
{
	int64_t max = packed > IMPORT_SMALL_BYTES / IMPORT_RATIO_MAX
			  ? packed * IMPORT_RATIO_MAX
			  : IMPORT_SMALL_BYTES;

	if (max < t->max)
		t->left = t->max = max;
}

bool
import_unpack(int fd, struct import_target *t, char *in, char *out,
    struct err *err)
{
	struct unpacking u = {.fd = fd,
	    .t = t,
	    .in = in,
	    .out = out,
	    .name = "gzip",
	    .goes_on = true,
	    .sum = crc32(0, NULL, 0)};

	limit_ratio(t, lseek(fd, 0, SEEK_END));
	if (!import_rewind(fd, err))
		return false;
	if (!is_zip(fd))
		return inflate_all(&u, GZIP_WINDOW, INT64_MAX, err);
	u.name = "ZIP";
	u.goes_on = false;
	return unzip(&u, err);
}
