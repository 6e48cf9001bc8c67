"""Passwords, tokens and keys are in no dump, log, answer, file or command
line, whatever goes wrong with them (X-021, X-024, X-025)."""

import base64
import glob
import hashlib
import hmac
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import threading
import time
import urllib.parse

import pytest
import requests

from mail import MailStack, free_base
from parts import Volley
from whole import wait_for

RIGHT, WRONG = "Planted-right/4711+x", "Planted-wrong/4712+x"
USER = "sender@example.test"
FROM = {"name": "News", "email": USER}


def jwt(user):
    """A token as the stack's Dovecot takes it."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    now = int(time.time())
    text = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(
        {"email": user, "sub": user, "iat": now, "exp": now + 3600}).encode())
    return (text + b"." + part(hmac.digest(
        b"mailstack-jwt-secret", text, hashlib.sha256))).decode()


def forms(secret):
    """A secret, and what protocols make of it."""
    raw = secret.encode()
    yield raw
    yield urllib.parse.quote(secret, safe="").encode()
    yield raw.hex().encode()
    for whole in (raw, f"\0{USER}\0{secret}".encode(), b"x" + raw, b"xx" + raw,
                  f"user={USER}\1auth=Bearer {secret}\1\1".encode()):
        # without the ends, which depend on what stands around
        yield base64.b64encode(whole).rstrip(b"=")[4:-2]


class Scene:
    """`volley up` with a mail stack, all logging as much as they can."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="volley-secrets-")
        os.chmod(self.folder, 0o755)
        self.stack = MailStack(f"{self.folder}/mail", free_base())
        os.mkdir(f"{self.folder}/mail")
        self.stack.env["MAILSTACK_PASSWORD"] = RIGHT
        self.facts = self.stack.start()
        self.volley = Volley(f"{self.folder}/home", f"{self.folder}/log", {
            "VOLLEY_LOG_LEVEL": "debug", "VOLLEY_POLL_S": "1",
            "VOLLEY_WORKERS": "2"})
        self.commands, self.watching = set(), True
        threading.Thread(target=self.watch, daemon=True).start()
        self.volley.start()
        self.key = self.volley.make_key()
        self.token = jwt(USER)
        self.answers = []

    def home(self, name):
        with open(f"{self.folder}/home/{name}", encoding="utf-8") as f:
            return f.read().strip()

    def secrets(self):
        return [RIGHT, WRONG, self.key.split("_")[2], self.token.split(".")[2],
                self.home("database.password"),
                self.home("master.key").split()[-1]]

    def database(self, program, *args):
        """Runs a program of PostgreSQL's, the password not in its line."""
        conninfo = re.sub(r"password=\S+", "", self.home("database.conninfo"))
        return subprocess.run(
            [program, *args, conninfo], check=True, capture_output=True,
            env=os.environ | {"PGPASSWORD": self.home("database.password")}
        ).stdout

    def watch(self):
        """The command lines of everything that ran meanwhile."""
        while self.watching:
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, "rb") as f:
                        self.commands.add(f.read())
                except OSError:
                    pass
            time.sleep(0.02)

    def ask(self, method, path, body=None, **headers):
        r = self.volley.session.request(
            method, self.volley.url + path, json=body, timeout=60,
            headers=headers or None)
        self.answers.append(r.content + str(r.headers).encode())
        return r

    def login(self, **more):
        return {"name": "L", "host": "localhost", "tls": "implicit",
                "ca_file": self.facts["ca"], "username": USER,
                "password": RIGHT, **more}

    def stop(self):
        self.watching = False
        self.volley.stop()
        self.stack.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def is_clean(scene, what, data):
    for secret in scene.secrets():
        for form in forms(secret):
            assert form not in data, f"{what}: {form} of {secret}"


# None: the token
LOGINS = [("plain", RIGHT), ("login", WRONG), ("scram-sha-256", RIGHT),
          ("xoauth2", None), ("oauthbearer", WRONG)]


def use_logins(scene):
    """Right and wrong ones, for SMTP and IMAP, by tests and by work."""
    lists = [scene.ask("POST", "/v1/lists", {"name": "L"}).json()["id"]]
    template = scene.ask("POST", "/v1/templates", {
        "name": "T", "subject": "S", "text": "x"}).json()["id"]
    scene.ask("PUT", "/v1/contacts/alice@example.test", {"lists": lists})
    started = []
    for n, (auth, password) in enumerate(LOGINS):
        body = scene.login(auth=auth, password=password or scene.token)
        account = scene.ask("POST", "/v1/accounts", body | {
            "port": scene.facts["submissions"]},
            **{"Idempotency-Key": f"a{n}"}).json()["id"]
        mailbox = scene.ask("POST", "/v1/mailboxes", body | {
            "port": scene.facts["imaps"]},
            **{"Idempotency-Key": f"m{n}"}).json()["id"]
        ok = password != WRONG
        for path, what in ((f"accounts/{account}", {"mailbox_id": None}),
                           (f"mailboxes/{mailbox}", None)):
            tested = scene.ask("POST", f"/v1/{path}/test", what).json()
            assert tested["ok"] is ok, (auth, tested)
        campaign = scene.ask("POST", "/v1/campaigns", {
            "name": "C", "from": FROM, "list_ids": lists,
            "template_id": template, "account_ids": [account]}).json()["id"]
        scene.ask("POST", f"/v1/campaigns/{campaign}/start")
        started.append((campaign, account))
    for campaign, account in started:
        wait_for(lambda i=campaign, a=account: scene.ask(
            "GET", f"/v1/campaigns/{i}").json()["status"] == "finished"
            or scene.ask("GET", f"/v1/accounts/{a}").json()["state"]
            == "paused")


