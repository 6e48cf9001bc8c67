"""What people see of a campaign while it is sent: `volley status`, the live
part of GET /v1/campaigns/{id}, and the progress of `volley run-due -v`."""

import re
import subprocess

from sending import VOLLEY, wait_for
from server import free_port


def status(sending, *args):
    """Exit status, output and complaints."""
    done = subprocess.run([VOLLEY, "status", *args], env=sending.env,
                          capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def live(sending, campaign=1):
    return sending.api().get(f"/v1/campaigns/{campaign}")["live"]


def test_a_campaign_under_way(sending):
    sink = sending.sink("--delay-ms", "100")
    account = sending.account(sink.port, name="relay", max_connections=4)
    sending.contacts(400)
    sending.campaign(account, name="March news")
    sender = sending.sender()
    wait_for(lambda: (live(sending) or {}).get("rate", 0) > 0, 20)
    seen = live(sending)
    # The first has to be let in before others may try.
    assert 1 <= seen["workers"] <= 2
    assert 0 < seen["under_way"] <= 3 * 4
    assert 0 < seen["pending"] < 400
    assert seen["next_attempt_at"] is None
    relay, = seen["accounts"]
    assert (relay["id"], relay["name"], relay["state"]) == (account, "relay", "open")
    assert 1 <= relay["connections"] <= 4
    code, text, _ = status(sending)
    assert code == 0
    assert 'campaign 1 "March news": running' in text
    assert re.search(r" of 400  [\d,]+/s, \d+ under way", text)
    assert re.search(r'account 1 "relay": open, [1-4] connections', text)
    sending.wait_finished()
    sending.stop(sender)
    assert sending.value("SELECT count(*) FROM worker_status") == 0
    assert status(sending) == (0, "no campaign is under way\n", "")
    assert 'campaign 1 "March news": finished' in status(sending, "1")[1]
    assert live(sending) is None


def test_deferred_ones_and_when(sending):
    sink = sending.sink("--rule", "rcpt@2=451 4.3.0 later")
    sending.contacts(20)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--retry-first-s=3600")
    wait_for(lambda: (live(sending) or {}).get("pending") == 0, 30)
    wait_for(lambda: live(sending)["next_attempt_at"] is not None, 30)
    assert re.search(r"100 %  20 of 20 .* 10 deferred, next in \d+ min",
                     status(sending, "1")[1])
    sending.stop(sender)
    assert "no sender is at work on it" in status(sending, "1")[1]


def test_an_account_that_nobody_answers(sending):
    sending.contacts(5)
    sending.campaign(sending.account(free_port(), name="gone"))
    sender = sending.sender()

    def unreachable():
        account, = (live(sending) or {"accounts": [{"state": ""}]})["accounts"]
        return account if account["state"] == "unreachable" else None

    account = wait_for(unreachable, 30)
    assert "refused" in account["why"] and account["for_s"] > 0
    # Between two looks it may be trying again.
    wait_for(lambda: re.search(
        r'account 1 "gone": unreachable.*again in .*refused',
        status(sending)[1]), 30)
    sending.stop(sender)


def test_a_quota_that_is_used_up(sending):
    """The account waits an hour and goes on by itself."""
    sink = sending.sink("--rule", "mail@1=550 5.4.5 Daily user sending limit exceeded")
    account = sending.account(sink.port)
    sending.contacts(10)
    sending.campaign(account)
    sender = sending.sender()
    wait_for(lambda: sending.value("SELECT state FROM smtp_account") == "paused", 20)
    wait, reason = sending.sql("SELECT extract(epoch FROM resume_at - now()),"
                               " state_reason FROM smtp_account")[0]
    assert 3500 < wait <= 3600
    assert "Daily user sending limit" in reason
    assert "paused" in status(sending)[1] and "Daily user" in status(sending)[1]
    assert sending.states() == {"pending": 10}
    port = sink.port
    sending.sinks.remove(sink)
    sink.stop()
    again = sending.sink(port=port)
    sending.sql("UPDATE smtp_account SET resume_at = now()")
    sending.wait_finished()
    assert sending.sql("SELECT state, state_reason, resume_at FROM smtp_account") == [
        ("active", "", None)]
    sending.stop(sender)
    assert sending.check_ledger(again) == set()


def test_asked_wrongly(sending):
    code, _, complaint = status(sending, "7")
    assert code == 1 and "there is no campaign 7" in complaint
    code, _, complaint = status(sending, "all")
    assert code == 2 and "all is no campaign's number" in complaint
    assert status(sending, "--loud")[0] == 2
    assert "usage: volley status" in status(sending, "--help")[1]


def test_progress_of_run_due(sending):
    sink = sending.sink()
    sending.contacts(300)
    sending.campaign(sending.account(sink.port))
    sending.run_due("-v")
    assert re.search(r"^\[[#-]{30}\] +\d+ %  \d+ of 300", sending.log(), re.M)


def test_progress_where_nothing_is_sent(sending):
    """What has been handed out is not done."""
    sink = sending.sink("--rule", "dot=delay 60000")
    sending.contacts(30)
    sending.campaign(sending.account(sink.port))
    run = sending.volley("run-due", "-v")
    wait_for(lambda: sending.log().count(" of 30") >= 2, 30)
    sending.stop(run)
    assert set(re.findall(r"(\d+) of 30", sending.log())) == {"0"}


def test_names_that_would_move_the_cursor(sending):
    sending.campaign(sending.account(1, name="\x1b[2J\u009b2J\x7f"),
                     name="ä\u009b2Jü", status="paused",
                     status_reason="\u009d0;title\u0085")
    code, text, _ = status(sending)
    assert code == 0
    assert 'campaign 1 "ä??2Jü": paused: ??0;title??' in text
    assert 'account 1 "?[2J??2J?"' in text
