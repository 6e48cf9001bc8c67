"""Contacts: made, changed, found, erased."""

from urllib.parse import quote

import pytest

import given


def path(email):
    return f"/v1/contacts/{quote(email, safe='')}"


def put(api, email, body=None, status=200):
    return api.ok("PUT", path(email), body or {}, status)


def test_made_and_changed(api):
    one = given.mailing_list(api)
    made = put(api, "Ann@Example.COM", {
        "name": "Ann", "attributes": {"city": "Köln", "n": 1, "deep": [{}]},
        "lists": [one]}, 201)
    assert made["email"] == "Ann@example.com"  # S-023
    assert made["attributes"] == {"city": "Köln", "n": 1, "deep": [{}]}
    assert [x["id"] for x in made["lists"]] == [one]
    assert made["lists"][0]["status"] == "subscribed"
    assert made["suppressions"] == []
    assert api.get(path("ann@example.com")) == made
    same = put(api, "ANN@example.com")
    assert {k: same[k] for k in ("id", "email", "name", "attributes")} == {
        k: made[k] for k in ("id", "email", "name", "attributes")}
    changed = put(api, "ann@example.com", {"attributes": {"x": None}})
    assert changed["attributes"] == {"x": None} and changed["name"] == "Ann"
    changed = put(api, "ann@example.com", {"name": ""})
    assert changed["name"] == "" and changed["attributes"] == {"x": None}


def test_lists_are_joined_never_left(api):
    """X-023: a PUT without a list takes nobody off it."""
    one, two = given.mailing_list(api), given.mailing_list(api)
    put(api, "joiner@example.com", {"lists": [one]}, 201)
    for body in ({}, {"lists": []}, {"lists": [two]}):
        put(api, "joiner@example.com", body)
    assert [x["id"] for x in
            api.get(path("joiner@example.com"))["lists"]] == [one, two]


def test_double_opt_in_is_not_confirmed_by_us(api):
    one = given.mailing_list(api, opt_in="double")
    made = put(api, "unsure@example.com", {"lists": [one]}, 201)
    assert made["lists"][0]["status"] == "unconfirmed"


@pytest.mark.parametrize("email, stored", [
    ("first.last+tag@example.com", "first.last+tag@example.com"),
    ("UPPER@EXAMPLE.com", "UPPER@example.com"),
    ("x@bücher.example", "x@xn--bcher-kva.example"),
    ("o'brien@example.com", "o'brien@example.com"),
    ("a/b@example.com", "a/b@example.com"),
    ("100%@example.com", "100%@example.com"),
    ("ü@example.com", "ü@example.com"),
    ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
])
def test_addresses_that_are_taken(api, email, stored):
    assert put(api, email, status=201)["email"] == stored
    assert api.get(path(email))["email"] == stored


@pytest.mark.parametrize("email", [
    "x", "@example.com", "a@", "a@b@c", "a b@example.com", "a@exa mple.com",
    '"a@evil.example x"@example.com', "<a@example.com>", "a@-x.com",
    "x" * 65 + "@example.com", "a@" + "d" * 64 + ".com", "a@example..com",
    "a@b> NOTIFY=NEVER", "a@b,c@d", "Ann <a@example.com>",
])
def test_addresses_that_are_not(api, email):
    before = api.value("SELECT count(*) FROM contact")
    api.refused("PUT", path(email), {}, status=422)
    for method in ("GET", "DELETE"):
        api.refused(method, path(email), status=404)
    assert api.value("SELECT count(*) FROM contact") == before


@pytest.mark.parametrize("email", ["a%0d%0aRCPT%20TO:<b@c>", "a%00@b.com",
                                   "%ff@example.com", ""])
def test_addresses_that_are_no_text(api, email):
    assert api.call("PUT", f"/v1/contacts/{email}", {}).status_code in (404, 405)


@pytest.mark.parametrize("body, fields", [
    ({"name": 1}, ["name"]), ({"name": "a\r\nBcc: b"}, ["name"]),
    ({"name": "x" * 201}, ["name"]), ({"attributes": []}, ["attributes"]),
    ({"attributes": {"x": "y" * 65536}}, ["attributes"]),
    ({"lists": 1}, ["lists"]), ({"lists": ["1"]}, ["lists"]),
    ({"lists": [0]}, ["lists"]), ({"lists": [1, 1]}, ["lists"]),
    ({"lists": list(range(1, 1002))}, ["lists"]),
    ({"lists": [999999, 999998]}, ["lists", "lists"]),
    ({"email": "x@example.com"}, ["email"]),
])
def test_bad_contacts(api, body, fields):
    assert api.refused("PUT", path("bad@example.com"), body) == fields
    api.refused("GET", path("bad@example.com"), status=404)


def test_attributes_nested_too_deep(api):
    deep = {}
    for _ in range(30):
        deep = {"a": deep}
    assert api.refused("PUT", path("deep@example.com"),
                       {"attributes": deep}) == ["attributes"]


def test_found_by_address_and_list(api):
    one = given.mailing_list(api)
    for n in range(5):
        given.contact(api, f"found{n}@example.com", one)
    given.contact(api, "found-elsewhere@example.com")

    def emails(query):
        return [c["email"] for c in api.get(f"/v1/contacts?{query}")["data"]]
    wanted = [f"found{n}@example.com" for n in range(5)]
    assert emails(f"list_id={one}") == wanted
    assert emails("email=FOUND3@example.com") == ["found3@example.com"]
    assert emails(f"email=found3@example.com&list_id={one}") == [
        "found3@example.com"]
    assert emails(f"email=found-elsewhere@example.com&list_id={one}") == []
    assert emails("email=nobody@example.com") == []
    assert emails("list_id=999999") == []
    page = api.get(f"/v1/contacts?list_id={one}&limit=2")
    rest = api.get(f"/v1/contacts?list_id={one}&limit=500"
                   f"&cursor={page['next_cursor']}")
    assert [c["email"] for c in page["data"] + rest["data"]] == wanted
    assert rest["next_cursor"] is None
    assert set(wanted) <= set(emails("limit=500"))


@pytest.mark.parametrize("query, field", [
    ("email=nonsense", "email"), ("list_id=0", "list_id"),
    ("list_id=x", "list_id"), ("name=x", "name")])
def test_bad_filters(api, query, field):
    assert field in api.refused("GET", f"/v1/contacts?{query}")


def test_suppressions_are_shown(api):
    one = given.mailing_list(api)
    put(api, "left@example.com", {"lists": [one]}, 201)
    api.sql("INSERT INTO suppression (email_key, list_id, reason) VALUES"
            " ('left@example.com', %s, 'unsubscribe'),"
            " ('left@example.com', NULL, 'hard_bounce')", one)
    shown = api.get(path("left@example.com"))
    assert shown["lists"][0]["status"] == "unsubscribed"
    assert [(s["reason"], s["list_id"]) for s in shown["suppressions"]] == [
        ("unsubscribe", one), ("hard_bounce", None)]
    # joining again does not bring anybody back
    put(api, "left@example.com", {"lists": [one]})
    assert api.get(path("left@example.com"))["suppressions"] == \
        shown["suppressions"]


def test_erasing_needs_a_contact(api):
    api.refused("DELETE", path("nobody@example.com"), status=404)
    assert api.value("SELECT count(*) FROM suppression"
                     " WHERE email_key = 'nobody@example.com'") == 0
