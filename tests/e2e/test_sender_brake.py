"""Campaigns that stop by themselves, start late, or end; and what people do
then."""

import collections
import os
import subprocess
import time

import psycopg2

from sending import RECIPIENTS, VOLLEY, wait_for


def reason(sending, campaign=1):
    return sending.value("SELECT status_reason FROM campaign WHERE id = %s",
                         campaign)


def alerts(sending):
    page = sending.api().get("/v1/events?kind=alert")
    return [(e["data"]["alert"], e["campaign_id"]) for e in page["data"]]


def resume(sending, campaign=1):
    return sending.api().ok("POST", f"/v1/campaigns/{campaign}/resume")


# The brake -------------------------------------------------------------------

def test_hard_bounces(sending):
    """Every fifth address does not exist."""
    sink = sending.sink("--rule", "rcpt@5=550 5.1.1 no such user")
    sending.contacts(4000)
    sending.campaign(sending.account(sink.port, per_second=400))
    sender = sending.sender("--lease-size=100")
    wait_for(lambda: sending.status() == "paused", 30)
    said = reason(sending)
    assert "hard bounces among" in said and "the 5 %" in said, said
    assert "resume" in said and said in sending.log()
    assert alerts(sending) == [("brake", 1)]
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM lease WHERE holder IS NOT NULL") == 0, 15)
    first = sending.recorded()
    assert 200 <= first < 3000
    # Somebody lets it go on: only what comes now counts.
    resume(sending)
    sending.wait_recorded(first + 50)
    wait_for(lambda: sending.status() == "paused", 30)
    assert sending.recorded() >= first + 200
    assert len(alerts(sending)) == 2
    # Without a brake it goes to its end.
    sending.api().ok("PATCH", "/v1/campaigns/1", {"brake": None})
    resume(sending)
    sending.sql("UPDATE smtp_account SET per_second = NULL,"
                " version = version + 1")
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": 3200, "failed": 800}


def test_complaints(sending):
    """They come back while the campaign runs."""
    sink = sending.sink()
    sending.contacts(1000)
    sending.campaign(sending.account(sink.port, per_second=100))
    sender = sending.sender("--lease-size=100")
    sending.wait_recorded(250)
    sending.sql("INSERT INTO event (kind, key, campaign_id, delivery_id)"
                " SELECT 'complaint', d.id::text, 1, d.id FROM delivery d"
                " ORDER BY d.id LIMIT 6")
    wait_for(lambda: sending.status() == "paused", 5)
    sending.stop(sender)
    assert "6 complaints" in reason(sending)


def test_few_bounces_are_no_reason(sending):
    sink = sending.sink("--rule", "rcpt@30=550 5.1.1 no such user")
    sending.contacts(600)
    sending.campaign(sending.account(sink.port))
    sending.run_due()
    assert sending.states() == {"accepted": 580, "failed": 20}


# Expiry (S-049) --------------------------------------------------------------

def check_last_mails(sink, end_us):
    """The sink and the database read one clock, but a MAIL that left in time
    may be read late: one of each connection, which waits for its answer.
    Whoever goes on after the end has more of them."""
    late = [int(row[1]) for row in sink.events("try") if int(row[2]) > end_us]
    assert max(collections.Counter(late).values(), default=0) <= 1, late


def test_no_attempt_after_the_end(sending):
    """What waits, what is deferred and what has been handed to connections:
    no MAIL after expires_at, and everybody is accounted for."""
    sink = sending.sink("--rule", "rcpt@3=451 4.2.0 later", "--delay-ms",
                        "30-60", "--events", "try")
    sending.contacts(2000)
    sending.campaign(sending.account(sink.port, max_connections=8))
    sender = sending.sender("--lease-size=200", "--retry-first-s=1",
                            "--retry-max-s=1")
    sending.wait_recorded(100)
    end = sending.value("UPDATE campaign SET expires_at = clock_timestamp()"
                        " + interval '1 second' RETURNING"
                        " extract(epoch FROM expires_at)::float8")
    sending.wait_finished(1, 30)
    sending.stop(sender)
    states = sending.states()
    assert set(states) == {"accepted", "expired"}
    assert sum(states.values()) == 2000 and states["expired"] > 200
    check_last_mails(sink, end * 1e6)
    assert sending.value("SELECT max(extract(epoch FROM at))::float8"
                         " FROM outcome WHERE state = 'deferred'") <= end + 1
    assert sending.value("SELECT count(*) FROM retry") == 0
    assert sending.check_ledger(sink) == set()


# Late starts and copies (D-12) -----------------------------------------------

def test_late_start(sending):
    sink = sending.sink()
    sending.contacts(20)
    account = sending.account(sink.port)
    hour = sending.value("SELECT (now() - interval '61 minutes')::text")
    late = sending.campaign(account, scheduled_at=hour)
    in_time = sending.campaign(account, scheduled_at=sending.value(
        "SELECT (now() - interval '59 minutes')::text"))
    sender = sending.sender()
    sending.wait_finished(in_time)
    assert sending.status(late) == "paused"
    assert hour[:16] in reason(sending, late)
    assert "resume" in reason(sending, late)
    assert alerts(sending) == [("late_start", late)]
    assert len(sink.lines()) == 20
    assert resume(sending, late)["status"] in ("scheduled", "running")
    sending.wait_finished(late)
    sending.stop(sender)
    assert len(sink.lines()) == 40


