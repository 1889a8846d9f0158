// SPDX-License-Identifier: Apache-2.0
// throughlined: the command line. Reads the configuration, says everything that is wrong with it at once, and hands on to serve.c.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/config/config.h"
#include "daemon/serve.h"

static const char usage[] =
    "usage: throughlined [--config FILE] [--listen HOST:PORT] [--data-dir DIR]\n"
    "       throughlined --check-config [--strict] [--config FILE]\n"
    "       throughlined --version | --help\n"
    "\n"
    "throughline: routes any customer's message on any channel to the right agent, with the whole story.\n"
    "--check-config tells what is wrong with the file and runs nothing; with --strict, warnings are wrong too.\n"
    "Without --config it runs the built-in example. SIGTERM drains and ends, SIGHUP reads the file again.\n";

struct options {
    const char *file, *listen, *data_dir;
    bool check, strict;
};

// Returns -1 to go on, else the exit code.
static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},   {"check-config", no_argument, NULL, 'k'},
        {"strict", no_argument, NULL, 's'},         {"listen", required_argument, NULL, 'l'},
        {"data-dir", required_argument, NULL, 'd'}, {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'c')
            o->file = optarg;
        else if (c == 'l')
            o->listen = optarg;
        else if (c == 'd')
            o->data_dir = optarg;
        else if (c == 'k')
            o->check = true;
        else if (c == 's')
            o->strict = true;
        else if (c == 'v' || c == 'h') {
            printf("%s", c == 'v' ? "throughlined (throughline) " TL_VERSION "\n" : usage);
            return EX_OK;
        } else {
            fputs(usage, stderr);
            return EX_USAGE;
        }
    }
    if (optind == argc && (o->check || !o->strict))
        return -1;
    if (optind == argc)
        fprintf(stderr, "throughlined: --strict goes with --check-config\n%s", usage);
    else
        fprintf(stderr, "throughlined: unexpected argument: %s\n%s", argv[optind], usage);
    return EX_USAGE;
}

static int check(const struct options *o, const struct config_errors *errs)
{
    const char *name = o->file ? o->file : "the built-in example";
    config_errors_print(errs, name, stderr);
    if (errs->fatal > 0)
        return EX_CONFIG;
    if (o->strict && errs->n > 0) {
        printf("%s: valid, but for warnings (--strict)\n", name);
        return EX_CONFIG;
    }
    size_t warnings = errs->n + errs->untold;
    if (warnings)
        printf("%s: valid, %zu warning%s\n", name, warnings, warnings > 1 ? "s" : "");
    else
        printf("%s: valid, no findings\n", name);
    return EX_OK;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int code = read_options(argc, argv, &o);
    if (code >= 0)
        return code;
    static struct config_errors errs;
    struct config *c = o.file ? NULL : config_defaults();
    bool loaded = !o.file || config_load(o.file, &c, &errs) == 0;
    code = loaded && !o.check ? -1 : check(&o, &errs);
    if (code >= 0) {
        config_free(c);
        return code;
    }
    reload_log(c);
    reload_warn(o.file, &errs);
    struct daemon d = {.file = o.file, .listen = o.listen, .data_dir = o.data_dir, .config = c};
    return serve(&d);
}
