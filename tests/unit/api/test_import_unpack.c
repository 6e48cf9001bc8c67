/* The one file of a ZIP comes out, and nothing of one that is not what it
 * says. */
#include "api/import_plain.h"

#include "api/import_unpack.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define MAX  (32 << 20)
#define TEXT "email,name\nann@example.com,Ann\nbob@example.com,Bob\n"

/* A row of the list, as it is to be told. */
struct member {
	const char *name;
	struct str text;
	bool stored, encrypted, wrong_sum;
	int more; /* added to what its size is told to be */
};

static struct buf zip, list, out;

static void
put(struct buf *b, uint32_t v, size_t n)
{
	for (; n > 0; n--, v >>= 8)
		buf_char(b, (char)(v & 0xff));
}

static struct str
pack(const struct member *m)
{
	static char packed[MAX / 8];
	z_stream z = {0};

	if (m->stored)
		return m->text;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, 0), Z_OK);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): zlib reads it only */
	z.next_in = (unsigned char *)(uintptr_t)m->text.p;
	z.avail_in = (unsigned)m->text.n;
	z.next_out = (unsigned char *)packed;
	z.avail_out = sizeof(packed);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return (struct str){packed, z.total_out};
}

/* What the head of a file and its row have in common. */
static void
put_facts(struct buf *b, const struct member *m, struct str packed)
{
	put(b, 20, 2);
	put(b, m->encrypted, 2);
	put(b, m->stored ? 0 : 8, 2);
	put(b, 0, 4);
	put(b,
	    (uint32_t)crc32(0, (const unsigned char *)m->text.p,
		(unsigned)m->text.n) +
		m->wrong_sum,
	    4);
	put(b, (uint32_t)packed.n, 4);
	put(b, (uint32_t)m->text.n + (uint32_t)m->more, 4);
	put(b, (uint32_t)strlen(m->name), 2);
	put(b, 0, 2);
}

static void
add(const struct member *m)
{
	uint32_t at = (uint32_t)zip.n;
	struct str packed = pack(m);

	buf_puts(&zip, "PK\3\4");
	put_facts(&zip, m, packed);
	buf_puts(&zip, m->name);
	buf_str(&zip, packed);
	buf_puts(&list, "PK\1\2");
	put(&list, 20, 2);
	put_facts(&list, m, packed);
	put(&list, 0, 10);
	put(&list, at, 4);
	buf_puts(&list, m->name);
}

static void
finish(const char *comment)
{
	uint32_t at = (uint32_t)zip.n;

	buf_str(&zip, buf_view(&list));
	buf_puts(&zip, "PK\5\6");
	put(&zip, 0, 8);
	put(&zip, (uint32_t)list.n, 4);
	put(&zip, at, 4);
	put(&zip, (uint32_t)strlen(comment), 2);
	buf_puts(&zip, comment);
}

static void
make(const struct member *members, const char *comment)
{
	buf_reset(&zip);
	buf_reset(&list);
	for (; members->name != NULL; members++)
		add(members);
	finish(comment);
}

/* The text, or the failure. */
static const char *
unpack(struct str file)
{
	struct import_plain p = {memfd_create("zip", 0), "/tmp", IMPORT_UTF8,
	    MAX};
	struct err err;
	static char block[65536];
	ssize_t n;
	int fd;

	buf_reset(&out);
	assert_int_equal(write(p.fd, file.p, file.n), file.n);
	if (!import_plain_open(&p, &fd, &err))
		buf_puts(&out, err.text);
	else if (fd < 0)
		buf_puts(&out, "plain");
	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		buf_add(&out, block, (size_t)n);
	if (fd >= 0)
		close(fd);
	close(p.fd);
	return buf_cstr(&out);
}

#define ONE(n, t) .name = (n), .text = STR(t)
#define PEOPLE    ONE("people.csv", TEXT)

