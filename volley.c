/*
 * volley - one binary, whose subcommands are the programs.
 */
#include "api/api.h"
#include "api/audit_command.h"
#include "api/auth.h"
#include "api/hit_command.h"
#include "api/import_command.h"
#include "api/user_command.h"
#include "api/webhook_worker.h"
#include "bounce/bounce.h"
#include "bounce/classify_command.h"
#include "db/migrate.h"
#include "report/maintain.h"
#include "sender/account_command.h"
#include "sender/dkim_command.h"
#include "sender/sender.h"
#include "sender/status_command.h"
#include "templates/lint.h"
#include "templates/render_command.h"
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
    {"sender", sender_main, "send running campaigns: scheduler and workers"},
    {"bounce", bounce_main, "read bounces and replies from the mailboxes"},
    {"webhooks", webhooks_main, "tell other programs what happened"},
    {"run-due", run_due_main, "for cron: start what is due, send, exit"},
    {"maintain", maintain_main, "for cron: count for dashboards, tidy up"},
    {"status", status_main, "how far campaigns are, and what slows them"},
    {"render", render_main, "show what a template makes of some data"},
    {"lint", lint_main, "tell what will go wrong with a template"},
    {"classify", classify_main, "tell bounces, complaints and replies apart"},
    {"account", account_main, "test an SMTP account, and how its mail arrives"},
    {"dkim", dkim_main, "create and list the keys that sign messages"},
    {"key", key_main, "create, list and revoke API keys"},
    {"user", user_main, "create, list and disable people who log in"},
    {"audit", audit_main, "verify the record of who did what"},
    {"reclassify-hits", hit_main, "judge opens and clicks by today's rules"},
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
		fprintf(out, "  %-15s %s\n", commands[i].name,
		    commands[i].help);
	fputs("\nSettings, also in volley.conf and the environment "
	      "(VOLLEY_HOME is --home):\n",
	    out);
	settings_help(out);
	return out == stdout ? 0 : 2;
}

static int
run(int argc, char **argv, const struct settings *settings)
{
	static char asked[] = "--help";
	size_t i;

	if (argc > 1 && strcmp(argv[1], "-h") == 0)
		argv[1] = asked;
	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv, settings);
	fprintf(stderr, "volley: there is no command \"%s\"\n", argv[0]);
	return help(stderr);
}

/* volley help COMMAND is volley COMMAND --help */
static int
help_command(int argc, char **argv, const struct settings *settings)
{
	static char flag[] = "--help";
	char *asked[] = {argc > 2 ? argv[2] : NULL, flag, NULL};

	return argc > 2 ? run(2, asked, settings) : help(stdout);
}

int
main(int argc, char **argv)
{
	struct settings settings;
	struct err err;

	if (!settings_load(&settings, &argc, argv, &err)) {
		fprintf(stderr, "volley: %s\n", err.text);
		return 2;
	}
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(stdout);
	if (strcmp(argv[1], "help") == 0)
		return help_command(argc, argv, &settings);
	return run(argc - 1, argv + 1, &settings);
}
