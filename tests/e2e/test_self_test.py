"""Self-tests of accounts: a message sent through a relay that changes it, and
read back from a real Dovecot (S-062)."""

import re
import subprocess
import threading

import pytest

from polling import Folder
from recorder import Recorder
from sending import VOLLEY, wait_for

USER = "alice@example.test"
NAMES = ["connect", "tls", "auth", "send", "arrival", "return_path",
         "message_id", "from", "list_unsubscribe", "dkim", "authentication",
         "tls"]


class Relay(Recorder):
    """Delivers into a folder what it has changed."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.delivering = folder, threading.Lock()
        self.change = lambda path, message: (path, message)

    def on_data(self, c, line):
        super().on_data(c, line)
        path = re.search(rb"<(.*)>", c.message.mail).group(1)
        path, message = self.change(path, c.message.data.replace(b"\r\n",
                                                                 b"\n"))
        with self.delivering:
            self.folder.add(
                b"Return-Path: <" + path + b">\nReceived: from volley by"
                b" relay.test (Relay (x) with SMTP) with ESMTPS id 1;\n"
                b"\tThu, 1 Jan 1970 00:00:00 +0000\n"
                b"Received: from a by b with SMTP; now\n" + message)


def field(name, value):
    """A change: the field has that value; None: it is gone."""
    def change(path, message):
        line = b"" if value is None else name + b": " + value + b"\n"
        return path, re.sub(rb"(?m)^" + name + rb":.*\n([ \t].*\n)*", line,
                            message, count=1)
    return change


def uncovered(path, message):
    """Both list fields are there; no signature covers them."""
    return path, message.replace(b"List-Unsubscribe-Post:List-", b"List-", 1
                                 ).replace(b":List-Unsubscribe", b":X", 9)


class Scene:
    def __init__(self, sending, facts):
        self.sending, self.facts = sending, facts
        self.inbox = Folder(facts, "INBOX", USER)
        self.inbox.empty()
        self.relay = Relay(self.inbox)
        sending.env["VOLLEY_SELF_TEST_S"] = "5"
        subprocess.run([VOLLEY, "dkim", "create", "example.test", "s1",
                        "--active"], env=sending.env, check=True,
                       capture_output=True)
        self.account = sending.account(self.relay.port, username="")
        self.mailbox = sending.api().post("/v1/mailboxes", {
            "name": "back", "protocol": "imap", "host": "127.0.0.1",
            "port": facts["imaps"], "tls": "implicit", "ca_file": facts["ca"],
            "username": USER, "password": facts["password"]})["id"]

    def test(self, **more):
        return self.sending.api().ok(
            "POST", f"/v1/accounts/{self.account}/test", {
                "mailbox_id": self.mailbox, "from": "news@example.test",
                **more}, 200)

    def test_message(self):
        """A draft's, to the mailbox."""
        number = self.sending.campaign(self.account, status="draft")
        self.sending.api().ok("POST", f"/v1/campaigns/{number}/test",
                              {"to": [USER]}, 200)
        return self.relay.messages[-1]

    def found(self):
        return self.sending.api().get(f"/v1/accounts/{self.account}")

    def close(self):
        self.relay.stop()
        self.inbox.close()


@pytest.fixture
def scene(sending, mail_stack):
    one = Scene(sending, mail_stack)
    yield one
    one.close()


def failed(result):
    return [s["name"] for s in result["steps"] if not s["ok"]]


def detail(result, name):
    return [s["detail"] for s in result["steps"] if s["name"] == name][-1]


CHANGES = [
    ("return_path", lambda path, message: (b"relay@other.test", message),
     ["return_path"], {"verp": False, "one_click": True}),
    ("message_id", field(b"Message-ID", b"<new@relay.test>"),
     ["message_id"], {"verp": True, "one_click": True}),
    ("from", field(b"From", b"=?utf-8?q?R=C3=A9l=C3=A4y?= <relay@other.test>"),
     ["from"], {"verp": True, "one_click": True}),
    ("list_unsubscribe", field(b"List-Unsubscribe-Post", None),
     ["list_unsubscribe"], {"verp": True, "one_click": False}),
    ("list_unsubscribe", field(b"List-Unsubscribe", b"<mailto:a@relay.test>"),
     ["list_unsubscribe"], {"verp": True, "one_click": False}),
    ("dkim", uncovered, ["dkim"], {"verp": True, "one_click": False}),
    ("dkim", field(b"DKIM-Signature", None),
     ["dkim"], {"verp": True, "one_click": False}),
    ("dkim", lambda path, message: (
        path, b"Authentication-Results: mx.test; spf=pass (a; b)"
        b" smtp.mailfrom=x;\n\tdkim=fail (bad) header.d=example.test\n"
        + message), ["dkim", "authentication"],
     {"verp": True, "one_click": False}),
]


