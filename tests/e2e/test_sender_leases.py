"""Leases that run out under a worker that only stood still: nobody is sent to
twice, and whom it knows not to have been sent to is sent to."""

import os
import signal
import time

from sending import wait_for


def holder(sending):
    rows = sending.sql("SELECT holder FROM lease WHERE NOT done")
    return rows[0][0] if rows else None


def lone_sender(sending, stopped=None):
    """One with one worker, that gets the lease while another stands still;
    with the worker's pid and name."""
    before = holder(sending)
    sender = sending.sender("--lease-s=1", "--workers=1", "--lease-window=8")
    wait_for(lambda: len(sending.children(sender)) == 2, 10)
    if stopped is not None:
        os.kill(stopped, signal.SIGSTOP)
    wait_for(lambda: holder(sending) not in (before, None), 10)
    time.sleep(0.5)
    return sender, sending.children(sender)[1], holder(sending)


def test_a_lease_that_comes_back(sending):
    """Lost, and taken again by who had it first: what is sent then may not
    be called unsent, though it was so the first time."""
    sending.kills = True
    sink = sending.sink("--rule", "dot=delay 4000-5000")
    sending.contacts(250)  # one lease
    sending.campaign(sending.account(sink.port, max_connections=100))
    first, first_worker, mine = lone_sender(sending)
    second, second_worker, other = lone_sender(sending, first_worker)
    os.kill(first_worker, signal.SIGCONT)
    wait_for(lambda: "event=lease_lost" in sending.log(), 10)
    os.kill(second_worker, signal.SIGSTOP)
    wait_for(lambda: holder(sending) == mine, 10)
    time.sleep(1)  # to send some
    os.kill(first_worker, signal.SIGSTOP)
    os.kill(second_worker, signal.SIGCONT)
    wait_for(lambda: holder(sending) == other, 10)
    os.kill(first_worker, signal.SIGCONT)
    time.sleep(2)  # to be sent again
    doubtful = sending.sql(
        "SELECT delivery_id FROM retry r WHERE NOT EXISTS (SELECT FROM outcome o"
        " WHERE o.delivery_id = r.delivery_id AND state = 'deferred')")
    assert not doubtful
    for sender in (first, second):
        sending.stop(sender)
    assert set(sink.copies().values()) == {1}


def test_retries_that_are_lost(sending):
    """Taken, not sent, and called uncertain by others meanwhile."""
    sending.kills = True
    sink = sending.sink("--rule", "rcpt first:1 per:to=451 4.7.1 later",
                        "--rule", "dot=delay 300")
    sending.contacts(60)
    sending.campaign(sending.account(sink.port, max_connections=2))
    sender = sending.sender("--lease-s=1", "--workers=1", "--retry-first-s=1",
                            "--retry-max-s=1")
    wait_for(lambda: len(sending.children(sender)) == 2, 10)
    worker = sending.children(sender)[1]
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM retry WHERE holder IS NOT NULL") > 10, 30)
    os.kill(worker, signal.SIGSTOP)
    wait_for(lambda: sending.value("SELECT count(*) FROM taken_over") > 5, 30)
    os.kill(worker, signal.SIGCONT)
    # The campaign may pass for finished meanwhile.
    wait_for(lambda: sending.states() == {"accepted": 60}, 90)
    sending.stop(sender)
    assert set(sink.copies().values()) == {1}
