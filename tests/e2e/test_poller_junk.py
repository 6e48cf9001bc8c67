"""Bounces in the folder for spam (R-021), on a real Dovecot."""

import contextlib
import time

import pytest

from polling import Polling
from whole import wait_for

USER = "sender@example.test"
MARKED = "Unerw&APw-nscht"  # Dovecot calls it \Junk


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


@contextlib.contextmanager
def spam(scene, name):
    """A folder for spam, for the time of a test."""
    folder = scene.folder(name=name, user=USER)
    folder.make()
    try:
        yield folder
    finally:
        folder.say("delete", name)


def folders(scene):
    """UIDs that were recorded, by folder."""
    return {name: sorted(uids) for name, uids in scene.sql(
        "SELECT folder, array_agg(uid::int) FROM inbound GROUP BY 1")}


@pytest.mark.parametrize("name, shown", [
    (MARKED, "Unerwünscht"), ("Junk", "Junk"), ("sPAM", "sPAM")])
def test_bounces_in_spam(scene, name, shown):
    """What is there and what comes, each once; the other folder goes on."""
    scene.deliveries(9)
    main = scene.folder(user=USER)
    with spam(scene, name) as junk:
        junk.add(scene.dsn(1), "Subject: buy\n\nnow\n")
        before = junk.listing()
        main.add(scene.dsn(2))
        mailbox = scene.mailbox(main)
        poller = scene.poller()
        scene.wait_bounced(2)
        assert junk.listing() == before, "left as it was"
        for n in range(3, 7):
            (junk if n % 2 else main).add(scene.dsn(n))
            scene.wait_bounced(n)
        scene.end(poller)
        junk.add(scene.dsn(7))
        main.add(scene.dsn(8))
        scene.poller()
        scene.wait_bounced(8)
        scene.wait_polled(mailbox, scene.now())
        assert folders(scene) == {main.name: [1, 2, 3, 4],
                                  shown: [1, 2, 3, 4, 5]}
        assert scene.bounced() == 8 and scene.read() == 9
        assert len(scene.lines("mailbox_open")) == 2, "one connection each"
        assert scene.state(mailbox) == ("active", "")


def test_marked_one_is_taken_before_a_name(scene):
    scene.deliveries(2)
    main = scene.folder(user=USER)
    with spam(scene, "Spam") as named, spam(scene, MARKED) as marked:
        named.add(scene.dsn(1))
        marked.add(scene.dsn(2))
        mailbox = scene.mailbox(main)
        scene.poller()
        scene.wait_bounced(1)
        scene.wait_polled(mailbox, scene.now())
        assert folders(scene) == {"Unerwünscht": [1]}


def test_numbered_anew(scene):
    """The same mail in a folder that was made again, and one more."""
    scene.deliveries(40)
    main = scene.folder(user=USER)
    with spam(scene, "Junk") as junk:
        junk.add(*[scene.dsn(n) for n in range(1, 21)])
        mailbox = scene.mailbox(main)
        poller = scene.poller()
        scene.wait_bounced(20)
        scene.end(poller)
        junk.remake()
        junk.add(*[scene.dsn(n) for n in range(40, 0, -1)])
        scene.poller()
        wait_for(lambda: scene.bounced() == 40)
        scene.wait_polled(mailbox, scene.now())
        assert scene.bounced() == 40 and scene.read() == 40
        assert "mailbox_renumbered" in scene.log()


def test_no_such_folder_and_one_that_goes(scene):
    scene.deliveries(4)
    main = scene.folder(user=USER)
    main.add(scene.dsn(1))
    mailbox = scene.mailbox(main)
    poller = scene.poller()
    scene.wait_bounced(1)
    scene.wait_polled(mailbox)
    assert scene.state(mailbox) == ("active", "")
    assert scene.lines("junk_declined") == []
    scene.end(poller)
    with spam(scene, "Junk") as junk:
        junk.add(scene.dsn(2))
        poller = scene.poller()
        scene.wait_bounced(2)
    wait_for(lambda: scene.lines("junk_declined"))
    main.add(scene.dsn(3))
    scene.wait_bounced(3)
    assert scene.state(mailbox) == ("active", "")
    assert scene.lines("mailbox_closed") == []


def test_not_wanted(scene):
    """`junk`: false; and true again by a change."""
    scene.deliveries(2)
    main = scene.folder(user=USER)
    with spam(scene, "Junk") as junk:
        junk.add(scene.dsn(1))
        main.add(scene.dsn(2))
        mailbox = scene.mailbox(main, junk=False)
        assert scene.get(f"/v1/mailboxes/{mailbox}")["junk"] is False
        scene.poller()
        scene.wait_bounced(1)
        time.sleep(2)
        assert folders(scene) == {main.name: [1]}
        scene.ok("PATCH", f"/v1/mailboxes/{mailbox}", {"junk": True})
        scene.wait_bounced(2)
        assert folders(scene) == {main.name: [1], "Junk": [1]}


def test_junk_alone_is_read_once(scene):
    """The configured folder is the one for spam."""
    scene.deliveries(1)
    with spam(scene, "Junk") as junk:
        junk.add(scene.dsn(1))
        mailbox = scene.mailbox(junk)
        scene.poller()
        scene.wait_bounced(1)
        scene.wait_polled(mailbox)
        assert scene.read() == 1
        assert scene.value("SELECT count(*) FROM mailbox_cursor") == 1
