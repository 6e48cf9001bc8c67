"""The checker of the fault tests finds what it is for: a campaign in order,
then one fabricated violation of each invariant."""

import base64
import json
import struct
import subprocess
import sys
import time

import pytest

import checker
import sinklog
from given import delivery_id
from sending import FAULTS

PEOPLE = 40
COLUMNS = "delivery_id, attempt, state, at, account_id, code"


def message_id(number):
    token = base64.b32encode(struct.pack(">BqH", 1, number, 9) + bytes(10))
    return f"<{token.decode().rstrip('=').lower()}@example.com>"


class Made:
    """A finished campaign, and the log of a sink, put together by hand."""

    def __init__(self, sending, folder):
        self.sending, self.folder = sending, folder
        self.now = time.time()
        self.lines = []
        sending.contacts(PEOPLE)
        sending.account(25)
        sending.campaign(1)
        sending.sql("SELECT outcome_partition(1)")
        sending.sql("INSERT INTO delivery SELECT (1::bigint << 32) + id, 1, id,"
                    " 1 FROM contact")
        sending.sql("INSERT INTO lease SELECT 1, min(id), max(id), max(id), 1,"
                    " NULL, NULL, true FROM delivery")
        sending.sql("UPDATE campaign SET status = 'finished', audience = %s",
                    PEOPLE)
        for n in range(1, PEOPLE - 1):
            self.outcome(n, "accepted")
            self.copy(n)
        self.outcome(PEOPLE - 1, "failed", code=550)
        self.outcome(PEOPLE, "uncertain")

    def outcome(self, n, state, attempt=1, code=250):
        self.sending.sql(f"INSERT INTO outcome ({COLUMNS}) VALUES"
                         " (%s, %s, %s, now(), 1, %s)", delivery_id(1, n),
                         attempt, state, code)

    def copy(self, n, after=0.0, token=None, address=None):
        at = int((self.now + after) * 1e6)
        to = address or f"user{n}@d{n % 20}.example.com"
        self.lines.append(f"{at + 1000}\tb@example.com\t{to}\t"
                          f"{token or message_id(delivery_id(1, n))}"
                          f"\t900\t1\t{at}\n")

    def attempt(self, n, after=0.0):
        """One that the sink refused."""
        at = int((self.now + after) * 1e6)
        token = message_id(delivery_id(1, n))[1:-1].partition("@")[0]
        self.lines.append(f"try\t{at}\t1\t{at}\tb+{token}@example.com\t"
                          f"user{n}@d{n % 20}.example.com\t550\n")

    def to_provider(self, n, domain):
        """Sent to that domain."""
        self.sql(f"UPDATE contact SET email = 'user{n}@{domain}' WHERE id = {n}")
        self.lines[n - 1] = self.lines[n - 1].replace(
            f"d{n}.example.com", domain)

    def copies(self, *numbers):
        for n in numbers:
            self.copy(n)

    def sql(self, text):
        self.sending.sql(text)

    def prove(self, **more):
        path = self.folder / "log"
        path.write_text("".join(self.lines), encoding="utf-8")
        return checker.prove(self.sending.conninfo, [path], True, **more)


@pytest.fixture
def made(sending, tmp_path):
    return Made(sending, tmp_path)


def test_all_in_order(made):
    made.copies(PEOPLE)  # uncertain, and it did arrive
    result = made.prove(duplicates_max=0, uncertain_max=1)
    assert result["violations"] == []
    assert result["messages"] == PEOPLE - 1
    assert result["campaigns"][0] | {
        "audience": 40, "accepted": 38, "failed": 1, "uncertain": 1,
        "pending": 0, "messages": 39, "reached": 39,
        "duplicates": 0} == result["campaigns"][0]


def test_explained_duplicate(made):
    made.outcome(PEOPLE, "accepted", attempt=2)
    made.copies(PEOPLE, PEOPLE)
    result = made.prove(duplicates_max=1)
    assert result["ok"] and result["duplicates"] == 1


FIRST, LAST = delivery_id(1, 1), delivery_id(1, PEOPLE)

