"""People who log in: passwords, sessions, roles, and what ends a session."""

import hashlib
import statistics
import subprocess
import threading
import time

import pytest
import requests

import given
from people import PASSWORD, Browser, user
from server import VOLLEY, Server
from test_api_core import filled, routes

NEW = "another horse battery"


@pytest.fixture(autouse=True)
def fresh_attempts(api):
    """Each test may try as often as the first."""
    yield
    api.sql("DELETE FROM login_attempt")


def command(api, *args, say=""):
    return subprocess.run([VOLLEY, "user", *args], env=api.env, input=say,
                          capture_output=True, text=True, check=False)


def test_first_administrator(api):
    """By the command; the password comes from standard input."""
    made = command(api, "create", "--email", "First@Example.com", "--role",
                   "admin", "--name", "Ann", say=f"{PASSWORD}\n")
    assert (made.returncode, made.stderr) == (0, "")
    assert PASSWORD not in made.stdout
    browser = Browser(api, "first@EXAMPLE.com")
    who = browser.call("GET", "/v1/session").json()["user"]
    assert (who["name"], who["role"], who["scope"]) == ("Ann", "admin", "admin")
    assert browser.status("GET", "/v1/users") == 200
    assert "First@example.com\tAnn\tadmin" in command(api, "list").stdout
    assert command(api, "password", "first@example.com",
                   say=f"{NEW}\n").returncode == 0
    assert not browser.is_in()
    browser = Browser(api, "first@example.com", NEW)
    assert command(api, "disable", "first@example.com").returncode == 0
    assert not browser.is_in()
    assert browser.log_in("first@example.com", NEW).status_code == 401
    assert "disabled" in command(api, "list").stdout
    assert command(api, "enable", "first@example.com").returncode == 0
    Browser(api, "first@example.com", NEW)


@pytest.mark.parametrize("args, say, status, said", [
    ((), "", 2, "create, list"),
    (("create", "--email", "x", "--role", "admin"), PASSWORD, 2, "value"),
    (("create", "--email", "a@example.com"), PASSWORD, 2, "--role"),
    (("create", "--email", "a@example.com", "--role", "king"), PASSWORD, 1,
     "no such role"),
    (("create", "--email", "a@example.com", "--role", "admin"), "short", 1,
     "at least 12"),
    (("create", "--email", "a@example.com", "--role", "admin"), "", 1,
     "no password"),
    (("create", "--email", "a@example.com", "--role", "admin"), "x" * 201, 1,
     "at most 200"),
    (("create", "--email", "a@example.com", "--role", "admin", PASSWORD), "",
     2, "too many"),
    (("disable", "nobody@example.com"), "", 1, "no user"),
    (("password",), "", 2, "address"),
])
def test_command_refuses(api, args, say, status, said):
    done = command(api, *args, say=say)
    assert done.returncode == status and said in done.stderr
    assert "a@example.com" not in command(api, "list").stdout


def test_create_change_remove(api):
    made = user(api, "viewer", name="Vi")
    path = f"/v1/users/{made['id']}"
    assert made["scope"] == "read" and not made["disabled"]
    assert api.get(path) == made and made in api.get("/v1/users")["data"]
    changed = api.ok("PATCH", path, {"name": "Viola"})
    assert changed["name"] == "Viola" and changed["role"] == "viewer"
    assert api.ok("PATCH", path, {"role": "admin"})["scope"] == "admin"
    assert api.ok("PATCH", path, {"disabled": True})["disabled"]
    assert not api.ok("PATCH", path, {"disabled": False})["disabled"]
    assert api.refused("POST", "/v1/users", {
        "email": made["email"].upper(), "role": "viewer",
        "password": PASSWORD}, status=409) == []
    assert sorted(api.refused("POST", "/v1/users", {
        "email": "x", "password": "short", "more": 1})) == [
            "email", "more", "password", "role"]
    api.refused("PATCH", path, {"role": "king"})
    assert "password" not in str(api.get(path))
    api.ok("DELETE", path, status=204)
    api.refused("GET", path, status=404)


