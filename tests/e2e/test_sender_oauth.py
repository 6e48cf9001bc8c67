"""Accounts with OAuth: one token for all workers, renewed in time; trouble
with tokens is nobody's but the account's (R-004, S-039, D-18)."""

import subprocess
import time

import pytest

from mail import Inbox, certificate
from sending import VOLLEY, wait_for
from token_endpoint import TokenEndpoint, jwt

PEOPLE = 200


@pytest.fixture
def endpoint():
    e = TokenEndpoint()
    yield e
    e.stop()


def token_sink(sending, *options, mechanism="XOAUTH2", token="token-*"):
    return sending.sink("--mechanisms", mechanism, "--token", token,
                        "--require-auth", "--events", "login", *options)


def make_account(sending, sink, endpoint, **more):
    return sending.api().post("/v1/accounts", {
        "name": "Relay", "host": "127.0.0.1", "port": sink.port, "tls": "none",
        "username": "news@example.com", "oauth": endpoint.grant()} | more)["id"]


def logins(sink):
    """Reply codes of AUTH, in their order."""
    return [int(row[-1]) for row in sink.events("login")]


def state(sending, account):
    return sending.sql("SELECT state, state_reason FROM smtp_account"
                       " WHERE id = %s", account)[0]


def oauth(sending, account):
    return sending.api().get(f"/v1/accounts/{account}")["oauth"]


def no_secrets(sending, endpoint):
    for text in [sending.log(), sending.api().log(),
                 str(sending.sql("SELECT * FROM smtp_account")),
                 str(sending.sql("SELECT * FROM oauth"))]:
        for secret in ["client & secret", "client+%26+secret",
                       "client%20%26%20secret", "token-1", "refresh-0"]:
            assert secret not in text


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_one_token_for_all(sending, endpoint, mechanism):
    sink = token_sink(sending, mechanism=mechanism)
    account = make_account(sending, sink, endpoint, auth=mechanism.lower())
    sending.contacts(PEOPLE)
    sending.campaign(account)
    senders = [sending.sender("--lease-size=20") for _ in range(2)]
    sending.wait_finished()
    for sender in senders:
        sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE}
    assert endpoint.requests == [{
        "grant_type": "refresh_token", "refresh_token": "refresh-0",
        "client_id": "volley", "client_secret": "client & secret",
        "scope": "mail send"}]
    assert set(logins(sink)) == {235}
    shown = oauth(sending, account)
    assert shown["state"] == "ok" and shown["expires_at"] is not None
    no_secrets(sending, endpoint)


def test_tokens_expire_in_the_middle(sending, endpoint):
    """Short ones, each with another refresh token; two senders."""
    endpoint.life, endpoint.answer = 8, "rotate"
    sink = token_sink(sending, "--token-life", "8", "--drop-after", "5",
                      "--delay-ms", "10")
    account = make_account(sending, sink, endpoint, per_second=40)
    sending.contacts(PEOPLE * 2)
    sending.campaign(account)
    senders = [sending.sender("--lease-size=20") for _ in range(2)]
    began = time.time()
    sending.wait_finished()
    took = time.time() - began
    for sender in senders:
        sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE * 2}
    assert set(logins(sink)) == {235}
    # One after half of a life, by whoever it was; none with an old one.
    assert 2 <= len(endpoint.requests) <= took / 4 + 2
    assert endpoint.granted == len(endpoint.requests)
    used = [r["refresh_token"] for r in endpoint.requests]
    assert used == [f"refresh-{n}" for n in range(len(used))]


def test_tokens_that_are_over_at_once(sending, endpoint):
    """The endpoint is not asked without end; what the server takes is good."""
    endpoint.life = 0
    sink = token_sink(sending)
    account = make_account(sending, sink, endpoint)
    sending.contacts(PEOPLE)
    sending.campaign(account)
    sender = sending.sender()
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE}
    assert len(endpoint.requests) <= 3


