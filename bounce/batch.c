#include "bounce/batch.h"

#include "bounce/attribute.h"
#include "bounce/finding.h"
#include "lib/base/mem.h"

#define ARENA_MAX  (64U << 20) /* headers, bodies, these sealed, and change */
#define ARENA_KEEP (1U << 20)  /* more than that goes at the reset */

/* One column an array, as the statement takes them. */
struct columns {
	int64_t uid[BATCH_MESSAGES_MAX], delivery[BATCH_MESSAGES_MAX],
	    late[BATCH_MESSAGES_MAX], received[BATCH_MESSAGES_MAX],
	    trusted[BATCH_MESSAGES_MAX];
	struct str fingerprint[BATCH_MESSAGES_MAX], class[BATCH_MESSAGES_MAX],
	    rule[BATCH_MESSAGES_MAX], attribution[BATCH_MESSAGES_MAX],
	    sender[BATCH_MESSAGES_MAX], subject[BATCH_MESSAGES_MAX],
	    message_id[BATCH_MESSAGES_MAX], final_key[BATCH_MESSAGES_MAX],
	    original_key[BATCH_MESSAGES_MAX], type[BATCH_MESSAGES_MAX],
	    category[BATCH_MESSAGES_MAX], status[BATCH_MESSAGES_MAX],
	    diagnostic[BATCH_MESSAGES_MAX], text[BATCH_MESSAGES_MAX],
	    raw[BATCH_MESSAGES_MAX], scope[BATCH_MESSAGES_MAX],
	    feedback_type[BATCH_MESSAGES_MAX], trace_ids[BATCH_MESSAGES_MAX],
	    trace_title[BATCH_MESSAGES_MAX], trace_person[BATCH_MESSAGES_MAX];
};

struct batch {
	const struct keyring *ring;
	struct arena arena;
	int count;
	struct finding_source seen[BATCH_MESSAGES_MAX];
	struct columns columns;
};

struct batch *
batch_new(const struct keyring *ring)
{
	struct batch *b = NEW(struct batch);

	b->ring = ring;
	arena_init(&b->arena, ARENA_MAX);
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
	if (b->arena.used > ARENA_KEEP)
		arena_release(&b->arena);
	else
		arena_reset(&b->arena);
	b->count = 0;
}

int
batch_count(const struct batch *b)
{
	return b->count;
}

bool
batch_is_bare(const struct batch *b)
{
	int i;

	for (i = 0; i < b->count; i++)
		if (b->seen[i].header.p != NULL)
			return false;
	return true;
}

static int
index_of(const struct batch *b, uint32_t uid)
{
	int i;

	for (i = 0; i < b->count; i++)
		if (b->seen[i].uid == uid)
			return i;
	return -1;
}

static struct finding_source *
find(struct batch *b, uint32_t uid)
{
	int i = index_of(b, uid);

	return i >= 0 ? &b->seen[i] : NULL;
}

struct str
batch_fingerprint(const struct batch *b, uint32_t uid)
{
	int i = index_of(b, uid);

	return i >= 0 ? b->columns.fingerprint[i] : STR_NONE;
}

bool
batch_is_like(const struct batch *b, const struct mail_message *m)
{
	int i;

	for (i = 0; i < b->count; i++)
		if (b->seen[i].header.p != NULL && b->seen[i].size == m->size &&
		    str_eq(b->seen[i].header, m->bytes))
			return true;
	return false;
}

uint32_t
batch_twin(const struct batch *b, const struct mail_message *m,
    struct imap_set *of, struct imap_set *but)
{
	const struct finding_source *s;
	int i;

	for (i = 0; i < b->count; i++) {
		s = &b->seen[i];
		if (s->body.p != NULL && s->size == m->size &&
		    str_eq(s->body, m->bytes) && imap_set_has(of, s->uid) &&
		    !imap_set_has(but, s->uid))
			return s->uid;
	}
	return 0;
}

/* They stay in the order of their UIDs, whatever the order they come in. */
static struct finding_source *
insert(struct batch *b, uint32_t uid)
{
	int at = b->count;

	if (b->count == BATCH_MESSAGES_MAX || find(b, uid) != NULL)
		return NULL;
	for (; at > 0 && b->seen[at - 1].uid > uid; at--)
		b->seen[at] = b->seen[at - 1];
	b->count++;
	b->seen[at] = (struct finding_source){.uid = uid};
	return &b->seen[at];
}

void
batch_header(struct batch *b, const struct mail_message *m)
{
	struct finding_source *s = insert(b, m->uid);

	if (s == NULL)
		return;
	s->size = m->size;
	s->internal_us = m->internal_us;
	s->header = arena_dup(&b->arena, m->bytes);
	s->wanted = attribute_may_be_ours(s->header, b->ring);
}

void
batch_unreadable(struct batch *b, uint32_t uid)
{
	(void)insert(b, uid);
}

void
batch_body(struct batch *b, const struct mail_message *m)
{
	struct finding_source *s = find(b, m->uid);

	if (s != NULL && s->wanted && s->body.p == NULL)
		s->body = arena_dup(&b->arena, m->bytes);
}

