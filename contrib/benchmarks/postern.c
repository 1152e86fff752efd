// See postern.h.
#define _GNU_SOURCE
#include "postern.h"
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

void settle(unsigned ms) {
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000 * 1000};
    nanosleep(&time, NULL);
}

void *need(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory)
        err(1, "calloc");
    return memory;
}

// MARK: - Sockets

int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        errx(1, "%s: too long for a unix socket", path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "%s", path);
    return fd;
}

void send_all(int fd, const void *bytes, size_t length) {
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        err(1, "send");
}

void receive(int fd, void *bytes, size_t length) {
    char *at = bytes;
    while (length > 0) {
        ssize_t count = read(fd, at, length);
        if (count <= 0)
            errx(1, "the connection ended inside of a session");
        at += count;
        length -= (size_t)count;
    }
}

// MARK: - Frames

void begin(struct request *request, int type) {
    request->length = 5;
    request->frame[0] = (char)type;
}

void put(struct request *request, const char *key, const char *value) {
    size_t room = sizeof request->frame - request->length;
    int length = snprintf(request->frame + request->length, room, "%s=%s", key, value);
    if (length < 0 || (size_t)length >= room)
        errx(1, "a request is too long");
    request->length += (size_t)length + 1;
}

void put_number(struct request *request, const char *key, uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    put(request, key, text);
}

void send_request(int fd, struct request *request) {
    uint32_t payload = htonl((uint32_t)(request->length - 5));
    memcpy(request->frame + 1, &payload, 4);
    send_all(fd, request->frame, request->length);
}

void send_empty(int fd, int type) {
    struct request request;
    begin(&request, type);
    send_request(fd, &request);
}

static void random_id(char *text) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        err(1, "getrandom");
    for (size_t i = 0; i < sizeof bytes; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
}

void postern_open(int fd, struct session *session, const char *script, unsigned flags) {
    struct request request;
    random_id(session->id);
    random_id(session->token);
    begin(&request, OPEN);
    put(&request, "version", "1");
    put(&request, "session", session->id);
    put(&request, "token", session->token);
    put_number(&request, "limit", WINDOW_SIZE);
    put(&request, "arg", "sh");
    put(&request, "arg", "-c");
    put(&request, "arg", script);
    if (flags & TTY) {
        put(&request, "tty", "1");
        put(&request, "rows", "24");
        put(&request, "columns", "80");
    }
    if (flags & TAKES_STDIN)
        put(&request, "stdin", "1");
    if (flags & DETACHED)
        put(&request, "detach", "1");
    send_request(fd, &request);
}

__thread char payload[LONGEST_FRAME + 1];
__thread size_t payload_length;

int next_frame(int fd) {
    unsigned char header[5];
    receive(fd, header, sizeof header);
    uint32_t length;
    memcpy(&length, header + 1, 4);
    payload_length = ntohl(length);
    if (payload_length > LONGEST_FRAME)
        errx(1, "a frame of %zu bytes", payload_length);
    receive(fd, payload, payload_length);
    payload[payload_length] = 0;
    return header[0];
}

void expect(int fd, int type) {
    int got = next_frame(fd);
    if (got != type)
        errx(1, "a frame of type %02x instead of %02x: %s", got, type, payload);
}

void ask_to_attach(int fd, const struct session *session, bool read_only) {
    struct request request;
    char token[33];
    random_id(token);
    begin(&request, ATTACH);
    put(&request, "version", "1");
    put(&request, "session", session->id);
    put(&request, read_only ? "read-only" : "token", read_only ? "1" : token);
    put(&request, "offset", "0");
    put_number(&request, "window", WINDOW_SIZE);
    send_request(fd, &request);
}

const char *field(const char *key) {
    size_t length = strlen(key);
    for (const char *at = payload; at < payload + payload_length; at += strlen(at) + 1)
        if (strncmp(at, key, length) == 0 && at[length] == '=')
            return at + length + 1;
    errx(1, "no %s in an answer", key);
}

void drain(int fd) {
    while (read(fd, payload, sizeof payload) > 0)
        continue;
    close(fd);
}

// MARK: - Statistics

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double quantile(const double *values, size_t count, double q) {
    double *sorted = need(count, sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    double value = sorted[(size_t)(q * (double)(count - 1) + 0.5)];
    free(sorted);
    return value;
}

void print_times(const char *key, const double *times, size_t count) {
    printf("%s %.3f %.3f\n", key, quantile(times, count, 0.5), quantile(times, count, 0.99));
}

void print_ratio(const char *key, const double *ours, const double *theirs, size_t count) {
    enum { PARTS = 5 };
    double least = 1e9, most = 0;
    for (size_t part = 0; part < PARTS; part++) {
        size_t from = part * count / PARTS, length = (part + 1) * count / PARTS - from;
        double ratio = quantile(ours + from, length, 0.5) / quantile(theirs + from, length, 0.5);
        least = ratio < least ? ratio : least;
        most = ratio > most ? ratio : most;
    }
    printf("%s %.3f %.3f %.3f\n", key, quantile(ours, count, 0.5) / quantile(theirs, count, 0.5), least, most);
}

void print_pairs(const char *key, const double *ours, const double *theirs, size_t count) {
    double *ratios = need(count, sizeof *ratios);
    for (size_t i = 0; i < count; i++)
        ratios[i] = ours[i] / theirs[i];
    printf("%s %.3f %.3f %.3f\n", key, quantile(ratios, count, 0.5), quantile(ratios, count, 0.25),
           quantile(ratios, count, 0.75));
    free(ratios);
}

void in_turns(const struct contender *contenders, size_t count, size_t rounds, size_t warm_up) {
    size_t order[8];
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t round = 0; round < rounds + warm_up; round++) {
        for (size_t i = count - 1; i > 0; i--) {
            size_t other = (size_t)random() % (i + 1), held = order[i];
            order[i] = order[other];
            order[other] = held;
        }
        for (size_t i = 0; i < count; i++) {
            const struct contender *contender = &contenders[order[i]];
            double value = contender->run(contender->of);
            if (round >= warm_up)
                contender->values[round - warm_up] = value;
            settle(15);
        }
    }
}

void command_lines(char **arguments, char **lines[2]) {
    size_t found = 0;
    for (; *arguments && found < 2; arguments++)
        if (strcmp(*arguments, "--") == 0) {
            *arguments = NULL;
            lines[found++] = arguments + 1;
        }
    if (found < 2)
        errx(2, "two command lines are needed, each behind --");
}