def test_a_rotated_token_is_not_lost(sending, endpoint):
    """The database does not take it at first."""
    endpoint.answer = "rotate"
    sink = token_sink(sending)
    account = make_account(sending, sink, endpoint)
    sending.sql("CREATE SEQUENCE tries")
    sending.sql("CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN IF nextval('tries') < 4 THEN RAISE EXCEPTION"
                " 'busy' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$")
    sending.sql("CREATE TRIGGER busy BEFORE UPDATE ON oauth FOR EACH ROW"
                " WHEN (NEW.serial > OLD.serial) EXECUTE FUNCTION busy()")
    sending.contacts(PEOPLE)
    sending.campaign(account)
    sender = sending.sender()
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE}
    assert len(endpoint.requests) == 1
    assert oauth(sending, account)["state"] == "ok"


def test_a_token_that_is_refused(sending, endpoint):
    """S-039: renewed once, and then it goes on."""
    sink = token_sink(sending, token="token-2")
    account = make_account(sending, sink, endpoint)
    sending.contacts(PEOPLE)
    sending.campaign(account)
    sender = sending.sender()
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE}
    assert logins(sink).count(535) == 1
    assert len(endpoint.requests) == 2


def test_tokens_that_are_always_refused(sending, endpoint):
    """One login, and one with a token that was renewed, which takes a while:
    the other sender does not try the refused one meanwhile."""
    def slow(n):
        time.sleep(1 if n > 1 else 0)
        return f"token-{n}"

    endpoint.make = slow
    sink = token_sink(sending, token="none of them")
    account = make_account(sending, sink, endpoint)
    sending.contacts(PEOPLE)
    sending.campaign(account)
    senders = [sending.sender() for _ in range(2)]
    wait_for(lambda: state(sending, account)[0] == "paused", 20)
    assert "535" in state(sending, account)[1]
    time.sleep(1)
    for sender in senders:
        sending.stop(sender)
    assert sending.states() == {"pending": PEOPLE}
    assert logins(sink) == [535] * 2
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("answer", [
    (500, {}), (503, {"error": "temporarily_unavailable"}), "close"])
def test_endpoint_that_does_not_answer(sending, endpoint, answer):
    """It comes back by itself; nobody failed, nobody was asked in vain."""
    endpoint.answer = answer
    sink = token_sink(sending)
    account = make_account(sending, sink, endpoint)
    sending.contacts(PEOPLE)
    sending.campaign(account)
    sender = sending.sender()
    wait_for(lambda: oauth(sending, account)["error"], 10)
    time.sleep(2)
    assert state(sending, account)[0] == "active"
    assert sending.states() == {"pending": PEOPLE}
    assert len(endpoint.requests) <= 2 and logins(sink) == []
    endpoint.answer = "grant"
    sending.wait_finished(1, 40)
    sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE}
    assert len(endpoint.requests) <= 4
    assert oauth(sending, account)["error"] == ""


def test_endpoint_away_while_the_token_lasts(sending, endpoint):
    endpoint.life = 16
    sink = token_sink(sending, "--drop-after", "5")
    account = make_account(sending, sink, endpoint, per_second=12)
    sending.contacts(100)
    sending.campaign(account)
    sender = sending.sender()
    wait_for(lambda: endpoint.granted == 1, 10)
    endpoint.answer = (500, {})
    sending.wait_finished()
    sending.stop(sender)
    assert sending.states() == {"accepted": 100}
    assert set(logins(sink)) == {235}
    assert len(endpoint.requests) >= 2 and endpoint.granted == 1
    assert "account_unreachable" not in sending.log()


def test_endpoint_that_hangs(sending, endpoint):
    """No login with a token that is over (S-048), and no crash when the
    account changes and the sender is stopped meanwhile."""
    endpoint.life = 10
    sink = token_sink(sending, "--drop-after", "2", "--token-life", "11")
    account = make_account(sending, sink, endpoint, per_second=20)
    sending.contacts(1000)
    sending.campaign(account)
    sender = sending.sender("--workers=1")
    wait_for(lambda: endpoint.granted == 1, 10)
    endpoint.answer = "hang"
    wait_for(lambda: "account_unreachable" in sending.log(), 20)
    time.sleep(3)
    assert set(logins(sink)) == {235}
    assert state(sending, account)[0] == "active"
    sending.sql("UPDATE smtp_account SET version = version + 1")
    time.sleep(1)
    sending.stop(sender)
    assert "account_paused" not in sending.log()


