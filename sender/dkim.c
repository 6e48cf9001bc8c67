#include "sender/dkim.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/mem.h"
#include "lib/mail/header.h"
#include "sender/dkim_canon.h"

#define SCRATCH_MAX (8U << 20)
#define LINE_LENGTH 76
#define FIELDS_MAX  64
#define HASH_BASE64 44

struct identity {
	char *domain, *selector;
	struct dkim_key *key;
};

struct dkim_signer {
	struct identity keys[DKIM_KEYS_MAX];
	int count;
	struct buf canon;  /* body, or header fields, in canonical form */
	struct buf field;  /* the signature at hand, without its b= */
	struct buf fields; /* all of them */
	struct buf names;  /* h= of the message at hand */
	bool body_known;
	char body_hash[HASH_BASE64 + 1];
};

/* What is signed when it is there; `over`: listed once more (S-061). */
static const struct {
	const char *name;
	bool over;
} signed_fields[] = {
    {"From", true},
    {"To", true},
    {"Reply-To", true},
    {"Subject", true},
    {"Date", true},
    {"Message-ID", true},
    {"List-Unsubscribe", true},
    {"List-Unsubscribe-Post", true},
    {"List-Id", false},
    {"Feedback-ID", false},
    {"CFBL-Address", false},
    {"CFBL-Feedback-ID", false},
    {"MIME-Version", false},
    {"Content-Type", true},
    {"Content-Transfer-Encoding", false},
};

struct dkim_signer *
dkim_signer_new(void)
{
	struct dkim_signer *s = NEW(struct dkim_signer);

	buf_init(&s->canon, SCRATCH_MAX);
	buf_init(&s->field, HEADER_BLOCK_MAX);
	buf_init(&s->fields, HEADER_BLOCK_MAX);
	buf_init(&s->names, HEADER_VALUE_MAX);
	return s;
}

void
dkim_signer_free(struct dkim_signer *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->count; i++) {
		free(s->keys[i].domain);
		free(s->keys[i].selector);
		dkim_key_free(s->keys[i].key);
	}
	buf_release(&s->canon);
	buf_release(&s->field);
	buf_release(&s->fields);
	buf_release(&s->names);
	free(s);
}

bool
dkim_signer_add(struct dkim_signer *s, struct str domain, struct str selector,
    struct dkim_key *key)
{
	if (s->count == DKIM_KEYS_MAX)
		return false;
	s->keys[s->count++] = (struct identity){
	    .domain = str_dup(domain),
	    .selector = str_dup(selector),
	    .key = key,
	};
	return true;
}

bool
dkim_signer_is_empty(const struct dkim_signer *s)
{
	return s->count == 0;
}

static void
add_name(struct buf *names, const char *name)
{
	if (names->n > 0)
		buf_char(names, ':');
	buf_puts(names, name);
}

/* Fills `canon` with the signed fields and `names` with h=.  Of a field that
 * occurs several times the last one is signed first (5.4.2). */
static bool
gather(struct dkim_signer *s, struct str block, struct err *err)
{
	struct header_field all[FIELDS_MAX];
	size_t count = 0, i, j;

	while (count < FIELDS_MAX && header_next(&block, &all[count]))
		count++;
	if (count == FIELDS_MAX)
		return err_set(err, FAIL_LIMIT,
		    "DKIM: more than %d header fields", FIELDS_MAX - 1);
	buf_reset(&s->canon);
	buf_reset(&s->names);
	for (i = 0; i < ARRAY_LEN(signed_fields); i++) {
		struct str name = str_of(signed_fields[i].name);

		for (j = count; j-- > 0;) {
			if (!str_eq_nocase(all[j].name, name))
				continue;
			dkim_canon_field(&s->canon, name, all[j].value);
			buf_puts(&s->canon, "\r\n");
			add_name(&s->names, signed_fields[i].name);
		}
		if (signed_fields[i].over)
			add_name(&s->names, signed_fields[i].name);
	}
	return true;
}

/* h= on lines of its own, broken behind colons. */
static void
put_names(struct buf *out, struct str names)
{
	struct str name;
	size_t column = 3;

	buf_puts(out, "\r\n h=");
	while (str_cut(&names, ':', &name)) {
		if (column + name.n + 1 > LINE_LENGTH) {
			buf_puts(out, "\r\n  ");
			column = 2;
		}
		buf_str(out, name);
		buf_char(out, names.n > 0 ? ':' : ';');
		column += name.n + 1;
	}
}

