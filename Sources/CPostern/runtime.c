/*
 * Parts of Swift's static runtime that cost each short session and serve none. An archive's member is only linked for a
 * symbol that nobody has defined, so what stands here keeps the original out. Release builds only: a debugger's build wants
 * them, and links the runtime dynamically. Swift 6.3.
 */
#ifdef POSTERN_LEAN

#include <stddef.h>

static char **arguments;
static int count;

/* The C runtime hands the arguments to initialisers, too. CommandLine.cpp searches the stack for them before main, and
 * reads the stack's end out of /proc/self/maps: a tenth of all that a short session's worker executes. */
__attribute__((constructor)) static void keep(int argc, char **argv, char **envp) {
    (void)envp;
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

/* Where is swift-backtrace? Asked before main, at eight places, for a crash that systemd's core dump is there for. */
char *swift_copyAuxiliaryExecutablePath(const char *directory, const char *name) {
    (void)directory;
    (void)name;
    return NULL;
}

#endif
