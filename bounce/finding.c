#include "bounce/finding.h"

#include "bounce/answer_text.h"
#include "bounce/attribute.h"
#include "bounce/trace.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/mail/header.h"

#define DAY_US (24LL * 3600 * 1000000)

/* Text from outside as the database takes it: valid, without NUL, short. */
static struct str
clean(struct arena *a, struct str s, size_t max)
{
	struct str kept = str_sub(s, 0, max);
	bool valid;
	char *p;
	size_t i;

	while (kept.n > 0 && kept.n < s.n && (s.p[kept.n] & 0xc0) == 0x80)
		kept.n--;
	valid = str_is_utf8(kept);
	p = arena_cstr(a, kept);
	for (i = 0; i < kept.n; i++)
		if (p[i] == '\0')
			p[i] = ' ';
		else if (!valid && (unsigned char)p[i] >= 0x80)
			p[i] = '?';
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

/* SHA-256 of the size and of all that was fetched, never of fields that two
 * reports of one second share.  A message that could not be fetched
 * is known by its number. */
static struct str
fingerprint(struct arena *a, const struct finding_source *s)
{
	struct {
		unsigned char header[SHA256_SIZE], body[SHA256_SIZE];
		uint64_t number;
	} all;
	unsigned char *digest = arena_alloc(a, SHA256_SIZE);

	sha256(all.header, s->header);
	sha256(all.body, s->body);
	all.number = s->header.p != NULL
			 ? s->size
			 : (uint64_t)s->uidvalidity << 32 | s->uid;
	sha256(digest, (struct str){(const char *)&all, sizeof(all)});
	return (struct str){(const char *)digest, SHA256_SIZE};
}

static struct str
sealed(const struct finding *f, const struct finding_source *s,
    const struct keyring *ring, struct arena *a)
{
	struct buf hex, out;
	struct str kept;

	buf_init(&hex, (size_t)2 * SHA256_SIZE);
	buf_init(&out, SEAL_PLAIN_MAX + 1024);
	hex_encode(&hex, f->fingerprint);
	seal(ring,
	    arena_printf(a, "inbound:%lld:%s", (long long)s->mailbox,
		buf_cstr(&hex)),
	    s->body, &out);
	kept = arena_dup(a, buf_view(&out));
	buf_release(&hex);
	buf_release(&out);
	return kept;
}

static void
put_failure(struct finding *f, const struct classification *c, struct arena *a)
{
	const struct dsn_recipient *who;
	const struct diagnosis *why;
	char status[STATUS_TEXT_MAX];

	if (c->recipient == NULL)
		return;
	who = c->recipient->said;
	why = &c->recipient->diagnosis;
	f->final_key = key_of(a, who->final);
	f->original_key = key_of(a, who->original);
	if (who->status.class != 0)
		f->status =
		    arena_dup(a, str_of(status_text(who->status, status)));
	f->diagnostic = clean(a, who->diagnostic, FINDING_TEXT_MAX);
	if (c->class != INBOUND_BOUNCE || why->type == BOUNCE_NONE)
		return;
	f->type = bounce_type_name(why->type);
	f->category = category_name(why->category);
	f->scope = scope_name(why->scope);
}

/* The day that counts for a token's age is the one on which the mail came,
 * not the one on which we got round to it. */
static int
day_of(const struct finding_source *s, int64_t now_us)
{
	int64_t us = now_us;

	if (s->internal_us > 0 && s->internal_us < now_us)
		us = s->internal_us;
	return (int)(us / DAY_US);
}

/* What a mail is for the delivery that it is about.  Nobody complains in a
 * report on failed authentication; and a mail program that unsubscribes for
 * somebody means the list of that mail, not all of them. */
static enum inbound_class
class_for_delivery(const struct classification *c, int64_t delivery)
{
	if (c->class != INBOUND_COMPLAINT)
		return c->class;
	if (c->complaint == COMPLAINT_AUTHENTICATION)
		return INBOUND_OTHER;
	if (c->complaint == COMPLAINT_WISH && delivery != 0)
		return INBOUND_UNSUBSCRIBE;
	return c->class;
}

/* What nobody wrote to us: a report alone still says something. */
static void
take_own(struct classification *c, const char *rule)
{
	switch (c->class) {
	case INBOUND_UNSUBSCRIBE:
	case INBOUND_CHALLENGE:
	case INBOUND_AUTO_REPLY:
	case INBOUND_REPLY:
	case INBOUND_OTHER:
		c->class = INBOUND_OTHER;
		c->rule = rule;
		break;
	case INBOUND_BOUNCE:
	case INBOUND_DELAY:
	case INBOUND_DSN_SUCCESS:
	case INBOUND_COMPLAINT:
	case INBOUND_MDN:
	case INBOUND_UNPARSED:
	case INBOUND__COUNT: break;
	}
}

/* Who complains or takes it back, or wants no more mail, as far as the mail
 * says. */
static void
put_person(struct finding *f, const struct classification *c,
    const struct inbound_mail *m, enum inbound_class class, struct arena *a)
{
	if (class == INBOUND_UNSUBSCRIBE)
		f->final_key = key_of(a, m->from_address);
	else if ((class == INBOUND_COMPLAINT || c->feedback_type.n > 0) &&
		 c->count > 0)
		f->final_key = key_of(a, c->recipients[0].said->final);
}

static void
put_mail(struct finding *f, struct inbound_mail *m, enum inbound_class class,
    struct arena *a)
{
	f->sender = clean(a, m->from, FINDING_FIELD_MAX);
	f->subject = clean(a, m->subject, FINDING_FIELD_MAX);
	f->message_id = clean(a, m->message_id, FINDING_FIELD_MAX);
	if (class == INBOUND_REPLY || class == INBOUND_UNSUBSCRIBE)
		f->text = clean(a, answer_text(m->text), FINDING_TEXT_MAX);
	else if (class == INBOUND_AUTO_REPLY || class == INBOUND_CHALLENGE)
		f->text = clean(a, m->text, FINDING_TEXT_MAX);
}

static void
put_trace(struct finding *f, const struct classification *c,
    struct inbound_mail *m, struct arena *a)
{
	struct trace t;

	trace_read(&t, c, m);
	if (t.ids.p != NULL)
		f->trace_ids = arena_dup(a, t.ids);
	if (t.title.p != NULL)
		f->trace_title = clean(a, t.title, FINDING_FIELD_MAX);
	if (t.person.p != NULL)
		f->trace_person = key_of(a, t.person);
}

/* Nothing to judge by: not even a header, or only a part of what was asked
 * for. */
static const char *
unreadable(const struct finding_source *s)
{
	struct str rest = s->header;
	struct header_field field;

	if (s->header.p == NULL)
		return "unreadable";
	if (s->wanted && s->body.p == NULL)
		return "body-unreadable";
	return header_next(&rest, &field) ? NULL : "no-header";
}

static void
judge(struct finding *f, const struct finding_source *s,
    const struct keyring *ring, int64_t now_us, struct arena *a)
{
	struct classification c;
	struct attribution who;
	struct inbound_mail m;
	enum inbound_class class;

	mime_walk(&m, s->body.p != NULL ? s->body : s->header);
	attribute(&who, &m, ring, day_of(s, now_us));
	classify(&c, &m, who.delivery != 0);
	if (who.own != NULL && c.feedback_type.n == 0)
		take_own(&c, who.own);
	class = class_for_delivery(&c, who.delivery);
	f->class = inbound_class_name(class);
	f->rule = c.rule;
	f->attribution = attribution_name(who.method);
	f->delivery = who.delivery;
	f->late = who.late;
	put_mail(f, &m, class, a);
	put_failure(f, &c, a);
	put_person(f, &c, &m, class, a);
	if (who.method == ATTRIBUTION_NONE && who.own == NULL)
		put_trace(f, &c, &m, a);
	if (c.class == INBOUND_COMPLAINT || c.feedback_type.n > 0)
		f->trusted = s->trust != NULL &&
			     auth_results_pass(m.header, s->trust, &m.arena);
	if (c.feedback_type.n > 0)
		f->feedback_type = clean(a, c.feedback_type, FINDING_FIELD_MAX);
	if (s->body.p != NULL)
		f->raw = sealed(f, s, ring, a);
	inbound_mail_release(&m);
}

void
finding_make(struct finding *f, const struct finding_source *s,
    const struct keyring *ring, int64_t now_us, struct arena *a)
{
	const char *why = unreadable(s);

	*f = (struct finding){
	    .fingerprint = fingerprint(a, s),
	    .class = inbound_class_name(INBOUND_UNPARSED),
	    .rule = why,
	    .received_us = s->internal_us != 0 ? s->internal_us : INT64_MIN,
	    .sender = STR(""),
	    .subject = STR(""),
	    .message_id = STR(""),
	};
	if (why == NULL)
		judge(f, s, ring, now_us, a);
	else if (s->body.p != NULL)
		f->raw = sealed(f, s, ring, a);
}
