"""SMTP accounts and mailboxes: what is taken, what is refused, what changes."""

import json
import threading
import time

import pytest

ACCOUNT = {"name": "Relay", "host": "smtp.example.com", "tls": "implicit",
           "username": "news@example.com", "password": "open sesame"}
MAILBOX = {"name": "Bounces", "host": "imap.example.com",
           "username": "bounces@example.com", "password": "open sesame"}
SECRET = "plantedSecret-4711"


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n"
                    "-----END CERTIFICATE-----\n")
    path.parent.chmod(0o755)
    return str(path)


KINDS = [("/v1/accounts", ACCOUNT), ("/v1/mailboxes", MAILBOX)]


@pytest.mark.parametrize("path, body", KINDS)
def test_made_shown_listed_removed(api, path, body):
    made = api.post(path, body)
    assert "password" not in made and made["has_password"] is True
    assert made["state"] == "active" and made["version"] == 1
    one = f"{path}/{made['id']}"
    assert api.get(one) == made
    assert made in api.get(path + "?limit=500")["data"]
    api.ok("DELETE", one, status=204)
    api.refused("GET", one, status=404)
    api.refused("DELETE", one, status=404)


@pytest.mark.parametrize("body, wanted", [
    ({"tls": "implicit"}, ("implicit", 465)),
    ({"tls": "starttls"}, ("starttls", 587)),
    ({}, ("implicit", 465)),
    ({"port": 587}, ("starttls", 587)),
    ({"port": 2525}, ("implicit", 2525)),
    ({"tls": "none", "host": "127.9.9.9", "port": 25}, ("none", 25)),
    ({"tls": "none", "host": "::1"}, ("none", 587)),
    ({"tls": "none", "host": "LOCALHOST"}, ("none", 587)),
])
def test_ports_and_tls(api, body, wanted):
    given = {k: v for k, v in ACCOUNT.items() if k != "tls"} | body
    made = api.post("/v1/accounts", given)
    assert (made["tls"], made["port"]) == wanted


@pytest.mark.parametrize("body, wanted", [
    ({}, ("imap", "implicit", 993)),
    ({"tls": "starttls"}, ("imap", "starttls", 143)),
    ({"protocol": "pop3"}, ("pop3", "implicit", 995)),
    ({"protocol": "pop3", "tls": "starttls"}, ("pop3", "starttls", 110)),
    ({"protocol": "pop3", "port": 110}, ("pop3", "starttls", 110)),
    ({"protocol": "pop3", "port": 143}, ("pop3", "implicit", 143)),
])
def test_ports_of_mailboxes(api, body, wanted):
    box = api.post("/v1/mailboxes", MAILBOX | body)
    assert (box["protocol"], box["tls"], box["port"]) == wanted
    assert (box["folder"], box["after_reading"]) == ("INBOX", "keep")


def test_another_protocol_has_another_port(api):
    """And what was known of the old one is forgotten."""
    one = f"/v1/mailboxes/{api.post('/v1/mailboxes', MAILBOX)['id']}"
    number = int(one.rsplit("/", 1)[1])
    api.sql("INSERT INTO mailbox_cursor VALUES (%s, 'INBOX', 1, 1)", number)
    assert api.refused("PATCH", one, {"after_reading": "delete"}) == \
        ["after_reading"]
    box = api.ok("PATCH", one, {"protocol": "pop3", "after_reading": "delete"})
    assert (box["port"], box["after_reading"]) == (995, "delete")
    assert box["version"] == 2
    assert api.sql("SELECT 1 FROM mailbox_cursor WHERE mailbox_id = %s",
                   number) == []
    api.sql("INSERT INTO mailbox_uidl VALUES (%s, 'k', true)", number)
    box = api.ok("PATCH", one, {"port": 1995, "tls": "starttls"})
    assert (box["protocol"], box["port"]) == ("pop3", 1995)
    assert api.value("SELECT count(*) FROM mailbox_uidl WHERE mailbox_id = %s",
                     number) == 1
    box = api.ok("PATCH", one, {"protocol": "imap", "after_reading": "keep"})
    assert (box["port"], box["tls"]) == (143, "starttls")
    assert api.value("SELECT count(*) FROM mailbox_uidl WHERE mailbox_id = %s",
                     number) == 0


