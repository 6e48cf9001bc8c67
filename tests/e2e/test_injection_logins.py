"""Logins, folders and settings: what is typed there stays an argument."""

import base64
import re
import subprocess

import pytest

import arrived
from payloads import PAYLOADS, UNSEEN
from recorder import Connection, Recorder
from server import VOLLEY
from whole import Whole, wait_for


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres, roles=("sender", "bounce")).start()
    yield v
    v.stop()


LOGIN_FIELDS = ("name", "host", "username", "password", "ca_file", "folder")


@pytest.mark.parametrize("path, fields", [
    ("/v1/accounts", LOGIN_FIELDS[:5]), ("/v1/mailboxes", LOGIN_FIELDS)])
def test_logins_refused(volley, path, fields):
    good = {"name": "A", "host": "127.0.0.1", "tls": "none", "port": 9,
            "username": "u", "password": "p"}
    for bad in PAYLOADS.values():
        for field in fields:
            if not UNSEEN.search(bad) and field not in ("host", "ca_file"):
                continue
            if "\0" in bad:
                volley.refused("POST", path, good | {field: bad}, status=400)
            else:
                assert volley.refused("POST", path, good | {field: bad}) \
                    == [field], bad


class Greedy(Recorder):
    """Lets everybody in."""

    def offers(self, c):
        return [*self.capabilities, "AUTH PLAIN"]

    def on_auth(self, c, line):
        self.logins.append(base64.b64decode(line.rpartition(b" ")[2]))
        c.say("235 2.7.0 welcome")


def test_logins_of_accounts(volley):
    """What is taken as a user name or password arrives as that."""
    server = Greedy()
    words = [bad for bad in PAYLOADS.values()
             if not UNSEEN.search(bad) and len(bad.encode()) <= 200]
    accounts = [volley.plain_account(server.port, username=w, password=w)
                for w in words]
    people = [f"p{n}@login.example.com" for n in range(12 * len(accounts))]
    volley.launch([volley.people(people)], accounts)
    wait_for(lambda: len(server.messages) == len(people))
    wait_for(lambda: len(set(server.logins)) == len(words))
    assert set(server.logins) == {f"\0{w}\0{w}".encode() for w in words}
    arrived.commands_are_ours(server)
    server.stop()


class Imap:
    """An IMAP server that lets everybody in and has no folder."""

    LINE = re.compile(rb"([A-Za-z0-9.]+) (CAPABILITY|NOOP|LOGOUT|ID .*|ENABLE .*"
                      rb"|LOGIN .*|AUTHENTICATE PLAIN.*|SELECT .*|EXAMINE .*"
                      rb"|NAMESPACE|LIST .*)", re.DOTALL)

    def __init__(self):
        self.recorder = Recorder()
        self.recorder.serve = self.serve
        self.port, self.lines = self.recorder.port, []

    def serve(self, c: Connection):
        try:
            c.say("* OK [CAPABILITY IMAP4rev1] hello")
            while True:
                line = c.until(b"\r\n")
                while (literal := re.search(rb"{(\d+)}$", line)):
                    c.say("+ go on")
                    while len(c.pending) < int(literal[1]):
                        c.receive()
                    line += b"\n" + c.pending[:int(literal[1])]
                    c.pending = c.pending[int(literal[1]):]
                    line += c.until(b"\r\n")
                self.lines.append(line)
                self.answer(c, line)
        except Exception:  # the client is gone, or was refused
            c.sock.close()

    def answer(self, c, line):
        tag, _, rest = line.partition(b" ")
        word = rest.split(b" ")[0]
        if word == b"CAPABILITY":
            c.say("* CAPABILITY IMAP4rev1")
        no = word in (b"SELECT", b"EXAMINE")
        c.say(tag + (b" NO [NONEXISTENT] no" if no else b" OK done"))


def test_logins_and_folders_of_mailboxes(volley):
    server = Imap()
    words = [bad for bad in PAYLOADS.values()
             if not UNSEEN.search(bad) and len(bad.encode()) <= 200]
    made = [volley.post("/v1/mailboxes", {
        "name": "M", "host": "127.0.0.1", "port": server.port, "tls": "none",
        "username": w, "password": w, "folder": w})["id"] for w in words]

    def told():
        return all(volley.get(f"/v1/mailboxes/{m}")["state"]
                   == "needs_attention" for m in made)

    wait_for(told)
    for m in made:
        assert "no" in volley.get(f"/v1/mailboxes/{m}")["state_reason"]
        volley.ok("DELETE", f"/v1/mailboxes/{m}", status=204)
    opened = [x for x in server.lines
              if re.match(rb"\S+ (SELECT|EXAMINE)", x)]
    assert len(opened) >= len(words)
    for line in server.lines:
        assert Imap.LINE.fullmatch(line), line
    server.recorder.stop()


SETTINGS = [("VOLLEY_HELO", "x\r\nMAIL FROM:<a@b.test>"),
            ("VOLLEY_HELO", "x y"), ("VOLLEY_HELO", "x\ny"),
            ("VOLLEY_HELO", "ü.example.com"),
            ("VOLLEY_BASE_URL", "https://x.test>, <mailto:evil@evil.test"),
            ("VOLLEY_BASE_URL", "https://x.test\r\nBcc: evil@evil.test"),
            ("VOLLEY_BASE_URL", "https://x.test/ y"),
            ("VOLLEY_BASE_URL", "https://ü.test"),
            ("VOLLEY_BASE_URL", "javascript:alert(1)"),
            ("VOLLEY_BASE_URL", "https://x.test/?a"),
            ("VOLLEY_BASE_URL", "https://x.test/#a"),
            ("VOLLEY_BASE_URL", 'https://x.test/"a')]


@pytest.mark.parametrize("name, bad", SETTINGS)
def test_settings(volley, name, bad):
    """What would break every mail stops the start."""
    done = subprocess.run([VOLLEY, "sender"], env=volley.env | {name: bad},
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert name.removeprefix("VOLLEY_").lower() in done.stderr
