// Measures sessions from the client's side: one process, all contenders in turns.
//
//   driver measure WORKER REFERENCE ROUNDS SECONDS COMMANDS -- POSTERN EXEC... -- SSH...
//       prints `key value...` lines: see below. COMMANDS is how often the two command lines are run.
//   driver hold worker|reference SOCKET waiting|session
//       keeps one connection, with or without a session on it, says "held", and ends with its stdin.
//
// WORKER and REFERENCE are unix sockets. A session's time runs from connect(2) until its end is known: Postern's EXIT
// frame, the reference's end of file. A command line's runs on a PTY, from fork to its exit.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 4, BLOCKS = 3, WARM_UP = 10, PARTS = 5 };
enum { OPEN = 0x01, BYE = 0x16, STARTED = 0x20, STDOUT = 0x21, EXIT = 0x23 };

// What is left of a session after its end (the worker's exit, systemd's cleaning) would be charged to the next one.
static const struct timespec settle = {0, 15 * 1000 * 1000};

struct contender {
    const char *name;
    const char *path;
    void (*session)(const char *path);
};

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        errx(1, "%s: too long for a unix socket", path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "%s", path);
    return fd;
}

static void send_all(int fd, const void *bytes, size_t length) {
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        err(1, "send");
}

static void receive(int fd, void *bytes, size_t length) {
    char *at = bytes;
    while (length > 0) {
        ssize_t count = read(fd, at, length);
        if (count <= 0)
            errx(1, "the connection ended inside of a session");
        at += count;
        length -= (size_t)count;
    }
}

// MARK: - Postern

static size_t put(char *at, const char *key, const char *value) {
    return (size_t)sprintf(at, "%s=%s", key, value) + 1;
}

static void random_id(char *text) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        err(1, "getrandom");
    for (size_t i = 0; i < sizeof bytes; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
}

static void postern_open(int fd, const char *script) {
    char frame[1024], id[33], token[33];
    size_t length = 5;
    random_id(id);
    random_id(token);
    length += put(frame + length, "version", "1");
    length += put(frame + length, "session", id);
    length += put(frame + length, "token", token);
    length += put(frame + length, "limit", "1048576");
    length += put(frame + length, "arg", "sh");
    length += put(frame + length, "arg", "-c");
    length += put(frame + length, "arg", script);
    length += put(frame + length, "tty", "1");
    length += put(frame + length, "rows", "24");
    length += put(frame + length, "columns", "80");
    uint32_t payload = htonl((uint32_t)(length - 5));
    frame[0] = OPEN;
    memcpy(frame + 1, &payload, 4);
    send_all(fd, frame, length);
}

// The next frame's type; its payload is left in `payload`, ended by NUL.
static int postern_frame(int fd, char payload[65537]) {
    unsigned char header[5];
    receive(fd, header, sizeof header);
    uint32_t length;
    memcpy(&length, header + 1, 4);
    length = ntohl(length);
    if (length > 65536)
        errx(1, "a frame of %u bytes", length);
    receive(fd, payload, length);
    payload[length] = 0;
    return header[0];
}

