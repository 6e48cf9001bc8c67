#include "lib/mail/provider.h"

/* Both tables are sorted by bytes. */
struct row {
	const char *domain, *group;
};

static const struct row names[] = {
    {"126.com", "netease"},
    {"163.com", "netease"},
    {"188.com", "netease"},
    {"1und1.de", "gmx"},
    {"9online.fr", "sfr"},
    {"aim.com", "yahoo"},
    {"alice.it", "telecomitalia"},
    {"aliceadsl.fr", "free"},
    {"ameritech.net", "yahoo"},
    {"arcor.de", "vodafone-de"},
    {"att.net", "yahoo"},
    {"au.com", "kddi"},
    {"autorambler.ru", "rambler"},
    {"belgacom.net", "proximus"},
    {"bellsouth.net", "yahoo"},
    {"bigpond.com", "bigpond"},
    {"bigpond.net.au", "bigpond"},
    {"bk.ru", "mail-ru"},
    {"blu.it", "italiaonline"},
    {"bluewin.ch", "bluewin"},
    {"blueyonder.co.uk", "virginmedia"},
    {"bol.com.br", "uol"},
    {"brighthouse.com", "charter"},
    {"btinternet.com", "bt"},
    {"btopenworld.com", "bt"},
    {"caramail.com", "gmx"},
    {"casema.nl", "ziggo"},
    {"cegetel.net", "sfr"},
    {"centurylink.net", "centurylink"},
    {"charter.net", "charter"},
    {"chello.nl", "ziggo"},
    {"club-internet.fr", "sfr"},
    {"comcast.net", "comcast"},
    {"cox.net", "yahoo"},
    {"daum.net", "kakao"},
    {"docomo.ne.jp", "docomo"},
    {"earthlink.net", "earthlink"},
    {"email.cz", "seznam"},
    {"email.de", "gmx"},
    {"embarqmail.com", "centurylink"},
    {"ezweb.ne.jp", "kddi"},
    {"fastmail.com", "fastmail"},
    {"fastmail.fm", "fastmail"},
    {"flash.net", "yahoo"},
    {"foxmail.com", "tencent"},
    {"free.fr", "free"},
    {"freenet.de", "freenet"},
    {"frontier.com", "yahoo"},
    {"frontiernet.net", "yahoo"},
    {"games.com", "yahoo"},
    {"giallo.it", "italiaonline"},
    {"globo.com", "globo"},
    {"globomail.com", "globo"},
    {"gmail.com", "gmail"},
    {"go2.pl", "wp"},
    {"googlemail.com", "gmail"},
    {"hanmail.net", "kakao"},
    {"hetnet.nl", "kpn"},
    {"home.nl", "ziggo"},
    {"i.softbank.jp", "softbank"},
    {"icloud.com", "apple"},
    {"inbox.ru", "mail-ru"},
    {"interia.eu", "interia"},
    {"interia.pl", "interia"},
    {"internet.ru", "mail-ru"},
    {"inwind.it", "italiaonline"},
    {"iol.it", "italiaonline"},
    {"kabelmail.de", "vodafone-de"},
    {"kakao.com", "kakao"},
    {"keemail.me", "tutanota"},
    {"kpnmail.nl", "kpn"},
    {"kpnplanet.nl", "kpn"},
    {"laposte.net", "laposte"},
    {"lenta.ru", "rambler"},
    {"libero.it", "italiaonline"},
    {"libertysurf.fr", "free"},
    {"list.ru", "mail-ru"},
    {"live.at", "microsoft"},
    {"live.be", "microsoft"},
    {"live.ca", "microsoft"},
    {"live.cl", "microsoft"},
    {"live.cn", "microsoft"},
    {"live.co.kr", "microsoft"},
    {"live.co.uk", "microsoft"},
    {"live.co.za", "microsoft"},
    {"live.com", "microsoft"},
    {"live.com.ar", "microsoft"},
    {"live.com.au", "microsoft"},
    {"live.com.mx", "microsoft"},
    {"live.com.my", "microsoft"},
    {"live.com.pe", "microsoft"},
    {"live.com.ph", "microsoft"},
    {"live.com.pt", "microsoft"},
    {"live.com.sg", "microsoft"},
    {"live.de", "microsoft"},
    {"live.dk", "microsoft"},
    {"live.fi", "microsoft"},
    {"live.fr", "microsoft"},
    {"live.hk", "microsoft"},
    {"live.ie", "microsoft"},
    {"live.in", "microsoft"},
    {"live.it", "microsoft"},
    {"live.jp", "microsoft"},
    {"live.nl", "microsoft"},
    {"live.no", "microsoft"},
    {"live.ru", "microsoft"},
    {"live.se", "microsoft"},
    {"mac.com", "apple"},
    {"magenta.de", "telekom"},
    {"mail.com", "gmx"},
    {"mail.ru", "mail-ru"},
    {"me.com", "apple"},
    {"messagingengine.com", "fastmail"},
    {"mindspring.com", "earthlink"},
    {"msn.com", "microsoft"},
    {"myrambler.ru", "rambler"},
    {"myyahoo.com", "yahoo"},
    {"narod.ru", "yandex"},
    {"naver.com", "naver"},
    {"netscape.net", "yahoo"},
    {"neuf.fr", "sfr"},
    {"noos.fr", "sfr"},
    {"ntlworld.com", "virginmedia"},
    {"numericable.fr", "sfr"},
    {"nvbell.net", "yahoo"},
    {"o2.pl", "wp"},
    {"onet.eu", "onet"},
    {"onet.pl", "onet"},
    {"online.de", "gmx"},
    {"op.pl", "onet"},
    {"optusnet.com.au", "optus"},
    {"orange.fr", "orange"},
    {"pacbell.net", "yahoo"},
    {"pandora.be", "telenet"},
    {"passport.com", "microsoft"},
    {"peoplepc.com", "earthlink"},
    {"planet.nl", "kpn"},
    {"pm.me", "proton"},
    {"poczta.fm", "interia"},
    {"poczta.onet.pl", "onet"},
    {"post.cz", "seznam"},
    {"prodigy.net", "yahoo"},
    {"proton.me", "proton"},
    {"protonmail.ch", "proton"},
    {"protonmail.com", "proton"},
    {"proximus.be", "proximus"},
    {"q.com", "centurylink"},
    {"qq.com", "tencent"},
    {"quicknet.nl", "ziggo"},
    {"rambler.ru", "rambler"},
    {"rediffmail.com", "rediff"},
    {"ro.ru", "rambler"},
    {"roadrunner.com", "charter"},
    {"rocketmail.com", "yahoo"},
    {"rogers.com", "yahoo"},
    {"rr.com", "charter"},
    {"sbcglobal.net", "yahoo"},
    {"seznam.cz", "seznam"},
    {"sfr.fr", "sfr"},
    {"sina.cn", "sina"},
    {"sina.com", "sina"},
    {"sky.com", "yahoo"},
    {"skynet.be", "proximus"},
    {"snet.net", "yahoo"},
    {"softbank.ne.jp", "softbank"},
    {"spectrum.net", "charter"},
    {"spoluzaci.cz", "seznam"},
    {"swbell.net", "yahoo"},
    {"t-online.de", "telekom"},
    {"talk21.com", "bt"},
    {"talktalk.net", "talktalk"},
    {"telenet.be", "telenet"},
    {"telfort.nl", "kpn"},
    {"telstra.com", "bigpond"},
    {"terra.com.br", "terra"},
    {"tim.it", "telecomitalia"},
    {"tin.it", "telecomitalia"},
    {"tiscali.co.uk", "talktalk"},
    {"tlen.pl", "wp"},
    {"tuta.com", "tutanota"},
    {"tuta.io", "tutanota"},
    {"tutamail.com", "tutanota"},
    {"tutanota.com", "tutanota"},
    {"tutanota.de", "tutanota"},
    {"twc.com", "charter"},
    {"uol.com.br", "uol"},
    {"upcmail.nl", "ziggo"},
    {"verizon.net", "yahoo"},
    {"vip.126.com", "netease"},
    {"vip.163.com", "netease"},
    {"vip.qq.com", "tencent"},
    {"vip.sina.com", "sina"},
    {"virgilio.it", "italiaonline"},
    {"virgin.net", "virginmedia"},
    {"virginmedia.com", "virginmedia"},
    {"vk.com", "mail-ru"},
    {"vodafone.de", "vodafone-de"},
    {"voila.fr", "orange"},
    {"vp.pl", "onet"},
    {"wanadoo.fr", "orange"},
    {"wans.net", "yahoo"},
    {"web.de", "gmx"},
    {"windowslive.com", "microsoft"},
    {"wow.com", "yahoo"},
    {"wp.pl", "wp"},
    {"xfinity.com", "comcast"},
    {"xmail.ru", "mail-ru"},
    {"xs4all.nl", "kpn"},
    {"ya.ru", "yandex"},
    {"yeah.net", "netease"},
    {"ymail.com", "yahoo"},
    {"ymobile.ne.jp", "softbank"},
    {"ziggo.nl", "ziggo"},
    {"zoho.com", "zoho"},
    {"zoho.eu", "zoho"},
    {"zoho.in", "zoho"},
    {"zohomail.com", "zoho"},
    {"zohomail.eu", "zoho"},
};

