#include "templates/liquid/plain_run.h"

#include "templates/html/entity.h"

#ifdef __SSE2__
#include <emmintrin.h>

#define BLOCK 16

static __m128i
equal(__m128i bytes, char c)
{
	return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

/* A bit for each of the sixteen bytes: it stops a string. */
static unsigned
json_stops(const char *p, unsigned *high)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i control = _mm_cmpeq_epi8(
	    _mm_max_epu8(bytes, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
	__m128i stops = _mm_or_si128(control,
	    _mm_or_si128(equal(bytes, '"'), equal(bytes, '\\')));

	*high = (unsigned)_mm_movemask_epi8(bytes);
	return (unsigned)_mm_movemask_epi8(stops);
}

static unsigned
html_stops(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* " is 0x22, & 0x26, ' 0x27; < is 0x3c, > 0x3e */
	__m128i quotes = _mm_or_si128(equal(bytes, '"'),
	    equal(_mm_or_si128(bytes, _mm_set1_epi8(1)), '\''));
	__m128i angles = equal(_mm_or_si128(bytes, _mm_set1_epi8(2)), '>');

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(quotes, angles));
}

/* first <= byte <= last, both ASCII */
static __m128i
between(__m128i bytes, char first, char last)
{
	__m128i low = _mm_max_epu8(bytes, _mm_set1_epi8(first));
	__m128i both = _mm_min_epu8(low, _mm_set1_epi8(last));

	return _mm_cmpeq_epi8(bytes, both);
}

static unsigned
url_stops(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
	/* '-' '.' '/' and digits follow each other */
	__m128i fine =
	    _mm_or_si128(between(lower, 'a', 'z'), between(bytes, '-', '9'));

	fine = _mm_or_si128(fine, equal(bytes, '_'));
	fine = _mm_or_si128(fine,
	    equal(_mm_or_si128(bytes, _mm_set1_epi8(2)), '?'));
	return ~(unsigned)_mm_movemask_epi8(fine) & 0xffffU;
}
#else
#define BLOCK 8
#define EACH  0x0101010101010101ULL

/* Each byte of the result has its high bit set where w has a zero byte; what
 * follows the first such byte may be wrong. */
static uint64_t
zero_bytes(uint64_t w)
{
	return (w - EACH) & ~w & 0x80 * EACH;
}

/* As a bit a byte, the first byte lowest: right up to the lowest. */
static unsigned
bits(uint64_t w)
{
	unsigned i, out = 0;

	for (i = 0; i < BLOCK; i++)
		out |= (unsigned)(w >> (8 * i + 7) & 1) << i;
	return out;
}

static uint64_t
load(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	uint64_t w = 0;
	unsigned i;

	for (i = 0; i < BLOCK; i++)
		w |= (uint64_t)b[i] << 8 * i;
	return w;
}

static unsigned
json_stops(const char *p, unsigned *high)
{
	uint64_t w = load(p);

	*high = bits(w & 0x80 * EACH);
	return bits(zero_bytes(w ^ '"' * EACH) | zero_bytes(w ^ '\\' * EACH) |
		    ((w - 0x20 * EACH) & ~w & 0x80 * EACH));
}

static unsigned
html_stops(const char *p)
{
	uint64_t w = load(p);

	return bits(zero_bytes(w ^ '"' * EACH) |
		    zero_bytes((w | EACH) ^ '\'' * EACH) |
		    zero_bytes((w | 2 * EACH) ^ '>' * EACH));
}
/* Left to who asks. */
static unsigned
url_stops(const char *p)
{
	(void)p;
	return 1;
}
#endif

size_t
plain_run_json(const char *p, size_t n, bool *high)
{
	unsigned stops, seen, below, all = 0;
	size_t i = 0;

	for (; n - i >= BLOCK; i += BLOCK) {
		stops = json_stops(p + i, &seen);
		if (stops != 0) {
			below = (stops & -stops) - 1;
			*high |= ((seen & below) | all) != 0;
			return i + (size_t)__builtin_ctz(stops);
		}
		all |= seen;
	}
	for (; i < n && p[i] != '"' && p[i] != '\\' &&
	       (unsigned char)p[i] >= 0x20;
	     i++)
		all |= (unsigned char)p[i] & 0x80;
	*high |= all != 0;
	return i;
}

size_t
plain_run_html(const char *p, size_t n)
{
	size_t i = 0;
	unsigned stops;

	for (; n - i >= BLOCK; i += BLOCK) {
		stops = html_stops(p + i);
		if (stops != 0)
			return i + (size_t)__builtin_ctz(stops);
	}
	while (i < n && entity_special[(unsigned char)p[i]] == 0)
		i++;
	return i;
}

size_t
plain_run_url(const char *p, size_t n)
{
	size_t i = 0;
	unsigned stops;

	for (; n - i >= BLOCK; i += BLOCK) {
		stops = url_stops(p + i);
		if (stops != 0)
			return i + (size_t)__builtin_ctz(stops);
	}
	return i;
}
