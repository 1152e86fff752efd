// See peer.h.
#define _GNU_SOURCE
#include "peer.h"
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGET "unix:/run/postern/postern.sock"
#define WORDS(...) (const char *const[]){__VA_ARGS__, NULL}

// sshd and the units of the others: see peers.bash.
const struct peer peers[PEERS] = {
    [WORKER] = {"worker", FRAMES, "/run/postern/postern.sock", NULL, "postern.slice"},
    [REFERENCE] = {"c-worker", NUL_ENDED, "/run/postern/reference.sock", NULL, "bench.slice/bench-reference.slice"},
    [SOCAT] = {"socat", ONE_PER_JOB, "/run/postern/socat-", NULL, "bench.slice/bench-socat.slice"},
    [SSH] = {"ssh", COMMAND, NULL, WORDS("ssh", "-F", "/etc/bench/ssh_config", "guest"), "bench.slice/bench-sshd.slice"},
    [SSH_TTY] = {"ssh-tt", COMMAND, NULL, WORDS("ssh", "-tt", "-F", "/etc/bench/ssh_config", "guest"),
                 "bench.slice/bench-sshd.slice"},
    [RUN_PIPE] = {"systemd-run-pipe", COMMAND, NULL,
                  WORDS("systemd-run", "--quiet", "--collect", "--wait", "--pipe", "--slice=bench-run.slice"),
                  "bench.slice/bench-run.slice"},
    [RUN_PTY] = {"systemd-run-pty", COMMAND, NULL,
                 WORDS("systemd-run", "--quiet", "--collect", "--wait", "--pty", "--slice=bench-run.slice"),
                 "bench.slice/bench-run.slice"},
    [EXEC] = {"postern-exec", COMMAND, NULL, WORDS("postern", "exec", TARGET), "postern.slice"},
    [EXEC_STDIN] = {"postern-exec-i", COMMAND, NULL, WORDS("postern", "exec", "-i", TARGET), "postern.slice"},
    [EXEC_TTY] = {"postern-exec-it", COMMAND, NULL, WORDS("postern", "exec", "-it", TARGET), "postern.slice"},
    [EXEC_LINGER] = {"linger", COMMAND, NULL, WORDS("postern", "exec", "--linger=60", TARGET), "postern.slice"},
    [EXEC_TTY_LINGER] = {"linger", COMMAND, NULL, WORDS("postern", "exec", "--linger=60", "-it", TARGET),
                         "postern.slice"},
    [LXC] = {"postern-lxc", FRAMES, "/run/postern/postern-lxc.sock", NULL, "postern.slice"},
    [LXC_BY_HAND] = {"lxc-start-and-attach", COMMAND, NULL, WORDS(BY_HAND, "enter"), NULL},
};

// MARK: - Opening

// ssh takes one word for the remote shell, the others take words.
static void start_command(struct link *link, const struct peer *peer, const struct job *job, unsigned flags) {
    const char *arguments[16];
    size_t count = 0;
    int pair[2];
    for (const char *const *word = peer->words; *word; word++)
        arguments[count++] = *word;
    if (!job->script)
        arguments[count++] = job->name;
    else if (strcmp(peer->words[0], "ssh") == 0)
        arguments[count++] = job->script;
    else {
        arguments[count++] = "sh";
        arguments[count++] = "-c";
        arguments[count++] = job->script;
    }
    arguments[count] = NULL;
    if (flags & TTY) {
        link->pid = forkpty(&link->fd, NULL, NULL, NULL);
    } else {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
            err(1, "socketpair");
        link->fd = pair[0];
        link->pid = fork();
    }
    if (link->pid < 0)
        err(1, "fork");
    if (link->pid == 0) {
        if (!(flags & TTY)) {
            dup2(pair[1], STDIN_FILENO);
            dup2(pair[1], STDOUT_FILENO);
        }
        execvp(arguments[0], (char **)arguments);
        _exit(127);
    }
    if (flags & TTY)
        fcntl(link->fd, F_SETFD, FD_CLOEXEC);
    else
        close(pair[1]);
}

