/* Uploads in gzip and in other encodings become the same text. */
#include "api/import_plain.h"

#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define MAX (1 << 20)

static int
file_of(struct str text)
{
	int fd = memfd_create("import", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	return fd;
}

/* "plain" when the file is used as it is, else its text or the failure. */
static void
open_plain(struct str file, enum import_encoding encoding, int64_t max,
    struct buf *out)
{
	struct import_plain p = {file_of(file), "/tmp", encoding, max};
	struct err err;
	char block[4096];
	ssize_t n;
	int fd;

	buf_reset(out);
	if (!import_plain_open(&p, &fd, &err))
		buf_printf(out, "%s: %s", fail_name(err.kind), err.text);
	else if (fd < 0)
		buf_puts(out, "plain");
	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)n);
	if (fd >= 0)
		close(fd);
	close(p.fd);
}

#define S(text) STR(text)

static const struct {
	const char *label;
	struct str file;
	enum import_encoding encoding;
	const char *text;
} cases[] = {
    {"ASCII", S("email\na@b.c\n"), IMPORT_DETECT, "plain"},
    {"nothing", S(""), IMPORT_DETECT, "plain"},
    {"UTF-8", S("K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80"), IMPORT_DETECT,
	"plain"},
    {"UTF-8 with a mark", S("\xef\xbb\xbfK\xc3\xb6ln"), IMPORT_DETECT, "plain"},
    {"UTF-8 with a wrong byte", S("\xc3\xb6\xc3\xb6 \xff"), IMPORT_DETECT,
	"plain"},
    {"Windows-1252", S("K\xf6ln \x80 5\n"), IMPORT_DETECT,
	"K\xc3\xb6ln \xe2\x82\xac 5\n"},
    {"its last byte", S("K\xf6"), IMPORT_DETECT, "K\xc3\xb6"},
    {"what Windows-1252 does not have", S("\xf6\x81z"), IMPORT_DETECT,
	"\xc3\xb6\xef\xbf\xbdz"},
    {"told to be UTF-8", S("K\xf6ln"), IMPORT_UTF8, "plain"},
    {"told to be Windows-1252", S("\xc3\xb6"), IMPORT_WINDOWS_1252,
	"\xc3\x83\xc2\xb6"},
    {"UTF-16, little, mark",
	S("\xff\xfe"
	  "a\0\xf6\0\n\0"),
	IMPORT_DETECT,
	"\xef\xbb\xbf"
	"a\xc3\xb6\n"},
    {"UTF-16, big, mark", S("\xfe\xff\0a\0\xf6\0\n"), IMPORT_DETECT,
	"\xef\xbb\xbf"
	"a\xc3\xb6\n"},
    {"UTF-16, little", S("a\0b\0c\0\n\0"), IMPORT_DETECT, "abc\n"},
    {"UTF-16, big", S("\0a\0b\0c\0\n"), IMPORT_DETECT, "abc\n"},
    {"UTF-16, a pair", S("\xff\xfe\x3d\xd8\x00\xde"), IMPORT_DETECT,
	"\xef\xbb\xbf\xf0\x9f\x98\x80"},
    {"UTF-16, half a pair",
	S("\xff\xfe\x00\xde"
	  "a\0"),
	IMPORT_DETECT,
	"\xef\xbb\xbf\xef\xbf\xbd"
	"a"},
    {"UTF-16, half a unit",
	S("\xff\xfe"
	  "a\0b"),
	IMPORT_DETECT,
	"\xef\xbb\xbf"
	"a\xef\xbf\xbd"},
    {"no gzip inside",
	S("\x1f\x8b"
	  "abc"),
	IMPORT_DETECT, "input: the gzip data is damaged"},
};

static void
encodings(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, MAX);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		open_plain(cases[i].file, cases[i].encoding, MAX, &out);
		if (strcmp(buf_cstr(&out), cases[i].text) != 0)
			fail_msg("%s: %s, not %s", cases[i].label,
			    buf_cstr(&out), cases[i].text);
	}
	buf_release(&out);
}

static void
gzip(struct buf *out, struct str text)
{
	z_stream z = {0};
	char *room = buf_room(out, text.n + 1000);

	assert_non_null(room);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): zlib reads it only */
	z.next_in = (unsigned char *)(uintptr_t)text.p;
	z.avail_in = (unsigned)text.n;
	z.next_out = (unsigned char *)room;
	z.avail_out = (unsigned)text.n + 1000;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_used(out, z.total_out);
	deflateEnd(&z);
}

static void
unpacking(void **state)
{
	struct buf out, file;
	struct str all;
	size_t n;

	(void)state;
	buf_init(&out, MAX);
	buf_init(&file, MAX);
	gzip(&file, S("email\nK\xc3\xb6ln\n"));
	gzip(&file, S("second\n"));
	all = buf_view(&file);
	open_plain(all, IMPORT_DETECT, MAX, &out);
	assert_string_equal(buf_cstr(&out), "email\nK\xc3\xb6ln\nsecond\n");
	for (n = 2; n < all.n; n++) {
		open_plain(str_sub(all, 0, n), IMPORT_DETECT, MAX, &out);
		if (strcmp(buf_cstr(&out), "email\nK\xc3\xb6ln\n") != 0)
			assert_string_equal(buf_cstr(&out),
			    "input: the gzip data breaks off");
	}
	buf_reset(&file);
	gzip(&file, S("\xff\xfe"
		      "a\0\xf6\0"));
	open_plain(buf_view(&file), IMPORT_DETECT, MAX, &out);
	assert_string_equal(buf_cstr(&out), "\xef\xbb\xbf"
					    "a\xc3\xb6");
	buf_release(&out);
	buf_release(&file);
}

/* A few bytes that become many are stopped at the limit. */
static void
bomb(void **state)
{
	static char zeros[600000];
	struct buf out, file;

	(void)state;
	buf_init(&out, MAX);
	buf_init(&file, MAX);
	gzip(&file, (struct str){zeros, sizeof(zeros)});
	assert_true(file.n < 2000);
	open_plain(buf_view(&file), IMPORT_UTF8, sizeof(zeros), &out);
	assert_int_equal(out.n, sizeof(zeros));
	open_plain(buf_view(&file), IMPORT_UTF8, sizeof(zeros) - 1, &out);
	assert_string_equal(buf_cstr(&out), "limit: the file has more than "
					    "599999 bytes when it is unpacked");
	buf_release(&out);
	buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encodings),
	    cmocka_unit_test(unpacking),
	    cmocka_unit_test(bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
