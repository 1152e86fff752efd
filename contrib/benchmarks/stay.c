// Sessions that stay while clients come and go: attaching, replay, what lingering costs, what they hold.
#define _GNU_SOURCE
#include "bench.h"
#include "guest.h"
#include "stay.h"
#include <err.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { WARM_UP = 3, HELD = 4096, RING = 1 << 20, MUCH = 10 << 20 };

static void ask_for_session(int fd, int type, const char *id) {
    struct request request;
    begin(&request, type);
    put(&request, "version", "1");
    put(&request, "session", id);
    if (type == ORDER)
        put(&request, "do", "remove");
    send_request(fd, &request);
}

static uint64_t output_of(const char *path, const struct session *session) {
    int fd = connect_to(path);
    ask_for_session(fd, LIST, session->id);
    expect(fd, SESSION);
    uint64_t offset = strtoull(field("offset"), NULL, 10);
    expect(fd, SESSION);
    send_empty(fd, BYE);
    close(fd);
    return offset;
}

void remove_session(const char *path, const char *id) {
    int fd = connect_to(path);
    ask_for_session(fd, ORDER, id);
    for (int type; (type = next_frame(fd)) != SESSION || payload_length > 0;)
        if (type != SESSION && type != PING)
            errx(1, "the session is not removed: %s", payload);
    send_empty(fd, BYE);
    close(fd);
}

// Starts a session without a client, and waits for its output.
void start_detached(const char *path, struct session *session, const char *script, uint64_t output) {
    int fd = connect_to(path);
    const char *const arguments[] = {"sh", "-c", script, NULL};
    postern_open(fd, session, arguments, TTY | TAKES_STDIN | DETACHED);
    expect(fd, STARTED);
    snprintf(session->pid, sizeof session->pid, "%s", field("pid"));
    send_empty(fd, BYE);
    close(fd);
    for (int i = 0; output > 0 && output_of(path, session) < output; i++) {
        if (i == 200)
            errx(1, "the session's output does not come");
        settle(50);
    }
}

// MARK: - Attaching

struct place {
    const struct peer *peer;
    struct session session;
    uint64_t held;
};

static const struct job echo = {"echo", "echo ok"};

static double new_session(const void *of) {
    const struct place *place = of;
    struct link link;
    double start = now_ms();
    link_open(&link, place->peer, &echo, TTY);
    while (link.received == 0)
        link_read(&link);
    double time = now_ms() - start;
    link_wait(&link);
    send_empty(link.fd, BYE);
    drain(link.fd);
    return time;
}

// To the first byte, or to the last one that is held.
static double attach_as(const struct place *place, bool read_only, uint64_t until) {
    struct link link;
    double start = now_ms();
    link_attach(&link, place->peer, &place->session, read_only);
    while (link.received < until && link_read(&link))
        continue;
    double time = now_ms() - start;
    if (link.received < until)
        errx(1, "%llu bytes were replayed", (unsigned long long)link.received);
    if (!read_only) {
        link_tell(&link);
        send_empty(link.fd, DETACH);
    }
    send_empty(link.fd, BYE);
    drain(link.fd);
    return time;
}

static double attach_writer(const void *of) { return attach_as(of, false, 1); }
static double attach_mirror(const void *of) { return attach_as(of, true, 1); }
static double replay(const void *of) { return attach_as(of, true, ((const struct place *)of)->held); }

// MARK: - Attaching by command

// Types what makes the command leave once it has shown what it is to show.
struct command {
    const char *const *words;
    char shows;
    const char *leave;
};

static double attach_command(const void *of) {
    const struct command *command = of;
    char bytes[LONGEST_FRAME];
    int master, status;
    ssize_t count = 0;
    double start = now_ms();
    pid_t pid = forkpty(&master, NULL, NULL, NULL);
    if (pid < 0)
        err(1, "forkpty");
    if (pid == 0) {
        execvp(command->words[0], (char **)command->words);
        _exit(127);
    }
    do
        if ((count = read(master, bytes, sizeof bytes)) <= 0)
            errx(1, "%s shows nothing", command->words[0]);
    while (!memchr(bytes, command->shows, (size_t)count));
    double time = now_ms() - start;
    // Keys are the command's once the terminal is raw.
    struct termios modes;
    for (int i = 0; tcgetattr(master, &modes) < 0 || modes.c_lflag & ICANON; i++) {
        if (i == 1000)
            errx(1, "%s leaves the terminal as it was", command->words[0]);
        settle(1);
    }
    if (write(master, command->leave, strlen(command->leave)) < 0)
        err(1, "write");
    while (read(master, bytes, sizeof bytes) > 0)
        continue;
    if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        errx(1, "%s: status %d", command->words[0], status);
    close(master);
    return time;
}

