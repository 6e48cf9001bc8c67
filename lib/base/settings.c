#include "lib/base/settings.h"

#include "lib/base/journal_owner.h"
#include "lib/base/log.h"

#include <unistd.h>

#define TEXT(field, initial, check, help)                                    \
	{                                                                    \
#field, SETTING_TEXT, offsetof(struct settings, field),      \
		    sizeof(((struct settings *)NULL)->field), initial, 0, 0, \
		    help, check                                              \
	}
#define INT(field, initial, min, max, help)                            \
	{                                                              \
#field, SETTING_INT, offsetof(struct settings, field), \
		    sizeof(int64_t), initial, min, max, help, NULL     \
	}

/* The checks of texts give NULL, or what a value has to be. */
static const char *
check_listen(struct str s)
{
	size_t colon = str_rchr(s, ':');
	uint64_t port;

	if (colon == STR_NOWHERE || colon == 0 ||
	    !str_to_u64(str_from(s, colon + 1), &port) || port > 65535)
		return "host:port";
	return NULL;
}

/* Host, port and path of a URL (RFC 3986): neither a query nor what would
 * end the URL where it stands in a header or in an attribute. */
static bool
is_place(struct str s)
{
	static const struct str fit = STR("abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-._~:/[]%");
	size_t i;

	for (i = 0; i < s.n; i++)
		if (str_chr(fit, s.p[i]) == STR_NOWHERE)
			return false;
	return s.n > 0 && s.p[0] != '/' && s.p[s.n - 1] != '/';
}

/* It goes into every mail. */
static const char *
check_url(struct str s)
{
	struct str place = STR_NONE;

	if (str_starts(s, STR("http://")))
		place = str_from(s, 7);
	else if (str_starts(s, STR("https://")))
		place = str_from(s, 8);
	if (s.n > 0 && !is_place(place))
		return "an http or https URL without a query and without a "
		       "slash at the end";
	return NULL;
}

static const char *
check_log_level(struct str s)
{
	enum log_level level;

	return log_level_parse(s, &level) ? NULL : "error, warn, info or debug";
}

static const char *
check_journal_sync(struct str s)
{
	enum journal_policy policy;

	return journal_policy_parse(s, &policy) ? NULL : "process or disk";
}

/* It goes into a command line of SMTP. */
static const char *
check_helo(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return "a host name";
	return NULL;
}

static const char *
check_folder(struct str s)
{
	return s.n > 0 ? NULL : "a folder";
}

/* clang-format off */
const struct setting setting_table[] = {
	TEXT(database, "", NULL,
	    "PostgreSQL as a libpq conninfo; empty: libpq's own defaults"),
	TEXT(home, "", check_folder,
	    "state folder; /var/lib/volley for root, else ~/.local/share/volley"),
	TEXT(listen, "127.0.0.1:8025", check_listen,
	    "host:port of the HTTP server"),
	TEXT(proxies, "", NULL,
	    "addresses of reverse proxies, whose X-Forwarded-For is believed"),
	TEXT(webhook_hosts, "", NULL,
	    "hosts of your own that webhooks may lead to, blanks between"),
	TEXT(base_url, "", check_url,
	    "what public links start with; empty: http:// and listen"),
	TEXT(key_file, "", NULL,
	    "file of the master keys; empty: master.key in the state folder"),
	TEXT(journal, "", NULL,
	    "folder of the senders' journals; empty: journal in the state folder"),
	TEXT(journal_sync, "process", check_journal_sync,
	    "what a message on its way survives: process (kill -9), disk (power)"),
	TEXT(log_level, "info", check_log_level,
	    "error, warn, info or debug"),
	TEXT(helo, "", check_helo,
	    "name in EHLO; empty: the host's name"),
	TEXT(postal_address, "", NULL,
	    "postal address of the sender, for the footer of mails"),
	INT(api_threads, "8", 1, 256,
	    "threads that answer HTTP requests"),
	INT(api_connections, "2000", 1, 100000,
	    "HTTP connections at most"),
	INT(requests_a_minute, "12000", 0, 1000000,
	    "requests a minute of an API key or a user; 0: any number"),
	INT(refused_a_minute, "600", 0, 1000000,
	    "requests a minute of a network address without a valid key; 0: any"),
	INT(workers, "0", 0, 256,
	    "sender processes; 0: one per core"),
	INT(lease_size, "4000", 1, 100000,
	    "recipients a lease, at most"),
	INT(lease_s, "60", 1, 86400,
	    "seconds that a lease lasts unrenewed"),
	INT(lease_window, "1000", 1, 100000,
	    "recipients of a lease that may be under way at once"),
	INT(outcome_batch, "1000", 1, 10000,
	    "outcomes a transaction at most"),
	INT(retry_first_s, "300", 1, 86400,
	    "seconds until the first new attempt after a 4xx"),
	INT(retry_max_s, "14400", 1, 604800,
	    "seconds between attempts at most"),
	INT(smtp_timeout_s, "0", 0, 3600,
	    "seconds to wait for an SMTP reply; 0: as RFC 5321 has it"),
	INT(smtp_messages, "100", 1, 1000000,
	    "messages over one SMTP connection at most"),
	INT(late_start_s, "3600", 0, 31536000,
	    "seconds that a start may be late; later waits for a resume; 0: any"),
	INT(frequency_messages, "0", 0, 1000,
	    "campaigns that a person gets in frequency_days at most; 0: any number"),
	INT(frequency_days, "7", 1, 366,
	    "days over which frequency_messages counts"),
	INT(drain_s, "15", 0, 600,
	    "seconds to wait for replies when told to stop"),
	INT(poll_s, "60", 1, 86400,
	    "seconds between polls of a mailbox, beside IDLE"),
	INT(self_test_s, "90", 5, 3600,
	    "seconds to wait for the message of an account's self-test"),
	INT(idle_s, "240", 1, 1740,
	    "seconds of one IDLE at most (RFC 2177 ends at 29 minutes)"),
	INT(mailbox_timeout_s, "0", 0, 3600,
	    "seconds to wait for a mailbox's server; 0: what a command needs"),
	INT(import_bytes_max, "2147483648", 1024, INT64_C(1) << 40,
	    "bytes of an upload at most"),
};
/* clang-format on */
const size_t setting_count = ARRAY_LEN(setting_table);

