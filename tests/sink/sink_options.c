#include "lib/base/base.h"

#include "tests/sink/sink_options.h"

#include "tests/sink/sink_record.h"

void
sink_options_init(struct sink_options *o)
{
	memset(o, 0, sizeof(*o));
	o->host = "127.0.0.1";
	o->threads = 1;
	o->dump_max = 1000;
	o->size_max = 50 << 20;
	o->auth_fail_after = -1;
	o->mechanisms = "PLAIN LOGIN";
	o->seed = 1;
	o->offer_pipelining = o->offer_8bitmime = o->offer_size = true;
	o->offer_smtputf8 = o->offer_enhanced = o->offer_auth = true;
	o->offer_dsn = true;
}

bool
sink_options_rule(struct sink_options *o, const char *text, struct err *err)
{
	struct sink_rule rule;

	if (o->rule_count == SINK_RULES_MAX)
		return err_set(err, FAIL_LIMIT, "more than %d rules",
		    SINK_RULES_MAX);
	if (!sink_rule_parse(&rule, str_of(text), err))
		return false;
	sink_rule_release(&rule);
	o->rules[o->rule_count++] = text;
	return true;
}

static bool
to_number(const char *value, int64_t min, int64_t max, int64_t *out,
    struct err *err)
{
	if (str_to_i64(str_of(value), out) && *out >= min && *out <= max)
		return true;
	return err_set(err, FAIL_INPUT, "\"%s\" is not within %lld..%lld",
	    value, (long long)min, (long long)max);
}

#define NUMBER_OPTION(fn, field, type, min, max)                  \
	static bool fn(struct sink_options *o, const char *value, \
	    struct err *err)                                      \
	{                                                         \
		int64_t n;                                        \
                                                                  \
		if (!to_number(value, min, max, &n, err))         \
			return false;                             \
		o->field = (type)n;                               \
		return true;                                      \
	}
#define TEXT_OPTION(fn, field)                                    \
	static bool fn(struct sink_options *o, const char *value, \
	    struct err *err)                                      \
	{                                                         \
		(void)err;                                        \
		o->field = value;                                 \
		return true;                                      \
	}

#define FLAG_OPTION(fn, field)                                    \
	static bool fn(struct sink_options *o, const char *value, \
	    struct err *err)                                      \
	{                                                         \
		(void)value;                                      \
		(void)err;                                        \
		o->field = true;                                  \
		return true;                                      \
	}

NUMBER_OPTION(set_port, port, int, 0, 65535)
NUMBER_OPTION(set_threads, threads, int, 1, 64)
NUMBER_OPTION(set_dump_max, dump_max, int, 0, 1000000)
NUMBER_OPTION(set_size_max, size_max, uint64_t, 0, INT64_MAX)
NUMBER_OPTION(set_drop_after, drop_after, int, 0, 1000000000)
NUMBER_OPTION(set_auth_fail, auth_fail_after, long, -1, 1000000000)
NUMBER_OPTION(set_receive_buffer, receive_buffer, int, 0, 1 << 30)
NUMBER_OPTION(set_token_life, token_life_s, int, 0, 1000000000)
NUMBER_OPTION(set_seed, seed, uint64_t, 0, INT64_MAX)
TEXT_OPTION(set_host, host)
TEXT_OPTION(set_log, log)
TEXT_OPTION(set_dump, dump)
TEXT_OPTION(set_cert, cert)
TEXT_OPTION(set_key, key)
TEXT_OPTION(set_user, user)
TEXT_OPTION(set_password, password)
TEXT_OPTION(set_mechanisms, mechanisms)
TEXT_OPTION(set_rule_file, rule_file)
FLAG_OPTION(set_require_auth, require_auth)
FLAG_OPTION(set_sync, sync)

static bool
set_events(struct sink_options *o, const char *value, struct err *err)
{
	return sink_record_parse_events(value, &o->events, err);
}

static bool
set_token(struct sink_options *o, const char *value, struct err *err)
{
	if (o->token_count == SINK_TOKENS_MAX)
		return err_set(err, FAIL_LIMIT, "more than %d tokens",
		    SINK_TOKENS_MAX);
	o->tokens[o->token_count++] = value;
	return true;
}

static bool
set_tls(struct sink_options *o, const char *value, struct err *err)
{
	if (strcmp(value, "none") == 0)
		o->tls = SINK_TLS_NONE;
	else if (strcmp(value, "starttls") == 0)
		o->tls = SINK_TLS_STARTTLS;
	else if (strcmp(value, "implicit") == 0)
		o->tls = SINK_TLS_IMPLICIT;
	else
		return err_set(err, FAIL_INPUT,
		    "\"%s\" is not none, starttls or implicit", value);
	return true;
}

static bool
set_without(struct sink_options *o, const char *value, struct err *err)
{
	const struct {
		const char *name;
		bool *offer;
	} offers[] = {
	    {"PIPELINING", &o->offer_pipelining},
	    {"8BITMIME", &o->offer_8bitmime},
	    {"SIZE", &o->offer_size},
	    {"SMTPUTF8", &o->offer_smtputf8},
	    {"ENHANCEDSTATUSCODES", &o->offer_enhanced},
	    {"AUTH", &o->offer_auth},
	    {"DSN", &o->offer_dsn},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(offers); i++) {
		if (strcasecmp(value, offers[i].name) != 0)
			continue;
		*offers[i].offer = false;
		return true;
	}
	return err_set(err, FAIL_INPUT, "%s is never offered", value);
}

