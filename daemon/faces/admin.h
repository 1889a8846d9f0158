// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_FACES_ADMIN_H
#define THROUGHLINE_FACES_ADMIN_H

// The back office: calls that wait for the store or for the fold, and the handlers of the routes. Private to admin*.c.

#include "daemon/base/table.h"
#include "daemon/faces/face.h"
#include "throughline/v1/admin.pb-c.h"
#include "throughline/v1/log.pb-c.h"

#define ADMIN_READ    (AUTH_SUPERVISOR | AUTH_ADMIN)
#define ADMIN_REFUSED 64 // inputs whose refusal is remembered until the one who sent them asks

// A request on its way; found by id, so that a client may leave at any time.
struct admin_call {
    uint64_t id, request;
    struct face *face;
    // What to do with the answer; the call ends with it unless `again` is set. Errors are answered before this is asked.
    void (*entries)(struct admin_call *c, struct http_request *r, const struct store_bytes *v, size_t n);
    void (*placed)(struct admin_call *c, struct http_request *r, const struct store_placed *p);
    void (*folded)(struct admin_call *c, struct http_request *r); // answers, instead of `answer`; NULL = none
    bool again;
    bool may_miss; // "there is none with this id" is no error, but an answer of nothing
    uint64_t number, cursor;
    uint32_t limit;
    uint64_t waits_for; // input to be folded before the answer; 0 = none
    unsigned status;
    ProtobufCMessage *answer; // owned: sent when that is so, else nothing is in the body
    char name[80];
    bool lints;        // the answer tells what the lint says of the change ...
    const char *table; // ... of this kind of row, called `name`; NULL = of all that is in force
};

struct admin {
    struct face *face;
    struct table calls;
    struct {
        uint64_t input;
        uint32_t refusal;
    } refused[ADMIN_REFUSED];
    unsigned refused_next;
    unsigned waiting;
    struct { // what the lint said last, admin_lint.c
        uint64_t config;
        uint64_t *v;
        size_t n;
    } said;
};

struct admin_call *admin_call_new(struct face *face, struct http_request *r);
void admin_call_end(struct admin_call *c);
// For a list's page, or for what the path names; NULL after having answered. admin_store.c.
struct admin_call *admin_begin_page(void *faces, struct http_request *r);
struct admin_call *admin_begin_id(void *faces, struct http_request *r);
// For store calls: module = face->admin, token = call->id.
void admin_on_entries(void *module, uint64_t token, enum tl_err e, const struct store_bytes *v, size_t n);
void admin_on_placed(void *module, uint64_t token, enum tl_err e, const struct store_placed *p);
void admin_problem(struct http_request *r, enum tl_err e);
// Appends the input and answers with `answer` (taken) once it is folded; 422 when the fold refused it. Audited.
void admin_append(struct face *face, struct http_request *r, Throughline__V1__Input *in, unsigned status,
                  ProtobufCMessage *answer, const char *action, const char *target, const char *detail);
void admin_audit(struct face *face, struct http_request *r, const char *action, const char *target, const char *detail);
// Before a change to the configuration: what is known already will not be told as news of it.
void admin_lint_before(struct admin_call *c, const Throughline__V1__Input *in);
// Behind it: headers of the answer, for what is new, or of the row that was changed.
void admin_lint_after(struct admin_call *c, struct http_request *r);
// Of what would be in force if `next` were applied.
Throughline__V1__LintFinding **admin_findings_after(const struct face *face, const Throughline__V1__RoutingConfig *now,
                                                    const Throughline__V1__RoutingConfig *next, size_t *n);
void admin_findings_free(Throughline__V1__LintFinding **v, size_t n);
// What is wrong with it, and its field; NULL = nothing. Its name or id must be the one given.
const char *admin_agent_wrong(const Throughline__V1__Agent *a, const char *id, const char **field);
const char *admin_calendar_wrong(const Throughline__V1__Calendar *c, const char **field);
const char *admin_queue_wrong(const Throughline__V1__Queue *q, const char *name, const char **field);
// The agent that the path names; false: answered.
bool admin_find_agent(const struct face *face, struct http_request *r, struct router_agent_view *out);
void admin_reply_agent(struct http_request *r, const struct router_agent_view *a);
bool admin_name_is_sound(const char *s);
bool admin_skills_are_sound(Throughline__V1__Skill *const *v, size_t n);
void admin_text_set(char **to, const char *from); // a text of an unpacked message
// The number that a list's cursor stands for; 0 = from the start. False: answered.
bool admin_cursor_number(struct http_request *r, const char *cursor, uint64_t *out);

#define ADMIN_HANDLERS(X)                                                                                              \
    X(admin_status)                                                                                                    \
    X(admin_agents)                                                                                                    \
    X(admin_agent)                                                                                                     \
    X(admin_queues)                                                                                                    \
    X(admin_queue)                                                                                                     \
    X(admin_works)                                                                                                     \
    X(admin_work)                                                                                                      \
    X(admin_why)                                                                                                       \
    X(admin_decisions)                                                                                                 \
    X(admin_decision)                                                                                                  \
    X(admin_conversations)                                                                                             \
    X(admin_conversation)                                                                                              \
    X(admin_timeline)                                                                                                  \
    X(admin_customer)                                                                                                  \
    X(admin_dead_letters)                                                                                              \
    X(admin_resend)                                                                                                    \
    X(admin_audit_list)                                                                                                \
    X(admin_log)                                                                                                       \
    X(admin_learned)                                                                                                   \
    X(admin_contest)                                                                                                   \
    X(admin_restore)                                                                                                   \
    X(admin_learned_reset)                                                                                             \
    X(admin_log_snapshot)                                                                                              \
    X(admin_skip)                                                                                                      \
    X(admin_skipped)                                                                                                   \
    X(admin_agent_put)                                                                                                 \
    X(admin_agent_delete)                                                                                              \
    X(admin_queue_put)                                                                                                 \
    X(admin_queue_delete)                                                                                              \
    X(admin_log_out)                                                                                                   \
    X(admin_drain)                                                                                                     \
    X(admin_assign)                                                                                                    \
    X(admin_pull)                                                                                                      \
    X(admin_requeue)                                                                                                   \
    X(admin_priority)                                                                                                  \
    X(admin_listen)                                                                                                    \
    X(admin_whisper)                                                                                                   \
    X(admin_barge)                                                                                                     \
    X(admin_take_over)                                                                                                 \
    X(admin_close_queue)                                                                                               \
    X(admin_open_queue)                                                                                                \
    X(admin_tokens)                                                                                                    \
    X(admin_token_post)                                                                                                \
    X(admin_token_delete)                                                                                              \
    X(admin_config)                                                                                                    \
    X(admin_config_lint)                                                                                               \
    X(admin_config_diff)                                                                                               \
    X(admin_config_apply)                                                                                              \
    X(admin_merge)                                                                                                     \
    X(admin_unmerge)                                                                                                   \
    X(admin_link)                                                                                                      \
    X(admin_attributes)                                                                                                \
    X(admin_livez)                                                                                                     \
    X(admin_readyz)                                                                                                    \
    X(admin_metrics)
#define ADMIN_DECLARE(name) void name(void *faces, struct http_request *r);
ADMIN_HANDLERS(ADMIN_DECLARE)
#undef ADMIN_DECLARE

#endif
