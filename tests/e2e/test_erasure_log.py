"""After a backup was restored: who was erased, or left, since it was made is
erased and left alone again before anything is sent (P-011)."""

import os
import subprocess

import pytest

import given
from server import VOLLEY, Server
from sending import wait_for


class Scene:
    def __init__(self, postgres):
        self.postgres = postgres
        self.api = Server(postgres.create()).start()
        self.copy = None

    def backup(self):
        return self.postgres.dump(self.api.conninfo)

    def restore(self, dump):
        """Into another database, with the same state folder."""
        conninfo = self.postgres.create()
        subprocess.run([f"{self.postgres.bin}/psql", "-q", "-v",
                        "ON_ERROR_STOP=1", conninfo], input=dump, text=True,
                       check=True, capture_output=True)
        self.copy = conninfo

    def volley(self, *args, check=True):
        return subprocess.run([VOLLEY, *args], text=True, capture_output=True,
                              check=check, env=self.api.env | {
                                  "VOLLEY_DATABASE": self.copy})

    def rows(self, text):
        out = subprocess.run([f"{self.postgres.bin}/psql", "-AtX", self.copy,
                              "-c", text], text=True, check=True,
                             capture_output=True).stdout
        return out.splitlines()

    @property
    def log(self):
        return f"{self.api.home}/erasures.log"


@pytest.fixture(name="scene")
def fixture_scene(postgres):
    made = Scene(postgres)
    yield made
    made.api.stop()


def test_erased_and_unsubscribed_since(scene):
    api = scene.api
    one, two = given.mailing_list(api), given.mailing_list(api)
    for name in ("erased", "left", "all", "stays", "back"):
        given.contact(api, f"{name}@example.com", one, two)
    api.volley("maintain")
    dump = scene.backup()

    api.ok("DELETE", "/v1/contacts/erased@example.com", status=204)
    for email, scope in (("left", one), ("all", None), ("back", None)):
        made = api.post("/v1/suppressions", {
            "email": f"{email}@example.com", "list_id": scope,
            "reason": "unsubscribe"})
    api.ok("DELETE", f"/v1/suppressions/{made['id']}", status=204)
    api.post("/v1/suppressions", {"email": "stranger@example.com"})
    for _ in range(2):
        api.volley("maintain")
    text = open(scene.log, encoding="ascii").read()
    assert "example.com" not in text and os.stat(scene.log).st_mode & 0o77 == 0

    scene.restore(dump)
    assert len(scene.rows("SELECT id FROM contact")) == 5
    told = scene.volley("migrate", "--adopt").stdout
    assert "3 suppressed, 1 erased again" in told
    assert scene.rows("SELECT email FROM contact ORDER BY 1") == [
        f"{n}@example.com" for n in ("all", "back", "left", "stays")]
    assert scene.rows("SELECT email_key, list_id FROM suppression WHERE"
                      " email_key NOT LIKE 'hmac:%' ORDER BY 1") == [
        "all@example.com|", f"left@example.com|{one}"]
    assert len(scene.rows("SELECT id FROM suppression"
                          " WHERE email_key LIKE 'hmac:%'")) == 2
    again = scene.volley("migrate", "--replay").stdout
    assert "0 suppressed, 0 erased again" in again


def test_what_is_no_line_is_told(scene):
    scene.copy = scene.api.conninfo
    for wrong in ("x\n", "a + hmac:1 0 manual\n", "a * hmac:1 * manual\n",
                  "a + plain * manual\n", "a + hmac:1 * two words\n", "\n"):
        with open(scene.log, "w", encoding="ascii") as f:
            f.write("2026-11-24T01:00:00Z + hmac:0 * manual\n" + wrong)
        r = scene.volley("migrate", "--replay", check=False)
        assert r.returncode == 1 and "erasures.log:2" in r.stderr
    with open(scene.log, "w", encoding="ascii") as f:
        f.write("2026-11-24T01:00:00Z + hmac:0 * manual\ncut off in the mid")
    assert "1 lines" in scene.volley("migrate", "--replay").stdout
    os.unlink(scene.log)
    assert "0 lines" in scene.volley("migrate", "--replay").stdout
    assert scene.volley("migrate", "--adopt", "x", check=False).returncode == 2


def test_nobody_of_them_is_mailed(sending):
    """From a copy that was adopted: mails to those who left 0."""
    api, sink = sending.api(), sending.sink()
    sending.contacts(20)
    account = sending.account(sink.port)
    dump = sending.postgres.dump(sending.conninfo)
    for n in range(1, 6):
        api.ok("DELETE", f"/v1/contacts/user{n}@d{n}.example.com", status=204)
    for n in range(6, 11):
        api.post("/v1/suppressions", {"email": f"user{n}@d{n}.example.com",
                                      "reason": "unsubscribe"})
    subprocess.run([VOLLEY, "maintain"], env=sending.env, check=True)
    scene = Scene.__new__(Scene)
    scene.postgres = sending.postgres
    scene.restore(dump)
    sending.env["VOLLEY_DATABASE"] = sending.conninfo = scene.copy
    sending.database.close()
    subprocess.run([VOLLEY, "migrate", "--adopt"], env=sending.env, check=True,
                   capture_output=True)
    sending.campaign(account)
    sending.run_due()
    wait_for(lambda: len(sink.copies()) == 10)
    assert not {f"user{n}@d{n}.example.com" for n in range(1, 11)} \
        & set(sink.copies())
