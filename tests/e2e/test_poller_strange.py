"""Servers that throttle, fall silent, lose messages or hold very many: seen in
time, without a storm, and at a bounded cost.  (R-012, R-016 to R-019, R-022,
R-024)"""

import re
import time

import pytest

from imap_model import Model
from polling import Polling
from test_poller import corrupt
from whole import wait_for

OLD = 20000
FEW_BYTES = 5 << 20


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


@pytest.fixture
def model():
    one = Model()
    yield one
    one.stop()


def again_ms(scene):
    """How long the poller means to stay away, each time."""
    return [int(re.search(r"again_in_ms=(\d+)", line)[1])
            for line in scene.lines("mailbox_closed")]


def test_first_look_at_many_old_messages(scene, model):
    """They cost a search, not their bytes, nor does the first new one."""
    scene.deliveries(2)
    inbox = model.folder("INBOX")
    inbox.add(*[f"Subject: old {n}\n\n{'x' * 300}\n" for n in range(OLD)],
              at=time.time() - 30 * 86400)
    inbox.add(scene.dsn(1))
    mailbox = scene.mailbox("INBOX", **model.mailbox())
    scene.poller()
    scene.wait_bounced(1)
    scene.wait_polled(mailbox)
    inbox.add(scene.dsn(2))
    scene.wait_bounced(2)
    print(f"{model.bytes_said} bytes for {OLD} old messages")
    assert model.bytes_said < FEW_BYTES
    assert scene.read() == 2
    assert model.most == 1, "connections at a time"


