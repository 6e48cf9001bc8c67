#include "api/user_command.h"

#include "api/user_secret.h"
#include "db/conninfo.h"
#include "db/db.h"
#include "lib/mail/address.h"

#include <getopt.h>

static const char usage[] =
    "usage: volley user create --email EMAIL --role ROLE [--name NAME]\n"
    "       volley user list\n"
    "       volley user password EMAIL\n"
    "       volley user disable EMAIL\n"
    "       volley user enable EMAIL\n"
    "People who log in with a browser. Roles: viewer, marketer, admin. The\n"
    "password is asked for at the terminal, or is the first line of standard\n"
    "input; it has 12 to 200 bytes. A new password, and disabling, end all\n"
    "sessions of the user.\n";

struct wish {
	struct address email;
	bool has_email;
	const char *name, *role;
};

static int
misuse(const char *why)
{
	fprintf(stderr, "volley user: %s\n%s", why, usage);
	return 2;
}

static bool
fail(const struct err *err)
{
	fprintf(stderr, "volley user: %s\n", err->text);
	return false;
}

/* What a constraint means here. */
static bool
fail_to_create(const struct err *err)
{
	struct err said = *err;

	if (strstr(err->text, "(app_user_email)") != NULL)
		err_set(&said, FAIL_CONFLICT,
		    "a user with this address exists already");
	else if (strstr(err->text, "(app_user_role)") != NULL)
		err_set(&said, FAIL_MISSING, "there is no such role");
	return fail(&said);
}

static bool
create(struct db *db, const struct wish *wish)
{
	char hash[PASSWORD_HASH_MAX];
	struct err err;

	if (!user_secret_hash(hash, &err))
		return fail(&err);
	if (!db_run(db, Q_USER_INSERT,
		DB_ARGS(db_text(address_text(&wish->email)),
		    db_text(address_key(&wish->email)), db_cstr(wish->name),
		    db_cstr(wish->role), db_cstr(hash)),
		NULL, &err))
		return fail_to_create(&err);
	printf("created user %s\n", wish->email.text);
	return true;
}

static bool
list(struct db *db)
{
	struct db_result r;
	struct err err;
	int row, col;

	if (!db_run(db, Q_USER_TABLE, DB_NO_ARGS, &r, &err))
		return fail(&err);
	printf("id\temail\tname\trole\tcreated\tlast login\tstate\n");
	for (row = 0; row < db_rows(&r); row++)
		for (col = 0; col < 7; col++)
			printf("%.*s%c",
			    STR_ARG(db_is_null(&r, row, col)
					? STR("never")
					: db_get_text(&r, row, col)),
			    col < 6 ? '\t' : '\n');
	db_result_free(&r);
	return true;
}

static bool
find(struct db *db, const struct wish *wish, int64_t *id)
{
	struct db_result r;
	struct err err;

	if (!db_one(db, Q_USER_BY_ADDRESS,
		DB_ARGS(db_text(address_key(&wish->email))), &r, &err)) {
		if (err.kind == FAIL_MISSING)
			err_set(&err, FAIL_MISSING, "there is no user %s",
			    wish->email.text);
		return fail(&err);
	}
	*id = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return true;
}

/* "password", "disable" or "enable" */
static bool
change(struct db *db, const char *verb, const struct wish *wish)
{
	bool is_password = strcmp(verb, "password") == 0;
	char hash[PASSWORD_HASH_MAX];
	struct err err;
	int64_t id;

	if (!find(db, wish, &id))
		return false;
	if (is_password && !user_secret_hash(hash, &err))
		return fail(&err);
	if (!db_run(db, Q_USER_UPDATE,
		DB_ARGS(db_int(id), db_null(), db_null(),
		    is_password ? db_cstr(hash) : db_null(),
		    is_password ? db_null()
				: db_bool(strcmp(verb, "disable") == 0)),
		NULL, &err))
		return fail(&err);
	printf("%s %s\n", is_password ? "new password:" : verb,
	    wish->email.text);
	return true;
}

static bool
take_email(struct wish *wish, const char *text)
{
	wish->has_email = address_parse(&wish->email, str_of(text), NULL);
	return wish->has_email;
}

static bool
take_flag(int c, struct wish *wish)
{
	switch (c) {
	case 'e': return take_email(wish, optarg);
	case 'n': wish->name = optarg; break;
	case 'r': wish->role = optarg; break;
	default: return false;
	}
	return str_is_utf8(str_of(optarg)) && !str_has_control(str_of(optarg));
}

/* NULL, or what is wrong with the arguments of create. */
static const char *
read_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
	    {"email", required_argument, NULL, 'e'},
	    {"name", required_argument, NULL, 'n'},
	    {"role", required_argument, NULL, 'r'},
	    {0},
	};
	int c;

	wish->name = "";
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_flag(c, wish))
			return "unknown flag or value";
	if (optind < argc)
		return "too many arguments";
	if (!wish->has_email)
		return "--email is needed";
	return wish->role == NULL ? "--role is needed" : NULL;
}

/* NULL, or what is wrong. */
static const char *
read_arguments(int argc, char **argv, struct wish *wish)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "create") == 0)
		return read_wish(argc - 1, argv + 1, wish);
	if (strcmp(verb, "list") == 0)
		return argc > 2 ? "too many arguments" : NULL;
	if (strcmp(verb, "password") != 0 && strcmp(verb, "disable") != 0 &&
	    strcmp(verb, "enable") != 0)
		return "create, list, password, disable or enable?";
	return argc == 3 && take_email(wish, argv[2])
		   ? NULL
		   : "whose? give the address";
}

static bool
run(struct db *db, const char *verb, const struct wish *wish)
{
	if (strcmp(verb, "create") == 0)
		return create(db, wish);
	if (strcmp(verb, "list") == 0)
		return list(db);
	return change(db, verb, wish);
}

int
user_main(int argc, char **argv, const struct settings *settings)
{
	char conninfo[DATABASE_CONNINFO_MAX];
	struct wish wish = {0};
	struct db *db = NULL;
	const char *wrong;
	struct err err;
	bool ok;

	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	wrong = read_arguments(argc, argv, &wish);
	if (wrong != NULL)
		return misuse(wrong);
	ok = database_conninfo(settings, conninfo, &err) &&
	     db_open(&db, conninfo, DB_UNPREPARED, &err);
	if (!ok)
		fail(&err);
	ok = ok && run(db, argv[1], &wish);
	db_close(db);
	return ok ? 0 : 1;
}
