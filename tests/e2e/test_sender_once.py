"""However many senders work on one database, each recipient gets it once."""

import re
import time

from sending import RECIPIENTS, wait_for


def test_two_senders_and_overlapping_runs(sending):
    sink = sending.sink()
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    senders = [sending.sender(), sending.sender()]
    runs = [sending.volley("run-due") for _ in range(3)]
    wait_for(lambda: sending.recorded() > RECIPIENTS / 4)
    runs += [sending.volley("run-due") for _ in range(3)]
    sending.wait_finished()
    for run in runs:
        assert run.wait(30) == 0
    for sender in senders:
        sending.stop(sender)
    assert sending.states() == {"accepted": RECIPIENTS}
    assert set(sink.copies().values()) == {1}
    assert len(sink.copies()) == RECIPIENTS


def test_run_due_alone(sending):
    sink = sending.sink()
    account = sending.account(sink.port)
    sending.contacts(50)
    sending.campaign(account)
    sending.campaign(account, scheduled_at="2999-01-01")
    sending.run_due()
    assert sending.status(1) == "finished"
    assert sending.status(2) == "scheduled"
    assert len(sink.copies()) == 50


def test_run_due_with_nothing_due(sending):
    began = time.time()
    sending.run_due()
    assert time.time() - began < 5
    assert "worker_started" not in sending.log()


def test_campaigns_share_fairly(sending):
    """A server that takes its time does not hold up another campaign."""
    slow, fast = sending.sink("--delay-ms", "2000"), sending.sink()
    sending.contacts(400)
    sending.campaign(sending.account(slow.port, max_connections=4))
    sending.campaign(sending.account(fast.port))
    sending.sender()
    sending.wait_finished(2, 30)
    assert sending.status(1) == "running"
    assert len(fast.copies()) == 400


def test_message_as_it_arrives(sending):
    sink = sending.sink()
    sending.contacts(3)
    sending.campaign(sending.account(sink.port))
    sending.run_due()
    for _, sender, to, message_id, *_ in sink.lines():
        token = re.fullmatch(r"bounces\+([a-z2-7]{34})@example.com", sender)
        assert token, sender
        assert message_id == f"<{token.group(1)}@example.com>"
        assert re.fullmatch(r"user[123]@d[123].example.com", to)
