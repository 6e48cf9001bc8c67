#include "sender/mailing.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "sender/dkim_load.h"
#include "sender/handout.h"
#include "sender/worker.h"

#include <assert.h>

#define STRIDE (1 << 16) /* of weight 1 */
#define DAY_US INT64_C(86400000000)

enum {
	COL_NAME,
	COL_FROM_NAME,
	COL_FROM_EMAIL,
	COL_REPLY_TO,
	COL_REPLY_TOKEN,
	COL_RETURN_PATH,
	COL_RESEND,
	COL_STARTED_AT,
	COL_PURPOSE,
};

/* Results of a mailing's batch; its content comes last. */
enum {
	GOT_CAMPAIGN,
	GOT_LISTS,
	GOT_ACCOUNTS,
	GOT_DKIM,
	GOT_PAUSES,
	GOT_CONTENT,
};

#define COL_WEIGHT 17 /* of work_accounts, after the row of the account */

struct mailing *
mailing_find(struct worker *w, int64_t id)
{
	struct mailing *m;

	for (m = w->mailings; m != NULL && m->id <= id; m = m->next)
		if (m->id == id)
			return m;
	return NULL;
}

bool
mailing_read_campaign(struct message_campaign *c, struct str *return_path,
    const struct db_result *r, struct arena *a, struct err *err)
{
	struct str path;

	c->name = arena_dup(a, db_get_text(r, 0, COL_NAME));
	c->from_name = arena_dup(a, db_get_text(r, 0, COL_FROM_NAME));
	if (!address_parse(&c->from, db_get_text(r, 0, COL_FROM_EMAIL), err))
		return err_wrap(err, "from");
	c->has_reply_to = !db_is_null(r, 0, COL_REPLY_TO);
	if (c->has_reply_to &&
	    !address_parse(&c->reply_to, db_get_text(r, 0, COL_REPLY_TO), err))
		return err_wrap(err, "reply_to");
	c->reply_token = db_get_bool(r, 0, COL_REPLY_TOKEN);
	c->sender_id = STR(MAILING_SENDER_ID);
	c->transactional =
	    str_eq(db_get_text(r, 0, COL_PURPOSE), STR("transactional"));
	path = db_get_text(r, 0, COL_RETURN_PATH);
	*return_path = path.n > 0 ? arena_dup(a, path) : address_text(&c->from);
	return true;
}

int
mailing_read_day(const struct db_result *r)
{
	return (int)(db_get_time(r, 0, COL_STARTED_AT) / DAY_US);
}

static bool
read_content(struct mailing *m, const struct db_result *r, struct err *err)
{
	const struct db_result *campaign = &r[GOT_CAMPAIGN];

	m->campaign.id = m->id;
	m->campaign.base_url = str_of(m->worker->settings->base_url);
	m->campaign.ring = m->worker->ring;
	m->resend = db_get_bool(campaign, 0, COL_RESEND);
	m->day = mailing_read_day(campaign);
	m->despite_opt_out =
	    !str_eq(db_get_text(campaign, 0, COL_PURPOSE), STR("campaign"));
	if (!mailing_read_campaign(&m->campaign, &m->return_path, campaign,
		&m->arena, err) ||
	    !content_load(&m->content, &r[GOT_CONTENT], &m->arena, err))
		return false;
	m->campaign.postal_address = m->content.postal_address;
	return true;
}

static void
read_lists(struct mailing *m, const struct db_result *r)
{
	struct mailing_list *list;
	struct err ignored;
	size_t i;

	m->list_count = (size_t)db_rows(r);
	if (m->list_count > MAILING_LISTS_MAX)
		m->list_count = MAILING_LISTS_MAX;
	m->lists =
	    ARENA_ARRAY(&m->arena, struct mailing_list, m->list_count + 1);
	for (i = 0; i < m->list_count; i++) {
		list = &m->lists[i];
		list->id = db_get_int(r, (int)i, 0);
		list->name = arena_dup(&m->arena, db_get_text(r, (int)i, 1));
		(void)!message_list_fields(&list->fields, &m->campaign,
		    list->id, list->name, &m->arena, &ignored);
	}
}

static struct relay *
relay_of(struct worker *w, const struct db_result *r, int line)
{
	struct relay *known = relay_find(w, db_get_int(r, line, 0));
	struct err err = {FAIL_NONE, ""};
	struct relay_row row;
	bool ok;

	if (known != NULL)
		return known;
	ok = relay_row_read(&row, r, line, w->ring, &err);
	known = relay_put(w, &row);
	if (!ok && known->row.active)
		relay_halt(known, err.text, 0);
	return known;
}

static void
read_routes(struct mailing *m, const struct db_result *r)
{
	size_t i;

	m->route_count = (size_t)db_rows(r);
	m->routes = ARENA_ARRAY(&m->arena, struct route, m->route_count + 1);
	for (i = 0; i < m->route_count; i++) {
		m->routes[i].relay = relay_of(m->worker, r, (int)i);
		m->routes[i].stride =
		    STRIDE / db_get_int(r, (int)i, COL_WEIGHT);
	}
}