def test_passwords_are_argon2id(api):
    made = user(api)
    stored = api.value("SELECT password FROM app_user WHERE id = %s",
                       made["id"])
    kind, version, parameters = stored.split("$")[1:4]
    costs = dict(p.split("=") for p in parameters.split(","))
    assert (kind, version) == ("argon2id", "v=19")
    assert int(costs["m"]) >= 19 * 1024 and int(costs["t"]) >= 2
    assert costs["p"] == "1"
    other = user(api)
    assert stored != api.value("SELECT password FROM app_user WHERE id = %s",
                               other["id"])


# of PASSWORD, by parameters that are too weak today
OLD = ("$argon2id$v=19$m=8,t=1,p=1$fqnouMReEUfeQ"
       "BSoMLiEiw$89JM6ap3r9IvsQZS/cVh3Hivls90yM04QW9ZTY2h4ks")


def test_hash_is_renewed_at_login(api):
    made = user(api)
    api.sql("UPDATE app_user SET password = %s WHERE id = %s", OLD, made["id"])
    browser = Browser(api, made["email"])
    stored = api.value("SELECT password FROM app_user WHERE id = %s",
                       made["id"])
    assert stored != OLD and "m=19456,t=2,p=1" in stored
    assert browser.is_in()
    assert Browser(api, made["email"]).is_in()


def test_cookie(api):
    made = user(api)
    browser = Browser(api)
    response = browser.log_in(made["email"])
    name, *attributes = response.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes and name.startswith("volley_session=")
    assert len(browser.cookie) == 52
    dump = str(api.sql("SELECT s::text FROM session s"))
    assert browser.cookie not in dump and browser.token not in dump
    assert api.value("SELECT count(*) FROM session WHERE hash = %s",
                     hashlib.sha256(browser.cookie.encode()).digest()) == 1
    shown = browser.call("GET", "/v1/session").json()
    assert shown["csrf_token"] == browser.token
    assert shown["agent"].startswith("python-requests")
    again = Browser(api, made["email"])
    assert again.cookie != browser.cookie and again.token != browser.token


def test_cookie_by_https(postgres):
    """What base_url says people come by."""
    api = Server(postgres.create(), {})
    api.env["VOLLEY_BASE_URL"] = "https://mail.example.com/volley"
    api.start()
    try:
        made, browser = user(api), Browser(api)
        browser.origin = "https://mail.example.com"
        said = browser.log_in(made["email"]).headers["Set-Cookie"]
        assert said.startswith("__Host-volley_session=")
        assert said.endswith("; Secure")
        cookie = said.split(";")[0]
        response = requests.get(f"{api.url}/v1/session", timeout=10,
                                headers={"Cookie": f"a=b; {cookie}; c=d"})
        assert response.status_code == 200
        plain = cookie.removeprefix("__Host-")
        response = requests.get(f"{api.url}/v1/session", timeout=10,
                                headers={"Cookie": plain})
        assert response.status_code == 401
    finally:
        api.stop()


def test_role_is_the_scope(api):
    enough = {"none": 0, "read": 1, "write": 2, "admin": 3}
    for role, scope in (("viewer", "read"), ("marketer", "write")):
        browser = Browser(api, user(api, role)["email"])
        for method, pattern, least, _ in routes(api):
            if enough[least] > enough[scope]:
                assert browser.status(method, filled(pattern)) == 403, pattern
        assert browser.status("GET", "/v1/lists") == 200
    assert browser.status("POST", "/v1/lists", {"name": "By a user"}) == 201