static uint64_t
body_size(const struct finding_source *s)
{
	if (!s->wanted)
		return 0;
	return s->size > 0 && s->size < MAIL_PART_MAX ? s->size : MAIL_PART_MAX;
}

uint32_t
batch_trim(struct batch *b, bool large_is_last)
{
	uint64_t sum = 0;
	bool is_over = false;
	int i;

	for (i = 0; i < b->count && !is_over; i++) {
		sum += body_size(&b->seen[i]);
		if (sum > BATCH_BODIES_MAX)
			break;
		is_over = large_is_last && b->seen[i].wanted &&
			  b->seen[i].size > MAIL_PART_MAX;
	}
	if (i == b->count)
		return 0;
	b->count = i;
	return b->seen[i - 1].uid;
}

bool
batch_wants(struct batch *b, struct imap_set *uids)
{
	uint32_t uid;
	int i;

	imap_set_reset(uids);
	for (i = 0; i < b->count; i++) {
		uid = b->seen[i].uid;
		if (b->seen[i].wanted && b->seen[i].body.p == NULL &&
		    !imap_set_add(uids, uid, uid))
			BUG("a batch with too many messages");
	}
	return uids->count > 0;
}

static void
put(struct columns *c, int i, uint32_t uid, const struct finding *f)
{
	c->uid[i] = uid;
	c->delivery[i] = f->delivery;
	c->late[i] = f->late;
	c->received[i] = f->received_us;
	c->fingerprint[i] = f->fingerprint;
	c->class[i] = str_of(f->class);
	c->rule[i] = str_of(f->rule);
	c->attribution[i] = str_of(f->attribution);
	c->sender[i] = f->sender;
	c->subject[i] = f->subject;
	c->message_id[i] = f->message_id;
	c->final_key[i] = f->final_key;
	c->original_key[i] = f->original_key;
	c->type[i] = str_of(f->type);
	c->category[i] = str_of(f->category);
	c->status[i] = f->status;
	c->diagnostic[i] = f->diagnostic;
	c->text[i] = f->text;
	c->raw[i] = f->raw;
	c->scope[i] = str_of(f->scope);
	c->feedback_type[i] = f->feedback_type;
	c->trusted[i] = f->trusted;
	c->trace_ids[i] = f->trace_ids;
	c->trace_title[i] = f->trace_title;
	c->trace_person[i] = f->trace_person;
}

void
batch_judge(struct batch *b, const struct batch_source *source, int64_t now_us)
{
	struct finding f;
	int i;

	for (i = 0; i < b->count; i++) {
		b->seen[i].mailbox = source->mailbox;
		b->seen[i].uidvalidity = source->uidvalidity;
		b->seen[i].trust = source->trust;
		finding_make(&f, &b->seen[i], b->ring, now_us, &b->arena);
		put(&b->columns, i, b->seen[i].uid, &f);
	}
}

struct db_arg
batch_uids(const struct batch *b)
{
	return db_int_array(b->columns.uid, (size_t)b->count);
}

struct db_arg
batch_fingerprints(const struct batch *b)
{
	return db_bytes_array(b->columns.fingerprint, (size_t)b->count);
}

void
batch_add_consequences(int64_t mailbox, const struct str *fingerprints,
    size_t n, struct db_batch *out)
{
	static const enum query steps[] = {Q_INBOUND_HAPPEN, Q_INBOUND_WISH,
	    Q_INBOUND_SUPPRESS};
	size_t i;

	for (i = 0; i < ARRAY_LEN(steps); i++)
		db_batch_add(out, steps[i],
		    DB_ARGS(db_int(mailbox), db_bytes_array(fingerprints, n)));
}

void
batch_add_to(const struct batch *b, const struct batch_source *source,
    struct db_batch *out)
{
	const struct columns *c = &b->columns;
	size_t n = (size_t)b->count;

	db_batch_add(out, Q_INBOUND_RECORD,
	    DB_ARGS(db_int(source->mailbox), db_cstr(source->folder),
		db_int(source->uidvalidity), db_int_array(c->uid, n),
		db_bytes_array(c->fingerprint, n), db_text_array(c->class, n),
		db_text_array(c->rule, n), db_text_array(c->attribution, n),
		db_int_array(c->delivery, n), db_int_array(c->late, n),
		db_text_array(c->sender, n), db_text_array(c->subject, n),
		db_text_array(c->message_id, n), db_text_array(c->final_key, n),
		db_text_array(c->original_key, n), db_text_array(c->type, n),
		db_text_array(c->category, n), db_text_array(c->status, n),
		db_text_array(c->diagnostic, n), db_text_array(c->text, n),
		db_time_array(c->received, n), db_bytes_array(c->raw, n),
		db_int(RAW_DAYS), db_text_array(c->scope, n),
		db_text_array(c->feedback_type, n), db_int_array(c->trusted, n),
		db_text_array(c->trace_ids, n),
		db_text_array(c->trace_title, n),
		db_text_array(c->trace_person, n)));
	batch_add_consequences(source->mailbox, c->fingerprint, n, out);
}
