/*
 * contacts.h - limits of a contact, for all ways to make one.
 */
#ifndef API_CONTACTS_H
#define API_CONTACTS_H

#define CONTACT_NAME_MAX       200         /* bytes */
#define CONTACT_ATTRIBUTES_MAX (64U << 10) /* bytes of JSON */
/* What is kept of opens and clicks (T-010), of a person or on a list. */
#define TRACKING_MODES "individual deliverability aggregate none"

#endif
