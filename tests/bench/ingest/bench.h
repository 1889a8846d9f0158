// SPDX-License-Identifier: Apache-2.0
#ifndef THROUGHLINE_BENCH_H
#define THROUGHLINE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The parts of the ingest benchmark: a daemon with its embedded Redis on one core, this client on the other, five ways in.

#define BENCH_DESKS    100
#define BENCH_TOGETHER 32 // as the daemon's STORE_TOGETHER
#define BENCH_TEXT                                                                                                     \
    "I have a question about the invoice that came last week, it shows the old address. Could you have a look?"

double bench_now(void); // monotonic seconds
void bench_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

// ---- figures ----
struct bench_series {
    double v[64], latest; // v is sorted
    size_t n;
};
void bench_add(struct bench_series *s, double v);
double bench_median(const struct bench_series *s);
double bench_low(const struct bench_series *s);
double bench_high(const struct bench_series *s);

struct bench_latency {
    double *v;
    size_t n, cap;
};
void bench_latency_add(struct bench_latency *l, double seconds);
double bench_percentile(struct bench_latency *l, double p); // sorts
void bench_latency_reset(struct bench_latency *l);

// ---- the daemon under test ----
struct bench_server {
    pid_t pid;
    char dir[256], host[128], port[128], token[128], socket[300];
};
// Starts it in a fresh directory with this durability, pinned to `cpu`; waits until it is ready.
void bench_server_start(struct bench_server *s, const char *program, bool strict, int cpu);
void bench_server_stop(struct bench_server *s);
size_t bench_rss(pid_t pid); // bytes
double bench_cpu(pid_t pid); // processor seconds used so far by this process, 0 = by us
pid_t bench_redis_pid(const struct bench_server *s);
// A request on a connection of its own; the status. answer may be NULL.
int bench_http(const struct bench_server *s, const char *method, const char *path, const char *type, const void *body,
               size_t len, char *answer, size_t answer_size);

// ---- (y) and (a): straight to Redis ----
// Events per second with `flight` of them in flight for about `seconds`; latencies are added where l is not NULL.
double bench_yardstick(const struct bench_server *s, unsigned flight, double seconds, struct bench_latency *l);
// Up to `together` events in a call.
double bench_function(const struct bench_server *s, unsigned flight, unsigned together, double seconds,
                      struct bench_latency *l);
uint64_t bench_redis_memory(const struct bench_server *s); // used_memory
// No rewriting of the append-only file from now on: by chance it would fall into the slices of one way or another.
void bench_redis_settle(const struct bench_server *s);

// The calls of (a), to be sent by somebody else: n events from the `first` on; a reply that has been read, -1 = none, else how many
// events it ends.
struct bench_calls;
struct bench_calls *bench_calls_new(const struct bench_server *s);
int bench_calls_fd(const struct bench_calls *c);
void bench_calls_put(struct bench_calls *c, uint64_t first, unsigned n);
void bench_calls_flush(struct bench_calls *c);
void bench_calls_read(struct bench_calls *c);
int bench_calls_take(struct bench_calls *c);

// ---- (r): a relay that does nothing ----
struct bench_relay;
struct bench_relay *bench_relay_new(const struct bench_server *s, int cpu);
pid_t bench_relay_pid(const struct bench_relay *r);
double bench_relayed(struct bench_relay *r, unsigned flight, double seconds, struct bench_latency *l);
void bench_relay_free(struct bench_relay *r);

// ---- (b), (c): gateway in, desk out ----
struct bench_world;
struct bench_world *bench_world_new(const struct bench_server *s, unsigned desks);
double bench_stream(struct bench_world *w, unsigned flight, double seconds, struct bench_latency *l);
void bench_world_free(struct bench_world *w);
// Opens conversations that wait or are held, for the memory figures.
void bench_world_open(struct bench_world *w, unsigned conversations);

// ---- (d): HTTP ----
double bench_post(const struct bench_server *s, unsigned flight, double seconds, struct bench_latency *l);

#endif
