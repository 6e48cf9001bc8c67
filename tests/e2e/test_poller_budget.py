"""A mailbox that is flooded (R-019): read by its budget of the day."""

import pytest

from polling import Polling
from whole import wait_for

MIB = 1 << 20
MAILS = 120
LINES = "I am sorry for that, and for all that follows from it.\n" * 800


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def wait_spent(scene, mailbox, times):
    wait_for(lambda: len(scene.lines("mailbox_budget")) == times)
    state, reason = scene.state(mailbox)
    assert state == "active" and "bytes_per_day" in reason
    return scene.read()


def test_budget_of_a_day(scene):
    """5 MiB in a mailbox of 1 MiB a day; what was spent is known to the
    poller that comes next; a person may give more."""
    scene.deliveries(MAILS)
    folder = scene.folder()
    big = [scene.dsn(n).replace("I am sorry.\n", LINES)
           for n in range(1, MAILS + 1)]
    size = len(big[0])
    folder.add(*big)
    mailbox = scene.mailbox(folder, bytes_per_day=MIB)
    poller = scene.poller()
    first = wait_spent(scene, mailbox, 1)
    # A batch that is under way is read, then a MiB one by one.
    assert first * size < 4 * MIB
    assert scene.value("SELECT bytes_read FROM mailbox") > MIB
    scene.kill(poller)
    scene.sql("UPDATE mailbox SET held_until = now() - interval '1 s'")
    scene.poller()
    second = wait_spent(scene, mailbox, 2)
    assert 0 < (second - first) * size < 1.5 * MIB
    assert second < MAILS
    scene.ok("PATCH", f"/v1/mailboxes/{mailbox}", {"bytes_per_day": 1 << 30})
    scene.wait_bounced(MAILS)
    scene.wait_polled(mailbox)
    assert scene.state(mailbox) == ("active", "")
    assert scene.read() == MAILS


def test_yesterday_does_not_count(scene):
    scene.deliveries(1)
    folder = scene.folder()
    folder.add(scene.dsn(1))
    scene.mailbox(folder, bytes_per_day=MIB)
    scene.sql("UPDATE mailbox SET bytes_read = 1 << 30,"
              " bytes_day = (extract(epoch FROM now()) / 86400)::int - 1")
    scene.poller()
    scene.wait_bounced(1)
    assert scene.lines("mailbox_budget") == []