def test_forged_requests_change_nothing(api):
    """X-011: each route x no token, a wrong one, another's, another origin."""
    mine = Browser(api, user(api, "admin")["email"])
    other = Browser(api, user(api, "admin")["email"])
    forged = [{"token": None}, {"token": ""}, {"token": "a" * 52},
              {"token": other.token}, {"origin": None}, {"origin": ""},
              {"origin": "null"}, {"origin": "http://evil.example.com"},
              {"origin": api.url + ".evil.example.com"},
              {"origin": api.url + "/"}, {"token": None, "origin": None}]
    before = api.value("SELECT max(id) FROM audit")
    tried = 0
    for method, pattern, scope, _ in routes(api):
        if method == "GET" or scope == "none":
            continue
        for more in forged:
            assert mine.status(method, filled(pattern), **more) == 403, (
                method, pattern, more)
            tried += 1
    for path in ("/v1/lists", "/v1/session"):
        for more in forged:
            assert mine.status("POST", "/v1/lists", {"name": "forged"},
                               **more) == 403
        assert mine.status("GET", path, token=None, origin=None) == 200
    assert tried > 400 and mine.is_in()
    assert before == api.value("SELECT max(id) FROM audit")
    assert api.value("SELECT count(*) FROM list WHERE name = 'forged'") == 0


def test_login_from_another_site(api):
    made = user(api)
    assert Browser(api).log_in(made["email"],
                               origin="http://evil.example.com"
                               ).status_code == 403
    assert requests.post(f"{api.url}/v1/session", timeout=10, data=(
        f'{{"email": "{made["email"]}", "password": "{PASSWORD}"}}'),
        headers={"Content-Type": "text/plain"}).status_code == 415


@pytest.mark.parametrize("change", [
    {"password": NEW}, {"role": "viewer"}, {"disabled": True}, "own", "remove"])
def test_changes_end_all_sessions(api, change):
    """X-012: 20 cookies each, 100 in all; not one of them opens anything."""
    made = user(api)
    path = f"/v1/users/{made['id']}"
    browsers = [Browser(api, made["email"]) for _ in range(20)]
    api.ok("PATCH", path, {"name": "Changed"})
    assert all(b.is_in() for b in browsers)
    if change == "own":
        assert browsers[0].status("POST", "/v1/session/password", {
            "current_password": PASSWORD, "password": NEW}) == 204
    elif change == "remove":
        api.ok("DELETE", path, status=204)
    else:
        api.ok("PATCH", path, change)
    assert {b.status("GET", "/v1/lists") for b in browsers} == {401}


def test_no_login_slips_through_a_change(api):
    """Logins with the old password while it is changed leave no session."""
    made = user(api)
    browsers = [Browser(api) for _ in range(4)]
    threads = [threading.Thread(target=b.log_in, args=(made["email"],))
               for b in browsers]
    for thread in threads:
        thread.start()
    api.ok("PATCH", f"/v1/users/{made['id']}", {"password": NEW})
    for thread in threads:
        thread.join()
    assert not any(b.is_in() for b in browsers)


def test_own_password(api):
    made = user(api, "viewer")
    browser, other = (Browser(api, made["email"]) for _ in range(2))
    path = "/v1/session/password"
    assert browser.status("POST", path, {
        "current_password": "wrong", "password": NEW}) == 422
    assert browser.status("POST", path, {
        "current_password": PASSWORD, "password": "short"}) == 422
    assert browser.status("POST", path, {
        "current_password": PASSWORD, "password": NEW}) == 204
    assert not browser.is_in() and not other.is_in()
    assert browser.log_in(made["email"]).status_code == 401
    assert Browser(api, made["email"], NEW).is_in()
    assert api.refused("POST", path, {
        "current_password": PASSWORD, "password": NEW}, status=403) == []


