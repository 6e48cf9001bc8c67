"""What may be done to reports once they are recorded (R-023), on a real
Dovecot: to them alone, and for every other client to see."""

import re

import pytest

from polling import Polling
from whole import wait_for

FOREIGN = "Subject: foreign {}\n\nHello.\n"


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def flags(folder):
    """Of each UID that is there."""
    found = {}
    for entry in folder.listing():
        head = entry[0] if isinstance(entry, tuple) else entry
        uid = re.search(rb"UID (\d+)", head)
        if uid:
            marks = re.search(rb"FLAGS \(([^)]*)\)", head)[1].decode()
            found[int(uid[1])] = set(marks.split()) - {"\\Recent"}
    return found


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
    wait_for(lambda: sum(map(bool, flags(folder).values())) >= 2)
    scene.wait_polled(mailbox)
    assert flags(folder) == {n: {mark} if n in ours else set()
                             for n in range(1, 54)}


def test_moved(scene):
    folder, done = scene.folder(), scene.folder()
    ours = fill(scene, folder)
    mailbox = scene.mailbox(folder, after_reading="move",
                            after_folder=done.name)
    scene.poller()
    scene.wait_bounced(2)
    wait_for(lambda: len(flags(done)) == 2)
    scene.wait_polled(mailbox)
    assert set(flags(folder)) == set(range(1, 54)) - ours
    assert not any(flags(folder).values())
    folder.add(FOREIGN.format("last"))
    wait_for(lambda: scene.read() == 54)
    assert scene.bounced() == 2 and len(flags(done)) == 2


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
    assert flags(folder) == {n: set() for n in range(1, 54)}
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
