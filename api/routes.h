/*
 * routes.h - the tables of all areas; routes.c lists them: route_tables, and
 * of those public_tables, which no key opens.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/route.h"

extern const struct route health_routes[];
extern const struct route about_routes[];
extern const struct route list_routes[];
extern const struct route contact_routes[];
extern const struct route consent_routes[];
extern const struct route segment_routes[];
extern const struct route person_export_routes[];
extern const struct route tag_routes[];
extern const struct route timeline_routes[];
extern const struct route import_routes[];
extern const struct route template_routes[];
extern const struct route template_render_routes[];
extern const struct route attachment_routes[];
extern const struct route snippet_routes[];
extern const struct route account_routes[];
extern const struct route account_test_routes[];
extern const struct route group_limit_routes[];
extern const struct route provider_routes[];
extern const struct route mailbox_routes[];
extern const struct route task_routes[];
extern const struct route campaign_routes[];
extern const struct route campaign_action_routes[];
extern const struct route campaign_test_routes[];
extern const struct route delivery_routes[];
extern const struct route report_routes[];
extern const struct route campaign_export_routes[];
extern const struct route suppression_routes[];
extern const struct route event_routes[];
extern const struct route audit_routes[];
extern const struct route user_routes[];
extern const struct route session_routes[];
extern const struct route inbound_routes[];
extern const struct route held_routes[];
extern const struct route conversion_routes[];
extern const struct route goal_routes[];
extern const struct route message_routes[];
extern const struct route webhook_routes[];
extern const struct route experiment_routes[];
extern const struct route public_page_routes[];
extern const struct route unsubscribe_routes[];
extern const struct route preferences_routes[];
extern const struct route confirm_routes[];
extern const struct route sign_up_routes[];
extern const struct route tracking_routes[];
extern const struct route pixel_routes[];
extern const struct route web_view_routes[];

#endif
