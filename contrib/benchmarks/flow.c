// Much data: how fast, and what it costs the worker.
#define _GNU_SOURCE
#include "bench.h"
#include "guest.h"
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)
#define TTY_MIB "16"
#define PIPE_MIB "256"

// The first output begins the time, so that a slow start is nobody's disadvantage here. It is put out at a distance: what
// comes with it would be free.
static const struct job out[2] = {
    {"out", "echo begin; sleep 0.05; exec head -c " TTY_MIB "M /dev/zero"},
    {"out", "echo begin; sleep 0.05; exec head -c " PIPE_MIB "M /dev/zero"},
};
static const struct job in[2] = {
    {"in", "stty raw -echo; echo begin; head -c " TTY_MIB "M >/dev/null; echo end"},
    {"in", "echo begin; head -c " PIPE_MIB "M >/dev/null; echo end"},
};

struct flow {
    const struct peer *peer;
    bool terminal;
};

static uint64_t bytes_of(const struct flow *flow) {
    return strtoull(flow->terminal ? TTY_MIB : PIPE_MIB, NULL, 10) * MIB;
}

static double rate_since(const struct flow *flow, double start) {
    return (double)bytes_of(flow) / (double)MIB / (now_ms() - start) * 1e3;
}

static double run_output(const void *of) {
    const struct flow *flow = of;
    struct link link;
    link_open(&link, flow->peer, flow->terminal ? &out[0] : &out[1], flow->terminal ? TTY : 0);
    link_read_text(&link, "begin");
    double start = now_ms();
    while (link.received < bytes_of(flow) && link_read(&link))
        continue;
    double rate = rate_since(flow, start);
    // systemd-run 252 loses the last of a terminal's output. That is told, and no reason to stop.
    if (link.received < bytes_of(flow))
        tell("lost-bytes", flow->peer->name, (double)(bytes_of(flow) - link.received));
    if (link.received < bytes_of(flow) && (flow->peer->kind != COMMAND || bytes_of(flow) - link.received > 4 * LONGEST_FRAME))
        errx(1, "%s put out %llu bytes", flow->peer->name, (unsigned long long)link.received);
    link_wait(&link);
    link_close(&link);
    return rate;
}

static double run_input(const void *of) {
    const struct flow *flow = of;
    struct link link;
    uint64_t left = bytes_of(flow);
    link_open(&link, flow->peer, flow->terminal ? &in[0] : &in[1], TAKES_STDIN | (flow->terminal ? TTY : 0));
    link_read_text(&link, "begin");
    double start = now_ms();
    while (!strstr(link.first, "end")) {
        size_t fed = left > 0 ? link_feed(&link, left) : 0;
        left -= fed;
        // Full, or all is fed. A worker's window opens with a frame, that of a full socket with room.
        bool waits_for_room = left > 0 && (link.peer->kind != FRAMES || link.limit > link.sent);
        struct pollfd polled = {link.fd, (short)(POLLIN | (waits_for_room ? POLLOUT : 0)), 0};
        if (fed == 0 && poll(&polled, 1, -1) < 0)
            err(1, "poll");
        if (fed == 0 && polled.revents & ~POLLOUT && !link_read(&link) && !link.ended)
            errx(1, "%s ended early", flow->peer->name);
    }
    double rate = rate_since(flow, start);
    link_wait(&link);
    link_close(&link);
    return rate;
}

// A fifth of the rounds is enough for those that no bar is about.
#define FLOW(run, peer, terminal) \
    {peers[peer].name, run, &(const struct flow){&peers[peer], terminal}, peer == WORKER || peer == REFERENCE ? 1 : 5}

void measure_throughput(void) {
    const struct contender pty_out[] = {
        FLOW(run_output, WORKER, true),   FLOW(run_output, REFERENCE, true), FLOW(run_output, SOCAT, true),
        FLOW(run_output, EXEC_TTY, true), FLOW(run_output, RUN_PTY, true),   FLOW(run_output, SSH_TTY, true),
    };
    const struct contender pty_in[] = {
        FLOW(run_input, WORKER, true),   FLOW(run_input, REFERENCE, true), FLOW(run_input, SOCAT, true),
        FLOW(run_input, EXEC_TTY, true), FLOW(run_input, RUN_PTY, true),   FLOW(run_input, SSH_TTY, true),
    };
    const struct contender pipe_out[] = {
        FLOW(run_output, WORKER, false),
        FLOW(run_output, REFERENCE, false),
        FLOW(run_output, EXEC, false),
        FLOW(run_output, SSH, false),
    };
    const struct contender pipe_in[] = {
        FLOW(run_input, WORKER, false),
        FLOW(run_input, REFERENCE, false),
        FLOW(run_input, EXEC_STDIN, false),
        FLOW(run_input, SSH, false),
    };
    size_t rounds = scaled(45, 2);
    in_turns("pty-out", pty_out, 6, rounds, 1, 50);
    in_turns("pty-in", pty_in, 6, rounds, 1, 50);
    in_turns("pipe-out", pipe_out, 4, rounds, 1, 50);
    in_turns("pipe-in", pipe_in, 4, rounds, 1, 50);
}

// MARK: - Memory, and the worker's time for each GiB

// How much a session is to put out; its pid comes first.
static void measure_one(const struct peer *peer, bool terminal, uint64_t mib, const char *name) {
    struct link link;
    char script[128], workload[32];
    struct job job = {"hold", script};
    snprintf(script, sizeof script, "echo $$ is it; sleep 0.05; head -c %lluM /dev/zero; exec sleep infinity",
             (unsigned long long)mib);
    link_open(&link, peer, &job, terminal ? TTY : 0);
    link_read_text(&link, "is it");
    pid_t pid = (pid_t)strtol(link.first, NULL, 10);
    double before = cpu_ms_above(pid);
    while (link.received < mib * MIB && link_read(&link))
        continue;
    // Until it has come to rest.
    settle(300);
    struct memory memory = memory_above(pid);
    snprintf(workload, sizeof workload, "private-%s", name);
    tell(workload, peer->name, memory.anonymous);
    snprintf(workload, sizeof workload, "pss-%s", name);
    tell(workload, peer->name, memory.pss);
    snprintf(workload, sizeof workload, "cpu-gib-%s", terminal ? "pty" : "pipe");
    if (mib > 0)
        tell(workload, peer->name, (cpu_ms_above(pid) - before) * 1024 / (double)mib);
    link_close(&link);
    settle(100);
}

void measure_bulk(void) {
    static const struct {
        int terminal, pipes;
    } contenders[] = {{WORKER, WORKER}, {REFERENCE, REFERENCE}, {SSH_TTY, SSH}};
    // A terminal is slow: what one GiB takes is reckoned from less.
    uint64_t pty = scaled(128, 64), pipe = scaled(1024, 1024);
    for (size_t round = 0; round < scaled(3, 1); round++)
        for (size_t i = 0; i < 3; i++) {
            measure_one(&peers[contenders[i].terminal], true, 0, "idle");
            measure_one(&peers[contenders[i].terminal], true, pty, "after-pty");
            measure_one(&peers[contenders[i].pipes], false, pipe, "after-pipe");
        }
}