def test_host_is_kept_as_it_goes_into_certificates(api):
    made = api.post("/v1/accounts", ACCOUNT | {"host": "SMTP.Bücher.Example"})
    assert made["host"] == "smtp.xn--bcher-kva.example"


@pytest.mark.parametrize("provider, wanted", [
    ("gmail", {"host": "smtp.gmail.com", "port": 465, "tls": "implicit",
               "auth": "auto", "per_day": 500, "max_connections": 10}),
    ("microsoft365", {"host": "smtp.office365.com", "port": 587,
                      "tls": "starttls", "auth": "xoauth2", "per_minute": 30,
                      "per_second": None, "per_day": 10000,
                      "max_connections": 3}),
])
def test_provider_fills_what_is_not_said(api, provider, wanted):
    login = {"name": "P", "provider": provider, "username": "u@example.com",
             "password": "x"}
    made = api.post("/v1/accounts", login)
    assert {k: made[k] for k in wanted} == wanted
    own = {"host": "relay.example.com", "port": 2525, "per_day": 7,
           "max_connections": 1, "auth": "plain"}
    made = api.post("/v1/accounts", login | own)
    assert {k: made[k] for k in own} == own
    made = api.post("/v1/accounts", login | {"per_day": None})
    assert made["per_day"] is None
    box = api.post("/v1/mailboxes", login)
    assert box["host"].startswith(("imap.", "outlook.")) and box["port"] == 993
    box = api.post("/v1/mailboxes", login | {"protocol": "pop3"})
    assert box["host"].startswith(("pop.", "outlook.")) and box["port"] == 995


BAD_LOGINS = [
    ("no host", {"host": None}, "host"),
    ("empty host", {"host": ""}, "host"),
    ("host is no name", {"host": "a b.example"}, "host"),
    ("host with a command", {"host": "a.example\r\nQUIT"}, "host"),
    ("host is a number", {"host": 7}, "host"),
    ("label ends with a hyphen", {"host": "a-.example"}, "host"),
    ("port 0", {"port": 0}, "port"),
    ("port too high", {"port": 65536}, "port"),
    ("port as text", {"port": "465"}, "port"),
    ("port with a fraction", {"port": 465.5}, "port"),
    ("no such tls", {"tls": "ssl"}, "tls"),
    ("no tls to a name elsewhere", {"tls": "none"}, "tls"),
    ("no tls to an address elsewhere", {"tls": "none", "host": "10.0.0.1"}, "tls"),
    ("no tls to a name like ours", {"tls": "none", "host": "localhost.example.com"}, "tls"),
    ("no tls to an address like ours", {"tls": "none", "host": "127.0.0.1.example.com"}, "tls"),
    ("no such auth", {"auth": "cram-md5"}, "auth"),
    ("name with a line end", {"name": "a\nb"}, "name"),
    ("empty name", {"name": ""}, "name"),
    ("long name", {"name": "x" * 201}, "name"),
    ("username with CRLF", {"username": "a\r\nb"}, "username"),
    ("password with CRLF", {"password": "a\r\nb"}, "password"),
    ("password is a number", {"password": 5}, "password"),
    ("no password", {"password": None}, "password"),
    ("ca_file is relative", {"ca_file": "ca.pem"}, "ca_file"),
    ("ca_file is not there", {"ca_file": "/nowhere/ca.pem"}, "ca_file"),
    ("ca_file is a folder", {"ca_file": "/tmp"}, "ca_file"),
    ("ca_file holds no certificate", {"ca_file": "/etc/hostname"}, "ca_file"),
    ("ca_file is a device", {"ca_file": "/dev/zero"}, "ca_file"),
    ("no such provider", {"provider": "aol"}, "provider"),
    ("no such field", {"passwort": "x"}, "passwort"),
]


@pytest.mark.parametrize("path, body", KINDS)
@pytest.mark.parametrize("label, change, field", BAD_LOGINS,
                         ids=[row[0] for row in BAD_LOGINS])
