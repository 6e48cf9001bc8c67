#include "api/import_plain.h"

#include "lib/base/mem.h"
#include "lib/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK       (256U << 10)
#define SAMPLE      4096 /* bytes that tell UTF-16 without a mark */
#define SEQUENCE    4    /* bytes of a character in UTF-8 at most */
#define GZIP_WINDOW (15 + 16)
#define REPLACEMENT "\xef\xbf\xbd"

static const char *const names[] = {
    [IMPORT_DETECT] = "detect",
    [IMPORT_UTF8] = "utf-8",
    [IMPORT_UTF16LE] = "utf-16le",
    [IMPORT_UTF16BE] = "utf-16be",
    [IMPORT_WINDOWS_1252] = "windows-1252",
};

struct blocks {
	char in[BLOCK], out[BLOCK];
};

/* What is being made. */
struct target {
	int fd;
	int64_t left; /* bytes that it may still have */
	int64_t max;
};

const char *
import_encoding_name(enum import_encoding e)
{
	return names[e];
}

bool
import_encoding_parse(struct str name, enum import_encoding *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(name, str_of(names[i]))) {
			*out = (enum import_encoding)i;
			return true;
		}
	return false;
}

static bool
read_block(int fd, char *p, size_t max, size_t *n, struct err *err)
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

