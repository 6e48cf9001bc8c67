#include "sender/letter.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sender/dkim_load.h"
#include "sender/worker.h"

#define SCRATCH_MAX (16U << 20)

enum { COL_NAME, COL_ATTRIBUTES, COL_LIST, COL_LIST_NAME };

struct letter {
	struct arena arena, scratch;
	struct content_message content;
	struct message_campaign campaign;
	struct dkim_signer *signer;
	struct parcel parcel;
};

static bool
compose(struct letter *l, const struct worker *w, struct str to,
    const struct db_result *rows, struct err *err)
{
	struct parcel_order order = {
	    .campaign = &l->campaign,
	    .ring = w->ring,
	    .email = to,
	    .name = db_get_text(&rows[1], 0, COL_NAME),
	    .attributes = db_get_text(&rows[1], 0, COL_ATTRIBUTES),
	    .list = {.id = db_get_int(&rows[1], 0, COL_LIST),
		.name = db_get_text(&rows[1], 0, COL_LIST_NAME)},
	    .date_us = clock_wall_us(),
	};

	if (!mailing_read_campaign(&l->campaign, &order.return_path, &rows[0],
		&l->arena, err) ||
	    !content_load(&l->content, &rows[4], &l->arena, err) ||
	    !dkim_load(&l->signer, &rows[3], w->ring, err))
		return false;
	order.message = l->content.message;
	l->campaign.postal_address = l->content.postal_address;
	order.signer = l->signer;
	order.token.delivery = l->campaign.id << 32;
	order.token.day = mailing_read_day(&rows[0]);
	return parcel_compose(&l->parcel, &order, &l->scratch, err);
}

bool
letter_new(struct letter **out, const struct worker *w, int64_t campaign_id,
    struct str to, const struct db_result *rows, struct err *err)
{
	struct letter *l;

	if (db_rows(&rows[0]) == 0)
		return err_set(err, FAIL_MISSING, "the campaign is gone");
	l = NEW(struct letter);
	arena_init(&l->arena, MAILING_BYTES_MAX);
	arena_init(&l->scratch, SCRATCH_MAX);
	buf_init(&l->parcel.data, MESSAGE_MAX);
	l->campaign.id = campaign_id;
	l->campaign.base_url = str_of(w->settings->base_url);
	l->campaign.ring = w->ring;
	l->campaign.is_test = true;
	if (!compose(l, w, to, rows, err)) {
		letter_free(l);
		return false;
	}
	*out = l;
	return true;
}

void
letter_free(struct letter *l)
{
	if (l == NULL)
		return;
	message_free(l->content.message);
	dkim_signer_free(l->signer);
	buf_release(&l->parcel.data);
	arena_release(&l->arena);
	arena_release(&l->scratch);
	free(l);
}

struct smtp_message *
letter_message(struct letter *l)
{
	return &l->parcel.message;
}
