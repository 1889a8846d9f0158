// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_PROTO_HANDLE_H
#define THROUGHLINE_PROTO_HANDLE_H

// Handles, kind:address, in the one spelling under which they are stored and compared. Kinds: tel, email, chat, social,
// and any other of [a-z][a-z0-9]{0,15}.

#include <stdbool.h>
#include <stddef.h>

#define HANDLE_MAX       257 // with the NUL: the router's bound on a handle is 256 bytes
#define HANDLE_KIND_MAX  16
#define HANDLE_OTHER_MAX 200 // bytes of an address that is neither tel nor email

// Writes the normal form of `in`: tel as E.164 without its separators, email with its domain in lower case, the rest as it
// is. False with *why set (static text: what is wrong, what would be right) and `out` empty. Normal forms map to themselves.
bool handle_normalise(const char *in, char out[static HANDLE_MAX], const char **why)
    __attribute__((warn_unused_result));

// Whether the handle is of this kind, e.g. handle_is("tel:+49151", "tel").
bool handle_is(const char *handle, const char *kind);

#endif
