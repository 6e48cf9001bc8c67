/*
 * contacts.h - limits of a contact, for all ways to make one.
 */
#ifndef API_CONTACTS_H
#define API_CONTACTS_H

#define CONTACT_NAME_MAX       200         /* bytes */
#define CONTACT_ATTRIBUTES_MAX (64U << 10) /* bytes of JSON */

#endif
