// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_CLI_SIM_FILE_H
#define THROUGHLINE_CLI_SIM_FILE_H

// What those that read a scenario share: its keys (sim_file.c), their values (sim_value.c), the whole of it (sim_scenario.c).

#include "cli/sim.h"
#include "daemon/config/config_file.h"

#define SIM_AGENTS_MAX 100000 // of all pools

enum scenario_type {
    SCENARIO_WHOLE,
    SCENARIO_NUMBER,
    SCENARIO_NAME,
    SCENARIO_CHOICE,
    SCENARIO_NAMES,
    SCENARIO_SKILLS,
    SCENARIO_STEPS
};

struct scenario_key {
    const char *name;
    enum scenario_type type;
    size_t offset;
    double min, max; // of a number; of WHOLE too
    bool above;      // min itself is not allowed
    bool required;
    const char *words; // of CHOICE, parted by '|'
};

struct scenario_value {
    const struct scenario_key *key;
    const struct toml_node *node;
    struct config_errors *errs;
    char name[64]; // "pool.speed", for errors
};

void sim_value_read(const struct scenario_value *v, void *slot);

bool sim_value_wrong_type(const struct scenario_value *v, const struct toml_node *node, const char *expected); // false
char *sim_file_text(const char *s);
void sim_steps_read(const struct scenario_value *v, void *slot);
void sim_steps_check(const struct sim_class *c, struct config_errors *errs);
void sim_load_check(const struct sim_scenario *s, struct config_errors *errs);  // of a scenario with nothing wrong
void sim_clock_check(const struct sim_scenario *s, struct config_errors *errs); // likewise

void sim_file_read(const struct toml_node *root, struct sim_scenario *s, struct config_errors *errs);
struct config_place sim_file_place(const struct toml_node *node);
void *sim_file_alloc(size_t n, size_t each);

#endif
