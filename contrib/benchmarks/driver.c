// Measures sessions from the client's side: one process, all contenders in turns.
//
//   driver measure WORKER REFERENCE ROUNDS SECONDS COMMANDS -- POSTERN EXEC... -- SSH...
//       prints `key value...` lines: see below. COMMANDS is how often the two command lines are run.
//   driver hold worker|reference SOCKET waiting|session
//       keeps one connection, with or without a session on it, says "held", and ends with its stdin.
//   driver attach|compare|mirrors|keep|remove ...
//       see stay.c.
//
// WORKER and REFERENCE are unix sockets. A session's time runs from connect(2) until its end is known: Postern's EXIT
// frame, the reference's end of file. A command line's runs on a PTY, from fork to its exit.
#define _GNU_SOURCE
#include "postern.h"
#include <err.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS = 4, BLOCKS = 3, WARM_UP = 10 };

// MARK: - Postern

static void postern_expect_end(int fd) {
    bool said_ok = false;
    for (;;) {
        int type = next_frame(fd);
        if (type == STDOUT && strstr(payload, "ok"))
            said_ok = true;
        if (type == EXIT && (!said_ok || strcmp(payload, "code=0") != 0))
            errx(1, "the session ended wrongly: %s", payload);
        if (type == EXIT)
            return;
        if (type != STARTED && type != STDOUT)
            errx(1, "an unexpected frame of type %02x", type);
    }
}

static double postern_session(const void *path) {
    struct session session;
    double start = now_ms();
    int fd = connect_to(path);
    postern_open(fd, &session, "echo ok", TTY);
    postern_expect_end(fd);
    double time = now_ms() - start;
    send_empty(fd, BYE);
    close(fd);
    return time;
}

// MARK: - The reference

static void reference_open(int fd, const char *script) {
    char request[256];
    size_t length = (size_t)sprintf(request, "sh%c-c%c%s%c", 0, 0, script, 0) + 1;
    send_all(fd, request, length);
}

static double reference_session(const void *path) {
    char answer[256];
    size_t length = 0;
    double start = now_ms();
    int fd = connect_to(path);
    reference_open(fd, "echo ok");
    for (ssize_t count; (count = read(fd, answer + length, sizeof answer - length)) > 0;)
        length += (size_t)count;
    double time = now_ms() - start;
    if (length != 4 || memcmp(answer, "ok\r\n", 4) != 0)
        errx(1, "the reference answered %zu bytes", length);
    close(fd);
    return time;
}

// MARK: - Command lines

static double run_command(const void *of) {
    char *const *arguments = of;
    char output[4096];
    size_t length = 0;
    int master, status;
    double start = now_ms();
    pid_t pid = forkpty(&master, NULL, NULL, NULL);
    if (pid < 0)
        err(1, "forkpty");
    if (pid == 0) {
        execvp(arguments[0], arguments);
        _exit(127);
    }
    for (ssize_t count; (count = read(master, output + length, sizeof output - 1 - length)) > 0;)
        length += (size_t)count;
    if (waitpid(pid, &status, 0) < 0)
        err(1, "waitpid");
    double end = now_ms();
    output[length] = 0;
    if (status != 0 || !strstr(output, "ok"))
        errx(1, "%s: status %d: %s", arguments[0], status, output);
    close(master);
    return end - start;
}

// MARK: - Throughput

struct client {
    pthread_t thread;
    const struct contender *contender;
    double until;
    unsigned sessions;
};

static void *run_client(void *argument) {
    struct client *client = argument;
    while (now_ms() < client->until) {
        client->contender->run(client->contender->of);
        client->sessions++;
    }
    return NULL;
}

// Sessions per second, with CLIENTS at once.
static double run_block(const struct contender *contender, double seconds) {
    struct client clients[CLIENTS] = {0};
    double start = now_ms();
    unsigned sessions = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].contender = contender;
        clients[i].until = start + seconds * 1e3;
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
            errx(1, "pthread_create");
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        sessions += clients[i].sessions;
    }
    double rate = sessions / (now_ms() - start) * 1e3;
    settle(300);
    return rate;
}

// MARK: - Main

static void measure(char **sockets, size_t rounds, double seconds, size_t commands, char **lines[2]) {
    struct contender contenders[2] = {
        {postern_session, sockets[0], need(rounds, sizeof(double))},
        {reference_session, sockets[1], need(rounds, sizeof(double))},
    };
    struct contender walls[2] = {
        {run_command, lines[0], need(commands, sizeof(double))},
        {run_command, lines[1], need(commands, sizeof(double))},
    };
    double rates[2][BLOCKS];
    in_turns(contenders, 2, rounds, WARM_UP);
    in_turns(walls, 2, commands, 1);
    for (size_t block = 0; block < BLOCKS; block++)
        for (size_t i = 0; i < 2; i++)
            rates[i][block] = run_block(&contenders[i], seconds);

    print_times("worker", contenders[0].values, rounds);
    print_times("reference", contenders[1].values, rounds);
    print_ratio("ratio", contenders[0].values, contenders[1].values, rounds);
    print_times("exec", walls[0].values, commands);
    print_times("ssh", walls[1].values, commands);
    printf("rate-worker %.1f\n", quantile(rates[0], BLOCKS, 0.5));
    printf("rate-reference %.1f\n", quantile(rates[1], BLOCKS, 0.5));
}

static void hold(const char *which, const char *path, bool session) {
    static char answer[64];
    bool is_worker = strcmp(which, "worker") == 0;
    int fd = connect_to(path);
    if (session && is_worker) {
        struct session opened;
        postern_open(fd, &opened, "echo ok; read line", TTY);
        while (next_frame(fd) != STDOUT)
            continue;
    } else if (session) {
        reference_open(fd, "echo ok; read line");
        receive(fd, answer, 4);
    }
    puts("held");
    fflush(stdout);
    while (read(STDIN_FILENO, answer, sizeof answer) > 0)
        continue;
    close(fd);
}

int main(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "hold") == 0) {
        hold(argv[2], argv[3], strcmp(argv[4], "session") == 0);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "measure") != 0)
        return stay(argc - 1, argv + 1);
    if (argc < 10)
        errx(2, "see the head of driver.c");
    char **lines[2];
    command_lines(argv + 7, lines);
    measure(argv + 2, strtoul(argv[4], NULL, 10), strtod(argv[5], NULL), strtoul(argv[6], NULL, 10), lines);
    return 0;
}