def test_late_start_of_a_cron_job(sending):
    """However late, when the setting says so."""
    sink = sending.sink()
    sending.contacts(5)
    sending.campaign(sending.account(sink.port), scheduled_at="2020-01-01")
    sending.run_due("--late-start-s=0")
    assert len(sink.lines()) == 5


def test_copy_of_the_files(sending):
    """It cannot be told from the original, so somebody says that it is none
    before a sender runs there (sender/origin.h)."""
    sink = sending.sink()
    sending.contacts(5)
    sending.campaign(sending.account(sink.port))
    sending.sql("INSERT INTO origin (identity) VALUES ('copy')"
                " ON CONFLICT (one) DO UPDATE SET identity = 'copy'")
    run = subprocess.run([VOLLEY, "run-due"], env=sending.env, check=False,
                         capture_output=True, text=True)
    assert run.returncode == 1 and "migrate --adopt" in run.stderr
    assert sink.lines() == []
    subprocess.run([VOLLEY, "migrate", "--adopt"], env=sending.env,
                   check=True, capture_output=True)
    sending.run_due()
    assert len(sink.lines()) == 5


def test_copy_of_the_database(sending):
    """A dump of a campaign half sent, restored under another name."""
    sink = sending.sink()
    sending.contacts(300)
    account = sending.account(sink.port, per_second=50)
    sending.campaign(account)
    sending.campaign(account, scheduled_at="2999-01-01")
    sender = sending.sender()
    sending.wait_recorded(50)
    sending.stop(sender)
    dump = subprocess.run(["pg_dump", "--dbname", sending.conninfo],
                          check=True, capture_output=True).stdout
    copy = sending.postgres.create()
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "--dbname", copy],
                   input=dump, check=True, capture_output=True)
    original, sent = sending.conninfo, len(sink.lines())
    sending.env["VOLLEY_DATABASE"] = copy
    other = psycopg2.connect(copy)
    other.autocommit = True
    cursor = other.cursor()
    cursor.execute("UPDATE campaign SET scheduled_at = now() WHERE id = 2")
    sender = sending.sender()
    wait_for(lambda: "event=database_copied" in sending.log(), 10)
    run = subprocess.run([VOLLEY, "run-due"], env=sending.env, check=False,
                         capture_output=True, text=True)
    assert run.returncode == 1 and "migrate --adopt" in run.stderr
    time.sleep(1)
    assert len(sink.lines()) == sent
    cursor.execute("SELECT status FROM campaign ORDER BY id")
    assert cursor.fetchall() == [("running",), ("scheduled",)]
    # Somebody says that it is the original now.
    subprocess.run([VOLLEY, "migrate", "--adopt"], env=sending.env,
                   check=True, capture_output=True)
    wait_for(lambda: len(sink.lines()) > sent, 15)
    cursor.execute("SELECT status, status_reason FROM campaign WHERE id = 1")
    status, why = cursor.fetchone()
    assert status == "paused" and "copy" in why
    sending.stop(sender)
    other.close()
    # The one that it was taken from goes on.
    sending.env["VOLLEY_DATABASE"] = original
    sending.sql("UPDATE smtp_account SET per_second = NULL,"
                " version = version + 1; UPDATE campaign SET status ="
                " 'cancelled' WHERE id = 2")
    sending.run_due()
    assert sending.states() == {"accepted": 300}


# Again -----------------------------------------------------------------------

def test_retried_by_reason(sending):
    """Blocked today, taken tomorrow: the same message, once each."""
    no = "550 5.7.1 blocked by policy, see https://example.com/why"
    sink = sending.sink("--rule", f"rcpt to:@d3.example.com=550 5.1.1 unknown",
                        "--rule", f"dot@4={no}", "--events", "try")
    sending.contacts(100)
    account = sending.account(sink.port, max_connections=1)
    sending.campaign(account, brake_hard_percent=None)
    sending.run_due("--workers=1")
    assert sending.states()["failed"] > 20
    blocked = sending.addresses("failed")
    ids = {line[2]: line[3] for line in sink.lines()}
    good = sending.sink()
    sending.sql("UPDATE smtp_account SET port = %s, version = version + 1",
                good.port)
    path = "/v1/campaigns/1/retry"
    count = sending.api().ok("POST", path, {"status": "5.7.*"}, status=202)
    hard = sending.value("SELECT count(*) FROM suppression")
    assert hard == 5 and count == {"retried": len(blocked) - hard}
    sender = sending.sender()
    wait_for(lambda: sending.status() == "running", 10)
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": 95, "failed": 5}
    assert sending.check_ledger(sink, good) == set()
    again = collections.Counter(line[2] for line in good.lines())
    assert len(again) == len(blocked) - hard and set(again.values()) == {1}
    assert not again.keys() & ids.keys()
    assert sending.api().ok("POST", path, {"status": "5.7.*"}, status=202) \
        == {"retried": 0}
