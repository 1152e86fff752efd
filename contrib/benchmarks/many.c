// A new session beside many that live, and what those hold.
#define _GNU_SOURCE
#include "bench.h"
#include "guest.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 1000 };

static const struct job echo = {"echo", "echo ok"}, hold = {"hold", "echo $$ is it; exec sleep infinity"};

static double one_more(const struct peer *peer) {
    struct link link;
    double start = now_ms();
    link_open(&link, peer, &echo, TTY);
    link_wait(&link);
    double time = now_ms() - start;
    link_close(&link);
    settle(15);
    return time;
}

static void measure_among(const struct peer *peer, const struct link *links, size_t count) {
    char workload[32];
    struct memory all = {0, 0};
    settle(500);
    snprintf(workload, sizeof workload, "among-%zu", count);
    for (size_t round = 0; round < scaled(60, 20); round++)
        tell(workload, peer->name, one_more(peer));
    for (size_t i = 0; i < count; i++) {
        struct memory memory = memory_above((pid_t)strtol(links[i].first, NULL, 10));
        all.anonymous += memory.anonymous;
        all.pss += memory.pss;
    }
    snprintf(workload, sizeof workload, "private-of-%zu", count);
    tell(workload, peer->name, all.anonymous);
    snprintf(workload, sizeof workload, "pss-of-%zu", count);
    tell(workload, peer->name, all.pss);
}

void measure_many(void) {
    static const int contenders[] = {WORKER, REFERENCE};
    static const size_t steps[] = {0, 10, 100, MOST};
    // A quick look leaves the thousand out.
    size_t count = sizeof steps / sizeof *steps - (scale < 1);
    for (size_t who = 0; who < 2; who++) {
        const struct peer *peer = &peers[contenders[who]];
        struct link *links = need(MOST, sizeof *links);
        size_t live = 0;
        for (size_t step = 0; step < count; step++) {
            for (; live < steps[step]; live++) {
                link_open(&links[live], peer, &hold, TTY);
                link_read_text(&links[live], "is it");
            }
            measure_among(peer, links, live);
        }
        while (live > 0)
            link_close(&links[--live]);
        free(links);
        // They all end now.
        settle((unsigned)steps[count - 1] * 10);
    }
}
