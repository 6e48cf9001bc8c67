"""A report that goes to another folder (R-023) stands there once, whatever
became of the connection or the poller that moved it first."""

import pytest

from imap_mask import Mask
from imap_model import Ended, Model
from mailboxes import next_poller
from polling import Polling
from whole import wait_for
from wire import CLIENT, Fault, Proxy

WITHOUT_MOVE = "IMAP4rev1 AUTH=PLAIN UIDPLUS"


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


@pytest.fixture
def model():
    one = Model(offers="IMAP4rev2 AUTH=PLAIN MOVE UIDPLUS")
    yield one
    one.stop()


def into(folder, **more):
    return {"after_reading": "move", "after_folder": folder.name,
            "junk": False, **more}


def test_server_goes_on_when_its_client_is_dead(scene, model):
    """The next poller does not move what the server has copied, but not yet
    removed."""
    scene.deliveries(3)
    inbox, done = model.folder("INBOX"), model.folder("Done")
    inbox.add(*[scene.dsn(n) for n in (1, 2, 3)])
    model.move_s = 2
    mailbox = scene.mailbox("INBOX", **into(done, **model.mailbox()))
    poller = scene.poller()
    wait_for(lambda: model.copied)
    next_poller(scene, poller)
    assert (len(inbox.mails), len(done.mails)) == (3, 3)
    wait_for(lambda: not inbox.mails)
    scene.wait_polled(mailbox)
    assert (len(done.mails), scene.bounced(), model.copied) == (3, 3, 1)


def test_somebody_else_was_quicker(scene, model):
    """One of a batch has gone when it is to be moved; the others are."""
    scene.deliveries(3)
    inbox, done = model.folder("INBOX"), model.folder("Done")
    inbox.add(*[scene.dsn(n) for n in (1, 2, 3)])
    refused = []

    def misbehave(talk, rest):
        if not rest.startswith(b"UID MOVE") or refused:
            return False
        refused.append(rest)
        inbox.remove(2)
        talk.say(f"{talk.tag} NO [EXPUNGEISSUED] some have gone")
        return True

    model.misbehave = misbehave
    mailbox = scene.mailbox("INBOX", **into(done, **model.mailbox()))
    scene.poller()
    wait_for(lambda: len(done.mails) == 2)
    scene.wait_polled(mailbox)
    inbox.add(scene.dsn(3, diagnostic="550 5.1.1 once more"))
    wait_for(lambda: len(done.mails) == 3)
    assert (len(inbox.mails), scene.bounced()) == (0, 3)


def test_the_other_folder_has_gone(scene, model):
    """With it what stood there: the reports stay, and what is behind them is
    read."""
    scene.deliveries(3)
    inbox, done = model.folder("INBOX"), model.folder("Done")
    inbox.add(*[scene.dsn(n) for n in (1, 2)])

    def misbehave(talk, rest):
        if rest.startswith(b"UID MOVE") and model.folders.pop("Done", None):
            raise Ended
        return False

    model.misbehave = misbehave
    mailbox = scene.mailbox("INBOX", **into(done, **model.mailbox()))
    poller = scene.poller()
    wait_for(lambda: "Done" not in model.folders)
    next_poller(scene, poller)
    scene.wait_polled(mailbox)
    assert scene.lines("mailbox_not_marked")
    inbox.add(scene.dsn(3))
    scene.wait_bounced(3)
    assert (len(inbox.mails), scene.state(mailbox)[0]) == (3, "active")


def test_cut_between_copy_and_removal(scene):
    """Where a copy stands for a move: the copy stays, the original goes.  One
    that somebody else put there is none of it."""
    scene.deliveries(4)
    folder, done = scene.folder(), scene.folder()
    twin = scene.dsn(2)
    folder.add(scene.dsn(1), twin, scene.reply(4), twin, scene.dsn(3))
    done.add(scene.dsn(3, diagnostic="550 5.1.1 no such user, Tom?"))
    mask = Mask(scene.facts["imap"], WITHOUT_MOVE)
    wire = Proxy(mask.port, lambda n: Fault(CLIENT, match=b" UID STORE")
                 if n == 1 else None)
    mailbox = scene.mailbox(folder, **into(done, port=wire.port, tls="none",
                                           ca_file=""))
    poller = scene.poller()
    wait_for(lambda: wire.struck)
    next_poller(scene, poller)
    scene.wait_polled(mailbox)
    assert folder.count() == 1
    assert done.count() == 1 + 4
    assert (scene.bounced(), mask.strays) == (3, [])
    wire.close()
    mask.stop()
