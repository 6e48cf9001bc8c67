"""Suppressions, and what was read and happened."""

import pytest

import given


def test_everywhere_and_of_a_list(api):
    one = given.mailing_list(api)
    everywhere = api.post("/v1/suppressions", {
        "email": "Ann.B@EXAMPLE.com", "reason": "manual",
        "note": "asked by phone"}, key="write")
    assert everywhere["email"] == "ann.b@example.com"
    assert everywhere["list_id"] is None
    assert everywhere["evidence"]["note"] == "asked by phone"
    assert everywhere["evidence"]["source"] == "api"
    listed = api.post("/v1/suppressions", {
        "email": "ann.b@example.com", "list_id": one})
    assert listed["id"] != everywhere["id"] and listed["list_id"] == one
    assert api.get(f"/v1/suppressions/{listed['id']}") == listed
    found = api.get("/v1/suppressions?email=ANN.b@example.com")["data"]
    assert found == [everywhere, listed]
    assert api.get(f"/v1/suppressions?list_id={one}")["data"] == [listed]


def test_again_is_the_same(api):
    body = {"email": "twice@example.com"}
    first = api.post("/v1/suppressions", body)
    assert first["reason"] == "manual"
    again = api.post("/v1/suppressions", body | {"note": "x"}, status=200)
    assert again == first
    other = api.post("/v1/suppressions", body | {"reason": "unsubscribe"})
    assert other["id"] != first["id"]


@pytest.mark.parametrize("body, fields", [
    ({}, ["email"]),
    ({"email": "nobody"}, ["email"]),
    ({"email": "a@example.com\r\nx"}, ["email"]),
    ({"email": 5}, ["email"]),
    ({"email": "a@example.com", "reason": "erased"}, ["reason"]),
    ({"email": "a@example.com", "reason": None}, ["reason"]),
    ({"email": "a@example.com", "list_id": 999999}, ["list_id"]),
    ({"email": "a@example.com", "list_id": "1"}, ["list_id"]),
    ({"email": "a@example.com", "note": "x" * 1001}, ["note"]),
    ({"email": "a@example.com", "list": 1}, ["list"]),
])
def test_bad(api, body, fields):
    assert api.refused("POST", "/v1/suppressions", body) == fields


@pytest.mark.parametrize("query, field", [
    ("email=nobody", "email"), ("list_id=x", "list_id"), ("list_id=0", "list_id"),
    ("reason=bored", "reason"), ("mail=a@example.com", "mail"),
    ("limit=1&limit=2", "limit"),
])
def test_bad_filters(api, query, field):
    assert api.refused("GET", f"/v1/suppressions?{query}") == [field]


def test_pages(api):
    for n in range(5):
        api.post("/v1/suppressions", {"email": f"page{n}@example.com",
                                      "reason": "hard_bounce"})
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get("/v1/suppressions?reason=hard_bounce&limit=2" + cursor)
        seen += [s["email"] for s in page["data"]]
        cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
    assert seen == [f"page{n}@example.com" for n in range(5)]


def test_undone_with_a_trace(api):
    contact = given.contact(api, "back@example.com")
    made = api.post("/v1/suppressions", {"email": "back@example.com",
                                         "reason": "complaint"})
    one = f"/v1/suppressions/{made['id']}"
    api.refused("DELETE", one, status=403, key="read")
    api.ok("DELETE", one, status=204)
    api.refused("GET", one, status=404)
    api.refused("DELETE", one, status=404)
    events = api.get("/v1/events?kind=suppression_removed&limit=500")["data"]
    event = [e for e in events if e["data"]["id"] == made["id"]][0]
    assert event["contact_id"] == contact and event["source"] == "api"
    assert event["data"]["reason"] == "complaint"
    assert event["data"]["email_key"] == "back@example.com"
    assert event["data"]["api_key_id"] in [k for k, in api.sql(
        "SELECT id FROM api_key WHERE scope = 'admin'")]


