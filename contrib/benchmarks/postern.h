// What the parts of the driver share: Postern's protocol from the client's side, clocks, medians and taking turns.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPEN = 0x01, ATTACH = 0x02, LIST = 0x03, ORDER = 0x04, STDIN = 0x10, DETACH = 0x14, BYE = 0x16 };
enum { STARTED = 0x20, STDOUT = 0x21, EXIT = 0x23, SESSION = 0x26, GAP = 0x27 };
enum { WINDOW = 0x30, PING = 0x31, PONG = 0x32 };
enum { WINDOW_SIZE = 1 << 20, LONGEST_FRAME = 65536 };

double now_ms(void);
// What is left of a session after its end (the worker's exit, systemd's cleaning) would be charged to the next one.
void settle(unsigned ms);
void *need(size_t count, size_t size);

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
// Asks for `sh -c SCRIPT`.
void postern_open(int fd, struct session *session, const char *script, unsigned flags);
// The next frame's type; its payload is left in `payload`, ended by NUL.
int next_frame(int fd);
extern __thread char payload[LONGEST_FRAME + 1];
extern __thread size_t payload_length;
void expect(int fd, int type);
// The value of a key in the payload.
const char *field(const char *key);
// Asks for the output from the session's start, as a mirror or as a writer that was never there.
void ask_to_attach(int fd, const struct session *session, bool read_only);
// Reads to the end, and closes.
void drain(int fd);

// A client's end of a session's output, which is counted and dropped.
struct stream {
    int fd;
    unsigned char header[5];
    char control[4097];
    size_t have, left, filled;
    uint64_t offset, told, received;
    bool ended;
};

// Reads once, and tells what was taken when that is a quarter of the window, as postern does. False at the end.
bool advance(struct stream *stream);
void tell(struct stream *stream);

double quantile(const double *values, size_t count, double q);
// key p50 p99
void print_times(const char *key, const double *times, size_t count);
// key RATIO LEAST MOST: of the medians, and its spread over parts of the run
void print_ratio(const char *key, const double *ours, const double *theirs, size_t count);
// key RATIO FROM TO: of two that ran one after the other, the median and the quartiles. For few and long runs: what
// else the machine does meanwhile is nearly the same for both.
void print_pairs(const char *key, const double *ours, const double *theirs, size_t count);

struct contender {
    double (*run)(const void *of);
    const void *of;
    double *values;
};
// Each contender once a round, in an order that chance decides, so that being first is nobody's advantage.
void in_turns(const struct contender *contenders, size_t count, size_t rounds, size_t warm_up);

// `-- A... -- B...` as two lists of arguments.
void command_lines(char **arguments, char **lines[2]);

int stay(int argc, char **argv);
void measure_mirrors(const char *path, size_t rounds, double mib, size_t mirrors);
