#include "lib/mail/token.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"

#include <assert.h>

/* Offsets in the bytes that the characters stand for. */
#define AT_DELIVERY 1
#define AT_DAY      9
#define AT_MAC      11
#define TOKEN_BYTES 21
#define MAC_BYTES   (TOKEN_BYTES - AT_MAC)

/* How many places in one text are tried before it counts as holding none. */
#define TRIES_MAX 64

/* What else is signed has a name in front: "click" or nothing. */
#define PURPOSE_MAX 8

static void
token_mac(unsigned char mac[SHA256_SIZE], const unsigned char key[KEY_SIZE],
    struct str purpose, const unsigned char *bytes)
{
	unsigned char input[PURPOSE_MAX + AT_MAC];

	assert(purpose.n <= PURPOSE_MAX);
	memcpy(input, purpose.p, purpose.n);
	memcpy(input + purpose.n, bytes, AT_MAC);
	hmac_sha256(mac, (struct str){(const char *)key, KEY_SIZE},
	    (struct str){(const char *)input, purpose.n + AT_MAC});
}

static void
put_number(unsigned char *at, uint64_t value, size_t n)
{
	while (n-- > 0) {
		at[n] = (unsigned char)value;
		value >>= 8;
	}
}

static uint64_t
get_number(const unsigned char *at, size_t n)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < n; i++)
		value = value << 8 | at[i];
	return value;
}

static void
make(char out[TOKEN_LEN + 1], const struct keyring *ring, struct str purpose,
    const struct token *t)
{
	unsigned char bytes[TOKEN_BYTES], mac[SHA256_SIZE];
	struct buf text;

	assert(ring->count > 0 && t->delivery > 0);
	assert(t->day >= 0 && t->day <= UINT16_MAX);
	bytes[0] = ring->keys[0].id;
	put_number(bytes + AT_DELIVERY, (uint64_t)t->delivery, 8);
	put_number(bytes + AT_DAY, (uint64_t)t->day, 2);
	token_mac(mac, ring->keys[0].token, purpose, bytes);
	memcpy(bytes + AT_MAC, mac, MAC_BYTES);
	buf_init_in(&text, out, TOKEN_LEN + 1);
	base32_encode(&text, (struct str){(const char *)bytes, TOKEN_BYTES});
	assert(text.n == TOKEN_LEN);
}

void
token_make(char out[TOKEN_LEN + 1], const struct keyring *ring,
    const struct token *t)
{
	make(out, ring, STR(""), t);
}

void
token_make_click(char out[TOKEN_LEN + 1], const struct keyring *ring,
    const struct token *t)
{
	make(out, ring, STR("click"), t);
}

/* The bytes of a text that has the right form. */
static bool
token_bytes(unsigned char bytes[TOKEN_BYTES], struct str text)
{
	struct buf decoded;
	bool ok;

	if (text.n != TOKEN_LEN)
		return false;
	buf_init(&decoded, TOKEN_BYTES);
	ok = base32_decode(&decoded, text) && decoded.n == TOKEN_BYTES;
	if (ok)
		memcpy(bytes, decoded.p, TOKEN_BYTES);
	buf_release(&decoded);
	return ok;
}

/* The key that signs what has this id; NULL: not ours. */
static const unsigned char *
token_key(const struct keyring *ring, uint8_t id)
{
	int i;

	for (i = 0; i < ring->count; i++)
		if (ring->keys[i].id == id)
			return ring->keys[i].token;
	return NULL;
}

static bool
mac_holds(const unsigned char *bytes, struct str purpose,
    const unsigned char key[KEY_SIZE])
{
	unsigned char mac[SHA256_SIZE];

	token_mac(mac, key, purpose, bytes);
	return equal_secret((struct str){(const char *)mac, MAC_BYTES},
	    (struct str){(const char *)bytes + AT_MAC, MAC_BYTES});
}

static bool
open_as(struct token *t, const struct keyring *ring, struct str purpose,
    struct str text)
{
	unsigned char bytes[TOKEN_BYTES];
	const unsigned char *key;

	if (!token_bytes(bytes, text))
		return false;
	key = token_key(ring, bytes[0]);
	if (key == NULL || !mac_holds(bytes, purpose, key))
		return false;
	t->delivery = (int64_t)get_number(bytes + AT_DELIVERY, 8);
	t->day = (int)get_number(bytes + AT_DAY, 2);
	return true;
}

bool
token_open(struct token *t, const struct keyring *ring, struct str text)
{
	return open_as(t, ring, STR(""), text);
}

bool
token_open_click(struct token *t, const struct keyring *ring, struct str text)
{
	return open_as(t, ring, STR("click"), text);
}

static bool
in_alphabet(char c)
{
	c = str_lower_char(c);
	return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

/* An address may be percent-encoded ("%2Btoken"), so that letters and digits
 * touch the token: every place of a run is tried. */
bool
token_find(struct token *t, const struct keyring *ring, struct str text)
{
	size_t i, run = 0;
	int tries = 0;

	for (i = 0; i < text.n && tries < TRIES_MAX; i++) {
		run = in_alphabet(text.p[i]) ? run + 1 : 0;
		if (run < TOKEN_LEN)
			continue;
		tries++;
		if (token_open(t, ring,
			str_sub(text, i + 1 - TOKEN_LEN, TOKEN_LEN)))
			return true;
	}
	return false;
}
