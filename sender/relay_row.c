#include "sender/relay_row.h"

#include "lib/base/mem.h"

#include <unistd.h>

enum {
	COL_ID,
	COL_NAME,
	COL_HOST,
	COL_PORT,
	COL_TLS,
	COL_AUTH,
	COL_USERNAME,
	COL_SECRET,
	COL_CA_FILE,
	COL_CONNECTIONS,
	COL_VERSION,
	COL_ACTIVE,
	COL_LIMITED,
	COL_EIGHT_BIT,
	COL_OAUTH,
	COL_VERP,
	COL_ONE_CLICK,
};

static char *
text(const struct db_result *r, int line, int col)
{
	return str_dup(db_get_text(r, line, col));
}

static bool
read_password(struct relay_row *row, const struct db_result *r, int line,
    const struct keyring *ring, struct err *err)
{
	char identity[64];
	struct arena a;
	bool ok;

	if (db_is_null(r, line, COL_SECRET))
		return true;
	snprintf(identity, sizeof(identity), "smtp_account:%lld",
	    (long long)row->id);
	arena_init(&a, 2 * (size_t)SEAL_PLAIN_MAX);
	ok = unseal(ring, str_of(identity),
	    db_get_bytes(r, line, COL_SECRET, &a), &row->password, err);
	arena_release(&a);
	if (ok)
		return true;
	return err_set(err, FAIL_AUTH,
	    "the stored password cannot be read with this key file: enter it "
	    "again");
}

bool
relay_row_read(struct relay_row *row, const struct db_result *r, int line,
    const struct keyring *ring, struct err *err)
{
	*row = (struct relay_row){
	    .id = db_get_int(r, line, COL_ID),
	    .version = db_get_int(r, line, COL_VERSION),
	    .name = text(r, line, COL_NAME),
	    .host = text(r, line, COL_HOST),
	    .username = text(r, line, COL_USERNAME),
	    .ca_file = text(r, line, COL_CA_FILE),
	    .port = (int)db_get_int(r, line, COL_PORT),
	    .connections = (int)db_get_int(r, line, COL_CONNECTIONS),
	    .active = db_get_bool(r, line, COL_ACTIVE),
	    .limited = db_get_bool(r, line, COL_LIMITED),
	    .eight_bit = db_get_bool(r, line, COL_EIGHT_BIT),
	    .oauth = db_get_bool(r, line, COL_OAUTH),
	    .verp = db_get_bool(r, line, COL_VERP),
	    .one_click = db_get_bool(r, line, COL_ONE_CLICK),
	};
	buf_init(&row->password, RELAY_PASSWORD_MAX);
	/* The schema's checks know the same words. */
	if (!conn_tls_parse(db_get_text(r, line, COL_TLS), &row->tls) ||
	    !sasl_parse(db_get_text(r, line, COL_AUTH), &row->mechanism))
		return err_set(err, FAIL_INPUT, "tls or auth is unknown");
	return read_password(row, r, line, ring, err);
}

void
relay_row_release(struct relay_row *row)
{
	free(row->name);
	free(row->host);
	free(row->username);
	free(row->ca_file);
	buf_wipe(&row->password);
	*row = (struct relay_row){0};
}

void
relay_row_link_params(const struct relay_row *row,
    const struct settings *settings, char session_key[RELAY_SESSION_KEY_MAX],
    struct smtp_link_params *out)
{
	smtp_link_defaults(out);
	snprintf(session_key, RELAY_SESSION_KEY_MAX,
	    "account %lld version %lld", (long long)row->id,
	    (long long)row->version);
	out->session = (struct smtp_session_params){
	    .helo = relay_helo(settings),
	    .tls = row->tls,
	    .mechanism = row->mechanism,
	    .username = row->username,
	    .password = buf_cstr(&row->password),
	    .host = row->host,
	    .port = row->port,
	};
	out->ca_file = row->ca_file;
	out->session_key = session_key;
	out->timeout_s = settings->smtp_timeout_s;
	out->messages_max = (int)settings->smtp_messages;
}

const char *
relay_helo(const struct settings *settings)
{
	static char host[256];
	size_t i;

	if (settings->helo[0] != '\0')
		return settings->helo;
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		return "localhost";
	for (i = 0; host[i] != '\0'; i++)
		if (host[i] <= ' ' || host[i] > '~')
			return "localhost";
	return host;
}
