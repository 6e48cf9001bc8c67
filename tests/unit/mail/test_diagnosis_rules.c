/* Goal: every rule of diagnosis.rules is reached by what servers say, and
 * every phrase of it decides something. */
#include "lib/mail/diagnosis_rules.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum phase
a_phase_of(const struct text_rule *r)
{
	if (r->phases & REPORT)
		return PHASE_REPORT;
	if (r->phases & IN(RCPT))
		return PHASE_RCPT;
	assert_int_equal(r->phases, SIGNING_IN);
	return PHASE_AUTH;
}

/* A phrase that another rule always takes first is a mistake: in the order
 * of the rules, or in what somebody thought that it means. */
static void
every_phrase_decides_when_it_stands_alone(void **state)
{
	const struct text_rule *r;
	struct diagnosis d;
	struct failure f;
	size_t i, wrong = 0;

	(void)state;
	for (i = 0; i < text_phrase_count; i++) {
		r = &text_rules[text_phrase_rules[i]];
		f = (struct failure){a_phase_of(r), r->class == 4 ? 450 : 550,
		    {0, 0, 0}, str_of(text_phrases[i])};
		d = diagnose(&f);
		if (strcmp(d.rule, r->name) == 0)
			continue;
		wrong++;
		print_error("%s of %s: %s\n", text_phrases[i], r->name, d.rule);
	}
	assert_true(text_phrase_count > 1000);
	assert_int_equal(wrong, 0);
}

/* One that contains another of its rule says nothing more. */
static void
no_phrase_is_longer_than_it_need_be(void **state)
{
	size_t i, k, wrong = 0;

	(void)state;
	for (i = 0; i < text_phrase_count; i++)
		for (k = 0; k < text_phrase_count; k++) {
			if (i == k ||
			    text_phrase_rules[i] != text_phrase_rules[k] ||
			    strstr(text_phrases[i], text_phrases[k]) == NULL)
				continue;
			wrong++;
			print_error("%s: %s would do\n", text_phrases[i],
			    text_phrases[k]);
		}
	assert_int_equal(wrong, 0);
}

/* What servers say, made up after what they really say; with the rule that is
 * to decide ("": none of the words) and the reason. */
