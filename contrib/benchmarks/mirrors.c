// A session's writer alone, beside mirrors that read, and beside mirrors that are stopped.
#define _GNU_SOURCE
#include "bench.h"
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIRRORS = 50 };

struct audience {
    size_t mirrors;
    bool stopped;
    double mib;
    // What all mirrors together received, which they count in a process of their own.
    uint64_t *received, seen;
};

static void watch(const struct audience *audience, const struct session *session, int ready) {
    struct link *links = need(audience->mirrors, sizeof *links);
    struct pollfd *polled = need(audience->mirrors, sizeof *polled);
    for (size_t i = 0; i < audience->mirrors; i++) {
        link_attach(&links[i], &peers[WORKER], session, true);
        while (links[i].session.pid[0] == 0)
            link_read(&links[i]);
        polled[i] = (struct pollfd){links[i].fd, POLLIN, 0};
    }
    if (write(ready, "r", 1) != 1)
        err(1, "write");
    while (poll(polled, audience->mirrors, -1) > 0)
        for (size_t i = 0; i < audience->mirrors; i++) {
            if (polled[i].revents == 0)
                continue;
            uint64_t before = links[i].received;
            if (!link_read(&links[i]))
                polled[i].fd = -1;
            *audience->received += links[i].received - before;
        }
}

static pid_t start_audience(const struct audience *audience, const struct session *session) {
    int ready[2];
    char byte;
    if (pipe2(ready, O_CLOEXEC) < 0)
        err(1, "pipe2");
    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0) {
        watch(audience, session, ready[1]);
        _exit(0);
    }
    close(ready[1]);
    receive(ready[0], &byte, 1);
    close(ready[0]);
    if (audience->stopped)
        kill(pid, SIGSTOP);
    return pid;
}

// The writer's rate once its session is busy, and all that is filled once is full: from the first eighth to EXIT.
static double busy_writer(const void *of) {
    // `seen` is the one result besides the rate.
    struct audience *audience = (struct audience *)of;
    struct link writer;
    char script[128];
    struct job job = {"out", script};
    uint64_t bytes = (uint64_t)(audience->mib * 1024 * 1024);
    snprintf(script, sizeof script, "read go; exec head -c %llu /dev/zero", (unsigned long long)bytes);
    link_open(&writer, &peers[WORKER], &job, TAKES_STDIN);
    while (writer.session.pid[0] == 0)
        link_read(&writer);
    pid_t pid = audience->mirrors ? start_audience(audience, &writer.session) : 0;
    // The workers that brought the mirrors are gone by then.
    settle(700);
    link_type(&writer, '\n');
    while (writer.received < bytes / 8 && link_read(&writer))
        continue;
    *audience->received = 0;
    double start = now_ms();
    while (link_read(&writer))
        continue;
    double time = now_ms() - start;
    if (!writer.ended || writer.received != bytes)
        errx(1, "the writer got %llu bytes", (unsigned long long)writer.received);
    audience->seen = *audience->received;
    send_empty(writer.fd, BYE);
    if (pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    drain(writer.fd);
    settle(300);
    return audience->mib * 7 / 8 / time * 1e3;
}

void measure_mirrors(void) {
    uint64_t *received = mmap(NULL, sizeof *received, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (received == MAP_FAILED)
        err(1, "mmap");
    static struct audience audiences[3];
    audiences[0] = (struct audience){0, false, 512, received, 0};
    audiences[1] = (struct audience){MIRRORS, false, 512, received, 0};
    audiences[2] = (struct audience){MIRRORS, true, 512, received, 0};
    const struct contender contenders[] = {
        {"alone", busy_writer, &audiences[0], 1},
        {"reading-mirrors", busy_writer, &audiences[1], 1},
        {"stopped-mirrors", busy_writer, &audiences[2], 1},
    };
    in_turns("mirrors", contenders, 3, scaled(15, 2), 1, 15);
    tell("mirrored", "worker", (double)audiences[1].seen / MIRRORS / 1048576);
}
