// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BASE_ERR_H
#define THROUGHLINE_BASE_ERR_H

// Expected failures. Bugs are asserts, a broken environment at start-up is fatal, a business refusal is a recorded effect;
// what remains are these.
enum tl_err {
    TL_OK = 0,
    TL_UNKNOWN,     // the outcome is not known (connection lost, deadline passed): try again with the same id
    TL_UNAVAILABLE, // nothing was done, not now: try again
    TL_INVALID,     // never right
    TL_CONFLICT,    // the same id with another body
    TL_FENCED,      // somebody else is the leader or owner now
    TL_ABSENT,      // no such thing
    TL_FULL,        // a bound is reached
};

#endif
