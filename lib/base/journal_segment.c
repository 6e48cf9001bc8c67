#include "lib/base/journal_segment.h"

#include "lib/base/crc32c.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char magic[8] = {'v', 'o', 'l', 'l', 'e', 'y', 'j', 'r'};

struct header {
	char magic[8];
	uint32_t version;
	uint32_t size;
	int64_t synced;
};

struct head {
	uint32_t crc;
	uint16_t length;
	uint16_t type;
};

_Static_assert(sizeof(struct header) <= JOURNAL_HEADER_SIZE, "header");
_Static_assert(sizeof(struct head) == JOURNAL_RECORD_HEAD, "head");

size_t
journal_record_size(size_t payload)
{
	return (JOURNAL_RECORD_HEAD + payload + 7) & ~(size_t)7;
}

static int64_t
position_of(uint64_t number, size_t offset)
{
	return (int64_t)(number * JOURNAL_SEGMENT_SIZE + offset);
}

static uint32_t
checksum(uint64_t journal, int64_t position, const struct head *h,
    const void *payload)
{
	struct {
		uint64_t journal;
		int64_t position;
		uint32_t length, type;
	} seed = {journal, position, h->length, h->type};

	return crc32c(crc32c(0, &seed, sizeof(seed)), payload, h->length);
}

bool
journal_segment_path(char out[JOURNAL_PATH_MAX], const char *folder,
    uint64_t number, struct err *err)
{
	if (snprintf(out, JOURNAL_PATH_MAX, "%s/%016llx.seg", folder,
		(unsigned long long)number) < JOURNAL_PATH_MAX)
		return true;
	return err_set(err, FAIL_LIMIT,
	    "journal: the folder's name is too "
	    "long");
}

static bool
fail(struct err *err, const char *what, const char *path, int error)
{
	return err_set(err,
	    error == ENOSPC || error == EDQUOT ? FAIL_LIMIT : FAIL_IO,
	    "journal: %s %s: %s", what, path, strerror(error));
}

bool
journal_segment_sync_names(const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	return ok || fail(err, "sync", folder, error);
}

/* Its blocks are there before anything is written, so that a full disk is
 * an error here and nowhere else. */
static bool
allocate(int fd, const char *path, struct err *err)
{
	int error;

	do
		error = posix_fallocate(fd, 0, (off_t)JOURNAL_SEGMENT_SIZE);
	while (error == EINTR);
	return error == 0 || fail(err, "allocate", path, error);
}

static bool
map(struct journal_segment *s, const char *path, struct err *err)
{
	void *p = mmap(NULL, JOURNAL_SEGMENT_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED, s->fd, 0);

	if (p == MAP_FAILED)
		return fail(err, "map", path, errno);
	s->at = p;
	return true;
}

static bool
make_file(struct journal_segment *s, const char *path, struct err *err)
{
	s->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return fail(err, "create", path, errno);
	if (allocate(s->fd, path, err) && map(s, path, err))
		return true;
	unlink(path);
	return false;
}

static bool
take_file(struct journal_segment *s, const char *folder, const char *path,
    struct journal_segment *old, struct err *err)
{
	char from[JOURNAL_PATH_MAX];

	s->fd = old->fd;
	if (!journal_segment_path(from, folder, old->number, err) ||
	    !map(s, path, err)) {
		s->fd = -1;
		return false;
	}
	if (rename(from, path) != 0) {
		s->fd = -1;
		return fail(err, "rename", from, errno);
	}
	old->fd = -1;
	journal_segment_free(old);
	return true;
}

static void
write_header(struct journal_segment *s)
{
	struct header h = {
	    .version = JOURNAL_VERSION,
	    .size = (uint32_t)JOURNAL_SEGMENT_SIZE,
	};

	memcpy(h.magic, magic, sizeof(magic));
	memset(s->at, 0, JOURNAL_HEADER_SIZE);
	memcpy(s->at, &h, sizeof(h));
	s->used = JOURNAL_HEADER_SIZE;
}

struct journal_segment *
journal_segment_new(const char *folder, uint64_t number,
    struct journal_segment *old, struct err *err)
{
	struct journal_segment *s = NEW(struct journal_segment);
	char path[JOURNAL_PATH_MAX];
	bool ok;

