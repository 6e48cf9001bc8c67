"""Whoever has answered is left alone: at the freeze, and when the turn of a
recipient comes."""

import given
from sending import wait_for

QUICK = ("--retry-first-s=1", "--retry-max-s=2")


def answered(sending, campaign, people, kind="reply"):
    """These contacts wrote back about a campaign."""
    sending.sql(
        "INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id,"
        " source) SELECT %s, d.id || ':' || clock_timestamp(), d.campaign_id,"
        " d.id, d.contact_id, 'mail' FROM delivery d JOIN contact c"
        " ON c.id = d.contact_id"
        " WHERE d.campaign_id = %s AND c.id = ANY (%s)", kind, campaign,
        list(people))


def freeze(sending, campaign):
    """Its audience is made, and nothing is sent yet."""
    sending.sql("UPDATE smtp_account SET state = 'paused'")
    sender = sending.sender()
    wait_for(lambda: sending.status(campaign) == "running")
    sending.stop(sender)
    sending.sql("UPDATE smtp_account SET state = 'active'")
    return sending.value("SELECT audience FROM campaign WHERE id = %s",
                         campaign)


def states(sending, campaign):
    return dict(sending.sql(
        "SELECT state::text, count(*) FROM delivery_newest"
        " WHERE delivery_id >> 32 = %s GROUP BY 1", campaign))


def test_follow_up(sending):
    """Of 100, 30 answered before the freeze and 20 after it."""
    sink = sending.sink()
    sending.contacts(100)
    account = sending.account(sink.port)
    one = sending.campaign(account)
    sending.run_due(*QUICK)
    people = [p for p, in sending.sql("SELECT id FROM contact ORDER BY id")]
    answered(sending, one, people[:30])
    answered(sending, one, people[30:40], "auto_reply")  # is no answer
    two = sending.campaign(account, exclude_replied_to=[one])
    assert freeze(sending, two) == 70
    answered(sending, one, people[40:60])
    sending.run_due(*QUICK)
    assert states(sending, two) == {"accepted": 50, "suppressed": 20}
    assert sink.copies().total() == 150
    assert sending.sql("SELECT DISTINCT scope::text, reply FROM outcome"
                       " WHERE state = 'suppressed'") == [
        ("message", "replied")]
    report = sending.api().get(f"/v1/campaigns/{two}/report")
    assert report["suppressed"] == report["skipped"] == 20
    assert sending.value("SELECT count(*) FROM suppression") == 0
    # of whom nothing is asked, everybody gets it
    sending.campaign(account, stop_on_reply=True)
    sending.run_due(*QUICK)
    assert states(sending, two + 1) == {"accepted": 100}


def test_answered_while_it_was_tried(sending):
    """25 were deferred, of whom 10 answered nevertheless."""
    sink = sending.sink("--rule", "rcpt@4=451 4.7.1 try again later")
    sending.contacts(100)
    one = sending.campaign(sending.account(sink.port), stop_on_reply=True)
    sender = sending.sender("--retry-first-s=3600", "--retry-max-s=3600")
    wait_for(lambda: sending.recorded() == 100)
    sending.stop(sender)
    waiting = [p for p, in sending.sql(
        "SELECT contact_id FROM retry JOIN delivery d ON d.id = delivery_id"
        " ORDER BY 1")]
    assert len(waiting) == 25
    answered(sending, one, waiting[:10])
    sending.sql("UPDATE retry SET next_at = now()")
    sending.run_due(*QUICK)
    assert states(sending, one) == {"accepted": 90, "suppressed": 10}
    assert sending.value("SELECT count(*) FROM retry") == 0
    assert set(sink.copies().values()) == {1}
