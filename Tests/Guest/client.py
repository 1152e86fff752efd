"""A small client for the guest tests: what `postern exec` would not send, and many sessions at a time."""
import os
import socket
import struct

KINDS = {
    "OPEN": 0x01, "STDIN": 0x10, "STDIN_EOF": 0x11, "SIGNAL": 0x13, "HANGUP": 0x15, "BYE": 0x16, "STARTED": 0x20,
    "STDOUT": 0x21, "STDERR": 0x22, "EXIT": 0x23, "ERROR": 0x24, "NOTICE": 0x25, "WINDOW": 0x30, "PING": 0x31,
    "PONG": 0x32,
}
NAMES = {number: name for name, number in KINDS.items()}
PATH = "/run/postern/postern.sock"


class Session:
    def __init__(self, *arguments, timeout=20, target=os.environ.get("TARGET", ""), **fields):
        self.socket = dial(target, timeout)
        self.id = os.urandom(16).hex()
        everything = [("version", 1), ("session", self.id), ("token", os.urandom(16).hex()), ("limit", 1 << 40)]
        everything += [("arg", argument) for argument in arguments]
        everything += [(key.replace("_", "-"), value) for key, value in fields.items()]
        self.send("OPEN", *everything)

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
