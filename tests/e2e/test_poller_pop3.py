"""A mailbox of POP3, on a real Dovecot: what lies in it becomes what the
report says, once; it stays as it was, or loses the reports."""

import os
import re
import subprocess
import sys
import time

import pytest

from polling import Polling
from server import VOLLEY
from whole import wait_for

sys.path.append(os.path.join(os.path.dirname(__file__), "../faults"))

from wire import CLIENT, SERVER, Fault, Proxy  # noqa: E402

CUTS = os.path.join(os.path.dirname(os.path.realpath(VOLLEY)),
                    "tests/tools/pop3-cuts")

USER = "fbl@example.test"
VISIT = re.compile(r"pop3\(" + USER + r"\).* Logged out top=(\d+)/\d+,"
                   r" retr=(\d+)/\d+, del=(\d+)/(\d+)")


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


@pytest.fixture
def inbox(scene):
    return scene.inbox(USER)


def pop3(scene, **more):
    return scene.mailbox("INBOX", protocol="pop3", username=USER, **{
        "port": scene.facts["pop3s"], "since": "2025-01-01T00:00:00Z",
        **more})


def visits(scene):
    """Of each that ended well: TOP, RETR, DELE, and how many there were."""
    top = os.path.dirname(os.path.dirname(scene.facts["ca"]))
    with open(f"{top}/log/dovecot.log", encoding="utf-8") as f:
        return [tuple(map(int, v)) for v in VISIT.findall(f.read())]


def wait_visit(scene, count=1):
    """Until one that began from now on has ended; all from now on."""
    before = len(visits(scene))
    wait_for(lambda: len(visits(scene)) > before + count, 30)
    return visits(scene)[before:]


def check_once(scene, count):
    assert scene.sql("SELECT count(*), count(DISTINCT delivery_id) FROM event"
                     " WHERE kind = 'bounce'") == [(count, count)]


def test_all_is_read_once_and_left_as_it_was(scene, inbox):
    """After that a poll costs a list (R-041, R-043)."""
    scene.deliveries(90)
    inbox.add(*[scene.dsn(n) for n in range(1, 91)], scene.reply(1),
              "Subject: foreign\n\n.\n..\nHello.\n")
    before = inbox.listing()
    assert "Seen" not in str([entry[0] for entry in before])
    mailbox = pop3(scene)
    poller = scene.poller()
    scene.wait_polled(mailbox)
    check_once(scene, 90)
    assert scene.classes() == {"bounce": 90, "reply": 1, "other": 1}
    later = wait_visit(scene)
    assert later[-1] == (0, 0, 0, 92)
    assert inbox.listing() == before
    scene.end(poller)
    scene.poller()
    assert wait_visit(scene)[-1] == (0, 0, 0, 92), "the ledger outlives it"
    assert scene.read() == 92
    inbox.empty()
    wait_for(lambda: scene.sql("SELECT 1 FROM mailbox_uidl") == [])


def test_reports_are_deleted_when_asked_for(scene, inbox):
    """Not before they are recorded, and nothing that people wrote."""
    scene.deliveries(45)
    inbox.add(*[scene.dsn(n) for n in range(1, 46)], scene.reply(1),
              scene.dsn(99), "Subject: foreign\n\nHello.\n")
    mailbox = pop3(scene, after_reading="delete")
    scene.poller()
    scene.wait_polled(mailbox)
    wait_for(lambda: wait_visit(scene)[-1][3] == 3)
    check_once(scene, 45)
    assert inbox.count() == 3
    left = str(inbox.listing())
    for kept in ("Subject: Re: hello", "Subject: foreign", "user99@"):
        assert kept in left
    assert scene.value("SELECT count(*) FROM mailbox_uidl") == 3


def test_deleted_later_when_asked_for_later(scene, inbox):
    scene.deliveries(2)
    inbox.add(scene.dsn(1), scene.reply(2))
    mailbox = pop3(scene)
    scene.poller()
    scene.wait_polled(mailbox)
    assert wait_visit(scene)[-1] == (0, 0, 0, 2)
    scene.ok("PATCH", f"/v1/mailboxes/{mailbox}", {"after_reading": "delete"})
    wait_for(lambda: wait_visit(scene)[-1] == (0, 0, 0, 1), 40)
    check_once(scene, 1)


def dated(message, days_ago):
    when = time.strftime("%a, %d %b %Y %H:%M:%S +0000",
                         time.gmtime(time.time() - days_ago * 86400))
    return (f"Received: from a by b\n\tid 7;\n\t{when} (UTC)\n"
            "Date: Mon, 3 Nov 2025 10:00:00 +0000\n" + message)


def test_first_look_begins_at_since(scene, inbox):
    """Old mail is not read; what comes later is, whatever its date."""
    scene.deliveries(2)
    inbox.add(*[dated(f"Subject: old {n}\n\n", 9) for n in range(50)],
              dated("Subject: new\n\n", 0.5))
    mailbox = pop3(scene, since=time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86400)))
    scene.poller()
    scene.wait_polled(mailbox)
    assert scene.sql("SELECT subject FROM inbound") == [("new",)]
    inbox.add(dated("Subject: late\n\n", 9))
    wait_for(lambda: scene.read() == 2)
    assert wait_visit(scene)[-1] == (0, 0, 0, 52)


