"""Segments: every kind of condition against a count in Python; filters that
nobody wrote; references that go in circles."""

import datetime
import os

import pytest

import given
from filters import Filters

# The long form: VOLLEY_FILTERS=100000.
RANDOM = int(os.environ.get("VOLLEY_FILTERS", "600"))
PEOPLE = 60
NOW = datetime.datetime.now(datetime.timezone.utc)


def ago(days):
    return NOW - datetime.timedelta(days=days)


def attributes_of(n):
    return ({"age": n if n % 2 else str(n), "city": "Bonn" if n % 3 else "bern",
             "vip": n % 4 == 0, "joined": f"2026-01-{1 + n % 28:02}",
             "likes": ["a", "b"] if n % 5 == 0 else ["c"]}
            if n % 10 else {})


@pytest.fixture(scope="module")
def people(api):
    """Contacts 1 to PEOPLE, what they did, and what there is to refer to."""
    one, two = given.mailing_list(api), given.mailing_list(api)
    ids = []
    for n in range(1, PEOPLE + 1):
        lists = [one] * (n % 2 == 0) + [two] * (n % 7 == 0)
        host = "example.com" if n % 3 else "Example.test"
        ids.append(api.ok("PUT", f"/v1/contacts/P{n}@{host}", {
            "name": f"Person {n}", "lists": lists,
            "attributes": attributes_of(n)}, status=201)["id"])
    keys = [key for key, in api.sql("SELECT email_key FROM contact ORDER BY id")]
    for n in range(6, PEOPLE + 1, 6):
        api.sql("INSERT INTO suppression (email_key, list_id, reason) VALUES"
                " (%s, %s, 'unsubscribe')", keys[n - 1],
                one if n % 12 == 0 else None)
    api.sql("UPDATE contact SET created_at = now() - id * interval '1 day'")
    c = given.frozen(api, ids[:40])
    api.sql("UPDATE campaign SET started_at = %s WHERE id = %s", ago(50), c)
    for n in range(1, 41):
        given.outcome(api, c, n, "accepted" if n % 8 else "failed",
                      at=ago(n))
        for k in range(n % 4):
            for kind in ("open", "click"):
                given.event(api, c, n, kind, key=f"{n} {k}", at=ago(n + k),
                            contact_id=ids[n - 1], data='{"url": "https://'
                            'example.com/%d"}' % (n % 2),
                            verdict="machine" if k == 2 else "human")
        if n % 9 == 0:
            given.event(api, c, n, "bounce", key=str(n), contact_id=ids[n - 1],
                        type="hard" if n % 2 else "soft")
    for n in range(1, 31):
        for k in range(1 + n % 3):
            api.sql("INSERT INTO conversion (source, order_id, contact_id, at,"
                    " amount, currency) VALUES ('shop', %s, %s, %s, %s, %s)",
                    f"{n}-{k}", ids[n - 1], ago(n), 100 * n,
                    "EUR" if n % 2 else "USD")
    return {"one": one, "two": two, "campaign": c, "ids": ids}


def who(api, f):
    """Numbers of those whom a filter finds, by page; the count agrees."""
    seen = api.post("/v1/segments/preview", {"filter": f, "sample": 100},
                    status=200)
    numbers = [int(c["email"].split("@")[0][1:]) for c in seen["sample"]]
    assert seen["count"] == len(numbers) and seen["explanation"]
    return set(numbers)


def all_that(test):
    return {n for n in range(1, PEOPLE + 1) if test(n)}


def cases(p):
    one, two, c = p["one"], p["two"], p["campaign"]
    has = lambda n: n % 10 != 0
    human = lambda n: min(n % 4, 2) if n <= 40 else 0
    days = lambda n, d: [k for k in range(human(n)) if n + k <= d]
    return [
        ({"field": "email", "op": "=", "value": "p7@EXAMPLE.com"}, lambda n: n == 7),
        ({"field": "email", "op": "in", "value": ["P1@example.com", "p3@example.test"]},
         lambda n: n in (1, 3)),
        ({"field": "domain", "op": "=", "value": "Example.TEST"}, lambda n: n % 3 == 0),
        ({"field": "name", "op": "starts_with", "value": "person 1"},
         lambda n: str(n).startswith("1")),
        ({"field": "created_at", "op": ">=", "value": {"days": -30}}, lambda n: n < 30),
        ({"field": "status", "op": "=", "value": "active"}, lambda n: n % 12 != 6),
        ({"field": "status", "op": "=", "value": "unsubscribed"}, lambda n: n % 12 == 6),
        ({"attribute": "age", "op": ">", "value": 41.5}, lambda n: has(n) and n > 41),
        ({"attribute": "age", "op": "in", "value": [3, 4]}, lambda n: n in (3, 4)),
        ({"attribute": "city", "op": "=", "value": "Bonn"}, lambda n: has(n) and n % 3),
        ({"attribute": "city", "op": "!=", "value": "Bonn"}, lambda n: not (has(n) and n % 3)),
        ({"attribute": "city", "op": "contains", "value": "ER"}, lambda n: has(n) and n % 3 == 0),
        ({"attribute": "likes", "op": "contains", "value": "a"}, lambda n: has(n) and n % 5 == 0),
        ({"attribute": "vip", "op": "=", "value": True}, lambda n: has(n) and n % 4 == 0),
        ({"attribute": "joined", "op": "<=", "type": "date", "value": "2026-01-10"},
         lambda n: has(n) and n % 28 < 10),
        ({"attribute": "city", "op": "exists"}, has),
        ({"list": one}, lambda n: n % 2 == 0 and n % 12),
        ({"list": one, "state": "unsubscribed"}, lambda n: n % 12 == 0),
        ({"list": one, "state": "any"}, lambda n: n % 2 == 0),
        ({"event": "sent", "campaign": c}, lambda n: n <= 40 and n % 8),
        ({"event": "sent", "within_days": 20}, lambda n: n < 20 and n % 8),
        ({"event": "opened"}, human),
        ({"event": "opened", "at_least": 2}, lambda n: human(n) >= 2),
        ({"event": "clicked", "within_days": 15}, lambda n: days(n, 14)),
        ({"event": "clicked", "link": "https://example.com/1"}, lambda n: human(n) and n % 2),
        ({"event": "bounced", "type": "hard"}, lambda n: n <= 40 and n % 18 == 9),
        ({"event": "bought", "at_least": 3}, lambda n: n <= 30 and n % 3 == 2),
        ({"event": "bought", "currency": "EUR", "amount": 3000},
         lambda n: n <= 30 and n % 2 and (1 + n % 3) * n >= 30),
        ({"rfm": "recency", "op": "=", "value": 5}, lambda n: n <= 6),
        ({"rfm": "frequency", "op": ">=", "value": 4}, lambda n: n <= 30 and n % 3 == 2),
        ({"all": [{"list": one}, {"not": {"event": "opened"}},
                  {"any": [{"list": two}, {"attribute": "vip", "op": "=", "value": True}]}]},
         lambda n: n % 2 == 0 and n % 12 and not human(n)
         and (n % 7 == 0 or (has(n) and n % 4 == 0))),
    ]