def test_what_a_relay_changes(scene):
    """Nothing of a clean one; each change, and nothing beside it."""
    scene.sending.sender()
    scene.sending.volley("bounce")
    clean = scene.test()
    assert clean["ok"] is True, clean
    assert [s["name"] for s in clean["steps"]] == NAMES
    assert "in INBOX after" in detail(clean, "arrival")
    assert detail(clean, "dkim") == (
        "d=example.test s=s1 covers From and both List-Unsubscribe fields")
    assert detail(clean, "tls") == "1 of 2 hops tell of TLS"
    account = scene.found()
    assert account["features"] == {"verp": True, "one_click": True}
    assert account["self_test"]["warnings"] == []
    assert account["self_test"]["return_path"] is True
    version = account["version"]
    number = scene.sending.campaign(scene.account, status="draft")
    for name, change, wrong, features in CHANGES:
        scene.relay.change = change
        result = scene.test()
        assert failed(result) == wrong, (name, result)
        account = scene.found()
        assert account["features"] == features, name
        if name != "dkim":
            assert account["self_test"][name] is False
        assert account["self_test"]["warnings"] == [
            detail(result, step) for step in wrong]
        warnings = scene.sending.api().get(
            f"/v1/campaigns/{number}")["warnings"]
        assert [w["detail"] for w in warnings] == [
            detail(result, step) for step in wrong]
        assert warnings[0]["account_id"] == scene.account
        if name == "from":
            assert "Réläy <relay@other.test>" in warnings[0]["detail"]
        if name == "return_path":
            assert "relay@other.test" in warnings[0]["detail"]
    assert account["version"] > version
    scene.relay.change = lambda path, message: (path, message)
    assert scene.test()["ok"] is True
    assert scene.found()["features"] == {"verp": True, "one_click": True}
    assert scene.sending.value("SELECT count(*) FROM delivery") == 0
    # the mailbox's poller comes across all of them: nobody wrote them
    wait_for(lambda: scene.sending.value("SELECT count(*) FROM inbound")
             == len(CHANGES) + 2, 20)
    assert scene.sending.sql("SELECT DISTINCT class, rule, attribution,"
                             " delivery_id FROM inbound") == [
        ("other", "self-test", None, None)]
    assert scene.sending.value("SELECT count(*) FROM event"
                               " WHERE source = 'mail'") == 0


def test_features_are_switched(scene):
    """A campaign through the account has what was found; a person's word
    counts more."""
    sending, api = scene.sending, scene.sending.api()
    scene.relay.change = lambda path, message: (
        b"relay@other.test", field(b"DKIM-Signature", None)(path, message)[1])
    sending.sender()
    sending.volley("bounce")
    assert failed(scene.test()) == ["return_path", "dkim"]
    sending.contacts(3)

    def sent():
        before = len(scene.relay.messages)
        sending.campaign(scene.account)
        wait_for(lambda: len(scene.relay.messages) == before + 3, 30)
        return scene.relay.messages[before:]

    def is_without(message):
        return (message.mail.startswith(b"MAIL FROM:<bounces@example.com>")
                and b"\nList-Unsubscribe:" in message.data
                and b"\nList-Unsubscribe-Post" not in message.data)

    def is_with(message):
        return (message.mail.startswith(b"MAIL FROM:<bounces+")
                and b"\nList-Unsubscribe-Post: List-" in message.data)

    # senders look for changes now and then
    wait_for(lambda: all(map(is_without, sent())), 60)
    assert is_without(scene.test_message())
    account = api.ok("PATCH", f"/v1/accounts/{scene.account}",
                     {"verp": True, "one_click": True})
    assert account["features"] == {"verp": True, "one_click": True}
    assert account["self_test"]["return_path"] is False
    wait_for(lambda: all(map(is_with, sent())), 60)
    assert is_with(scene.test_message())
    account = api.ok("PATCH", f"/v1/accounts/{scene.account}", {
        "verp": None, "one_click": False})
    assert account["features"] == {"verp": False, "one_click": False}
    account = api.ok("PATCH", f"/v1/accounts/{scene.account}",
                     {"host": "localhost", "tls": "none"})
    assert account["self_test"] is None, "another server"
    assert account["features"] == {"verp": True, "one_click": False}


def test_in_spam_and_swallowed(scene):
    scene.sending.sender()
    scene.sending.volley("bounce")
    junk = Folder(scene.facts, "Junk", USER)
    junk.make()
    try:
        scene.relay.folder = junk
        result = scene.test()
        assert result["ok"] is True, result
        assert detail(result, "arrival").startswith("in Junk after")
        before = scene.found()["self_test"]
        assert before["folder"] == "Junk"
        # a report about it, which has its subject, is not it
        scene.relay.change = lambda path, message: (
            b"", message.replace(b"Subject: ", b"Subject: Undeliverable: "))
        result = scene.test()
        assert failed(result) == ["arrival"]
        assert re.fullmatch(r"not found \d+ s after it was sent,"
                            r" in INBOX, Junk", detail(result, "arrival"))
        assert scene.found()["self_test"] == before
    finally:
        junk.say("delete", "Junk")
        junk.close()