def test_stls_and_its_own_test(scene, inbox):
    scene.deliveries(1)
    inbox.add(scene.dsn(1))
    clear = {"port": scene.facts["pop3"], "tls": "starttls"}
    good = pop3(scene, **clear, auth="scram-sha-256")
    wrong = pop3(scene, **clear, password="wrong")
    closed = pop3(scene, port=9)
    for mailbox in (wrong, closed):
        scene.post(f"/v1/mailboxes/{mailbox}/pause", status=200)
    scene.poller()
    scene.wait_bounced(1)

    def steps(mailbox):
        result = scene.post(f"/v1/mailboxes/{mailbox}/test", status=200)
        return result["ok"], {s["name"]: s["ok"] for s in result["steps"]}

    assert steps(good) == (True, {"connect": True, "tls": True,
                                  "login": True, "folder": True})
    assert steps(wrong) == (False, {"connect": True, "tls": True,
                                    "login": False})
    assert steps(closed) == (False, {"connect": False})


def test_wrong_password(scene, inbox):
    """Named, after few logins; mended by a change."""
    scene.deliveries(1)
    inbox.add(scene.dsn(1))
    wrong = pop3(scene, password="not-the-secret")
    scene.poller()
    wait_for(lambda: scene.state(wrong)[0] == "needs_attention", 20)
    assert "authentication failed" in scene.state(wrong)[1].lower()
    scene.ok("PATCH", f"/v1/mailboxes/{wrong}",
             {"password": scene.facts["password"]})
    scene.wait_bounced(1)
    assert scene.state(wrong) == ("active", "")
    assert "not-the-secret" not in scene.log()


def test_large_messages_are_cut(scene, inbox):
    """Long lines cost the connection, and nothing behind them (R-043)."""
    scene.deliveries(5)
    report = scene.dsn(3).replace("--b3--", "--b3\n\n" + "x" * 3_000_000)
    lines = scene.dsn(4).replace("--b4--", "--b4\n\n" + ("y" * 70 + "\n") *
                                 40_000 + "--b4--")
    inbox.add(scene.dsn(1), scene.dsn(2), report, lines, scene.dsn(5))
    mailbox = pop3(scene)
    scene.poller()
    scene.wait_bounced(5)
    scene.wait_polled(mailbox)
    check_once(scene, 5)
    assert scene.value("SELECT max(octet_length(raw)) FROM inbound"
                       ) < 300 * 1024
    assert wait_visit(scene)[-1] == (0, 0, 0, 5)


def test_killed_in_the_middle(scene, inbox):
    """kill -9 while reports are read and deleted: each counts once, and
    nothing is deleted that was not recorded."""
    count = 300
    scene.deliveries(count)
    inbox.add(*[scene.dsn(n) for n in range(1, count + 1)])
    pop3(scene, after_reading="delete")
    killed_at = []
    for share in (0, 0.3, 0.6, 1):
        poller = scene.poller()
        wait_for(lambda s=share: scene.bounced() >= s * count, every=0.002)
        scene.kill(poller)
        killed_at.append(scene.bounced())
        assert count - inbox.count() <= scene.bounced()
        # who comes next need not wait for the lease to run out
        scene.sql("UPDATE mailbox SET held_until = now()")
    scene.poller()
    wait_for(lambda: wait_visit(scene)[-1][3] == 0, 40)
    check_once(scene, count)
    assert scene.read() == count
    print(f"killed after {killed_at}")


@pytest.mark.parametrize("side, match", [
    (SERVER, b"DSN"), (CLIENT, b"RETR 7"), (SERVER, b"Logging out")],
    ids=["while listing", "while fetching", "before the answer to QUIT"])
def test_connection_is_cut(scene, inbox, side, match):
    """And the poller killed: what was not recorded is still there."""
    count = 50
    scene.deliveries(count)
    inbox.add(*[scene.dsn(n) for n in range(1, count + 1)])
    proxy = Proxy(scene.facts["pop3"], lambda n: Fault(
        side, at=2000, match=b"" if match == b"DSN" else match)
        if n == 1 else None)
    pop3(scene, after_reading="delete", port=proxy.port, tls="none")
    poller = scene.poller()
    wait_for(lambda: proxy.struck == 1)
    scene.kill(poller)
    assert count - inbox.count() <= scene.bounced()
    scene.sql("UPDATE mailbox SET held_until = now()")
    scene.poller()
    wait_for(lambda: inbox.count() == 0 and len(scene.lines("started")) == 2)
    proxy.close()
    check_once(scene, count)


def test_cut_at_many_bytes():
    """At each in the long run of tests/faults."""
    done = subprocess.run([CUTS, "409", "200"], capture_output=True,
                          text=True, timeout=120, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
