/*
 * journal_segment.h - one file of a journal: its format, written and read.
 *
 *   header   "volleyjr", version, sync mark; JOURNAL_HEADER_SIZE bytes
 *   record   crc32c (of journal, position, length, type, payload),
 *            u16 length, u16 type, payload, zeros up to a multiple of 8
 *   ...
 *   record   of type JOURNAL_END, when the journal goes on in the next one
 *
 * A position counts all bytes since the journal began; it is part of the
 * checksum, so that what is left of a recycled file's former life is no
 * record.  Numbers are in the order of this machine: a journal never leaves
 * it.
 *
 * A file is allocated as a whole when it is made, and then mapped: writing
 * into it is a copy, needs no system call, cannot run out of space, and what
 * was copied is the kernel's even if the process is killed in the very next
 * instruction.
 */
#ifndef BASE_JOURNAL_SEGMENT_H
#define BASE_JOURNAL_SEGMENT_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define JOURNAL_SEGMENT_SIZE ((size_t)2 << 20)
#define JOURNAL_HEADER_SIZE  64
#define JOURNAL_RECORD_HEAD  8
#define JOURNAL_PAYLOAD_MAX  4096
#define JOURNAL_VERSION      1
#define JOURNAL_TYPE_MAX     100 /* 1..: the owner's; 0 is no record */
#define JOURNAL_END          0xffff

/* Bytes that a payload takes up. */
size_t journal_record_size(size_t payload);

struct journal_segment {
	struct journal_segment *next;
	uint64_t number; /* from 1, ever growing: names the file */
	int fd;
	unsigned char *at; /* mapped; NULL: written full */
	size_t used;       /* header and records */
	size_t open;       /* records that are still needed */
};

/* "<folder>/<number>.seg" */
#define JOURNAL_PATH_MAX 1024
bool journal_segment_path(char out[JOURNAL_PATH_MAX], const char *folder,
    uint64_t number, struct err *err) MUST_USE;

/* A new file, or the one of `old`, which is used up by that, but not when it
 * fails.  NULL: it does. */
struct journal_segment *journal_segment_new(const char *folder, uint64_t number,
    struct journal_segment *old, struct err *err);
/* What was made and renamed in that folder is on the disk, too. */
bool journal_segment_sync_names(const char *folder, struct err *err) MUST_USE;
/* Closes it; the file stays.  NULL is fine. */
void journal_segment_free(struct journal_segment *s);
/* No more records: unmapped. */
void journal_segment_end(struct journal_segment *s, uint64_t journal);

size_t journal_segment_room(const struct journal_segment *s);
/* The record's position; there is room. */
int64_t journal_segment_put(struct journal_segment *s, uint64_t journal,
    uint16_t type, struct str payload);
/* All before that position is on the disk. */
void journal_segment_mark(struct journal_segment *s, int64_t synced);

/* The bytes of a file, as far as they are there. */
struct journal_image {
	const unsigned char *at;
	size_t size;
	uint64_t journal, number;
};
enum journal_header {
	JOURNAL_HEADER_GOOD = 0,
	JOURNAL_HEADER_BROKEN,
	JOURNAL_HEADER_NEWER, /* another version of us wrote it */
};
enum journal_header journal_image_header(const struct journal_image *i,
    int64_t *synced);
/* Whether a record stands there; `next` is where the one after it does. */
bool journal_image_record(const struct journal_image *i, size_t offset,
    uint16_t *type, struct str *payload, size_t *next);
/* The first record at or after that offset; false: there is none. */
bool journal_image_find(const struct journal_image *i, size_t *offset);

#endif