static const struct {
	const char *label, *comment;
	struct member members[4];
	const char *text;
} cases[] = {
    {"deflated", "", {{PEOPLE}}, TEXT},
    {"as it is", "", {{PEOPLE, .stored = true}}, TEXT},
    {"in a folder, with a comment", "PK\5\6 hello",
	{{ONE("x/", "")}, {ONE("x/people.csv", TEXT)}}, TEXT},
    {"as macOS makes them", "",
	{{PEOPLE}, {ONE("__MACOSX/._people.csv", "x")},
	    {ONE(".DS_Store", "y")}},
	TEXT},
    {"empty", "", {{ONE("people.csv", "")}}, ""},
    {"two files", "", {{PEOPLE}, {ONE("b.csv", "email\n")}},
	"the ZIP holds more than one file"},
    {"no file", "", {{ONE("x/", "")}}, "the ZIP holds no file"},
    {"encrypted", "", {{PEOPLE, .encrypted = true}}, "the ZIP is encrypted"},
    {"another sum", "", {{PEOPLE, .wrong_sum = true}},
	"the ZIP data is damaged"},
    {"shorter than told", "", {{PEOPLE, .more = 1}}, "the ZIP data is damaged"},
    {"longer than told", "", {{PEOPLE, .more = -1}}, "the ZIP data is damaged"},
};

static void
kinds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		make(cases[i].members, cases[i].comment);
		if (strcmp(unpack(buf_view(&zip)), cases[i].text) != 0)
			fail_msg("%s: %s", cases[i].label, buf_cstr(&out));
	}
}

/* Whatever is cut off or changed: the text, or a failure. */
static void
damage(void **state)
{
	static const struct member one[] = {{PEOPLE}, {0}};
	const char *got;
	size_t i;
	int bit, good = 0;

	(void)state;
	make(one, "");
	for (i = 4; i < zip.n; i++) {
		got = unpack(str_sub(buf_view(&zip), 0, i));
		assert_string_equal(got, "the ZIP is damaged or breaks off");
	}
	for (i = 4; i < zip.n; i++)
		for (bit = 0; bit < 8; bit++) {
			zip.p[i] = (char)(zip.p[i] ^ 1 << bit);
			got = unpack(buf_view(&zip));
			good += strcmp(got, TEXT) == 0;
			if (strcmp(got, TEXT) != 0 &&
			    !str_starts(str_of(got), STR("the ")))
				fail_msg("byte %zu: %s", i, got);
			zip.p[i] = (char)(zip.p[i] ^ 1 << bit);
		}
	assert_in_range(good, 100, 8 * zip.n); /* names, dates, versions */
}

static void
bombs(void **state)
{
	const size_t bytes = 24 << 20;
	char *zeros = mem_zero(1, bytes);
	struct member one[] = {{.name = "a.csv", .text = {zeros, bytes}}, {0}};

	(void)state;
	make(one, "");
	assert_in_range(zip.n, 10000, IMPORT_SMALL_BYTES / IMPORT_RATIO_MAX);
	assert_string_equal(unpack(buf_view(&zip)),
	    "the file has more than 16777216 bytes when it is unpacked");
	one[0].text.n = IMPORT_SMALL_BYTES;
	make(one, "");
	unpack(buf_view(&zip));
	assert_int_equal(out.n, IMPORT_SMALL_BYTES);
	free(zeros);
	buf_reset(&zip); /* a list of very many */
	buf_reset(&list);
	while (list.n <= IMPORT_ZIP_LIST_MAX)
		add(&(struct member){ONE("x", "")});
	finish("");
	assert_string_equal(unpack(buf_view(&zip)),
	    "the ZIP has too many files, or is too large");
}

static int
begin(void **state)
{
	(void)state;
	buf_init(&zip, MAX);
	buf_init(&list, MAX);
	buf_init(&out, MAX);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_release(&zip);
	buf_release(&list);
	buf_release(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds),
	    cmocka_unit_test(damage),
	    cmocka_unit_test(bombs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
