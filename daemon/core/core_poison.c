// SPDX-License-Identifier: Apache-2.0
// The input in hand is noted outside the process: two words in a mapped file, so that the note survives the process' death at the price
// of a store to memory. An input in hand at two deaths in a row is condemned: at the next start core_void.c has every node skip it, those
// too that folded it without harm.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/loop.h"
#include "daemon/core/core_private.h"

#define POISON_MAGIC 0x746c706f69736f6eu

struct poison_note {
    uint64_t magic;
    uint64_t in_hand; // 0 = none
    uint64_t suspect; // in hand at the last death
    uint64_t deaths;  // of it, in a row
};

static struct poison_note *map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    void *p = MAP_FAILED;
    if (ftruncate(fd, sizeof(struct poison_note)) == 0)
        p = mmap(NULL, sizeof(struct poison_note), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return p == MAP_FAILED ? NULL : p;
}

void poison_open(struct core *c)
{
    char *path = core_path(c, "folding");
    struct poison_note *n = map(path);
    if (!n) {
        tl_log(LOG_WARN, "folding_not_noted", LS("path", path), LS("why", strerror(errno)));
        n = mmap(NULL, sizeof *n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (n == MAP_FAILED)
            abort();
    }
    free(path);
    if (n->magic != POISON_MAGIC)
        *n = (struct poison_note){.magic = POISON_MAGIC};
    if (n->in_hand) {
        n->deaths = n->in_hand == n->suspect ? n->deaths + 1 : 1;
        n->suspect = n->in_hand;
        n->in_hand = 0;
        tl_log(LOG_WARN, "died_folding", LS("tenant", c->o.tenant), LN("input", n->suspect), LN("times", n->deaths));
    }
    if (n->suspect && n->deaths >= c->o.void_budget)
        c->poison.condemned = n->suspect;
    c->poison.note = n;
}

void poison_close(struct core *c)
{
    if (c->poison.note)
        munmap(c->poison.note, sizeof *c->poison.note);
}

void poison_begin(struct core *c, uint64_t number)
{
    *(volatile uint64_t *)&c->poison.note->in_hand = number;
}

void poison_end(struct core *c)
{
    struct poison_note *n = c->poison.note;
    if (n->suspect && n->suspect == n->in_hand)
        n->suspect = n->deaths = 0; // it went well this time
    *(volatile uint64_t *)&n->in_hand = 0;
}
