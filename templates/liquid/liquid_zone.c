/*
 * liquid_zone.c - TZif files (RFC 8536) as tables of changes.
 *
 *   header v1, data block v1 (skipped), header v2+, data block: times of
 *   changes, which kind of local time begins at each, the kinds (offset,
 *   summer, name), names, leap seconds (there must be none), two rows of
 *   flags; then "\n" TZ text "\n".
 */
#include "templates/liquid/liquid_zone.h"

#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "templates/liquid/liquid_zone_rule.h"

#include <pthread.h>
#include <stdatomic.h>

#define HEADER_SIZE 44
#define KIND_SIZE   6
#define KINDS_MAX   256

struct zone {
	struct zone *next; /* in the list of those that are kept */
	char name[ZONE_NAME_MAX + 1];
	uint32_t count;
	int64_t *times;  /* count of them, rising */
	int32_t *offset; /* from that time on */
	int32_t first;   /* before all of them */
	bool has_rule;   /* after the last */
	struct zone_rule rule;
};

struct counts {
	uint32_t utc, standard, leap, times, kinds, names;
};

static _Atomic(struct zone *) zones;
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t zones_count;

static uint32_t
be32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static int64_t
be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Takes the header; counts are bounded by the size of a file. */
static bool
take_header(struct str *file, struct counts *c)
{
	const char *p = file->p + 20;
	const uint32_t most = ZONE_FILE_MAX;

	if (file->n < HEADER_SIZE || !str_starts(*file, STR("TZif")) ||
	    file->p[4] < '2')
		return false;
	*c = (struct counts){be32(p), be32(p + 4), be32(p + 8), be32(p + 12),
	    be32(p + 16), be32(p + 20)};
	*file = str_from(*file, HEADER_SIZE);
	return c->utc <= most && c->standard <= most && c->leap <= most &&
	       c->times <= most && c->kinds <= most && c->names <= most;
}

static size_t
block_size(const struct counts *c, size_t time_size)
{
	return c->times * (time_size + 1) + (size_t)c->kinds * KIND_SIZE +
	       c->names + c->leap * (time_size + 4) + c->standard + c->utc;
}

static bool
read_kinds(const char *p, uint32_t n, int32_t *offsets)
{
	uint32_t i;

	for (i = 0; i < n; i++, p += KIND_SIZE) {
		offsets[i] = (int32_t)be32(p);
		if (offsets[i] > ZONE_OFFSET_MAX ||
		    offsets[i] < -ZONE_OFFSET_MAX || (unsigned char)p[4] > 1)
			return false;
	}
	return true;
}

static bool
read_changes(struct zone *z, const struct counts *c, struct str block)
{
	const char *which = block.p + c->times * sizeof(int64_t);
	int32_t offsets[KINDS_MAX];
	uint32_t i, kind;

	if (!read_kinds(which + c->times, c->kinds, offsets))
		return false;
	z->first = offsets[0];
	z->count = c->times;
	z->times = mem_alloc((c->times + 1) * sizeof(*z->times));
	z->offset = mem_alloc((c->times + 1) * sizeof(*z->offset));
	for (i = 0; i < c->times; i++) {
		z->times[i] = be64(block.p + i * sizeof(int64_t));
		kind = (unsigned char)which[i];
		if (kind >= c->kinds ||
		    (i > 0 && z->times[i] <= z->times[i - 1]))
			return false;
		z->offset[i] = offsets[kind];
	}
	return true;
}

/* "\n" TZ "\n", and nothing behind it; TZ may be empty. */
static bool
read_footer(struct zone *z, struct str footer)
{
	if (footer.n < 2 || footer.p[0] != '\n' ||
	    str_chr(str_from(footer, 1), '\n') != footer.n - 2)
		return false;
	footer = str_sub(footer, 1, footer.n - 2);
	z->has_rule = footer.n > 0;
	return !z->has_rule || zone_rule_parse(&z->rule, footer);
}