def test_every_condition_finds_whom_a_recount_finds(api, people):
    for f, test in cases(people):
        assert who(api, f) == all_that(test), f
        assert who(api, {"not": f}) == all_that(lambda n: not test(n)), f


def test_cohorts_part_people_and_stay(api, people):
    def part(start, end, salt="s"):
        return who(api, {"cohort": {"salt": salt, "from": start, "to": end}})
    parts = [part(0, 30), part(30, 60), part(60, 100)]
    assert sum(map(len, parts)) == PEOPLE == len(set.union(*parts))
    assert part(0, 30) == parts[0] != part(0, 30, "t")


def test_tags_are_found_whatever_their_case(api, people):
    api.sql("WITH t AS (INSERT INTO tag (name) VALUES ('VIP') RETURNING id)"
            " INSERT INTO contact_tag SELECT t.id, %s FROM t", people["ids"][4])
    assert who(api, {"tag": "vip"}) == {5}


def test_segments_of_segments(api, people):
    def make(name, f):
        return api.post("/v1/segments", {"name": name, "filter": f})["id"]
    a = make("a", {"list": people["one"], "state": "any"})
    b = make("b", {"not": {"segment": a}})
    c = make("c", {"any": [{"segment": a}, {"segment": b}]})
    assert api.get(f"/v1/segments/{c}")["uses"] == [a, b]
    for which, n in ((a, 30), (b, 30), (c, PEOPLE)):
        assert api.get(f"/v1/segments/{which}/count") == {
            "segment_id": which, "count": n}
    seen, path = [], f"/v1/segments/{b}/contacts?limit=7"
    cursor = ""
    while cursor is not None:
        page = api.get(path + cursor)
        seen += [contact["id"] for contact in page["data"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == people["ids"][::2]
    for f in ({"segment": c}, {"segment": a}):
        assert api.refused("PATCH", f"/v1/segments/{a}", {"filter": f}) == ["/filter"]
    api.refused("DELETE", f"/v1/segments/{a}", status=409)
    api.ok("PATCH", f"/v1/segments/{c}", {"filter": {"list": people["two"]}})
    api.refused("POST", "/v1/segments", {"name": "A", "filter": {"tag": "x"}}, status=409)
    for which in (c, b, a):
        api.ok("DELETE", f"/v1/segments/{which}", status=204)


def test_segments_nest_so_deep(api, people):
    last = api.post("/v1/segments", {"name": "0", "filter": {"tag": "x"}})["id"]
    for n in range(5):
        last = api.post("/v1/segments", {
            "name": f"deep {n}", "filter": {"segment": last}})["id"]
    assert api.refused("POST", "/v1/segments", {
        "name": "deeper", "filter": {"segment": last}}) == ["/filter"]


def test_everything_wrong_is_told_by_its_pointer(api):
    assert api.refused("POST", "/v1/segments", {"name": "", "filter": {"all": [
        {"field": "emial"}, {"list": 10**15}, {"not": 5},
        {"event": "sent", "at_least": 0}]}}) == [
            "name", "/filter/all/0/field", "/filter/all/2/not",
            "/filter/all/3/at_least", "/filter"]


def test_no_filter_breaks_the_server(api, people):
    """Sound ones are counted, others refused; nothing fails inside."""
    stored = api.post("/v1/segments", {"name": "stored", "filter": {
        "attribute": "age", "op": ">", "value": 3}})["id"]
    some = Filters(14, [people["one"], people["two"]], [people["campaign"]],
                   [stored])
    for n in range(RANDOM):
        sound = n % 2 == 0
        f = some.sound() if sound else some.wrong()
        r = api.call("POST", "/v1/segments/preview", {"filter": f, "sample": 0})
        assert r.status_code in ((200,) if sound else (200, 400, 422)), (f, r.text)
    assert api.value("SELECT count(*) FROM contact") == PEOPLE
    assert "ERROR" not in api.log() and "level=error" not in api.log()
