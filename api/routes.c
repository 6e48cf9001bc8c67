#include "api/routes.h"

const struct route *const route_tables[] = {
    health_routes,
    list_routes,
    contact_routes,
    import_routes,
    template_routes,
    account_routes,
    mailbox_routes,
    task_routes,
    campaign_routes,
    campaign_action_routes,
    campaign_test_routes,
    delivery_routes,
    report_routes,
    suppression_routes,
    event_routes,
    public_page_routes,
    unsubscribe_routes,
    NULL,
};
