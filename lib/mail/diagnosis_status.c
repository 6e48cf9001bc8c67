#include "lib/mail/diagnosis_rules.h"

#define MAIL_FROM IN(MAIL)
#define RECIPIENT (IN(RCPT) | REPORT)
#define ONE(n)    n, n
#define ALL       ANY_DETAIL, ANY_DETAIL

/* Columns: name, phases, reply code, class, subject, details, vague, verdict. */
const struct status_rule status_rules[] = {
    /* X.1 addresses */
    {"address-other", ANYWHERE, 0, 0, 1, ONE(0), true, INVALID},
    {"no-mailbox", ANYWHERE, 0, 0, 1, ONE(1), false, INVALID},
    {"no-domain", ANYWHERE, 0, 0, 1, ONE(2), false, NO_DOMAIN},
    {"bad-address", ANYWHERE, 0, 0, 1, 3, 4, false, INVALID},
    {"moved", ANYWHERE, 0, 0, 1, ONE(6), false, INVALID},
    {"bad-sender", SESSION, 0, 0, 1, 7, 8, false, RIGHTS},
    {"bad-sender", REPORT, 0, 0, 1, 7, 8, false, REPUTATION},
    {"relayed-badly", ANYWHERE, 0, 0, 1, ONE(9), false, TROUBLE},
    {"null-mx", ANYWHERE, 0, 0, 1, ONE(10), true, NO_DOMAIN},
    {"several-from", ANYWHERE, 0, 0, 1, ONE(20), false, CONTENT},
    {"daily-recipients", SESSION, 0, 0, 1, ONE(90), false, QUOTA},
    {"address", ANYWHERE, 0, 0, 1, ALL, true, UNKNOWN},

    /* X.2 mailboxes; X.2.1 says both "disabled" and "too much mail now" */
    {"mailbox-other", ANYWHERE, 0, 0, 2, ONE(0), true, UNKNOWN},
    {"mailbox-disabled", ANYWHERE, 0, 0, 2, ONE(1), true, DISABLED},
    {"own-mailbox-full", IN(DATA), 554, 5, 2, ONE(2), false, OWN_FULL},
    {"mailbox-full", ANYWHERE, 0, 0, 2, ONE(2), true, FULL},
    {"too-long-here", ANYWHERE, 0, 0, 2, ONE(3), false, CONTENT},
    {"list-expansion", ANYWHERE, 0, 0, 2, ONE(4), false, INVALID},
    {"too-much-mail", ANYWHERE, 0, 0, 2, 121, 122, false, BUSY_RECIPIENT},
    {"mailbox", ANYWHERE, 0, 0, 2, ALL, true, UNKNOWN},

    /* X.3 the system */
    {"too-big", ANYWHERE, 0, 0, 3, ONE(4), false, CONTENT},
    {"system", ANYWHERE, 0, 0, 3, ALL, true, NETWORK},

    /* X.4 network and routing */
    {"unroutable", ANYWHERE, 0, 0, 4, ONE(4), false, NO_DOMAIN},
    {"account-quota", SESSION, 0, 5, 4, ONE(5), true, QUOTA},
    {"congested", ANYWHERE, 0, 0, 4, ONE(5), true, RATE},
    {"loop", ANYWHERE, 0, 0, 4, ONE(6), false, TROUBLE},
    {"expired", ANYWHERE, 0, 0, 4, ONE(7), false, TROUBLE},
    {"loop", ANYWHERE, 0, 0, 4, ONE(14), false, TROUBLE},
    {"no-domain", ANYWHERE, 0, 0, 4, ONE(310), false, NO_DOMAIN},
    {"network", ANYWHERE, 0, 0, 4, ALL, true, NETWORK},

    /* X.5 the protocol */
    {"syntax", IN(RCPT), 0, 0, 5, ONE(2), true, TROUBLE},
    {"syntax", ANYWHERE, 0, 0, 5, ONE(2), false, MALFORMED},
    {"too-many-recipients", SESSION, 0, 0, 5, ONE(3), false, QUOTA},
    {"too-many-recipients", REPORT, 0, 0, 5, ONE(3), false, BUSY_RECIPIENT},
    {"protocol", ANYWHERE, 0, 0, 5, ALL, true, TROUBLE},

    /* X.6 content; X.6.7 needs SMTPUTF8 for this one address */
    {"needs-smtputf8", ANYWHERE, 0, 0, 6, ONE(7), false, UNFIT},
    {"content", ANYWHERE, 0, 0, 6, ALL, false, CONTENT},

    /* X.7 policy, by the registry */
    {"later", ANYWHERE, 0, 4, 7, 0, 1, true, TROUBLE},
    {"unauthorised", MAIL_FROM, 0, 0, 7, 0, 1, true, RIGHTS},
    {"unauthorised", IN(RCPT), 0, 0, 7, 0, 1, true, UNWANTED},
    {"unauthorised", IN(DATA), 0, 0, 7, 0, 1, true, POLICY},
    {"unauthorised", ANYWHERE, 0, 0, 7, 0, 1, true, REPUTATION},
    {"closed-list", ANYWHERE, 0, 0, 7, ONE(2), false, UNWANTED},
    {"login", SESSION, 0, 0, 7, ONE(8), false, LOGIN},
    {"login", IN(MAIL) | IN(RCPT), 0, 0, 7, 9, 12, true, LOGIN},
    {"recipient-disabled", RECIPIENT, 0, 0, 7, ONE(13), true, DISABLED},
    {"login", SESSION, 0, 0, 7, 13, 14, true, LOGIN},
    {"priority", ANYWHERE, 0, 0, 7, ONE(15), false, RATE},
    {"priority", ANYWHERE, 0, 0, 7, ONE(16), false, CONTENT},
    {"owner-changed", ANYWHERE, 0, 0, 7, ONE(17), false, INVALID},
    {"domain-owner-changed", ANYWHERE, 0, 0, 7, ONE(18), false, NO_DOMAIN},
    {"dkim-or-spf", ANYWHERE, 0, 0, 7, 20, 22, false, SENDER_AUTH},
    {"no-reverse-dns", ANYWHERE, 0, 4, 7, ONE(23), false, REPUTATION},
    {"dkim-or-spf", ANYWHERE, 0, 0, 7, 23, 24, false, SENDER_AUTH},
    {"no-reverse-dns", ANYWHERE, 0, 0, 7, ONE(25), false, REPUTATION},
    {"dkim-or-spf", ANYWHERE, 0, 0, 7, ONE(26), false, SENDER_AUTH},
    {"dkim-or-spf", ANYWHERE, 0, 0, 7, ONE(27), true, SENDER_AUTH},
    {"flood", ANYWHERE, 0, 0, 7, ONE(28), false, REPUTATION},
    {"no-tls", ANYWHERE, 0, 0, 7, ONE(29), false, SENDER_AUTH},
    {"dkim-or-spf", ANYWHERE, 0, 0, 7, ONE(30), true, SENDER_AUTH},
    {"dmarc", ANYWHERE, 0, 0, 7, 31, 40, false, SENDER_AUTH},

    /* X.7 as Microsoft numbers on */
    {"login", SESSION, 0, 0, 7, 54, 64, false, RIGHTS},
    {"closed-group", ANYWHERE, 0, 0, 7, 120, 139, false, UNWANTED},
    {"tenant-limit", SESSION, 0, 0, 7, 230, 239, false, QUOTA},
    {"no-tls", ANYWHERE, 0, 0, 7, 321, 325, false, TROUBLE},
    {"account-banned", SESSION, 0, 0, 7, 501, 503, false, RIGHTS},
    {"rate", ANYWHERE, 0, 0, 7, ONE(508), false, RATE},
    {"dmarc", ANYWHERE, 0, 0, 7, ONE(509), false, SENDER_AUTH},
    {"no-from", ANYWHERE, 0, 0, 7, ONE(512), false, CONTENT},
    {"blocked-by-recipient", ANYWHERE, 0, 0, 7, ONE(513), false, UNWANTED},
    {"bulk-sender-rules", ANYWHERE, 0, 0, 7, ONE(515), false, SENDER_AUTH},
    {"reputation", ANYWHERE, 0, 0, 7, 500, 699, false, REPUTATION},
    {"account-banned", SESSION, 0, 0, 7, 700, 750, false, RIGHTS},
    {"policy", MAIL_FROM, 0, 0, 7, ALL, true, RIGHTS},
    {"policy", IN(RCPT), 0, 0, 7, ALL, true, UNWANTED},
    {"policy", IN(DATA), 0, 0, 7, ALL, true, POLICY},
    {"policy", ANYWHERE, 0, 0, 7, ALL, true, REPUTATION},
};
const size_t status_rule_count = ARRAY_LEN(status_rules);

/* Columns: name, phases, codes, vague, verdict. */
const struct code_rule code_rules[] = {
    {"account-busy", SESSION, ONE(432), false, QUOTA},
    {"login-later", SESSION, ONE(454), false, OWN_TROUBLE},
    {"login", SESSION, 530, 538, false, LOGIN},
    {"no-mail-here", ANYWHERE, ONE(556), false, NO_DOMAIN},
    {"closing", LOGGED_IN, ONE(421), true, NETWORK},
    {"login-later", IN(AUTH), 400, 499, true, OWN_TROUBLE},
    {"login", IN(AUTH), 500, 599, true, LOGIN},
    {"not-ready", IN(CONNECT), 400, 599, true, NETWORK},
    {"system-full", SESSION, ONE(452), true, NETWORK},
    {"sender-later", IN(MAIL), 400, 499, true, NETWORK},
    {"sender-refused", IN(MAIL), 500, 599, true, RIGHTS},
    {"later", DELIVERY, 400, 499, true, TROUBLE},
};
const size_t code_rule_count = ARRAY_LEN(code_rules);
