// What a person feels: the echo of a key, and a signal that gets through.
#define _GNU_SOURCE
#include "bench.h"
#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct job cat = {"cat", "stty raw -echo; echo begin; exec cat"}, flood = {"flood", "exec cat /dev/zero"},
                        sleeper = {"sleep", "exec sleep infinity"};

static void begin_typing(struct link *link, const struct peer *peer) {
    link_open(link, peer, &cat, TTY | TAKES_STDIN);
    link_read_text(link, "begin");
    // The line's end may come apart.
    settle(20);
    link_type(link, 'x');
    while (!strchr(link->first, 'x'))
        link_read(link);
}

static double type_one(const void *of) {
    struct link *link = (struct link *)of;
    uint64_t before = link->received;
    double start = now_ms();
    link_type(link, 'x');
    while (link->received == before)
        if (!link_read(link))
            errx(1, "%s ended", link->peer->name);
    return now_ms() - start;
}

static void type_idle(void) {
    static const int typing[] = {WORKER, REFERENCE, SOCAT, EXEC_TTY, RUN_PTY, SSH_TTY};
    static struct link links[6];
    struct contender contenders[6];
    for (size_t i = 0; i < 6; i++) {
        begin_typing(&links[i], &peers[typing[i]]);
        contenders[i] = (struct contender){peers[typing[i]].name, type_one, &links[i], 1};
    }
    in_turns("key", contenders, 6, scaled(1200, 300), 20, 2);
    for (size_t i = 0; i < 6; i++)
        link_close(&links[i]);
}

// A client of its own, which reads as fast as it can.
static pid_t start_flood(const struct peer *peer) {
    struct link link;
    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid > 0)
        return pid;
    link_open(&link, peer, &flood, TTY);
    while (link_read(&link))
        continue;
    _exit(1);
}

// Each beside one that is served in the same way.
static void type_beside_flood(void) {
    static const int typing[] = {WORKER, REFERENCE, SSH_TTY};
    for (size_t block = 0; block < 15; block++)
        for (size_t i = 0; i < 3; i++) {
            struct link link;
            const struct peer *peer = &peers[typing[(i + block) % 3]];
            pid_t pid = start_flood(peer);
            begin_typing(&link, peer);
            for (size_t key = 0; key < scaled(100, 20); key++) {
                tell("key-flood", peer->name, type_one(&link));
                settle(2);
            }
            link_close(&link);
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            settle(200);
        }
}

void measure_keys(void) {
    type_idle();
    type_beside_flood();
}

// Nobody reads the session's stdin: all that waits for it is in the way of nothing.
static double signal_past_input(const void *of) {
    struct link link;
    struct request request;
    link_open(&link, of, &sleeper, TAKES_STDIN);
    while (link.session.pid[0] == 0)
        link_read(&link);
    for (bool stuck = false; !stuck;) {
        struct pollfd polled = {link.fd, POLLIN, 0};
        while (link_feed(&link, LONGEST_FRAME) > 0)
            continue;
        if (poll(&polled, 1, 100) > 0)
            link_read(&link);
        else
            stuck = link.sent == link.limit;
    }
    begin(&request, SIGNAL);
    put(&request, "signal", "TERM");
    double start = now_ms();
    send_request(link.fd, &request);
    while (link_read(&link))
        continue;
    double time = now_ms() - start;
    if (!strstr(link.control, "signal=15"))
        errx(1, "the session did not end by the signal: %s", link.control);
    link_close(&link);
    return time;
}

// As long a pause, and then a process that is killed without anybody between: what the machine takes for that.
static double kill_and_wait(const void *of) {
    (void)of;
    int status;
    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0)
        for (;;)
            pause();
    settle(100);
    double start = now_ms();
    kill(pid, SIGTERM);
    if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
        errx(1, "a signal has killed nobody");
    return now_ms() - start;
}

void measure_signals(void) {
    const struct contender contenders[] = {
        {"worker", signal_past_input, &peers[WORKER], 1},
        {"kill-and-wait", kill_and_wait, NULL, 1},
    };
    in_turns("signal", contenders, 2, scaled(240, 40), 2, 15);
}
