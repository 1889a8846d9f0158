// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_ACCOUNTS_FETCH_H
#define THROUGHLINE_ACCOUNTS_FETCH_H

// Files that a vendor keeps for us (pictures of an MMS): fetched with the account's credentials, kept, and noted beside the entry, which is never
// changed: in the document "file:<entry>", field "<index>", as "<sha256> <size> <type>", or "!" and why there is none.
//
// An event is acknowledged with the vendor's address in it; that is what makes a fetch durable: whoever looks at the entry asks for a file that is not noted
// yet, and it is fetched then, whatever died before. Asking at once when the event is stored is only sooner.

#include <stddef.h>
#include <stdint.h>

struct config;
struct fetcher;
struct http_client;
struct loop;
struct media;
struct store;
struct workers;

struct fetcher_options {
    struct loop *loop;
    struct workers *workers;
    struct http_client *client;
    struct store *store;
    struct media *media;
    const struct config *config;
};
struct fetcher *fetcher_new(const struct fetcher_options *o);
void fetcher_reconfigure(struct fetcher *f, const struct config *config);
void fetcher_free(struct fetcher *f); // when the workers have ended, before the client. NULL is fine

struct fetch_wish { // copied
    const char *tenant, *account, *url, *type;
    uint64_t entry;
    uint32_t index;
};
// Does nothing when it is being fetched already, or when too many are: whoever looks asks again.
void fetcher_begin(struct fetcher *f, const struct fetch_wish *w);

#endif
