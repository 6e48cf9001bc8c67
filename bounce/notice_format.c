#include "bounce/notice_format.h"

#include "lib/mail/phrases.h"

#include <pthread.h>

/* The first row whose words occur counts. */
static const struct notice_format formats[] = {
    {"notice-qmail", "this is the qmail-send program", NULL},
    {"notice-qmail", "i wasn't able to deliver your message", NULL},
    {"notice-yahoo", "deliver message to the following address", NULL},
    {"notice-yahoo", "unable to deliver your message to the following address",
	NULL},
    {"notice-exim", "not yet been delivered to one or more",
	"has not yet been delivered is:"},
    {"notice-exim", "created automatically by mail delivery software", NULL},
    {"notice-exim", "recipient addresses that were incorrectly",
	"incorrectly constructed:"},
    {"notice-postfix", "the mail system at host", NULL},
    {"notice-postfix", "this is the postfix program", NULL},
    {"notice-sendmail", "addresses had permanent fatal errors",
	"addresses had permanent fatal errors"},
    {"notice-sendmail", "addresses had transient non-fatal errors",
	"addresses had transient non-fatal errors"},
    {"notice-sendmail", "addresses had delivery errors",
	"addresses had delivery errors"},
    {"notice-sendmail", "- transcript of session follows -", NULL},
    {"notice-exchange", "did not reach the following recipient",
	"did not reach the following recipient"},
    {"notice-hmailserver",
	"hmailserver sent:", "recipient(s) could not be reached"},
    {"notice-mailenable", "mailenable: message could not be delivered",
	"recipient(s) could not be reached"},
    {"notice-exchange", "recipient(s) could not be reached",
	"recipient(s) could not be reached"},
    {"notice-exchange", "delivery has failed to these recipients",
	"delivery has failed to these recipients"},
    {"notice-gmail", "technical details of permanent failure", NULL},
    {"notice-gmail", "technical details of temporary failure", NULL},
    {"notice-gmail", "** address not found **", NULL},
    {"notice-opensmtpd", "this is the mailer-daemon, please do not reply",
	"following list of recipients"},
    {"notice-dragonfly", "this is the dragonfly mail agent", NULL},
    {"notice-courier", "running the courier mail server", NULL},
    {"notice-notes", "------- failure reasons", "failure reasons"},
    {"notice-domino", "domino", NULL},
    {"notice-groupwise", "you sent was undeliverable to the following",
	"undeliverable to the following"},
    {"notice-mailmarshal", "the following recipients were affected",
	"the following recipients were affected"},
    {"notice-james", "error message below", NULL},
    {"notice-ezweb", "recipients was rejected by a remote", NULL},
    {"notice-phquery", "(phquery v", "message not delivered to"},
    {"notice-aol", "they are not accepting mail from",
	"they are not accepting mail from"},
    {"notice-interscan", "interscan", NULL},
    {"notice-m-filter", "-------server message", NULL},
    {"notice-imail", "invalid final delivery userid", NULL},
};

static const struct notice_format general = {"notice", "", NULL};

static struct phrases *set;
static pthread_once_t set_once = PTHREAD_ONCE_INIT;

static void
build_set(void)
{
	const char *words[ARRAY_LEN(formats)];
	size_t i;

	for (i = 0; i < ARRAY_LEN(formats); i++)
		words[i] = formats[i].words;
	set = phrases_new(words, ARRAY_LEN(formats));
}

const struct notice_format *
notice_format_of(struct str text)
{
	int row;

	pthread_once(&set_once, build_set);
	row = phrases_first(set, text);
	return row < 0 ? &general : &formats[row];
}
