// Measures sessions that stay while clients come and go.
//
//   driver attach SOCKET ROUNDS
//       from connect(2) to the first byte of output: a new session's, and that of a detached one, replayed to a writer and
//       to a mirror
//   driver compare KEY ROUNDS MIB -- A... -- B...
//       MiB/s of two command lines that put out so much, from fork to exit, into /dev/null
//   driver mirrors SOCKET ROUNDS MIB MIRRORS
//       MiB/s of a session's writer, with nobody beside it, with mirrors that read, and with mirrors that are stopped
//   driver keep SOCKET empty|full|left
//       leaves an idle session detached, says its id and its command's pid: it has put out nothing, or 10 MiB with
//       nobody there, or 10 MiB that a client took and then left
//   driver remove SOCKET ID
//
// All but the last two print `key value...` lines.
#define _GNU_SOURCE
#include "postern.h"
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_UP = 3, HELD = 4096, MUCH = 10 << 20 };

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

static void remove_session(const char *path, const char *id) {
    int fd = connect_to(path);
    ask_for_session(fd, ORDER, id);
    for (int type; (type = next_frame(fd)) != SESSION || payload_length > 0;)
        if (type != SESSION && type != PING)
            errx(1, "the session is not removed: %s", payload);
    send_empty(fd, BYE);
    close(fd);
}

// Starts a session without a client, and waits for its output.
static void start_detached(const char *path, struct session *session, const char *script, uint64_t output) {
    int fd = connect_to(path);
    postern_open(fd, session, script, TTY | DETACHED);
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
    const char *path;
    struct session session;
};

static double until_output(int fd, double start) {
    while (next_frame(fd) != STDOUT)
        continue;
    return now_ms() - start;
}

static double new_session(const void *of) {
    const struct place *place = of;
    struct session session;
    double start = now_ms();
    int fd = connect_to(place->path);
    postern_open(fd, &session, "echo ok", TTY);
    double time = until_output(fd, start);
    while (next_frame(fd) != EXIT)
        continue;
    send_empty(fd, BYE);
    drain(fd);
    return time;
}

static double attach_as(const struct place *place, bool read_only) {
    double start = now_ms();
    int fd = connect_to(place->path);
    ask_to_attach(fd, &place->session, read_only);
    double time = until_output(fd, start);
    if (payload_length < HELD)
        errx(1, "%zu bytes were replayed at first", payload_length);
    if (!read_only)
        send_empty(fd, DETACH);
    send_empty(fd, BYE);
    drain(fd);
    return time;
}

static double attach_writer(const void *of) { return attach_as(of, false); }
static double attach_mirror(const void *of) { return attach_as(of, true); }

static void measure_attach(const char *path, size_t rounds) {
    static struct place place;
    place.path = path;
    char script[128];
    snprintf(script, sizeof script, "head -c %d /dev/zero | tr '\\0' x; exec sleep infinity", HELD);
    start_detached(path, &place.session, script, HELD);
    struct contender contenders[3] = {
        {new_session, &place, need(rounds, sizeof(double))},
        {attach_writer, &place, need(rounds, sizeof(double))},
        {attach_mirror, &place, need(rounds, sizeof(double))},
    };
    in_turns(contenders, 3, rounds, WARM_UP);
    remove_session(path, place.session.id);
    print_times("new", contenders[0].values, rounds);
    print_times("writer", contenders[1].values, rounds);
    print_times("mirror", contenders[2].values, rounds);
    print_ratio("writer-ratio", contenders[1].values, contenders[0].values, rounds);
    print_ratio("mirror-ratio", contenders[2].values, contenders[0].values, rounds);
}

// MARK: - Command lines

struct line {
    char **arguments;
    double mib;
};

static double run_line(const void *of) {
    const struct line *line = of;
    int status;
    double start = now_ms();
    pid_t pid = fork();
    if (pid < 0)
        err(1, "fork");
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execvp(line->arguments[0], line->arguments);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) < 0 || status != 0)
        errx(1, "%s: status %d", line->arguments[0], status);
    return line->mib / (now_ms() - start) * 1e3;
}

static void compare(const char *key, size_t rounds, double mib, char **arguments) {
    char **lines[2];
    command_lines(arguments, lines);
    struct line both[2] = {{lines[0], mib}, {lines[1], mib}};
    struct contender contenders[2] = {
        {run_line, &both[0], need(rounds, sizeof(double))},
        {run_line, &both[1], need(rounds, sizeof(double))},
    };
    char name[64];
    in_turns(contenders, 2, rounds, 1);
    printf("%s %.0f %.0f\n", key, quantile(contenders[0].values, rounds, 0.5),
           quantile(contenders[1].values, rounds, 0.5));
    snprintf(name, sizeof name, "%s-ratio", key);
    print_pairs(name, contenders[1].values, contenders[0].values, rounds);
}

// MARK: - Memory

static void keep(const char *path, const char *kind) {
    struct session session;
    char script[128];
    int output = strcmp(kind, "empty") == 0 ? 0 : MUCH;
    snprintf(script, sizeof script, "stty raw; head -c %d /dev/zero; exec sleep infinity", output);
    if (strcmp(kind, "left") != 0) {
        start_detached(path, &session, script, (uint64_t)output);
    } else {
        struct stream writer = {.fd = connect_to(path)};
        postern_open(writer.fd, &session, script, TTY);
        expect(writer.fd, STARTED);
        snprintf(session.pid, sizeof session.pid, "%s", field("pid"));
        while (writer.received < MUCH && advance(&writer))
            continue;
        tell(&writer);
        send_empty(writer.fd, DETACH);
        send_empty(writer.fd, BYE);
        drain(writer.fd);
    }
    printf("%s %s\n", session.id, session.pid);
}

int stay(int argc, char **argv) {
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc == 3 && strcmp(argv[0], "attach") == 0)
        measure_attach(argv[1], rounds);
    else if (argc == 5 && strcmp(argv[0], "mirrors") == 0)
        measure_mirrors(argv[1], rounds, strtod(argv[3], NULL), strtoul(argv[4], NULL, 10));
    else if (argc == 3 && strcmp(argv[0], "keep") == 0)
        keep(argv[1], argv[2]);
    else if (argc == 3 && strcmp(argv[0], "remove") == 0)
        remove_session(argv[1], argv[2]);
    else if (argc > 7 && strcmp(argv[0], "compare") == 0)
        compare(argv[1], rounds, strtod(argv[3], NULL), argv + 4);
    else
        errx(2, "see the head of stay.c");
    return 0;
}
