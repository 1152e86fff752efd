"""One session of the real client, with data in every direction at once, and what must be true of it afterwards."""
import hashlib
import os
import random
import re
import subprocess
import threading
import time

import proxy

KINDS = ["pipes", "terminal", "pipes", "terminal-on-pipes"]
LINGER = 60
# Lines of rising numbers, so that nothing can be lost, repeated or swapped without being seen. Their digits become
# the bytes that a terminal or a C string would stumble over. ^P and ^] are the client's own.
DIGITS = b"0123456789\n"
NASTY = b"\x00\x01\x03\x04\x0d\x11\x13\x1a\x1b\xff\n"
OCTAL = "".join(f"\\{byte:03o}" for byte in NASTY)
READY = b"READY\n"
# What the client itself says of lost connections, on pipes and on a terminal. No stream has such bytes.
NOTICES = re.compile(rb"postern: [^\n]*\n|\x1b7\x1b\[1;1H\x1b\[2K(\x1b\[7mpostern: .*?\x1b\[0m)?\x1b8")
START = f"""
    gen() {{ seq "$1" "$2" | tr '0-9\\n' '{OCTAL}'; }}
    mkdir -p "$1" && echo started >>"$1/starts" || exit 99
"""
ON_PIPES = START + 'gen "$3" "$4" & gen "$5" "$6" >&2 & sha256sum >"$1/stdin"; wait; exit "$2"'
ON_A_TERMINAL = START + (
    'stty raw -echo; echo READY; gen "$3" "$4" & head -c "$7" | sha256sum >"$1/stdin"; wait; exit "$2"')
REPORT = 'cat "$1/starts" "$1/stdin"; rm -rf "$1"'


class Stream:
    """What `seq first last` writes, in other bytes."""

    def __init__(self, chance):
        self.first = chance.randint(1_000_000, 4_000_000)
        self.last = self.first + int(2 ** chance.uniform(13, 18))  # 64 KiB to 2 MiB
        self.bytes = b"".join(b"%d\n" % n for n in range(self.first, self.last + 1)).translate(
            bytes.maketrans(DIGITS, NASTY))


class Session:
    """One session through a proxy of its own."""

    def __init__(self, number, arguments, directory, target, on_cut):
        chance = random.Random(f"{arguments.seed}/{number}")
        self.number, self.kind, self.target = number, KINDS[number % len(KINDS)], target
        self.bin, self.code = arguments.bin, chance.randint(0, 99)
        self.input, self.output, self.errors = Stream(chance), Stream(chance), Stream(chance)
        self.has_terminal = self.kind != "pipes"
        total = sum(len(stream.bytes) for stream in [self.input, self.output, self.errors])
        plans = proxy.plans(chance, total) if arguments.cuts else []
        self.path = f"{directory}/{number}"
        self.proxy = proxy.Proxy(self.path, target, plans, chance, on_cut)
        # Of the child, in the guest: this machine, where the workers are our own.
        self.folder = f"{'/tmp' if arguments.target_socket else directory}/postern-cuts-{os.urandom(8).hex()}"
        self.linger = [] if arguments.no_linger else [f"--linger={LINGER}"]
        self.ready = threading.Event()
        self.got = bytearray(), bytearray()

    def run(self, deadline):
        """Everything that was not as it should be, in words."""
        options, script = ("-it", ON_A_TERMINAL) if self.has_terminal else ("-i", ON_PIPES)
        numbers = [self.code, self.output.first, self.output.last, self.errors.first, self.errors.last]
        command = [f"{self.bin}/postern", "exec", options, *self.linger, f"unix:{self.path}", "--", "sh", "-c", script,
                   "sh", self.folder, *map(str, numbers), str(len(self.input.bytes))]
        if self.kind == "terminal":
            main, terminal = os.openpty()
            subprocess.run(["stty", "raw", "-echo"], stdin=terminal, check=True)
            theirs, ours = [terminal] * 3, [main, os.dup(main)]
        else:
            (stdin, write), (read, stdout), (read_errors, stderr) = os.pipe(), os.pipe(), os.pipe()
            theirs, ours = [stdin, stdout, stderr], [write, read, read_errors]
        client = subprocess.Popen(
            command, stdin=theirs[0], stdout=theirs[1], stderr=theirs[2], start_new_session=True)
        for end in set(theirs):
            os.close(end)
        jobs = zip([self.write, self.read, self.read], [self.input.bytes, *self.got], ours)
        threads = [threading.Thread(target=job, args=arguments, daemon=True) for job, *arguments in jobs]
        for thread in threads:
            thread.start()
        try:
            code = client.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            client.kill()
            code = f"{client.wait()}, since it did not end in time"
        self.ready.set()
        for thread in threads:
            thread.join(10)
        self.proxy.close()
        os.unlink(self.path)
        wrong = [] if code == self.code else [f"exit code {code}, not {self.code}"]
        return wrong + list(self.differences())

    def read(self, data, end):
        while True:
            try:
                piece = os.read(end, 65536)
            except OSError:  # a terminal that nobody has open any more
                piece = b""
            if not piece:
                return os.close(end)
            data += piece
            if READY[:-1] in data[:4096]:
                self.ready.set()

    def write(self, data, end):
        if self.has_terminal:
            self.ready.wait()
        try:
            with open(end, "wb") as stream:
                stream.write(data)
        except OSError:
            pass  # the child's digest tells

    def differences(self):
        expected = [READY + self.output.bytes, b""] if self.has_terminal else [self.output.bytes, self.errors.bytes]
        for name, got, wanted in zip(["stdout", "stderr"], self.got, expected):
            got = NOTICES.sub(b"", got)
            if got != wanted:
                at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
                yield (f"{name} differs from offset {at} on: {bytes(got[at:at + 24])}, not {wanted[at:at + 24]}; "
                       f"{len(got)} bytes, not {len(wanted)}; at the end {bytes(got[-160:])}")
        # Over a connection of its own, which nobody cuts: the child's files are the guest's.
        report = subprocess.run(
            ["timeout", "60", f"{self.bin}/postern", "exec", f"unix:{self.target}", "--", "sh", "-c", REPORT, "sh",
             self.folder], stdin=subprocess.DEVNULL, capture_output=True)
        words = report.stdout.decode().split()
        starts, digest = words.count("started"), hashlib.sha256(self.input.bytes).hexdigest()
        if starts != 1:
            yield f"the child was started {starts} times"
        if digest not in words:
            yield f"the child's stdin was not the {len(self.input.bytes)} bytes that were sent"