static bool
parse(struct zone *z, struct str file)
{
	struct counts c;
	size_t size;

	if (!take_header(&file, &c) || block_size(&c, sizeof(int32_t)) > file.n)
		return false;
	file = str_from(file, block_size(&c, sizeof(int32_t)));
	if (!take_header(&file, &c))
		return false;
	size = block_size(&c, sizeof(int64_t));
	return size <= file.n && c.leap == 0 && c.kinds >= 1 &&
	       c.kinds <= KINDS_MAX && c.times <= ZONE_CHANGES_MAX &&
	       read_changes(z, &c, file) &&
	       read_footer(z, str_from(file, size));
}

struct zone *
zone_parse(struct str file)
{
	struct zone *z = NEW(struct zone);

	if (file.n <= ZONE_FILE_MAX && parse(z, file))
		return z;
	zone_free(z);
	return NULL;
}

void
zone_free(struct zone *zone)
{
	if (zone == NULL)
		return;
	free(zone->times);
	free(zone->offset);
	free(zone);
}

int
zone_offset_at(const struct zone *zone, int64_t unix_s)
{
	uint32_t low = 0, high = zone->count, middle;

	if (zone->count == 0)
		return zone->has_rule ? zone_rule_offset(&zone->rule, unix_s)
				      : zone->first;
	if (unix_s >= zone->times[zone->count - 1] && zone->has_rule)
		return zone_rule_offset(&zone->rule, unix_s);
	while (low < high) {
		middle = (low + high) / 2;
		if (zone->times[middle] <= unix_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? zone->offset[low - 1] : zone->first;
}

/* Parts of letters, digits, '_', '+' and '-' with one '/' between them: no
 * dot, so that nothing leads out of the folder. */
static bool
name_is_good(struct str name)
{
	size_t i;

	if (name.n == 0 || name.n > ZONE_NAME_MAX)
		return false;
	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '/' ? i == 0 || i + 1 == name.n || name.p[i - 1] == '/'
			     : c == '\0' ||
				   strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
					  "ijklmnopqrstuvwxyz0123456789_+-",
				       c) == NULL)
			return false;
	}
	return true;
}

static struct zone *
load(struct str name, struct err *err)
{
	char path[sizeof(ZONE_FOLDER) + ZONE_NAME_MAX];
	struct zone *zone = NULL;
	struct err why = {0};
	struct buf file;

	snprintf(path, sizeof(path), ZONE_FOLDER "%.*s", STR_ARG(name));
	buf_init(&file, ZONE_FILE_MAX);
	if (file_read(path, &file, &why))
		zone = zone_parse(buf_view(&file));
	buf_release(&file);
	if (zone == NULL) {
		err_set(err, FAIL_MISSING, "unknown time zone '%.*s'",
		    STR_ARG(name));
		return NULL;
	}
	memcpy(zone->name, name.p, name.n);
	return zone;
}

static const struct zone *
find_kept(struct str name)
{
	struct zone *z = atomic_load_explicit(&zones, memory_order_acquire);

	for (; z != NULL; z = z->next)
		if (str_eq(name, str_of(z->name)))
			return z;
	return NULL;
}

/* Two threads that want the same one may both read it; one is kept. */
static const struct zone *
keep(struct zone *zone, struct err *err)
{
	const struct zone *kept;

	pthread_mutex_lock(&zones_lock);
	kept = find_kept(str_of(zone->name));
	if (kept == NULL && zones_count < ZONES_MAX) {
		zones_count++;
		zone->next = atomic_load(&zones);
		atomic_store_explicit(&zones, zone, memory_order_release);
		kept = zone;
	}
	pthread_mutex_unlock(&zones_lock);
	if (kept == NULL)
		err_set(err, FAIL_LIMIT, "more than %d time zones", ZONES_MAX);
	if (kept != zone)
		zone_free(zone);
	return kept;
}

const struct zone *
zone_find(struct str name, struct err *err)
{
	const struct zone *kept;
	struct zone *zone;

	if (!name_is_good(name)) {
		err_set(err, FAIL_INPUT, "'%.*s' is no name of a time zone",
		    (int)(name.n < ZONE_NAME_MAX ? name.n : ZONE_NAME_MAX),
		    name.p != NULL ? name.p : "");
		return NULL;
	}
	kept = find_kept(name);
	if (kept != NULL)
		return kept;
	zone = load(name, err);
	return zone != NULL ? keep(zone, err) : NULL;
}