// See reference-worker.c.
static void ask_reference(int fd, const struct job *job, unsigned flags) {
    const char *words[] = {flags & TTY ? "tty" : "pipes", job->script ? "sh" : job->name, "-c", job->script, NULL};
    char request[512];
    size_t length = 0;
    for (size_t i = 0; i < (job->script ? 4 : 2); i++)
        length += strlen(strcpy(request + length, words[i])) + 1;
    request[length++] = 0;
    send_all(fd, request, length);
}

void link_open(struct link *link, const struct peer *peer, const struct job *job, unsigned flags) {
    char text[512];
    memset(link, 0, sizeof *link);
    link->peer = peer;
    switch (peer->kind) {
    case FRAMES:
        link->fd = connect_to(peer->path);
        postern_open(link->fd, &link->session, job->script ? WORDS("sh", "-c", job->script) : WORDS(job->name), flags);
        break;
    case NUL_ENDED:
        link->fd = connect_to(peer->path);
        ask_reference(link->fd, job, flags);
        break;
    case ONE_PER_JOB:
        snprintf(text, sizeof text, "%s%s.sock", peer->path, job->name);
        link->fd = connect_to(text);
        break;
    case COMMAND:
        start_command(link, peer, job, flags);
        break;
    }
}

void link_attach(struct link *link, const struct peer *peer, const struct session *session, bool read_only) {
    memset(link, 0, sizeof *link);
    link->peer = peer;
    link->fd = connect_to(peer->path);
    ask_to_attach(link->fd, session, read_only);
}

// MARK: - Reading

static uint64_t number_in(const struct link *link, const char *key) {
    const char *value = field_of(link->control, link->filled, key);
    return value ? strtoull(value, NULL, 10) : 0;
}

static void take_control(struct link *link) {
    link->control[link->filled] = 0;
    switch (link->header[0]) {
    case EXIT: link->ended = true; break;
    case GAP: link->offset = number_in(link, "offset"); break;
    case PING: send_empty(link->fd, PONG); break;
    case STARTED:
        snprintf(link->session.pid, sizeof link->session.pid, "%llu", (unsigned long long)number_in(link, "pid"));
        link->offset = link->told = number_in(link, "offset");
        link->limit = number_in(link, "limit");
        break;
    case WINDOW: link->limit = number_in(link, "limit"); break;
    case ERROR: errx(1, "%s: %s", link->peer->name, field_of(link->control, link->filled, "text"));
    default: errx(1, "an unexpected frame of type %02x: %s", link->header[0], link->control);
    }
}

static void take_output(struct link *link, const char *bytes, size_t count) {
    if (link->received < sizeof link->first - 1) {
        size_t room = sizeof link->first - 1 - (size_t)link->received;
        memcpy(link->first + link->received, bytes, count < room ? count : room);
    }
    link->offset += count;
    link->received += count;
}

static void take_frames(struct link *link, const char *bytes, size_t count) {
    while (count > 0) {
        size_t part = 1;
        bool is_output = link->header[0] == STDOUT || link->header[0] == STDERR;
        if (link->have < sizeof link->header) {
            link->header[link->have++] = (unsigned char)*bytes;
            if (link->have == sizeof link->header) {
                uint32_t length;
                memcpy(&length, link->header + 1, 4);
                link->left = ntohl(length);
                link->filled = 0;
            }
        } else {
            part = count < link->left ? count : link->left;
            link->left -= part;
            if (is_output) {
                take_output(link, bytes, part);
            } else if (link->filled + part < sizeof link->control) {
                memcpy(link->control + link->filled, bytes, part);
                link->filled += part;
            }
        }
        bytes += part;
        count -= part;
        if (link->have == sizeof link->header && link->left == 0) {
            if (!(link->header[0] == STDOUT || link->header[0] == STDERR))
                take_control(link);
            link->have = 0;
        }
    }
}