const struct setting *
setting_find(const char *name)
{
	size_t i;

	for (i = 0; i < setting_count; i++)
		if (strcmp(setting_table[i].name, name) == 0)
			return &setting_table[i];
	return NULL;
}

static bool
set_text(struct settings *s, const struct setting *row, struct str value,
    struct err *err)
{
	char *field = (char *)s + row->offset;
	const char *wanted = NULL;

	if (value.n >= row->size)
		return err_set(err, FAIL_LIMIT, "%s: longer than %zu bytes",
		    row->name, row->size - 1);
	if (str_has_control(value))
		return err_set(err, FAIL_INPUT, "%s: has control characters",
		    row->name);
	if (row->check != NULL)
		wanted = row->check(value);
	if (wanted != NULL)
		return err_set(err, FAIL_INPUT, "%s: \"%.*s\" is not %s",
		    row->name, STR_ARG(value), wanted);
	if (value.n > 0)
		memcpy(field, value.p, value.n);
	memset(field + value.n, 0, row->size - value.n);
	return true;
}

static bool
set_int(struct settings *s, const struct setting *row, struct str value,
    struct err *err)
{
	int64_t v;

	if (!str_to_i64(value, &v))
		return err_set(err, FAIL_INPUT,
		    "%s: \"%.*s\" is not a whole number", row->name,
		    STR_ARG(str_sub(value, 0, 80)));
	if (v < row->min || v > row->max)
		return err_set(err, FAIL_LIMIT, "%s: %lld is not in %lld..%lld",
		    row->name, (long long)v, (long long)row->min,
		    (long long)row->max);
	memcpy((char *)s + row->offset, &v, sizeof(v));
	return true;
}

bool
settings_set(struct settings *s, const char *name, const char *value,
    struct err *err)
{
	const struct setting *row = setting_find(name);

	if (row == NULL)
		return err_set(err, FAIL_MISSING,
		    "there is no setting \"%.80s\"", name);
	if (row->type == SETTING_TEXT)
		return set_text(s, row, str_of(value), err);
	return set_int(s, row, str_of(value), err);
}

static void
default_home(struct settings *s)
{
	const char *home = getenv("HOME");
	int n = 0;

	if (geteuid() != 0 && home != NULL && home[0] == '/')
		n = snprintf(s->home, sizeof(s->home), "%s/.local/share/volley",
		    home);
	if (n <= 0 || (size_t)n >= sizeof(s->home))
		snprintf(s->home, sizeof(s->home), "/var/lib/volley");
}

void
settings_defaults(struct settings *s)
{
	const struct setting *row;
	struct err err;
	size_t i;

	*s = (struct settings){0};
	default_home(s);
	for (i = 0; i < setting_count; i++) {
		row = &setting_table[i];
		if (strcmp(row->name, "home") != 0 &&
		    !settings_set(s, row->name, row->initial, &err))
			BUG("default of %s", err.text);
	}
}

void
settings_help(FILE *out)
{
	const struct setting *row;
	char flag[64];
	size_t i, at;

	for (row = setting_table; row < setting_table + setting_count; row++) {
		at = (size_t)snprintf(flag, sizeof(flag), "--%s=%s", row->name,
		    row->type == SETTING_INT ? "N" : "TEXT");
		for (i = 0; i < at; i++)
			if (flag[i] == '_')
				flag[i] = '-';
		fprintf(out, "  %-26s %s", flag, row->help);
		if (row->initial[0] != '\0')
			fprintf(out, " (%s)", row->initial);
		fprintf(out, "\n");
	}
}
