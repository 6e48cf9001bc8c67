#include "api/import_zip.h"

#include "api/import_unpack.h"
#include "lib/base/mem.h"

#include <unistd.h>

#define COMMENT_MAX 65535
#define END_BYTES   22 /* of the end record, without its comment */
#define ROW_BYTES   46 /* of the list, without names */
#define HEAD_BYTES  30 /* before a file, without names */
#define ENCRYPTED   1U /* flag */
#define STORED      0
#define DEFLATED    8

/* A list of files as it stands in the ZIP. */
struct list {
	int64_t at;
	size_t n;
	char bytes[IMPORT_ZIP_LIST_MAX];
};

static uint32_t
number(const char *p, size_t n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static const char broken[] = "the ZIP is damaged or breaks off";

static bool
damaged(struct err *err)
{
	return err_set(err, FAIL_INPUT, "%s", broken);
}

static bool
read_at(int fd, char *p, size_t n, int64_t at, struct err *err)
{
	return pread(fd, p, n, at) == (ssize_t)n || damaged(err);
}

/* By the end record, the last one that ends with the file. */
static bool
read_end(const char *tail, size_t n, struct list *l, struct err *err)
{
	const char *end;
	size_t at;

	for (at = END_BYTES; at <= n; at++) {
		end = tail + n - at;
		if (memcmp(end, "PK\5\6", 4) != 0 ||
		    number(end + 20, 2) != at - END_BYTES)
			continue;
		l->n = number(end + 12, 4);
		l->at = number(end + 16, 4);
		if (l->n > sizeof(l->bytes))
			return err_set(err, FAIL_INPUT,
			    "the ZIP has too many files, or is too large");
		return true;
	}
	return damaged(err);
}

static bool
read_list(int fd, struct list *l, struct err *err)
{
	int64_t size = lseek(fd, 0, SEEK_END);
	size_t n = size < END_BYTES + COMMENT_MAX ? (size_t)size
						  : END_BYTES + COMMENT_MAX;
	char *tail = mem_alloc(n + 1);
	bool ok = read_at(fd, tail, n, size - (int64_t)n, err) &&
		  read_end(tail, n, l, err) &&
		  read_at(fd, l->bytes, l->n, l->at, err);

	free(tail);
	return ok;
}

/* Folders, hidden files, and what macOS adds. */
static bool
is_aside(struct str name)
{
	size_t i = name.n;

	while (i > 0 && name.p[i - 1] != '/')
		i--;
	return i == name.n || name.p[i] == '.' ||
	       str_starts(name, STR("__MACOSX/"));
}

/* The bytes of the file come behind a head of their own. */
static bool
read_file(int fd, const char *row, struct import_zip_file *f, struct err *err)
{
	uint32_t method = number(row + 10, 2);
	int64_t head_at = number(row + 42, 4);
	char head[HEAD_BYTES];

	if (number(row + 8, 2) & ENCRYPTED)
		return err_set(err, FAIL_INPUT, "the ZIP is encrypted");
	if (method != STORED && method != DEFLATED)
		return err_set(err, FAIL_INPUT,
		    "the ZIP is not packed with deflate");
	*f = (struct import_zip_file){.sum = number(row + 16, 4),
	    .packed = number(row + 20, 4),
	    .bytes = number(row + 24, 4),
	    .deflated = method == DEFLATED};
	if (f->packed == UINT32_MAX || f->bytes == UINT32_MAX ||
	    head_at == UINT32_MAX)
		return err_set(err, FAIL_INPUT, "the ZIP is of 4 GiB or more");
	if (!read_at(fd, head, sizeof(head), head_at, err))
		return false;
	f->at =
	    head_at + HEAD_BYTES + number(head + 26, 2) + number(head + 28, 2);
	return memcmp(head, "PK\3\4", 4) == 0 || damaged(err);
}

/* Its row; NULL when there is not exactly one. */
static const char *
find_row(const struct list *l, struct err *err)
{
	const char *row, *found = NULL;
	size_t at, n, name;

	for (at = 0; at < l->n; at += n) {
		row = l->bytes + at;
		if (l->n - at < ROW_BYTES || memcmp(row, "PK\1\2", 4) != 0)
			goto damaged;
		name = number(row + 28, 2);
		n = ROW_BYTES + name + number(row + 30, 2) +
		    number(row + 32, 2);
		if (n > l->n - at)
			goto damaged;
		if (is_aside((struct str){row + ROW_BYTES, name}))
			continue;
		if (found != NULL)
			break;
		found = row;
	}
	if (found == NULL || at < l->n)
		err_set(err, FAIL_INPUT, "the ZIP holds %s",
		    found == NULL ? "no file" : "more than one file");
	return at < l->n ? NULL : found;
damaged:
	err_set(err, FAIL_INPUT, "%s", broken);
	return NULL;
}

bool
import_zip_find(int fd, struct import_zip_file *out, struct err *err)
{
	struct list *l = NEW(struct list);
	const char *row = read_list(fd, l, err) ? find_row(l, err) : NULL;
	bool ok = row != NULL && read_file(fd, row, out, err);

	free(l);
	return ok;
}
