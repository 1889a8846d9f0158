// SPDX-License-Identifier: Apache-2.0
// The link against a server that the test plays: late answers, wrong answers, none.
#include "world.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/store/link.h"

#define DEADLINE 600

struct play {
    struct world *w;
    struct evconnlistener *listener;
    struct bufferevent *peer;
    struct wire_net *net;
    struct link *link;
    unsigned connections, ups, downs, commands;
    const char *answer; // to every command after the greeting; NULL = none
    bool mute;          // does not even greet
    bool keep;          // what is held stays so at the end of a turn
    char answers[16][32];
    enum tl_err errors[16];
    unsigned counts[16], total, released;
};

// Our commands are words without CRLF: each begins with '*'.
static void peer_read(struct bufferevent *bev, void *arg)
{
    struct play *p = arg;
    char bytes[4096];
    size_t n = bufferevent_read(bev, bytes, sizeof(bytes));
    for (size_t i = 0; i + 3 < n; i++) {
        if (bytes[i] != '*')
            continue;
        bool ping = memcmp(bytes + i, "*1\r\n$4\r\nPING", 12) == 0;
        p->commands += !ping;
        if (ping && !p->mute)
            bufferevent_write(bev, "+PONG\r\n", 7);
        else if (!ping && p->answer)
            bufferevent_write(bev, p->answer, strlen(p->answer));
    }
}

static void peer_event(struct bufferevent *bev, short what, void *arg)
{
    struct play *p = arg;
    (void)what;
    bufferevent_free(bev);
    if (p->peer == bev)
        p->peer = NULL;
}

static void peer_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
    struct play *p = arg;
    (void)from, (void)len;
    if (p->peer)
        bufferevent_free(p->peer);
    p->peer = bufferevent_socket_new(evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(p->peer, peer_read, NULL, peer_event, p);
    bufferevent_enable(p->peer, EV_READ | EV_WRITE);
    p->connections++;
}

static void on_up(void *owner)
{
    ((struct play *)owner)->ups++;
}

static void on_down(void *owner, const char *why)
{
    assert_string_not_equal(why, "");
    ((struct play *)owner)->downs++;
}

static void on_release(void *owner)
{
    struct play *p = owner;
    struct resp_out *out = link_release_begin(p->link);
    p->released += link_held(p->link);
    resp_array(out, 1);
    resp_text(out, "ALL");
    link_release_end(p->link);
    assert_int_equal(link_held(p->link), 0);
}

static void on_leaving(void *owner)
{
    if (!((struct play *)owner)->keep)
        on_release(owner);
}

static int begin(void **state)
{
    static const struct link_ops ops = {.up = on_up, .down = on_down, .release = on_release, .leaving = on_leaving};
    struct play *p = xcalloc(1, sizeof(*p));
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *why = NULL;
    p->w = world_bare();
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", p->w->dir);
    p->listener = evconnlistener_new_bind(loop_base(p->w->loop), peer_accept, p, LEV_OPT_CLOSE_ON_FREE, 8,
                                          (struct sockaddr *)&at, sizeof(at));
    assert_non_null(p->listener);
    char *url = xasprintf("unix://%s", at.sun_path);
    p->net = wire_net_new(p->w->loop, url, NULL, &why);
    assert_non_null(p->net);
    free(url);
    struct link_options o = {.name = "test",
                             .loop = p->w->loop,
                             .net = p->net,
                             .deadline_ms = DEADLINE,
                             .max_pending = 100,
                             .max_reply = 4096};
    p->link = link_new(&o, &ops, p);
    *state = p;
    return 0;
}

static int end(void **state)
{
    struct play *p = *state;
    link_free(p->link);
    wire_net_drop(p->net);
    if (p->peer)
        bufferevent_free(p->peer);
    evconnlistener_free(p->listener);
    world_free(p->w);
    free(p);
    return 0;
}

static void on_reply(void *owner, const struct link_call *c, enum tl_err e, const struct value *v)
{
    struct play *p = owner;
    p->total++;
    p->counts[c->token]++;
    p->errors[c->token] = e;
    snprintf(p->answers[c->token], sizeof(p->answers[0]), "%s", v ? value_text(v) : "");
}