#define DTACH "/run/bench.dtach"

void measure_attach(void) {
    static struct place small = {.peer = &peers[WORKER], .held = HELD}, large = {.peer = &peers[WORKER], .held = RING};
    char script[128];
    snprintf(script, sizeof script, "stty raw; head -c %d /dev/zero | tr '\\0' '~'; exec sleep infinity", HELD);
    start_detached(small.peer->path, &small.session, script, HELD);
    snprintf(script, sizeof script, "stty raw; head -c %d /dev/zero; exec sleep infinity", RING);
    start_detached(large.peer->path, &large.session, script, RING);
    const struct contender contenders[] = {
        {"new", new_session, &small, 1},
        {"writer", attach_writer, &small, 1},
        {"mirror", attach_mirror, &small, 1},
        {"replay-1-MiB", replay, &large, 1},
    };
    in_turns("attach", contenders, 4, scaled(150, 40), WARM_UP, 15);

    // dtach shows nothing of what was: it asks the program by a ^L, which this one sends back. It does so on raw terminals
    // only, and sees what a terminal is when there is output.
    if (system("dtach -n " DTACH " sh -c 'stty raw -echo; echo begin; exec cat'") != 0)
        errx(1, "dtach");
    settle(500);
    char target[64];
    snprintf(target, sizeof target, "unix:%s", small.peer->path);
    const char *const postern[] = {"postern",           "attach", "--since=0", "--detach-keys=ctrl-p,ctrl-q", target,
                                   small.session.id, NULL};
    const char *const dtach[] = {"dtach", "-a", DTACH, "-r", "ctrl_l", NULL};
    const struct command commands[] = {{postern, '~', "\x10\x11"}, {dtach, '\f', "\x1c"}};
    const struct contender lines[] = {
        {"postern-attach", attach_command, &commands[0], 1},
        {"dtach", attach_command, &commands[1], 1},
    };
    in_turns("attach-command", lines, 2, scaled(60, 20), WARM_UP, 15);
    remove_session(small.peer->path, small.session.id);
    remove_session(large.peer->path, large.session.id);
}

// MARK: - Lingering

struct line {
    const struct peer *peer;
    unsigned mib;
    bool terminal;
};

static double run_line(const void *of) {
    const struct line *line = of;
    struct link link;
    char script[64];
    struct job job = {"out", script};
    snprintf(script, sizeof script, "exec head -c %uM /dev/zero", line->mib);
    double start = now_ms();
    link_open(&link, line->peer, &job, line->terminal ? TTY : 0);
    link_wait(&link);
    double rate = line->mib / (now_ms() - start) * 1e3;
    link_close(&link);
    return rate;
}

// What the worker of an idle detached session holds for itself.
static void measure_kept(const char *kind) {
    struct session session;
    struct link link;
    char script[128], workload[32];
    const char *path = peers[WORKER].path;
    struct job job = {"keep", script};
    int output = strcmp(kind, "empty") == 0 ? 0 : MUCH;
    snprintf(script, sizeof script, "stty raw; head -c %d /dev/zero; exec sleep infinity", output);
    if (strcmp(kind, "left") != 0) {
        start_detached(path, &session, script, (uint64_t)output);
    } else {
        link_open(&link, &peers[WORKER], &job, TTY);
        while (link.received < MUCH && link_read(&link))
            continue;
        link_tell(&link);
        send_empty(link.fd, DETACH);
        send_empty(link.fd, BYE);
        drain(link.fd);
        session = link.session;
    }
    // Until it has come to rest.
    settle(500);
    snprintf(workload, sizeof workload, "kept-%s", kind);
    tell(workload, "worker", memory_above((pid_t)strtol(session.pid, NULL, 10)).anonymous);
    remove_session(path, session.id);
}

void measure_linger(void) {
    static const struct line pipes[] = {{&peers[EXEC], 512, false}, {&peers[EXEC_LINGER], 512, false}},
                             terminal[] = {{&peers[EXEC_TTY], 64, true}, {&peers[EXEC_TTY_LINGER], 64, true}};
    const struct contender on_pipes[] = {{"plain", run_line, &pipes[0], 1}, {"linger", run_line, &pipes[1], 1}},
                           on_terminal[] = {{"plain", run_line, &terminal[0], 1}, {"linger", run_line, &terminal[1], 1}};
    in_turns("linger-pipe", on_pipes, 2, scaled(9, 2), 1, 50);
    in_turns("linger-pty", on_terminal, 2, scaled(9, 2), 1, 50);
    for (size_t round = 0; round < scaled(3, 1); round++) {
        measure_kept("empty");
        measure_kept("full");
        measure_kept("left");
    }
}