def test_an_erased_address_leaves_no_trace(api):
    given.contact(api, "gone@example.com")
    api.ok("DELETE", "/v1/contacts/gone@example.com", status=204)
    found = api.get("/v1/suppressions?email=gone@example.com")["data"]
    assert [s["reason"] for s in found] == ["erased"]
    api.ok("DELETE", f"/v1/suppressions/{found[0]['id']}", status=204)
    assert api.value("SELECT count(*) FROM event"
                     " WHERE data::text LIKE '%%gone@%%'") == 0


def test_events(api):
    c = given.frozen(api, [1, 2, 3])
    for n in (1, 2):
        given.event(api, c, n, "bounce", type="hard", category="invalid",
                    status="5.1.1", source="mail")
    given.event(api, c, 3, "reply", source="mail")
    everything = api.get(f"/v1/events?campaign_id={c}")["data"]
    assert [e["kind"] for e in everything] == ["bounce", "bounce", "reply"]
    assert everything[0]["delivery_id"] == given.delivery_id(c, 1)
    page = api.get(f"/v1/events?campaign_id={c}&kind=bounce&limit=1")
    assert page["data"] == everything[:1]
    page = api.get(f"/v1/events?campaign_id={c}&kind=bounce"
                   f"&cursor={page['next_cursor']}")
    assert page["data"] == everything[1:2]
    page = api.get(f"/v1/events?campaign_id={c}&kind=bounce"
                   f"&cursor={page['next_cursor']}")
    assert page == {"data": [], "next_cursor": None}
    assert api.refused("GET", "/v1/events?kind=party") == ["kind"]
    api.refused("GET", "/v1/events", status=401, key=None)


def test_inbound(api):
    box = api.post("/v1/mailboxes", {
        "name": "B", "host": "imap.example.com", "username": "u",
        "password": "p"})["id"]
    for uid, kind in ((1, "bounce"), (2, "reply")):
        api.sql("INSERT INTO inbound (mailbox_id, fingerprint, folder,"
                " uidvalidity, uid, class, sender, subject, raw) VALUES"
                " (%s, %s, 'INBOX', 1, %s, %s, 'a@example.com', 'S', 'sealed')",
                box, bytes([uid]), uid, kind)
    rows = api.get(f"/v1/inbound?mailbox_id={box}")["data"]
    assert [r["class"] for r in rows] == ["bounce", "reply"]
    assert rows[0]["has_raw"] is True and "raw" not in rows[0]
    replies = api.get("/v1/inbound?class=reply&limit=500")["data"]
    assert replies == rows[1:]
    assert api.refused("GET", "/v1/inbound?class=spam") == ["class"]
    assert api.refused("GET", "/v1/inbound?mailbox_id=x") == ["mailbox_id"]
    api.ok("DELETE", f"/v1/mailboxes/{box}", status=204)
    assert api.get(f"/v1/inbound?mailbox_id={box}")["data"] == []


def test_of_a_domain(api):
    one = given.mailing_list(api)
    made = api.post("/v1/suppressions", {"domain": "Bücher.Example.com",
                                         "note": "asked us by telephone"})
    assert made["email"] == "@xn--bcher-kva.example.com"
    assert api.call("POST", "/v1/suppressions", {
        "domain": "bücher.example.com"}).status_code == 200
    given.contact(api, "a@bücher.example.com", one)
    shown = api.get("/v1/contacts/a@xn--bcher-kva.example.com")
    assert [s["reason"] for s in shown["suppressions"]] == ["manual"]
    for wrong in ("", "@example.com", "a b", "x" * 300, "example..com", "\n"):
        assert api.refused("POST", "/v1/suppressions", {"domain": wrong})
    for both in ({}, {"email": "a@example.com", "domain": "example.com"}):
        assert api.refused("POST", "/v1/suppressions", both) == ["email"]
