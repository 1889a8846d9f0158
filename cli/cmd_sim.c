// SPDX-License-Identifier: Apache-2.0
// `sim`: simulates a scenario with the very core that routes; with --compare, two of them in the same world, and what the second differs in.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/sim.h"

struct sim_case {
    struct sim_scenario scenario;
    struct sim_result result;
    json_t *report;
};

static int sim_read(struct sim_case *c, const char *path)
{
    static struct config_errors errors;
    bool good = sim_scenario_read(path, &c->scenario, &errors);
    config_errors_print(&errors, path, stderr);
    return good ? CLI_OK : CLI_CONFIG;
}

static void sim_do(struct sim_case *c)
{
    sim_run(&c->scenario, &c->result);
    c->report = sim_report(&c->scenario, &c->result);
}

static void sim_case_free(struct sim_case *c)
{
    sim_scenario_free(&c->scenario);
    sim_result_free(&c->result);
    json_decref(c->report);
}

// Doubles need no more digits than tell the runs apart that differ.
static void sim_tell(const struct cli *cli, json_t *report)
{
    if (cli->json) {
        json_dumpf(report, stdout, JSON_REAL_PRECISION(12));
        putchar('\n');
    } else {
        sim_print(report);
    }
}

static void sim_head(const struct sim_case *c, const char *path)
{
    printf("%s%s%s: %" PRId64 " contacts, seed %" PRId64 ", the first %" PRId64 " not measured\n", print_bold(), path,
           print_plain(), c->scenario.contacts, c->scenario.seed, sim_scenario_unmeasured(&c->scenario));
}

static int sim_one(const struct cli *cli, const char *path)
{
    struct sim_case c = {0};
    int rc = sim_read(&c, path);
    if (rc == CLI_OK) {
        sim_do(&c);
        if (!cli->json)
            sim_head(&c, path);
        sim_tell(cli, c.report);
    }
    sim_case_free(&c);
    return rc;
}

static int sim_comparable(const struct sim_case c[2], char **paths)
{
    const struct sim_scenario *a = &c[0].scenario, *b = &c[1].scenario;
    if (a->contacts == b->contacts && sim_scenario_unmeasured(a) == sim_scenario_unmeasured(b))
        return CLI_OK;
    return cli_fail(CLI_CONFIG,
                    "%s has %" PRId64 " contacts, %" PRId64 " of them not measured; %s has %" PRId64 ", %" PRId64
                    ": contacts and warmup must be the same in both",
                    paths[0], a->contacts, sim_scenario_unmeasured(a), paths[1], b->contacts,
                    sim_scenario_unmeasured(b));
}

static void sim_tell_both(const struct cli *cli, struct sim_case c[2], char **paths)
{
    json_t *difference = sim_report_difference(&c[0].scenario, &c[0].result, &c[1].scenario, &c[1].result);
    json_t *only_a = sim_report_unpaired(c[0].report, c[1].report);
    json_t *only_b = sim_report_unpaired(c[1].report, c[0].report);
    json_object_set_new(difference, "only_a", only_a);
    json_object_set_new(difference, "only_b", only_b);
    if (cli->json) {
        json_t *all = json_pack("{s:O, s:O, s:o}", "a", c[0].report, "b", c[1].report, "difference", difference);
        sim_tell(cli, all);
        json_decref(all);
        return;
    }
    for (int i = 0; i < 2; i++) {
        sim_head(&c[i], paths[i]);
        sim_tell(cli, c[i].report);
        putchar('\n');
    }
    printf("%sthe second less the first, contact for contact%s\n", print_bold(), print_plain());
    sim_tell(cli, difference);
    sim_print_unpaired(only_a, paths[0]);
    sim_print_unpaired(only_b, paths[1]);
    json_decref(difference);
}

static int sim_two(const struct cli *cli, char **paths)
{
    struct sim_case c[2] = {0};
    int rc = sim_read(&c[0], paths[0]), second = sim_read(&c[1], paths[1]);
    rc = rc ? rc : second;
    if (rc == CLI_OK)
        rc = sim_comparable(c, paths);
    for (int i = 0; i < 2 && rc == CLI_OK; i++)
        sim_do(&c[i]);
    if (rc == CLI_OK)
        sim_tell_both(cli, c, paths);
    sim_case_free(&c[0]);
    sim_case_free(&c[1]);
    return rc;
}

int cmd_sim(struct cli *cli, int argc, char **argv)
{
    bool compare = false;
    const struct option_spec specs[] = {{"--compare", NULL, &compare}};
    argc = options_parse("sim", argc, argv, specs, 1);
    if (argc < 0)
        return CLI_USAGE;
    if (argc != (compare ? 3 : 2))
        return cli_usage("sim", compare ? "needs two files to compare" : "needs one file");
    return compare ? sim_two(cli, argv + 1) : sim_one(cli, argv[1]);
}
