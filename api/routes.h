/*
 * routes.h - the tables of all areas; route_tables in routes.c lists them.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/route.h"

extern const struct route health_routes[];
extern const struct route list_routes[];
extern const struct route contact_routes[];
extern const struct route import_routes[];
extern const struct route template_routes[];

#endif
