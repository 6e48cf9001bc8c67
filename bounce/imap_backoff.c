#include "bounce/imap_backoff.h"

#include "lib/base/digest.h"

int64_t
imap_backoff_next(struct imap_backoff *b, int64_t asked_ms)
{
	int64_t wait = IMAP_BACKOFF_FIRST_MS;
	uint32_t luck;
	int i;

	for (i = 0; i < b->failures && wait < IMAP_BACKOFF_LAST_MS; i++)
		wait *= 2;
	if (wait > IMAP_BACKOFF_LAST_MS)
		wait = IMAP_BACKOFF_LAST_MS;
	if (b->failures < 30)
		b->failures++;
	random_bytes(&luck, sizeof(luck));
	wait = wait * (700 + luck % 601) / 1000;
	return wait > asked_ms ? wait : asked_ms;
}

void
imap_backoff_reset(struct imap_backoff *b)
{
	b->failures = 0;
}

/* The words as Exchange Online writes them. */
int64_t
imap_backoff_asked(struct str text)
{
	const struct str words = STR("suggested backoff time:");
	size_t at = str_find_nocase(text, words), digits = 0;
	int64_t ms;

	if (at == STR_NOWHERE)
		return -1;
	text = str_trim(str_from(text, at + words.n));
	while (
	    digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (digits > 18)
		return IMAP_BACKOFF_ASKED_MAX_MS;
	if (!str_to_i64(str_sub(text, 0, digits), &ms))
		return -1;
	return ms < IMAP_BACKOFF_ASKED_MAX_MS ? ms : IMAP_BACKOFF_ASKED_MAX_MS;
}
