#include "api/import_plain.h"

#include "api/import_unpack.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <iconv.h>
#include <unistd.h>

#define SAMPLE      4096 /* bytes that tell UTF-16 without a mark */
#define SEQUENCE    4    /* bytes of a character in UTF-8 at most */
#define REPLACEMENT "\xef\xbf\xbd"

static const char *const names[] = {
    [IMPORT_DETECT] = "detect",
    [IMPORT_UTF8] = "utf-8",
    [IMPORT_UTF16LE] = "utf-16le",
    [IMPORT_UTF16BE] = "utf-16be",
    [IMPORT_WINDOWS_1252] = "windows-1252",
};

/* For import_unpack and the converter. */
struct blocks {
	char in[IMPORT_BLOCK], out[IMPORT_BLOCK];
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
		if (!import_read_block(fd, in + left, IMPORT_BLOCK - left, &n,
			err))
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
convert_block(struct converter *c, struct import_target *t, struct err *err)
{
	size_t room, got;
	char *to;
	int wrong;
	bool ok;

	do {
		to = c->out;
		room = IMPORT_BLOCK;
		got = iconv(c->cd, &c->at, &c->n, &to, &room);
		wrong = got == (size_t)-1 ? errno : 0;
		ok = import_target_put(t,
		    (struct str){c->out, IMPORT_BLOCK - room}, err);
		if (ok && wrong == EILSEQ) {
			room = c->n < c->unit ? c->n : c->unit;
			c->at += room;
			c->n -= room;
			ok = import_target_put(t, STR(REPLACEMENT), err);
		}
	} while (ok && wrong != 0 && wrong != EINVAL);
	return ok;
}

static bool
convert_file(struct converter *c, int fd, struct import_target *t, char *in,
    struct err *err)
{
	size_t n = 0;

	do {
		if (!import_read_block(fd, in + c->n, IMPORT_BLOCK - c->n, &n,
			err))
			return false;
		c->at = in;
		c->n += n;
		if (n > 0 && !convert_block(c, t, err))
			return false;
		memmove(in, c->at, c->n);
	} while (n > 0);
	return c->n == 0 || import_target_put(t, STR(REPLACEMENT), err);
}

static bool
convert(int fd, enum import_encoding from, struct import_target *t,
    struct blocks *b, struct err *err)
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

/* `*at` moves on to a new file; the one before, unless it is the caller's,
 * goes. */
static void
step(const struct import_plain *p, int *at, const struct import_target *t)
{
	if (*at != p->fd)
		close(*at);
	*at = t->fd;
}

static bool
unpack(const struct import_plain *p, int *at, struct blocks *b, struct err *err)
{
	struct import_target t;

	if (!import_is_packed(*at))
		return true;
	if (!import_target_make(&t, p->where, p->bytes_max, err))
		return false;
	if (!import_unpack(*at, &t, b->in, b->out, err)) {
		close(t.fd);
		return false;
	}
	step(p, at, &t);
	return import_rewind(*at, err);
}

static bool
decode(const struct import_plain *p, int *at, struct blocks *b, struct err *err)
{
	enum import_encoding from = p->encoding;
	struct census c;
	struct import_target t;

	if (from == IMPORT_DETECT) {
		if (!take_census(*at, &c, b->in, err) ||
		    !import_rewind(*at, err))
			return false;
		from = judge(&c);
	}
	if (from == IMPORT_UTF8)
		return true;
	if (!import_target_make(&t, p->where, p->bytes_max, err))
		return false;
	if (!convert(*at, from, &t, b, err)) {
		close(t.fd);
		return false;
	}
	step(p, at, &t);
	return import_rewind(*at, err);
}

bool
import_plain_open(const struct import_plain *p, int *out, struct err *err)
{
	struct blocks *b = NEW(struct blocks);
	int at = p->fd;
	bool ok = import_rewind(at, err) && unpack(p, &at, b, err) &&
		  decode(p, &at, b, err);

	free(b);
	if (!ok && at != p->fd)
		close(at);
	*out = ok && at != p->fd ? at : -1;
	return ok;
}