def volley(scene, *args):
    return subprocess.run(
        [VOLLEY, "account", "test", str(scene.account), *args],
        env=scene.sending.env, capture_output=True, text=True, check=False)


def test_by_command(scene):
    done = volley(scene)
    assert done.returncode == 0 and "--mailbox" in done.stderr, done
    assert len(scene.relay.messages) == 0
    mailbox = ["--mailbox", str(scene.mailbox)]
    done = volley(scene, *mailbox)
    assert done.returncode == 1 and "volley sender" in done.stderr
    scene.sending.sender()
    done = volley(scene, *mailbox, "--from", "news@example.test")
    assert done.returncode == 1 and "volley bounce" in done.stderr
    assert "send     ok" in done.stdout
    assert len(scene.relay.messages) == 1, "none of the test given up before"
    scene.sending.volley("bounce")
    wait_for(lambda: scene.found()["self_test"] is not None, 20)
    scene.relay.change = lambda path, message: (b"x@y.test", message)
    done = volley(scene, *mailbox, "--from", "news@example.test")
    assert done.returncode == 1 and done.stderr == "", done
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == NAMES
    assert [line[0] for line in lines if line[1] != "ok"] == ["return_path"]


def test_by_command_misused(scene):
    for args in (["--mailbox", "x"], ["--no"], ["more"],
                 ["--login", "--mailbox", "1"]):
        done = volley(scene, *args)
        assert done.returncode == 2 and "usage:" in done.stderr, args
    done = volley(scene, "--mailbox", "999")
    assert done.returncode == 1 and "no such mailbox" in done.stderr
    done = volley(scene, "--to", "a@example.test")
    assert done.returncode == 1 and "--mailbox" in done.stderr
    done = volley(scene, "--help")
    assert done.returncode == 0 and "--mailbox ID" in done.stdout


def test_requests(scene):
    """What is missing or wrong is named; nobody at work is, too."""
    api = scene.sending.api()
    test = f"/v1/accounts/{scene.account}/test"
    assert api.refused("POST", test, {"mailbox_id": 999}) == ["mailbox_id"]
    assert api.refused("POST", test, {"to": "a@b.test"}) == ["mailbox_id"]
    assert api.refused("POST", test, {"mailbox_id": scene.mailbox,
                                      "from": "x"}) == ["from"]
    api.refused("POST", "/v1/accounts/999/test", {}, status=404)
    scene.sending.sql("UPDATE mailbox SET protocol = 'pop3'")
    assert api.refused("POST", test, {"mailbox_id": scene.mailbox}) == [
        "mailbox_id"]
    scene.sending.sql("UPDATE mailbox SET protocol = 'imap', username = 'al'")
    assert api.refused("POST", test, {"mailbox_id": scene.mailbox}) == ["to"]
    assert scene.sending.value("SELECT count(*) FROM task") == 0
    answer = api.call("POST", test, {"mailbox_id": scene.mailbox,
                                     "to": USER})
    assert answer.status_code == 202
    assert answer.json()["worker"] == "sender"
    assert api.get(answer.headers["Location"])["recipient"] == USER


def test_through_postfix(sending, mail_stack):
    """The account's own mailbox, by TLS and a login on both sides."""
    api, user = sending.api(), "sender@example.test"
    subprocess.run([VOLLEY, "dkim", "create", "example.test", "s1",
                    "--active"], env=sending.env, check=True,
                   capture_output=True)
    login = {"host": "127.0.0.1", "ca_file": mail_stack["ca"],
             "username": user, "password": mail_stack["password"]}
    account = api.post("/v1/accounts", {
        "name": "relay", "port": mail_stack["submission"], "tls": "starttls",
        **login})["id"]
    api.post("/v1/mailboxes", {"name": "back", "port": mail_stack["imaps"],
                               "tls": "implicit", **login})
    sending.sender()
    sending.volley("bounce")
    result = api.ok("POST", f"/v1/accounts/{account}/test", {}, 200)
    assert result["ok"] is True, result
    assert [s["name"] for s in result["steps"]] == NAMES
    found = api.get(f"/v1/accounts/{account}")
    assert found["features"] == {"verp": True, "one_click": True}
    assert found["self_test"]["signatures"] == [
        {"domain": "example.test", "selector": "s1", "covers": True}]
    assert found["self_test"]["hops_tls"] >= 1
    result = api.ok("POST", f"/v1/accounts/{account}/test",
                    {"mailbox_id": None}, 200)
    assert [s["name"] for s in result["steps"]] == NAMES[:3]
