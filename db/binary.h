/*
 * binary.h - values as PostgreSQL's binary formats have them: most
 * significant byte first, times as microseconds since 2000.
 */
#ifndef DB_BINARY_H
#define DB_BINARY_H

#include <arpa/inet.h>
#include <endian.h>

#include "lib/base/base.h"

/* 2000-01-01 in microseconds since 1970. */
#define BINARY_EPOCH_US INT64_C(946684800000000)

/* Each returns where the next one goes. */
static inline char *
binary_put16(char *p, int16_t v)
{
	uint16_t u = htons((uint16_t)v);

	memcpy(p, &u, sizeof(u));
	return p + sizeof(u);
}

static inline char *
binary_put32(char *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static inline char *
binary_put64(char *p, int64_t v)
{
	uint64_t u = htobe64((uint64_t)v);

	memcpy(p, &u, sizeof(u));
	return p + sizeof(u);
}

#endif
