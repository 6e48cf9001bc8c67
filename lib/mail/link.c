#include "lib/mail/link.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/mail/token.h"

#define SIGNATURE_BYTES 10
#define INPUT_SIZE      (LINK_TARGET_MAX + 128)

/* "link:NUMBER:TOKEN:TARGET": no token's own MAC has such an input. */
static bool
signature_of(char out[LINK_SIGNATURE_LEN + 1],
    const unsigned char key[KEY_SIZE], struct str token, uint32_t number,
    struct str target)
{
	unsigned char mac[SHA256_SIZE];
	char memory[INPUT_SIZE];
	struct buf text;

	if (token.n != TOKEN_LEN || target.n > LINK_TARGET_MAX)
		return false;
	buf_init_in(&text, memory, sizeof(memory));
	buf_puts(&text, "link:");
	buf_int(&text, number);
	buf_char(&text, ':');
	buf_str(&text, token);
	buf_char(&text, ':');
	buf_str(&text, target);
	hmac_sha256(mac, (struct str){(const char *)key, KEY_SIZE},
	    buf_view(&text));
	buf_init_in(&text, out, LINK_SIGNATURE_LEN + 1);
	base32_encode(&text, (struct str){(const char *)mac, SIGNATURE_BYTES});
	return true;
}

bool
link_sign(char out[LINK_SIGNATURE_LEN + 1], const struct keyring *ring,
    struct str token, uint32_t number, struct str target)
{
	return ring->count > 0 &&
	       signature_of(out, ring->keys[0].token, token, number, target);
}

bool
link_verify(const struct keyring *ring, struct str token, uint32_t number,
    struct str target, struct str signature)
{
	char ours[LINK_SIGNATURE_LEN + 1];
	bool found = false;
	int i;

	for (i = 0; i < ring->count; i++)
		if (signature_of(ours, ring->keys[i].token, token, number,
			target) &&
		    equal_secret(str_of(ours), signature))
			found = true;
	return found;
}
