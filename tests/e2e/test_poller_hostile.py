"""Servers that want to exhaust the poller (R-013 to R-015): more than a
thousand hostile responses at every step of a session.  Each ends its own
connection, with a reason in words; the others go on, and memory stays."""

import os
import pathlib
import threading

import pytest

from imap_model import Model
from polling import Polling
from server import VOLLEY
from whole import wait_for

GROWTH_KIB = 16 * 1024
# None of them ends a connection; each is told before one that does.
SURVIVED = [
    "* VANISHED 1:4294967295", "* VANISHED (EARLIER) 1:4294967295",
    "* 4294967295 EXISTS", "* 1 EXPUNGE", "* 0 EXISTS",
    "* OK [COPYUID 1 1:4294967295 1:4294967295] x",
    "* OK [APPENDUID 4294967295 1:4294967295] x",
    '* ESEARCH (TAG "other") UID ALL 1:4294967295',
    "* 1 FETCH (UID 7 RFC822.SIZE 9223372036854775807)",
    "* X {3}\r\nabc ({2}\r\nde) \"\xff\"", "* OK [ALERT] \xff\xfe",
]
FATAL = {
    "literal of 32 bits": b"* 1 FETCH (UID 1 BODY[HEADER]<0> {4294967295}",
    "literal of 63 bits": b"* 1 FETCH (BODY[] {9223372036854775807}",
    "literal without end": b"* {" + b"9" * 100000,
    "literal in a status": b"* LIST ({4294967295}",
    "nested": b"* 1 FETCH " + b"(" * 1000000,
    "values": b"* X" + b" a" * 1000000,
    "endless": b"x" * (2 << 20),
    "endless quotes": b'* LIST () "/" "' + b"y" * (2 << 20),
    "ranges": b"* VANISHED 1" + b"".join(b",%d" % (2 * n)
                                         for n in range(1, 100002)),
    "numbers": b"* SEARCH" + b"".join(b" %d" % (2 * n)
                                      for n in range(1, 100002)),
    "many literals": b"* 1 FETCH (UID 1" + b"".join(
        b" X%d {262144}\r\n%s" % (n, b"z" * 262144) for n in range(9)) + b")",
    "NUL": b"* OK a\0b",
    "garbage": b"* \xff\0\xfe ((",
    "no message": b"* 0 FETCH (UID 1)",
}
STEPS = ["greeting", "CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH",
         "UID FETCH", "IDLE"]
ONE_BY_ONE = threading.Lock()  # what one server may cost


class Hostile(Model):
    def __init__(self, step, fatal):
        super().__init__()
        self.step, self.fatal, self.told = step, fatal, 0
        self.folder("INBOX").add("Subject: x\n\nHello.\n")
        if step == "greeting":
            self.greeting = b"* OK hello\r\n" + self.all()

    def all(self):
        self.told += 2 * len(SURVIVED) + 1
        return "".join(f"{line}\r\n" for line in SURVIVED * 2).encode(
            "latin-1") + self.fatal

    def misbehave(self, talk, rest):
        if not rest.startswith(self.step.encode()):
            return False
        if self.step == "IDLE":
            talk.say("+ idling")
        with ONE_BY_ONE:
            talk.say(self.all())
            talk.sock.settimeout(60)
            while talk.sock.recv(65536):
                pass
        return True


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def memory_kib(pid, what):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1])
    return 0


def test_hostile_servers(scene):
    scene.deliveries(3)
    good = Model()
    good.folder("INBOX").add(scene.dsn(1))
    healthy = scene.mailbox("INBOX", **good.mailbox())
    poller = scene.poller()
    scene.wait_bounced(1)
    scene.wait_polled(healthy)
    before = memory_kib(poller.pid, "VmRSS")
    pathlib.Path(f"/proc/{poller.pid}/clear_refs").write_text("5")
    hostile = [Hostile(step, fatal) for n, step in enumerate(STEPS)
               for m, fatal in enumerate(FATAL.values()) if (n + m) % 2]
    boxes = [scene.mailbox("INBOX", **h.mailbox()) for h in hostile]
    wait_for(lambda: len(scene.lines("mailbox_closed")) >= len(hostile), 120)
    good.folders["INBOX"].add(scene.dsn(2))
    scene.wait_bounced(2)
    growth = memory_kib(poller.pid, "VmHWM") - before
    told = sum(h.told for h in hostile)
    print(f"{told} hostile responses, {len(hostile)} connections ended,"
          f" peak of memory {growth} KiB above {before} KiB")
    assert told >= 1000
    reasons = {scene.state(box)[1] for box in boxes}
    assert all("imap" in reason for reason in reasons), reasons
    for words in ("literal of more bytes", "nested deeper", "line of more",
                  "too many ranges", "control byte", "more values"):
        assert any(words in reason for reason in reasons), words
    assert len(good.connected) == 1 and poller.poll() is None
    if "/asan/" not in os.path.realpath(VOLLEY):  # it has memory of its own
        assert growth <= GROWTH_KIB
    for server in [good, *hostile]:
        server.stop()
