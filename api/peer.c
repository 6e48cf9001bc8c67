#include "api/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct peer
of_v6(const unsigned char at[16])
{
	struct peer p = {.family = 6};

	if (memcmp(at, mapped, sizeof(mapped)) == 0) {
		p.family = 4;
		memcpy(p.at, at + sizeof(mapped), 4);
	} else {
		memcpy(p.at, at, sizeof(p.at));
	}
	return p;
}

struct peer
peer_of(const struct sockaddr *sa)
{
	struct peer p = {0};
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		p.family = 4;
		memcpy(p.at, &v4.sin_addr, 4);
	} else if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		p = of_v6(v6.sin6_addr.s6_addr);
	}
	return p;
}

bool
peer_parse(struct peer *out, struct str text)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char at[16];

	if (text.n == 0 || text.n >= sizeof(copy))
		return false;
	snprintf(copy, sizeof(copy), "%.*s", STR_ARG(text));
	*out = (struct peer){0};
	if (inet_pton(AF_INET, copy, out->at) == 1) {
		out->family = 4;
		return true;
	}
	if (inet_pton(AF_INET6, copy, at) != 1)
		return false;
	*out = of_v6(at);
	return true;
}

bool
peer_eq(const struct peer *a, const struct peer *b)
{
	return a->family == b->family &&
	       memcmp(a->at, b->at, sizeof(a->at)) == 0;
}

/* The next address of a list; *ok is false when it is none. */
static bool
next_peer(struct str *rest, struct peer *out, bool *ok)
{
	static const struct str between = STR(" ,\t");
	size_t n = 0;

	while (rest->n > 0 && str_chr(between, rest->p[0]) != STR_NOWHERE)
		*rest = str_from(*rest, 1);
	while (n < rest->n && str_chr(between, rest->p[n]) == STR_NOWHERE)
		n++;
	if (n == 0)
		return false;
	*ok = peer_parse(out, str_sub(*rest, 0, n));
	*rest = str_from(*rest, n);
	return true;
}

bool
peer_list_check(struct str proxies)
{
	struct peer p;
	bool ok = true;

	while (ok && next_peer(&proxies, &p, &ok))
		;
	return ok;
}

static bool
is_one_of(const struct peer *p, struct str proxies)
{
	struct peer one;
	bool ok;

	while (next_peer(&proxies, &one, &ok))
		if (ok && peer_eq(&one, p))
			return true;
	return false;
}

struct peer
peer_behind(struct peer direct, struct str forwarded, struct str proxies)
{
	static const struct peer unknown = {0};
	size_t comma;

	while (forwarded.n > 0 && is_one_of(&direct, proxies)) {
		comma = str_rchr(forwarded, ',');
		if (!peer_parse(&direct,
			str_trim(comma == STR_NOWHERE
				     ? forwarded
				     : str_from(forwarded, comma + 1))))
			return unknown;
		forwarded = comma == STR_NOWHERE ? STR_NONE
						 : str_sub(forwarded, 0, comma);
	}
	return direct;
}

bool
peer_is_public(const struct peer *p)
{
	static const unsigned char loopback[16] = {[15] = 1};

	if (p->family == 4)
		return p->at[0] != 127 && p->at[0] != 0;
	return p->family == 6 && memcmp(p->at, loopback, 16) != 0;
}

struct str
peer_site(const struct peer *p)
{
	return (struct str){(const char *)p->at, p->family == 6 ? 8 : 4};
}

struct str
peer_network(const struct peer *p, struct arena *a)
{
	size_t kept = p->family == 4 ? 3 : 6;
	unsigned char at[16] = {0};
	char text[INET6_ADDRSTRLEN];

	if (!peer_is_public(p))
		return STR_NONE;
	memcpy(at, p->at, kept);
	if (inet_ntop(p->family == 4 ? AF_INET : AF_INET6, at, text,
		sizeof(text)) == NULL)
		BUG("an address is too long");
	return arena_printf(a, "%s/%zu", text, kept * 8);
}
