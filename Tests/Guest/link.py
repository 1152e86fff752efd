"""A way to a socket that a test can break.

    usage: link.py DIRECTORY TARGET [idle=SECONDS] [lose-answers=COUNT]

It listens on DIRECTORY/sock, connects to TARGET (a path, or vsock:CID:PORT) for every client, and passes bytes on. DIRECTORY/N.up and N.down hold
what the Nth connection has carried from its client and to it. A cut connection is cut at both ends, with all that was
under way.
    SIGUSR1       cuts all connections
    SIGUSR2       the same, and from now on nobody gets through; again: somebody does
    idle          cuts a connection that has carried nothing for so long
    lose-answers  cuts so many connections when the first answer comes, which is lost
"""
import os
import selectors
import signal
import socket
import sys
import time

HELD = 64 * 1024


class Way:
    """One direction of a connection."""

    def __init__(self, source, sink, path):
        self.source, self.sink = source, sink
        self.held = b""
        self.record = open(path, "wb", buffering=0)


class Link:
    def __init__(self, client, server, path):
        self.ways = [Way(client, server, path + ".up"), Way(server, client, path + ".down")]
        self.last = time.monotonic()


class Switchboard:
    def __init__(self, directory, target, idle=None, lose_answers=0):
        self.directory, self.target = directory, target
        self.idle, self.answers_to_lose = idle, lose_answers
        self.links, self.count, self.calls, self.is_down = [], 0, 0, False
        self.wishes = []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # There under its name only when it listens.
        self.listener.bind(directory + "/new")
        self.listener.listen(64)
        os.rename(directory + "/new", directory + "/sock")

    def dial(self):
        if not self.target.startswith("vsock:"):
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.connect(self.target)
            return server
        server = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
        # A port that only root may have, another one each time: the guest may not have let go of the last.
        self.calls += 1
        server.bind((socket.VMADDR_CID_ANY, 100 + self.calls))
        server.connect(tuple(int(number) for number in self.target.split(":")[1:]))
        return server

    def cut(self, link):
        self.links.remove(link)
        for way in link.ways:
            way.source.close()

    def accept(self):
        client, _ = self.listener.accept()
        if self.is_down:
            return client.close()
        try:
            server = self.dial()
        except OSError:
            return client.close()
        client.setblocking(False)
        server.setblocking(False)
        self.count += 1
        self.links.append(Link(client, server, f"{self.directory}/{self.count}"))

    def move(self, link, way):
        """False when the connection is over."""
        try:
            if not way.held:
                way.held = way.source.recv(HELD)
                if not way.held:
                    return False
                if way is link.ways[1] and self.answers_to_lose > 0:
                    self.answers_to_lose -= 1
                    return False
            sent = way.sink.send(way.held)
        except BlockingIOError:
            return True
        except OSError:
            return False
        way.record.write(way.held[:sent])
        way.held = way.held[sent:]
        link.last = time.monotonic()
        return True

    def run(self):
        alarm, waker = socket.socketpair()
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno())
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, lambda number, _: self.wishes.append(number))
        while True:
            with selectors.DefaultSelector() as selector:
                selector.register(alarm, selectors.EVENT_READ)
                selector.register(self.listener, selectors.EVENT_READ)
                for link in self.links:
                    for end in (0, 1):
                        reads = 0 if link.ways[end].held else selectors.EVENT_READ
                        writes = selectors.EVENT_WRITE if link.ways[1 - end].held else 0
                        if reads | writes:
                            selector.register(link.ways[end].source, reads | writes)
                ready = {key.fileobj for key, _ in selector.select(0.1 if self.idle else None)}
            if alarm in ready:
                alarm.recv(64)
            while self.wishes:
                if self.wishes.pop(0) == signal.SIGUSR2:
                    self.is_down = not self.is_down
                for link in list(self.links):
                    self.cut(link)
            for link in list(self.links):
                over = any(
                    (way.source in ready or way.sink in ready) and not self.move(link, way) for way in link.ways)
                if over or self.idle and time.monotonic() - link.last > self.idle:
                    self.cut(link)
            if self.listener in ready:
                self.accept()


options = dict(word.split("=") for word in sys.argv[3:])
Switchboard(
    sys.argv[1], sys.argv[2], idle=float(options["idle"]) if "idle" in options else None,
    lose_answers=int(options.get("lose-answers", 0)),
).run()
