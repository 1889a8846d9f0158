// SPDX-License-Identifier: Apache-2.0
// The struct that a file becomes: defaults, every type of value, rows, and the choices' words against their enums.
#include "daemon/config/config.h"
#include "routing/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config *read(const char *text)
{
    struct config *c;
    struct config_errors errs;
    if (config_load_text(text, strlen(text), &c, &errs) != 0) {
        config_errors_print(&errs, "test", stderr);
        fail();
    }
    return c;
}

static void test_an_empty_file_has_the_defaults(void **state)
{
    (void)state;
    struct config *c = read("");
    assert_int_equal(c->tenants.n, 1);
    assert_string_equal(c->tenants.v[0], "main");
    assert_string_equal(c->data_dir, "data");
    assert_string_equal(c->server.listen, "127.0.0.1:8080");
    assert_int_equal(c->server.max_connections, 10000);
    assert_int_equal(c->server.max_body, 1 << 20);
    assert_null(c->server.tls_certificate);
    assert_int_equal(c->redis.mode, CONFIG_REDIS_EMBEDDED);
    assert_int_equal(c->redis.durability, CONFIG_DURABILITY_STRICT);
    assert_null(c->redis.url);
    assert_int_equal(c->log.level, CONFIG_LOG_INFO);
    assert_int_equal(c->routing.reopen_hours, 72);
    assert_int_equal(c->channels[THROUGHLINE__V1__CHANNEL__CHANNEL_VOICE].units, 4);
    assert_int_equal(c->channels[THROUGHLINE__V1__CHANNEL__CHANNEL_VOICE].idle_minutes, 0);
    assert_int_equal(c->channels[THROUGHLINE__V1__CHANNEL__CHANNEL_EMAIL].join_hours, 168);
    assert_int_equal(c->accounts_n + c->queues_n + c->agents_n + c->tokens_n, 0);
    config_free(c);
}

static void test_the_defaults_are_a_working_desk(void **state)
{
    (void)state;
    struct config *c = config_defaults();
    assert_int_equal(c->accounts_n, 5);
    const struct config_account *web = config_account(c, "web");
    assert_non_null(web);
    assert_int_equal(web->kind, CONFIG_ACCOUNT_CHAT);
    assert_int_equal(web->channel, THROUGHLINE__V1__CHANNEL__CHANNEL_CHAT);
    assert_int_equal(config_account(c, "voice-1")->channel, THROUGHLINE__V1__CHANNEL__CHANNEL_VOICE);
    assert_null(config_account(c, "nobody"));
    assert_string_equal(c->queues[0].name, "billing");
    assert_int_equal(c->queues[0].requires.n, 1);
    assert_int_equal(c->queues[0].requires.v[0].level, 3);
    assert_string_equal(c->agents[0].id, "ann");
    assert_int_equal(c->agents[0].skills.n, 3);
    assert_int_equal(c->agents[1].capacity, 4);
    config_free(c);
}

static void test_every_type_of_value(void **state)
{
    (void)state;
    setenv("CONFIG_TEST_SECRET", "a secret of twenty b", 1);
    setenv("CONFIG_TEST_TOKEN", "test-token-0123456789", 1);
    struct config *c = read("tenants = [\"one\", \"two\"]\n"
                            "[server]\nlisten = \"[::1]:0\"\ndemo = false\n"
                            "tls_certificate = \"c.pem\"\ntls_key = \"k.pem\"\n"
                            "[redis]\nmode = \"url\"\nurl = \"unix:///run/redis.sock\"\ndurability = \"normal\"\n"
                            "[log]\nformat = \"json\"\nlevel = \"debug\"\n"
                            "[channel.social]\nunits = 7\n"
                            "[[account]]\nname = \"web\"\ntenant = \"two\"\nkind = \"chat\"\n"
                            "origins = [\"https://www.example.org\", \"http://localhost:3000\"]\n"
                            "identity_secret = \"env:CONFIG_TEST_SECRET\"\n"
                            "[[queue]]\nname = \"q\"\ntenant = \"one\"\nchannels = [\"voice\", \"chat\"]\n"
                            "languages = [\"de\", \"pt-BR\"]\nselect = \"longest_idle\"\n"
                            "[[queue]]\nname = \"rest\"\ntenant = \"one\"\n"
                            "[[agent]]\nid = \"bot-1\"\ntenant = \"one\"\nbot = true\nchannels = [\"sms\"]\n"
                            "skills = { b = 2, a = 1 }\n"
                            "[[token]]\nid = \"t\"\ntenant = \"one\"\nrole = \"supervisor\"\n"
                            "secret = \"env:CONFIG_TEST_TOKEN\"\n");
    assert_int_equal(c->tenants.n, 2);
    assert_false(c->server.demo);
    assert_int_equal(c->redis.mode, CONFIG_REDIS_URL);
    assert_int_equal(c->redis.durability, CONFIG_DURABILITY_NORMAL);
    assert_int_equal(c->log.format, CONFIG_LOG_JSON);
    assert_int_equal(c->log.level, CONFIG_LOG_DEBUG);
    assert_int_equal(c->channels[THROUGHLINE__V1__CHANNEL__CHANNEL_SOCIAL].units, 7);
    assert_int_equal(c->channels[THROUGHLINE__V1__CHANNEL__CHANNEL_SOCIAL].join_hours, 24);
    assert_string_equal(c->accounts[0].identity_secret, "a secret of twenty b");
    assert_string_equal(c->accounts[0].origins.v[1], "http://localhost:3000");
    assert_int_equal(c->queues[0].channels, 1u << 4 | 1u << 1);
    assert_int_equal(c->queues[0].select, ROUTER_LONGEST_IDLE);
    assert_int_equal(c->queues[0].place.line, 22);
    assert_true(c->agents[0].bot);
    assert_string_equal(c->agents[0].skills.v[0].name, "a"); // in order of name
    assert_int_equal(c->tokens[0].role, CONFIG_ROLE_SUPERVISOR);
    assert_null(c->tokens[0].secret); // only the hash is kept
    assert_string_equal(c->tokens[0].sha256, "93b01915ef217ed9eb776b2e473270b00418b7bfc8c89d30696ece5eb5d91240");
    config_free(c);
}

