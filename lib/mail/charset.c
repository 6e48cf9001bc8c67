#include "lib/mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <unistr.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* windows-1252, 0x80 to 0x9f; 0 stands for U+FFFD. */
static const uint16_t cp1252_high[32] = {
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, /* 80 */
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,      /* 88 */
    0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, /* 90 */
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178, /* 98 */
};

static ucs4_t
cp1252(unsigned char c)
{
	return c >= 0x80 && c < 0xa0 ? cp1252_high[c - 0x80] : c;
}

/* The eight places where ISO-8859-15 differs from ISO-8859-1. */
static ucs4_t
latin9(unsigned char c)
{
	switch (c) {
	case 0xa4: return 0x20ac;
	case 0xa6: return 0x0160;
	case 0xa8: return 0x0161;
	case 0xb4: return 0x017d;
	case 0xb8: return 0x017e;
	case 0xbc: return 0x0152;
	case 0xbd: return 0x0153;
	case 0xbe: return 0x0178;
	default: return cp1252(c);
	}
}

typedef ucs4_t (*octet_map)(unsigned char);

/* Names that mail uses, and what reads them: a map, or iconv by a name.
 * Neither: UTF-8. */
static const struct charset {
	const char *name;
	octet_map map;
	const char *iconv;
} charsets[] = {
    {"us-ascii", NULL, NULL},
    {"utf-8", NULL, NULL},
    {"iso-8859-1", cp1252, NULL},
    {"latin1", cp1252, NULL},
    {"windows-1252", cp1252, NULL},
    {"cp1252", cp1252, NULL},
    {"iso-8859-15", latin9, NULL},
    {"iso-8859-2", NULL, "ISO-8859-2"},
    {"iso-8859-3", NULL, "ISO-8859-3"},
    {"iso-8859-4", NULL, "ISO-8859-4"},
    {"iso-8859-5", NULL, "ISO-8859-5"},
    {"iso-8859-6", NULL, "ISO-8859-6"},
    {"iso-8859-7", NULL, "ISO-8859-7"},
    {"iso-8859-8", NULL, "ISO-8859-8"},
    {"iso-8859-8-i", NULL, "ISO-8859-8"},
    {"iso-8859-9", NULL, "CP1254"},
    {"iso-8859-10", NULL, "ISO-8859-10"},
    {"iso-8859-13", NULL, "ISO-8859-13"},
    {"iso-8859-14", NULL, "ISO-8859-14"},
    {"iso-8859-16", NULL, "ISO-8859-16"},
    {"windows-1250", NULL, "CP1250"},
    {"windows-1251", NULL, "CP1251"},
    {"windows-1253", NULL, "CP1253"},
    {"windows-1254", NULL, "CP1254"},
    {"windows-1255", NULL, "CP1255"},
    {"windows-1256", NULL, "CP1256"},
    {"windows-1257", NULL, "CP1257"},
    {"windows-1258", NULL, "CP1258"},
    {"windows-874", NULL, "CP874"},
    {"tis-620", NULL, "CP874"},
    {"koi8-r", NULL, "KOI8-R"},
    {"koi8-u", NULL, "KOI8-U"},
    {"macintosh", NULL, "MACINTOSH"},
    {"gb2312", NULL, "GB18030"},
    {"gbk", NULL, "GB18030"},
    {"gb18030", NULL, "GB18030"},
    {"big5", NULL, "BIG5-HKSCS"},
    {"euc-jp", NULL, "EUC-JP"},
    {"shift_jis", NULL, "CP932"},
    {"windows-31j", NULL, "CP932"},
    {"iso-2022-jp", NULL, "ISO-2022-JP"},
    {"euc-kr", NULL, "CP949"},
    {"ks_c_5601-1987", NULL, "CP949"},
    {"iso-2022-kr", NULL, "ISO-2022-KR"},
};

static const struct charset *
charset_find(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(charsets); i++)
		if (str_eq_nocase(name, str_of(charsets[i].name)))
			return &charsets[i];
	return &charsets[0];
}

static void
from_map(struct buf *out, struct str bytes, octet_map map)
{
	uint8_t character[6];
	ucs4_t c;
	size_t i;
	int n;

	for (i = 0; i < bytes.n; i++) {
		c = map((unsigned char)bytes.p[i]);
		if (c == 0 && bytes.p[i] != '\0')
			c = 0xfffd;
		n = u8_uctomb(character, c, sizeof(character));
		buf_add(out, character, (size_t)n);
	}
}

static void
from_utf8(struct buf *out, struct str bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.p;
	size_t i = 0, sound = 0;
	ucs4_t c;
	int step;

	while (i < bytes.n) {
		step = u8_mbtoucr(&c, p + i, bytes.n - i);
		if (step > 0) {
			i += (size_t)step;
			continue;
		}
		buf_add(out, p + sound, i - sound);
		buf_puts(out, REPLACEMENT);
		sound = ++i;
	}
	buf_str(out, str_from(bytes, sound));
}

static void
from_iconv(struct buf *out, struct str bytes, iconv_t cd)
{
	char piece[512], *to, *from, *in = str_dup(bytes);
	size_t left = bytes.n, room, n;

	from = in;
	while (left > 0) {
		to = piece;
		room = sizeof(piece);
		n = iconv(cd, &from, &left, &to, &room);
		buf_add(out, piece, sizeof(piece) - room);
		if (n != (size_t)-1 || errno == E2BIG)
			continue;
		buf_puts(out, REPLACEMENT);
		from++;
		left--;
	}
	free(in);
}

void
charset_to_utf8(struct buf *out, struct str charset, struct str bytes)
{
	const struct charset *c = charset_find(charset);
	iconv_t cd = NULL;

	if (c->map != NULL) {
		from_map(out, bytes, c->map);
		return;
	}
	if (c->iconv != NULL)
		cd = iconv_open("UTF-8", c->iconv);
	if (cd == NULL || (intptr_t)cd == -1) {
		from_utf8(out, bytes);
		return;
	}
	from_iconv(out, bytes, cd);
	iconv_close(cd);
}
