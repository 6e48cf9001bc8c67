#include "bounce/batch.h"

#include "bounce/attribute.h"
#include "bounce/classify.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/mem.h"
#include "lib/mail/header.h"

#define BATCH_BYTES_MAX (64U << 20)
#define TEXT_MAX        2000 /* of a diagnostic, of a reply's text, kept */
#define FIELD_MAX       500  /* of a subject, a sender, kept */
#define DAY_US          (24LL * 3600 * 1000000)

/* One column an array, as the statement takes them. */
struct rows {
	int64_t uid[BATCH_MESSAGES_MAX], delivery[BATCH_MESSAGES_MAX],
	    late[BATCH_MESSAGES_MAX], received[BATCH_MESSAGES_MAX];
	struct str fingerprint[BATCH_MESSAGES_MAX], class[BATCH_MESSAGES_MAX],
	    rule[BATCH_MESSAGES_MAX], attribution[BATCH_MESSAGES_MAX],
	    sender[BATCH_MESSAGES_MAX], subject[BATCH_MESSAGES_MAX],
	    message_id[BATCH_MESSAGES_MAX], final_key[BATCH_MESSAGES_MAX],
	    original_key[BATCH_MESSAGES_MAX], type[BATCH_MESSAGES_MAX],
	    category[BATCH_MESSAGES_MAX], status[BATCH_MESSAGES_MAX],
	    diagnostic[BATCH_MESSAGES_MAX], text[BATCH_MESSAGES_MAX],
	    raw[BATCH_MESSAGES_MAX];
};

struct seen {
	uint32_t uid;
	uint64_t size;
	int64_t internal_us;
	struct str header, body;
	bool wanted; /* may be ours: the body is worth fetching */
};

struct batch {
	const struct keyring *ring;
	struct arena arena;
	int count;
	struct seen seen[BATCH_MESSAGES_MAX];
	struct rows rows;
};

struct batch *
batch_new(const struct keyring *ring)
{
	struct batch *b = NEW(struct batch);

	b->ring = ring;
	arena_init(&b->arena, BATCH_BYTES_MAX);
	return b;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	arena_release(&b->arena);
	free(b);
}

void
batch_reset(struct batch *b)
{
	arena_reset(&b->arena);
	b->count = 0;
}

int
batch_count(const struct batch *b)
{
	return b->count;
}

void
batch_header(struct batch *b, const struct imap_message *m)
{
	struct seen *s;

	if (b->count == BATCH_MESSAGES_MAX)
		return;
	s = &b->seen[b->count++];
	*s = (struct seen){
	    .uid = m->uid,
	    .size = m->size,
	    .internal_us = m->internal_us,
	    .header = arena_dup(&b->arena, m->bytes),
	};
	s->wanted = attribute_may_be_ours(s->header, b->ring, &b->arena);
}

bool
batch_wants(struct batch *b, struct imap_set *uids)
{
	bool any = false;
	int i;

	imap_set_reset(uids);
	for (i = 0; i < b->count; i++)
		if (b->seen[i].wanted)
			any = imap_set_add(uids, b->seen[i].uid,
				  b->seen[i].uid) ||
			      any;
	return any;
}

void
batch_body(struct batch *b, const struct imap_message *m)
{
	int i;

	for (i = 0; i < b->count; i++)
		if (b->seen[i].uid == m->uid && b->seen[i].body.p == NULL)
			b->seen[i].body = arena_dup(&b->arena, m->bytes);
}

/* SHA-256 of the header block and the size: never of fields that two reports
 * of one second share. */
static struct str
fingerprint(struct arena *a, const struct seen *s)
{
	unsigned char *digest = arena_alloc(a, SHA256_SIZE);
	struct str all = arena_printf(a, "%llu %.*s",
	    (unsigned long long)s->size, STR_ARG(s->header));

	sha256(digest, all);
	return (struct str){(const char *)digest, SHA256_SIZE};
}

/* Text from outside as the database takes it: valid, without NUL, short. */
static struct str
clean(struct arena *a, struct str s, size_t max)
{
	struct str kept = str_sub(s, 0, max);
	char *p;
	size_t i;

	while (kept.n > 0 && kept.n < s.n && (s.p[kept.n] & 0xc0) == 0x80)
		kept.n--;
	if (!str_is_utf8(kept)) {
		p = arena_cstr(a, kept);
		for (i = 0; i < kept.n; i++)
			if ((unsigned char)p[i] >= 0x80)
				p[i] = '?';
		kept.p = p;
	}
	p = arena_cstr(a, kept);
	for (i = 0; i < kept.n; i++)
		if (p[i] == '\0')
			p[i] = ' ';
	return (struct str){p, kept.n};
}

