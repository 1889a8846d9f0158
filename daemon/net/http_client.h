// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NET_HTTP_CLIENT_H
#define THROUGHLINE_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Requests that we make: HTTP and SMTP submission, on the loop. Each has a deadline, its answer a bound; certificates are verified,
// redirects are not followed, no proxy and nothing of the environment is used. What may have reached the other side is told truthfully:
// nothing is ever sent a second time by itself.
//
// Not here: what an answer means, when to try again, who may be asked how often.

struct http_client;
struct loop;

struct http_client_options {
    int64_t connect_ms;  // until a connection, with its TLS, stands
    int64_t answer_ms;   // for the whole, where the call says nothing
    const char *ca_file; // NULL = the system's
};

// One per process is enough; configure() holds for calls that begin later.
struct http_client *http_client_new(struct loop *loop, const struct http_client_options *o);
void http_client_configure(struct http_client *c, const struct http_client_options *o);
void http_client_free(struct http_client *c); // calls in flight end without their callbacks

struct http_pair {
    const char *name, *value;
};

// HTTP, or with an url of smtp:// and smtps:// a mail: `body`, with CRLF line ends, to all of `rcpt` or to none.
struct http_call {
    const char *method, *url;
    const char *user, *password; // Basic, or AUTH; NULL = none
    const struct http_pair *headers;
    size_t headers_n;
    const char *body;
    size_t body_len;
    const char *mail_from; // "" or "<>" = the empty one
    const char *const *rcpt;
    size_t rcpt_n;
    bool require_tls; // SMTP: STARTTLS or nothing
    // The URL came from outside: only addresses of the public internet are connected to, whatever its name resolves to.
    bool foreign;
    bool repeatable;   // carrying it out twice is harmless (it only asks): connections are used again
    int64_t answer_ms; // 0 = the client's
    size_t answer_max; // bytes of the answer's body; 0 = 1 MiB
    // Takes the answer's body piece by piece instead of having it collected; false ends the call.
    bool (*piece)(void *module, uint64_t token, const void *bytes, size_t len);
};

// Valid during the callback.
struct http_answer {
    unsigned status; // of HTTP or SMTP; 0 = there was none
    bool written;    // some of the request may have reached the other side (SMTP: all of the mail)
    bool cut;        // the body is not whole: it was too long, or the connection was lost within it
    bool kept_out;   // none, since a foreign URL leads to an address that is not of the public internet
    const struct http_pair *headers;
    size_t headers_n;
    const char *body; // NUL-terminated; SMTP: what the server said last
    size_t body_len;
    const char *error; // without an answer, or with one that was cut: why, for people; NULL = nothing is wrong
};
typedef void http_client_fn(void *module, uint64_t token, const struct http_answer *a);

// Everything is copied. The callback runs exactly once, on the loop, never from inside; not after a cancel. 0: not a request at all (*why).
uint64_t http_client_call(struct http_client *c, const struct http_call *call, http_client_fn *fn, void *module,
                          uint64_t token, const char **why);
void http_client_cancel(struct http_client *c, uint64_t id); // not from inside piece()
size_t http_client_in_flight(const struct http_client *c);

// Whether an address (struct sockaddr) is one of the public internet: what is private, local, reserved or a way around that is not.
struct sockaddr;
bool http_client_is_public(const struct sockaddr *a);

#endif
