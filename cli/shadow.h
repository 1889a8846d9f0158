// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_SHADOW_H
#define THROUGHLINE_CLI_SHADOW_H

#include "cli/replay.h"
#include "daemon/core/points.h"

// A shadow of the live router: follows its log over HTTP with another configuration. cmd_shadow.c follows; shadow_files.c keeps the folder:
//
//     start          the state that it began with (as GET /v1/log/snapshot gives it); absent = it began with the log's first input
//     progress.json  where it began, with which configuration, and up to which input its differences are told
//     report.json    the running summary, as `replay --json` would give it
//     metrics.prom   the same as Prometheus metrics, for a node exporter's textfile collector

struct shadow_progress {
    uint64_t start;       // input
    uint64_t reported;    // differences up to here are told
    char incarnation[64]; // of the log
    char config[20];      // digest of the configuration
};

struct shadow {
    struct cli *cli;
    const char *folder, *file;
    struct replay_other other;
    struct replay replay;
    bool begun;
    struct shadow_progress progress;
    uint64_t live;        // the live router's last input, as of the last look
    uint64_t restarts;    // times that it had to begin anew
    struct points points; // of the live world
};

// Each false when the folder cannot be written.
bool shadow_save(const struct shadow *s, const char *name, const void *bytes, size_t len);
bool shadow_save_progress(const struct shadow *s);
bool shadow_save_report(const struct shadow *s);
bool shadow_load_progress(const struct shadow *s, struct shadow_progress *p);
char *shadow_load(const char *folder, const char *name, size_t *len); // malloc'd; NULL = it is not there
// One choice that differs, on standard output.
void shadow_tell(const struct shadow *s, const struct replay_work *w);

#endif
