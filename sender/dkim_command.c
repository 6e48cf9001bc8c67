#include "sender/dkim_command.h"

#include "db/conninfo.h"
#include "db/db.h"
#include "lib/base/file.h"
#include "lib/mail/address.h"
#include "sender/dkim_load.h"

#include <getopt.h>

#define LABEL_LENGTH_MAX 63
#define NAME_LENGTH_MAX  253 /* of a name in the DNS */
#define STRING_LENGTH    250 /* of one string of a TXT record; 255 at most */

static const char usage[] =
    "usage: volley dkim create DOMAIN SELECTOR [--algorithm rsa|ed25519]\n"
    "                          [--bits N] [--key FILE] [--active]\n"
    "       volley dkim list\n"
    "       volley dkim show DOMAIN SELECTOR\n"
    "       volley dkim activate|deactivate|remove DOMAIN SELECTOR\n"
    "\n"
    "Keys that campaigns from addresses of DOMAIN, or below it, are signed\n"
    "with.  `create` makes one, keeps it encrypted, and prints the DNS record\n"
    "to publish; once that can be seen, `activate` lets senders sign with\n"
    "it.  Of several active keys the newest RSA and the newest Ed25519 one\n"
    "sign.\n"
    "\n"
    "  --algorithm NAME  rsa (default) or ed25519: receivers that do not know\n"
    "                    the latter yet want an RSA key beside it\n"
    "  --bits N          of an RSA key, 2048 (default) to 4096\n"
    "  --key FILE        takes this private key (PEM) instead of a new one\n"
    "  --active          signs from the start: its record is published "
    "already\n";

/* What the command line asks for. */
struct wish {
	const char *verb;
	struct str domain, selector;
	enum dkim_algorithm algorithm;
	int64_t bits;
	const char *file;
	bool active;
	struct address address; /* holds the domain */
	char selector_text[NAME_LENGTH_MAX + 1];
};

enum {
	COL_DOMAIN,
	COL_SELECTOR,
	COL_ALGORITHM,
	COL_STATE,
	COL_CREATED,
	COL_KEY
};

static bool
fail(const struct err *err)
{
	fprintf(stderr, "volley dkim: %s\n", err->text);
	return false;
}

static int
misuse(const char *why)
{
	fprintf(stderr, "volley dkim: %s\n%s", why, usage);
	return 2;
}

/* In strings of a length that DNS servers take. */
static void
print_record(struct str domain, struct str selector, bool ed25519,
    struct str public_key)
{
	struct str rest;
	struct buf text;

	buf_init(&text, DKIM_SECRET_MAX);
	buf_printf(&text, "v=DKIM1; k=%s; p=%.*s", ed25519 ? "ed25519" : "rsa",
	    STR_ARG(public_key));
	printf("%.*s._domainkey.%.*s. IN TXT (", STR_ARG(selector),
	    STR_ARG(domain));
	for (rest = buf_view(&text); rest.n > 0;
	     rest = str_from(rest, STRING_LENGTH))
		printf(" \"%.*s\"", STR_ARG(str_sub(rest, 0, STRING_LENGTH)));
	printf(" )\n");
	buf_release(&text);
}

static bool
read_file(struct dkim_key **key, const char *path, struct err *err)
{
	struct buf pem;
	bool ok;

	buf_init(&pem, DKIM_SECRET_MAX);
	ok = file_read(path, &pem, err) &&
	     (dkim_key_read(key, buf_view(&pem), err) ||
		 err_wrap(err, "%s", path));
	buf_wipe(&pem);
	return ok;
}

static bool
insert(struct db *db, const struct wish *w, const struct dkim_key *key,
    struct str sealed, struct str public_key)
{
	struct db_result r;
	struct err err;
	bool ok;

	ok = db_one(db, Q_DKIM_INSERT,
	    DB_ARGS(db_text(w->domain), db_text(w->selector),
		db_cstr(dkim_algorithm_name(dkim_key_algorithm(key))),
		db_bytes(sealed), db_text(public_key), db_bool(w->active)),
	    &r, &err);
	if (ok)
		db_result_free(&r);
	else if (err.kind == FAIL_MISSING)
		err_set(&err, FAIL_CONFLICT,
		    "there is a key for %.*s with the selector %.*s already",
		    STR_ARG(w->domain), STR_ARG(w->selector));
	return ok || fail(&err);
}

