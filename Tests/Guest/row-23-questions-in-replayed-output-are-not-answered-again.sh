#!/usr/bin/env bash
# needs: postern
# A program asks the terminal where its cursor is: once while somebody is there, once while nobody is, and once again
# afterwards. Each terminal answers what it is asked, and the program gets just two answers.
. "$(dirname "$0")/sessions.bash"

serve
cat >asks.py <<'PYTHON'
import os, signal, sys
def ask(*_): os.write(1, b"asking\x1b[6n\x1b[5n\x1b[c\x1b]10;?\x07asked\r\n")
signal.signal(signal.SIGUSR1, ask)
print("ready", end="\r\n", flush=True)
while True:
    typed = os.read(0, 4096)
    with open(sys.argv[1], "ab") as file: file.write(typed)
PYTHON
cat >terminal.py <<'PYTHON'
import os, select, signal, time

ANSWERS = {b"\x1b[6n": b"\x1b[12;34R", b"\x1b[5n": b"\x1b[0n", b"\x1b[c": b"\x1b[?1;2c",
           b"\x1b]10;?\x07": b"\x1b]10;rgb:ffff/ffff/ffff\x07"}

class Terminal:
    """One that answers as terminals do."""
    def __init__(self, *command):
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            os.execvp(command[0], command)
        self.shown = b""
        self.answered = 0
    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"in vain: {self.shown!r}")
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.shown += os.read(self.fd, 4096)
                except OSError:
                    return
                for question, answer in ANSWERS.items():
                    while self.shown.count(question) > self.shown.count(question + b"!"):
                        self.shown = self.shown.replace(question, b"<asked>", 1)
                        os.write(self.fd, answer)
                        self.answered += 1
    def shows(self, text, count=1): self.until(lambda: self.shown.count(text) >= count)

target, log, name = os.environ["TARGET"], os.path.abspath("answers"), "asks"
def heard(count): return lambda: os.path.exists(log) and open(log, "rb").read().count(b"R") >= count
def ask(): os.kill(int(open("pid").read()), signal.SIGUSR1)

first = Terminal("postern", "exec", "-it", "--name", name, "--detach-keys", "ctrl-p,ctrl-q", target, "--",
                 "sh", "-c", f"stty raw -echo; echo $$ >{os.path.abspath('pid')}; exec python3 {os.path.abspath('asks.py')} {log}")
first.shows(b"ready")
ask()
first.until(heard(1))
first.shows(b"asked")
assert first.answered == 4, first.shown
os.write(first.fd, b"\x10\x11")
first.shows(b"detached")

ask()
second = Terminal("postern", "attach", "--since", "0", target, name)
second.shows(b"asked", 2)
assert b"ready" in second.shown and second.shown.count(b"asking") == 2, second.shown
assert second.answered == 0, second.shown
os.write(second.fd, b"typed")
second.until(lambda: b"typed" in open(log, "rb").read())
ask()
second.until(heard(2))
second.shows(b"asked", 3)
assert second.answered == 4, second.shown
answers = b"".join(ANSWERS.values())
# Each answer comes by itself, and the last ones may still be under way.
second.until(lambda: os.path.getsize(log) >= 2 * len(answers) + len(b"typed"))
got = open(log, "rb").read()
assert got == answers + b"typed" + answers, got
PYTHON
python3 terminal.py
postern rm "$TARGET" asks >/dev/null
nothing_left