def test_bad_logins(api, path, body, label, change, field):
    before = api.value("SELECT count(*) FROM smtp_account")
    bad = {k: v for k, v in (body | change).items() if v is not None}
    assert api.refused("POST", path, bad) == [field]
    assert api.value("SELECT count(*) FROM smtp_account") == before


@pytest.mark.parametrize("change, field", [
    ({"max_connections": 0}, "max_connections"),
    ({"max_connections": 1001}, "max_connections"),
    ({"max_connections": None}, "max_connections"),
    ({"per_second": 0}, "per_second"),
    ({"per_hour": -1}, "per_hour"),
    ({"per_day": "many"}, "per_day"),
    ({"username": ""}, "username"),
])
def test_bad_accounts(api, change, field):
    assert api.refused("POST", "/v1/accounts", ACCOUNT | change) == [field]


@pytest.mark.parametrize("change, fields", [
    ({"protocol": "pop3", "folder": "Bounces"}, ["folder"]),
    ({"after_reading": "delete"}, ["after_reading"]),
    ({"protocol": "pop3", "after_reading": "move"}, ["after_reading"]),
    ({"protocol": "nntp"}, ["protocol"]),
    ({"folder": ""}, ["folder"]),
    ({"folder": "a\r\nb"}, ["folder"]),
    ({"username": ""}, ["username"]),
    ({"since": "yesterday"}, ["since"]),
    ({"per_hour": 1}, ["per_hour"]),
    ({"feedback_domains": ["fbl.example.com"]}, ["authserv_id"]),
    ({"authserv_id": "two words"}, ["authserv_id"]),
    ({"authserv_id": "m", "feedback_domains": ["a b"]}, ["feedback_domains"]),
    ({"authserv_id": "m", "feedback_domains": "a.test"}, ["feedback_domains"]),
    ({"authserv_id": "m", "feedback_domains": [f"d{n}.test" for n in
                                               range(21)]},
     ["feedback_domains"]),
])
def test_bad_mailboxes(api, change, fields):
    assert api.refused("POST", "/v1/mailboxes", MAILBOX | change) == fields


def test_whose_reports_are_believed(api):
    made = api.post("/v1/mailboxes", MAILBOX)
    assert (made["authserv_id"], made["feedback_domains"]) == ("", [])
    path = f"/v1/mailboxes/{made['id']}"
    changed = api.ok("PATCH", path, {
        "authserv_id": "mx.example.com",
        "feedback_domains": ["FBL.Example.com", "b\u00fccher.example"]})
    assert changed["version"] == made["version"] + 1
    assert changed["feedback_domains"] == ["fbl.example.com",
                                           "xn--bcher-kva.example"]
    kept = api.ok("PATCH", path, {"name": "x"})
    assert kept["feedback_domains"] == changed["feedback_domains"]
    assert kept["version"] == changed["version"]
    emptied = api.ok("PATCH", path, {"feedback_domains": []})
    assert emptied["feedback_domains"] == []


def test_all_mistakes_are_told_at_once(api):
    fields = api.refused("POST", "/v1/accounts", {
        "host": "", "port": 0, "tls": "ssl", "auth": 1, "x": 2})
    assert sorted(fields) == ["auth", "host", "name", "port", "tls", "x"]


@pytest.mark.parametrize("text, status", [
    ("{", 400), ("", 400), ("[]", 422), ("null", 422), ('"x"', 422),
    ('{"name":"a","name":"b"}', 422), ('{"name":"a\\u0000b"}', 400),
    ('{"name":"\\ud800"}', 400),
])
def test_what_is_no_object(api, text, status):
    answer = api.call("POST", "/v1/accounts", data=text, headers={
        "Content-Type": "application/json"})
    assert answer.status_code == status


def test_an_account_without_login(api):
    relay = {"name": "Relay", "host": "127.0.0.1", "tls": "none", "port": 25}
    made = api.post("/v1/accounts", relay)
    assert made["has_password"] is False and made["username"] == ""
    one = f"/v1/accounts/{made['id']}"
    assert api.refused("PATCH", one, {"username": "u"}) == ["password"]
    assert api.refused("PATCH", one, {"password": "p"}) == ["username"]
    made = api.ok("PATCH", one, {"username": "u", "password": "p"})
    assert made["has_password"] is True
    made = api.ok("PATCH", one, {"username": "", "password": None})
    assert made["has_password"] is False


