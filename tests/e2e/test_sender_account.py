"""Trouble with an account is nobody's but the account's: recipients stay
pending, other accounts go on, and it resumes by itself (S-048, D-18)."""

import collections
import socket
import time

import pytest

from mail import certificate
from sending import wait_for
from server import free_port

LOGIN = {"name": "Relay", "host": "127.0.0.1", "tls": "none",
         "username": "news@example.com", "password": "open sesame"}


def make_account(sending, sink, **more):
    return sending.api().post("/v1/accounts",
                              LOGIN | {"port": sink.port} | more)["id"]


def state(sending, account):
    return sending.sql("SELECT state, state_reason FROM smtp_account"
                       " WHERE id = %s", account)[0]


def wait_paused(sending, account):
    wait_for(lambda: state(sending, account)[0] == "paused", 30)
    return state(sending, account)[1]


def wait_free(sending):
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM lease WHERE holder IS NOT NULL") == 0, 20)


def test_login_stops_working(sending):
    """S-048: at message 500 of 1,000."""
    sink = sending.sink("--auth-fail-after", "500", "--require-auth")
    account = make_account(sending, sink)
    sending.contacts(1000)
    sending.campaign(account)
    sender = sending.sender("--retry-first-s=1")
    reason = wait_paused(sending, account)
    assert "535" in reason and "open sesame" not in reason
    wait_free(sending)
    accepted = len(sink.lines())
    states = sending.states()
    # A 421 to a dot is a 4xx: that one waits for its time.
    assert states.pop("deferred", 0) <= 10
    assert states.keys() == {"accepted", "pending"}
    assert states["accepted"] == accepted == 500
    assert sending.status() == "running"
    assert "open sesame" not in sending.log()
    # The server changes its mind, and a person says so.
    again = sending.sink("--require-auth")
    sending.sql("UPDATE smtp_account SET state = 'active', state_reason = '',"
                " port = %s, version = version + 1", again.port)
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink, again) == set()
    assert sending.states() == {"accepted": 1000}


def test_activated_without_a_change(sending):
    sink = sending.sink("--rule", "auth@1=535 5.7.8 no")
    account = make_account(sending, sink)
    sending.contacts(10)
    sending.campaign(account)
    sender = sending.sender("--workers=1")
    wait_paused(sending, account)
    wait_free(sending)
    port = sink.port
    sending.sinks.remove(sink)
    sink.stop()
    sending.sink(port=port)
    sending.sql("UPDATE smtp_account SET state = 'active'")
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": 10}


def test_another_account_goes_on(sending):
    bad = sending.sink("--rule", "auth@1=535 5.7.8 wrong password")
    good = sending.sink()
    sending.contacts(300)
    first = make_account(sending, bad)
    second = make_account(sending, good)
    sending.campaign(first, second)
    sending.run_due()
    assert sending.status() == "finished"
    assert state(sending, first)[0] == "paused"
    assert state(sending, second)[0] == "active"
    assert len(good.copies()) == 300


def test_account_refused_in_the_middle(sending):
    """550 5.7.30 is no word about the recipient."""
    sink = sending.sink("--rule", "mail@50=550 5.7.30 Basic authentication"
                        " is not supported for Client Submission")
    account = make_account(sending, sink)
    sending.contacts(200)
    sending.campaign(account)
    sender = sending.sender()
    assert "5.7.30" in wait_paused(sending, account)
    wait_free(sending)
    sending.stop(sender)
    states = sending.states()
    assert set(states) == {"accepted", "pending"}
    assert states["accepted"] == len(sink.lines())
    assert sending.value("SELECT count(*) FROM suppression") == 0


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_bad_certificate(sending, tls):
    """X-002, S-042: no credentials, no message, and words that help."""
    stack = certificate(sending.home)
    sink = sending.sink("--tls", tls, "--cert", stack.cert, "--key", stack.key,
                        "--require-auth")
    account = make_account(sending, sink, tls=tls)
    sending.contacts(5)
    sending.campaign(account)
    sender = sending.sender()
    assert "certificate" in wait_paused(sending, account)
    wait_free(sending)
    assert sending.states() == {"pending": 5}
    assert sink.lines() == []
    # With the right authority it goes on.
    sending.sql("UPDATE smtp_account SET state = 'active', ca_file = %s,"
                " version = version + 1", stack.ca)
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": 5}