static bool
put(struct target *t, const char *p, size_t n, struct err *err)
{
	ssize_t done;

	if ((int64_t)n > t->left)
		return err_set(err, FAIL_LIMIT,
		    "the file has more than %lld bytes when it is unpacked",
		    (long long)t->max);
	t->left -= (int64_t)n;
	while (n > 0) {
		done = write(t->fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_set(err, FAIL_IO, "unpack the file: %m");
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static bool
rewind_file(int fd, struct err *err)
{
	return lseek(fd, 0, SEEK_SET) == 0 ||
	       err_set(err, FAIL_IO, "import: go back: %m");
}

static bool
make_target(struct target *t, const struct import_plain *p, struct err *err)
{
	char path[1024];
	int n = snprintf(path, sizeof(path), "%s/plain-XXXXXX", p->where);

	*t = (struct target){-1, p->bytes_max, p->bytes_max};
	if (n > 0 && (size_t)n < sizeof(path))
		t->fd = mkostemp(path, O_CLOEXEC);
	if (t->fd < 0 || unlink(path) != 0)
		return err_set(err, FAIL_IO, "unpack into %s: %m", p->where);
	return true;
}

/* gzip -------------------------------------------------------------------- */

/* All that the stream makes of its input.  Members may follow each other. */
static bool
inflate_block(z_stream *z, bool *ended, struct target *t, char *out,
    struct err *err)
{
	int got = Z_OK;

	while (z->avail_in > 0 || z->avail_out == 0) {
		if (*ended && z->avail_in > 0 && inflateReset(z) != Z_OK)
			BUG("zlib does not start again");
		z->next_out = (unsigned char *)out;
		z->avail_out = BLOCK;
		got = inflate(z, Z_NO_FLUSH);
		*ended = got == Z_STREAM_END;
		if (got != Z_OK && got != Z_STREAM_END && got != Z_BUF_ERROR)
			return err_set(err, FAIL_INPUT,
			    "the gzip data is damaged");
		if (!put(t, out, BLOCK - z->avail_out, err))
			return false;
	}
	return true;
}

static bool
gunzip(int fd, struct target *t, char *in, char *out, struct err *err)
{
	z_stream z = {0};
	bool ok, ended = false;
	size_t n = 1;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		die("out of memory");
	do {
		ok = read_block(fd, in, BLOCK, &n, err);
		if (!ok || n == 0)
			break;
		z.next_in = (unsigned char *)in;
		z.avail_in = (unsigned)n;
		z.avail_out = BLOCK;
		ok = inflate_block(&z, &ended, t, out, err);
	} while (ok);
	inflateEnd(&z);
	if (ok && !ended)
		ok = err_set(err, FAIL_INPUT, "the gzip data breaks off");
	return ok;
}

/* Encodings --------------------------------------------------------------- */

struct census {
	int64_t good, bad; /* characters beyond ASCII, bytes that are none */
	size_t zeros[2];   /* of the sample, at even and at odd places */
	size_t sample;
	char head[2];
};

static size_t
sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
}

/* Counts; gives how many bytes at the end wait for more. */
static size_t
count_block(struct census *c, struct str s)
{
	size_t i = 0, n;

	while (i < s.n) {
		n = sequence_length((unsigned char)s.p[i]);
		if (n > s.n - i)
			return s.n - i;
		if (n > 1 && str_is_utf8(str_sub(s, i, n)))
			c->good++;
		else if ((unsigned char)s.p[i] >= 0x80) {
			c->bad++;
			n = 1;
		}
		i += n;
	}
	return 0;
}

static void
take_sample(struct census *c, struct str s)
{
	size_t i;

	c->sample = s.n < SAMPLE ? s.n : SAMPLE;
	for (i = 0; i < c->sample; i++)
		c->zeros[i & 1] += s.p[i] == '\0';
	if (s.n >= sizeof(c->head))
		memcpy(c->head, s.p, sizeof(c->head));
}

static bool
take_census(int fd, struct census *c, char *in, struct err *err)
{
	size_t left = 0, n = 0;

	*c = (struct census){0};
	do {
		if (!read_block(fd, in + left, BLOCK - left, &n, err))
			return false;
		if (c->sample == 0)
			take_sample(c, (struct str){in, n});
		if (n == 0)
			c->bad += left > 0;
		n += left;
		left = n > left ? count_block(c, (struct str){in, n}) : 0;
		memmove(in, in + n - left, left);
	} while (n > 0);
	return true;
}

static enum import_encoding
judge(const struct census *c)
{
	if (memcmp(c->head, "\xff\xfe", 2) == 0)
		return IMPORT_UTF16LE;
	if (memcmp(c->head, "\xfe\xff", 2) == 0)
		return IMPORT_UTF16BE;
	/* every second byte of an English text, fewer of others */
	if (c->zeros[1] > c->sample / 8 && c->zeros[0] == 0)
		return IMPORT_UTF16LE;
	if (c->zeros[0] > c->sample / 8 && c->zeros[1] == 0)
		return IMPORT_UTF16BE;
	return c->bad > c->good ? IMPORT_WINDOWS_1252 : IMPORT_UTF8;
}

struct converter {
	iconv_t cd;
	size_t unit; /* bytes that go when they mean nothing */
	char *at;    /* what is to be converted */
	size_t n;
	char *out;
};

/* One block; what is cut off at its end stays. */
static bool
convert_block(struct converter *c, struct target *t, struct err *err)
{
	size_t room, got;
	char *to;
	int wrong;
	bool ok;

	do {
		to = c->out;
		room = BLOCK;
		got = iconv(c->cd, &c->at, &c->n, &to, &room);
		wrong = got == (size_t)-1 ? errno : 0;
		ok = put(t, c->out, BLOCK - room, err);
		if (ok && wrong == EILSEQ) {
			room = c->n < c->unit ? c->n : c->unit;
			c->at += room;
			c->n -= room;
			ok = put(t, REPLACEMENT, 3, err);
		}
	} while (ok && wrong != 0 && wrong != EINVAL);
	return ok;
}

static bool
convert_file(struct converter *c, int fd, struct target *t, char *in,
    struct err *err)
{
	size_t n = 0;

	do {
		if (!read_block(fd, in + c->n, BLOCK - c->n, &n, err))
			return false;
		c->at = in;
		c->n += n;
		if (n > 0 && !convert_block(c, t, err))
			return false;
		memmove(in, c->at, c->n);
	} while (n > 0);
	return c->n == 0 || put(t, REPLACEMENT, 3, err);
}

static bool
convert(int fd, enum import_encoding from, struct target *t, struct blocks *b,
    struct err *err)
{
	struct converter c = {.cd = iconv_open("UTF-8", names[from]),
	    .unit = from == IMPORT_WINDOWS_1252 ? 1 : 2,
	    .out = b->out};
	bool ok;

	/* NOLINTNEXTLINE(performance-no-int-to-ptr): POSIX has it that way */
	if (c.cd == (iconv_t)-1)
		return err_set(err, FAIL_INPUT,
		    "this system does not know the encoding %s", names[from]);
	ok = convert_file(&c, fd, t, b->in, err);
	iconv_close(c.cd);
	return ok;
}

/* ------------------------------------------------------------------------- */

static bool
is_gzip(int fd)
{
	char head[2];

	return pread(fd, head, 2, 0) == 2 && memcmp(head, "\x1f\x8b", 2) == 0;
}

/* `*at` moves on to a new file; the one before, unless it is the caller's,
 * goes. */
static void
step(const struct import_plain *p, int *at, const struct target *t)
{
	if (*at != p->fd)
		close(*at);
	*at = t->fd;
}

static bool
unpack(const struct import_plain *p, int *at, struct blocks *b, struct err *err)
{
	struct target t;

	if (!is_gzip(*at))
		return true;
	if (!make_target(&t, p, err))
		return false;
	if (!gunzip(*at, &t, b->in, b->out, err)) {
		close(t.fd);
		return false;
	}
	step(p, at, &t);
	return rewind_file(*at, err);
}

static bool
decode(const struct import_plain *p, int *at, struct blocks *b, struct err *err)
{
	enum import_encoding from = p->encoding;
	struct census c;
	struct target t;

	if (from == IMPORT_DETECT) {
		if (!take_census(*at, &c, b->in, err) || !rewind_file(*at, err))
			return false;
		from = judge(&c);
	}
	if (from == IMPORT_UTF8)
		return true;
	if (!make_target(&t, p, err))
		return false;
	if (!convert(*at, from, &t, b, err)) {
		close(t.fd);
		return false;
	}
	step(p, at, &t);
	return rewind_file(*at, err);
}

bool
import_plain_open(const struct import_plain *p, int *out, struct err *err)
{
	struct blocks *b = NEW(struct blocks);
	int at = p->fd;
	bool ok = rewind_file(at, err) && unpack(p, &at, b, err) &&
		  decode(p, &at, b, err);

	free(b);
	if (!ok && at != p->fd)
		close(at);
	*out = ok && at != p->fd ? at : -1;
	return ok;
}
