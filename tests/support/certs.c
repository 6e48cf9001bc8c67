#include "tests/support/certs.h"

#include "lib/base/err.h"

#include <glob.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

static char folder[64];
static pid_t owner;

static void
remove_all(void)
{
	char pattern[80];
	glob_t found;
	size_t i;

	if (getpid() != owner)
		return;
	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	globfree(&found);
	rmdir(folder);
}

static void
make_folder(void)
{
	if (folder[0] != '\0')
		return;
	snprintf(folder, sizeof(folder), "/tmp/volley-certs-XXXXXX");
	if (mkdtemp(folder) == NULL)
		die("test: mkdtemp");
	owner = getpid();
	atexit(remove_all);
}

static const char *
path(const char *name, const char *end)
{
	static char paths[8][256];
	static unsigned next;
	char *p = paths[next++ % ARRAY_LEN(paths)];

	make_folder();
	snprintf(p, sizeof(paths[0]), "%s/%s.%s", folder, name, end);
	return p;
}

const char *
certs_pem(const char *name)
{
	return path(name, "pem");
}

const char *
certs_key(const char *name)
{
	return path(name, "key");
}

static FILE *
open_or_die(const char *name, const char *mode)
{
	FILE *f = fopen(name, mode);

	if (f == NULL)
		die("test: open %s", name);
	return f;
}

static void
extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (e == NULL)
		die("test: extension %s", value);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *
describe(const struct cert_spec *spec, EVP_PKEY *key)
{
	static long serial;
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	const unsigned char *cn = (const unsigned char *)spec->cn;
	bool hour = spec->from_s == 0 && spec->to_s == 0;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), hour ? -60 : spec->from_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), hour ? 3600 : spec->to_s);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0);
	X509_set_pubkey(cert, key);
	return cert;
}

static void
load(const char *name, X509 **cert, EVP_PKEY **key)
{
	FILE *f = open_or_die(certs_pem(name), "r");

	*cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	f = open_or_die(certs_key(name), "r");
	*key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
}

static void
save(const char *name, X509 *cert, EVP_PKEY *key)
{
	FILE *f = open_or_die(certs_pem(name), "w");

	PEM_write_X509(f, cert);
	fclose(f);
	f = open_or_die(certs_key(name), "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

void
certs_make(const struct cert_spec *spec)
{
	EVP_PKEY *key = spec->rsa_bits > 0
			    ? EVP_RSA_gen((unsigned)spec->rsa_bits)
			    : EVP_EC_gen("P-256");
	X509 *cert = describe(spec, key), *issuer = cert;
	EVP_PKEY *signer = key;

	if (spec->issuer != NULL)
		load(spec->issuer, &issuer, &signer);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	extend(cert, issuer, NID_basic_constraints,
	    spec->ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (spec->san != NULL)
		extend(cert, issuer, NID_subject_alt_name, spec->san);
	if (X509_sign(cert, signer, EVP_sha256()) == 0)
		die("test: sign %s", spec->name);
	save(spec->name, cert, key);
	if (issuer != cert) {
		X509_free(issuer);
		EVP_PKEY_free(signer);
	}
	X509_free(cert);
	EVP_PKEY_free(key);
}

void
certs_basic(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	certs_make(&(struct cert_spec){.name = "ca",
	    .cn = "Volley test CA",
	    .ca = true});
	certs_make(&(struct cert_spec){.name = "good",
	    .issuer = "ca",
	    .cn = "good",
	    .san = "DNS:localhost,DNS:*.wild.test,IP:127.0.0.1,IP:::1"});
}
