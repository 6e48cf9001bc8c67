#include "lib/base/keyring.h"

#include "lib/base/encode.h"
#include "lib/base/file.h"

#include <sodium.h>

#define FILE_BYTES_MAX 8192
#define NONCE_SIZE     crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE       crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD_SIZE      (1 + NONCE_SIZE)

_Static_assert(KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    "seal key");
_Static_assert(KEY_SIZE == SHA256_SIZE, "derived key");

/* Keeps the keys in order, the highest id first. */
static bool
add_key(struct keyring *ring, uint8_t id, struct str master)
{
	unsigned char person[SHA256_SIZE];
	int at = 0;

	while (at < ring->count && ring->keys[at].id > id)
		at++;
	if (ring->count == KEYRING_MAX ||
	    (at < ring->count && ring->keys[at].id == id))
		return false;
	memmove(&ring->keys[at + 1], &ring->keys[at],
	    (size_t)(ring->count - at) * sizeof(ring->keys[0]));
	ring->keys[at].id = id;
	hmac_sha256(ring->keys[at].seal, master, STR("volley seal"));
	hmac_sha256(ring->keys[at].token, master, STR("volley token"));
	if (at == ring->count) { /* the oldest so far */
		hmac_sha256(person, master, STR("volley person"));
		hmac_sha256_halves(&ring->person,
		    (struct str){(const char *)person, sizeof(person)});
		explicit_bzero(person, sizeof(person));
	}
	ring->count++;
	return true;
}

/* line = id SP 64HEXDIG */
static bool
parse_line(struct keyring *ring, struct str line)
{
	size_t blank = str_chr(line, ' ');
	struct buf master;
	uint64_t id;
	bool ok;

	if (blank == STR_NOWHERE || !str_to_u64(str_sub(line, 0, blank), &id) ||
	    id < 1 || id > 255)
		return false;
	buf_init(&master, KEY_SIZE);
	ok = hex_decode(&master, str_trim(str_from(line, blank))) &&
	     master.n == KEY_SIZE &&
	     add_key(ring, (uint8_t)id, buf_view(&master));
	buf_wipe(&master);
	return ok;
}

static bool
parse_file(struct keyring *ring, const char *path, struct str text,
    struct err *err)
{
	struct str line;
	int number = 0;

	while (str_cut(&text, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (line.n > 0 && !parse_line(ring, line))
			return err_set(err, FAIL_INPUT,
			    "%s:%d: not a key with an id of its own", path,
			    number);
	}
	if (ring->count == 0)
		return err_set(err, FAIL_INPUT, "%s: has no key", path);
	return true;
}

/* Of several first starts one makes the file, all read it. */
static bool
make_file(const char *path, struct err *err)
{
	unsigned char key[KEY_SIZE];
	struct err made = {FAIL_NONE, ""};
	struct buf line;
	bool ok;

	buf_init(&line, 2 * KEY_SIZE + 8);
	random_bytes(key, sizeof(key));
	buf_puts(&line, "1 ");
	hex_encode(&line, (struct str){(const char *)key, sizeof(key)});
	buf_char(&line, '\n');
	ok = file_mkdirs_for(path, 0700, &made) &&
	     file_create(path, buf_view(&line), 0600, &made);
	explicit_bzero(key, sizeof(key));
	buf_wipe(&line);
	if (!ok && made.kind != FAIL_CONFLICT)
		return err_set(err, made.kind, "%s", made.text);
	return true;
}

bool
keyring_load(struct keyring *ring, const char *path, struct err *err)
{
	struct buf text;
	bool ok;

	if (sodium_init() < 0)
		BUG("libsodium does not start");
	*ring = (struct keyring){0};
	if (!file_exists(path) && !make_file(path, err))
		return err_wrap(err, "key file");
	/* Room for all at once: growing would leave copies behind. */
	buf_init(&text, FILE_BYTES_MAX);
	ok = buf_room(&text, FILE_BYTES_MAX) != NULL &&
	     file_read_private(path, &text, err) &&
	     parse_file(ring, path, buf_view(&text), err);
	buf_wipe(&text);
	if (ok)
		return true;
	keyring_wipe(ring);
	return err_wrap(err, "key file");
}

void
keyring_wipe(struct keyring *ring)
{
	explicit_bzero(ring, sizeof(*ring));
}

void
seal(const struct keyring *ring, struct str identity, struct str plain,
    struct buf *out)
{
	size_t size = HEAD_SIZE + plain.n + TAG_SIZE;
	unsigned char *p;

	if (plain.n > SEAL_PLAIN_MAX || ring->count == 0)
		BUG("seal %zu bytes with %d keys", plain.n, ring->count);
	p = (unsigned char *)buf_room(out, size);
	if (p == NULL)
		return;
	p[0] = ring->keys[0].id;
	random_bytes(p + 1, NONCE_SIZE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(p + HEAD_SIZE, NULL,
	    (const unsigned char *)plain.p, plain.n,
	    (const unsigned char *)identity.p, identity.n, NULL, p + 1,
	    ring->keys[0].seal);
	buf_used(out, size);
}

static const unsigned char *
seal_key(const struct keyring *ring, uint8_t id)
{
	int i;

	for (i = 0; i < ring->count; i++)
		if (ring->keys[i].id == id)
			return ring->keys[i].seal;
	return NULL;
}

bool
unseal(const struct keyring *ring, struct str identity, struct str sealed,
    struct buf *out, struct err *err)
{
	const unsigned char *p = (const unsigned char *)sealed.p, *key;
	unsigned char *plain;
	size_t size;

	if (sealed.n < HEAD_SIZE + TAG_SIZE ||
	    sealed.n - HEAD_SIZE - TAG_SIZE > SEAL_PLAIN_MAX)
		return err_set(err, FAIL_INPUT,
		    "unseal %.*s: not a sealed value", STR_ARG(identity));
	key = seal_key(ring, p[0]);
	if (key == NULL)
		return err_set(err, FAIL_MISSING,
		    "unseal %.*s: key %d is not in the key file",
		    STR_ARG(identity), p[0]);
	size = sealed.n - HEAD_SIZE - TAG_SIZE;
	plain = (unsigned char *)buf_room(out, size);
	if (plain == NULL)
		return err_set(err, FAIL_LIMIT, "unseal %.*s: too long",
		    STR_ARG(identity));
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL,
		p + HEAD_SIZE, sealed.n - HEAD_SIZE,
		(const unsigned char *)identity.p, identity.n, p + 1, key) != 0)
		return err_set(err, FAIL_AUTH,
		    "unseal %.*s: changed, or sealed for something else",
		    STR_ARG(identity));
	buf_used(out, size);
	return true;
}
