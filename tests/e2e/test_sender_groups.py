"""Recipient-domain groups: what one of them does is not felt by the others,
and nobody is lost meanwhile.  Longer forms: tests/faults/groups.py."""

import collections
import time

from sending import wait_for
from groups import BAD, healthy, rate  # needs the path that sending sets

QUICK = ("--retry-first-s=1", "--retry-max-s=4")


def through(sending, sink, **columns):
    return sending.campaign(sending.account(sink.port, max_connections=16),
                            **columns)


def side_by_side(sending, people, *rules):
    """Two sinks and a campaign for each, one of them with the rules: at the
    same time, so that what else the machine does is the same for both."""
    delay = ("--delay-ms", "100")
    calm = sending.sink(*delay)
    bad = sending.sink(*delay, *(w for r in rules for w in ("--rule", r)))
    sending.contacts(people)
    through(sending, calm)
    through(sending, bad)
    sending.sender("--workers=1", *QUICK)
    return calm, bad


def test_a_tarpit_holds_up_nobody(sending):
    """D-15, S-054: 1 of 20 domains answers after a minute."""
    people = 1000
    calm, stuck = side_by_side(
        sending, people, f"rcpt to:{BAD} until:20=delay 60000")
    wait_for(lambda: len(healthy(stuck)) == people * 19 // 20, 60, 0.1)
    wait_for(lambda: len(calm.lines()) == people, 60, 0.1)
    assert rate(stuck) > 0.95 * rate(calm)
    groups = sending.sql("SELECT name, state, why FROM live_group")
    assert [g[:2] for g in groups] == [("d7.example.com", "slow")]
    assert groups[0][2].startswith("no reply within")
    assert sending.sql("SELECT group_name, state FROM group_state") == [
        ("d7.example.com", "slow")]
    # All of them get it when it answers again, at the first attempt.
    wait_for(lambda: len(stuck.lines()) == people, 60, 0.2)
    sending.wait_finished(2)
    assert sending.states() == {"accepted": 2 * people}
    sending.prove(calm, stuck, duplicates_max=0)
    assert sending.value("SELECT max(attempt) FROM outcome") == 1
    wait_for(lambda: sending.sql("SELECT * FROM group_state") == [], 10)


def test_one_connection_is_all_it_gets(sending):
    """D-15: who answers late after the dot cannot be left, and holds no
    second connection of sixteen meanwhile."""
    people = 1000
    sink = sending.sink("--delay-ms", "100", "--rule",
                        f"dot to:{BAD}=delay 13000")
    sending.contacts(people)
    through(sending, sink)
    sender = sending.sender("--workers=1", *QUICK)
    wait_for(lambda: sink.lines())
    began = time.time()
    wait_for(lambda: len(healthy(sink)) == people * 19 // 20, 60, 0.1)
    time.sleep(max(0, began + 11 - time.time()))
    assert len(sink.lines()) - len(healthy(sink)) == 1
    assert [g[0] for g in sending.sql("SELECT state FROM live_group")] == [
        "slow"]
    sending.stop(sender)
    assert sending.states() == {"accepted": people * 19 // 20 + 1,
                                "pending": people // 20 - 1}


def test_a_storm_of_deferrals(sending):
    """D-13: half of what goes to one domain is deferred for a while."""
    people = 1000
    calm, stormy = side_by_side(
        sending, people,
        f"rcpt to:{BAD} until:6 chance:0.5=451 4.7.1 rate limited")
    sending.wait_finished(1)
    sending.wait_finished(2)
    assert rate(stormy) > 0.95 * rate(calm)
    assert sending.states() == {"accepted": 2 * people}
    sending.prove(calm, stormy, duplicates_max=0)
    # 1 s, 2 s, 4 s, 4 s: by then it is over.
    assert 1 < sending.value("SELECT max(attempt) FROM outcome") <= 6
    others = sending.value(
        "SELECT count(*) FROM outcome o JOIN delivery d ON d.id = o.delivery_id"
        " JOIN contact c ON c.id = d.contact_id WHERE o.state = 'deferred'"
        " AND c.email NOT LIKE %s", "%" + BAD)
    assert others == 0


def test_421_at_every_step(sending):
    """D-14: after each command, and at every tenth connection."""
    for step in ("greeting@10", "ehlo@10", "mail@40", "rcpt@40", "data@40",
                 "dot@40"):
        sink = sending.sink("--rule", f"{step}=421 4.3.2 closing")
        if step == "greeting@10":
            sending.contacts(200)
        campaign = through(sending, sink)
        sending.run_due("--workers=1", *QUICK)
        assert sending.status(campaign) == "finished"
        assert set(sink.copies().values()) == {1}
        assert len(sink.lines()) == 200, step
    assert set(sending.states()) == {"accepted"}


def test_limits_of_a_group(sending):
    """S-052: what goes to one domain keeps its rate; the others do not."""
    sink = sending.sink()
    sending.contacts(400)
    account = sending.account(sink.port)
    sending.sql("INSERT INTO group_limit (account_id, group_name, per_second)"
                " VALUES (%s, 'd7.example.com', 4)", account)
    sending.campaign(account)
    sending.sender(*QUICK)
    wait_for(lambda: len(healthy(sink)) == 380, 20)
    taken = time.time()
    assert len(sink.lines()) < 400
    sending.wait_finished(1, 60)
    times = sorted(int(line[0]) / 1e6 for line in sink.lines()
                   if line[2].endswith(BAD))
    assert len(times) == 20 and time.time() > taken
    assert all(b - a >= 1 for a, b in zip(times, times[4:]))


def test_connections_of_a_group(sending):
    sink = sending.sink("--delay-ms", "50", "--events", "open,close")
    sending.contacts(100)
    account = sending.account(sink.port, max_connections=10)
    sending.sql("INSERT INTO group_limit (account_id, group_name, connections)"
                " VALUES (%s, 'd7.example.com', 1)", account)
    sending.sql("UPDATE contact SET email = replace(email, '@d8.', '@d7.'),"
                " email_key = replace(email, '@d8.', '@d7.')")
    sending.campaign(account)
    sending.run_due("--workers=1", *QUICK)
    took = collections.Counter()
    for line in sink.lines():
        if line[2].endswith(BAD):
            took[int(line[0]) // 40000] += 1
    assert sum(took.values()) == 10 and set(took.values()) == {1}