static void postern_expect_end(int fd) {
    static __thread char payload[65537];
    bool said_ok = false;
    for (;;) {
        int type = postern_frame(fd, payload);
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

static __thread double session_ms;

static void postern_session(const char *path) {
    static const char bye[5] = {BYE};
    double start = now_ms();
    int fd = connect_to(path);
    postern_open(fd, "echo ok");
    postern_expect_end(fd);
    session_ms = now_ms() - start;
    send_all(fd, bye, sizeof bye);
    close(fd);
}

// MARK: - The reference

static void reference_open(int fd, const char *script) {
    char request[256];
    size_t length = (size_t)sprintf(request, "sh%c-c%c%s%c", 0, 0, script, 0) + 1;
    send_all(fd, request, length);
}

static void reference_session(const char *path) {
    char answer[256];
    size_t length = 0;
    double start = now_ms();
    int fd = connect_to(path);
    reference_open(fd, "echo ok");
    for (ssize_t count; (count = read(fd, answer + length, sizeof answer - length)) > 0;)
        length += (size_t)count;
    session_ms = now_ms() - start;
    if (length != 4 || memcmp(answer, "ok\r\n", 4) != 0)
        errx(1, "the reference answered %zu bytes", length);
    close(fd);
}

// MARK: - Command lines

static double run_command(char **arguments) {
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

// MARK: - Statistics

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double quantile(const double *values, size_t count, double q) {
    double *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        err(1, "malloc");
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    double value = sorted[(size_t)(q * (double)(count - 1) + 0.5)];
    free(sorted);
    return value;
}

// key p50 p99
static void print_times(const char *key, const double *times, size_t count) {
    printf("%s %.3f %.3f\n", key, quantile(times, count, 0.5), quantile(times, count, 0.99));
}

// ratio P50 LEAST MOST: of the medians, and its spread over parts of the run
static void print_ratio(const double *ours, const double *theirs, size_t count) {
    double least = 1e9, most = 0;
    for (size_t part = 0; part < PARTS; part++) {
        size_t from = part * count / PARTS, length = (part + 1) * count / PARTS - from;
        double ratio = quantile(ours + from, length, 0.5) / quantile(theirs + from, length, 0.5);
        least = ratio < least ? ratio : least;
        most = ratio > most ? ratio : most;
    }
    printf("ratio %.3f %.3f %.3f\n", quantile(ours, count, 0.5) / quantile(theirs, count, 0.5), least, most);
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
        client->contender->session(client->contender->path);
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
    struct timespec pause = {0, 300 * 1000 * 1000};
    nanosleep(&pause, NULL);
    return rate;
}

// MARK: - Main

static void measure(const struct contender contenders[2], size_t rounds, double seconds, size_t commands,
                    char **lines[2]) {
    double *times[2], *walls[2], rates[2][BLOCKS];
    for (size_t i = 0; i < 2; i++) {
        times[i] = calloc(rounds, sizeof(double));
        walls[i] = calloc(commands, sizeof(double));
        if (!times[i] || !walls[i])
            err(1, "calloc");
    }
    for (size_t round = 0; round < rounds + WARM_UP; round++) {
        // Whoever goes second in a round could be at a disadvantage: chance decides.
        size_t first = (size_t)random() & 1;
        for (size_t turn = 0; turn < 2; turn++) {
            size_t i = first ^ turn;
            contenders[i].session(contenders[i].path);
            if (round >= WARM_UP)
                times[i][round - WARM_UP] = session_ms;
            nanosleep(&settle, NULL);
        }
    }
    for (size_t round = 0; round < commands + 1; round++)
        for (size_t i = 0; i < 2; i++) {
            double wall = run_command(lines[i]);
            if (round > 0)
                walls[i][round - 1] = wall;
            nanosleep(&settle, NULL);
        }
    for (size_t block = 0; block < BLOCKS; block++)
        for (size_t i = 0; i < 2; i++)
            rates[i][block] = run_block(&contenders[i], seconds);

    print_times("worker", times[0], rounds);
    print_times("reference", times[1], rounds);
    print_ratio(times[0], times[1], rounds);
    print_times("exec", walls[0], commands);
    print_times("ssh", walls[1], commands);
    printf("rate-worker %.1f\n", quantile(rates[0], BLOCKS, 0.5));
    printf("rate-reference %.1f\n", quantile(rates[1], BLOCKS, 0.5));
}

static void hold(const char *which, const char *path, bool session) {
    static char answer[65537];
    bool is_worker = strcmp(which, "worker") == 0;
    int fd = connect_to(path);
    if (session && is_worker) {
        postern_open(fd, "echo ok; read line");
        while (postern_frame(fd, answer) != STDOUT)
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
    char **lines[2] = {0};
    size_t found = 0;
    for (int i = 7; i < argc && found < 2; i++)
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            lines[found++] = argv + i + 1;
        }
    if (argc < 10 || strcmp(argv[1], "measure") != 0 || found != 2)
        errx(2, "see the head of driver.c");
    const struct contender contenders[2] = {
        {"worker", argv[2], postern_session},
        {"reference", argv[3], reference_session},
    };
    measure(contenders, strtoul(argv[4], NULL, 10), strtod(argv[5], NULL), strtoul(argv[6], NULL, 10), lines);
    return 0;
}
