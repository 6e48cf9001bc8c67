/*
 * imap_response.h - what a server's response says, typed (RFC 3501, 7; RFC
 * 9051, 7; response codes of RFC 5530).
 *
 * Text of a response is borrowed from the parser and valid until it is fed
 * again; the number set is the response's own and reused.  Responses that we
 * have no use for are IMAP_RESPONSE_OTHER, which is no error.
 */
#ifndef BOUNCE_IMAP_RESPONSE_H
#define BOUNCE_IMAP_RESPONSE_H

#include "bounce/imap_parse.h"
#include "bounce/imap_set.h"

enum imap_response_kind {
	IMAP_RESPONSE_OTHER = 0,
	IMAP_RESPONSE_CONTINUE,   /* `+`: text */
	IMAP_RESPONSE_STATUS,     /* tagged or not: status, code, text */
	IMAP_RESPONSE_CAPABILITY, /* capability */
	IMAP_RESPONSE_EXISTS,     /* number */
	IMAP_RESPONSE_EXPUNGE,    /* number */
	IMAP_RESPONSE_VANISHED,   /* set, earlier (RFC 7162) */
	IMAP_RESPONSE_FETCH,      /* number, fetch */
	IMAP_RESPONSE_SEARCH,     /* set; from SEARCH or ESEARCH */
	IMAP_RESPONSE_LIST,       /* list */
	IMAP_RESPONSE_FLAGS,
	IMAP_RESPONSE__COUNT
};

enum imap_status {
	IMAP_OK = 0,
	IMAP_NO,
	IMAP_BAD_COMMAND, /* BAD */
	IMAP_BYE,
	IMAP_PREAUTH,
};

enum imap_code {
	IMAP_CODE_NONE = 0, /* none, or one that changes nothing for us */
	IMAP_CODE_ALERT,
	IMAP_CODE_CAPABILITY,
	IMAP_CODE_READ_ONLY,
	IMAP_CODE_READ_WRITE,
	IMAP_CODE_UIDVALIDITY,   /* number */
	IMAP_CODE_UIDNEXT,       /* number */
	IMAP_CODE_HIGHESTMODSEQ, /* number */
	IMAP_CODE_NOMODSEQ,
	IMAP_CODE_UIDNOTSTICKY,
	IMAP_CODE_UNAVAILABLE, /* RFC 5530 from here on */
	IMAP_CODE_AUTHENTICATIONFAILED,
	IMAP_CODE_AUTHORIZATIONFAILED,
	IMAP_CODE_EXPIRED,
	IMAP_CODE_PRIVACYREQUIRED,
	IMAP_CODE_CONTACTADMIN,
	IMAP_CODE_NOPERM,
	IMAP_CODE_INUSE,
	IMAP_CODE_EXPUNGEISSUED,
	IMAP_CODE_SERVERBUG,
	IMAP_CODE_LIMIT,
	IMAP_CODE_OVERQUOTA,
	IMAP_CODE_NONEXISTENT,
	IMAP_CODE__COUNT
};
const char *imap_code_name(enum imap_code c); /* "UIDVALIDITY"; "" for none */

/* What a server can do, as bits. */
enum imap_feature {
	IMAP_CAN_REV1 = 1 << 0,
	IMAP_CAN_REV2 = 1 << 1,
	IMAP_CAN_STARTTLS = 1 << 2,
	IMAP_CAN_NOT_LOGIN = 1 << 3, /* LOGINDISABLED */
	IMAP_CAN_SASL_IR = 1 << 4,
	IMAP_CAN_IDLE = 1 << 5,
	IMAP_CAN_ID = 1 << 6,
	IMAP_CAN_LITERAL_PLUS = 1 << 7,
	IMAP_CAN_LITERAL_MINUS = 1 << 8,
	IMAP_CAN_ESEARCH = 1 << 9,
	IMAP_CAN_SPECIAL_USE = 1 << 10,
	IMAP_CAN_UIDPLUS = 1 << 11,
	IMAP_CAN_MOVE = 1 << 12,
	IMAP_CAN_CONDSTORE = 1 << 13,
	IMAP_CAN_LIST_EXTENDED = 1 << 14,
};
/* IMAP4rev2 alone; beside IMAP4rev1 it would have to be enabled. */
bool imap_names_are_utf8(unsigned can);

struct imap_capability {
	bool known;
	unsigned features;   /* enum imap_feature */
	unsigned mechanisms; /* sasl_offer() of the AUTH= entries */
};

/* One FETCH.  A part that was not there has `has_` false; NIL counts as not
 * there: the message has gone. */
struct imap_fetch {
	uint32_t uid;        /* 0 when not given */
	uint64_t size;       /* RFC822.SIZE */
	int64_t internal_us; /* INTERNALDATE, 0 when not given or unreadable */
	bool has_header, has_body, has_flags, seen;
	struct str header; /* BODY[HEADER] or its beginning */
	struct str body;   /* BODY[] or its beginning */
};

enum imap_folder_use {
	IMAP_FOLDER_JUNK = 1 << 0, /* RFC 6154 */
	IMAP_FOLDER_ALL = 1 << 1,
	IMAP_FOLDER_NOSELECT = 1 << 2, /* also NonExistent */
};

struct imap_list {
	unsigned use;    /* enum imap_folder_use */
	char separator;  /* NUL: a flat name */
	struct str name; /* as it stands on the wire, see imap_utf7.h */
};

struct imap_response {
	enum imap_response_kind kind;
	struct str tag; /* empty for untagged */
	enum imap_status status;
	enum imap_code code;
	struct str text;    /* for people; a code in brackets cut off */
	int64_t backoff_ms; /* "Suggested Backoff Time", -1 when none */
	uint64_t number;
	struct imap_capability capability;
	struct imap_fetch fetch;
	struct imap_list list;
	struct imap_set set;
	struct str search_tag; /* ESEARCH: which command it answers, or empty */
	bool earlier;          /* VANISHED (EARLIER) */
};

void imap_response_init(struct imap_response *r);
void imap_response_release(struct imap_response *r);

/* Reads the response that `p` has complete; FAIL_PROTOCOL when what we need
 * of it is malformed, FAIL_LIMIT for too many ranges. */
bool imap_response_read(struct imap_response *r, const struct imap_parse *p,
    struct err *err) MUST_USE;

#endif
