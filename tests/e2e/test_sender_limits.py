"""No rolling window holds more than a limit allows (I5, S-052), by the sink's
clock: several workers and senders, kill -9, changes while it runs."""

import os
import random
import signal
import time

from sending import wait_for

# The long form is under `make faults`.
SECONDS = int(os.environ.get("SENDING_LIMIT_SECONDS", "8"))


def most_within(sink, seconds):
    """The most messages in any window, by when MAIL came."""
    times = sorted(int(line[6]) / 1e6 for line in sink.lines())
    most, start = 0, 0
    for end, at in enumerate(times):
        while at - times[start] >= seconds:
            start += 1
        most = max(most, end - start + 1)
    return most


def change(sending, campaign, **rate):
    """As people do it, while the campaign runs."""
    sending.api().ok("PATCH", f"/v1/campaigns/{campaign}", {"rate": rate})


def test_rate_of_a_campaign(sending):
    """Two senders with four workers and two accounts share it."""
    sink = sending.sink()
    sending.contacts(120)
    campaign = sending.campaign(sending.account(sink.port),
                                sending.account(sink.port), per_second=20)
    senders = [sending.sender(), sending.sender()]
    began = time.time()
    sending.wait_finished()
    assert 120 / 20 * 0.8 <= time.time() - began < 120 / 20 * 2.5
    for sender in senders:
        sending.stop(sender)
    assert most_within(sink, 1) <= 20
    assert sending.check_ledger(sink) == set()
    assert campaign == 1


def test_other_campaigns_do_not_wait(sending):
    sink = sending.sink()
    sending.contacts(200)
    account = sending.account(sink.port)
    slow = sending.campaign(account, per_minute=6)
    fast = sending.campaign(account)
    sender = sending.sender()
    sending.wait_finished(fast, 20)
    sending.stop(sender)
    assert sending.status(slow) == "running"
    assert 1 <= len(sink.lines()) - 200 <= 6


def test_rate_is_changed_while_it_runs(sending):
    """Taken up within a second, both ways."""
    sink = sending.sink()
    sending.contacts(1000)
    campaign = sending.campaign(sending.account(sink.port), per_hour=4)
    sender = sending.sender()
    sending.wait_recorded(1)
    change(sending, campaign, per_hour=None, per_second=40)
    wait_for(lambda: len(sink.lines()) > 40, 10)
    change(sending, campaign, per_second=None, per_minute=6)
    time.sleep(1.2)
    before = len(sink.lines())
    time.sleep(2)
    assert len(sink.lines()) - before <= 1
    change(sending, campaign, per_minute=None)
    sending.wait_finished(campaign, 20)
    sending.stop(sender)
    assert sending.check_ledger(sink) == set()


def test_limits_outlive_kills(sending):
    """Permits of killed workers are lost, never doubled."""
    sink = sending.sink("--delay-ms", "0-20")
    sending.contacts(45 * SECONDS)
    account = sending.account(sink.port, per_second=50, per_minute=900)
    sending.campaign(account, on_uncertain="resend", per_second=40)
    sending.kills = True
    senders = [sending.sender("--lease-size=100", "--lease-window=20",
                              "--lease-s=3") for _ in range(2)]
    sending.wait_recorded(1)
    until = time.time() + SECONDS
    while time.time() < until and sending.status() == "running":
        time.sleep(random.uniform(0.2, 0.7))
        at = random.randrange(2)
        if random.random() < 0.3:
            pids = [*sending.children(senders[at]), senders[at].pid]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            senders[at].wait()
            senders[at] = sending.sender("--lease-size=100",
                                         "--lease-window=20", "--lease-s=3")
        else:
            workers = sending.children(senders[at])[1:]
            if workers:
                os.kill(random.choice(workers), signal.SIGKILL)
    for sender in senders:
        sending.stop(sender)
    sent = len(sink.lines())
    assert sent > SECONDS * 3
    assert most_within(sink, 1) <= 40
    assert most_within(sink, 60) <= 900
    sending.prove(sink, drained=False)


def test_warm_up(sending):
    """S-055: half of the day's cap at once, nothing beyond the cap."""
    sink = sending.sink()
    sending.contacts(100)
    account = sending.account(sink.port)
    sending.sql("INSERT INTO warmup VALUES (%s, '', now()::date - 1, 10, 2,"
                " 1000)", account)
    sending.campaign(account)
    sender = sending.sender()
    sending.wait_recorded(10)
    time.sleep(1.5)
    assert len(sink.lines()) == 10
    # The day passes.
    sending.sql("UPDATE quota SET filled_at = filled_at - interval '24 hours'")
    sending.wait_recorded(20)
    time.sleep(1.5)
    sending.stop(sender)
    assert len(sink.lines()) == 20


def test_permits_do_not_wait_for_a_server(sending):
    """What stood in a queue while a server did not answer is no burst."""
    sink = sending.sink("--delay-ms", "700")
    sending.contacts(60)
    sending.campaign(sending.account(sink.port, per_second=10,
                                     max_connections=8))
    sender = sending.sender()
    sending.wait_finished(1, 40)
    sending.stop(sender)
    assert most_within(sink, 1) <= 10
    assert sending.check_ledger(sink) == set()