def test_a_thousand_with_corrupt_ones(scene, model):
    """980 are read, 20 are kept as unparsed; again: nothing new."""
    scene.deliveries(980)
    inbox, bad = model.folder("INBOX"), corrupt()
    for n in range(980):
        if n % 49 == 0:
            inbox.add(bad[n // 49])
        inbox.add(scene.dsn(n + 1))
    mailbox = scene.mailbox("INBOX", **model.mailbox())
    poller = scene.poller()
    scene.wait_bounced(980)
    wait_for(lambda: scene.read() == 1000)
    assert scene.classes() == {"bounce": 980, "unparsed": 20}
    scene.end(poller)
    scene.sql("DELETE FROM mailbox_cursor")
    scene.poller()
    scene.wait_polled(mailbox, scene.now())
    assert scene.read() == 1000 and scene.bounced() == 980


class Racing(Model):
    """Another client deletes each third message after it was found; some of
    what has gone is answered with NIL, some with nothing, some with NO."""

    def __init__(self):
        super().__init__()
        self.raced = False

    def misbehave(self, talk, rest):
        if not rest.startswith(b"UID FETCH") or self.raced:
            return False
        self.raced = True
        inbox = self.folders["INBOX"]
        inbox.remove(*[u for u in list(inbox.mails) if u % 3 == 0])
        talk.say("* 3 FETCH (UID 3 BODY[HEADER]<0> NIL)")
        talk.say("* 1 FETCH (FLAGS (\\Seen))")
        talk.news()
        talk.say("* OK [ALERT] somebody else is here")
        talk.do_uid_fetch(rest)
        talk.say(f"{talk.tag} NO [EXPUNGEISSUED] some have gone")
        return True


def test_deleted_between_search_and_fetch(scene):
    """What is left is read, all of it, on the same connection (R-012)."""
    scene.deliveries(91)
    model = Racing()
    inbox = model.folder("INBOX")
    inbox.add(*[scene.dsn(n) for n in range(1, 91)])
    scene.mailbox("INBOX", **model.mailbox())
    scene.poller()
    scene.wait_bounced(60)
    inbox.add(scene.dsn(91))
    scene.wait_bounced(61)
    assert [n for n, in scene.sql(
        "SELECT delivery_id & 4294967295 FROM event WHERE kind = 'bounce'"
        " ORDER BY 1")] == [n for n in range(1, 92) if n % 3 or n == 91]
    assert len(model.connected) == 1 and scene.lines("mailbox_closed") == []
    model.stop()


class Throttling(Model):
    """As Exchange Online does it."""

    def misbehave(self, talk, rest):
        if not rest.startswith(b"EXAMINE"):
            return False
        talk.say(f"{talk.tag} BAD Request is throttled. Suggested Backoff "
                 "Time: 299961 milliseconds")
        talk.say("* BYE Connection closed.")
        talk.sock.close()
        return True


REFUSALS = ["* BYE [UNAVAILABLE] later", "* BYE [INUSE] not now",
            "* BYE [CONTACTADMIN] no", "* NO [LIMIT] too many",
            "* BYE Too many connections"]


def test_throttled_and_busy(scene):
    """The wish of a server is obeyed, to the millisecond; who says that it
    cannot is left in peace for a minute, more or less (R-018)."""
    throttling = Throttling()
    throttling.folder("INBOX")
    slow = scene.mailbox("INBOX", **throttling.mailbox())
    refusing = []
    for greeting in REFUSALS:
        refusing.append(Model())
        refusing[-1].greeting = greeting
        scene.mailbox("INBOX", **refusing[-1].mailbox())
    good = Model()
    scene.deliveries(1)
    good.folder("INBOX").add(scene.dsn(1))
    scene.mailbox("INBOX", **good.mailbox())
    scene.poller()
    wait_for(lambda: len(again_ms(scene)) == 1 + len(refusing))
    scene.wait_bounced(1)
    time.sleep(2)
    waits = sorted(again_ms(scene))
    assert len(waits) == 1 + len(refusing), "nobody was visited again"
    assert waits[-1] == 299961 and waits[0] >= 42000
    assert all(len(m.connected) == 1 for m in [throttling, *refusing, good])
    assert "throttled" in scene.state(slow)[1].lower()
    for m in [throttling, *refusing, good]:
        m.stop()


def test_line_that_goes_dead(scene):
    """It is noticed at the next renewal of IDLE and mended; nothing that came
    meanwhile is missed (R-016)."""
    scene.deliveries(3)
    model = Model()
    inbox = model.folder("INBOX")
    inbox.add(scene.dsn(1))
    mailbox = scene.mailbox("INBOX", **model.mailbox())
    scene.poller(VOLLEY_POLL_S="600", VOLLEY_IDLE_S="1",
                 VOLLEY_MAILBOX_TIMEOUT_S="2")
    scene.wait_bounced(1)
    scene.wait_polled(mailbox)
    model.hush()
    inbox.add(scene.dsn(2), scene.dsn(3))
    started = time.time()
    scene.wait_bounced(3, 20)
    print(f"seen {time.time() - started:.1f} s after the line went dead")
    assert "no answer while ending to idle" in scene.log()
    assert len(model.connected) == 2
    assert scene.state(mailbox) == ("active", "")
    model.stop()


@pytest.mark.parametrize("answer", ["BAD what?", "NO not for you"])
def test_idle_that_is_refused(scene, model, answer):
    """Offered, but not given: it is polled then (R-017)."""
    def refuse(talk, rest):
        if rest == b"IDLE":
            talk.say(f"{talk.tag} {answer}")
        return rest == b"IDLE"

    model.misbehave = refuse
    scene.deliveries(2)
    inbox = model.folder("INBOX")
    inbox.add(scene.dsn(1))
    scene.mailbox("INBOX", **model.mailbox())
    scene.poller()
    for n in (1, 2):
        scene.wait_bounced(n)
        inbox.add(scene.dsn(2))
    assert model.commands.count(b"IDLE") == 1
    assert len(model.connected) == 1


def test_chatter_while_idling(scene, model):
    """`Still here`, and EXISTS with nothing new (R-017)."""
    def chat(talk, rest):
        if rest == b"IDLE":
            talk.say("+ idling")
            for _ in range(20):
                talk.say("* OK Still here")
            talk.say("* 1 EXPUNGE")
            talk.say("* 1 EXISTS")
            assert talk.line() == b"DONE"
            talk.say(f"{talk.tag} OK done")
        return rest == b"IDLE"

    scene.deliveries(2)
    inbox = model.folder("INBOX")
    inbox.add(scene.dsn(1))
    mailbox = scene.mailbox("INBOX", **model.mailbox())
    model.misbehave = chat
    scene.poller()
    scene.wait_bounced(1)
    wait_for(lambda: model.searches >= 5)
    inbox.add(scene.dsn(2))
    scene.wait_bounced(2)
    assert len(model.connected) == 1
    assert scene.state(mailbox) == ("active", "")


def test_gone_before_its_body(scene, model):
    """What somebody else removes between header and body is nothing that a
    person has to look at; what stays without a body is."""
    scene.deliveries(4)
    inbox, empty = model.folder("INBOX"), []
    inbox.add(*[scene.dsn(n) for n in (1, 2, 3)])

    def misbehave(talk, rest):
        if b"BODY.PEEK[]" not in rest:
            return False
        if not empty:
            inbox.remove(1, 3)
        empty.append(rest)
        talk.say(f"{talk.tag} NO [EXPUNGEISSUED] some have gone")
        return True

    model.misbehave = misbehave
    mailbox = scene.mailbox("INBOX", **model.mailbox())
    scene.poller()
    scene.wait_polled(mailbox)
    assert scene.sql("SELECT uid, rule FROM inbound") == [
        (2, "body-unreadable")]
    model.misbehave = lambda talk, rest: False
    inbox.add(scene.dsn(4))
    scene.wait_bounced(1)
    assert scene.read() == 2
