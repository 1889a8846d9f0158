// SPDX-License-Identifier: Apache-2.0
// The TLS settings of a listening socket: TLS 1.2 or later, no renegotiation, ALPN http/1.1. Certificates are read once per
// call; what cannot be read is said with OpenSSL's reason and never ends the process.
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "daemon/net/internal.h"

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                       unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *tls_new(const char *cert, const char *key, char *err, size_t err_size)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls)
        abort();
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(tls,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(tls, choose_alpn, NULL);
    const char *file = cert;
    if (SSL_CTX_use_certificate_chain_file(tls, cert) == 1) {
        file = key;
        if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1 && SSL_CTX_check_private_key(tls) == 1)
            return tls;
    }
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    snprintf(err, err_size, "%s: %s", file, why ? why : "not readable");
    tls_drain_errors();
    SSL_CTX_free(tls);
    return NULL;
}

void tls_drain_errors(void)
{
    while (ERR_get_error())
        ;
}