def test_ca_file(api, ca_file):
    made = api.post("/v1/accounts", ACCOUNT | {"ca_file": ca_file})
    assert made["ca_file"] == ca_file
    made = api.ok("PATCH", f"/v1/accounts/{made['id']}", {"ca_file": None})
    assert made["ca_file"] == "" and made["version"] == 2


def pause_by_machine(api, table, row, state, reason):
    api.sql(f"UPDATE {table} SET state = %s, state_reason = %s WHERE id = %s",
            state, reason, row)


@pytest.mark.parametrize("change", [
    {"host": "other.example.com", "password": "other"}, {"port": 2465}, {"tls": "starttls"},
    {"auth": "plain"}, {"username": "other"}, {"password": "other"},
])
def test_another_login_is_a_version_and_worth_a_try(api, change):
    made = api.post("/v1/accounts", ACCOUNT)
    one = f"/v1/accounts/{made['id']}"
    pause_by_machine(api, "smtp_account", made["id"], "paused", "535 no")
    changed = api.ok("PATCH", one, change)
    assert changed["version"] == 2
    assert (changed["state"], changed["state_reason"]) == ("active", "")
    made = api.post("/v1/mailboxes", MAILBOX)
    one = f"/v1/mailboxes/{made['id']}"
    pause_by_machine(api, "mailbox", made["id"], "needs_attention", "no")
    changed = api.ok("PATCH", one, change)
    assert (changed["version"], changed["state"]) == (2, "active")


def test_a_password_does_not_follow_to_another_host(api):
    for path, body in KINDS:
        one = f"{path}/{api.post(path, body)['id']}"
        assert api.refused("PATCH", one, {"host": "thief.example.com"}) == \
            ["password"]
        assert api.ok("GET", one)["host"] == body["host"]
        api.ok("PATCH", one, {"host": "new.example.com", "password": "p"})


def test_the_same_again_is_no_change(api):
    made = api.post("/v1/accounts", ACCOUNT)
    one = f"/v1/accounts/{made['id']}"
    pause_by_machine(api, "smtp_account", made["id"], "paused", "535 no")
    same = {k: v for k, v in ACCOUNT.items() if k != "password"}
    changed = api.ok("PATCH", one, same | {"name": "New name"})
    assert changed["version"] == 1 and changed["state"] == "paused"
    assert changed["name"] == "New name"
    assert api.ok("PATCH", one, {})["version"] == 1


def test_limits_are_a_version_but_no_cure(api):
    made = api.post("/v1/accounts", ACCOUNT | {"per_hour": 100})
    one = f"/v1/accounts/{made['id']}"
    pause_by_machine(api, "smtp_account", made["id"], "paused", "535 no")
    changed = api.ok("PATCH", one, {"per_hour": None, "per_second": 5})
    assert changed["version"] == 2 and changed["state"] == "paused"
    assert (changed["per_hour"], changed["per_second"]) == (None, 5)


def test_what_a_person_paused_stays_paused(api):
    for path, body in KINDS:
        one = f"{path}/{api.post(path, body)['id']}"
        paused = api.ok("POST", f"{one}/pause")
        assert paused["state"] == "paused" and paused["state_reason"]
        assert api.ok("PATCH", one, {"password": "n"})["state"] == "paused"
        resumed = api.ok("POST", f"{one}/resume")
        assert (resumed["state"], resumed["state_reason"]) == ("active", "")


def test_patch_keeps_what_is_not_said(api, ca_file):
    full = ACCOUNT | {"ca_file": ca_file, "per_hour": 9, "per_second": 3,
                      "per_day": 50, "max_connections": 4, "auth": "login"}
    made = api.post("/v1/accounts", full)
    before = api.value("SELECT secret FROM smtp_account WHERE id = %s",
                       made["id"])
    changed = api.ok("PATCH", f"/v1/accounts/{made['id']}", {"name": "N"})
    assert changed | {"name": made["name"], "updated_at": 0} == \
        made | {"updated_at": 0}
    assert bytes(before) == bytes(api.value(
        "SELECT secret FROM smtp_account WHERE id = %s", made["id"]))