// The words in the list of keys stand in the order of the router's enums.
static void test_choices_are_the_routers(void **state)
{
    (void)state;
    char text[512];
    for (int i = 0; i < ROUTER_SELECTS; i++) {
        snprintf(text, sizeof text,
                 "[routing]\norder = \"%s\"\nseed = 7\nidle_from_end = true\n[[queue]]\nname = \"q\"\nselect = "
                 "\"%s\"\nmix = { fastest = 3 }\n"
                 "weight_speed = 0.25\nweight = 12\n[[agent]]\nid = \"a\"\nspeed = 1.5\nresolution = 0.875\n",
                 router_order_name((enum router_order)(i % ROUTER_ORDERS)), router_select_name((enum router_select)i));
        struct config *c = read(text);
        assert_int_equal(c->routing.order, i % ROUTER_ORDERS);
        assert_int_equal(c->queues[0].select, i);
        assert_int_equal(c->queues[0].weight_speed, 250);
        assert_int_equal(c->queues[0].weight, 12000);
        assert_int_equal(c->agents[0].speed, 1500);
        assert_int_equal(c->agents[0].resolution, 875);
        Throughline__V1__RoutingConfig *m = config_routing(c, "main");
        assert_string_equal(m->queues[0]->select, router_select_name((enum router_select)i));
        assert_string_equal(m->queues[0]->mix[0]->select, "fastest");
        assert_int_equal(m->queues[0]->mix[0]->weight, 3);
        assert_int_equal(m->seed, 7);
        assert_true(m->idle_from_end);
        throughline__v1__routing_config__free_unpacked(m, NULL);
        config_free(c);
    }
}

static void test_too_many_errors_are_counted(void **state)
{
    (void)state;
    static char text[8192];
    size_t n = 0;
    for (int i = 0; i < 130; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "nonsense_%d = 1\n", i);
    struct config *c;
    struct config_errors errs;
    assert_int_equal(config_load_text(text, n, &c, &errs), -1);
    assert_null(c);
    assert_int_equal(errs.n, CONFIG_ERRORS_MAX);
    assert_int_equal(errs.fatal, 130);
    assert_int_equal(errs.untold, 30);
}

static void test_hostile_files_are_refused(void **state)
{
    (void)state;
    static char text[CONFIG_FILE_MAX + 2];
    struct config *c;
    struct config_errors errs;
    memset(text, '#', sizeof text);
    assert_int_equal(config_load_text(text, sizeof text, &c, &errs), -1);
    assert_non_null(strstr(errs.v[0].text, "too large"));
    assert_int_equal(config_load_text(text, 9000, &c, &errs), -1);
    assert_non_null(strstr(errs.v[0].text, "too long"));
    for (size_t i = 0; i < 8190; i += 2) // as deep as a line can nest
        memcpy(text + i, "a.", 2);
    memcpy(text + 8184, "a = 1\n", 6);
    assert_int_equal(config_load_text(text, 8190, &c, &errs), -1);
    memset(text, '[', 8000);
    memcpy(text, "tenants=", 8);
    assert_int_equal(config_load_text(text, 8000, &c, &errs), -1);
    static const char nul[] = "data_dir = \"a\\u0000b\"\n\"tenants\\u0000x\" = []\n";
    assert_int_equal(config_load_text(nul, sizeof nul - 1, &c, &errs), -1);
    assert_int_equal(errs.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_file_has_the_defaults),
        cmocka_unit_test(test_the_defaults_are_a_working_desk),
        cmocka_unit_test(test_every_type_of_value),
        cmocka_unit_test(test_choices_are_the_routers),
        cmocka_unit_test(test_too_many_errors_are_counted),
        cmocka_unit_test(test_hostile_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
