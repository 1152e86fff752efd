// Measures sessions from the client's side, in the guest: one process, all contenders in turns.
//
//   driver PART SCALE
//       does that part; SCALE is 1, or less for a quick look. Prints `WORKLOAD PEER VALUE` for each single measurement, in
//       the order in which they were made. Times are in ms, rates in 1/s or MiB/s, memory in KiB.
//   driver pass SOCKET
//       connects, and passes the connection over stdout: ssh's ProxyCommand, with ProxyUseFdpass.
//
// A session's time runs from connect(2), or of a command line from its fork, until its end is known to whoever asked:
// Postern's EXIT frame, the others' end of file, the command's exit.
#define _GNU_SOURCE
#include "bench.h"
#include "guest.h"
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

double scale = 1;

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

size_t scaled(size_t count, size_t least) {
    size_t less = (size_t)((double)count * scale);
    return less > least ? less : least;
}

void tell(const char *workload, const char *who, double value) {
    printf("%s %s %.4f\n", workload, who, value);
}

void in_turns(const char *workload, const struct contender *contenders, size_t count, size_t rounds, size_t warm_up,
              unsigned settle_ms) {
    size_t order[16];
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
            if (contender->every && round % contender->every != 0)
                continue;
            double value = contender->run(contender->of);
            if (round >= warm_up)
                tell(workload, contender->name, value);
            settle(settle_ms);
        }
    }
}

static void pass(const char *path) {
    char byte = 0, space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fd = connect_to(path);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(STDOUT_FILENO, &message, 0) < 0)
        err(1, "sendmsg");
}

static const struct {
    const char *name;
    void (*measure)(void);
} parts[] = {
    {"session", measure_sessions}, {"rate", measure_rates},     {"throughput", measure_throughput},
    {"keys", measure_keys},        {"signal", measure_signals}, {"bulk", measure_bulk},
    {"many", measure_many},        {"cpu", measure_cpu},        {"client", measure_client},
    {"attach", measure_attach},    {"linger", measure_linger},  {"mirrors", measure_mirrors},
    {"container", measure_containers},
};

int main(int argc, char **argv) {
    if (argc != 3)
        errx(2, "see the head of driver.c");
    if (strcmp(argv[1], "pass") == 0) {
        pass(argv[2]);
        return 0;
    }
    // A thousand connections; and whatever hangs is a failure, not a wait.
    struct rlimit files = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &files);
    alarm(600);
    // Whole lines, whatever ends this.
    setvbuf(stdout, NULL, _IOLBF, 0);
    scale = strtod(argv[2], NULL);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(argv[1], parts[i].name) == 0) {
            keep_moving(true);
            parts[i].measure();
            keep_moving(false);
            return 0;
        }
    errx(2, "%s: no such part", argv[1]);
}
