/*
 * attachment.h - files that go with a message, as MIME parts.
 *
 * The same for all recipients, so that they are checked and encoded once a
 * campaign.  What is wrong with one is refused, not repaired (S-009, X-003).
 */
#ifndef TEMPLATES_ATTACHMENT_H
#define TEMPLATES_ATTACHMENT_H

#include "lib/base/err.h"
#include "templates/message.h"

#define ATTACHMENT_NAME_MAX       200 /* bytes */
#define ATTACHMENT_TYPE_MAX       127 /* RFC 6838, 4.2 */
#define ATTACHMENT_CONTENT_ID_MAX 200

/* The name is one of a file: UTF-8, nothing that could leave a header field,
 * a quoted string or a folder; the type is type "/" subtype and no multipart
 * or message; the content id fits between < and >. */
bool attachment_check(const struct message_attachment *file,
    struct err *err) MUST_USE;
/* All of them: also that no two have the same content id.  The error says
 * which. */
bool attachments_check(const struct message_attachment *files, size_t count,
    struct err *err) MUST_USE;

/* Header fields, an empty line, base64, ending with CRLF. */
void attachment_put(struct buf *out, const struct message_attachment *file);

#endif