static bool
store(struct db *db, const struct wish *w, const struct dkim_key *key,
    const struct keyring *ring)
{
	char identity[DKIM_IDENTITY_MAX];
	struct buf secret, sealed, public_key;
	struct err err;
	bool ok;

	buf_init(&secret, DKIM_SECRET_MAX);
	buf_init(&sealed, 2 * (size_t)DKIM_SECRET_MAX);
	buf_init(&public_key, DKIM_SECRET_MAX);
	dkim_identity(identity, w->domain, w->selector);
	ok = dkim_key_secret(key, &secret, &err) &&
	     dkim_key_public(key, &public_key, &err);
	if (ok)
		seal(ring, str_of(identity), buf_view(&secret), &sealed);
	else
		fail(&err);
	ok = ok && insert(db, w, key, buf_view(&sealed), buf_view(&public_key));
	if (ok)
		print_record(w->domain, w->selector,
		    dkim_key_algorithm(key) == DKIM_ED25519_SHA256,
		    buf_view(&public_key));
	buf_wipe(&secret);
	buf_release(&sealed);
	buf_release(&public_key);
	return ok;
}

static bool
create(struct db *db, const struct wish *w, const struct settings *settings)
{
	struct dkim_key *key = NULL;
	struct keyring ring;
	struct err err;
	bool ok;

	if (!keyring_load(&ring, settings->key_file, &err))
		return fail(&err);
	ok = w->file != NULL
		 ? read_file(&key, w->file, &err)
		 : dkim_key_make(&key, w->algorithm, (int)w->bits, &err);
	ok = ok ? store(db, w, key, &ring) : fail(&err);
	if (ok && !w->active)
		fprintf(stderr,
		    "Publish this record, then: volley dkim activate %.*s "
		    "%.*s\n",
		    STR_ARG(w->domain), STR_ARG(w->selector));
	dkim_key_free(key);
	keyring_wipe(&ring);
	return ok;
}

static bool
list(struct db *db)
{
	struct db_result r;
	struct err err;
	int row, col;

	if (!db_run(db, Q_DKIM_PAGE, DB_ARGS(db_null(), db_null()), &r, &err))
		return fail(&err);
	printf("domain\tselector\talgorithm\tstate\tcreated\n");
	for (row = 0; row < db_rows(&r); row++)
		for (col = COL_DOMAIN; col <= COL_CREATED; col++)
			printf("%.*s%c", STR_ARG(db_get_text(&r, row, col)),
			    col < COL_CREATED ? '\t' : '\n');
	db_result_free(&r);
	return true;
}

static bool
unknown(const struct wish *w)
{
	fprintf(stderr, "volley dkim: %.*s has no key with the selector %.*s\n",
	    STR_ARG(w->domain), STR_ARG(w->selector));
	return false;
}

static bool
show(struct db *db, const struct wish *w)
{
	struct db_result r;
	struct err err;
	bool ok;

	if (!db_run(db, Q_DKIM_PAGE,
		DB_ARGS(db_text(w->domain), db_text(w->selector)), &r, &err))
		return fail(&err);
	ok = db_rows(&r) > 0;
	if (ok)
		print_record(w->domain, w->selector,
		    str_starts(db_get_text(&r, 0, COL_ALGORITHM),
			STR("ed25519")),
		    db_get_text(&r, 0, COL_KEY));
	db_result_free(&r);
	return ok || unknown(w);
}

/* activate, deactivate, remove */
static bool
change(struct db *db, const struct wish *w)
{
	bool removes = strcmp(w->verb, "remove") == 0;
	struct db_arg names[] = {db_text(w->domain), db_text(w->selector),
	    db_bool(strcmp(w->verb, "activate") == 0)};
	struct db_args args = {removes ? 2 : 3, names};
	struct db_result r;
	struct err err;

	if (!db_one(db, removes ? Q_DKIM_DELETE : Q_DKIM_SWITCH, args, &r,
		&err))
		return err.kind == FAIL_MISSING ? unknown(w) : fail(&err);
	db_result_free(&r);
	printf("%sd %.*s of %.*s; senders know it with the next campaign that "
	       "they begin\n",
	    w->verb, STR_ARG(w->selector), STR_ARG(w->domain));
	return true;
}

