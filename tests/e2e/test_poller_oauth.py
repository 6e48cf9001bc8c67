"""Mailboxes with OAuth (R-003, R-004), on a real Dovecot, which reads the
tokens: JWTs."""

import os
import subprocess
import time

import pytest

from polling import USER, Polling
from token_endpoint import TokenEndpoint, jwt
from whole import wait_for


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


@pytest.fixture
def endpoint():
    e = TokenEndpoint(make=lambda n: jwt(USER))
    yield e
    e.stop()


def make(scene, endpoint, folder, **more):
    """A mailbox with a grant and no password."""
    return scene.post("/v1/mailboxes", {
        "name": folder.name, "host": "localhost", "username": USER,
        "port": scene.facts["imaps"], "ca_file": scene.facts["ca"],
        "folder": folder.name, "oauth": endpoint.grant(), **more})["id"]


def top(scene):
    return os.path.dirname(os.path.dirname(scene.facts["ca"]))


def failed_logins(scene):
    with open(f"{top(scene)}/log/dovecot.log", encoding="utf-8") as f:
        return f.read().count("(auth failed")


def kick(scene):
    """Dovecot ends all connections of the user."""
    subprocess.run(["doveadm", "-c", f"{top(scene)}/dovecot/dovecot.conf",
                    "kick", USER], check=True, capture_output=True, timeout=20)


def oauth(scene, mailbox):
    return scene.get(f"/v1/mailboxes/{mailbox}")["oauth"]


@pytest.mark.parametrize("mechanism", [None, "oauthbearer"])
def test_one_token_is_enough(scene, endpoint, mechanism):
    scene.deliveries(3)
    folder = scene.folder()
    folder.add(scene.dsn(1))
    auth = {"auth": mechanism} if mechanism else {}
    mailbox = make(scene, endpoint, folder, **auth)
    shown = scene.get(f"/v1/mailboxes/{mailbox}")
    assert shown["auth"] == (mechanism or "xoauth2")
    assert shown["has_password"] is False
    poller = scene.poller()
    scene.wait_bounced(1)
    folder.add(scene.dsn(2))
    scene.wait_bounced(2)
    scene.end(poller)
    folder.add(scene.dsn(3))
    scene.poller()
    scene.wait_bounced(3)
    assert endpoint.requests == [{
        "grant_type": "refresh_token", "refresh_token": "refresh-0",
        "client_id": "volley", "client_secret": "client & secret",
        "scope": "mail send"}]
    assert oauth(scene, mailbox)["state"] == "ok"
    assert scene.state(mailbox) == ("active", "")
    for text in (scene.log(), scene.postgres.dump(scene.conninfo)):
        for secret in ("client & secret", "refresh-0", jwt(USER)[:60]):
            assert secret not in text


def test_tokens_that_expire(scene, endpoint):
    """Every connection after that has a new one, got with the newest refresh
    token; nothing is lost."""
    endpoint.life, endpoint.answer = 10, "rotate"  # none is kept shorter
    endpoint.make = lambda n: jwt(USER, life=30)  # a slow machine
    scene.deliveries(3)
    folder = scene.folder()
    mailbox = make(scene, endpoint, folder)
    before = failed_logins(scene)
    scene.poller()
    for n in range(1, 4):
        folder.add(scene.dsn(n))
        scene.wait_bounced(n)
        if n < 3:
            time.sleep(10.2)
            folder.close()
            opened = len(scene.lines("mailbox_open"))
            kick(scene)
            wait_for(lambda n=opened: len(scene.lines("mailbox_open")) > n)
            folder = again(scene, folder)
    assert len(endpoint.requests) == endpoint.granted == 3
    assert [r["refresh_token"] for r in endpoint.requests] == [
        "refresh-0", "refresh-1", "refresh-2"]
    assert failed_logins(scene) == before
    assert scene.state(mailbox)[0] == "active"


def again(scene, folder):
    """Another connection to it."""
    name = folder.name
    scene.folders.remove(folder)
    return scene.folder(name=name)


def test_a_token_that_is_refused(scene, endpoint):
    """Renewed once, and then it goes on."""
    endpoint.make = lambda n: jwt(USER, key=b"x" if n == 1 else
                                  b"mailstack-jwt-secret")
    scene.deliveries(1)
    folder = scene.folder()
    folder.add(scene.dsn(1))
    mailbox = make(scene, endpoint, folder)
    before = failed_logins(scene)
    scene.poller()
    scene.wait_bounced(1)
    wait_for(lambda: failed_logins(scene) == before + 1)
    assert len(endpoint.requests) == 2
    assert scene.state(mailbox)[0] == "active"


def test_tokens_that_are_always_refused(scene, endpoint):
    endpoint.make = lambda n: jwt(USER, key=b"another")
    mailbox = make(scene, endpoint, scene.folder())
    before = failed_logins(scene)
    scene.poller()
    wait_for(lambda: scene.state(mailbox)[0] == "needs_attention")
    assert "authentication failed" in scene.state(mailbox)[1].lower()
    assert len(endpoint.requests) == 2
    assert 1 <= failed_logins(scene) - before <= 4


