/*
 * tls_staple.c - a stapled OCSP response (RFC 6066, 8) that says "revoked"
 * ends the handshake.
 *
 * Only a response signed by (or for) the certificate's issuer counts.  None,
 * or one that proves nothing, is like none: whoever is in the middle would
 * leave it out.
 */
#include "lib/base/base.h"
#include "lib/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>

static OCSP_BASICRESP *
parse(const unsigned char *p, long n)
{
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, n);
	OCSP_BASICRESP *basic = NULL;

	if (response != NULL &&
	    OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	OCSP_RESPONSE_free(response);
	return basic;
}

static bool
says_revoked(SSL *ssl, OCSP_BASICRESP *basic)
{
	X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	OCSP_CERTID *id;
	int status = V_OCSP_CERTSTATUS_UNKNOWN;

	if (chain == NULL || sk_X509_num(chain) < 2)
		return false;
	if (OCSP_basic_verify(basic, chain, store, 0) != 1)
		return false;
	id = OCSP_cert_to_id(NULL, sk_X509_value(chain, 0),
	    sk_X509_value(chain, 1));
	if (id == NULL)
		return false;
	if (OCSP_resp_find_status(basic, id, &status, NULL, NULL, NULL, NULL) !=
	    1)
		status = V_OCSP_CERTSTATUS_UNKNOWN;
	OCSP_CERTID_free(id);
	return status == V_OCSP_CERTSTATUS_REVOKED;
}

int
tls_check_staple(SSL *ssl, void *arg)
{
	const unsigned char *p = NULL;
	long n = SSL_get_tlsext_status_ocsp_resp(ssl, &p);
	OCSP_BASICRESP *basic;
	bool revoked;

	(void)arg;
	if (p == NULL || n <= 0)
		return 1;
	basic = parse(p, n);
	revoked = basic != NULL && says_revoked(ssl, basic);
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	if (revoked)
		SSL_set_verify_result(ssl, X509_V_ERR_CERT_REVOKED);
	return !revoked;
}