def test_patch_is_checked_as_a_whole(api):
    local = api.post("/v1/accounts", ACCOUNT | {"host": "localhost",
                                                "tls": "none"})
    one = f"/v1/accounts/{local['id']}"
    assert api.refused("PATCH", one, {"host": "mx.example.com",
                                      "password": "p"}) == ["tls"]
    assert api.refused("PATCH", one, {"name": ""}) == ["name"]
    assert api.refused("PATCH", one, {"since": "x"}) == ["since"]
    api.refused("PATCH", "/v1/accounts/999999", {"name": "x"}, status=404)


def test_an_account_in_use_stays(api):
    made = api.post("/v1/accounts", ACCOUNT)
    campaign = api.post("/v1/campaigns", {
        "name": "C", "from": {"email": "a@example.com"},
        "account_ids": [made["id"]]})
    one = f"/v1/accounts/{made['id']}"
    api.refused("DELETE", one, status=409)
    api.ok("DELETE", f"/v1/campaigns/{campaign['id']}", status=204)
    api.ok("DELETE", one, status=204)


def test_scopes(api):
    made = api.post("/v1/accounts", ACCOUNT)
    one = f"/v1/accounts/{made['id']}"
    api.refused("POST", "/v1/accounts", ACCOUNT, status=403, key="write")
    api.refused("PATCH", one, {"name": "x"}, status=403, key="write")
    api.refused("DELETE", one, status=403, key="write")
    api.ok("POST", f"{one}/pause", key="write")
    api.refused("POST", f"{one}/pause", status=403, key="read")
    api.get(one, key="read")
    api.refused("GET", one, status=401, key=None)
    api.refused("POST", "/v1/mailboxes", MAILBOX, status=403, key="write")


def test_passwords_are_nowhere_to_be_read(api, postgres):
    for path, body in KINDS:
        key = {"Idempotency-Key": path}
        made = api.post(path, body | {"password": SECRET}, headers=key)
        api.ok("PATCH", f"{path}/{made['id']}", {"password": SECRET + "2"})
        assert SECRET not in json.dumps(api.get(f"{path}/{made['id']}"))
    assert SECRET not in postgres.dump(api.conninfo)
    assert SECRET not in api.log()
    assert SECRET not in api.session.get(f"{api.url}/metrics").text


def test_secrets_belong_to_their_row(api):
    """The same password is sealed differently each time."""
    ids = [api.post("/v1/accounts", ACCOUNT)["id"] for _ in range(2)]
    one, two = (bytes(api.value(
        "SELECT secret FROM smtp_account WHERE id = %s", i)) for i in ids)
    assert one != two and len(one) == len(two) > len(ACCOUNT["password"])


def worker(api, kind, result, state="done"):
    """Plays the sender or poller that takes one task."""
    def run():
        while not api.value("SELECT count(*) FROM task WHERE kind = %s AND"
                            " state = 'queued'", kind):
            time.sleep(0.02)
        api.sql("UPDATE task SET state = 'running' WHERE kind = %s", kind)
        time.sleep(0.2)
        api.sql("UPDATE task SET state = %s, result = %s, finished_at = now()"
                " WHERE kind = %s AND state = 'running'", state,
                json.dumps(result), kind)
    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("path, body, kind", [
    ("/v1/accounts", ACCOUNT, "account_test"),
    ("/v1/mailboxes", MAILBOX, "mailbox_test"),
])
def test_tests_wait_for_their_result(api, path, body, kind):
    one = f"{path}/{api.post(path, body)['id']}"
    steps = [{"name": "connect", "ok": True, "detail": ""},
             {"name": "login", "ok": False, "detail": "535 no"}]
    thread = worker(api, kind, {"ok": False, "steps": steps})
    answer = api.ok("POST", f"{one}/test", key="write")
    thread.join()
    assert answer["ok"] is False and answer["steps"] == steps
    task = api.get(f"/v1/tasks/{answer['task_id']}")
    assert (task["kind"], task["state"]) == (kind, "done")