	s->number = number;
	s->fd = -1;
	ok = journal_segment_path(path, folder, number, err);
	if (ok && old != NULL)
		ok = take_file(s, folder, path, old, err);
	else if (ok)
		ok = make_file(s, path, err);
	if (ok) {
		write_header(s);
		return s;
	}
	journal_segment_free(s);
	return NULL;
}

void
journal_segment_free(struct journal_segment *s)
{
	if (s == NULL)
		return;
	if (s->at != NULL)
		munmap(s->at, JOURNAL_SEGMENT_SIZE);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

size_t
journal_segment_room(const struct journal_segment *s)
{
	return s->at != NULL
		   ? JOURNAL_SEGMENT_SIZE - JOURNAL_RECORD_HEAD - s->used
		   : 0;
}

/* The payload first: until its head stands there it is no record. */
static int64_t
put(struct journal_segment *s, uint64_t journal, uint16_t type,
    struct str payload)
{
	struct head h = {.length = (uint16_t)payload.n, .type = type};
	int64_t position = position_of(s->number, s->used);
	unsigned char *p = s->at + s->used;

	h.crc = checksum(journal, position, &h, payload.p);
	if (payload.n > 0)
		memcpy(p + sizeof(h), payload.p, payload.n);
	memcpy(p, &h, sizeof(h));
	s->used += journal_record_size(payload.n);
	return position;
}

int64_t
journal_segment_put(struct journal_segment *s, uint64_t journal, uint16_t type,
    struct str payload)
{
	assert(type > 0 && type <= JOURNAL_TYPE_MAX);
	assert(payload.n <= JOURNAL_PAYLOAD_MAX);
	assert(journal_record_size(payload.n) <= journal_segment_room(s));
	return put(s, journal, type, payload);
}

void
journal_segment_end(struct journal_segment *s, uint64_t journal)
{
	put(s, journal, JOURNAL_END, STR_NONE);
	munmap(s->at, JOURNAL_SEGMENT_SIZE);
	s->at = NULL;
}

void
journal_segment_mark(struct journal_segment *s, int64_t synced)
{
	if (s->at != NULL)
		memcpy(s->at + offsetof(struct header, synced), &synced,
		    sizeof(synced));
}

enum journal_header
journal_image_header(const struct journal_image *i, int64_t *synced)
{
	struct header h;

	*synced = 0;
	if (i->size < sizeof(h))
		return JOURNAL_HEADER_BROKEN;
	memcpy(&h, i->at, sizeof(h));
	if (memcmp(h.magic, magic, sizeof(magic)) != 0)
		return JOURNAL_HEADER_BROKEN;
	if (h.version != JOURNAL_VERSION || h.size != JOURNAL_SEGMENT_SIZE)
		return JOURNAL_HEADER_NEWER;
	*synced = h.synced;
	return JOURNAL_HEADER_GOOD;
}

bool
journal_image_record(const struct journal_image *i, size_t offset,
    uint16_t *type, struct str *payload, size_t *next)
{
	const unsigned char *p = i->at + offset;
	struct head h;

	if (offset > i->size || i->size - offset < sizeof(h))
		return false;
	memcpy(&h, p, sizeof(h));
	if (h.type == 0 || (h.type > JOURNAL_TYPE_MAX && h.type != JOURNAL_END))
		return false;
	if (h.length > JOURNAL_PAYLOAD_MAX ||
	    i->size - offset - sizeof(h) < h.length)
		return false;
	if (h.crc != checksum(i->journal, position_of(i->number, offset), &h,
			 p + sizeof(h)))
		return false;
	*type = h.type;
	*payload = (struct str){(const char *)p + sizeof(h), h.length};
	*next = offset + journal_record_size(h.length);
	return true;
}

bool
journal_image_find(const struct journal_image *i, size_t *offset)
{
	struct str payload;
	uint16_t type;
	size_t next;

	for (; *offset < i->size; *offset += 8)
		if (journal_image_record(i, *offset, &type, &payload, &next))
			return true;
	return false;
}