static const struct row families[] = {
    {"aol", "yahoo"},
    {"gmx", "gmx"},
    {"hotmail", "microsoft"},
    {"outlook", "microsoft"},
    {"yahoo", "yahoo"},
    {"yandex", "yandex"},
};

static const struct row *
find(const struct row *rows, size_t n, struct str name)
{
	size_t low = 0, half;
	int order;

	while (n > 0) {
		half = n / 2;
		order = str_cmp(name, str_of(rows[low + half].domain));
		if (order == 0)
			return &rows[low + half];
		if (order > 0) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return NULL;
}

static bool
is_country(struct str label)
{
	return label.n == 2;
}

/* "com", "fr", "co.uk", "com.br", "ne.jp" */
static bool
is_ending(struct str s)
{
	struct str label;

	if (!str_cut(&s, '.', &label))
		return false;
	if (s.n == 0)
		return is_country(label) || str_eq(label, STR("com")) ||
		       str_eq(label, STR("net"));
	return is_country(s) &&
	       (str_eq(label, STR("co")) || str_eq(label, STR("com")) ||
		   str_eq(label, STR("ne")));
}

struct str
provider_group(struct str domain)
{
	const struct row *row = find(names, ARRAY_LEN(names), domain);
	struct str ending = domain, label;

	if (row == NULL && str_cut(&ending, '.', &label) && is_ending(ending))
		row = find(families, ARRAY_LEN(families), label);
	return row != NULL ? str_of(row->group) : domain;
}

struct str
provider_group_of(struct str address)
{
	size_t at = str_rchr(address, '@');

	return provider_group(
	    at == STR_NOWHERE ? address : str_from(address, at + 1));
}

bool
provider_is_group(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, str_of(names[i].group)))
			return true;
	return false;
}
