/*
 * certs.h - certificates made for one test program: a private CA and what
 * it (or nobody) signs, as PEM files in a temporary folder that goes when
 * the program ends.
 */
#ifndef TESTS_SUPPORT_CERTS_H
#define TESTS_SUPPORT_CERTS_H

#include "lib/base/base.h"

struct cert_spec {
	const char *name;   /* files <folder>/<name>.pem and <name>.key */
	const char *issuer; /* name of one made before; NULL: itself */
	const char *cn;
	const char *san;  /* as openssl has it: "DNS:a.test,IP:127.0.0.1" */
	int from_s, to_s; /* validity, relative to now; both 0: an hour */
	bool ca;
	int rsa_bits; /* 0: an elliptic curve */
};

void certs_make(const struct cert_spec *spec);

/* Paths; static, eight of them in turn. */
const char *certs_pem(const char *name);
const char *certs_key(const char *name);

/* A CA "ca" and a certificate "good" for localhost, *.wild.test, 127.0.0.1
 * and ::1, made at the first call. */
void certs_basic(void);

#endif