static const struct {
	enum phase phase;
	int code;
	const char *text;
	const char *rule;
	enum category category;
} replies[] = {
    /* our account */
    {PHASE_DATA, 550, "Daily user sending limit exceeded for this customer",
	"account-quota", CATEGORY_THROTTLED},
    {PHASE_MAIL, 451, "Exceeded your sending quota, wait an hour",
	"account-quota", CATEGORY_THROTTLED},
    {PHASE_RCPT, 550, "This account is over its rate limit", "account-rate",
	CATEGORY_THROTTLED},
    {PHASE_DATA, 554, "STOREDRV.Submit: cannot save to Sent Items",
	"account-mailbox-full", CATEGORY_FULL},
    {PHASE_AUTH, 535, "Outgoing mail is suspended for this user",
	"account-suspended", CATEGORY_BLOCKED},
    {PHASE_MAIL, 550, "Sending suspended until you confirm your phone number",
	"account-suspended", CATEGORY_BLOCKED},
    {PHASE_AUTH, 535,
	"Username and Password not accepted. Learn more at "
	"https://example.com/help",
	"login", CATEGORY_AUTH},
    {PHASE_AUTH, 534, "Please log in with your web browser and then try again",
	"login", CATEGORY_AUTH},
    {PHASE_AUTH, 550, "User u@example.com has been locked", "login-locked",
	CATEGORY_AUTH},
    /* recipients with a door */
    {PHASE_REPORT, 550, "RESOLVER.RST.NotAuthorized; not authorized",
	"closed-recipient", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550,
	"The group sales only accepts messages from people in its organization",
	"closed-recipient", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "You do not have permission to send to this recipient",
	"closed-recipient", CATEGORY_BLOCKED},
    {PHASE_REPORT, 0, "You are not subscribed to the list u@example.com",
	"closed-recipient", CATEGORY_BLOCKED},
    {PHASE_RCPT, 550, "Refused due to recipient preferences",
	"closed-recipient", CATEGORY_BLOCKED},
    /* our machine */
    {PHASE_REPORT, 554, "Sorry, we need a PTR record for 192.0.2.7",
	"no-reverse-dns", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Mail from hosts with dynamic IP is refused",
	"no-reverse-dns", CATEGORY_BLOCKED},
    {PHASE_REPORT, 0, "Connected to 192.0.2.9 but my name was rejected.",
	"no-reverse-dns", CATEGORY_BLOCKED},
    {PHASE_CONNECT, 554, "Invalid HELO name, see RFC 5321", "no-reverse-dns",
	CATEGORY_BLOCKED},
    /* our address */
    {PHASE_DATA, 550, "u@example.com is not verified", "sender-rights",
	CATEGORY_BLOCKED},
    {PHASE_MAIL, 553, "Sender address rejected: not logged in",
	"sender-address", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Domain of sender u@example.com does not exist",
	"sender-address", CATEGORY_BLOCKED},
    {PHASE_REPORT, 553, "Sender verify failed", "sender-address",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Unroutable sender address", "sender-unknown",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 553, "your envelope sender is in my badmailfrom list",
	"sender-address", CATEGORY_BLOCKED},
    {PHASE_REPORT, 554, "Bogus MAIL FROM", "sender-unknown", CATEGORY_BLOCKED},
    {PHASE_REPORT, 501, "adresse expéditeur invalide", "sender-unknown",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 550,
	"Please turn on SMTP Authentication in your mail client",
	"login-elsewhere", CATEGORY_BLOCKED},
    {PHASE_RCPT, 554, "Relay access denied", "relay-rights", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Relaying denied for u@example.com", "relay-elsewhere",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 553,
	"sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
	"relay-elsewhere", CATEGORY_TECHNICAL},
    {PHASE_RCPT, 530, "Authentication required", "", CATEGORY_AUTH},
    {PHASE_MAIL, 550, "You must be authenticated to send here", "login-first",
	CATEGORY_BLOCKED},
    /* form, proof */
    {PHASE_DATA, 550, "Message contains bare LF", "malformed",
	CATEGORY_CONTENT},
    {PHASE_REPORT, 552, "Message is malformed. Missing a valid Date header",
	"malformed", CATEGORY_CONTENT},
    {PHASE_REPORT, 554, "Your mail was classified as spam", "spam-class",
	CATEGORY_CONTENT},
    {PHASE_REPORT, 554, "Blacklisted URL in message", "spam-class",
	CATEGORY_CONTENT},
    {PHASE_DATA, 550, "Rejected by the DMARC policy of example.com",
	"sender-authentication", CATEGORY_AUTH},
    {PHASE_REPORT, 550, "SPF check failed for 192.0.2.3",
	"sender-authentication", CATEGORY_AUTH},
    {PHASE_REPORT, 554, "DKIM signature did not verify",
	"sender-authentication", CATEGORY_AUTH},
    {PHASE_REPORT, 550, "Rejected by header based Anti-Spoofing policy",
	"sender-authentication", CATEGORY_AUTH},
    {PHASE_REPORT, 550, "The MAIL FROM domain example.com has no MX",
	"mail-from-domain", CATEGORY_BLOCKED},
    /* speed */
    {PHASE_RCPT, 450,
	"The user you are trying to contact is receiving mail at a rate that",
	"recipient-rate", CATEGORY_THROTTLED},
    {PHASE_REPORT, 550,
	"The recipient's inbox is getting too much mail right now",
	"recipient-rate", CATEGORY_THROTTLED},
    {PHASE_RCPT, 451, "You have been greylisted for 300 seconds", "greylisted",
	CATEGORY_THROTTLED},
    {PHASE_REPORT, 450, "Internal resources are temporarily unavailable",
	"greylisted", CATEGORY_THROTTLED},
    {PHASE_CONNECT, 421,
	"[IPTS04] Messages from 192.0.2.1 temporarily deferred",
	"reputation-rate", CATEGORY_BLOCKED},
    {PHASE_REPORT, 421, "unexpected volume or user complaints",
	"reputation-rate", CATEGORY_BLOCKED},
    {PHASE_DATA, 451, "Too many messages from 192.0.2.9, slow down", "rate",
	CATEGORY_THROTTLED},
    {PHASE_REPORT, 550, "Domain frequency limited [MDAwMDA= IP: 192.0.2.9]",
	"rate", CATEGORY_THROTTLED},
    {PHASE_REPORT, 421,
	"Trop de connexions, veuillez verifier votre configuration", "rate",
	CATEGORY_THROTTLED},
    {PHASE_RCPT, 452, "Too many recipients received this hour",
	"too-many-recipients", CATEGORY_THROTTLED},
    {PHASE_REPORT, 552, "Too many recipients", "too-many-recipients",
	CATEGORY_THROTTLED},
    /* what they say of us */
    {PHASE_CONNECT, 554, "192.0.2.1 is listed at zen.spamhaus.org", "listed",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 550,
	"Service unavailable; Client host [192.0.2.9] blocked using a local "
	"list",
	"listed", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550,
	"The account or domain may not exist, they may be blacklisted",
	"listed-address", CATEGORY_DOMAIN},
    {PHASE_REPORT, 550, "Your IP is in our blocklist", "blocklisted",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 554, "Votre domaine est sur liste noire", "blocklisted",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Ваш домен в черном списке", "blocklisted",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 554,
	"Your access to this mail system has been rejected due to the sending "
	"MTA's poor reputation",
	"reputation", CATEGORY_BLOCKED},
    {PHASE_REPORT, 554, "(RTR:BL) see https://postmaster.example.com",
	"reputation", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550,
	"[BL21] Connections will not be accepted from 192.0.2.1", "reputation",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 554, "Invalid IP for sending mail of domain example.com",
	"reputation", CATEGORY_BLOCKED},
    /* full */
    {PHASE_RCPT, 552, "Mailbox full", "full", CATEGORY_FULL},
    {PHASE_REPORT, 552, "u@example.com: user is over the quota", "full",
	CATEGORY_FULL},
    {PHASE_REPORT, 550, "Boite du destinataire pleine", "full", CATEGORY_FULL},
    {PHASE_REPORT, 552, "Das Postfach ist voll", "full", CATEGORY_FULL},
    {PHASE_REPORT, 550, "Buzón lleno", "full", CATEGORY_FULL},
    {PHASE_REPORT, 550, "Caixa de correio cheia", "full", CATEGORY_FULL},
    {PHASE_REPORT, 552, "Casella di posta piena", "full", CATEGORY_FULL},
    {PHASE_REPORT, 552, "Почтовый ящик переполнен", "full", CATEGORY_FULL},
    {PHASE_REPORT, 552, "メールボックスの容量を超えています", "full",
	CATEGORY_FULL},
    {PHASE_REPORT, 552, "受信者のメールボックスがいっぱいです", "full",
	CATEGORY_FULL},
    {PHASE_REPORT, 552, "收件人邮箱已满", "full", CATEGORY_FULL},
    {PHASE_REPORT, 552, "수신자의 메일함 용량이 부족합니다", "full",
	CATEGORY_FULL},
    {PHASE_REPORT, 554, "Not enough disk space", "full", CATEGORY_FULL},
    {PHASE_REPORT, 550, "5.0.0 user over quota", "full", CATEGORY_FULL},
    {PHASE_REPORT, 550, "5.7.1 user over quota", "full", CATEGORY_FULL},
    /* a precise status of the server's own overrules its words */
    {PHASE_REPORT, 550, "5.1.1 user over quota", "no-mailbox",
	CATEGORY_INVALID},
    /* too big */
    {PHASE_DATA, 552, "Message size exceeds fixed limit", "too-big",
	CATEGORY_CONTENT},
    {PHASE_REPORT, 552, "Nachricht ist zu groß", "too-big", CATEGORY_CONTENT},
    {PHASE_REPORT, 552, "メールサイズ制限を超えました", "too-big",
	CATEGORY_CONTENT},
    /* nobody */
    {PHASE_RCPT, 550, "User unknown in virtual mailbox table", "no-such-user",
	CATEGORY_INVALID},
    {PHASE_REPORT, 0,
	"host antispam.example.net[192.0.2.4] said: 550 User <u@example.com> "
	"unknown",
	"no-such-user", CATEGORY_INVALID},
    {PHASE_REPORT, 550, "550-No such 550 user here", "no-such-user",
	CATEGORY_INVALID},
    /* content */
    {PHASE_DATA, 554, "The message contains a virus: Eicar", "virus",
	CATEGORY_CONTENT},
    {PHASE_REPORT, 552, "This type of attachment type is blocked", "virus",
	CATEGORY_CONTENT},
    {PHASE_REPORT, 554, "メールからウイルスが検出されました", "virus",
	CATEGORY_CONTENT},
    {PHASE_DATA, 550, "This looks like spam to us", "spam", CATEGORY_CONTENT},
    {PHASE_REPORT, 554, "DT:SPM mx1, see https://example.com/help", "spam",
	CATEGORY_CONTENT},
    {PHASE_REPORT, 550, "Письмо похоже на спам", "spam", CATEGORY_CONTENT},
    {PHASE_REPORT, 554, "邮件被识别为垃圾邮件", "spam", CATEGORY_CONTENT},
    {PHASE_REPORT, 550, "迷惑メールと判定されました", "spam", CATEGORY_CONTENT},
    {PHASE_REPORT, 450, "SMTP protocol violation, see RFC 2821", "protocol",
	CATEGORY_TECHNICAL},
    {PHASE_DATA, 554, "Message not accepted for policy reasons", "policy",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Administrative prohibition - envelope", "policy",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 554, "Aus Gründen der Richtlinie nicht zugestellt", "policy",
	CATEGORY_BLOCKED},
    /* asleep */
    {PHASE_REPORT, 450,
	"delivery temporarily suspended: connect to mx.example.com: Operation "
	"failed",
	"mail-server-waits", CATEGORY_TECHNICAL},
    {PHASE_RCPT, 550, "The email account that you tried to reach is disabled.",
	"disabled", CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "Account is inactive", "disabled", CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "Amazon SES has suppressed sending to this address",
	"disabled", CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "Dieses Postfach wurde deaktiviert", "disabled",
	CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "La cuenta inactiva fue dada de baja por falta de uso",
	"disabled", CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "Ящик заблокирован", "disabled", CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "このアカウントは利用停止になっています", "disabled",
	CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "该帐号已被禁用", "disabled", CATEGORY_DISABLED},
    {PHASE_REPORT, 550, "휴면 계정입니다", "disabled", CATEGORY_DISABLED},
    /* no domain */
    {PHASE_REPORT, 450, "Host not found, try again", "dns-later",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 550,
	"Host or domain name not found. Name service error for "
	"name=example.com",
	"no-domain", CATEGORY_DOMAIN},
    {PHASE_REPORT, 0, "an MX or SRV record indicated no SMTP service",
	"no-domain", CATEGORY_DOMAIN},
    {PHASE_REPORT, 0, "Sorry, I couldn't find any host named example.com. (#9)",
	"no-domain", CATEGORY_DOMAIN},
    {PHASE_REPORT, 550, "Unbekannte Domain", "no-domain", CATEGORY_DOMAIN},
    {PHASE_REPORT, 550, "домен не существует", "no-domain", CATEGORY_DOMAIN},
    /* no address */
    {PHASE_REPORT, 550, "Invalid recipient u@example.com", "no-mailbox",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "badrcptto: sorry", "no-mailbox", CATEGORY_INVALID},
    {PHASE_REPORT, 553, "Recipient not in the list of users here", "no-mailbox",
	CATEGORY_INVALID},
    {PHASE_REPORT, 0, "RESOLVER.ADR.RecipNotFound; not to be had", "no-mailbox",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Unrouteable address", "no-address", CATEGORY_INVALID},
    {PHASE_REPORT, 550, "No account by that name here", "no-address",
	CATEGORY_INVALID},
    {PHASE_REPORT, 0, "User u (u@example.com) not listed in Domino Directory",
	"no-address", CATEGORY_INVALID},
    {PHASE_REPORT, 0,
	"Your message wasn't delivered to u@example.com because the address "
	"couldn\u2019t be found",
	"no-address", CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Mailbox has moved, no forwarding address", "moved",
	CATEGORY_INVALID},
    {PHASE_REPORT, 551, "This person has changed email address", "moved",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Empfänger unbekannt", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Cette boîte n'existe pas", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "El usuario no existe", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Utente sconosciuto", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "O usuário não existe", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Użytkownik nie istnieje", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Пользователь не найден", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "宛先のメールアドレスが見つかりません",
	"no-mailbox-translated", CATEGORY_INVALID},
    {PHASE_REPORT, 550, "u@example.com存在しません", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "收件人不存在", "no-mailbox-translated",
	CATEGORY_INVALID},
    {PHASE_REPORT, 550, "존재하지 않는 사용자입니다", "no-mailbox-translated",
	CATEGORY_INVALID},
    /* trouble */
    {PHASE_REPORT, 0, "this message has been in the queue too long", "expired",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 554, "Too many hops 26 (25 max)", "expired",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 0,
	"connect to mx.example.com[192.0.2.1]:25: Connection timed out",
	"network", CATEGORY_TECHNICAL},
    {PHASE_RCPT, 451, "Could not connect to the next server", "network",
	CATEGORY_TECHNICAL},
    {PHASE_DATA, 451, "Internal error reading data", "system",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 554, "Service currently unavailable", "system",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 450, "Temporary lookup problem, try again later", "later",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 550, "Misconfigured back end", "later", CATEGORY_TECHNICAL},
    {PHASE_REPORT, 500, "Remote server does not support TLS", "tls",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 454, "certificate of the peer has expired", "tls",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 0, "Command died with status 17", "mailer",
	CATEGORY_TECHNICAL},
    {PHASE_REPORT, 504, "Command parameter not implemented", "mailer",
	CATEGORY_TECHNICAL},
    /* a bare no */
    {PHASE_RCPT, 550, "Requested action not taken: mailbox unavailable",
	"address-refused", CATEGORY_INVALID},
    {PHASE_REPORT, 550, "Address rejected", "address-refused",
	CATEGORY_INVALID},
    {PHASE_REPORT, 450, "Address rejected", "", CATEGORY_TECHNICAL},
    {PHASE_REPORT, 550, "Access denied", "refused", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "Annahme verweigert", "refused", CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "受信を許可しない設定により拒否されました", "refused",
	CATEGORY_BLOCKED},
    {PHASE_REPORT, 550, "邮件被拒绝", "refused", CATEGORY_BLOCKED},
};

static const struct text_rule *
rule_of(const char *name, enum phase phase)
{
	const struct text_rule *r;

	for (r = text_rules; r < text_rules + text_rule_count; r++)
		if (strcmp(r->name, name) == 0 && (r->phases & 1U << phase))
			return r;
	return NULL;
}

static void
replies_are_understood(void **state)
{
	struct diagnosis d;
	struct failure f;
	size_t i, wrong = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(replies); i++) {
		f = (struct failure){replies[i].phase, replies[i].code,
		    {0, 0, 0}, str_of(replies[i].text)};
		d = diagnose(&f);
		if (d.category == replies[i].category &&
		    (replies[i].rule[0] == '\0' ||
			strcmp(d.rule, replies[i].rule) == 0))
			continue;
		wrong++;
		print_error("%s: %s (%s)\n", replies[i].text,
		    category_name(d.category), d.rule);
	}
	assert_int_equal(wrong, 0);
}

static void
every_rule_is_reached(void **state)
{
	bool reached[200] = {false};
	const struct text_rule *r;
	size_t i, missing = 0;

	(void)state;
	assert_true(text_rule_count < ARRAY_LEN(reached));
	for (i = 0; i < ARRAY_LEN(replies); i++) {
		r = rule_of(replies[i].rule, replies[i].phase);
		if (r != NULL)
			reached[r - text_rules] = true;
		else
			assert_string_equal(replies[i].rule, "");
	}
	for (i = 0; i < text_rule_count; i++) {
		if (reached[i])
			continue;
		missing++;
		print_error("%s (phases %x)\n", text_rules[i].name,
		    text_rules[i].phases);
	}
	assert_int_equal(missing, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_phrase_decides_when_it_stands_alone),
	    cmocka_unit_test(no_phrase_is_longer_than_it_need_be),
	    cmocka_unit_test(replies_are_understood),
	    cmocka_unit_test(every_rule_is_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