static void call(struct play *p, unsigned n)
{
    struct resp_out *out = link_begin(p->link);
    assert_non_null(out);
    resp_array(out, 1);
    resp_text(out, "GO");
    link_end(p->link, &(struct link_call){.reply = on_reply, .token = n});
    assert_int_equal(p->counts[n], 0);
}

static void hold(struct play *p, unsigned n)
{
    assert_true(link_hold(p->link, &(struct link_call){.reply = on_reply, .token = n}));
    assert_int_equal(p->counts[n], 0);
}

static void say(struct play *p, const char *text)
{
    assert_non_null(p->peer);
    bufferevent_write(p->peer, text, strlen(text));
}

static unsigned want;

static bool is_up(void *arg)
{
    return ((struct play *)arg)->ups >= want;
}

static bool has_down(void *arg)
{
    return ((struct play *)arg)->downs >= want;
}

static bool has_commands(void *arg)
{
    return ((struct play *)arg)->commands >= want;
}

static bool has_total(void *arg)
{
    return ((struct play *)arg)->total >= want;
}

static bool has_connections(void *arg)
{
    return ((struct play *)arg)->connections >= want;
}

static void await(struct play *p, bool (*until)(void *), unsigned n)
{
    want = n;
    world_await(p->w, until, p);
}

static void test_answers_in_order(void **state)
{
    struct play *p = *state;
    await(p, is_up, 1);
    call(p, 0);
    call(p, 1);
    await(p, has_commands, 2);
    say(p, "+ze");
    say(p, "ro\r\n$3\r\none\r\n");
    await(p, has_total, 2);
    assert_string_equal(p->answers[0], "zero");
    assert_string_equal(p->answers[1], "one");
    assert_int_equal(p->counts[0] + p->counts[1], 2);
    assert_string_equal(link_trouble(p->link), "");
}

// The server works, but one call takes too long: only that call is unknown, and its late answer is nobody else's.
static void speak(void *arg)
{
    struct play *p = arg;
    say(p, "+progress\r\n");
    call(p, 2);
}

// False when this program came so late that the answer in between was none, and the silence broke the link.
static bool swallows_a_late_answer(struct play *p)
{
    await(p, is_up, 1);
    call(p, 0);
    await(p, has_commands, 1);
    struct loop_timer *t = loop_timer_new(p->w->loop, speak, p);
    call(p, 1);
    loop_timer_set(t, DEADLINE / 2); // an answer to 0; 1 must then pass its deadline without a silent server
    await(p, has_total, 2);
    loop_timer_free(t);
    if (p->errors[0] == TL_UNKNOWN)
        return false;
    assert_int_equal(p->errors[0], TL_OK);
    assert_int_equal(p->errors[1], TL_UNKNOWN);
    assert_int_equal(p->downs, 0);
    say(p, "+late\r\n+mine\r\n");
    await(p, has_total, 3);
    assert_string_equal(p->answers[2], "mine");
    assert_int_equal(p->counts[1], 1);
    assert_int_equal(p->downs, 0);
    return true;
}

static void test_a_late_answer_is_swallowed(void **state)
{
    for (unsigned tries = 1; !swallows_a_late_answer(*state); tries++) {
        assert_true(tries < 20);
        end(state);
        begin(state);
    }
}

static void test_silence_breaks_the_link(void **state)
{
    struct play *p = *state;
    await(p, is_up, 1);
    p->mute = true;
    for (unsigned i = 0; i < 5; i++)
        call(p, i);
    await(p, has_total, 5);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(p->counts[i], 1);
        assert_int_equal(p->errors[i], TL_UNKNOWN);
    }
    await(p, has_down, 1);
    p->mute = false;
    await(p, is_up, 2);
}

static void test_a_server_that_never_greets(void **state)
{
    struct play *p = *state;
    p->mute = true;
    await(p, has_connections, 2); // gives up and tries again
    assert_int_equal(p->ups, 0);
    assert_null(link_begin(p->link));
}

static void test_wrong_answers_break_the_link(void **state)
{
    static const char *const wrong[] = {
        "!what\r\n",        "%1\r\n+a\r\n+b\r\n",
        "+one\r\n+two\r\n", // one more than was asked
        "$5000\r\n",        "*1000\r\n",
    };
    struct play *p = *state;
    char long_text[6000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        await(p, is_up, i + 1);
        call(p, i);
        await(p, has_commands, i + 1);
        say(p, wrong[i]);
        if (*wrong[i] == '$')
            say(p, long_text);
        await(p, has_down, i + 1);
        await(p, has_total, i + 1);
        assert_int_equal(p->counts[i], 1);
        assert_int_equal(p->errors[i], *wrong[i] == '+' ? TL_OK : TL_UNKNOWN);
    }
}