def misuse(scene):
    """Secrets where they do not belong."""
    for body in ({"password": WRONG + "\n"}, {"password": [WRONG]},
                 {"pasword": WRONG}, {"port": WRONG}, {"tls": WRONG}):
        for path in ("/v1/accounts", "/v1/mailboxes"):
            assert scene.ask("POST", path, scene.login() | body
                             ).status_code == 422
    url = scene.volley.url
    for r in (
            requests.get(f"{url}/v1/lists?key={scene.key}", timeout=9),
            requests.get(f"{url}/v1/{scene.key}", timeout=9),
            requests.get(f"{url}/v1/lists", timeout=9, headers={
                "Authorization": f"Basic {scene.key}"}),
            requests.get(f"{url}/v1/lists", timeout=9, headers={
                "Authorization": f"Bearer {scene.key}x",
                "User-Agent": scene.key, "X-Request-Id": scene.key}),
            scene.volley.session.post(f"{url}/v1/accounts", timeout=9,
                                      data='{"password":"%s' % WRONG,
                                      headers={"Content-Type":
                                               "application/json"})):
        assert r.status_code in (400, 401, 404), r.text


@pytest.fixture(scope="module")
def scene():
    s = Scene()
    use_logins(s)
    misuse(s)
    yield s
    s.stop()


def test_logs(scene):
    with open(scene.volley.log, "rb") as f:
        data = f.read()
    assert b"level=debug" in data and b"account_paused" in data
    is_clean(scene, "log", data)
    # nor does it hold anybody's address, or a delivery's token
    assert not re.search(rb"level=(info|warn|error)[^\n]*alice@", data)
    assert not re.search(rb"[^a-z0-9][a-z2-7]{34}[^a-z0-9]", data)


def test_dump_of_the_database(scene):
    dump = scene.database("pg_dump")
    assert b"smtp_account" in dump and b"api_key" in dump
    is_clean(scene, "dump", dump)
    # No digest either with which passwords can be tried.
    for secret in (RIGHT, WRONG, scene.token, scene.key.split("_")[2]):
        for how in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(how, secret.encode()).hexdigest()
            assert digest.encode() not in dump
    columns = re.search(rb"COPY public.idempotency .*?\n(.*?)\n\\\.", dump, re.S)
    assert len(columns[1].splitlines()) == 2 * len(LOGINS)
    for n, (auth, password) in enumerate(LOGINS):
        body = json.dumps(scene.login(auth=auth, password=password or scene.token)
                          | {"port": scene.facts["submissions"]})
        for text in (body, body.replace(": ", ":").replace(", ", ",")):
            plain = hashlib.sha256(f"POST /v1/accounts\n\n{text}".encode())
            assert plain.hexdigest().encode() not in columns[1]


def test_answers(scene):
    for path in ("accounts", "mailboxes", "campaigns", "lists", "contacts",
                 "templates", "events", "suppressions"):
        page = scene.ask("GET", f"/v1/{path}?limit=500")
        assert page.status_code == 200
        for one in page.json()["data"]:
            if "id" in one and path not in ("events", "suppressions", "contacts"):
                scene.ask("GET", f"/v1/{path}/{one['id']}")
    for path in ("/metrics", "/healthz", "/readyz", "/openapi.json"):
        assert scene.ask("GET", path).status_code == 200
        scene.answers.append(requests.get(scene.volley.url + path,
                                          timeout=9).content)
    is_clean(scene, "answers", b"\n".join(scene.answers))


def test_command_lines(scene):
    told = b"\n".join(scene.commands)
    assert b"postgres" in told and b"volley" in told
    is_clean(scene, "command lines", told)


def test_files(scene):
    """State folder and database cluster, write-ahead log and all."""
    own = {"master.key", "database.password", "database.conninfo"}
    for folder, _, names in os.walk(f"{scene.folder}/home"):
        for name in names:
            path = os.path.join(folder, name)
            if name in own and folder.endswith("/home"):
                assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
                continue
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    is_clean(scene, path, f.read())
    assert stat.S_IMODE(os.stat(f"{scene.folder}/home").st_mode) & 0o066 == 0


def test_no_core_dumps(scene):
    found = 0
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{path}/environ", "rb") as f:
                ours = f"VOLLEY_HOME={scene.folder}/home".encode() in f.read()
            with open(f"{path}/limits", encoding="ascii") as f:
                limits = f.read()
            exe = os.readlink(f"{path}/exe")
        except OSError:
            continue
        if not ours or not exe.endswith("/volley"):
            continue
        found += 1
        assert re.search(r"Max core file size +0 +0 ", limits)
    assert found >= 5  # up, api, sender and its workers, bounce


def test_a_sealed_password_is_that_of_one_row(scene):
    """Copied to another account it opens nothing."""
    body = scene.login(port=scene.facts["submissions"], password=WRONG)
    account = scene.ask("POST", "/v1/accounts", body).json()["id"]
    scene.database("psql", "-c", "UPDATE smtp_account SET secret = (SELECT"
                   f" secret FROM smtp_account WHERE id = 1) WHERE id = {account}")
    tested = scene.ask("POST", f"/v1/accounts/{account}/test").json()
    assert tested["ok"] is False
    assert "password cannot be read" in tested["steps"][-1]["detail"]
