#include "api/auth.h"

#include "db/conninfo.h"

#include <getopt.h>

static const char usage[] =
    "usage: volley key create --name NAME --scope admin|write|read "
    "[--expires DAYS]\n"
    "       volley key list\n"
    "       volley key revoke ID|NAME|vk_PREFIX\n"
    "API keys.  A new one is printed once; only its hash is kept.\n";

struct wish {
	const char *name;
	enum access scope;
	int64_t days; /* 0: it does not expire */
};

static int
misuse(const char *why)
{
	fprintf(stderr, "volley key: %s\n%s", why, usage);
	return 2;
}

static bool
fail(const struct err *err)
{
	fprintf(stderr, "volley key: %s\n", err->text);
	return false;
}

static bool
create(struct db *db, const struct wish *wish)
{
	struct api_key key;
	struct err err;
	bool ok;

	api_key_make(&key);
	ok = db_run(db, Q_API_KEY_INSERT,
	    DB_ARGS(db_cstr(wish->name), db_cstr(key.prefix),
		db_bytes((struct str){(char *)key.hash, sizeof(key.hash)}),
		db_cstr(access_name(wish->scope)),
		db_int_or_null(wish->days, wish->days > 0)),
	    NULL, &err);
	if (ok)
		printf("%s\n", key.text);
	explicit_bzero(&key, sizeof(key));
	return ok || fail(&err);
}

static bool
list(struct db *db)
{
	struct db_result r;
	struct err err;
	int row, col;

	if (!db_run(db, Q_API_KEY_PAGE, DB_NO_ARGS, &r, &err))
		return fail(&err);
	printf("id\tname\tkey\tscope\tcreated\texpires\tlast used\tstate\n");
	for (row = 0; row < db_rows(&r); row++)
		for (col = 0; col < 8; col++)
			printf("%.*s%c",
			    STR_ARG(db_is_null(&r, row, col)
					? STR("never")
					: db_get_text(&r, row, col)),
			    col < 7 ? '\t' : '\n');
	db_result_free(&r);
	return true;
}

static bool
revoke(struct db *db, const char *which)
{
	struct db_result r;
	struct err err;

	if (!db_one(db, Q_API_KEY_REVOKE, DB_ARGS(db_cstr(which)), &r, &err)) {
		if (err.kind == FAIL_MISSING)
			err_set(&err, FAIL_MISSING,
			    "\"%.80s\" names no key, or several", which);
		return fail(&err);
	}
	printf("revoked key %lld, %.*s\n", (long long)db_get_int(&r, 0, 0),
	    STR_ARG(db_get_text(&r, 0, 1)));
	db_result_free(&r);
	return true;
}

static bool
take_flag(int c, struct wish *wish)
{
	switch (c) {
	case 'n': wish->name = optarg; return true;
	case 's': return access_parse(str_of(optarg), &wish->scope);
	case 'e':
		return str_to_i64(str_of(optarg), &wish->days) &&
		       wish->days >= 1 && wish->days <= 36500;
	default: return false;
	}
}

/* NULL, or what is wrong with the flags. */
static const char *
read_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
	    {"name", required_argument, NULL, 'n'},
	    {"scope", required_argument, NULL, 's'},
	    {"expires", required_argument, NULL, 'e'},
	    {0},
	};
	int c;

	*wish = (struct wish){0};
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_flag(c, wish))
			return "unknown flag or value";
	if (optind < argc)
		return "too many arguments";
	if (wish->name == NULL || wish->name[0] == '\0')
		return "--name is needed";
	if (!str_is_utf8(str_of(wish->name)))
		return "--name is not UTF-8";
	return wish->scope == ACCESS_NONE ? "--scope is needed" : NULL;
}

static bool
run(struct db *db, int argc, char **argv, const struct wish *wish)
{
	if (strcmp(argv[1], "create") == 0)
		return create(db, wish);
	if (strcmp(argv[1], "list") == 0)
		return list(db);
	return argc == 3 && revoke(db, argv[2]);
}

int
key_main(int argc, char **argv, const struct settings *settings)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool is_create = strcmp(verb, "create") == 0;
	char conninfo[DATABASE_CONNINFO_MAX];
	const char *wrong = NULL;
	struct wish wish = {0};
	struct db *db = NULL;
	struct err err;
	bool ok;

	if (strcmp(verb, "--help") == 0)
		return fputs(usage, stdout) < 0;
	if (is_create)
		wrong = read_wish(argc - 1, argv + 1, &wish);
	else if (!(strcmp(verb, "list") == 0 && argc == 2) &&
		 !(strcmp(verb, "revoke") == 0 && argc == 3))
		wrong = "create, list or revoke?";
	if (wrong != NULL)
		return misuse(wrong);
	ok = database_conninfo(settings, conninfo, &err) &&
	     db_open(&db, conninfo, DB_UNPREPARED, &err);
	if (!ok)
		fail(&err);
	ok = ok && run(db, argc, argv, &wish);
	db_close(db);
	return ok ? 0 : 1;
}