static void test_close_and_refusal(void **state)
{
    struct play *p = *state;
    await(p, is_up, 1);
    call(p, 0);
    await(p, has_commands, 1);
    call(p, 1); // still in our hands when the link breaks
    link_break(p->link, "tired of it");
    assert_int_equal(p->errors[0], TL_UNKNOWN);
    assert_int_equal(p->errors[1], TL_UNAVAILABLE);
    assert_int_equal(p->total, 2);
    link_refuse(p->link, &(struct link_call){.reply = on_reply, .token = 2}, TL_UNAVAILABLE);
    assert_int_equal(p->total, 2); // not from inside
    await(p, has_total, 3);
    assert_int_equal(p->errors[2], TL_UNAVAILABLE);
    await(p, is_up, 2);
    call(p, 3);
    await(p, has_commands, 2);
    bufferevent_free(p->peer);
    p->peer = NULL;
    await(p, has_total, 4);
    assert_int_equal(p->errors[3], TL_UNKNOWN);
}

// Held calls share a command, which keeps its place among the others; its answer is parted among them.
static void test_held_calls_share_a_command(void **state)
{
    struct play *p = *state;
    await(p, is_up, 1);
    for (unsigned i = 0; i < 3; i++)
        hold(p, i);
    assert_int_equal(p->released, 0);
    call(p, 3); // must stand behind them
    assert_int_equal(p->released, 3);
    hold(p, 4);
    hold(p, 5);
    await(p, has_commands, 3);
    assert_int_equal(p->released, 5);
    say(p, "*3\r\n+a\r\n$1\r\nb\r\n*1\r\n:1\r\n+three\r\n-ERR no\r\n");
    await(p, has_total, 6);
    static const char *const said[] = {"a", "b", "", "three", "ERR no", "ERR no"};
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(p->counts[i], 1);
        assert_int_equal(p->errors[i], TL_OK);
        assert_string_equal(p->answers[i], said[i]);
    }
    p->keep = true;
    hold(p, 6);
    call(p, 9);
    await(p, has_commands, 5);
    hold(p, 10);
    say(p, "+six\r\n+nine\r\n");
    await(p, has_total, 8);
    assert_int_equal(p->released, 6); // a turn has ended, and 10 is still here
    p->keep = false;
    link_flush(p->link);
    await(p, has_commands, 6);
    hold(p, 7);
    link_break(p->link, "tired of it");
    assert_int_equal(p->errors[10], TL_UNKNOWN);
    assert_int_equal(p->errors[7], TL_UNAVAILABLE); // its command was never written
    assert_int_equal(link_held(p->link), 0);
    assert_false(link_hold(p->link, &(struct link_call){.reply = on_reply, .token = 8}));
    await(p, is_up, 2);
    assert_int_equal(p->total, 10);
    assert_int_equal(p->released, 7);
}

static void test_held_calls_are_bounded(void **state)
{
    struct play *p = *state;
    await(p, is_up, 1);
    for (unsigned i = 0; i < 100; i++)
        assert_true(link_hold(p->link, &(struct link_call){.reply = on_reply}));
    assert_false(link_hold(p->link, &(struct link_call){.reply = on_reply}));
    assert_null(link_begin(p->link));
    assert_int_equal(p->released, 100);
    p->mute = true;
    await(p, has_total, 100); // past their deadline
    assert_int_equal(p->errors[0], TL_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_in_order, begin, end),
        cmocka_unit_test_setup_teardown(test_a_late_answer_is_swallowed, begin, end),
        cmocka_unit_test_setup_teardown(test_silence_breaks_the_link, begin, end),
        cmocka_unit_test_setup_teardown(test_a_server_that_never_greets, begin, end),
        cmocka_unit_test_setup_teardown(test_wrong_answers_break_the_link, begin, end),
        cmocka_unit_test_setup_teardown(test_close_and_refusal, begin, end),
        cmocka_unit_test_setup_teardown(test_held_calls_share_a_command, begin, end),
        cmocka_unit_test_setup_teardown(test_held_calls_are_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
