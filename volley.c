/*
 * volley - one binary, whose subcommands are the programs.
 */
#include "api/api.h"
#include "api/auth.h"
#include "api/import_command.h"
#include "db/migrate.h"
#include "up/up.h"

typedef int command_fn(int argc, char **argv, const struct settings *settings);

static const struct {
	const char *name;
	command_fn *run;
	const char *help; /* one line */
} commands[] = {
    {"up", up_main, "run everything here: database, schema, all roles"},
    {"migrate", migrate_main, "bring the database to this build's schema"},
    {"api", api_main, "answer HTTP: JSON API, imports, public pages"},
    {"key", key_main, "create, list and revoke API keys"},
    {"import", import_main, "import contacts from a CSV or NDJSON file"},
};

static int
help(FILE *out)
{
	size_t i;

	fputs("usage: volley COMMAND [ARGUMENTS] [--SETTING=VALUE]...\n\n"
	      "Commands (volley COMMAND --help tells more):\n",
	    out);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
		    commands[i].help);
	fputs("\nSettings, also in volley.conf and the environment "
	      "(VOLLEY_HOME is --home):\n",
	    out);
	settings_help(out);
	return out == stdout ? 0 : 2;
}

int
main(int argc, char **argv)
{
	struct settings settings;
	struct err err;
	size_t i;

	if (!settings_load(&settings, &argc, argv, &err)) {
		fprintf(stderr, "volley: %s\n", err.text);
		return 2;
	}
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return help(stdout);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1, &settings);
	fprintf(stderr, "volley: there is no command \"%s\"\n", argv[1]);
	return help(stderr);
}
