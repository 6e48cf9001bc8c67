/*
 * keyring.h - the master keys of an installation, and what is derived.
 *
 * The key file (setting key_file, mode 0600) has one line a key:
 * `<id> <64 hex digits>`, id 1..255, the highest id being the current one.
 * It is made with one random key when it does not exist.  From a master key,
 * one key a purpose is derived by HMAC-SHA-256 over the purpose's name, so
 * that no two uses share a key.  Old keys stay in the file for what was
 * signed or sealed with them.
 *
 * Immutable after loading; may be shared by threads.
 */
#ifndef BASE_KEYRING_H
#define BASE_KEYRING_H

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"

#define KEY_SIZE    32
#define KEYRING_MAX 16

struct keyring {
	int count;
	struct {
		uint8_t id;
		unsigned char seal[KEY_SIZE];  /* purpose "volley seal" */
		unsigned char token[KEY_SIZE]; /* purpose "volley token" */
	} keys[KEYRING_MAX];                   /* the current key first */
	/* Of the oldest key, purpose "volley person": by it people who were
	 * erased are known again.  It has to stay in the file. */
	struct hmac_halves person;
};

/* Refuses a file that others may read.  Two first starts at once end with
 * the same key (O_EXCL, then read). */
bool keyring_load(struct keyring *ring, const char *path,
    struct err *err) MUST_USE;
void keyring_wipe(struct keyring *ring);

/* Secrets at rest: xchacha20poly1305, key id first, then nonce, then
 * ciphertext.  `identity` is bound as associated data ("smtp_account:7"), so
 * that a sealed value cannot be moved to another row. */
#define SEAL_PLAIN_MAX (1U << 20)
void seal(const struct keyring *ring, struct str identity, struct str plain,
    struct buf *out);
bool unseal(const struct keyring *ring, struct str identity, struct str sealed,
    struct buf *out, struct err *err) MUST_USE;

#endif
