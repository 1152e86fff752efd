// Sockets: addresses and control messages whose structures and macros Swift cannot import.

#define _GNU_SOURCE
#include "CPostern.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(int fd) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int unix_address(struct sockaddr_un *address, const char *path, size_t length) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, length);
    return 0;
}

int postern_connect_unix(const char *path, size_t length, int type, const char **call) {
    struct sockaddr_un address;
    *call = "connect";
    if (unix_address(&address, path, length) < 0) return -1;
    *call = "socket";
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    *call = "connect";
    while (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        if (errno != EINTR) return fail(fd);
    return fd;
}

/// A source port below 1024 proves CAP_NET_BIND_SERVICE to the guest. 1 bound, 0 may not, -1 none free.
///
/// The search starts anywhere: a port that was just given up is free here, while the guest's PID 1 holds its end of
/// the old connection until the unit is dead, and answers the same pair of ports with a reset.
static int bind_reserved(int fd) {
    unsigned first = 0;
    (void)!getrandom(&first, sizeof first, GRND_NONBLOCK);
    for (unsigned i = 0; i < 1023; i++) {
        unsigned port = 1 + (first % 1023 + i) % 1023;
        struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = port};
        if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0) return 1;
        if (errno == EACCES) return 0;
        if (errno != EADDRINUSE) return -1;
    }
    return -1;
}

int postern_connect_vsock(uint32_t cid, uint32_t port, int reserved, unsigned milliseconds, const char **call) {
    *call = "socket";
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    *call = "bind";
    if (reserved && bind_reserved(fd) < 0) return fail(fd);
    *call = "setsockopt";
    struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    if (setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit, sizeof limit) < 0) return fail(fd);
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
    *call = "connect";
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS && errno != EINTR)
        return fail(fd);
    return fd;
}

int postern_listen_unix(const char *path, size_t length, int type) {
    struct sockaddr_un address;
    if (unix_address(&address, path, length) < 0) return -1;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0) return fail(fd);
    return fd;
}

int postern_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }
int postern_socketpair(int ends[2], int type) { return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends); }

int postern_peer_ucred(int fd, struct postern_ucred *peer) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) return -1;
    *peer = (struct postern_ucred){.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
    return 0;
}

int postern_peer_address(int fd, uint32_t *cid, uint32_t *port) {
    union {
        struct sockaddr any;
        struct sockaddr_vm vm;
        struct sockaddr_storage storage;
    } address;
    memset(&address, 0, sizeof address);
    socklen_t length = sizeof address;
    if (getpeername(fd, &address.any, &length) < 0) return -1;
    if (address.any.sa_family == AF_VSOCK) {
        *cid = address.vm.svm_cid;
        *port = address.vm.svm_port;
    }
    return address.any.sa_family;
}

int postern_socket_option(int fd, int option) {
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &length) < 0 ? -1 : value;
}

int postern_family_vsock(void) { return AF_VSOCK; }

ssize_t postern_send_parts(int socket, const void *head, size_t head_length, const void *first, size_t first_length,
                           const void *second, size_t second_length) {
    struct iovec parts[3] = {{(void *)(uintptr_t)head, head_length},
                             {(void *)(uintptr_t)first, first_length},
                             {(void *)(uintptr_t)second, second_length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = second_length > 0 ? 3 : 2};
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t postern_send_fd(int socket, const void *bytes, size_t length, int fd) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t postern_receive_fd(int socket, void *bytes, size_t length, int *fd) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};
    // CMSG_LEN, not the padded CMSG_SPACE: room for exactly one, so that the kernel drops any further one
    // itself.
    *fd = -1;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (received < 0) return -1;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at))
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS && at->cmsg_len == CMSG_LEN(sizeof(int)))
            memcpy(fd, CMSG_DATA(at), sizeof *fd);
    return received;
}
