/*
 * api.h - the HTTP process: what all its requests share, and its start.
 *
 * One process answers HTTP (server.h) with a pool of threads, and works off
 * the imports that were uploaded to this host (import_worker.h).  Everything
 * in struct api is set before the first request and constant from then on,
 * or locks itself.
 */
#ifndef API_API_H
#define API_API_H

#include "db/conninfo.h"
#include "db/pool.h"
#include "lib/base/keyring.h"
#include "lib/base/settings.h"

struct click_campaigns;
struct hits;
struct key_cache;
struct link_cache;
struct link_pace;
struct message_cache;
struct metrics;
struct pixel_pace;
struct password_gate;
struct route;
struct throttle;

struct api {
	const struct settings *settings;
	const struct route *const *routes;
	struct keyring keyring;
	char conninfo[DATABASE_CONNINFO_MAX];
	struct db_pool *pool; /* unprepared: PgBouncer may stand between */
	struct key_cache *keys;
	struct password_gate *passwords;
	struct throttle *throttle;
	struct metrics *metrics;
	struct hits *hits;
	struct link_cache *links;
	struct link_pace *link_pace;
	struct click_campaigns *click_campaigns;
	struct pixel_pace *pixels;
	struct message_cache *messages;
	char spool[SETTING_TEXT_MAX + 16]; /* folder of uploads */
};

/* volley api: serves until SIGTERM or SIGINT. */
int api_main(int argc, char **argv, const struct settings *settings);

#endif