static struct str
key_of(struct arena *a, struct str address)
{
	struct address parsed;
	struct err err;

	if (!address_parse(&parsed, address, &err))
		return STR_NONE;
	return arena_dup(a, address_key(&parsed));
}

static struct str
sealed(struct batch *b, const struct batch_source *source, struct str raw,
    struct str print)
{
	struct buf hex, out;
	struct str kept;

	buf_init(&hex, (size_t)2 * SHA256_SIZE);
	buf_init(&out, SEAL_PLAIN_MAX + 1024);
	hex_encode(&hex, print);
	seal(b->ring,
	    arena_printf(&b->arena, "inbound:%lld:%s",
		(long long)source->mailbox, buf_cstr(&hex)),
	    raw, &out);
	kept = arena_dup(&b->arena, buf_view(&out));
	buf_release(&hex);
	buf_release(&out);
	return kept;
}

static void
put_failure(struct rows *r, int i, const struct classification *c,
    struct arena *a)
{
	const struct dsn_recipient *who = c->recipient;
	char status[STATUS_TEXT_MAX];

	if (who == NULL)
		return;
	r->final_key[i] = key_of(a, who->final);
	r->original_key[i] = key_of(a, who->original);
	if (who->status.class != 0)
		r->status[i] =
		    arena_dup(a, str_of(status_text(who->status, status)));
	r->diagnostic[i] = clean(a, who->diagnostic, TEXT_MAX);
	if (c->class != INBOUND_BOUNCE || c->diagnosis.type == BOUNCE_NONE)
		return;
	r->type[i] = str_of(bounce_type_name(c->diagnosis.type));
	r->category[i] = str_of(category_name(c->diagnosis.category));
}

static void
put_mail(struct rows *r, int i, const struct inbound_mail *m, struct arena *a)
{
	r->sender[i] = clean(a, m->from, FIELD_MAX);
	r->subject[i] = clean(a, m->subject, FIELD_MAX);
	r->message_id[i] = clean(a, m->message_id, FIELD_MAX);
}

static void
judge_one(struct batch *b, int i, const struct batch_source *source,
    int64_t now_us)
{
	const struct seen *s = &b->seen[i];
	struct str raw = s->body.p != NULL ? s->body : s->header;
	struct rows *r = &b->rows;
	struct classification c;
	struct attribution who;
	struct inbound_mail m;

	mime_walk(&m, raw);
	attribute(&who, &m, b->ring, (int)(now_us / DAY_US));
	classify(&c, &m, who.delivery != 0);
	r->uid[i] = s->uid;
	r->fingerprint[i] = fingerprint(&b->arena, s);
	r->class[i] = str_of(inbound_class_name(c.class));
	r->rule[i] = str_of(c.rule);
	r->attribution[i] = str_of(attribution_name(who.method));
	r->delivery[i] = who.delivery;
	r->late[i] = who.late;
	r->received[i] = s->internal_us != 0 ? s->internal_us : INT64_MIN;
	put_mail(r, i, &m, &b->arena);
	put_failure(r, i, &c, &b->arena);
	if (c.class == INBOUND_REPLY || c.class == INBOUND_AUTO_REPLY)
		r->text[i] = clean(&b->arena, m.text, TEXT_MAX);
	if (s->body.p != NULL && c.class != INBOUND_OTHER)
		r->raw[i] = sealed(b, source, raw, r->fingerprint[i]);
	inbound_mail_release(&m);
}

void
batch_judge(struct batch *b, const struct batch_source *source, int64_t now_us)
{
	int i;

	memset(&b->rows, 0, sizeof(b->rows));
	for (i = 0; i < b->count; i++)
		judge_one(b, i, source, now_us);
}

void
batch_add_to(const struct batch *b, const struct batch_source *source,
    struct db_batch *out)
{
	const struct rows *r = &b->rows;
	size_t n = (size_t)b->count;

	db_batch_add(out, Q_INBOUND_RECORD,
	    DB_ARGS(db_int(source->mailbox), db_cstr(source->folder),
		db_int(source->uidvalidity), db_int_array(r->uid, n),
		db_bytes_array(r->fingerprint, n), db_text_array(r->class, n),
		db_text_array(r->rule, n), db_text_array(r->attribution, n),
		db_int_array(r->delivery, n), db_int_array(r->late, n),
		db_text_array(r->sender, n), db_text_array(r->subject, n),
		db_text_array(r->message_id, n), db_text_array(r->final_key, n),
		db_text_array(r->original_key, n), db_text_array(r->type, n),
		db_text_array(r->category, n), db_text_array(r->status, n),
		db_text_array(r->diagnostic, n), db_text_array(r->text, n),
		db_time_array(r->received, n), db_bytes_array(r->raw, n),
		db_int(RAW_DAYS)));
}