# what is done to it -> what must be found
BROKEN = {
    "lost from the audience": (
        "I1", "the audience is not what was frozen",
        lambda m: m.sql("UPDATE campaign SET audience = 41")),
    "outcome of nobody": (
        "I1", "an outcome of nobody's",
        lambda m: m.outcome(99, "failed")),
    "pending though finished": (
        "I6", "finished with recipients to be written to",
        lambda m: m.sql(f"DELETE FROM outcome WHERE delivery_id = {LAST}")),
    "pending behind a lease": (
        "I1", "pending, and in no lease that is open",
        lambda m: m.sql(f"DELETE FROM outcome WHERE delivery_id = {LAST}")),
    "pending after the drain": (
        "I1", "pending after the drain",
        lambda m: m.sql(f"DELETE FROM outcome WHERE delivery_id = {LAST}")),
    "deferred for ever": (
        "I1", "to be attempted again, and nothing says when",
        lambda m: m.sql("UPDATE outcome SET state = 'deferred'"
                        " WHERE state = 'uncertain'")),
    "not finished": (
        "I1", "a campaign that did not finish",
        lambda m: m.sql("UPDATE campaign SET status = 'running'")),
    "lease kept": (
        "I1", "a lease that is still held",
        lambda m: m.sql("UPDATE lease SET holder = 'x', done = false")),
    "false accept": (
        "I1", "accepted, but at no sink",
        lambda m: m.lines.pop()),
    "stranger at the sink": (
        "I1", "at a sink, but in no audience",
        lambda m: m.copy(77)),
    "foreign message": (
        "I1", "at a sink, but in no audience",
        lambda m: m.copy(3, token="<abc@example.com>")),
    "wrong address": (
        "I1", "at a sink under another address",
        lambda m: m.copy(PEOPLE, address="user1@d1.example.com")),
    "sent, recorded as failed": (
        "I1", "at a sink, but recorded as something else",
        lambda m: m.copies(PEOPLE - 1)),
    "unexplained duplicate": (
        "I2", "more than one copy without being uncertain",
        lambda m: m.copies(5)),
    "another Message-ID": (
        "I2", "copies under several Message-IDs",
        lambda m: (m.copies(PEOPLE), m.copy(PEOPLE, token=message_id(
            LAST).replace("example.com", "example.test")))),
    "too many duplicates": (
        "I2", "more duplicates than can be explained",
        lambda m: m.copies(PEOPLE, PEOPLE)),
    "too many uncertain": (
        "I2", "more uncertain than can be explained",
        lambda m: m.outcome(4, "uncertain", attempt=2)),
    "after the unsubscribe": (
        "I3", "MAIL later than a second after the suppression",
        lambda m: m.sql(
            "INSERT INTO suppression (email_key, list_id, reason, created_at)"
            " VALUES ('user7@d7.example.com', 1, 'unsubscribe',"
            f" to_timestamp({m.now - 1.2}))")),
    "a second's limit": (
        "I5", "a rolling window over its limit",
        lambda m: m.sql("UPDATE smtp_account SET per_second = 37")),
    "a day's limit": (
        "I5", "a rolling window over its limit",
        lambda m: m.sql("UPDATE smtp_account SET per_day = 20")),
    "a campaign's limit": (
        "I5", "a rolling window over its limit",
        lambda m: m.sql("UPDATE campaign SET per_minute = 37")),
    "a domain's limit": (
        "I5", "a rolling window over its limit",
        lambda m: m.sql("INSERT INTO group_limit (account_id, group_name,"
                        " per_second) VALUES (1, 'd5.example.com', 1)")),
    "a provider's limit": (
        "I5", "a rolling window over its limit",
        lambda m: (
            m.to_provider(7, "gmail.com"), m.to_provider(8, "googlemail.com"),
            m.sql("INSERT INTO group_limit (account_id, group_name,"
                  " per_second) VALUES (1, 'gmail', 1)"))),
    "tried too often": (
        "I5", "a rolling window over its limit",
        lambda m: (m.sql("UPDATE smtp_account SET per_second = 38"),
                   m.attempt(PEOPLE - 1))),
    "tried after the unsubscribe": (
        "I3", "MAIL later than a second after the suppression",
        lambda m: (m.attempt(PEOPLE - 1, 3), m.sql(
            "INSERT INTO suppression (email_key, list_id, reason, created_at)"
            " VALUES ('user39@d19.example.com', 1, 'unsubscribe', now())"))),
    "no 2xx": (
        "I6", "accepted without a 2xx",
        lambda m: m.sql("UPDATE outcome SET code = 451"
                        f" WHERE delivery_id = {FIRST}")),
}


