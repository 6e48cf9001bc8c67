"""Tags, single changes and the history of contacts."""

import pytest

import given


@pytest.fixture(scope="module")
def people(api):
    mailing = given.mailing_list(api)
    emails = [f"Tag{n}@example.com" for n in range(6)]
    for n, email in enumerate(emails):
        given.contact(api, email, *([mailing] if n % 2 else []))
    return mailing, emails


def tags_of(api, email):
    return api.get(f"/v1/contacts/{email}")["tags"]


def tag(api, **body):
    return api.post("/v1/tags", body, status=200)


def test_tags_come_and_go(api, people):
    mailing, emails = people
    assert tag(api, add=["vip", "Paris"], emails=emails[:2]) == {
        "added": 4, "removed": 0}
    assert tag(api, add=["VIP"], remove=["paris"], emails=[
        emails[0].upper(), emails[2], "nobody@example.com"]) == {
            "added": 1, "removed": 1}
    assert [tags_of(api, e) for e in emails[:4]] == [
        ["vip"], ["Paris", "vip"], ["vip"], []]
    assert tag(api, add=["listed"], list_id=mailing) == {
        "added": 3, "removed": 0}
    segment = api.post("/v1/segments", {"name": "vips", "filter": {
        "tag": "vip"}})["id"]
    assert tag(api, remove=["vip"], segment_id=segment)["removed"] == 3
    assert tag(api, add=["x"], filter={"tag": "listed"})["added"] == 3
    counts = {t["name"]: t["contacts"] for t in api.get("/v1/tags")["data"]}
    assert counts == {"vip": 0, "Paris": 1, "listed": 3, "x": 3}
    number = next(t["id"] for t in api.get("/v1/tags")["data"]
                  if t["name"] == "listed")
    api.ok("DELETE", f"/v1/tags/{number}", status=204)
    assert tags_of(api, emails[1]) == ["Paris", "x"]
    api.refused("DELETE", f"/v1/tags/{number}", status=404)


@pytest.mark.parametrize("body, fields", [
    ({}, ["add", "emails"]), ({"add": ["a"]}, ["emails"]),
    ({"emails": ["a@example.com"]}, ["add"]),
    ({"add": [], "emails": ["a@example.com"]}, ["add"]),
    ({"add": ["a" * 201], "emails": ["a@example.com"]}, ["add"]),
    ({"add": ["a\nb"], "emails": ["a@example.com"]}, ["add"]),
    ({"add": [str(n) for n in range(21)], "list_id": 1}, ["add"]),
    ({"add": ["a"], "emails": ["a"]}, ["emails"]),
    ({"add": ["a"], "emails": ["a@example.com"], "list_id": 1}, ["emails"]),
    ({"add": ["a"], "list_id": 10**12}, ["list_id"]),
    ({"add": ["a"], "segment_id": 10**12}, ["segment_id"]),
    ({"add": ["a"], "filter": {"tag": 5}}, ["/filter/tag"]),
])
def test_bad_tags(api, body, fields):
    assert api.refused("POST", "/v1/tags", body) == fields


def test_a_contact_changes_piece_by_piece(api):
    api.call("PUT", "/v1/contacts/piece@example.com", {
        "name": "Ann", "attributes": {"a": 1, "b": {"c": 2}, "d": None}})
    changed = api.ok("PATCH", "/v1/contacts/Piece@example.com", {
        "attributes": {"a": None, "e": "x"}})
    assert (changed["name"], changed["attributes"]) == (
        "Ann", {"b": {"c": 2}, "d": None, "e": "x"})
    changed = api.ok("PATCH", "/v1/contacts/piece@example.com", {"name": "Bea"})
    assert (changed["name"], changed["attributes"]["e"]) == ("Bea", "x")
    api.refused("PATCH", "/v1/contacts/none@example.com", {"name": "x"}, 404)
    assert api.refused("PATCH", "/v1/contacts/piece@example.com", {
        "lists": [1], "name": 5}) == ["name", "lists"]
    for n in range(2):
        r = api.call("PATCH", "/v1/contacts/piece@example.com", {
            "attributes": {f"long{n}": "x" * 40000}})
    assert r.status_code == 422
    assert "long1" not in api.get("/v1/contacts/piece@example.com")["attributes"]


def timeline(api, email, limit):
    """All of it, page by page."""
    path, seen, cursor = f"/v1/contacts/{email}/timeline?limit={limit}", [], ""
    while cursor is not None:
        page = api.get(path + cursor)
        seen += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return seen


def test_the_history_of_a_contact(api):
    email = "history@example.com"
    who = given.contact(api, email, given.mailing_list(api))
    tag(api, add=["h"], emails=[email])
    c = given.frozen(api, [who])
    given.outcome(api, c, 1, "deferred", code=451)
    given.outcome(api, c, 1, "accepted", attempt=2, at="2026-11-01T11:00:00Z")
    for kind, hour in (("open", 12), ("click", 13), ("reply", 14)):
        given.event(api, c, 1, kind, contact_id=who, verdict=(
            "human" if kind != "reply" else None),
            at=f"2026-11-01T{hour}:00:00Z")
    api.post("/v1/conversions", {"source": "shop", "order_id": "h1", "email": email,
                                 "amount": 500, "currency": "EUR",
                                 "at": "2026-11-01T15:00:00Z"})
    api.sql("INSERT INTO left_out VALUES (%s, %s, 'frequency',"
            " '2026-11-01T16:00:00Z')", c, who)
    whole = timeline(api, email, 100)
    assert sorted(m["kind"] for m in whole) == sorted([
        "created", "consent", "message", "message", "open", "click", "reply",
        "conversion", "tagged", "left_out"])
    assert [m["at"] for m in whole] == sorted(
        (m["at"] for m in whole), reverse=True)
    assert [m["kind"] for m in whole[-7:]] == [
        "left_out", "conversion", "reply", "click", "open", "message", "message"]
    assert whole[-2]["detail"]["state"] == "accepted"
    assert whole[-1]["detail"]["code"] == 451
    for limit in (1, 3):
        assert timeline(api, email, limit) == whole
    api.refused("GET", "/v1/contacts/nobody@example.com/timeline", status=404)


def test_contacts_are_found_by_tag_text_and_segment(api):
    mailing = given.mailing_list(api)
    for n in range(4):
        given.contact(api, f"Found{n}@find.example.com", *([mailing] * (n > 1)))
    tag(api, add=["Find ' me"], emails=["found1@find.example.com",
                                        "found2@find.example.com"])
    segment = api.post("/v1/segments", {"name": "found", "filter": {
        "field": "domain", "op": "=", "value": "find.example.com"}})["id"]

    def found(query):
        return [c["email"][5] for c in api.get(f"/v1/contacts?{query}")["data"]]

    assert found("tag=find%20'%20ME") == ["1", "2"]
    assert found(f"tag=find%20'%20me&list_id={mailing}") == ["2"]
    assert found("q=%40FIND.example") == ["0", "1", "2", "3"]
    assert found(f"segment_id={segment}&q=found3") == ["3"]
    assert found("segment_id=1000000000000") == found("tag=") == []
    assert api.refused("GET", "/v1/contacts?email=a@example.com&tag=x") == ["email"]
    for odd in ("tag=%FF", "q=%00", "tag=%01"):
        assert api.call("GET", f"/v1/contacts?{odd}").status_code < 500, odd
