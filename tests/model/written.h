// SPDX-License-Identifier: Apache-2.0
//
// A router written down and read again.
#ifndef MODEL_WRITTEN_H
#define MODEL_WRITTEN_H

#include "routing/router.h"

// The caller's; NULL = refused, with the reason on stderr.
struct router *written_again(const struct router *r);

#endif
