"""Table 1G, scope provider: a receiving side that refuses who sends gets
nothing more of the campaign, which goes on everywhere else; its recipients
are kept until a person resumes it."""

import subprocess

from sending import VOLLEY, wait_for

BAD = "d7.example.com"
REFUSAL = ("550 5.7.515 Access denied, sending domain does not meet the"
           " required authentication level")


class Refusing:
    """A sink that refuses the sender of what goes to one domain."""

    def __init__(self, sending, tmp_path, rule):
        self.rules = tmp_path / "rules"
        self.rules.write_text(rule + "\n", encoding="utf-8")
        self.sink = sending.sink("--rules", str(self.rules),
                                 "--events", "try")

    def relent(self):
        self.rules.write_text("# nothing\n", encoding="utf-8")
        self.sink.reload()

    def asked(self):
        """How many recipients of the domain were tried."""
        return sum(row[4].endswith(BAD) for row in self.sink.events("try"))


def alerts(sending):
    page = sending.api().get("/v1/events?kind=alert")
    return [(e["data"]["alert"], e["data"].get("group")) for e in page["data"]]


def live(sending, campaign=1):
    return sending.api().get(f"/v1/campaigns/{campaign}")["live"]


def kept(sending):
    return sending.value("SELECT count(*) FROM retry WHERE next_at IS NULL")


def resume(sending, campaign=1):
    return sending.api().ok("POST", f"/v1/campaigns/{campaign}/resume")


def test_all_refuse_who_sends(sending, tmp_path):
    """Twenty groups of domains: it is the sender that is to be looked at."""
    refusing = Refusing(sending, tmp_path, f"dot={REFUSAL}")
    sending.contacts(200)
    sending.campaign(sending.account(refusing.sink.port, max_connections=4))
    sending.sender("--workers=1")
    wait_for(lambda: sending.status() == "paused", 30)
    assert sending.states() == {"pending": 200}
    assert sending.value("SELECT status_reason FROM campaign") == (
        f"20 groups of domains refuse its sender: {REFUSAL}")
    assert alerts(sending).count(("halt", None)) == 1
    refusing.relent()
    resume(sending)
    sending.wait_finished()
    assert sending.states() == {"accepted": 200}
    assert sending.check_ledger(refusing.sink) == set()


def test_a_provider_that_refuses_who_sends(sending, tmp_path):
    """Whatever the step and the class of the reply; each costs one try of
    each worker's connections, no contact, and nobody else anything."""
    refusing = Refusing(sending, tmp_path, f"dot to:@{BAD}={REFUSAL}")
    people = 400
    sending.contacts(people)
    account = sending.account(refusing.sink.port, max_connections=4)
    sending.campaign(account)
    sender = sending.sender("--workers=2", "--lease-size=100")
    wait_for(lambda: len(refusing.sink.lines()) == people * 19 // 20, 60)
    wait_for(lambda: kept(sending) == people // 20, 20)
    # A lane begins with one at a time: its worker was told before it grew.
    assert 1 <= refusing.asked() <= 2
    assert alerts(sending) == [("group_paused", BAD)]
    assert sending.status() == "running"
    assert sending.states() == {"accepted": people * 19 // 20,
                                "pending": people // 20}
    assert sending.value("SELECT count(*) FROM suppression") == 0
    assert sending.value("SELECT count(*) FROM event"
                         " WHERE kind <> 'alert'") == 0
    seen = live(sending)
    assert (seen["kept"], seen["next_attempt_at"]) == (people // 20, None)
    group, = seen["groups"]
    assert (group["name"], group["state"], group["account_id"]) == (
        BAD, "paused", account)
    assert group["why"] == REFUSAL
    text = subprocess.run([VOLLEY, "status", "1"], env=sending.env, check=True,
                          capture_output=True, text=True).stdout
    assert "20 kept until it is resumed" in text
    assert f"{BAD} at account {account}: paused: until campaign 1" in text
    # Another sender knows it, too, and has nothing to do.
    sending.stop(sender)
    asked = refusing.asked()
    sending.run_due(seconds=30)
    assert (sending.status(), refusing.asked()) == ("running", asked)
    # Resumed too early: that costs one try, and says so again.
    resume(sending)
    sending.sender("--workers=1")
    wait_for(lambda: len(alerts(sending)) == 2, 20)
    wait_for(lambda: kept(sending) == people // 20, 20)
    assert refusing.asked() <= asked + 1
    refusing.relent()
    resume(sending)
    sending.wait_finished()
    assert sending.states() == {"accepted": people}
    assert sending.value("SELECT max(attempt) FROM outcome") == 1
    assert sending.value("SELECT count(*) FROM campaign_pause") == 0
    sending.prove(refusing.sink, duplicates_max=0)


def test_temporary_but_not_mended_by_waiting(sending, tmp_path):
    """4.7.2x; one that only wants less is waited for (test_sender_groups)."""
    refusing = Refusing(sending, tmp_path,
                        f"rcpt to:@{BAD}=451 4.7.26 unauthenticated email")
    sending.contacts(40)
    sending.campaign(sending.account(refusing.sink.port))
    sending.run_due("--retry-first-s=1", "--retry-max-s=2")
    assert sending.states() == {"accepted": 38, "pending": 2}
    assert (kept(sending), refusing.asked()) == (2, 1)
    assert alerts(sending) == [("group_paused", BAD)]
    # The campaign's time is over, and so is theirs.
    sending.sql("UPDATE campaign SET expires_at = now()")
    sending.run_due()
    assert sending.states() == {"accepted": 38, "expired": 2}
    assert sending.status() == "finished"


def test_another_campaign_goes_there(sending, tmp_path):
    """A pause is of one campaign: another one may be welcome."""
    refusing = Refusing(sending, tmp_path, f"rcpt to:@{BAD}={REFUSAL}")
    sending.contacts(40)
    account = sending.account(refusing.sink.port)
    sending.campaign(account)
    sending.run_due()
    assert kept(sending) == 2
    refusing.relent()
    sending.campaign(account, from_email="other@example.com")
    sending.run_due()
    assert (sending.status(1), sending.status(2)) == ("running", "finished")
    assert kept(sending) == 2
    assert len(refusing.sink.lines()) == 38 + 40


def test_the_accounts_own_server_refuses_who_sends(sending, tmp_path):
    """To MAIL, which names no recipient yet: that is so for everybody."""
    refusing = Refusing(sending, tmp_path,
                        "mail=550 5.7.26 not authenticated by SPF")
    sending.contacts(40)
    sending.campaign(sending.account(refusing.sink.port))
    sending.run_due()
    assert sending.status() == "paused"
    said = sending.value("SELECT status_reason FROM campaign")
    assert said == "550 5.7.26 not authenticated by SPF"
    assert sending.states() == {"pending": 40}
    assert alerts(sending) == [("halt", None)]
    refusing.relent()
    resume(sending)
    sending.run_due()
    assert sending.states() == {"accepted": 40}


def test_only_what_is_paused_is_resumed(sending):
    sink = sending.sink("--delay-ms", "50")
    sending.contacts(400)
    sending.campaign(sending.account(sink.port))
    sending.sender()
    sending.wait_recorded(5)
    sending.api().refused("POST", "/v1/campaigns/1/resume", status=409)
