"""What people do to a running campaign: pause, resume, cancel, suppress."""

import random
import time

from sending import RECIPIENTS, wait_for


def test_pause_and_resume(sending):
    """D-02: nothing is lost or doubled, and paused means quiet."""
    sink = sending.sink("--delay-ms", "0-50")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--lease-size=300", "--lease-window=100")
    for _ in range(8):
        sending.sql("UPDATE campaign SET status = 'paused'"
                    " WHERE status = 'running'")
        wait_for(lambda: sending.value(
            "SELECT count(*) FROM lease WHERE holder IS NOT NULL") == 0, 15)
        before = len(sink.lines())
        time.sleep(0.2)
        assert len(sink.lines()) == before
        sending.sql("UPDATE campaign SET status = 'running'"
                    " WHERE status = 'paused'")
        time.sleep(random.uniform(0.2, 0.6))
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": RECIPIENTS}


def test_resumed_before_it_has_paused(sending):
    """Leases that are being given back are not sent from any more."""
    sink = sending.sink("--delay-ms", "0-10")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    senders = [sending.sender("--lease-size=100", "--lease-window=50")
               for _ in range(2)]
    wait_for(lambda: sending.status() == "running")
    for _ in range(25):
        sending.sql("UPDATE campaign SET status = 'paused'"
                    " WHERE status = 'running'")
        time.sleep(random.uniform(0.1, 0.35))
        sending.sql("UPDATE campaign SET status = 'running'"
                    " WHERE status = 'paused'")
        time.sleep(random.uniform(0.05, 0.3))
    sending.wait_finished()
    for sender in senders:
        sending.stop(sender)
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": RECIPIENTS}


def test_restarts(sending):
    sink = sending.sink("--delay-ms", "0-50")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    for _ in range(5):
        sender = sending.sender("--lease-size=300", "--lease-window=100")
        time.sleep(random.uniform(0.5, 1.0))
        sending.stop(sender)
    sending.run_due()
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": RECIPIENTS}


def test_cancel(sending):
    sink = sending.sink("--delay-ms", "100")
    sending.contacts(2000)
    sending.campaign(sending.account(sink.port, max_connections=4))
    sender = sending.sender()
    sending.wait_recorded(20)
    sending.sql("UPDATE campaign SET status = 'cancelled'")
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM lease WHERE holder IS NOT NULL") == 0, 15)
    sent = len(sink.lines())
    time.sleep(1)
    sending.stop(sender)
    assert len(sink.lines()) == sent == sending.states()["accepted"]
    assert sending.states()["pending"] == 2000 - sent
    assert sending.status() == "cancelled"


def test_suppressed_while_it_runs(sending):
    """S-074, I3: nobody is written to a second after an unsubscribe."""
    sink = sending.sink("--delay-ms", "50-100")
    sending.contacts(1500)
    sending.campaign(sending.account(sink.port, max_connections=8))
    sender = sending.sender("--lease-size=700")
    sending.wait_recorded(20)
    committed = {}
    for n in random.sample(range(200, 1500), 60):
        address = f"user{n}@d{n % 20}.example.com"
        sending.sql("INSERT INTO suppression (email_key, list_id, reason)"
                    " VALUES (%s, %s, 'unsubscribe')", address,
                    random.choice([1, None]))
        committed[address] = time.time()
        time.sleep(0.02)
    sending.wait_finished()
    sending.stop(sender)
    late = [line[2] for line in sink.lines()
            if line[2] in committed
            and int(line[0]) / 1e6 > committed[line[2]] + 1.1]
    assert late == []
    assert sending.states()["suppressed"] > 30
    assert sending.addresses("suppressed") <= committed.keys()
    assert sending.addresses("suppressed") & sink.copies().keys() == set()


def test_two_campaigns_to_one_person(sending):
    """A hard bounce in one keeps the other from being sent."""
    sink = sending.sink("--rule", "rcpt to:user7@*=550 5.1.1 no such user")
    account = sending.account(sink.port)
    sending.contacts(20)
    sending.campaign(account)
    sending.run_due()
    assert sending.states() == {"accepted": 19, "failed": 1}
    assert sending.sql("SELECT email_key, list_id, reason,"
                       " evidence->>'status' FROM suppression") == [
        ("user7@d7.example.com", None, "hard_bounce", "5.1.1")]
    assert sending.sql("SELECT kind, type, category, source, key = "
                       "delivery_id::text FROM event") == [
        ("bounce", "hard", "invalid", "smtp", True)]
    sending.campaign(account)
    sending.run_due()
    assert sending.value("SELECT audience FROM campaign WHERE id = 2") == 19
