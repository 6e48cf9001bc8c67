#include "sender/parcel.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sender/worker.h"

#define SCRATCH_MAX (16U << 20)  /* a render and its composing */
#define KEEP_MAX    (256U << 10) /* memory kept of a used parcel */

void
parcel_shelf_init(struct parcel_shelf *s)
{
	*s = (struct parcel_shelf){0};
	arena_init(&s->scratch, SCRATCH_MAX);
}

static void
destroy(struct parcel *p)
{
	buf_release(&p->data);
	free(p);
}

void
parcel_shelf_release(struct parcel_shelf *s)
{
	struct parcel *p;

	while ((p = s->out) != NULL) {
		s->out = p->next;
		destroy(p);
	}
	while ((p = s->spare) != NULL) {
		s->spare = p->next;
		destroy(p);
	}
	arena_release(&s->scratch);
}

static bool
fill_recipient(struct message_recipient *to, struct parcel *p,
    const struct parcel_order *order, struct err *err)
{
	token_make(to->token, order->ring, &order->token);
	if (!address_parse(&p->to, order->email, err))
		return err_wrap(err, "address");
	memcpy(p->envid, to->token, sizeof(p->envid));
	to->to = p->to;
	to->name = order->name;
	to->attributes = order->attributes;
	to->list_id = order->list.id;
	to->list_name = order->list.name;
	to->list_fields = order->list.fields;
	to->date_us = order->date_us;
	to->eight_bit = order->eight_bit;
	to->no_one_click = order->no_one_click;
	to->untracked = order->untracked;
	return message_return_path(p->from, order->return_path,
		   order->no_verp ? NULL : to->token, err) ||
	       err_wrap(err, "return_path");
}

/* What happened in words; a message that its template gives up is no
 * failure of it. */
static bool
tell(const struct message_error *e, struct err *err)
{
	if (e->at.aborted)
		return err_set(err, FAIL_REFUSED, "skipped: %s", e->at.text);
	if (e->at.line == 0)
		return err_set(err, FAIL_INPUT, "message: %s: %s", e->part,
		    e->at.text);
	return err_set(err, FAIL_INPUT, "message: %s, line %d, column %d: %s",
	    e->part, e->at.line, e->at.column, e->at.text);
}

static bool
has_wide_bytes(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/* All that is signed for it has one body, encoded in one way. */
static bool
is_shared(const struct parcel_order *order)
{
	return message_body_is_shared(order->message) && !order->eight_bit;
}

bool
parcel_compose(struct parcel *p, const struct parcel_order *order,
    struct arena *scratch, struct err *err)
{
	struct message_recipient to;
	struct message_error e;

	if (!fill_recipient(&to, p, order, err))
		return false;
	arena_reset(scratch);
	if (!message_compose(order->message, order->campaign, &to, scratch,
		&p->data, &e))
		return tell(&e, err);
	if (!dkim_sign(order->signer, &p->data, order->date_us,
		is_shared(order), err))
		return false;
	p->message = (struct smtp_message){
	    .from = str_of(p->from),
	    .to = address_text(&p->to),
	    .envid = str_of(p->envid),
	    .data = buf_view(&p->data),
	    .bytes = &p->data,
	    .needs_smtputf8 = p->to.needs_smtputf8,
	    .eight_bit = order->eight_bit && has_wide_bytes(buf_view(&p->data)),
	    .owner = p,
	};
	return true;
}

static struct parcel *
take_spare(struct parcel_shelf *s)
{
	struct parcel *p = s->spare;

	if (p == NULL) {
		p = NEW(struct parcel);
		buf_init(&p->data, MESSAGE_MAX);
		return p;
	}
	s->spare = p->next;
	p->next = NULL;
	return p;
}

static void
put_spare(struct parcel_shelf *s, struct parcel *p)
{
	if (p->data.cap > KEEP_MAX)
		buf_release(&p->data);
	p->before = NULL;
	p->next = s->spare;
	s->spare = p;
}

static struct parcel_order
order_for(struct recipient *r, const struct relay *relay)
{
	const struct mailing *m = r->lease->mailing;

	return (struct parcel_order){
	    .message = m->content.message,
	    .campaign = &m->campaign,
	    .signer = m->signer,
	    .return_path = m->return_path,
	    .ring = m->worker->ring,
	    .token = {.delivery = r->delivery, .day = m->day},
	    .email = r->email,
	    .name = r->name,
	    .attributes = r->attributes,
	    .list = mailing_list(m, r->list_id),
	    .date_us = r->first_at_us,
	    .eight_bit = relay->row.eight_bit,
	    .no_verp = !relay->row.verp,
	    .no_one_click = !relay->row.one_click,
	    .untracked = r->untracked,
	};
}

struct parcel *
parcel_new(struct parcel_shelf *s, struct recipient *r, struct relay *relay,
    struct err *err)
{
	struct parcel *p = take_spare(s);
	struct parcel_order order;

	if (r->first_at_us == INT64_MIN)
		r->first_at_us = clock_wall_us();
	order = order_for(r, relay);
	if (!parcel_compose(p, &order, &s->scratch, err)) {
		put_spare(s, p);
		return NULL;
	}
	p->message.losses = r->losses;
	p->recipient = r;
	p->relay = relay;
	p->before = NULL;
	p->next = s->out;
	if (s->out != NULL)
		s->out->before = p;
	s->out = p;
	return p;
}

void
parcel_free(struct parcel_shelf *s, struct parcel *p)
{
	if (p->before != NULL)
		p->before->next = p->next;
	else
		s->out = p->next;
	if (p->next != NULL)
		p->next->before = p->before;
	put_spare(s, p);
}