def test_sessions_are_listed_and_revoked(api):
    """Each sees its own, an administrator all (X-023)."""
    ann, bob = user(api), user(api)
    anns, again = Browser(api, ann["email"]), Browser(api, ann["email"])
    bobs, boss = Browser(api, bob["email"]), Browser(api, user(
        api, "admin")["email"])

    def ids(browser):
        rows = browser.call("GET", "/v1/sessions?limit=500").json()["data"]
        return {r["id"]: r["user"]["id"] for r in rows}
    assert len(ids(anns)) == 2 and set(ids(anns).values()) == {ann["id"]}
    assert set(ids(boss)) > set(ids(anns)) | set(ids(bobs))
    assert api.get("/v1/sessions", key="read")["data"] == []
    (bobs_id,) = ids(bobs)
    assert anns.status("DELETE", f"/v1/sessions/{bobs_id}") == 404
    api.refused("DELETE", f"/v1/sessions/{bobs_id}", status=404, key="write")
    assert bobs.is_in()
    again_id = again.call("GET", "/v1/session").json()["id"]
    assert anns.status("DELETE", f"/v1/sessions/{again_id}") == 204
    assert not again.is_in() and anns.is_in()
    assert boss.status("DELETE", f"/v1/sessions/{bobs_id}") == 204
    assert not bobs.is_in()
    assert anns.status("DELETE", "/v1/session") == 204
    assert not anns.is_in()


def test_sessions_expire(api):
    made = user(api)
    idle, old, good = (Browser(api, made["email"]) for _ in range(3))
    for browser, column, value in (
            (idle, "last_used_at", "now() - interval '8 hours'"),
            (old, "expires_at", "now()")):
        api.sql(f"UPDATE session SET {column} = {value} WHERE hash = %s",
                hashlib.sha256(browser.cookie.encode()).digest())
        assert not browser.is_in()
    assert good.is_in()
    Browser(api, made["email"])
    assert api.value("SELECT count(*) FROM session WHERE user_id = %s",
                     made["id"]) == 2


def test_no_more_than_twenty_sessions(api):
    made = user(api)
    first = Browser(api, made["email"])
    for _ in range(20):
        Browser(api, made["email"])
    assert not first.is_in()
    assert api.get(f"/v1/users/{made['id']}")["sessions"] == 20


def test_cookies_of_nobody(api):
    for cookie in ("", "x", "a" * 52, "a" * 53, "%00" * 17 + "a", "é" * 26):
        response = requests.get(f"{api.url}/v1/lists", timeout=10, headers={
            "Cookie": f"volley_session={cookie}".encode("latin-1")})
        assert response.status_code == 401, cookie


def test_attempts_by_account(api):
    """Ten, whether there is such a user or not; a right one starts anew."""
    made = user(api)
    for email in (made["email"], "nobody@example.com", "no address"):
        answers = [Browser(api).log_in(email, "wrong") for _ in range(11)]
        assert [a.status_code for a in answers] == [401] * 10 + [429], email
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        api.sql("DELETE FROM login_attempt")
    for _ in range(3):
        for _ in range(6):
            assert Browser(api).log_in(made["email"], "x").status_code == 401
        Browser(api, made["email"])


def test_attempts_by_address(api):
    """Thirty over all accounts; and no account pays for them then."""
    answers = [Browser(api).log_in(f"n{n}@example.com", "wrong").status_code
               for n in range(32)]
    assert answers == [401] * 30 + [429] * 2
    assert api.value("SELECT count(*) FROM login_attempt") == 31
    made = user(api)
    assert Browser(api).log_in(made["email"]).status_code == 429


def test_attempts_count_in_all_processes(api, postgres):
    made = user(api)
    other = Server(api.conninfo, {"VOLLEY_KEY_FILE": f"{api.home}/master.key"})
    other.contract = api.contract
    other.start_api()
    try:
        answers = [Browser(s).log_in(made["email"], "wrong").status_code
                   for _ in range(6) for s in (api, other)]
        assert answers == [401] * 10 + [429] * 2
    finally:
        other.stop()


