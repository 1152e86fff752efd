// In place of what the static Swift runtime does at each start of a process, before main and whether it is wanted or not.
// Checked with Swift 6.3; where a later one has other names, this is dead code and costs nothing.
#include <stddef.h>
#include "CStartup.h"

// CommandLine.arguments. The runtime finds them by reading all of /proc/self/maps with sscanf(3): a twelfth of the
// instructions of a short session. glibc passes them to every constructor. As long as both functions of the runtime's
// CommandLine.cpp are defined here, that file stays in its archive.
static char **arguments;
static int count;

__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    arguments = argv;
    count = argc;
}

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
