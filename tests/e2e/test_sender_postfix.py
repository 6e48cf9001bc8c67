"""Through a real Postfix, with TLS and a login, into real mailboxes."""

import email
import email.policy
import subprocess

import pytest

from mail import Inbox
from sending import VOLLEY, wait_for


def make_account(sending, stack, **more):
    return sending.api().post("/v1/accounts", {
        "name": "Relay", "host": "127.0.0.1", "port": stack["submission"],
        "tls": "starttls", "ca_file": stack["ca"],
        "username": "sender@example.test", "password": stack["password"],
        **more})["id"]


def add_contact(sending, address, name="Ann"):
    sending.sql("WITH new AS (INSERT INTO contact (email, email_key, name)"
                " VALUES (%s, %s, %s) RETURNING id) INSERT INTO membership"
                " (list_id, contact_id) SELECT 1, id FROM new", address,
                address, name)


def campaign(sending, account, **more):
    return sending.campaign(account, from_email="sender@example.test",
                            from_name="Grüße aus Köln",
                            return_path="bounces@example.test", **more)


def parsed(message):
    return email.message_from_bytes(message, policy=email.policy.default)


@pytest.mark.parametrize("tls, port", [("starttls", "submission"),
                                       ("implicit", "submissions")])
def test_delivered(sending, mail_stack, tls, port):
    inbox = Inbox(mail_stack, "alice@example.test")
    before = len(inbox.messages())
    account = make_account(sending, mail_stack, tls=tls, port=mail_stack[port])
    for n in range(100):
        add_contact(sending, f"alice+{tls}{n}@example.test", f"Ann {n}")
    campaign(sending, account)
    sending.run_due()
    assert sending.states() == {"accepted": 100}
    assert "queued as" in sending.value("SELECT reply FROM outcome LIMIT 1")
    wait_for(lambda: len(inbox.messages()) == before + 100, 30, 0.5)
    arrived = [parsed(m) for m in inbox.messages()[before:]]
    inbox.close()
    assert len({m["Message-ID"] for m in arrived}) == 100
    assert {m["To"].addresses[0].addr_spec for m in arrived} == {
        f"alice+{tls}{n}@example.test" for n in range(100)}
    one = arrived[0]
    assert one["From"].addresses[0].display_name == "Grüße aus Köln"
    assert one["Return-Path"].startswith("<bounces+")
    assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert one["List-Unsubscribe"].strip().startswith(
        "<https://news.example.com/u/")
    assert one.get_content_type() == "multipart/alternative"
    assert "Hello Ann" in one.get_body(("html",)).get_content()


def test_refused_at_once(sending, mail_stack):
    """Straight at the MX: what the reply means is recorded as it is."""
    mx = mail_stack["submission"] - 587 + 25
    for who in ("nouser", "disabled", "spam", "grey"):
        add_contact(sending, f"{who}@remote.test")
    campaign(sending, sending.account(mx))
    sender = sending.sender()
    wait_for(lambda: sending.recorded() == 4, 20)
    sending.stop(sender)
    rows = sending.sql("SELECT split_part(email, '@', 1), state, code, o.status,"
                       " scope::text, type::text FROM outcome o JOIN delivery d"
                       " ON d.id = o.delivery_id JOIN contact c"
                       " ON c.id = d.contact_id ORDER BY 1")
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["nouser"] == ("failed", 550, "5.1.1", "recipient", "hard")
    assert by_name["disabled"][:2] == ("failed", 550)
    assert by_name["spam"][0] in ("failed", "deferred")
    assert by_name["spam"][3] != "recipient"
    assert by_name["grey"][:2] == ("deferred", 451)
    assert ("nouser@remote.test",) in sending.sql(
        "SELECT email_key FROM suppression")
    assert ("spam@remote.test",) not in sending.sql(
        "SELECT email_key FROM suppression")


def test_account_is_tested(sending, mail_stack):
    """From the command line, and by a sender on the API's behalf."""
    good = make_account(sending, mail_stack)
    bad = make_account(sending, mail_stack, password="wrong")
    untrusted = make_account(sending, mail_stack, ca_file="")

    def by_command(account):
        run = subprocess.run([VOLLEY, "account", "test", str(account)],
                             env=sending.env, capture_output=True, text=True,
                             check=False)
        return run.returncode, run.stdout

    status, text = by_command(good)
    assert status == 0 and "FAILED" not in text
    status, text = by_command(bad)
    assert status == 1 and "auth     FAILED" in text and "535" in text
    assert "wrong" not in text
    status, text = by_command(untrusted)
    assert status == 1 and "tls      FAILED" in text

    sender = sending.sender()
    api = sending.api()
    for account, ok in ((good, True), (bad, False), (untrusted, False)):
        answer = api.call("POST", f"/v1/accounts/{account}/test", {})
        assert answer.status_code == 200, answer.text
        result = answer.json()
        assert result["ok"] is ok
        assert [step["name"] for step in result["steps"]] == (
            ["connect", "tls"] if account == untrusted
            else ["connect", "tls", "auth"])
        assert result["steps"][-1]["ok"] is ok
    sending.stop(sender)
    assert sending.value("SELECT count(*) FROM smtp_account"
                         " WHERE state = 'paused'") == 0


def test_test_message(sending, mail_stack):
    account = make_account(sending, mail_stack)
    add_contact(sending, "alice+test@example.test", "Zoë")
    number = campaign(sending, account, status="draft")
    sender = sending.sender()
    inbox = Inbox(mail_stack, "alice@example.test")
    before = len(inbox.messages())
    result = sending.api().ok("POST", f"/v1/campaigns/{number}/test",
                              {"to": ["alice+test@example.test"]}, 200)
    assert result["ok"] is True, result
    sending.stop(sender)
    wait_for(lambda: len(inbox.messages()) == before + 1, 20, 0.5)
    message = parsed(inbox.messages()[-1])
    inbox.close()
    assert message["Subject"].endswith("Hello Zoë")
    assert message["Subject"] != "Hello Zoë"
    assert sending.recorded() == 0
    assert sending.value("SELECT count(*) FROM delivery") == 0
