#include "api/routes.h"

const struct route *const route_tables[] = {
    health_routes,
    list_routes,
    contact_routes,
    import_routes,
    template_routes,
    NULL,
};
