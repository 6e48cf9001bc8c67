#include "lib/base/journal_read.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define NAME_DIGITS 16

/* "<16 hex digits>.seg"; 0 is a spare one, whose records are of no use. */
static bool
parse_name(const char *name, uint64_t *number)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	size_t i;

	*number = 0;
	for (i = 0; i < NAME_DIGITS; i++) {
		digit = name[i] != '\0' ? strchr(digits, name[i]) : NULL;
		if (digit == NULL)
			return false;
		*number = *number << 4 | (uint64_t)(digit - digits);
	}
	return strcmp(name + NAME_DIGITS, ".seg") == 0 && *number > 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
list_segments(struct journal_read *r, struct err *err)
{
	DIR *dir = opendir(r->owner->folder);
	struct dirent *e;
	uint64_t number;
	size_t cap = 0;

	if (dir == NULL)
		return err_set(err, FAIL_IO, "journal: open %s: %s",
		    r->owner->folder, strerror(errno));
	while ((e = readdir(dir)) != NULL && r->count < JOURNAL_SEGMENTS_MAX) {
		if (!parse_name(e->d_name, &number))
			continue;
		if (r->count == cap) {
			cap = cap > 0 ? cap * 2 : 16;
			r->numbers =
			    mem_grow(r->numbers, cap, sizeof(*r->numbers));
		}
		r->numbers[r->count++] = number;
	}
	closedir(dir);
	if (r->count > 0)
		qsort(r->numbers, r->count, sizeof(*r->numbers), by_number);
	return true;
}

/* As much of the file as is there, at most `size`. */
static bool
read_file(const char *path, unsigned char *p, size_t size, size_t *got,
    struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 1;

	*got = 0;
	while (fd >= 0 && n > 0 && *got < size) {
		n = read(fd, p + *got, size - *got);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			*got += (size_t)n;
	}
	if (fd < 0 || n < 0)
		err_set(err, FAIL_IO, "journal: read %s: %s", path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return fd >= 0 && n >= 0;
}

static bool
load(struct journal_read *r, uint64_t number, size_t size, struct err *err)
{
	char path[JOURNAL_PATH_MAX];

	if (!journal_segment_path(path, r->owner->folder, number, err))
		return false;
	r->image = (struct journal_image){
	    .at = r->bytes,
	    .journal = r->owner->id,
	    .number = number,
	};
	return read_file(path, r->bytes, size, &r->image.size, err);
}

/* How far it was synced, and whether we can read it at all. */
static bool
read_headers(struct journal_read *r, struct err *err)
{
	int64_t synced;
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (!load(r, r->numbers[i], JOURNAL_HEADER_SIZE, err))
			return false;
		if (journal_image_header(&r->image, &synced) ==
		    JOURNAL_HEADER_NEWER)
			return err_set(err, FAIL_REFUSED,
			    "journal: %s was written by another version",
			    r->owner->folder);
		if (synced > r->synced)
			r->synced = synced;
	}
	r->image.at = NULL;
	return true;
}

bool
journal_read_open(struct journal_read *r, const struct journal_owner *o,
    struct err *err)
{
	*r = (struct journal_read){.owner = o};
	r->bytes = mem_alloc(JOURNAL_SEGMENT_SIZE);
	if (list_segments(r, err) && read_headers(r, err))
		return true;
	journal_read_close(r);
	return false;
}

void
journal_read_close(struct journal_read *r)
{
	free(r->bytes);
	free(r->numbers);
	r->bytes = NULL;
	r->numbers = NULL;
}

static void
note_gap(struct journal_read *r)
{
	if (r->gap == 0)
		r->gap = (int64_t)(r->image.number * JOURNAL_SEGMENT_SIZE +
				   r->offset);
}

static bool
load_next(struct journal_read *r, struct err *err)
{
	if (r->at > 0 && r->numbers[r->at] != r->numbers[r->at - 1] + 1)
		note_gap(r);
	if (!load(r, r->numbers[r->at], JOURNAL_SEGMENT_SIZE, err))
		return false;
	r->at++;
	r->offset = JOURNAL_HEADER_SIZE;
	return true;
}

/* The next record of the present segment; false: it has no more. */
static bool
next_here(struct journal_read *r, uint16_t *type, struct str *payload)
{
	size_t next;

	if (!journal_image_record(&r->image, r->offset, type, payload, &next)) {
		note_gap(r);
		if (!journal_image_find(&r->image, &r->offset))
			return false;
	}
	if (!journal_image_record(&r->image, r->offset, type, payload, &next))
		BUG("journal: a record that is none");
	r->offset = next;
	return *type != JOURNAL_END;
}

/* Behind what was synced nothing counts after the first gap. */
static bool
is_torn(const struct journal_read *r)
{
	return r->gap != 0 && r->owner->policy == JOURNAL_DISK &&
	       r->gap >= r->synced;
}

enum journal_read_what
journal_read_next(struct journal_read *r, uint16_t *type, struct str *payload,
    struct err *err)
{
	while (!is_torn(r)) {
		if (r->image.at == NULL) {
			if (r->at == r->count)
				return JOURNAL_READ_OVER;
			if (!load_next(r, err))
				return JOURNAL_READ_FAILED;
		}
		if (next_here(r, type, payload)) {
			if (is_torn(r))
				return JOURNAL_READ_OVER;
			r->damaged |= r->gap != 0;
			return JOURNAL_READ_RECORD;
		}
		r->image.at = NULL;
	}
	return JOURNAL_READ_OVER;
}
