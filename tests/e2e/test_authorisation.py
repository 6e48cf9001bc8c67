"""X-023: who may touch what, for every route of the contract, so that a new
one is held to it without a word here."""

import re

import pytest

import given
from people import Browser, user
from test_api_core import KINDS, filled, routes

ENOUGH = {"none": 0, "read": 1, "write": 2, "admin": 3}
# what is put into {id}: a thing of another kind has this number, too
FOREIGN = 424242


def state(api):
    """How many rows there are, and what the things of a campaign are."""
    return {name: api.value(f"SELECT md5(string_agg(t::text, '|' ORDER BY"
                            f" t::text)) FROM {name} t")
            for name in ("list", "contact", "membership", "template",
                         "snippet", "smtp_account", "mailbox", "campaign",
                         "suppression", "app_user")}


@pytest.fixture(name="things", scope="module")
def made_things(api):
    """One of each: ids that exist, for whoever may not touch them."""
    campaign = given.campaign(api)
    mailing_list = campaign["list_ids"][0]
    given.contact(api, "kept@example.com", mailing_list)
    api.ok("PUT", "/v1/snippets/footer", {"html": "Bye"}, status=201)
    suppression = api.post("/v1/suppressions", {"email": "no@example.com"})
    return {"/v1/lists": mailing_list, "/v1/campaigns": campaign["id"],
            "/v1/templates": campaign["template_id"],
            "/v1/accounts": campaign["account_ids"][0],
            "/v1/suppressions": suppression["id"],
            "/v1/users": user(api)["id"],
            "name": "footer", "email": "kept@example.com"}


def existing(pattern, things):
    """The path of something that is there, as far as we made it."""
    for kind, known in things.items():
        if pattern.startswith(kind + "/{id}"):
            pattern = pattern.replace("{id}", str(known))
    return re.sub(r"\{[a-z]+\}", lambda m: str(things.get(
        m[0].strip("{}"), KINDS[m[0]])), pattern)


def test_no_key_of_too_small_a_scope_changes_anything(api, things):
    """Each route with what exists, asked by each key and user below it."""
    askers = {scope: (api.make_key(scope), Browser(api, user(
        api, role)["email"])) for scope, role in (
            ("read", "viewer"), ("write", "marketer"))}
    before, asked = state(api), 0
    for method, pattern, least, _ in routes(api):
        for scope, (key, browser) in askers.items():
            if ENOUGH[scope] >= ENOUGH[least]:
                continue
            path = existing(pattern, things)
            body = {} if method in ("POST", "PUT", "PATCH") else None
            assert api.call(method, path, body, key=key).status_code == 403, (
                method, path, scope)
            assert browser.status(method, path, body) == 403, (method, path)
            asked += 2
    assert asked > 80 and state(api) == before


def test_foreign_ids_are_missing(api, things):
    """What exists under another kind does not exist under this one."""
    api.sql("INSERT INTO list (id, name) VALUES (%s, 'Foreign')", FOREIGN)
    before = state(api)
    for method, pattern, least, _ in routes(api):
        if ("{id}" not in pattern or least == "none"
                or pattern.startswith("/v1/lists/")):
            continue
        path = filled(pattern.replace("{id}", str(FOREIGN)))
        body = {} if method in ("POST", "PUT", "PATCH") else None
        answer = api.call(method, path, body)
        assert answer.status_code in (404, 422) if body == {} else (
            answer.status_code == 404), (method, path, answer.text)
    assert state(api) == before
    api.sql("DELETE FROM list WHERE id = %s", FOREIGN)


def test_parts_belong_to_their_whole(api, things):
    """An attachment under another template than its own is not there."""
    one, two = given.template(api), given.template(api)
    made = api.post(
        f"/v1/templates/{one}/attachments?name=a.txt", status=201,
        data=b"hello", headers={"Content-Type": "text/plain"})["id"]
    other = f"/v1/templates/{two}/attachments/{made}"
    assert api.call("DELETE", other).status_code == 404
    assert [a["id"] for a in api.get(
        f"/v1/templates/{one}/attachments")["data"]] == [made]


def test_what_is_not_said_stays(api, things):
    """Lists that a change does not name are not left."""
    quiet, other = given.mailing_list(api), given.mailing_list(api)
    email = "member@example.com"
    given.contact(api, email, quiet, other)
    lists = api.get(f"/v1/contacts/{email}")["lists"]
    for body in ({"name": "M"}, {"attributes": {"a": 1}}, {"lists": [other]}):
        api.call("PUT", f"/v1/contacts/{email}", body, key="write")
        assert api.get(f"/v1/contacts/{email}")["lists"] == lists, body


def test_keys_see_no_sessions_and_no_users(api, things):
    for key in ("read", "write"):
        assert api.get("/v1/sessions", key=key)["data"] == []
        api.refused("GET", "/v1/users", status=403, key=key)
        api.refused("GET", "/v1/session", status=403, key=key)
