// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_TESTS_UNIT_ROUTING_FIXTURE_H
#define THROUGHLINE_TESTS_UNIT_ROUTING_FIXTURE_H

// A world around one router, for tests that read as stories: something happens, then expect() says in words which effects
// it had since the last expect(). Works are named by their conversation (c1), entries and epochs by number. After every step the
// invariants are checked, and the state goes through a snapshot and back.

#include "routing/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct world {
    struct router *r;
    uint64_t number;
    int64_t at, ahead; // ahead: of the wall clock
    uint64_t client_id;
    bool with_entries;
    char text[65536];
    size_t text_n;
};

int world_setup(void **state);
int world_teardown(void **state);

void world_step(struct world *w, struct router_input *in);
void world_wait(struct world *w, int64_t ms); // and a tick
void world_expect(struct world *w, const char *file, int line, const char *text);
void world_forget(struct world *w);
#define expect(w, text) world_expect(w, __FILE__, __LINE__, text)
#define story(test)     cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
#define CHANNEL_BIT(c)  (1u << (unsigned)(c))

// Configuration. Skills: "billing=3 de=2".
void world_agent(struct world *w, const char *id, const char *skills, uint32_t capacity, uint32_t channels);
struct router_queue world_queue_def(const char *name);
void world_queue(struct world *w, const struct router_queue *def);
void world_agent_put(struct world *w, struct router_agent a, const char *skills); // capacity 1 unless given
struct router_config world_rules_def(void);
void world_configure(struct world *w, const struct router_config *c);
void world_rules(struct world *w, uint32_t grace_ms, uint32_t timeouts_to_away);

// Customers.
struct router_happened world_words(uint64_t conversation, enum router_channel channel);
void world_happens(struct world *w, struct router_happened h);
void says(struct world *w, uint64_t conversation, enum router_channel channel);
void calls(struct world *w, uint64_t conversation, const char *call);
void leaves_words(struct world *w, uint64_t conversation); // at voicemail
void hangs_up(struct world *w, uint64_t conversation, const char *call);
void closes_chat(struct world *w, uint64_t conversation);

// Agents. The desk session of "ann" is "desk-ann".
void comes(struct world *w, const char *agent); // opens a desk and is available
void opens(struct world *w, const char *agent, const char *session, const char *boot);
void loses(struct world *w, const char *session);
void logs_out(struct world *w, const char *session);
void becomes(struct world *w, const char *agent, enum router_presence p);
void accepts(struct world *w, const char *agent, uint64_t conversation);
void declines(struct world *w, const char *agent, uint64_t conversation);
void closes(struct world *w, const char *agent, uint64_t conversation);
void closes_with(struct world *w, const char *agent, enum router_act act, uint64_t conversation, const char *word);
void snoozes(struct world *w, const char *agent, uint64_t conversation, int64_t ms); // from now, by the wall clock
void wakes(struct world *w, const char *agent, uint64_t conversation);
void extends(struct world *w, const char *agent, uint64_t conversation);
void wraps_up(struct world *w, const char *agent, uint64_t conversation);
void sends(struct world *w, const char *agent, uint64_t conversation, enum router_channel channel);
void to_queue(struct world *w, const char *agent, uint64_t conversation, const char *queue);
void to_agent(struct world *w, const char *agent, uint64_t conversation, const char *to);
void to_team(struct world *w, const char *agent, uint64_t conversation, const char *team);
struct router_command world_command(const char *agent, enum router_act act);
void world_commands(struct world *w, struct router_command c);
void supervises(struct world *w, struct router_supervise s); // by sue, because of a fire, unless given

uint64_t world_work(const struct world *w, uint64_t conversation);
uint64_t world_epoch(const struct world *w, uint64_t conversation);
uint32_t world_load(const struct world *w, const char *agent);
enum router_presence world_presence(const struct world *w, const char *agent);
const char *world_agent_of(const struct world *w, uint64_t conversation); // of its open work; "" = nobody's

#endif
