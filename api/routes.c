#include "api/routes.h"

const struct route *const route_tables[] = {
    health_routes,
    NULL,
};
