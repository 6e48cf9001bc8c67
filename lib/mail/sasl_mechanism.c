#include "lib/mail/sasl.h"

static const struct {
	const char *name, *wire;
} mechanisms[SASL__COUNT] = {
    [SASL_AUTO] = {"auto", ""},
    [SASL_PLAIN] = {"plain", "PLAIN"},
    [SASL_LOGIN] = {"login", "LOGIN"},
    [SASL_SCRAM_SHA_256] = {"scram-sha-256", "SCRAM-SHA-256"},
    [SASL_XOAUTH2] = {"xoauth2", "XOAUTH2"},
    [SASL_OAUTHBEARER] = {"oauthbearer", "OAUTHBEARER"},
};

const char *
sasl_name(enum sasl_mechanism m)
{
	return mechanisms[m].name;
}

const char *
sasl_wire_name(enum sasl_mechanism m)
{
	return mechanisms[m].wire;
}

bool
sasl_parse(struct str name, enum sasl_mechanism *out)
{
	int m;

	for (m = 0; m < SASL__COUNT; m++) {
		if (!str_eq_nocase(name, str_of(mechanisms[m].name)))
			continue;
		*out = (enum sasl_mechanism)m;
		return true;
	}
	return false;
}

unsigned
sasl_offer(struct str wire_name)
{
	int m;

	for (m = SASL_AUTO + 1; m < SASL__COUNT; m++)
		if (str_eq_nocase(wire_name, str_of(mechanisms[m].wire)))
			return 1U << m;
	return 0;
}

/* Both sides of a disagreement, for whoever has to settle it. */
static bool
nothing_fits(enum sasl_mechanism want, unsigned offered, struct err *err)
{
	struct buf names;
	int m;

	buf_init(&names, 200);
	for (m = SASL_AUTO + 1; m < SASL__COUNT; m++)
		if (offered & 1U << m)
			buf_printf(&names, " %s", mechanisms[m].wire);
	err_set(err, FAIL_AUTH,
	    "authenticate: the account wants %s, the server offers%s",
	    want == SASL_AUTO ? "SCRAM-SHA-256, PLAIN or LOGIN"
			      : mechanisms[want].wire,
	    names.n > 0 ? buf_cstr(&names) : " nothing known");
	buf_release(&names);
	return false;
}

bool
sasl_choose(enum sasl_mechanism want, unsigned offered,
    enum sasl_mechanism *out, struct err *err)
{
	static const enum sasl_mechanism order[] = {SASL_SCRAM_SHA_256,
	    SASL_PLAIN, SASL_LOGIN};
	size_t i;

	if (want != SASL_AUTO) {
		if (!(offered & 1U << want))
			return nothing_fits(want, offered, err);
		*out = want;
		return true;
	}
	for (i = 0; i < ARRAY_LEN(order); i++) {
		if (!(offered & 1U << order[i]))
			continue;
		*out = order[i];
		return true;
	}
	return nothing_fits(want, offered, err);
}
