"""What may be done to reports once they are recorded (R-023), on a real
Dovecot: to them alone, and for every other client to see."""

import pytest

from polling import Polling
from whole import wait_for
from wire import CLIENT, Fault, Proxy

FOREIGN = "Subject: foreign {}\n\nHello.\n"


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def fill(scene, folder):
    """Two reports, an answer, 50 foreign messages; UIDs of the reports."""
    scene.deliveries(3)
    folder.add(*[FOREIGN.format(n) for n in range(25)], scene.dsn(1),
               scene.reply(2), *[FOREIGN.format(n) for n in range(25, 50)],
               scene.dsn(3))
    return {26, 53}


@pytest.mark.parametrize("after, mark", [
    ("keyword", "$VolleyProcessed"), ("seen", "\\Seen")])
def test_marked(scene, after, mark):
    folder = scene.folder()
    ours = fill(scene, folder)
    mailbox = scene.mailbox(folder, after_reading=after)
    scene.poller()
    scene.wait_bounced(2)
    wait_for(lambda: sum(map(bool, folder.flags().values())) >= 2)
    scene.wait_polled(mailbox)
    assert folder.flags() == {n: {mark} if n in ours else set()
                             for n in range(1, 54)}


def test_moved(scene):
    folder, done = scene.folder(), scene.folder()
    ours = fill(scene, folder)
    mailbox = scene.mailbox(folder, after_reading="move",
                            after_folder=done.name)
    scene.poller()
    scene.wait_bounced(2)
    wait_for(lambda: len(done.flags()) == 2)
    scene.wait_polled(mailbox)
    assert set(folder.flags()) == set(range(1, 54)) - ours
    assert not any(folder.flags().values())
    folder.add(FOREIGN.format("last"))
    wait_for(lambda: scene.read() == 54)
    assert scene.bounced() == 2 and len(done.flags()) == 2


def through(scene, folder, command, times, **more):
    """A mailbox whose first connections end before that command is out."""
    wire = Proxy(scene.facts["imap"], lambda n: Fault(CLIENT, match=command)
                 if n <= times else None)
    return wire, scene.mailbox(folder, port=wire.port, tls="none", ca_file="",
                               junk=False, **more)


@pytest.mark.parametrize("after, command", [
    ("keyword", b" UID STORE"), ("move", b" UID MOVE")])
def test_killed_before_it_marks(scene, after, command):
    """Who comes next marks what was only recorded."""
    folder, done = scene.folder(), scene.folder()
    ours = fill(scene, folder)
    wire, mailbox = through(scene, folder, command, 1, after_reading=after,
                            after_folder=done.name)
    poller = scene.poller()
    wait_for(lambda: wire.struck)
    assert scene.bounced() == 1  # of the first batch
    scene.kill(poller)
    assert not any(folder.flags().values()) and folder.count() == 53
    scene.sql("UPDATE mailbox SET held_until = now()")
    scene.poller()
    scene.wait_polled(mailbox)
    if after == "move":
        assert set(folder.flags()) == set(range(1, 54)) - ours
        assert done.count() == 2
    else:
        assert {n for n, marks in folder.flags().items() if marks} == ours
    assert scene.bounced() == 2 and scene.read() == 53
    wire.close()


def test_marking_ends_the_connection(scene):
    """It is tried once more, and keeps back nothing behind it."""
    scene.deliveries(2)
    folder = scene.folder()
    wire, mailbox = through(scene, folder, b" UID STORE", 2,
                            after_reading="seen")
    scene.poller()
    scene.wait_polled(mailbox)
    folder.add(scene.dsn(1))
    wait_for(lambda: scene.value("SELECT max(last_uid) FROM mailbox_cursor"))
    folder.add(scene.dsn(2))
    wait_for(lambda: folder.flags()[2])
    assert folder.flags() == {1: set(), 2: {"\\Seen"}}
    assert wire.struck == 2 and scene.bounced() == 2
    wire.close()


def test_no_such_folder_to_move_to(scene):
    """Mail is read all the same, and stays where it is."""
    folder = scene.folder()
    fill(scene, folder)
    mailbox = scene.mailbox(folder, after_reading="move",
                            after_folder="Nowhere")
    scene.poller()
    scene.wait_bounced(2)
    scene.wait_polled(mailbox)
    assert scene.read() == 53
    assert folder.flags() == {n: set() for n in range(1, 54)}
    assert scene.lines("mailbox_not_marked")
    assert scene.state(mailbox)[0] == "active"


def test_what_the_api_takes(scene):
    folder = scene.folder()

    def refused(**more):
        return scene.refused("POST", "/v1/mailboxes", {
            "name": "Box", "host": "imap.example.test", "username": "u",
            "password": "p", "folder": folder.name, **more})

    assert refused(after_reading="move") == ["after_folder"]
    assert refused(after_reading="move", after_folder=folder.name) == [
        "after_folder"]
    assert refused(after_reading="delete") == ["after_reading"]
    assert refused(protocol="pop3", folder="INBOX", after_reading="seen") == [
        "after_reading"]
    mailbox = scene.mailbox(folder)
    shown = scene.ok("PATCH", f"/v1/mailboxes/{mailbox}", {
        "after_reading": "move", "after_folder": "Done"})
    assert (shown["after_reading"], shown["after_folder"]) == ("move", "Done")