static void
on_loaded(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct err why = {FAIL_NONE, ""};
	struct mailing *m = arg;

	(void)count;
	m->claims--;
	if (err != NULL || db_rows(&results[GOT_CAMPAIGN]) == 0) {
		m->stage = MAILING_LEAVING;
		return;
	}
	if (!read_content(m, results, &why)) {
		mailing_halt(m, why.text);
		return;
	}
	if (!dkim_load(&m->signer, &results[GOT_DKIM], m->worker->ring, &why)) {
		mailing_halt(m, why.text);
		return;
	}
	read_lists(m, &results[GOT_LISTS]);
	read_routes(m, &results[GOT_ACCOUNTS]);
	pauses_load(&m->pauses, &results[GOT_PAUSES]);
	if (m->stage == MAILING_LOADING)
		m->stage = MAILING_ACTIVE;
	handout_soon(m->worker);
}

struct mailing *
mailing_new(struct worker *w, int64_t id)
{
	struct mailing *m = NEW(struct mailing), **at;
	struct db_batch *b = db_batch_new(w->link);

	m->worker = w;
	m->id = id;
	m->window = (size_t)w->settings->lease_window;
	m->claims = 1;
	m->moved_ms = clock_mono_ms();
	arena_init(&m->arena, MAILING_BYTES_MAX);
	meter_init(&m->meter, w, METER_CAMPAIGN, id, STR_NONE);
	for (at = &w->mailings; *at != NULL && (*at)->id < id;)
		at = &(*at)->next;
	m->next = *at;
	*at = m;
	db_batch_add(b, Q_WORK_CAMPAIGN, DB_ARGS(db_int(id)));
	db_batch_add(b, Q_WORK_LISTS, DB_ARGS(db_int(id)));
	db_batch_add(b, Q_WORK_ACCOUNTS, DB_ARGS(db_int(id)));
	db_batch_add(b, Q_DKIM_OF_CAMPAIGN, DB_ARGS(db_int(id)));
	db_batch_add(b, Q_CAMPAIGN_PAUSES, DB_ARGS(db_int(id)));
	content_ask(b, id, w->settings->postal_address);
	db_batch_send(b, on_loaded, m);
	return m;
}

void
mailing_free(struct mailing *m)
{
	struct mailing **at = &m->worker->mailings;
	struct lease *l;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	while ((l = m->leases) != NULL) {
		m->leases = l->next;
		lease_free(l);
	}
	meter_release(&m->meter);
	pauses_release(&m->pauses);
	message_free(m->content.message);
	dkim_signer_free(m->signer);
	arena_release(&m->arena);
	free(m);
}

void
mailing_leave(struct mailing *m)
{
	if (m->stage == MAILING_LEAVING)
		return;
	m->stage = MAILING_LEAVING;
	recorder_poke(&m->worker->recorder);
}

void
mailing_return(struct mailing *m)
{
	if (m->stage != MAILING_LEAVING || m->content.message == NULL ||
	    m->halting)
		return;
	m->stage = MAILING_ACTIVE;
	handout_soon(m->worker);
}

bool
mailing_is_over(const struct mailing *m)
{
	return m->stage == MAILING_LEAVING && m->leases == NULL &&
	       m->claims == 0;
}

static void
on_halted(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailing *m = arg;

	(void)results;
	(void)count;
	(void)err; /* when it failed, the reason shows up again */
	m->claims--;
	m->halting = false;
}

void
mailing_halt(struct mailing *m, const char *why)
{
	struct db_batch *b;

	mailing_leave(m);
	if (m->halting)
		return;
	log_warn("campaign_paused", "campaign=%lld reason=%s", (long long)m->id,
	    log_quote(str_of(why)));
	m->halting = true;
	m->claims++;
	b = db_batch_new(m->worker->link);
	db_batch_add(b, Q_CAMPAIGN_HALT, DB_ARGS(db_int(m->id), db_cstr(why)));
	db_batch_send(b, on_halted, m);
}

size_t
mailing_room(const struct mailing *m)
{
	const struct lease *l;
	size_t open = m->reserved;

	for (l = m->leases; l != NULL; l = l->next)
		if (!l->lost)
			open += lease_open(l);
	return open < m->window ? m->window - open : 0;
}

size_t
mailing_ahead(const struct mailing *m)
{
	const struct lease *l;
	size_t n = 0;

	for (l = m->leases; l != NULL; l = l->next)
		n += l->count - l->asked;
	return n;
}

struct route *
mailing_route(struct mailing *m, const struct relay *r)
{
	size_t i;

	for (i = 0; i < m->route_count; i++)
		if (m->routes[i].relay == r)
			return &m->routes[i];
	return NULL;
}

void
mailing_reset_routes(struct mailing *m)
{
	size_t i;

	for (i = 0; i < m->route_count; i++)
		m->routes[i].pass = 0;
}

void
mailing_forget_relay(struct mailing *m, const struct relay *r)
{
	struct lease *l;

	for (l = m->leases; l != NULL; l = l->next)
		lease_forget_account(l, r->row.id);
}

struct mailing_list
mailing_list(const struct mailing *m, int64_t id)
{
	size_t i;

	for (i = 0; i < m->list_count; i++)
		if (m->lists[i].id == id)
			return m->lists[i];
	return (struct mailing_list){.id = id};
}
