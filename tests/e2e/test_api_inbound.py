"""What was read, as the API shows it, and what waits for a person."""

import pytest

import given


@pytest.fixture(scope="module")
def box(api):
    return api.post("/v1/mailboxes", {
        "name": "B", "host": "imap.example.com", "username": "u",
        "password": "p"})["id"]


def read(api, box, uid, kind="bounce", **more):
    """A message that was read; its id."""
    row = {"mailbox_id": box, "fingerprint": bytes([uid]), "folder": "INBOX",
           "uidvalidity": 1, "uid": uid, "class": kind} | more
    return api.sql(f"INSERT INTO inbound ({', '.join(row)}) VALUES"
                   f" ({', '.join(['%s'] * len(row))}) RETURNING id",
                   *row.values())[0][0]


def test_filters(api, box):
    c = given.frozen(api, [1])
    about = read(api, box, 1, delivery_id=given.delivery_id(c, 1))
    old = read(api, box, 2, created_at="2025-01-01T00:00:00Z")
    other = read(api, box, 3, "reply")

    def ids(query):
        return [r["id"] for r in api.get(f"/v1/inbound?{query}")["data"]]

    assert ids(f"mailbox_id={box}") == [about, old, other]
    assert ids(f"mailbox_id={box}&class=bounce") == [about, old]
    assert ids(f"delivery_id={given.delivery_id(c, 1)}") == [about]
    assert ids("attributed=true") == [about]
    assert ids("attributed=false") == [old, other]
    assert ids("attributed=false&since=2025-06-01T00:00:00Z") == [other]
    assert ids("since=2999-01-01T00:00:00%2B02:00") == []


@pytest.mark.parametrize("query, field", [
    ("class=spam", "class"), ("mailbox_id=x", "mailbox_id"),
    ("delivery_id=0", "delivery_id"), ("attributed=maybe", "attributed"),
    ("since=yesterday", "since"), ("since=2026-01-01", "since"),
    ("limit=0", "limit"), ("cursor=x", "cursor"), ("raw=1", "raw"),
])
def test_bad_filters(api, query, field):
    assert api.refused("GET", f"/v1/inbound?{query}") == [field]


def test_raw_that_cannot_be_opened(api, box):
    """Sealed with a key that is gone: the rest is shown."""
    one = read(api, box, 10, raw=b"\1" * 100)
    found = api.get(f"/v1/inbound/{one}")
    assert found["raw"] is None and found["has_raw"] is True


@pytest.mark.parametrize("body, fields", [
    ({"class": "spam"}, ["class"]), ({"class": None}, ["class"]),
    ({"class": "bounce", "type": "firm"}, ["type"]),
    ({"class": "reply", "type": "hard"}, ["type"]),
    ({"type": "hard"}, ["type"]),
    ({"delivery_id": 5}, ["delivery_id"]),
    ({"class": "bounce", "delivery_id": 999}, ["delivery_id"]),
    ({"class": "bounce", "delivery_id": "7"}, ["delivery_id"]),
    ({"rule": "x"}, ["rule"]),
])
def test_bad_wishes(api, box, body, fields):
    one = api.get(f"/v1/inbound?mailbox_id={box}")["data"][0]["id"]
    path = f"/v1/inbound/{one}/reclassify"
    assert api.refused("POST", path, body) == fields
    assert api.value("SELECT count(*) FROM task") == 0


def test_no_poller_at_work(api, box):
    """The task waits for one; nothing is done yet."""
    one = read(api, box, 20)
    path = f"/v1/inbound/{one}/reclassify"
    api.refused("POST", path, {"class": "reply"}, status=403, key="read")
    task = api.post(path, {"class": "reply"}, status=202)
    found = api.get(f"/v1/tasks/{task['id']}")
    assert found["kind"] == "reclassify" and found["inbound_id"] == one
    assert api.get(f"/v1/inbound/{one}")["class"] == "bounce"


def test_held(api):
    """Pages; released or discarded at once; gone with an erased person."""
    one, other = given.mailing_list(api), given.mailing_list(api)
    people = [given.contact(api, f"held{n}@example.com", one)
              for n in range(4)]
    for person in people:
        api.sql("INSERT INTO held_suppression (list_id, contact_id, reason,"
                " delivery_id, evidence) VALUES (%s, %s, 'hard_bounce', 1,"
                " '{\"status\": \"5.1.1\"}')", one, person)
    assert api.get(f"/v1/lists/{one}")["held"] == 4
    assert api.get(f"/v1/lists/{other}/held")["data"] == []
    page = api.get(f"/v1/lists/{one}/held?limit=3")
    assert [h["contact_id"] for h in page["data"]] == people[:3]
    page = api.get(f"/v1/lists/{one}/held?cursor={page['next_cursor']}")
    assert [h["email"] for h in page["data"]] == ["held3@example.com"]
    api.ok("DELETE", "/v1/contacts/held3@example.com", status=204)
    assert api.post(f"/v1/lists/{one}/held/release", status=200) == {
        "released": 3}
    assert [s["evidence"]["status"] for s in api.get(
        "/v1/suppressions?reason=hard_bounce&limit=500")["data"]] == [
        "5.1.1"] * 3
    assert api.post(f"/v1/lists/{one}/held/discard", status=200) == {
        "discarded": 0}
    api.refused("POST", f"/v1/lists/{one}/held/release", status=403,
                key="read")
    api.refused("POST", "/v1/lists/999999/held/discard", status=404)
