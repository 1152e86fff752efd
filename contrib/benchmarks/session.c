// Short sessions: one after the other, several at once, what they cost the guest, and the client's own time.
#define _GNU_SOURCE
#include "bench.h"
#include "guest.h"
#include <err.h>
#include <pthread.h>
#include <string.h>

enum { WARM_UP = 8, MOST_CLIENTS = 16 };

static const struct job echo = {"echo", "echo ok"}, nothing = {"true", NULL};

static double on_terminal(const void *of) {
    struct link link;
    double start = now_ms();
    link_open(&link, of, &echo, TTY);
    link_wait(&link);
    double time = now_ms() - start;
    // systemd-run can lose the last of a terminal's output. That is told, and no reason to stop.
    if (link.peer->kind == COMMAND && link.received == 0)
        tell("lost-bytes", link.peer->name, strlen("ok\r\n"));
    else if (!strstr(link.first, "ok\r\n"))
        errx(1, "%s said '%s'", link.peer->name, link.first);
    link_close(&link);
    return time;
}

static double on_pipes(const void *of) {
    struct link link;
    double start = now_ms();
    link_open(&link, of, &echo, 0);
    link_wait(&link);
    double time = now_ms() - start;
    if (strcmp(link.first, "ok\n") != 0)
        errx(1, "%s said '%s'", link.peer->name, link.first);
    link_close(&link);
    return time;
}

static double of_nothing(const void *of) {
    struct link link;
    double start = now_ms();
    link_open(&link, of, &nothing, 0);
    link_wait(&link);
    double time = now_ms() - start;
    link_close(&link);
    return time;
}

#define CONTENDER(run, peer, every) {peers[peer].name, run, &peers[peer], every}

void measure_sessions(void) {
    const struct contender terminal[] = {
        CONTENDER(on_terminal, WORKER, 1),  CONTENDER(on_terminal, REFERENCE, 1), CONTENDER(on_terminal, SOCAT, 1),
        CONTENDER(on_terminal, EXEC_TTY, 8), CONTENDER(on_terminal, RUN_PTY, 8), CONTENDER(on_terminal, SSH_TTY, 8),
    };
    const struct contender pipes[] = {
        CONTENDER(on_pipes, WORKER, 1),   CONTENDER(on_pipes, REFERENCE, 1), CONTENDER(on_pipes, EXEC, 8),
        CONTENDER(on_pipes, RUN_PIPE, 8), CONTENDER(on_pipes, SSH, 8),
    };
    in_turns("session-pty", terminal, 6, scaled(240, 80), WARM_UP, 15);
    in_turns("session-pipes", pipes, 5, scaled(160, 40), WARM_UP, 15);
    keep_moving(false);
    in_turns("session-pause", terminal, 2, scaled(80, 20), 4, 100);
    keep_moving(true);
}

void measure_client(void) {
    const struct contender contenders[] = {
        CONTENDER(of_nothing, WORKER, 1),
        CONTENDER(of_nothing, EXEC, 1),
        CONTENDER(of_nothing, RUN_PIPE, 4),
        CONTENDER(of_nothing, SSH, 4),
    };
    in_turns("true", contenders, 4, scaled(160, 60), 4, 15);
}

// MARK: - Several at once

struct client {
    pthread_t thread;
    const struct peer *peer;
    double until;
    unsigned sessions;
};

static void *run_client(void *argument) {
    struct client *client = argument;
    while (now_ms() < client->until) {
        on_terminal(client->peer);
        client->sessions++;
    }
    return NULL;
}

struct crowd {
    const struct peer *peer;
    size_t count;
};

// Sessions per second. A client that is in the middle of one at the end ends it, and that time counts.
static double run_crowd(const void *of) {
    const struct crowd *crowd = of;
    struct client clients[MOST_CLIENTS] = {0};
    double start = now_ms();
    unsigned sessions = 0;
    for (size_t i = 0; i < crowd->count; i++) {
        clients[i].peer = crowd->peer;
        clients[i].until = start + 1000;
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
            errx(1, "pthread_create");
    }
    for (size_t i = 0; i < crowd->count; i++) {
        pthread_join(clients[i].thread, NULL);
        sessions += clients[i].sessions;
    }
    return sessions / (now_ms() - start) * 1e3;
}

#define CROWD(peer, count, every) {peers[peer].name, run_crowd, &(const struct crowd){&peers[peer], count}, every}

void measure_rates(void) {
    static const size_t counts[] = {1, 4, MOST_CLIENTS};
    char workload[32];
    for (size_t i = 0; i < 3; i++) {
        const struct contender contenders[] = {
            CROWD(WORKER, counts[i], 1),
            CROWD(REFERENCE, counts[i], 1),
            CROWD(SOCAT, counts[i], 4),
            CROWD(SSH_TTY, counts[i], 4),
        };
        snprintf(workload, sizeof workload, "rate-%zu", counts[i]);
        in_turns(workload, contenders, 4, scaled(16, 2), 0, 400);
    }
}

// MARK: - What they cost the guest

void measure_cpu(void) {
    static const int contenders[] = {WORKER, REFERENCE, SOCAT, SSH_TTY, RUN_PTY};
    size_t sessions = scaled(40, 10);
    for (size_t block = 0; block < scaled(4, 2); block++)
        for (size_t i = 0; i < sizeof contenders / sizeof *contenders; i++) {
            const struct peer *peer = &peers[contenders[(i + block) % 5]];
            size_t count = peer->kind == COMMAND ? sessions / 4 + 1 : sessions;
            double unit = cgroup_cpu_ms(peer->cgroup), manager = manager_cpu_ms();
            for (size_t session = 0; session < count; session++) {
                on_terminal(peer);
                settle(5);
            }
            // What is left to clean up is theirs.
            settle(300);
            tell("cpu-unit", peer->name, (cgroup_cpu_ms(peer->cgroup) - unit) / (double)count);
            tell("cpu-systemd", peer->name, (manager_cpu_ms() - manager) / (double)count);
        }
}
