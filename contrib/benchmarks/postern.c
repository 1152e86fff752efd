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
#include <unistd.h>

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

void postern_open(int fd, struct session *session, const char *const *arguments, unsigned flags) {
    struct request request;
    random_id(session->id);
    random_id(session->token);
    begin(&request, OPEN);
    put(&request, "version", "1");
    put(&request, "session", session->id);
    put(&request, "token", session->token);
    put_number(&request, "limit", WINDOW_SIZE);
    for (; *arguments; arguments++)
        put(&request, "arg", *arguments);
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

const char *field_of(const char *fields, size_t length, const char *key) {
    size_t key_length = strlen(key);
    for (const char *at = fields; at < fields + length; at += strlen(at) + 1)
        if (strncmp(at, key, key_length) == 0 && at[key_length] == '=')
            return at + key_length + 1;
    return NULL;
}

const char *field(const char *key) {
    const char *value = field_of(payload, payload_length, key);
    if (!value)
        errx(1, "no %s in an answer", key);
    return value;
}

void drain(int fd) {
    while (read(fd, payload, sizeof payload) > 0)
        continue;
    close(fd);
}