static bool
set_delay(struct sink_options *o, const char *value, struct err *err)
{
	struct str rest = str_of(value), min;
	int64_t a = -1, b;

	if (!str_cut(&rest, '-', &min) || !str_to_i64(min, &a))
		return err_set(err, FAIL_INPUT, "\"%s\" is no delay", value);
	b = a;
	if ((rest.n > 0 && !str_to_i64(rest, &b)) || a < 0 || b < a ||
	    b > 3600000)
		return err_set(err, FAIL_INPUT, "\"%s\" is no delay", value);
	o->delay_min_ms = (int)a;
	o->delay_max_ms = (int)b;
	return true;
}

static const struct option_row {
	const char *name, *value; /* value NULL: takes none */
	bool (*set)(struct sink_options *o, const char *value, struct err *err);
	const char *help;
} table[] = {
    {"host", "ADDR", set_host, "address to listen on (127.0.0.1)"},
    {"port", "N", set_port, "port; 0 takes a free one and prints it"},
    {"threads", "N", set_threads, "threads that share the connections (1)"},
    {"receive-buffer", "N", set_receive_buffer,
	"octets that a socket takes unread (the system's)"},
    {"log", "FILE", set_log, "append a line for every accepted message"},
    {"events", "NAME,...", set_events,
	"log these, too: try, lost, login, open, close, fault; all"},
    {"sync", NULL, set_sync, "fdatasync the log before a reply leaves"},
    {"dump", "DIR", set_dump, "store whole messages as DIR/N.eml"},
    {"dump-max", "N", set_dump_max, "at most so many (1000)"},
    {"tls", "HOW", set_tls, "none (default), starttls or implicit"},
    {"cert", "FILE", set_cert, "PEM certificate, with what it is signed by"},
    {"key", "FILE", set_key, "PEM key"},
    {"mechanisms", "WORDS", set_mechanisms,
	"that AUTH offers (\"PLAIN LOGIN\"); also SCRAM-SHA-256 (with\n"
	"      --password), XOAUTH2, OAUTHBEARER"},
    {"user", "NAME", set_user, "AUTH takes this user only"},
    {"password", "TEXT", set_password, "AUTH takes this password only"},
    {"token", "TEXT", set_token,
	"XOAUTH2 and OAUTHBEARER take this token only; \"abc*\": those that\n"
	"      begin so (again)"},
    {"token-life", "S", set_token_life,
	"a token ends S seconds after its first use"},
    {"require-auth", NULL, set_require_auth, "no MAIL without AUTH"},
    {"without", "KEYWORD", set_without, "do not offer it to EHLO (again)"},
    {"size-max", "N", set_size_max, "octets a message may have"},
    {"drop-after", "N", set_drop_after,
	"close a connection after N messages, without a word"},
    {"auth-fail-after", "N", set_auth_fail,
	"after N messages in all: 421 to what is connected, 535 to AUTH"},
    {"delay-ms", "N[-M]", set_delay, "wait before the reply to the dot"},
    {"rule", "RULE", sink_options_rule, "a fault, as below (again)"},
    {"rules", "FILE", set_rule_file,
	"rules, a line each, \"#\" before comments; SIGHUP reads it again"},
    {"seed", "N", set_seed, "of all that is random (1)"},
};

static const struct option_row *
find(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(table); i++)
		if (str_eq(name, str_of(table[i].name)))
			return &table[i];
	return NULL;
}

/* --name, --name=value or --name value; gives how many words it was. */
static int
take_option(struct sink_options *o, char **argv, struct err *err)
{
	struct str rest = str_of(argv[0]), name;
	const struct option_row *row = NULL;
	const char *value = NULL;
	int words = 1;

	if (str_starts(rest, STR("--"))) {
		rest = str_from(rest, 2);
		value = strchr(rest.p, '=');
		if (str_cut(&rest, '=', &name))
			row = find(name);
	}
	if (row == NULL) {
		err_set(err, FAIL_INPUT, "unknown option %s", argv[0]);
		return 0;
	}
	if (value != NULL) {
		value++;
	} else if (row->value != NULL) {
		value = argv[1];
		words = 2;
	}
	if (row->value != NULL && value == NULL) {
		err_set(err, FAIL_INPUT, "--%s wants %s", row->name,
		    row->value);
		return 0;
	}
	if (!row->set(o, value, err)) {
		err_wrap(err, "--%s", row->name);
		return 0;
	}
	return words;
}

bool
sink_options_parse(struct sink_options *o, int argc, char **argv, bool *help,
    struct err *err)
{
	int i = 1, words;

	*help = false;
	while (i < argc) {
		if (strcmp(argv[i], "--help") == 0) {
			*help = true;
			return true;
		}
		words = take_option(o, argv + i, err);
		if (words == 0)
			return false;
		i += words;
	}
	if (o->tls != SINK_TLS_NONE && (o->cert == NULL || o->key == NULL))
		return err_set(err, FAIL_INPUT, "--tls wants --cert and --key");
	return true;
}

static const char usage[] =
    "usage: sink [options]\n\n"
    "An SMTP server that takes every message and remembers it.  Prints its "
    "port,\nserves until SIGTERM.  Log, tab-separated: time in microseconds, "
    "envelope from,\nenvelope to, Message-ID, octets, connection, time of "
    "MAIL, number, user\n(sink_record.h has the events).\n\n";

void
sink_options_help(FILE *out)
{
	char name[64];
	size_t i;

	fputs(usage, out);
	for (i = 0; i < ARRAY_LEN(table); i++) {
		snprintf(name, sizeof(name), "--%s %s", table[i].name,
		    table[i].value != NULL ? table[i].value : "");
		fprintf(out, "  %-26s %s\n", name, table[i].help);
	}
	sink_rule_help(out);
}
