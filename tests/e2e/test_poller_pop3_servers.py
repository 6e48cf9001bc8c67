"""Servers of POP3 with less than they should have, or with moods (R-040,
R-042, R-043); and how they are logged in to."""

import time

import pytest

from mailbox_server import Pop3
from polling import Polling
from token_endpoint import TokenEndpoint, jwt
from whole import wait_for

USER = "fbl@example.test"
LOGIN = ("reader@example.test", "planted-Password-4711")
LARGE = 300 * 1024


@pytest.fixture
def scene(postgres):
    one = Polling(postgres, None).start()
    yield one
    one.stop()


def server(capabilities, box=(), refusal=None):
    s = Pop3(login=LOGIN, box=box)
    s.capabilities, s.refusal = capabilities, refusal
    return s


def mailbox(scene, port, **more):
    return scene.post("/v1/mailboxes", {
        "name": "Box", "protocol": "pop3", "host": "127.0.0.1", "port": port,
        "tls": "none", "username": LOGIN[0], "password": LOGIN[1],
        "since": "2025-01-01T00:00:00Z", **more})["id"]


def check_once(scene, count):
    assert scene.sql("SELECT count(*), count(DISTINCT delivery_id) FROM event"
                     " WHERE kind = 'bounce'") == [(count, count)]


def large(dsn, n):
    return dsn.replace(f"--b{n}--", f"--b{n}\n\n" + ("y" * 70 + "\n") *
                       (LARGE // 70) + f"--b{n}--")


class NoCapa(Pop3):
    """As in 1996."""

    def on_capa(self, c, line):
        c.say("-ERR what?")


KINDS = {
    "no UIDL": (Pop3, ("TOP", "USER"), "TOP"),
    "no TOP": (Pop3, ("UIDL", "USER"), "RETR"),
    "no TOP, no CAPA": (NoCapa, ("UIDL",), "RETR"),
    "no UIDL, no CAPA": (NoCapa, ("TOP",), "TOP"),
}


@pytest.mark.parametrize("kind, after", [
    ("no UIDL", "keep"), ("no UIDL", "delete"), ("no TOP", "delete"),
    ("no TOP, no CAPA", "keep"), ("no UIDL, no CAPA", "delete")])
def test_read_once(scene, kind, after):
    """Also by the next poller, and with a large one in the middle."""
    make, capabilities, way = KINDS[kind]
    scene.deliveries(6)
    box = [scene.dsn(n) for n in range(1, 7)]
    box[2] = large(box[2], 3)
    box.append("From: ann@example.com\nSubject: News\n\nHello.\n")
    pop3 = make(login=LOGIN, box=box)
    pop3.capabilities = capabilities
    made = mailbox(scene, pop3.port, after_reading=after)
    poller = scene.poller()
    scene.wait_polled(made)
    check_once(scene, 6)
    left = 1 if after == "delete" else 7
    wait_for(lambda: len(pop3.box) == left)
    scene.end(poller)
    before = len(pop3.connections)
    scene.poller()
    wait_for(lambda: len(pop3.connections) > before + 1)
    check_once(scene, 6)
    assert scene.read() == 7
    assert len(pop3.box) == left
    assert scene.state(made) == ("active", "")
    # no more than 256 KiB of the large one is taken in, and a new visit reads
    # no message that was read
    again = [line.split()[0] for c in pop3.connections[before:]
             for line in c.commands]
    assert b"RETR" not in again
    said = [line.split()[0] for c in pop3.connections for line in c.commands]
    assert way.encode() in said
    assert scene.value("SELECT max(octet_length(raw)) FROM inbound"
                       ) < LARGE
    pop3.stop()


def test_neither_uidl_nor_top(scene):
    """Messages that cannot be told apart: a person has to know."""
    pop3 = server(("USER",), [scene.dsn(1)])
    made = mailbox(scene, pop3.port)
    scene.poller()
    wait_for(lambda: scene.state(made)[0] == "needs_attention")
    assert "neither UIDL nor TOP" in scene.state(made)[1]
    assert len(pop3.logins) == 3
    pop3.stop()


# What is said to PASS, the state that follows, the logins in ten seconds
# after the first pause of a minute another one, and so on to four an
# hour).
REFUSALS = [
    ("[IN-USE] another client has it", "active", 1),
    ("[LOGIN-DELAY] too early", "active", 1),
    ("[SYS/TEMP] the disk is busy", "active", 1),
    ("[SYS/PERM] the mailbox is broken", "needs_attention", 3),
    ("[AUTH] no such password", "needs_attention", 3),
    ("no", "needs_attention", 3),
]


def test_refused_logins_are_few(scene):
    servers = [server(("UIDL", "TOP", "USER", "RESP-CODES"), refusal=text)
               for text, _, _ in REFUSALS]
    made = [mailbox(scene, s.port) for s in servers]
    scene.poller()
    for (text, state, _), m in zip(REFUSALS, made):
        wait_for(lambda m=m, want=state: scene.state(m)[0] == want
                 and scene.state(m)[1])
        assert text in scene.state(m)[1]
    time.sleep(max(0, servers[0].logins[0] + 10 - time.monotonic()))
    for (text, _, count), s in zip(REFUSALS, servers):
        assert len(s.logins) == count, text
        assert len(s.connections) == count
        s.stop()


def test_the_delay_is_kept(scene):
    """What CAPA says of LOGIN-DELAY holds after a good visit too."""
    pop3 = server(("UIDL", "TOP", "USER", "LOGIN-DELAY 4"))
    made = mailbox(scene, pop3.port)
    scene.poller()
    wait_for(lambda: len(pop3.logins) == 3, 30)
    first, second, third = pop3.logins
    assert second - first >= 3.9 and third - second >= 3.9
    assert scene.state(made) == ("active", "")
    pop3.stop()


@pytest.fixture
def dovecot(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def at_dovecot(scene, **more):
    return scene.post("/v1/mailboxes", {
        "name": "Box", "protocol": "pop3", "host": "localhost",
        "port": scene.facts["pop3s"], "ca_file": scene.facts["ca"],
        "username": USER, "since": "2025-01-01T00:00:00Z", **more})["id"]


def test_all_mechanisms(dovecot):
    """Each by the mailbox's own test, right and wrong."""
    for auth in ("auto", "plain", "login", "scram-sha-256"):
        for password, ok in ((dovecot.facts["password"], True),
                             ("wrong", False)):
            made = at_dovecot(dovecot, auth=auth, password=password)
            dovecot.post(f"/v1/mailboxes/{made}/pause", status=200)
            if not dovecot.pollers:
                dovecot.poller()
            result = dovecot.post(f"/v1/mailboxes/{made}/test", status=200)
            assert result["ok"] is ok, (auth, result)
            assert ok or result["steps"][-1]["name"] == "login"


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_token(dovecot, auth):
    """One token for many visits; one that is refused is renewed once."""
    endpoint = TokenEndpoint(make=lambda n: jwt(
        USER, key=b"x" if n == 1 else b"mailstack-jwt-secret"))
    inbox = dovecot.inbox(USER)
    dovecot.deliveries(2)
    inbox.add(dovecot.dsn(1))
    made = at_dovecot(dovecot, auth=auth, oauth=endpoint.grant())
    dovecot.poller()
    dovecot.wait_bounced(1)
    inbox.add(dovecot.dsn(2))
    dovecot.wait_bounced(2)
    check_once(dovecot, 2)
    assert len(endpoint.requests) == 2
    assert dovecot.state(made) == ("active", "")
    assert jwt(USER)[:60] not in dovecot.log()
    endpoint.stop()
