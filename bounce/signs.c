#include "bounce/signs.h"

#include "bounce/signs_table.h"
#include "bounce/text_line.h"
#include "lib/mail/phrases.h"

#include <pthread.h>

/* Stand where the text begins and ends; no text has them. */
#define BEGIN '\x02'
#define END   '\x03'

/* Brackets and stars around subjects, full stops after wishes. */
#define AROUND "[](){}*#\"'.!- "

static struct phrases *phrases;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
build(void)
{
	phrases = phrases_new(sign_phrases, sign_phrase_count);
}

static struct str
bare(struct str text)
{
	text = text_trim(text);
	while (text.n > 0 && str_chr(STR(AROUND), text.p[0]) != STR_NOWHERE)
		text = str_from(text, 1);
	while (text.n > 0 &&
	       str_chr(STR(AROUND), text.p[text.n - 1]) != STR_NOWHERE)
		text.n--;
	return text;
}

unsigned
signs_find(struct str text)
{
	char marked[SIGNS_TEXT_MAX + 2];
	struct phrases_scan scan;
	unsigned found = 0;
	size_t n = 0;
	int place;

	(void)pthread_once(&once, build);
	text = str_fit(bare(text), SIGNS_TEXT_MAX);
	if (text.n == 0)
		return 0;
	marked[n++] = BEGIN;
	memcpy(marked + n, text.p, text.n);
	n += text.n;
	marked[n++] = END;
	phrases_scan_init(&scan, phrases, (struct str){marked, n});
	while ((place = phrases_next(&scan)) >= 0)
		found |= sign_phrase_signs[place];
	return found;
}
