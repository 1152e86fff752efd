"""A proxy between unix sockets that cuts what passes it, for a while."""
import select
import socket
import struct
import threading
import time

EXIT = 0x23  # the worker's last frame
BYE_SIZE = 5
AT_EXIT = "at EXIT"


def plans(random, total):
    """How a session's connections are cut, one after the other: after how many bytes over both directions, or where
    EXIT and BYE pass. The connections after the last plan live."""
    cuts, late = random.randint(5, 40), random.randint(0, 4)
    return [cut_after(random, 2 * total // cuts) for _ in range(cuts - late)] + [AT_EXIT] * late


def cut_after(random, share):
    # Nearly at once; inside OPEN, ATTACH or STARTED; soon after; among the data.
    least, most = random.choices([(0, 12), (0, 500), (400, 8000), (8000, max(share, 100_000))], [20, 35, 15, 30])[0]
    return random.randint(least, most)


class ExitFinder:
    """Follows the worker's frames, however they come in pieces."""

    def __init__(self):
        self.unread, self.skip = b"", 0

    def find(self, piece):
        """Where EXIT begins in this piece, and its size; None when it does not."""
        before = len(self.unread)
        self.unread += piece
        while len(self.unread) >= self.skip + 5:
            kind, size = struct.unpack_from(">BI", self.unread, self.skip)
            if kind == EXIT:
                return max(0, self.skip - before), 5 + size
            self.skip += 5 + size
        self.unread, self.skip = self.unread[self.skip:], max(0, self.skip - len(self.unread))
        return None


class Proxy(threading.Thread):
    """Listens at `path` and passes connections on to `target`, each in a thread of its own, until it is closed."""

    def __init__(self, path, target, plans, random, on_cut=lambda: None):
        super().__init__(daemon=True)
        self.target, self.plans, self.random, self.on_cut = target, list(plans), random, on_cut
        self.cuts, self.listener = 0, socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            Connection(self, client, self.plans.pop(0) if self.plans else float("inf")).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # which wakes accept(), as close() does not
        self.listener.close()


class Connection(threading.Thread):
    def __init__(self, proxy, client, plan):
        super().__init__(daemon=True)
        self.proxy, self.client, self.random = proxy, client, proxy.random
        self.exit = ExitFinder() if plan == AT_EXIT else None
        self.left = float("inf") if plan == AT_EXIT else plan

    def run(self):
        with self.client, socket.socket(socket.AF_UNIX) as self.worker:
            self.other = {self.client: self.worker, self.worker: self.client}
            self.waiting = {self.client: b"", self.worker: b""}  # what each is still to be sent
            self.beyond = {self.client: b"", self.worker: b""}  # what was read, and is beyond the cut
            try:
                self.worker.connect(self.proxy.target)
                if self.pass_on():
                    self.proxy.cuts += 1
                    self.proxy.on_cut()
                    self.cut()
            except OSError:
                pass  # an end that is gone is what this is about

    def pass_on(self, muted=None, until=None):
        """Passes bytes on until none are left, or the time has come (true), or an end has closed (false).
        What `muted` says is read, and lost."""
        while self.left > 0 or any(self.waiting.values()):
            reads = [end for end in self.other if not self.waiting[self.other[end]] and self.left > 0]
            writes = [end for end in self.waiting if self.waiting[end]]
            patience = None if until is None else until - time.monotonic()
            if patience is not None and patience <= 0:
                return True
            readable, writable, _ = select.select(reads, writes, [], patience)
            for end in writable:
                sent = end.send(self.waiting[end], socket.MSG_DONTWAIT)
                self.waiting[end] = self.waiting[end][sent:]
            for end in readable:
                piece = end.recv(65536)
                if not piece:
                    self.other[end].sendall(self.waiting[self.other[end]])
                    return False
                if end is not muted:
                    self.take(end, piece)
        return True

    def take(self, end, piece):
        if end is self.worker and self.exit:
            if found := self.exit.find(piece):
                self.left, self.exit = found[0] + self.random.randint(0, found[1] + 2 * BYE_SIZE), None
        passed = piece[:int(min(self.left, len(piece)))]
        self.left -= len(passed)
        self.waiting[self.other[end]] += passed
        self.beyond[self.other[end]] += piece[len(passed):]

    def cut(self):
        """What is in flight is lost: in one direction first, and then both; with a reset where bytes are unread."""
        if self.random.random() < 0.4:
            muted = self.random.choice([self.client, self.worker])
            self.waiting[muted], self.left = self.beyond[muted], float("inf")
            self.pass_on(muted, time.monotonic() + self.random.uniform(0, 0.3))
        if self.random.random() < 0.3:
            select.select([self.client, self.worker], [], [], 0.05)
            return  # closed by whoever made them
        for end in self.other:
            end.shutdown(socket.SHUT_RDWR)
            while end.recv(65536):
                pass
