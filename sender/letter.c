#include "sender/letter.h"

#include "lib/base/clock.h"
#include "lib/base/json_write.h"
#include "lib/base/mem.h"
#include "lib/mail/header.h"
#include "sender/dkim_load.h"
#include "sender/worker.h"

#define SCRATCH_MAX (16U << 20)
#define SENT_MAX    ((size_t)4 * HEADER_VALUE_MAX)
#define DAY_US      INT64_C(86400000000)

enum { COL_NAME, COL_ATTRIBUTES, COL_LIST, COL_LIST_NAME };
enum { COL_TO, COL_FROM, COL_RETURN_PATH }; /* of self_test_letter */

struct letter {
	struct arena arena, scratch;
	struct content_message content;
	struct message_campaign campaign;
	struct dkim_signer *signer;
	struct parcel parcel;
	struct str sent; /* of a self-test */
};

static bool
compose(struct letter *l, const struct worker *w,
    const struct letter_order *what, const struct db_result *rows,
    struct err *err)
{
	struct parcel_order order = {
	    .campaign = &l->campaign,
	    .ring = w->ring,
	    .email = what->to,
	    .name = db_get_text(&rows[1], 0, COL_NAME),
	    .attributes = db_get_text(&rows[1], 0, COL_ATTRIBUTES),
	    .list = {.id = db_get_int(&rows[1], 0, COL_LIST),
		.name = db_get_text(&rows[1], 0, COL_LIST_NAME)},
	    .date_us = clock_wall_us(),
	    .no_verp = !what->row->verp,
	    .no_one_click = !what->row->one_click,
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

static struct letter *
make(const struct worker *w, int64_t campaign_id)
{
	struct letter *l = NEW(struct letter);

	arena_init(&l->arena, MAILING_BYTES_MAX);
	arena_init(&l->scratch, SCRATCH_MAX);
	buf_init(&l->parcel.data, MESSAGE_MAX);
	l->campaign.id = campaign_id;
	l->campaign.base_url = str_of(w->settings->base_url);
	l->campaign.ring = w->ring;
	l->campaign.is_test = true;
	return l;
}

bool
letter_new(struct letter **out, const struct worker *w,
    const struct letter_order *what, const struct db_result *rows,
    struct err *err)
{
	struct letter *l = make(w, what->campaign_id);

	if (!compose(l, w, what, rows, err)) {
		letter_free(l);
		return false;
	}
	*out = l;
	return true;
}

static bool
compile_self_test(struct letter *l, struct err *err)
{
	const struct message_source source = {
	    .subject = STR("Self-test {{ token }}"),
	    .text = STR("Volley sent this to itself, to see how its mail "
			"arrives.\nNobody has to do anything.\n"),
	};
	struct message_error e;

	return message_compile(&l->content.message, &source, &e) ||
	       err_set(err, FAIL_INPUT, "%s: %s", e.part, e.at.text);
}

/* The token stands in the subject, which nobody replaces. */
static bool
compose_self_test(struct letter *l, const struct worker *w, int64_t task,
    const struct db_result *rows, struct err *err)
{
	char token[TOKEN_LEN + 1];
	struct parcel_order order = {
	    .campaign = &l->campaign,
	    .ring = w->ring,
	    .token = {.delivery = task},
	    .email = db_get_text(&rows[0], 0, COL_TO),
	    .return_path = db_get_text(&rows[0], 0, COL_RETURN_PATH),
	    .list = {.name = STR("Self-test")},
	    .date_us = clock_wall_us(),
	};

	l->campaign.name = STR("Self-test");
	l->campaign.sender_id = STR(MAILING_SENDER_ID);
	if (!address_parse(&l->campaign.from,
		db_get_text(&rows[0], 0, COL_FROM), err))
		return err_wrap(err, "from");
	if (!compile_self_test(l, err) ||
	    !dkim_load(&l->signer, &rows[1], w->ring, err))
		return false;
	order.token.day = (int)(order.date_us / DAY_US);
	token_make(token, w->ring, &order.token);
	order.attributes = arena_printf(&l->arena, "{\"token\":\"%s\"}", token);
	order.message = l->content.message;
	order.signer = l->signer;
	return parcel_compose(&l->parcel, &order, &l->scratch, err);
}

/* What to look for where it arrives; before it is sent, which uses it up. */
static void
note_sent(struct letter *l)
{
	static const char *const fields[][2] = {
	    {"message_id", "Message-ID"},
	    {"from", "From"},
	    {"list_unsubscribe", "List-Unsubscribe"},
	    {"list_unsubscribe_post", "List-Unsubscribe-Post"},
	};
	struct str header = buf_view(&l->parcel.data);
	struct json_write j;
	struct buf sent;
	size_t i;

	buf_init(&sent, SENT_MAX);
	json_write_init(&j, &sent);
	json_write_open(&j, '{');
	json_write_member(&j, "token", str_of(l->parcel.envid));
	json_write_member(&j, "return_path", str_of(l->parcel.from));
	for (i = 0; i < ARRAY_LEN(fields); i++)
		json_write_member(&j, fields[i][0],
		    header_get(header, fields[i][1], &l->arena));
	json_write_close(&j, '}');
	l->sent = arena_dup(&l->arena, buf_view(&sent));
	buf_release(&sent);
}

bool
letter_new_self_test(struct letter **out, const struct worker *w, int64_t task,
    const struct db_result *rows, struct err *err)
{
	struct letter *l = make(w, 0);

	if (!compose_self_test(l, w, task, rows, err)) {
		letter_free(l);
		return false;
	}
	note_sent(l);
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

struct str
letter_sent(const struct letter *l)
{
	return l->sent;
}