def test_a_grant_that_is_over(scene, endpoint):
    """A person is asked at once, and another grant mends it; a mailbox with
    a password goes on meanwhile."""
    scene.deliveries(2)
    folder, other = scene.folder(), scene.folder()
    folder.add(scene.dsn(1))
    other.add(scene.dsn(2))
    grant = endpoint.grant()
    endpoint.refresh_token = "another"
    mailbox = make(scene, endpoint, folder, oauth=grant)
    scene.mailbox(other)
    before = failed_logins(scene)
    scene.poller()
    wait_for(lambda: scene.state(mailbox)[0] == "needs_attention")
    reason = scene.state(mailbox)[1]
    assert "invalid_grant" in reason and "revoked" in reason
    assert oauth(scene, mailbox)["state"] == "needs_reauth"
    assert len(endpoint.requests) == 1 and failed_logins(scene) == before
    scene.wait_bounced(1)
    scene.ok("PATCH", f"/v1/mailboxes/{mailbox}", {
        "oauth": {"refresh_token": "another"}})
    scene.wait_bounced(2)
    assert scene.state(mailbox) == ("active", "")
    assert len(endpoint.requests) == 2


def test_an_endpoint_that_does_not_answer(scene, endpoint):
    """It comes back by itself, and the reason is told meanwhile."""
    endpoint.answer = (503, {"error": "temporarily_unavailable"})
    scene.deliveries(1)
    folder = scene.folder()
    folder.add(scene.dsn(1))
    mailbox = make(scene, endpoint, folder)
    scene.poller()
    wait_for(lambda: "temporarily_unavailable" in scene.state(mailbox)[1])
    assert scene.state(mailbox)[0] == "active"
    assert len(endpoint.requests) <= 2
    endpoint.answer = "grant"
    scene.wait_bounced(1, 40)
    scene.wait_polled(mailbox)
    assert scene.state(mailbox) == ("active", "")


def test_a_rotated_token_is_not_lost_at_the_end(scene, endpoint):
    """The poller is stopped while the endpoint thinks."""
    def slow(_):
        time.sleep(2)
        return jwt(USER)

    endpoint.answer, endpoint.make = "rotate", slow
    scene.deliveries(1)
    folder = scene.folder()
    folder.add(scene.dsn(1))
    mailbox = make(scene, endpoint, folder)
    poller = scene.poller()
    wait_for(lambda: endpoint.requests, every=0.01)
    scene.end(poller)
    assert scene.bounced() == 0
    assert oauth(scene, mailbox)["expires_at"] is not None
    scene.poller()
    scene.wait_bounced(1)
    assert len(endpoint.requests) == 1


def test_self_test_tells_of_the_token(scene, endpoint):
    folder = scene.folder()
    good = make(scene, endpoint, folder)
    bad = make(scene, endpoint, folder,
               oauth=endpoint.grant(refresh_token="old"))
    for mailbox in (good, bad):
        scene.post(f"/v1/mailboxes/{mailbox}/pause", status=200)
    scene.poller()

    def steps(mailbox):
        result = scene.post(f"/v1/mailboxes/{mailbox}/test", status=200)
        return result["ok"], {s["name"]: s["ok"] for s in result["steps"]}

    assert steps(good) == (True, {"token": True, "connect": True, "tls": True,
                                  "login": True, "folder": True})
    assert steps(bad) == (False, {"token": False})


def test_what_the_api_takes(scene, endpoint):
    """Presets, and neither both nor none of grant and password."""
    def new(**more):
        return {"name": "Box", "username": USER, **more}

    grant = {k: v for k, v in endpoint.grant().items()
             if k not in ("token_url", "scope")}
    made = scene.post("/v1/mailboxes", new(provider="microsoft365",
                                           oauth=grant))
    assert (made["host"], made["port"], made["tls"], made["auth"]) == (
        "outlook.office365.com", 993, "implicit", "xoauth2")
    assert made["oauth"]["scope"] == ("https://outlook.office.com/"
                                      "IMAP.AccessAsUser.All offline_access")
    made = scene.post("/v1/mailboxes", new(provider="gmail", oauth=grant))
    assert (made["host"], made["port"], made["auth"]) == (
        "imap.gmail.com", 993, "xoauth2")
    assert made["oauth"]["token_url"] == "https://oauth2.googleapis.com/token"
    path = f"/v1/mailboxes/{made['id']}"
    for more in ({}, {"oauth": grant, "password": "secret"},
                 {"oauth": grant, "auth": "plain"}):
        scene.refused("POST", "/v1/mailboxes", new(provider="gmail", **more))
    scene.refused("PATCH", path, {"oauth": None})
    scene.refused("PATCH", path, {"host": "imap.example.test"})
    changed = scene.ok("PATCH", path, {"oauth": None, "password": "secret",
                                       "auth": "auto"})
    assert changed["oauth"] is None and changed["has_password"] is True
    changed = scene.ok("PATCH", path, {"oauth": {
        **grant, "token_url": endpoint.url}})
    assert changed["has_password"] is False and changed["oauth"] is not None
