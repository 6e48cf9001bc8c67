#include "lib/base/base.h"

#include "tests/sink/sink_rule.h"

#include "lib/base/mem.h"

static const char *const step_names[SINK_STEP__COUNT] = {
    [SINK_CONNECT] = "connect",
    [SINK_GREETING] = "greeting",
    [SINK_EHLO] = "ehlo",
    [SINK_HELO] = "helo",
    [SINK_STARTTLS] = "starttls",
    [SINK_TLS] = "tls",
    [SINK_AUTH] = "auth",
    [SINK_LOGIN] = "login",
    [SINK_MAIL] = "mail",
    [SINK_RCPT] = "rcpt",
    [SINK_DATA] = "data",
    [SINK_BODY] = "body",
    [SINK_DOT] = "dot",
    [SINK_RSET] = "rset",
    [SINK_NOOP] = "noop",
    [SINK_QUIT] = "quit",
    [SINK_IN] = "in",
    [SINK_OUT] = "out",
};

const char *
sink_step_name(enum sink_step s)
{
	return step_names[s];
}

void
sink_rule_release(struct sink_rule *r)
{
	free(r->text);
	free(r->to);
	free(r->again);
	sink_tally_release(&r->tally);
	memset(r, 0, sizeof(*r));
}

static bool
is_recipient(const char *pattern, struct str address)
{
	struct str p = str_of(pattern);

	if (p.n > 0 && p.p[p.n - 1] == '*')
		return str_starts_nocase(address, str_sub(p, 0, p.n - 1));
	if (p.n > 0 && p.p[0] == '@')
		return address.n >= p.n &&
		       str_eq_nocase(str_from(address, address.n - p.n), p);
	return str_eq_nocase(address, p);
}

static bool
is_any_recipient(const char *pattern, struct str list)
{
	struct str address;

	while (str_cut(&list, ',', &address))
		if (is_recipient(pattern, address))
			return true;
	return false;
}

/* The conditions without a memory. */
static bool
concerns(const struct sink_rule *r, const struct sink_moment *m)
{
	return m->connection >= r->conn_min && m->connection <= r->conn_max &&
	       m->age_ms >= r->since_ms && m->age_ms < r->until_ms &&
	       (r->open < 0 || m->open > r->open) &&
	       (r->to == NULL || is_any_recipient(r->to, m->to));
}

static struct sink_count *
count_of(struct sink_rule *r, const struct sink_moment *m)
{
	char id[24];

	switch (r->per) {
	case SINK_PER_ALL: break;
	case SINK_PER_CONN:
		snprintf(id, sizeof(id), "%ld", m->connection);
		return sink_tally_at(&r->tally, str_of(id), STR_NONE,
		    m->now_ms);
	case SINK_PER_USER:
		return sink_tally_at(&r->tally, m->user, STR_NONE, m->now_ms);
	case SINK_PER_TO:
		return sink_tally_at(&r->tally, m->to, STR_NONE, m->now_ms);
	}
	return &r->all;
}

/* quota: so many pass, then nobody until its time is over. */
static bool
over_quota(const struct sink_rule *r, struct sink_count *c, int64_t now_ms)
{
	if (c->first_ms != 0 && now_ms - c->first_ms >= r->quota_ms) {
		c->n = 1;
		c->first_ms = 0;
	}
	if (c->n <= r->quota)
		return false;
	if (c->first_ms == 0)
		c->first_ms = now_ms;
	return true;
}

/* The pair stands in the same table as the counts, marked as it is by both
 * of its parts. */
static bool
greylisted(struct sink_rule *r, const struct sink_moment *m)
{
	struct sink_count *c =
	    sink_tally_at(&r->tally, m->from, m->to, m->now_ms);

	if (c->first_ms == 0)
		c->first_ms = m->now_ms;
	else if (m->now_ms - c->first_ms >= r->grey_ms)
		return false;
	return true;
}

bool
sink_rule_holds(struct sink_rule *r, const struct sink_moment *m, double chance)
{
	struct sink_count *c;

	if (!concerns(r, m))
		return false;
	c = count_of(r, m);
	c->n++;
	if ((r->every > 0 && c->n % r->every != 0) ||
	    (r->nth > 0 && c->n != r->nth) ||
	    (r->first > 0 && c->n > r->first) || c->n < r->from)
		return false;
	if (r->quota >= 0 && !over_quota(r, c, m->now_ms))
		return false;
	if (r->grey_ms >= 0 && !greylisted(r, m))
		return false;
	return chance < r->chance;
}

int64_t
sink_rule_offset(struct sink_rule *r)
{
	if (r->sweep_last == 0)
		return r->at;
	if (r->again_count > 0)
		return r->again[--r->again_count];
	return r->sweep_next <= r->sweep_last ? r->sweep_next++ : SINK_NEVER;
}

void
sink_rule_give_back(struct sink_rule *r, int64_t offset)
{
	if (r->sweep_last == 0 || offset == SINK_NEVER)
		return;
	if (r->again_count == r->again_room) {
		r->again_room = r->again_room * 2 + 16;
		r->again = mem_grow(r->again, r->again_room, sizeof(*r->again));
	}
	r->again[r->again_count++] = offset;
}