def test_a_task_that_could_not_be_done(api):
    one = f"/v1/accounts/{api.post('/v1/accounts', ACCOUNT)['id']}"
    thread = worker(api, "account_test", {}, "failed")
    answer = api.ok("POST", f"{one}/test")
    thread.join()
    assert answer["ok"] is False and answer["steps"] == []


def test_nobody_there_to_test(api):
    one = f"/v1/accounts/{api.post('/v1/accounts', ACCOUNT)['id']}"
    started = time.time()
    answer = api.call("POST", f"{one}/test")
    assert answer.status_code == 202 and time.time() - started < 15
    task = answer.json()
    assert task["state"] == "queued"
    assert answer.headers["Location"] == f"/v1/tasks/{task['id']}"
    assert api.get(answer.headers["Location"])["state"] == "queued"
    assert api.value("SELECT count(*) FROM pg_stat_activity"
                     " WHERE state LIKE 'idle in transaction%%'") == 0


def test_tests_of_nothing(api):
    api.refused("POST", "/v1/accounts/999999/test", status=404)
    api.refused("POST", "/v1/mailboxes/999999/test", status=404)
    api.refused("GET", "/v1/tasks/999999", status=404)
    one = f"/v1/accounts/{api.post('/v1/accounts', ACCOUNT)['id']}"
    assert api.refused("POST", f"{one}/test", {"x": 1}) == ["x"]


GRANT = {"token_url": "https://login.example.com/token", "client_id": "volley",
         "client_secret": SECRET + "c", "refresh_token": SECRET + "r",
         "scope": "mail"}
OAUTH = {"name": "O", "host": "smtp.example.com", "username": "u@example.com",
         "oauth": GRANT}


def test_oauth_is_shown_without_its_secrets(api, postgres):
    made = api.post("/v1/accounts", OAUTH)
    assert made["auth"] == "xoauth2" and made["has_password"] is False
    assert made["oauth"] == {
        "token_url": GRANT["token_url"], "client_id": "volley",
        "scope": "mail", "ca_file": "", "has_client_secret": True,
        "state": "ok", "error": "", "expires_at": None, "refreshed_at": None}
    assert SECRET not in json.dumps(made) + api.log()
    assert SECRET not in postgres.dump(api.conninfo)
    api.ok("DELETE", f"/v1/accounts/{made['id']}", status=204)
    assert api.value("SELECT count(*) FROM oauth WHERE owner_id = %s",
                     made["id"]) == 0


def test_oauth_of_a_provider(api):
    grant = {"client_id": "c", "refresh_token": "r"}
    made = api.post("/v1/accounts", {
        "name": "P", "provider": "microsoft365", "username": "u@example.com",
        "oauth": grant})
    assert made["oauth"]["token_url"].startswith("https://login.microsoft")
    assert "SMTP.Send" in made["oauth"]["scope"]
    made = api.post("/v1/accounts", {
        "name": "P", "provider": "gmail", "username": "u@example.com",
        "oauth": grant, "auth": "oauthbearer"})
    assert made["auth"] == "oauthbearer"
    assert made["oauth"]["has_client_secret"] is False
    assert made["oauth"]["scope"] == "https://mail.google.com/"


@pytest.mark.parametrize("change, field", [
    ({"oauth": {}}, ["oauth.client_id", "oauth.refresh_token",
                     "oauth.token_url"]),
    ({"oauth": 1}, ["oauth"]),
    ({"oauth": GRANT | {"x": 1}}, ["oauth.x"]),
    ({"oauth": GRANT | {"token_url": "http://login.example.com/"}},
     ["oauth.token_url"]),
    ({"oauth": GRANT | {"token_url": "http://127.0.0.1.example.com/"}},
     ["oauth.token_url"]),
    ({"oauth": GRANT | {"token_url": "https://u:p@login.example.com/"}},
     ["oauth.token_url"]),
    ({"oauth": GRANT | {"token_url": "file:///etc/passwd"}},
     ["oauth.token_url"]),
    ({"oauth": GRANT | {"token_url": "no url"}}, ["oauth.token_url"]),
    ({"oauth": GRANT | {"refresh_token": "a\nb"}}, ["oauth.refresh_token"]),
    ({"oauth": GRANT | {"ca_file": "ca.pem"}}, ["oauth.ca_file"]),
    ({"auth": "plain"}, ["auth"]),
    ({"password": "x"}, ["password"]),
    ({"username": ""}, ["username"]),
])
def test_bad_oauth(api, change, field):
    assert sorted(api.refused("POST", "/v1/accounts", OAUTH | change)) == field


