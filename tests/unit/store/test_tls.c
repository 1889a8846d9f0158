// SPDX-License-Identifier: Apache-2.0
// TLS, names and passwords against a server with a certificate made for the test: `localhost` is in it, 127.0.0.1 is not.
#include "world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/block.h"

#define PASSWORD "se%%3Acret" // in a format: "se:cret"

struct stage {
    struct world *w;
    pid_t server;
    unsigned port;
    char ca[128], other_ca[128], url[160];
};

static void shell(const char *dir, const char *command)
{
    char *whole = xasprintf("cd %s && { %s; } >/dev/null 2>&1", dir, command);
    int status = system(whole);
    free(whole);
    assert_int_equal(status, 0);
}

static void make_certificates(const char *dir)
{
    static const char authority[] = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
                                    "-subj /CN=%s -keyout %s.key -out %s.crt";
    char command[512];
    snprintf(command, sizeof(command), authority, "ca", "ca", "ca");
    shell(dir, command);
    snprintf(command, sizeof(command), authority, "other", "other", "other");
    shell(dir, command);
    shell(dir,
          "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=redis -keyout s.key -out s.csr");
    shell(dir, "echo subjectAltName=DNS:localhost >ext && openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key "
               "-CAcreateserial -days 2 -extfile ext -out s.crt");
}

// A port that is free now. Not from the kernel: it could give the same to another test's connection before the server has bound it.
static unsigned free_port(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        unsigned port = 10000 + ((unsigned)getpid() * 7919 + i) % 20000;
        struct sockaddr_in at = {
            .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int rc = bind(fd, (struct sockaddr *)&at, sizeof(at));
        close(fd);
        if (rc == 0)
            return port;
    }
    fail_msg("no free port");
    return 0;
}

static pid_t start_server(const char *dir, unsigned port)
{
    char number[8];
    snprintf(number, sizeof(number), "%u", port);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(dir) == 0)
        execlp("redis-server", "redis-server", "--port", "0", "--tls-port", number, "--bind", "127.0.0.1",
               "--tls-cert-file", "s.crt", "--tls-key-file", "s.key", "--tls-ca-cert-file", "ca.crt",
               "--tls-auth-clients", "no", "--save", "", "--requirepass", "se:cret", "--logfile", "/dev/null",
               (char *)NULL);
    _exit(127);
}

static int set(void **state)
{
    struct stage *g = xcalloc(1, sizeof(*g));
    g->w = world_bare();
    make_certificates(g->w->dir);
    g->port = free_port();
    g->server = start_server(g->w->dir, g->port);
    snprintf(g->ca, sizeof(g->ca), "%s/ca.crt", g->w->dir);
    snprintf(g->other_ca, sizeof(g->other_ca), "%s/other.crt", g->w->dir);
    snprintf(g->url, sizeof(g->url), "rediss://:" PASSWORD "@localhost:%u/1", g->port);
    world_connect(g->w, &(struct store_options){.url = g->url, .ca_file = g->ca, .owned = true});
    *state = g;
    return 0;
}

static int strike(void **state)
{
    struct stage *g = *state;
    kill(g->server, SIGKILL);
    waitpid(g->server, NULL, 0);
    world_free(g->w);
    free(g);
    return 0;
}

static void test_right_certificate(void **state)
{
    struct stage *g = *state;
    struct answer a;
    char *big = xcalloc(1, 300000);
    struct store_ingest i = world_event("m1", "0011223344556677", "tel:+491");
    memset(big, 'x', 300000);
    world_ingest(g->w, &i, &a);
    assert_int_equal(a.e, TL_OK);
    memset(&a, 0, sizeof(a));
    store_doc_set(g->w->store, TENANT, "d", "f", big, 300000, answer_placed, &a, 7); // many TLS records
    world_answer(g->w, &a);
    assert_int_equal(a.e, TL_OK);
    memset(&a, 0, sizeof(a));
    store_doc_all(g->w->store, TENANT, "d", answer_entries, &a, 7);
    world_answer(g->w, &a);
    assert_int_equal(a.v[1].len, 300000);
    free(big);
    const char *why = NULL;
    struct block *b = block_open(g->url, g->ca, 5000, &why);
    assert_non_null(b);
    resp_array(block_out(b), 1);
    resp_text(block_out(b), "PING");
    const struct value *v = block_call(b);
    assert_true(v && value_is(v, "PONG"));
    block_close(b);
}

struct expected {
    struct store *store;
    const char *trouble;
};

static bool says(void *arg)
{
    const struct expected *e = arg;
    return strstr(store_trouble(e->store), e->trouble) != NULL;
}

static void refused(struct stage *g, const char *url, const char *ca, const char *trouble, const char *block_trouble)
{
    const char *why = "";
    struct store_ingest i = world_event("m2", "0011223344556677", "tel:+491");
    struct answer a;
    store_free(g->w->store);
    g->w->store = store_new(g->w->loop, &(struct store_options){.url = url, .ca_file = ca});
    struct expected e = {g->w->store, trouble};
    world_await(g->w, says, &e);
    assert_false(store_up(g->w->store));
    world_ingest(g->w, &i, &a);
    assert_int_equal(a.e, TL_UNAVAILABLE);
    assert_null(block_open(url, ca, 5000, &why));
    assert_string_equal(why, block_trouble);
}

static void test_wrong_host_authority_and_password(void **state)
{
    struct stage *g = *state;
    char url[160];
    static const char certificate[] = "the server's certificate was not accepted";
    snprintf(url, sizeof(url), "rediss://:" PASSWORD "@127.0.0.1:%u/1", g->port);
    refused(g, url, g->ca, "certificate verify failed", certificate);
    refused(g, g->url, g->other_ca, "certificate verify failed", certificate);
    refused(g, g->url, NULL, "certificate verify failed", certificate);
    refused(g, g->url, "/nonexistent", "the CA file cannot be read", certificate);
    snprintf(url, sizeof(url), "rediss://:wrong@localhost:%u/1", g->port);
    refused(g, url, g->ca, "authentication refused", "the greeting was refused");
    snprintf(url, sizeof(url), "rediss://localhost:%u", g->port);
    store_free(g->w->store);
    g->w->store = store_new(g->w->loop, &(struct store_options){.url = url, .ca_file = g->ca});
    struct expected e = {g->w->store, "authentication required"};
    world_await(g->w, says, &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_right_certificate, set, strike),
        cmocka_unit_test_setup_teardown(test_wrong_host_authority_and_password, set, strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
