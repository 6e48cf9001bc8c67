"""A wrong password at a real server: few tries, nobody lost, mended by the
right one (S-048)."""

import os
import re

import pytest

from mail import Inbox
from whole import Whole, wait_for

PEOPLE = 20


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres, VOLLEY_WORKERS="2", VOLLEY_LEASE_SIZE="5").start()
    yield v
    v.stop()


def make_account(volley, stack, **more):
    return volley.post("/v1/accounts", {
        "name": "Postfix", "host": "localhost", "ca_file": stack["ca"],
        "port": stack["submissions"], "tls": "implicit",
        "username": "sender@example.test", "password": stack["password"],
        **more})["id"]


def failed_logins(stack):
    folder = os.path.dirname(os.path.dirname(stack["ca"]))
    with open(f"{folder}/log/postfix.log", encoding="utf-8") as f:
        return len(re.findall("authentication failed", f.read()))


def launch(volley, word, *accounts):
    people = [f"alice+{word}{n}@example.test" for n in range(PEOPLE)]
    return people, volley.launch(
        [volley.people(people)], list(accounts),
        **{"from": {"name": "News", "email": "sender@example.test"},
           "return_path": "bounces@example.test"})


def everybody_got_one(stack, people):
    inbox = Inbox(stack, "alice@example.test")

    def copies():
        all_ = b"\n".join(inbox.messages()).decode("utf-8", "replace")
        return [all_.count(f"\nTo: {p}\r\n") for p in people]

    wait_for(lambda: min(copies()) > 0, 20, 0.2)
    assert copies() == [1] * len(people)
    inbox.close()


@pytest.mark.parametrize("auth", ["login", "auto"])
def test_mended_by_the_right_one(volley, mail_stack, auth):
    before = failed_logins(mail_stack)
    account = make_account(volley, mail_stack, auth=auth,
                           password="not the password")
    path = f"/v1/accounts/{account}"
    people, campaign = launch(volley, f"wrong-{auth}", account)
    wait_for(lambda: volley.get(path)["state"] == "paused")
    reason = volley.get(path)["state_reason"]
    assert "535" in reason and "not the password" not in reason
    report = volley.report(campaign)
    assert report["pending"] == report["audience"] == PEOPLE
    shown = volley.get(f"/v1/campaigns/{campaign}")
    assert shown["status"] == "running"
    assert shown["accounts"][0]["state"] == "paused"
    assert 1 <= failed_logins(mail_stack) - before <= 3
    volley.ok("PATCH", path, {"password": "still not the password"})
    wait_for(lambda: volley.get(path)["state"] == "paused")
    assert volley.report(campaign)["pending"] == PEOPLE
    assert failed_logins(mail_stack) - before <= 6
    volley.ok("PATCH", path, {"password": mail_stack["password"]})
    assert volley.wait_finished(campaign)["accepted"] == PEOPLE
    assert volley.get(path)["state"] == "active"
    everybody_got_one(mail_stack, people)


def test_another_account_does_it(volley, mail_stack):
    bad = make_account(volley, mail_stack, password="not the password")
    good = make_account(volley, mail_stack)
    people, campaign = launch(volley, "both", bad, good)
    assert volley.wait_finished(campaign)["accepted"] == PEOPLE
    wait_for(lambda: volley.get(f"/v1/accounts/{bad}")["state"] == "paused")
    assert volley.get(f"/v1/accounts/{good}")["state"] == "active"
    everybody_got_one(mail_stack, people)