/* The value up to and with "b=". */
static void
put_tags(struct dkim_signer *s, const struct identity *id, int64_t date_us)
{
	buf_reset(&s->field);
	buf_printf(&s->field, " v=1; a=%s; c=relaxed/relaxed;",
	    dkim_algorithm_name(dkim_key_algorithm(id->key)));
	buf_printf(&s->field, "\r\n d=%s;\r\n s=%s; t=%lld;", id->domain,
	    id->selector, (long long)(date_us / 1000000));
	put_names(&s->field, buf_view(&s->names));
	buf_printf(&s->field, "\r\n bh=%s;\r\n b=", s->body_hash);
}

/* Base64 in lines behind "b=". */
static void
put_signature(struct buf *out, struct str signature)
{
	struct buf base64;
	struct str rest;
	size_t room = LINE_LENGTH - 3;

	buf_init(&base64, 2 * (size_t)DKIM_SIGNATURE_MAX);
	base64_encode(&base64, signature);
	for (rest = buf_view(&base64); rest.n > 0;
	     rest = str_from(rest, room), room = LINE_LENGTH - 1) {
		if (rest.p != base64.p)
			buf_puts(out, "\r\n ");
		buf_str(out, str_sub(rest, 0, room));
	}
	buf_release(&base64);
	buf_puts(out, "\r\n");
}

/* canon holds the signed fields; it does again afterwards. */
static bool
sign_one(struct dkim_signer *s, const struct identity *id, int64_t date_us,
    struct err *err)
{
	unsigned char hash[SHA256_SIZE], signature[DKIM_SIGNATURE_MAX];
	size_t mark = s->canon.n, n;

	put_tags(s, id, date_us);
	dkim_canon_field(&s->canon, STR("DKIM-Signature"), buf_view(&s->field));
	if (s->canon.full || s->field.full || s->names.full)
		return err_set(err, FAIL_LIMIT, "DKIM: the header is too long");
	sha256(hash, buf_view(&s->canon));
	buf_truncate(&s->canon, mark);
	if (!dkim_key_sign(id->key, hash, signature, &n, err))
		return false;
	buf_puts(&s->fields, "DKIM-Signature:");
	buf_str(&s->fields, buf_view(&s->field));
	put_signature(&s->fields, (struct str){(const char *)signature, n});
	return true;
}

static bool
hash_body(struct dkim_signer *s, struct str body, struct err *err)
{
	unsigned char hash[SHA256_SIZE];
	struct buf text;

	buf_reset(&s->canon);
	dkim_canon_body(&s->canon, body);
	if (s->canon.full)
		return err_set(err, FAIL_LIMIT, "DKIM: the body is too long");
	sha256(hash, buf_view(&s->canon));
	buf_init(&text, HASH_BASE64);
	base64_encode(&text, (struct str){(const char *)hash, sizeof(hash)});
	memcpy(s->body_hash, buf_cstr(&text), sizeof(s->body_hash));
	buf_release(&text);
	return true;
}

static bool
prepend(struct buf *message, struct str what)
{
	size_t n = message->n;

	if (buf_room(message, what.n) == NULL)
		return false;
	buf_used(message, what.n);
	memmove(message->p + what.n, message->p, n);
	memcpy(message->p, what.p, what.n);
	return true;
}

bool
dkim_sign(struct dkim_signer *s, struct buf *message, int64_t date_us,
    bool shared_body, struct err *err)
{
	struct str all = buf_view(message);
	size_t end;
	int i;

	if (s->count == 0)
		return true;
	end = str_find(all, STR("\r\n\r\n"));
	if (end == STR_NOWHERE)
		return err_set(err, FAIL_INPUT, "DKIM: no end of the header");
	if ((!s->body_known || !shared_body) &&
	    !hash_body(s, str_from(all, end + 4), err))
		return false;
	s->body_known = shared_body;
	if (!gather(s, str_sub(all, 0, end + 2), err))
		return false;
	buf_reset(&s->fields);
	for (i = 0; i < s->count; i++)
		if (!sign_one(s, &s->keys[i], date_us, err))
			return false;
	if (s->fields.full || !prepend(message, buf_view(&s->fields)))
		return err_set(err, FAIL_LIMIT,
		    "DKIM: the message is too long");
	return true;
}