def test_password_of_another_key(sending):
    sink = sending.sink("--require-auth")
    account = make_account(sending, sink)
    sending.sql("UPDATE smtp_account SET secret = set_byte(secret, 40, 0) ||"
                " '\\x00'")
    sending.contacts(5)
    sending.campaign(account)
    sender = sending.sender()
    assert "password" in wait_paused(sending, account)
    sending.stop(sender)
    assert sending.states() == {"pending": 5}


def test_server_that_is_not_there_yet(sending):
    port = free_port()
    account = sending.account(port)
    sending.contacts(20)
    sending.campaign(account)
    sender = sending.sender()
    wait_for(lambda: sending.status() == "running")
    time.sleep(3)
    assert state(sending, account)[0] == "active"
    assert sending.states() == {"pending": 20}
    sending.sink(port=port)
    sending.wait_finished(1, 40)
    sending.stop(sender)
    assert sending.states() == {"accepted": 20}


def test_unreachable_account_holds_nobody_up(sending):
    """What was queued for it goes through the other."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        closed = s.getsockname()[1]
    sink = sending.sink()
    sending.contacts(200)
    sending.campaign(sending.account(closed), sending.account(sink.port))
    sending.run_due()
    assert sending.states() == {"accepted": 200}


def test_weights(sending):
    one, three = sending.sink(), sending.sink()
    sending.contacts(1200)
    campaign = sending.campaign(sending.account(one.port),
                                sending.account(three.port))
    sending.sql("UPDATE campaign_account SET weight = 3 WHERE account_id = 2"
                " AND campaign_id = %s", campaign)
    sending.run_due()
    assert len(one.lines()) + len(three.lines()) == 1200
    assert 0.70 <= len(three.lines()) / 1200 <= 0.80


def test_limits_a_second(sending):
    """I5, with two workers that share them."""
    sink = sending.sink()
    sending.contacts(100)
    sending.campaign(sending.account(sink.port, per_second=20))
    began = time.time()
    sending.run_due()
    assert time.time() - began < 20
    times = [int(line[0]) / 1e6 for line in sink.lines()]
    assert len(times) == 100
    windows = collections.Counter()
    for t in times:
        windows[t] = sum(t <= other < t + 1 for other in times)
    assert max(windows.values()) <= 20


def test_limit_a_day(sending):
    """Half of it at once; the rest keeps waiting, and a stop is quick."""
    sink = sending.sink()
    sending.contacts(100)
    sending.campaign(sending.account(sink.port, per_day=40))
    sender = sending.sender()
    sending.wait_recorded(20, 20)
    time.sleep(2)
    sending.stop(sender)
    assert len(sink.lines()) == 20
    assert sending.states() == {"accepted": 20, "pending": 80}


def test_message_that_nobody_takes(sending):
    """Refused for what it is, again and again: the campaign is paused."""
    # Where the reason is cut there is a letter of two octets.
    sink = sending.sink("--rule", "dot@1=554 5.6.0 Message content rejected "
                        + "ä" * 150)
    sending.contacts(200)
    sending.campaign(sending.account(sink.port, max_connections=2))
    sender = sending.sender("--workers=1")
    wait_for(lambda: sending.status() == "paused", 20)
    sending.stop(sender)
    assert "content" in sending.value("SELECT status_reason FROM campaign")
    assert sending.states()["failed"] < 40
    assert sending.value("SELECT count(*) FROM suppression") == 0
