// Those who are compared, and a session with any of them.
#pragma once
#include "postern.h"
#include <sys/types.h>

enum { WORKER, REFERENCE, SOCAT, SSH, SSH_TTY, RUN_PIPE, RUN_PTY, EXEC, EXEC_STDIN, EXEC_TTY, EXEC_LINGER, EXEC_TTY_LINGER, LXC,
       LXC_BY_HAND, PEERS };

// Makes, enters and removes a container: see peers.bash.
#define BY_HAND "/usr/libexec/bench-lxc"

struct peer {
    const char *name;
    enum { FRAMES, NUL_ENDED, ONE_PER_JOB, COMMAND } kind;
    // A unix socket, for ONE_PER_JOB its beginning; of a COMMAND the words before those of the job.
    const char *path;
    const char *const *words;
    // Where its sessions run, as a path below /sys/fs/cgroup.
    const char *cgroup;
};
extern const struct peer peers[PEERS];

// What a session runs: `sh -c SCRIPT`, or without a script the program NAME.
struct job {
    const char *name, *script;
};

// A session, as its client holds it.
struct link {
    const struct peer *peer;
    int fd;
    // Of a COMMAND.
    pid_t pid;
    // Output: what was received, its beginning as a string, whether all of it was.
    uint64_t received;
    char first[256];
    bool ended;
    // Of FRAMES: the frame under way, offsets of the output, and of stdin.
    struct session session;
    unsigned char header[5];
    char control[4097];
    size_t have, left, filled;
    uint64_t offset, told, sent, limit;
};

void link_open(struct link *link, const struct peer *peer, const struct job *job, unsigned flags);
// A connection that attaches to a session of the worker.
void link_attach(struct link *link, const struct peer *peer, const struct session *session, bool read_only);
// Reads once; tells a worker what was taken when that is a quarter of the window, as postern does. False at the end.
bool link_read(struct link *link);
// Until the first output has this text in it.
void link_read_text(struct link *link, const char *text);
// Says now what was taken.
void link_tell(struct link *link);
// Sends one byte. Blocks.
void link_type(struct link *link, char byte);
// Sends some of `length` zeros, if that is possible now. How many it were.
size_t link_feed(struct link *link, size_t length);
// Until the session has ended well.
void link_wait(struct link *link);
// Leaves it, however it is.
void link_close(struct link *link);
