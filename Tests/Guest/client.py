"""A small client for the guest tests: what `postern exec` would not send, and many sessions at a time."""
import os
import socket
import struct

KINDS = {
    "OPEN": 0x01, "ATTACH": 0x02, "LIST": 0x03, "ORDER": 0x04, "STDIN": 0x10, "STDIN_EOF": 0x11, "RESIZE": 0x12,
    "SIGNAL": 0x13, "DETACH": 0x14, "HANGUP": 0x15, "BYE": 0x16, "STARTED": 0x20, "STDOUT": 0x21, "STDERR": 0x22,
    "EXIT": 0x23, "ERROR": 0x24, "NOTICE": 0x25, "SESSION": 0x26, "GAP": 0x27, "WINDOW": 0x30, "PING": 0x31,
    "PONG": 0x32,
}
NAMES = {number: name for name, number in KINDS.items()}
PATH = "/run/postern/postern.sock"


def new_id():
    return os.urandom(16).hex()


class Connection:
    """A connection whose first frame is as the test wants it."""

    def __init__(self, kind, *fields, timeout=20, target=os.environ.get("TARGET", "")):
        self.socket = dial(target, timeout)
        self.send(kind, *fields)

    def send(self, kind, *fields):
        self.send_bytes(kind, b"".join(b"%s=%s\0" % (str(k).encode(), str(v).encode()) for k, v in fields))

    def send_bytes(self, kind, payload):
        self.socket.sendall(struct.pack(">BI", KINDS[kind], len(payload)) + payload)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError(f"the connection ended after {data!r}")
            data += piece
        return data

    def frame(self):
        """The next frame: its name, and its fields, or its bytes."""
        kind, length = struct.unpack(">BI", self.exactly(5))
        payload = self.exactly(length)
        if NAMES[kind] in ("STDOUT", "STDERR"):
            return NAMES[kind], payload
        return NAMES[kind], dict(f.split("=", 1) for f in payload.decode().split("\0") if f)

    def until(self, *names):
        """Reads up to a frame of one of these names; gives it, and the output before it."""
        output = b""
        while True:
            name, content = self.frame()
            if name in names:
                return name, content, output
            if name in ("STDOUT", "STDERR"):
                output += content

    def finish(self):
        """Reads to the end, says BYE; gives the fields of EXIT and all output."""
        name, content, output = self.until("EXIT", "ERROR")
        assert name == "EXIT", (name, content)
        self.send_bytes("BYE", b"")
        self.socket.close()
        return content, output


class Session(Connection):
    """A new session. Its id and token are in `id` and `token`."""

    def __init__(self, *arguments, timeout=20, target=os.environ.get("TARGET", ""), id=None, token=None, limit=1 << 40,
                 **fields):
        self.id = id or new_id()
        self.token = token or new_id()
        everything = [("version", 1), ("session", self.id), ("token", self.token), ("limit", limit)]
        everything += [("arg", argument) for argument in arguments]
        everything += [(key.replace("_", "-"), value) for key, value in fields.items()]
        super().__init__("OPEN", *everything, timeout=timeout, target=target)


class Attached(Connection):
    """A client that comes to a session that there is; `fields` may replace what it says by itself."""

    def __init__(self, session, timeout=20, target=os.environ.get("TARGET", ""), **fields):
        everything = {"version": 1, "session": session, "token": new_id(), "window": 1 << 40}
        everything.update((key.replace("_", "-"), value) for key, value in fields.items())
        super().__init__("ATTACH", *((k, v) for k, v in everything.items() if v is not None), timeout=timeout,
                         target=target)


def frames(data):
    """The whole frames that `data` begins with, by name and payload."""
    position = 0
    while len(data) - position >= 5:
        kind, length = struct.unpack(">BI", data[position:position + 5])
        if len(data) - position - 5 < length:
            return
        yield NAMES[kind], data[position + 5:position + 5 + length]
        position += 5 + length


def dial(target, timeout=20):
    if target.startswith("vsock:"):
        connection = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        cid, _, port = target[6:].partition(":")
        connection.connect((int(cid), int(port or 722)))
        return connection
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    connection.connect(target.removeprefix("unix:") or PATH)
    return connection