def test_unknown_users_take_as_long(api):
    """X-022: the same answer, and no telling apart by time."""
    made = user(api)
    off = user(api)
    api.ok("PATCH", f"/v1/users/{off['id']}", {"disabled": True})
    times = {"known": [], "unknown": [], "disabled": []}
    bodies = set()
    for n in range(20):
        for kind, email in (("known", made["email"]),
                            ("unknown", f"u{n}@example.com"),
                            ("disabled", off["email"])):
            api.sql("DELETE FROM login_attempt")
            browser = Browser(api)
            begun = time.perf_counter()
            answer = browser.log_in(email, "wrong password")
            times[kind].append(time.perf_counter() - begun)
            bodies.add((answer.status_code, answer.text))
    assert len(bodies) == 1
    middle = {k: statistics.median(v) for k, v in times.items()}
    # a missing hash would be ten times faster; the machine may be busy
    assert max(middle.values()) < 1.5 * min(middle.values()), middle


def test_logins_are_bounded(api):
    """Forty at once: nobody waits long, memory does not grow with them."""
    made = user(api)
    answers = []

    def attempt(n):
        answers.append(Browser(api).log_in(f"{n}@example.com", "wrong"))
    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} <= {401, 503}
    assert all("Retry-After" in a.headers for a in answers
               if a.status_code == 503)
    assert Browser(api, made["email"]).is_in()


def test_audit_names_the_user(api):
    made = user(api)
    browser = Browser(api, made["email"])
    assert browser.status("POST", "/v1/lists", {"name": "Audited"}) == 201
    assert browser.status("DELETE", "/v1/session") == 204
    rows = api.get(f"/v1/audit?user_id={made['id']}")["data"]
    assert [(r["who"], r["api_key_id"], r["method"], r["route"])
            for r in rows] == [
        (made["email"], None, "POST", "/v1/session"),
        (made["email"], None, "POST", "/v1/lists"),
        (made["email"], None, "DELETE", "/v1/session")]
    assert "horse" not in str(rows)
    assert subprocess.run([VOLLEY, "audit", "verify"], env=api.env,
                          capture_output=True, check=False).returncode == 0


def test_nobody_locks_the_last_door(api):
    made = user(api, "admin")
    browser = Browser(api, made["email"])
    path = f"/v1/users/{made['id']}"
    assert browser.status("PATCH", path, {"role": "viewer"}) == 409
    assert browser.status("PATCH", path, {"disabled": True}) == 409
    assert browser.status("DELETE", path) == 409
    assert browser.status("PATCH", path, {"name": "Still here"}) == 200
    assert browser.is_in()


def test_idempotency_of_users(api):
    """Keys of one user are not another's, nor an API key's."""
    one, two = (Browser(api, user(api)["email"]) for _ in range(2))
    key = {"Idempotency-Key": "the same"}
    made = [who.call("POST", "/v1/lists", {"name": f"Once {n}"},
                     headers=dict(key)) for n, who in enumerate((one, two))]
    assert [m.status_code for m in made] == [201, 201]
    again = one.call("POST", "/v1/lists", {"name": "Once 0"},
                     headers=dict(key))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == made[0].json()["id"]
    api.post("/v1/lists", {"name": "Once 2"}, headers=dict(key))


def test_what_users_do_is_known_to_be_theirs(api):
    made = user(api)
    browser = Browser(api, made["email"])
    row = browser.call("POST", "/v1/suppressions", {
        "email": "gone@example.com"}).json()
    assert api.value("SELECT evidence ->> 'user_id' FROM suppression"
                     " WHERE id = %s", row["id"]) == str(made["id"])
    assert browser.status("DELETE", f"/v1/suppressions/{row['id']}") == 204
    assert api.value("SELECT data ->> 'user_id' FROM event WHERE kind ="
                     " 'suppression_removed' ORDER BY id DESC LIMIT 1"
                     ) == str(made["id"])
    given.contact(api, "buyer@example.com")
    assert browser.status("POST", "/v1/conversions", {
        "source": "shop", "order_id": "1", "email": "buyer@example.com",
        "amount": 1, "currency": "EUR"}) == 201
    rows = api.get(f"/v1/audit?user_id={made['id']}")["data"]
    assert rows[-1]["route"] == "/v1/conversions"