def test_changes_of_oauth(api):
    made = api.post("/v1/accounts", OAUTH)
    one = f"/v1/accounts/{made['id']}"
    pause_by_machine(api, "smtp_account", made["id"], "paused", "no token")
    api.sql("UPDATE oauth SET state = 'needs_reauth', error = 'invalid_grant'"
            " WHERE owner_id = %s", made["id"])
    assert api.get(one)["oauth"]["error"] == "invalid_grant"
    # Secrets do not follow to another endpoint, nor tokens to another host.
    assert sorted(api.refused("PATCH", one, {"oauth": {
        "token_url": "https://thief.example.com/"}})) == [
            "oauth.client_secret", "oauth.refresh_token"]
    assert api.refused("PATCH", one, {"host": "thief.example.com"}) == ["oauth"]
    changed = api.ok("PATCH", one, {"oauth": {"refresh_token": "new"}})
    assert (changed["version"], changed["state"]) == (2, "active")
    assert changed["oauth"]["state"] == "ok"
    assert changed["oauth"]["has_client_secret"] is True
    assert changed["oauth"]["scope"] == "mail"
    changed = api.ok("PATCH", one, {"oauth": {"client_secret": None}})
    assert changed["oauth"]["has_client_secret"] is False
    # Back to a password.
    assert api.refused("PATCH", one, {"oauth": None}) == ["password"]
    changed = api.ok("PATCH", one, {"oauth": None, "password": "p",
                                    "auth": "plain"})
    assert changed["oauth"] is None and changed["has_password"] is True
    changed = api.ok("PATCH", one, {"oauth": GRANT})
    assert changed["has_password"] is False and changed["auth"] == "xoauth2"



def test_providers(api):
    rows = {p["name"]: p for p in api.get("/v1/providers", key="read")["data"]}
    assert rows["gmail"]["smtp"]["port"] == 465
    assert rows["gmail"]["smtp"]["tls"] == "implicit"
    m = rows["microsoft365"]
    assert (m["smtp"]["port"], m["smtp"]["tls"]) == (587, "starttls")
    assert (m["max_connections"], m["per_minute"], m["per_day"]) == \
        (3, 30, 10000)
    document = api.get("/openapi.json")
    known = document["components"]["schemas"]["account_new"]["properties"]
    assert set(known["provider"]["enum"]) - {None} == set(rows)


def test_limits_of_groups(api):
    one = api.post("/v1/accounts", ACCOUNT)
    url = f"/v1/accounts/{one['id']}/limits"
    none = {"per_second": None, "per_minute": None, "per_hour": None,
            "per_day": None, "connections": None}
    assert api.get(url)["data"] == []
    gmail = api.ok("PUT", f"{url}/googlemail.com",
                   {"connections": 2, "per_hour": 500})
    assert gmail == none | {"group": "gmail", "connections": 2,
                            "per_hour": 500}
    own = api.ok("PUT", f"{url}/B%C3%BCcher.example", {"per_day": 9})
    assert own["group"] == "xn--bcher-kva.example"
    assert api.ok("PUT", f"{url}/gmail", {"per_second": 3}) == none | {
        "group": "gmail", "per_second": 3}
    assert [d["group"] for d in api.get(url)["data"]] == ["gmail",
                                                          own["group"]]
    # Senders look at the version.
    assert api.get(f"/v1/accounts/{one['id']}")["version"] == one["version"] + 3
    assert api.refused("PUT", f"{url}/nonsense", {}) == ["group"]
    assert api.refused("PUT", f"{url}/gmail", {"per_day": 0}) == ["per_day"]
    assert api.call("DELETE", f"{url}/gmail").status_code == 204
    assert api.call("DELETE", f"{url}/gmail").status_code == 404
    assert api.call("GET", "/v1/accounts/999999/limits").status_code == 404