void link_tell(struct link *link) {
    struct request request;
    begin(&request, WINDOW);
    put_number(&request, "consumed", link->offset);
    put_number(&request, "limit", link->offset + WINDOW_SIZE);
    send_request(link->fd, &request);
    link->told = link->offset;
}

bool link_read(struct link *link) {
    static __thread char buffer[4 * LONGEST_FRAME];
    if (link->ended)
        return false;
    ssize_t count = read(link->fd, buffer, sizeof buffer);
    if (count <= 0)
        return false;
    if (link->peer->kind != FRAMES) {
        take_output(link, buffer, (size_t)count);
        return true;
    }
    take_frames(link, buffer, (size_t)count);
    if (link->offset - link->told >= WINDOW_SIZE / 4 && !link->ended)
        link_tell(link);
    return !link->ended;
}

void link_read_text(struct link *link, const char *text) {
    while (!strstr(link->first, text))
        if (!link_read(link))
            errx(1, "%s ended without '%s': %s", link->peer->name, text, link->first);
}

// MARK: - Writing

void link_type(struct link *link, char byte) {
    if (link->peer->kind == FRAMES) {
        char frame[] = {STDIN, 0, 0, 0, 1, byte};
        send_all(link->fd, frame, sizeof frame);
        link->sent++;
    } else if (write(link->fd, &byte, 1) != 1) {
        err(1, "%s", link->peer->name);
    }
}

// A whole frame or none: sockets that have room for a part of one would need it kept.
static size_t feed_frame(struct link *link, size_t length) {
    static char frame[5 + LONGEST_FRAME] = {STDIN};
    uint64_t room = link->limit - link->sent;
    if (length > LONGEST_FRAME)
        length = LONGEST_FRAME;
    if (length > room)
        length = (size_t)room;
    if (length == 0)
        return 0;
    uint32_t size = htonl((uint32_t)length);
    memcpy(frame + 1, &size, 4);
    for (size_t sent = 0; sent < 5 + length;) {
        ssize_t count = send(link->fd, frame + sent, 5 + length - sent, MSG_NOSIGNAL | (sent ? 0 : MSG_DONTWAIT));
        if (count < 0 && errno == EAGAIN)
            return 0;
        if (count < 0)
            err(1, "%s", link->peer->name);
        sent += (size_t)count;
    }
    link->sent += length;
    return length;
}

size_t link_feed(struct link *link, size_t length) {
    static const char zeros[LONGEST_FRAME];
    if (link->peer->kind == FRAMES)
        return feed_frame(link, length);
    fcntl(link->fd, F_SETFL, O_RDWR | O_NONBLOCK);
    ssize_t count = write(link->fd, zeros, length < sizeof zeros ? length : sizeof zeros);
    int error = errno;
    fcntl(link->fd, F_SETFL, O_RDWR);
    if (count < 0 && error != EAGAIN)
        errx(1, "%s: %s", link->peer->name, strerror(error));
    return count > 0 ? (size_t)count : 0;
}

// MARK: - Ending

void link_wait(struct link *link) {
    int status = 0;
    while (link_read(link))
        continue;
    if (link->peer->kind == FRAMES && (!link->ended || !strstr(link->control, "code=0")))
        errx(1, "the session ended wrongly: %s", link->control);
    if (link->pid > 0 && waitpid(link->pid, &status, 0) < 0)
        err(1, "waitpid");
    link->pid = 0;
    if (status != 0)
        errx(1, "%s: status %d: %s", link->peer->name, status, link->first);
}

void link_close(struct link *link) {
    if (link->ended)
        send_empty(link->fd, BYE);
    close(link->fd);
    if (link->pid > 0) {
        // Its terminal, or its stdin, is gone.
        kill(link->pid, SIGTERM);
        waitpid(link->pid, NULL, 0);
    }
}
