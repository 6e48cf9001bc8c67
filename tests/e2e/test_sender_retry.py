"""A temporary failure is temporary: back-off, the same message again, and an
end to it."""

import collections
import pathlib

from sending import wait_for

QUICK = ("--retry-first-s=1", "--retry-max-s=2")


def messages(folder):
    """What arrived, by Message-ID."""
    found = {}
    for path in pathlib.Path(folder).glob("*.eml"):
        data = path.read_bytes()
        key = next(line for line in data.split(b"\r\n")
                   if line.lower().startswith(b"message-id:"))
        found.setdefault(key, []).append(data)
    return found


def test_deferred_and_delivered(sending):
    sink = sending.sink("--rule", "rcpt@4=451 4.7.1 Greylisted, try again later")
    sending.contacts(200)
    sending.campaign(sending.account(sink.port))
    sending.run_due(*QUICK)
    assert sending.states() == {"accepted": 200}
    assert set(sink.copies().values()) == {1}
    attempts = dict(sending.sql("SELECT attempt, count(*) FROM outcome"
                                " WHERE state = 'deferred' GROUP BY 1"))
    assert attempts[1] == 50
    assert sending.value("SELECT count(*) FROM retry") == 0
    assert sending.value("SELECT count(*) FROM suppression") == 0


def test_same_bytes_again(sending, tmp_path):
    """S-007: a reply lost after the dot, sent again: the copies are equal."""
    sink = sending.sink("--rule", "dot@3=lose", "--dump", str(tmp_path))
    sending.contacts(30)
    sending.campaign(sending.account(sink.port), on_uncertain="resend")
    sending.run_due(*QUICK)
    assert sending.states() == {"accepted": 30}
    doubled = sending.check_ledger(sink)
    assert doubled
    copies = messages(tmp_path)
    assert len(copies) == 30
    assert sum(len(c) > 1 for c in copies.values()) == len(doubled)
    assert all(c.count(c[0]) == len(c) for c in copies.values())


def test_uncertain_is_held(sending):
    sink = sending.sink("--rule", "dot@10=lose")
    sending.contacts(100)
    sending.campaign(sending.account(sink.port))
    sending.run_due(*QUICK)
    assert sending.states() == {"accepted": 90, "uncertain": 10}
    assert sending.check_ledger(sink) == set()
    assert set(sink.copies().values()) == {1}
    assert sending.status() == "finished"


def test_connections_that_end(sending):
    """S-045: closing before the dot is no failure of anybody."""
    sink = sending.sink("--drop-after", "7")
    sending.contacts(500)
    sending.campaign(sending.account(sink.port))
    sending.run_due(*QUICK)
    assert sending.states() == {"accepted": 500}
    assert set(sink.copies().values()) == {1}
    assert sending.recorded() == 500


def test_messages_of_a_connection(sending):
    """S-046: after so many it is renewed, and no message pays for it."""
    sink = sending.sink()
    sending.contacts(100)
    sending.campaign(sending.account(sink.port))
    sending.run_due("--smtp-messages=7", *QUICK)
    carried = collections.Counter(line[5] for line in sink.lines())
    assert sum(carried.values()) == 100
    assert max(carried.values()) == 7
    assert set(sink.copies().values()) == {1}


def test_refused_for_good(sending):
    """S-050: one attempt; only what concerns the recipient is held against
    it."""
    sink = sending.sink("--rule", "rcpt to:user1@*=550 5.1.1 no such user",
                        "--rule", "rcpt to:user2@*=552 5.2.2 mailbox full",
                        "--rule", "rcpt to:user3@*=554 5.7.1 spam detected",
                        "--rule", "rcpt to:user4@*=551 go away")
    sending.contacts(20)
    sending.campaign(sending.account(sink.port))
    sending.run_due(*QUICK)
    assert sending.states() == {"accepted": 16, "failed": 4}
    assert sending.recorded() == 20
    assert sending.value("SELECT count(*) FROM event") == 4
    assert sending.sql("SELECT email_key FROM suppression") == [
        ("user1@d1.example.com",)]


def test_expires(sending):
    sink = sending.sink("--rule", "rcpt@1=451 4.7.1 later")
    sending.contacts(20)
    sending.campaign(sending.account(sink.port), expires_after_s=60)
    sender = sending.sender(*QUICK)
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM outcome WHERE attempt = 2") > 5, 20)
    sending.sql("UPDATE campaign SET expires_at = now()")
    sending.wait_finished(1, 20)
    sending.stop(sender)
    assert sending.states() == {"expired": 20}
    assert sink.lines() == []


def test_a_person_that_cannot_be_written_to(sending):
    sink = sending.sink()
    sending.contacts(3)
    sending.sql("INSERT INTO contact (email, email_key) VALUES"
                " ('no address', 'no address')")
    sending.sql("INSERT INTO membership (list_id, contact_id)"
                " SELECT 1, id FROM contact WHERE email = 'no address'")
    sending.campaign(sending.account(sink.port))
    sending.run_due(*QUICK)
    assert sending.states() == {"accepted": 3, "failed": 1}
    scope, reply = sending.sql("SELECT scope, reply FROM outcome"
                               " WHERE state = 'failed'")[0]
    assert scope == "message" and "address" in reply
    assert sending.value("SELECT count(*) FROM event") == 0
