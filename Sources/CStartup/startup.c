#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include "CStartup.h"

// ---- The command line: glibc passes it to every constructor

static char **arguments;
static int count;

__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    arguments = argv;
    count = argc;
}

char **postern_arguments(void) { return arguments; }

// ---- In place of what the static Swift runtime does at each start, before main and whether it is wanted or not. Checked with
// Swift 6.3; where a later one has other names, this is dead code and costs nothing.

// For CommandLine.arguments. The runtime finds them by reading all of /proc/self/maps with sscanf(3). As long as both
// functions of its CommandLine.cpp are defined here, that file stays in its archive.
char **_swift_stdlib_getUnsafeArgvArgc(int *length) {
    *length = count;
    return arguments;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc) {
    arguments = argv;
    count = argc;
}

// The runtime looks in eight places for swift-backtrace, which no guest has. --wrap in Package.swift leads here.
char *__wrap_swift_copyAuxiliaryExecutablePath(const char *kind, const char *name);
char *__wrap_swift_copyAuxiliaryExecutablePath(const char *kind, const char *name) {
    (void)kind;
    (void)name;
    return NULL;
}

// ---- In place of what Embedded Swift takes from elsewhere

// Its hash tables round up once. For that alone the loader would have to find libm and map it.
double ceil(double value);
double ceil(double value) {
    // From 2^52 on there are whole numbers only, and what is no number stays that.
    if (!(value > -0x1p52 && value < 0x1p52))
        return value;
    double whole = (double)(int64_t)value;
    return whole < value ? whole + 1 : whole;
}

// It seeds them with this, which glibc has from 2.36 on. So few bytes come whole, and without fail.
void arc4random_buf(void *bytes, size_t length);
void arc4random_buf(void *bytes, size_t length) {
    while (getrandom(bytes, length, 0) < 0)
        continue;
}
