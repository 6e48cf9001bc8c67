"""What people do to a running campaign: pause, resume, cancel, suppress."""

import collections
import os
import random
import threading
import time

import requests

from sending import RECIPIENTS, wait_for

# The long forms are under `make faults`.
STEPS = int(os.environ.get("SENDING_STEPS", "25"))
STARTS = int(os.environ.get("SENDING_STARTS", "200"))
SENDERS = int(os.environ.get("SENDING_SENDERS", "3"))


def test_pause_and_resume(sending):
    """D-02: nothing is lost or doubled, and paused means quiet."""
    sink = sending.sink("--delay-ms", "0-50")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--lease-size=300", "--lease-window=100")
    wait_for(lambda: sending.status() == "running")
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


def test_everything_at_once(sending):
    """D-02: pause, resume, another rate, SIGTERM and a new sender, quickly."""
    sink = sending.sink("--delay-ms", "0-30")
    sending.contacts(RECIPIENTS)
    campaign = sending.campaign(sending.account(sink.port))
    path, api = f"/v1/campaigns/{campaign}", sending.api()
    settings = ("--lease-size=200", "--lease-window=50")
    sender = sending.sender(*settings)
    wait_for(lambda: sending.status() == "running")
    for step in range(STEPS):
        what = random.choice(("pause", "resume", "rate", "rate", "restart"))
        if what == "restart":
            sending.stop(sender)
            sender = sending.sender(*settings)
        elif what == "rate":
            api.call("PATCH", path, {"rate": random.choice((
                None, {"per_second": 300}, {"per_minute": 9000},
                {"per_second": 100, "per_hour": 50000}))})
        else:
            api.call("POST", f"{path}/{what}")
        if sending.status() == "finished":
            assert step > 0
            break
        time.sleep(random.uniform(0.05, 0.3))
    api.call("PATCH", path, {"rate": None})
    api.call("POST", path + "/resume")
    sending.wait_finished()
    assert sending.states() == {"accepted": RECIPIENTS}
    sending.stop(sender)
    # Finished before that PATCH, it keeps a rate that was not always its.
    sending.sql("UPDATE campaign SET per_second = NULL, per_minute = NULL,"
                " per_hour = NULL")
    assert sending.check_ledger(sink) == set()


def test_overlapping_starts(sending):
    """D-10: many senders, and many who start the same campaign at once."""
    sink = sending.sink()
    sending.contacts(RECIPIENTS)
    campaign = sending.campaign(sending.account(sink.port), status="draft")
    api = sending.api()
    senders = [sending.sender("--workers=1") for _ in range(SENDERS)]
    answers = collections.Counter()

    def start(count):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {api.keys['admin']}"
        for _ in range(count):
            answers[session.post(
                f"{api.url}/v1/campaigns/{campaign}/start",
                timeout=60).status_code] += 1

    threads = [threading.Thread(target=start, args=(STARTS // 10,))
               for _ in range(10)]
    for thread in threads:
        thread.start()
    runs = [sending.volley("run-due", "--workers=1") for _ in range(3)]
    for thread in threads:
        thread.join()
    sending.wait_finished()
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    for sender in senders:
        sending.stop(sender)
    assert sum(answers.values()) == STARTS and answers.keys() <= {202, 409}
    assert sending.log().count("event=campaign_started") == 1
    assert sending.value("SELECT count(*) FROM lease l JOIN lease m"
                         " USING (campaign_id) WHERE m.first_id > l.first_id"
                         " AND m.first_id <= l.last_id") == 0
    assert sending.states() == {"accepted": RECIPIENTS}
    assert sending.check_ledger(sink) == set()
    assert set(sink.copies().values()) == {1}
