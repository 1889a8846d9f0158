// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_NOTIFY_H
#define THROUGHLINE_NOTIFY_H

// Tells the service manager what it asked to be told (sd_notify's protocol): "READY=1", "STOPPING=1", "RELOADING=1". Nothing happens
// without one.
void notify_send(const char *state);

#endif
