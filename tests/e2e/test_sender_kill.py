"""Stopped in order and out of order, but not killed (test_sender_journal.py):
nobody is lost, nobody gets two copies (D-03, D-09)."""

import os
import signal
import time

from sending import RECIPIENTS, wait_for

WINDOW = 50
SLOW = ("--delay-ms", "0-100")
SETTINGS = (f"--lease-window={WINDOW}", "--lease-size=200", "--lease-s=6",
            "--retry-first-s=1")


def test_workers_follow_their_parent(sending):
    """They drain: what was on the wire is recorded, the rest is free."""
    sink = sending.sink(*SLOW)
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port, max_connections=16))
    first = sending.sender(*SETTINGS)
    sending.wait_recorded(RECIPIENTS / 4)
    first.kill()
    first.wait()
    wait_for(lambda: sending.value("SELECT count(*) FROM lease"
                                   " WHERE holder IS NOT NULL") == 0, 20)
    second = sending.sender(*SETTINGS)
    sending.wait_finished()
    sending.stop(second)
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": RECIPIENTS}


def test_stopped_beyond_its_lease(sending):
    """A worker that wakes up after its lease sends no further dot."""
    sink = sending.sink("--delay-ms", "200")
    sending.contacts(600)
    sending.campaign(sending.account(sink.port, max_connections=8))
    short = (*SETTINGS[:2], "--lease-s=2", "--workers=1")
    first = sending.sender(*short)
    sending.wait_recorded(50)
    frozen = sending.children(first)
    for pid in [first.pid, *frozen]:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(3)
    second = sending.sender(*short)
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM outcome WHERE state = 'uncertain'") > 0, 20)
    before = len(sink.lines())
    second.send_signal(signal.SIGSTOP)
    other = sending.children(second)
    for pid in other:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(0.5)
    before = len(sink.lines())
    for pid in [first.pid, *frozen]:
        os.kill(pid, signal.SIGCONT)
    # Its leases are gone: it may claim free ones, but not in their name.
    time.sleep(1)
    for pid in [*other, second.pid]:
        os.kill(pid, signal.SIGCONT)
    sending.wait_finished()
    assert before > 0
    sending.stop(first)
    sending.stop(second)
    assert sending.check_ledger(sink) == set()
    # What was on the wire when it was stopped was told late and is resolved.
    assert sending.states().get("uncertain", 0) <= WINDOW


def test_sigterm_waits_for_replies(sending):
    sink = sending.sink("--delay-ms", "500-2000")
    sending.contacts(100)
    sending.campaign(sending.account(sink.port, max_connections=16))
    for _ in range(2):
        sender = sending.sender()
        sending.wait_recorded(sending.recorded() + 10)
        began = time.time()
        sending.stop(sender, 15)
        assert time.time() - began < 10
        assert set(sending.states()) == {"accepted", "pending"}
        assert len(sink.lines()) == sending.states()["accepted"]
        assert sending.value("SELECT count(*) FROM lease"
                             " WHERE holder IS NOT NULL") == 0


def test_sigterm_does_not_wait_for_ever(sending):
    """Who has not answered by then may have taken it."""
    sink = sending.sink("--delay-ms", "60000")
    sending.contacts(50)
    sending.campaign(sending.account(sink.port, max_connections=4))
    sender = sending.sender("--drain-s=2", "--workers=1")
    wait_for(lambda: sending.value("SELECT count(*) FROM lease"
                                   " WHERE holder IS NOT NULL") > 0)
    time.sleep(1.5)
    began = time.time()
    sending.stop(sender, 15)
    assert time.time() - began < 10
    assert sending.states() == {"uncertain": 4, "pending": 46}
    assert sending.status() == "running"
