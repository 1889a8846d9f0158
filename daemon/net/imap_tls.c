// SPDX-License-Identifier: Apache-2.0
// TLS to an IMAP server: 1.2 or later, the certificate must be good and for the name that was configured. The authorities are the system's
// (SSL_CERT_FILE and SSL_CERT_DIR name others).
#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include "daemon/net/imap_conn.h"

static bool is_address(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool verify_name(SSL *ssl, const char *host)
{
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

SSL *imap_tls_new(struct imap *i, const char **why)
{
    if (!i->tls) {
        i->tls = SSL_CTX_new(TLS_client_method());
        if (!i->tls || SSL_CTX_set_default_verify_paths(i->tls) != 1) {
            *why = "the system's certificate authorities cannot be read";
            return NULL;
        }
        SSL_CTX_set_min_proto_version(i->tls, TLS1_2_VERSION);
        SSL_CTX_set_options(i->tls, SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_verify(i->tls, SSL_VERIFY_PEER, NULL);
    }
    i->ssl = SSL_new(i->tls);
    if (i->ssl && verify_name(i->ssl, i->o.host))
        return i->ssl;
    *why = "this name cannot be verified";
    SSL_free(i->ssl);
    i->ssl = NULL;
    return NULL;
}

const char *imap_tls_why(const struct imap *i)
{
    long v = i->ssl ? SSL_get_verify_result(i->ssl) : X509_V_OK;
    return v == X509_V_OK ? NULL : X509_verify_cert_error_string(v);
}