@pytest.mark.parametrize("case", BROKEN)
def test_violation(made, case):
    invariant, what, spoil = BROKEN[case]
    assert made.prove(duplicates_max=0, uncertain_max=1)["ok"]
    spoil(made)
    result = made.prove(duplicates_max=0, uncertain_max=1)
    found = [(v["invariant"], v["what"]) for v in result["violations"]]
    assert (invariant, what) in found
    assert not result["ok"]


def test_what_is_allowed(made):
    """Suppressed elsewhere or in time, and limits that are kept."""
    made.sql("INSERT INTO list (id, name) VALUES (2, 'two')")
    made.sql("INSERT INTO suppression (email_key, list_id, reason, created_at)"
             " VALUES ('user7@d7.example.com', 2, 'unsubscribe', '2020-01-01')")
    made.sql("INSERT INTO suppression (email_key, list_id, reason, created_at)"
             " VALUES ('user8@d8.example.com', NULL, 'manual',"
             f" to_timestamp({made.now - 0.8}))")
    made.sql("UPDATE smtp_account SET per_second = 38")
    assert made.prove()["violations"] == []


def test_numbers_that_are_shown(made):
    """I4 and I6 against the API; and one that lies."""
    api = made.sending.api()

    class Liar(checker.Api):
        def report(self, campaign):
            shown = super().report(campaign)
            shown["accepted"] += 1
            shown["bounced"]["hard"] += 1
            return shown

        def listed(self, campaign, state):
            return super().listed(campaign, state) - 1

    key = api.keys["read"]
    assert made.prove(api=checker.Api(api.url, key))["violations"] == []
    result = made.prove(api=Liar(api.url, key))
    assert [(v["invariant"], v["examples"]) for v in result["violations"]] == [
        ("I4", ["campaign 1, accepted: shown 39, counted 38",
                "campaign 1, bounced.hard: shown 1, counted 0"]),
        ("I1", ["campaign 1: 41 of 40"]),
        ("I6", ["campaign 1: 0 of 1"])]


def test_journal_that_was_left(made, tmp_path):
    folder = tmp_path / "journal"
    folder.mkdir()
    (folder / "empty").touch()
    assert made.prove(journal=folder)["ok"]
    (folder / "1.seg").write_bytes(b"intent")
    assert [v["invariant"] for v in made.prove(journal=folder)["violations"]
            ] == ["I1"]


def test_program(made):
    """As a program: a document, and an exit status."""
    made.prove()
    run = [sys.executable, f"{FAULTS}/checker.py", "--database",
           made.sending.conninfo, "--drained", "--sink", made.folder / "log"]
    good = subprocess.run(run, capture_output=True, text=True, check=True)
    assert json.loads(good.stdout)["ok"] is True
    made.sql("UPDATE campaign SET audience = 41")
    bad = subprocess.run(run, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["violations"][0]["invariant"] == "I1"


@pytest.mark.parametrize("number", [delivery_id(1, 1), delivery_id(77, 9),
                                    delivery_id(2 ** 31 - 1, 2 ** 32 - 1)])
def test_delivery_of_a_token(number):
    assert sinklog.delivery_of(message_id(number)) == number
    assert sinklog.delivery_of(message_id(number).upper()) == number


@pytest.mark.parametrize("text", ["", "<>", "<x@example.com>", "<" + "1" * 34])
def test_no_token(text):
    assert sinklog.delivery_of(text) is None
