// Postern's protocol from the client's side, as much of it as the benchmarks speak.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPEN = 0x01, ATTACH = 0x02, LIST = 0x03, ORDER = 0x04, STDIN = 0x10, SIGNAL = 0x13, DETACH = 0x14, BYE = 0x16 };
enum { STARTED = 0x20, STDOUT = 0x21, STDERR = 0x22, EXIT = 0x23, ERROR = 0x24, SESSION = 0x26, GAP = 0x27 };
enum { WINDOW = 0x30, PING = 0x31, PONG = 0x32 };
enum { WINDOW_SIZE = 1 << 20, LONGEST_FRAME = 65536 };

int connect_to(const char *path);
void send_all(int fd, const void *bytes, size_t length);
void receive(int fd, void *bytes, size_t length);

// A request of fields: begun, filled with `put`, sent.
struct request {
    size_t length;
    char frame[1024];
};
void begin(struct request *request, int type);
void put(struct request *request, const char *key, const char *value);
void put_number(struct request *request, const char *key, uint64_t number);
void send_request(int fd, struct request *request);
void send_empty(int fd, int type);

struct session {
    char id[33], token[33], pid[24];
};
enum { TTY = 1, TAKES_STDIN = 2, DETACHED = 4 };
// Asks for a command, whose arguments end with NULL.
void postern_open(int fd, struct session *session, const char *const *arguments, unsigned flags);
// The next frame's type; its payload is left in `payload`, ended by NUL.
int next_frame(int fd);
extern __thread char payload[LONGEST_FRAME + 1];
extern __thread size_t payload_length;
void expect(int fd, int type);
// The value of a key in these fields, which end with a NUL of their own; NULL if there is none.
const char *field_of(const char *fields, size_t length, const char *key);
// The value of a key in the payload.
const char *field(const char *key);
// Asks for the output from the session's start, as a mirror or as a writer that was never there.
void ask_to_attach(int fd, const struct session *session, bool read_only);
// Reads to the end, and closes.
void drain(int fd);
