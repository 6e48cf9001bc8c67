#include "api/api.h"

#include "api/auth.h"
#include "api/click_id.h"
#include "api/hits.h"
#include "api/import_worker.h"
#include "api/link_cache.h"
#include "api/link_pace.h"
#include "api/message_cache.h"
#include "api/metrics.h"
#include "api/password_gate.h"
#include "api/peer.h"
#include "api/pixel_pace.h"
#include "api/route.h"
#include "api/server.h"
#include "api/throttle.h"
#include "db/migrate.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/process.h"

#include <signal.h>

static const char usage[] =
    "usage: volley api [--public] [--routes] [--SETTING=VALUE]...\n"
    "Answers HTTP on the setting `listen`, and works off uploaded imports.\n"
    "Stops on SIGTERM, after the requests under way.\n\n"
    "  --public    only the links and pages of mails, in a process of its "
    "own:\n"
    "              it takes on the database role volley_public, which sees "
    "no\n"
    "              accounts, keys or imports (PGOPTIONS, when set, holds)\n"
    "  --routes    print method, path, scope and parameters of each route\n"
    "\nSettings:\n";

/* -1: go on and serve. */
static int
read_flags(int argc, char **argv, const struct route *const **routes)
{
	*routes = route_tables;
	if (argc > 1 && strcmp(argv[1], "--public") == 0) {
		*routes = public_tables;
		argc--;
		argv++;
	}
	if (argc == 1)
		return -1;
	if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
		route_print(*routes, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		settings_help(stdout);
		return 0;
	}
	fprintf(stderr, "volley api: unknown argument %s\n", argv[1]);
	fputs("try: volley api --help\n", stderr);
	return 2;
}

static void
check_schema(const char *conninfo)
{
	struct err err;
	struct db *db;

	if (!db_open(&db, conninfo, DB_UNPREPARED, &err) ||
	    !db_schema_check(db, &err))
		die("api: %s", err.text);
	db_close(db);
}

static void
open_api(struct api *api, const struct settings *settings,
    const struct route *const *routes)
{
	struct err err;

	if (routes == public_tables &&
	    setenv("PGOPTIONS", "-c role=volley_public", 0) != 0)
		die("api: out of memory");
	*api = (struct api){.settings = settings, .routes = routes};
	if (!peer_list_check(str_of(settings->proxies)))
		die("api: proxies: not a list of IP addresses");
	if (!database_conninfo(settings, api->conninfo, &err))
		die("api: %s", err.text);
	check_schema(api->conninfo);
	snprintf(api->spool, sizeof(api->spool), "%s/imports", settings->home);
	if (!file_mkdirs(api->spool, 0700, &err) ||
	    !keyring_load(&api->keyring, settings->key_file, &err))
		die("api: %s", err.text);
	api->pool = db_pool_new(api->conninfo, (int)settings->api_threads + 1,
	    DB_UNPREPARED);
	api->keys = key_cache_new();
	api->passwords = password_gate_new();
	api->throttle = throttle_new();
	api->metrics = metrics_new(routes);
	api->links = link_cache_new();
	api->link_pace = link_pace_new();
	api->click_campaigns = click_campaigns_new();
	api->pixels = pixel_pace_new();
	api->messages = message_cache_new();
}

static void
close_api(struct api *api)
{
	message_cache_free(api->messages);
	pixel_pace_free(api->pixels);
	click_campaigns_free(api->click_campaigns);
	link_pace_free(api->link_pace);
	link_cache_free(api->links);
	metrics_free(api->metrics);
	throttle_free(api->throttle);
	password_gate_free(api->passwords);
	key_cache_free(api->keys);
	db_pool_free(api->pool);
	keyring_wipe(&api->keyring);
}

static void
block_stop(int how)
{
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	pthread_sigmask(how, &stops, NULL);
}

int
api_main(int argc, char **argv, const struct settings *settings)
{
	const struct route *const *routes;
	int status = read_flags(argc, argv, &routes);
	struct import_worker *importers = NULL;
	struct server *server;
	struct api api;
	struct err err;

	if (status >= 0)
		return status;
	process_start("api", settings->log_level);
	process_catch_stop();
	open_api(&api, settings, routes);
	block_stop(SIG_BLOCK); /* threads inherit it; this one is to be told */
	if (!hits_start(&api.hits, settings, api.conninfo, &err) ||
	    (server = server_start(&api, &err)) == NULL)
		die("api: %s", err.text);
	if (routes == route_tables)
		importers = import_worker_start(&api);
	block_stop(SIG_UNBLOCK);
	log_info("listening", "address=%s port=%d", settings->listen,
	    server_port(server));
	while (!process_stopping()) {
		process_nap(1000);
		server_tick(server);
	}
	log_info("stopping", "signal=caught");
	server_stop(server);
	hits_stop(api.hits);
	if (importers != NULL)
		import_worker_stop(importers);
	close_api(&api);
	return 0;
}
