"""Lists."""

import threading

import pytest

import given


def test_made_shown_changed_removed(api):
    r = api.call("POST", "/v1/lists", {"name": "Customers", "opt_in": "double",
                                       "public": True})
    made = r.json()
    assert r.status_code == 201
    assert r.headers["Location"] == f"/v1/lists/{made['id']}"
    one = r.headers["Location"]
    assert api.get(one) == made
    assert (made["opt_in"], made["public"], made["contacts"]) == (
        "double", True, 0)
    changed = api.ok("PATCH", one, {"name": "Clients"})
    assert (changed["name"], changed["opt_in"], changed["public"]) == (
        "Clients", "double", True)
    changed = api.ok("PATCH", one, {"public": False, "opt_in": "single"})
    assert (changed["name"], changed["opt_in"], changed["public"]) == (
        "Clients", "single", False)
    assert changed["updated_at"] > made["updated_at"]
    api.ok("DELETE", one, status=204)
    for method, body in (("GET", None), ("DELETE", None),
                         ("PATCH", {"name": "x"})):
        api.refused(method, one, body, status=404)


def test_defaults(api):
    made = api.post("/v1/lists", {"name": "Defaults"})
    assert (made["opt_in"], made["public"]) == ("single", False)


@pytest.mark.parametrize("body, field", [
    ({}, "name"), ({"name": ""}, "name"), ({"name": "a\nb"}, "name"),
    ({"name": "a\u2028b"}, "name"), ({"name": "a\x85b"}, "name"),
    ({"name": "x", "opt_in": "triple"}, "opt_in"),
    ({"name": "x", "opt_in": None}, "opt_in"),
    ({"name": "x", "public": "true"}, "public"),
    ({"name": "x", "public": 1}, "public"), ({"name": "x", "id": 7}, "id"),
])
def test_bad_lists(api, body, field):
    assert api.refused("POST", "/v1/lists", body) == [field]


def test_everything_wrong_is_told_at_once(api):
    assert api.refused("POST", "/v1/lists", {
        "opt_in": 1, "public": None, "colour": "red", "shape": 1}) == [
        "name", "opt_in", "public", "colour", "shape"]


def test_names_are_unique_whatever_their_case(api):
    one = api.post("/v1/lists", {"name": "Unique"})
    api.refused("POST", "/v1/lists", {"name": "UNIQUE"}, status=409)
    other = api.post("/v1/lists", {"name": "Other"})
    api.refused("PATCH", f"/v1/lists/{other['id']}", {"name": "unique"},
                status=409)
    api.ok("PATCH", f"/v1/lists/{one['id']}", {"name": "UNIQUE"})


def test_unicode_names(api):
    name = "Kundinnen und Kunden: Größe 健二 \U0001f389"
    made = api.post("/v1/lists", {"name": name})
    assert api.get(f"/v1/lists/{made['id']}")["name"] == name


def test_names_are_data(api):
    for name in ("'; DROP TABLE list; --", "<script>alert(1)</script>",
                 "%s%n$1", "\\", "=1+1"):
        made = api.post("/v1/lists", {"name": name})
        assert api.get(f"/v1/lists/{made['id']}")["name"] == name
    assert api.value("SELECT count(*) FROM list") > 4


def test_what_is_used_stays(api):
    campaign = given.campaign(api)
    used = f"/v1/lists/{campaign['list_ids'][0]}"
    api.refused("DELETE", used, status=409)
    importing = given.mailing_list(api)
    api.sql("INSERT INTO import (list_id) VALUES (%s)", importing)
    api.refused("DELETE", f"/v1/lists/{importing}", status=409)
    api.sql("UPDATE import SET state = 'done' WHERE list_id = %s", importing)
    api.ok("DELETE", f"/v1/lists/{importing}", status=204)


def test_contacts_outlive_their_list(api):
    one = given.mailing_list(api)
    given.contact(api, "survivor@example.com", one)
    assert api.get(f"/v1/lists/{one}")["contacts"] == 1
    api.ok("DELETE", f"/v1/lists/{one}", status=204)
    assert api.get("/v1/contacts/survivor@example.com")["lists"] == []


def test_many_at_once(api):
    """Threads of the server share nothing that they should not."""
    errors = []

    def work(n):
        try:
            for i in range(20):
                made = api.post("/v1/lists", {"name": f"thread {n} {i}"})
                shown = api.get(f"/v1/lists/{made['id']}")
                assert shown["name"] == f"thread {n} {i}"
        except AssertionError as e:
            errors.append(e)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert api.value("SELECT count(*) FROM list"
                     " WHERE name LIKE 'thread %%'") == 320