/* Labels of letters, digits and hyphens (RFC 6376, 3.1). */
static bool
take_selector(struct wish *w, struct str s)
{
	size_t i, label = 0;

	if (s.n == 0 || s.n > sizeof(w->selector_text) - 1)
		return false;
	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_LENGTH_MAX || (c == '.' && i == 0) ||
		    !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '.'))
			return false;
		w->selector_text[i] = c;
	}
	w->selector = (struct str){w->selector_text, s.n};
	return label > 0;
}

static bool
take_domain(struct wish *w, const char *text)
{
	char mailbox[NAME_LENGTH_MAX + 8];

	if (strlen(text) > NAME_LENGTH_MAX || strchr(text, '@') != NULL)
		return false;
	snprintf(mailbox, sizeof(mailbox), "dkim@%s", text);
	if (!address_parse(&w->address, str_of(mailbox), NULL))
		return false;
	w->domain = address_domain(&w->address);
	return true;
}

static bool
take_flag(int c, struct wish *w)
{
	switch (c) {
	case 'a':
		w->algorithm = strcmp(optarg, "ed25519") == 0
				   ? DKIM_ED25519_SHA256
				   : DKIM_RSA_SHA256;
		return w->algorithm == DKIM_ED25519_SHA256 ||
		       strcmp(optarg, "rsa") == 0;
	case 'b':
		return str_to_i64(str_of(optarg), &w->bits) &&
		       w->bits >= DKIM_RSA_BITS_MIN &&
		       w->bits <= DKIM_RSA_BITS_MAX;
	case 'k': w->file = optarg; return true;
	case 'A': w->active = true; return true;
	default: return false;
	}
}

/* NULL, or what is wrong. */
static const char *
read_flags(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
	    {"algorithm", required_argument, NULL, 'a'},
	    {"bits", required_argument, NULL, 'b'},
	    {"key", required_argument, NULL, 'k'},
	    {"active", no_argument, NULL, 'A'},
	    {0},
	};
	bool any = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		any = true;
		if (!take_flag(c, w))
			return c == 'b'   ? "--bits: 2048 to 4096"
			       : c == 'a' ? "--algorithm: rsa or ed25519"
					  : "unknown flag, or without a value";
	}
	return any && strcmp(w->verb, "create") != 0 ? "only create takes flags"
						     : NULL;
}

static bool
known_verb(const char *verb)
{
	static const char *const verbs[] = {"create", "show", "activate",
	    "deactivate", "remove"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

static const char *
read_wish(int argc, char **argv, struct wish *w)
{
	const char *wrong;

	*w = (struct wish){.verb = argc > 1 ? argv[1] : "",
	    .bits = DKIM_RSA_BITS_MIN};
	if (strcmp(w->verb, "list") == 0)
		return argc == 2 ? NULL : "list takes nothing";
	if (!known_verb(w->verb))
		return "create, list, show, activate, deactivate or remove?";
	wrong = read_flags(argc - 1, argv + 1, w);
	if (wrong != NULL)
		return wrong;
	if (argc - 1 - optind != 2)
		return "a domain and a selector are needed";
	if (!take_domain(w, argv[1 + optind]))
		return "this is no domain";
	if (!take_selector(w, str_of(argv[2 + optind])))
		return "a selector is letters, digits, hyphens and dots";
	return NULL;
}

static bool
run(struct db *db, const struct wish *w, const struct settings *settings)
{
	if (strcmp(w->verb, "create") == 0)
		return create(db, w, settings);
	if (strcmp(w->verb, "list") == 0)
		return list(db);
	if (strcmp(w->verb, "show") == 0)
		return show(db, w);
	return change(db, w);
}

int
dkim_main(int argc, char **argv, const struct settings *settings)
{
	char conninfo[DATABASE_CONNINFO_MAX];
	const char *wrong;
	struct db *db = NULL;
	struct wish wish;
	struct err err;
	bool ok;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	wrong = read_wish(argc, argv, &wish);
	if (wrong != NULL)
		return misuse(wrong);
	ok = database_conninfo(settings, conninfo, &err) &&
	     db_open(&db, conninfo, DB_UNPREPARED, &err);
	ok = ok ? run(db, &wish, settings) : fail(&err);
	db_close(db);
	return ok ? 0 : 1;
}