def test_a_grant_that_is_over(sending, endpoint):
    """invalid_grant: paused at once, with the reason; another grant mends
    it.  Another account goes on meanwhile."""
    grant = endpoint.grant()
    endpoint.refresh_token = "another"
    sink, other = token_sink(sending), sending.sink()
    account = make_account(sending, sink, endpoint, oauth=grant)
    sending.contacts(PEOPLE)
    sending.campaign(account)
    sender = sending.sender()
    wait_for(lambda: state(sending, account)[0] == "paused", 20)
    reason = state(sending, account)[1]
    assert "invalid_grant" in reason and "revoked" in reason
    assert sending.states() == {"pending": PEOPLE}
    assert len(endpoint.requests) == 1 and logins(sink) == []
    shown = oauth(sending, account)
    assert shown["state"] == "needs_reauth"
    sending.sql("INSERT INTO campaign_account VALUES (1, %s)",
                sending.account(other.port, max_connections=1))
    sending.api().ok("PATCH", f"/v1/accounts/{account}", {
        "oauth": {"refresh_token": "another"}})
    sending.wait_finished(1, 40)
    sending.stop(sender)
    assert sending.states() == {"accepted": PEOPLE}
    assert len(endpoint.requests) == 2


def test_endpoint_with_a_certificate(sending):
    stack = certificate(sending.home, "DNS:localhost")
    endpoint = TokenEndpoint(stack=stack)
    try:
        sink = token_sink(sending)
        account = make_account(sending, sink, endpoint)
        sending.contacts(10)
        sending.campaign(account)
        sender = sending.sender()
        wait_for(lambda: "certificate" in oauth(sending, account)["error"], 20)
        assert endpoint.requests == []
        sending.api().ok("PATCH", f"/v1/accounts/{account}",
                         {"oauth": {"ca_file": stack.ca}})
        sending.wait_finished(1, 40)
        sending.stop(sender)
        assert len(endpoint.requests) == 1
    finally:
        endpoint.stop()


def account_test(sending, account):
    done = subprocess.run([VOLLEY, "account", "test", str(account)],
                          env=sending.env, capture_output=True, text=True,
                          timeout=60, check=False)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_account_test_tells_of_the_token(sending, endpoint):
    sink = token_sink(sending)
    account = make_account(sending, sink, endpoint)
    status, text = account_test(sending, account)
    assert status == 0
    assert text.splitlines()[0].split() == [
        "token", "ok", "expires", "in", "59", "min"]
    assert [line.split()[0] for line in text.splitlines()] == [
        "token", "connect", "tls", "auth"]
    endpoint.refresh_token = "another"
    other = make_account(sending, sink, endpoint, oauth=endpoint.grant(
        refresh_token="old"))
    status, text = account_test(sending, other)
    assert status == 1
    assert text.split()[:2] == ["token", "FAILED"] and "invalid_grant" in text
    sender = sending.sender()
    answer = sending.api().ok("POST", f"/v1/accounts/{account}/test")
    sending.stop(sender)
    assert answer["ok"] is True and answer["steps"][0]["name"] == "token"
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_dovecot_takes_them(sending, mail_stack, auth):
    """A real server, which reads the tokens: JWTs."""
    user = "sender@example.test"
    endpoint = TokenEndpoint(make=lambda n: jwt(user))
    try:
        account = sending.api().post("/v1/accounts", {
            "name": "Postfix", "host": "localhost", "ca_file": mail_stack["ca"],
            "port": mail_stack["submissions"], "tls": "implicit", "auth": auth,
            "username": user, "oauth": endpoint.grant()})["id"]
        to = f"alice+{auth}@example.test"
        sending.sql("INSERT INTO contact (email, email_key) VALUES (%s, %s)",
                    to, to)
        sending.sql("INSERT INTO membership (list_id, contact_id) SELECT 1, id"
                    " FROM contact")
        sending.campaign(account, from_email=user,
                         return_path="bounces@example.test")
        sending.run_due()
        assert sending.states() == {"accepted": 1}
        inbox = Inbox(mail_stack, "alice@example.test")
        wait_for(lambda: any(f"\nTo: {to}\r\n".encode() in m
                             for m in inbox.messages()), 20, 0.2)
        inbox.close()
    finally:
        endpoint.stop()
