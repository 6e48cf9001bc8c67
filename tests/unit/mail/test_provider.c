/* Goal: a domain is counted with those that share its servers, and nobody
 * else's name is taken for a service's. */
#include "lib/mail/provider.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *domain, *group;
} services[] = {
    {"gmail.com", "gmail"},
    {"googlemail.com", "gmail"},
    {"outlook.com", "microsoft"},
    {"outlook.de", "microsoft"},
    {"outlook.com.br", "microsoft"},
    {"hotmail.com", "microsoft"},
    {"hotmail.fr", "microsoft"},
    {"hotmail.co.uk", "microsoft"},
    {"hotmail.com.ar", "microsoft"},
    {"live.com", "microsoft"},
    {"live.nl", "microsoft"},
    {"live.co.uk", "microsoft"},
    {"live.com.mx", "microsoft"},
    {"msn.com", "microsoft"},
    {"windowslive.com", "microsoft"},
    {"passport.com", "microsoft"},
    {"yahoo.com", "yahoo"},
    {"yahoo.de", "yahoo"},
    {"yahoo.co.uk", "yahoo"},
    {"yahoo.co.jp", "yahoo"},
    {"yahoo.com.br", "yahoo"},
    {"yahoo.ne.jp", "yahoo"},
    {"ymail.com", "yahoo"},
    {"rocketmail.com", "yahoo"},
    {"myyahoo.com", "yahoo"},
    {"aol.com", "yahoo"},
    {"aol.co.uk", "yahoo"},
    {"aim.com", "yahoo"},
    {"verizon.net", "yahoo"},
    {"att.net", "yahoo"},
    {"sbcglobal.net", "yahoo"},
    {"sky.com", "yahoo"},
    {"icloud.com", "apple"},
    {"me.com", "apple"},
    {"mac.com", "apple"},
    {"gmx.de", "gmx"},
    {"gmx.net", "gmx"},
    {"gmx.at", "gmx"},
    {"gmx.com", "gmx"},
    {"web.de", "gmx"},
    {"mail.com", "gmx"},
    {"1und1.de", "gmx"},
    {"t-online.de", "telekom"},
    {"freenet.de", "freenet"},
    {"orange.fr", "orange"},
    {"wanadoo.fr", "orange"},
    {"sfr.fr", "sfr"},
    {"9online.fr", "sfr"},
    {"neuf.fr", "sfr"},
    {"free.fr", "free"},
    {"laposte.net", "laposte"},
    {"libero.it", "italiaonline"},
    {"virgilio.it", "italiaonline"},
    {"tim.it", "telecomitalia"},
    {"alice.it", "telecomitalia"},
    {"mail.ru", "mail-ru"},
    {"bk.ru", "mail-ru"},
    {"list.ru", "mail-ru"},
    {"vk.com", "mail-ru"},
    {"yandex.ru", "yandex"},
    {"yandex.com.tr", "yandex"},
    {"ya.ru", "yandex"},
    {"rambler.ru", "rambler"},
    {"163.com", "netease"},
    {"126.com", "netease"},
    {"vip.163.com", "netease"},
    {"yeah.net", "netease"},
    {"qq.com", "tencent"},
    {"foxmail.com", "tencent"},
    {"naver.com", "naver"},
    {"daum.net", "kakao"},
    {"docomo.ne.jp", "docomo"},
    {"i.softbank.jp", "softbank"},
    {"comcast.net", "comcast"},
    {"btinternet.com", "bt"},
    {"bigpond.com", "bigpond"},
    {"ziggo.nl", "ziggo"},
    {"xs4all.nl", "kpn"},
    {"telenet.be", "telenet"},
    {"seznam.cz", "seznam"},
    {"wp.pl", "wp"},
    {"o2.pl", "wp"},
    {"uol.com.br", "uol"},
    {"rediffmail.com", "rediff"},
    {"protonmail.com", "proton"},
    {"pm.me", "proton"},
    {"fastmail.com", "fastmail"},
    {"tuta.com", "tutanota"},
    {"zohomail.eu", "zoho"},
};

static void
services_have_their_domains(void **state)
{
	struct str got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(services); i++) {
		got = provider_group(str_of(services[i].domain));
		if (!str_eq(got, str_of(services[i].group)))
			fail_msg("%s: %.*s", services[i].domain, STR_ARG(got));
	}
}

static void
others_are_by_themselves(void **state)
{
	static const char *const rows[] = {
	    "example.com",
	    "d7.example.com",
	    "gmail.com.example.com",
	    "mail.gmail.com",
	    "notgmail.com",
	    "gmail.co",
	    "live.example.com",
	    "live.com.example.com",
	    "hotmail.example.com",
	    "hotmail.co.example",
	    "yahoo.example",
	    "yahoo.co.example.com",
	    "mail.yahoo.com",
	    "outlook",
	    "yahoo",
	    "hotmail.",
	    ".com",
	    "outlook.office.com",
	    "gmx.example.org",
	    "aol.example.net",
	    "xn--bcher-kva.example",
	    "a.b",
	    "",
	};
	struct str got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		got = provider_group(str_of(rows[i]));
		if (!str_eq(got, str_of(rows[i])))
			fail_msg("%s: %.*s", rows[i], STR_ARG(got));
	}
}

static void
an_address_is_of_its_domain(void **state)
{
	static const struct {
		const char *address, *group;
	} rows[] = {
	    {"a@gmail.com", "gmail"},
	    {"a@b@web.de", "gmx"},
	    {"a@example.com", "example.com"},
	    {"no address", "no address"},
	    {"", ""},
	    {"@", ""},
	};
	struct str got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		got = provider_group_of(str_of(rows[i].address));
		if (!str_eq(got, str_of(rows[i].group)))
			fail_msg("%s: %.*s", rows[i].address, STR_ARG(got));
	}
}

static void
names_of_groups(void **state)
{
	(void)state;
	assert_true(provider_is_group(STR("gmail")));
	assert_true(provider_is_group(STR("mail-ru")));
	assert_false(provider_is_group(STR("gmail.com")));
	assert_false(provider_is_group(STR("gmai")));
	assert_false(provider_is_group(STR("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(services_have_their_domains),
	    cmocka_unit_test(others_are_by_themselves),
	    cmocka_unit_test(an_address_is_of_its_domain),
	    cmocka_unit_test(names_of_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
