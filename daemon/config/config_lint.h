// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CONFIG_LINT_H
#define THROUGHLINE_CONFIG_LINT_H

// What is legal in a tenant's routing, but cannot be meant: a queue that nothing enters, a step that lets nobody in. Every
// finding is of a rule with a name; docs/reference/lint.md says of each what it looks for and what to do.
//
// An error is what can never work, whoever is hired; anything else is a warning. A rule that cannot be sure is silent. It is a
// pure function of what it is given: the file's routing and that in force are looked at by the same code.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/router.h"

struct config;
struct Throughline__V1__RoutingConfig;

#define LINT_MAX      100
#define LINT_TEXT_MAX 360
#define LINT_WHOLE    SIZE_MAX

struct lint_account { // an endpoint of the tenant
    const char *name;
    uint32_t channels; // bits; 0 = not known
};

struct lint_finding {
    const char *rule; // "queue-unserved"
    bool error;
    const char *table; // "queue", "agent", "calendar", "channel.chat", "routing"
    size_t row;        // of a queue, an agent, a calendar: its place among them
    const char *name;  // ... and its name; the configuration's; "" of the others
    const char *key;   // "steps"; "" = the row
    size_t item;       // of a list; LINT_WHOLE = all of it
    char text[LINT_TEXT_MAX];
};

struct lint_report {
    struct lint_finding v[LINT_MAX];
    size_t n;
    size_t errors; // how many of all are
    size_t untold; // did not fit
};

// What is passed stays the caller's, for as long as the report is read. `now`: seconds of Unix time, for what is past.
void config_lint(const struct router_config *c, const struct lint_account *accounts, size_t accounts_n, int64_t now,
                 struct lint_report *out);

// The same with less thought, for who cannot wait: rules fall silent when the steps (a requirement asked of an agent is one) are used up.
void config_lint_within(const struct router_config *c, const struct lint_account *accounts, size_t accounts_n,
                        int64_t now, int64_t steps, struct lint_report *out);

#define LINT_STEPS 20000000 // config_lint() thinks as many

// The same of routing as a message, in which a file, a request and what is in force look alike; its accounts are those of the tenant in `c`.
void config_lint_message(const struct Throughline__V1__RoutingConfig *m, const struct config *c, const char *tenant,
                         int64_t steps, struct lint_report *out);

// What would be in force if `next` were applied where `now` is: whom the API brought stays. Its rows are the others', the lists are
// freed by the second.
void config_after(const struct Throughline__V1__RoutingConfig *now, const struct Throughline__V1__RoutingConfig *next,
                  struct Throughline__V1__RoutingConfig *out);
void config_after_free(struct Throughline__V1__RoutingConfig *after);

// The names of the rules, in order; NULL behind the last.
const char *config_lint_rule(size_t i);

// A tenant's accounts as far as the lint looks at them, into room for all; how many. The names are the configuration's.
size_t config_lint_accounts(const struct config *c, const char *tenant, struct lint_account *out);

#endif
