// A session's writer beside mirrors: see stay.c.
#define _GNU_SOURCE
#include "postern.h"
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void take_control(struct stream *stream) {
    stream->control[stream->filled] = 0;
    switch (stream->header[0]) {
    case EXIT: stream->ended = true; break;
    case GAP: stream->offset = strtoull(stream->control + strlen("offset="), NULL, 10); break;
    case PING: send_empty(stream->fd, PONG); break;
    case STARTED:
    case WINDOW: break;
    default: errx(1, "an unexpected frame of type %02x: %s", stream->header[0], stream->control);
    }
}

static void take_bytes(struct stream *stream, const char *bytes, size_t count) {
    while (count > 0) {
        size_t part = 1;
        if (stream->have < sizeof stream->header) {
            stream->header[stream->have++] = (unsigned char)*bytes;
            if (stream->have == sizeof stream->header) {
                uint32_t length;
                memcpy(&length, stream->header + 1, 4);
                stream->left = ntohl(length);
                stream->filled = 0;
            }
        } else {
            part = count < stream->left ? count : stream->left;
            stream->left -= part;
            if (stream->header[0] == STDOUT) {
                stream->offset += part;
                stream->received += part;
            } else if (stream->filled + part < sizeof stream->control) {
                memcpy(stream->control + stream->filled, bytes, part);
                stream->filled += part;
            }
        }
        bytes += part;
        count -= part;
        if (stream->have == sizeof stream->header && stream->left == 0) {
            if (stream->header[0] != STDOUT)
                take_control(stream);
            stream->have = 0;
        }
    }
}

void tell(struct stream *stream) {
    struct request request;
    begin(&request, WINDOW);
    put_number(&request, "consumed", stream->offset);
    put_number(&request, "limit", stream->offset + WINDOW_SIZE);
    send_request(stream->fd, &request);
    stream->told = stream->offset;
}

bool advance(struct stream *stream) {
    static char buffer[4 * LONGEST_FRAME];
    ssize_t count = read(stream->fd, buffer, sizeof buffer);
    if (count <= 0)
        return false;
    take_bytes(stream, buffer, (size_t)count);
    if (stream->offset - stream->told >= WINDOW_SIZE / 4 && !stream->ended)
        tell(stream);
    return !stream->ended;
}

struct audience {
    const char *path;
    size_t mirrors;
    bool stopped;
    double mib;
    // What all mirrors together received, which they count in a process of their own.
    uint64_t *received, seen;
};

static void watch(const struct audience *audience, const struct session *session, int ready) {
    struct stream *streams = need(audience->mirrors, sizeof *streams);
    struct pollfd *polled = need(audience->mirrors, sizeof *polled);
    for (size_t i = 0; i < audience->mirrors; i++) {
        streams[i].fd = polled[i].fd = connect_to(audience->path);
        polled[i].events = POLLIN;
        ask_to_attach(streams[i].fd, session, true);
        expect(streams[i].fd, STARTED);
    }
    if (write(ready, "r", 1) != 1)
        err(1, "write");
    while (poll(polled, audience->mirrors, -1) > 0)
        for (size_t i = 0; i < audience->mirrors; i++) {
            if (polled[i].revents == 0)
                continue;
            uint64_t before = streams[i].received;
            if (!advance(&streams[i]))
                polled[i].fd = -1;
            *audience->received += streams[i].received - before;
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
    struct stream writer = {.fd = connect_to(audience->path)};
    struct session session;
    char script[128];
    uint64_t bytes = (uint64_t)(audience->mib * 1024 * 1024);
    snprintf(script, sizeof script, "read go; exec head -c %llu /dev/zero", (unsigned long long)bytes);
    postern_open(writer.fd, &session, script, TAKES_STDIN);
    expect(writer.fd, STARTED);
    pid_t pid = audience->mirrors ? start_audience(audience, &session) : 0;
    // The workers that brought the mirrors are gone by then.
    settle(700);
    send_all(writer.fd, "\x10\0\0\0\1\n", 6);
    while (writer.received < bytes / 8 && advance(&writer))
        continue;
    *audience->received = 0;
    double start = now_ms();
    while (advance(&writer))
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

void measure_mirrors(const char *path, size_t rounds, double mib, size_t mirrors) {
    uint64_t *received = mmap(NULL, sizeof *received, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (received == MAP_FAILED)
        err(1, "mmap");
    static struct audience audiences[3];
    audiences[0] = (struct audience){path, 0, false, mib, received, 0};
    audiences[1] = (struct audience){path, mirrors, false, mib, received, 0};
    audiences[2] = (struct audience){path, mirrors, true, mib, received, 0};
    struct contender contenders[3];
    for (size_t i = 0; i < 3; i++)
        contenders[i] = (struct contender){busy_writer, &audiences[i], need(rounds, sizeof(double))};
    in_turns(contenders, 3, rounds, 1);
    printf("mirrors %.0f %.0f %.0f\n", quantile(contenders[0].values, rounds, 0.5),
           quantile(contenders[1].values, rounds, 0.5), quantile(contenders[2].values, rounds, 0.5));
    printf("mirrored %.2f\n", (double)audiences[1].seen / (double)mirrors / 1048576);
    print_pairs("reading-ratio", contenders[1].values, contenders[0].values, rounds);
    print_pairs("stopped-ratio", contenders[2].values, contenders[0].values, rounds);
}
