"""Conversions: told once, in any order, credited to one click (T-012, T-013)."""

import datetime
import json
import random

import pytest
import requests

import clickers
import given
from whole import wait_for

BOUGHT = datetime.datetime(2026, 9, 10, 12, tzinfo=datetime.timezone.utc)


def hours(n):
    return (BOUGHT + datetime.timedelta(hours=n)).isoformat()


def order(**more):
    return {"source": "shop", "order_id": f"A-{next(given.COUNT)}",
            "amount": 4990, "currency": "EUR", "at": hours(0)} | more


def person(api):
    email = f"buyer{next(given.COUNT)}@example.com"
    return email, given.contact(api, email)


def mailed(api, contact, campaigns=1):
    return [given.frozen(api, [contact]) for _ in range(campaigns)]


def click(api, campaign, contact, at, verdict="human", kind="click"):
    key = f"click {next(given.COUNT)}"
    given.event(api, campaign, 1, kind, key=key, at=at, contact_id=contact,
                verdict=verdict, source="link")
    return key


def report(api, campaign):
    got = api.get(f"/v1/campaigns/{campaign}/report")
    return got["conversions"], got["revenue"]


def test_told_once(api):
    email, contact = person(api)
    c, = mailed(api, contact)
    click(api, c, contact, hours(-1))
    body = order(email=email.upper())
    first = api.post("/v1/conversions", body, key="write")
    assert first["email"] == email and first["contact_id"] == contact
    assert first["campaign_id"] == c
    assert first["delivery_id"] == given.delivery_id(c, 1)
    assert first["amount"] == 4990 and first["refund_of"] is None
    assert api.post("/v1/conversions", body, status=200) == first
    del body["at"]
    assert api.post("/v1/conversions", body, status=200) == first
    assert api.get(f"/v1/conversions/{first['id']}") == first
    assert report(api, c) == (1, {"EUR": 4990})
    event, = api.get(f"/v1/events?campaign_id={c}&kind=conversion")["data"]
    assert event["contact_id"] == contact and event["data"] == {
        "conversion_id": first["id"], "amount": 4990, "currency": "EUR"}
    for change in ({"amount": 4991}, {"currency": "USD"}, {"at": hours(1)},
                   {"email": person(api)[0]}):
        assert api.refused("POST", "/v1/conversions", body | change) == [
            "order_id"]
    api.post("/v1/conversions", body | {"source": "till"})
    api.refused("POST", "/v1/conversions", body, status=403, key="read")


def test_by_token(api):
    _, contact = person(api)
    c, = mailed(api, contact)
    click(api, c, contact, hours(-1))
    token = given.token(api, given.delivery_id(c, 1))
    got = api.post("/v1/conversions", order(token=token))
    assert (got["contact_id"], got["campaign_id"]) == (contact, c)
    for mode in ("aggregate", "none"):  # T-010: nobody's, then
        api.sql("UPDATE contact SET tracking = %s WHERE id = %s", mode, contact)
        got = api.post("/v1/conversions", order(token=token))
        assert got["contact_id"] is got["campaign_id"] is got["email"] is None


@pytest.mark.parametrize("change, fields", [
    ({"amount": None}, ["amount"]),
    ({"amount": 49.9}, ["amount"]),
    ({"amount": "4990"}, ["amount"]),
    ({"amount": 10 ** 15 + 1}, ["amount"]),
    ({"currency": "EURO"}, ["currency"]),
    ({"currency": "eur"}, ["currency"]),
    ({"currency": "R E"}, ["currency"]),
    ({"currency": "XXX"}, ["currency"]),
    ({"currency": 978}, ["currency"]),
    ({"source": ""}, ["source"]),
    ({"order_id": "x" * 201}, ["order_id"]),
    ({"order_id": "a\nb"}, ["order_id"]),
    ({"refund_of": "A-1"}, ["amount"]),
    ({"at": "2026-11-10"}, ["at"]),
    ({"at": "2100-01-01T00:00:00Z"}, ["at"]),
    ({"email": "nobody.knows@example.com"}, ["email"]),
    ({"email": "nobody"}, ["email"]),
    ({"token": "a" * 34}, ["email"]),
    ({"price": 1}, ["price"]),
])
def test_bad(api, change, fields):
    email = "bad@example.com"
    given.contact(api, email)
    body = order(email=email) | change
    assert sorted(set(api.refused("POST", "/v1/conversions", body))) == fields
    rows = {"conversions": [order(email=email), body]}
    assert sorted(set(api.refused("POST", "/v1/conversions", rows))) == [
        f"conversions[1].{f}" for f in fields]
    assert api.get(f"/v1/conversions?email={email}")["data"] == []


def test_bad_persons(api):
    assert api.refused("POST", "/v1/conversions", order()) == ["email"]
    for token in (given.token(api, given.delivery_id(99999, 1)),
                  given.token(api, given.delivery_id(99999, 0)), "x"):
        assert api.refused("POST", "/v1/conversions",
                           order(token=token)) == ["token"]


@pytest.mark.parametrize("rows", [
    [], None, 5, {}, [5], [None], [[]],
    [{"email": "a@example.com"}] * 1001])
def test_bad_batches(api, rows):
    assert "conversions" in api.refused("POST", "/v1/conversions",
                                        {"conversions": rows})[0]


def test_batch(api):
    email, contact = person(api)
    c, = mailed(api, contact)
    click(api, c, contact, hours(-2))
    rows = [order(email=email, amount=n) for n in range(1000)]
    told = {"conversions": rows}
    assert api.post("/v1/conversions", told, status=200) == {
        "created": 1000, "known": 0}
    told = {"conversions": rows[:2] + [order(email=email)] * 2}
    assert api.post("/v1/conversions", told, status=200) == {
        "created": 1, "known": 3}
    assert report(api, c) == (1001, {"EUR": sum(range(1000)) + 4990})
    new = order(email=email)
    told = {"conversions": [new, new | {"amount": 1}]}
    assert api.refused("POST", "/v1/conversions", told) == [
        "conversions[1].order_id"]
    assert report(api, c)[0] == 1001


def test_pages_and_filters(api):
    email, contact = person(api)
    c, = mailed(api, contact)
    click(api, c, contact, hours(-2))
    made = [api.post("/v1/conversions", order(email=email, at=hours(n)))
            for n in (-3, 0, 1, 2)]
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/conversions?email={email}&limit=3{cursor}")
        found += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert found == made
    assert api.get(f"/v1/conversions?campaign_id={c}")["data"] == made[1:]
    name = made[2]["order_id"]
    assert api.get(f"/v1/conversions?source=shop&order_id={name}")["data"] == [
        made[2]]
    assert api.get("/v1/conversions?source=elsewhere")["data"] == []
    for query in ("email=x", "campaign_id=0", "cursor=x", "goal=1"):
        assert api.refused("GET", f"/v1/conversions?{query}") == [
            query.split("=")[0]]
    api.refused("GET", "/v1/conversions/999999", status=404)


MS = 1 / 3_600_000

# (hours before the order, campaign, verdict, kind) ..., the campaign credited
VECTORS = {
    "no click": ([], None),
    "one": ([(1, 0)], 0),
    "at the same moment": ([(0, 0)], 0),
    "just before": ([(MS, 0)], 0),
    "just after": ([(-MS, 0)], None),
    "after": ([(-24, 0)], None),
    "five days": ([(120, 0)], 0),
    "more than five days": ([(120 + MS, 0)], None),
    "just less than five days": ([(120 - MS, 0)], 0),
    "long ago": ([(24 * 365, 0)], None),
    "last of two": ([(5, 0), (3, 1)], 1),
    "last of two, told in the other order": ([(3, 1), (5, 0)], 1),
    "last of three": ([(5, 0), (1, 2), (3, 1)], 2),
    "same campaign twice": ([(5, 0), (3, 0)], 0),
    "back to the first": ([(5, 0), (4, 1), (3, 0)], 0),
    "one too old, one not": ([(121, 0), (119, 1)], 1),
    "one before, one after": ([(2, 0), (-1, 1)], 0),
    "all after": ([(-1, 0), (-2, 1)], None),
    "all too old": ([(130, 0), (125, 1)], None),
    "a machine": ([(1, 0, "machine")], None),
    "a machine last": ([(3, 0), (1, 1, "machine")], 0),
    "a machine first": ([(3, 0, "machine"), (1, 1)], 1),
    "machines only": ([(n, n % 3, "machine") for n in range(1, 9)], None),
    "a person among machines": (
        [(1, 0, "machine"), (2, 1), (3, 2, "machine")], 1),
    "a proxy shows it to a person": ([(1, 0, "proxy")], 0),
    "an open is no click": ([(1, 0, "human", "open")], None),
    "an open by a privacy proxy": ([(1, 0, "machine", "open")], None),
    "an open after a click": ([(2, 0), (1, 1, "human", "open")], 0),
    "a reply is no click": ([(1, 0, None, "reply")], None),
    "a machine's too old, a person's not": (
        [(200, 0, "machine"), (119, 1), (1, 2, "machine")], 1),
    "two at once go to the later delivery": ([(1, 0), (1, 1)], 1),
    "two at once, told in the other order": ([(1, 1), (1, 0)], 1),
}


@pytest.fixture(scope="module")
def campaigns(api):
    """Three that went to everybody of the vectors."""
    return [given.frozen(api, []) for _ in range(3)]


def play(api, campaigns, touches, first):
    """A new person; the order is told before the touch of that number."""
    email, contact = person(api)
    body = order(email=email)
    for n, (before, c, *more) in enumerate(touches):
        if n == first:
            api.post("/v1/conversions", body)
        click(api, campaigns[c], contact, hours(-before), *more)
    api.call("POST", "/v1/conversions", body)
    return api.get(f"/v1/conversions?email={email}")["data"][0]


@pytest.mark.parametrize("name", VECTORS)
def test_vector(api, campaigns, name):
    touches, wanted = VECTORS[name]
    for first in range(len(touches) + 1):
        got = play(api, campaigns, touches, first)
        assert got["campaign_id"] == (
            None if wanted is None else campaigns[wanted]), first
        assert api.value("SELECT count(*) FROM event WHERE kind = 'conversion'"
                         " AND contact_id = %s", got["contact_id"]) == (
            wanted is not None)


def test_each_is_credited_once(api, campaigns):
    """The sum over the campaigns is what has a touch."""
    credited = sum(report(api, c)[1].get("EUR", 0) for c in campaigns)
    assert credited == api.value(
        "SELECT coalesce(sum(amount), 0)::bigint FROM conversion"
        " WHERE campaign_id = ANY (%s)", campaigns)
    assert api.value("SELECT count(*) FROM conversion"
                     " WHERE campaign_id = ANY (%s)", campaigns) == api.value(
        "SELECT count(*) FROM event WHERE kind = 'conversion'"
        " AND campaign_id = ANY (%s)", campaigns)


def test_verdicts_change(api):
    email, contact = person(api)
    one, two = mailed(api, contact, 2)
    click(api, one, contact, hours(-2))
    last = click(api, two, contact, hours(-1))
    api.post("/v1/conversions", order(email=email))
    api.volley("maintain")
    for verdict, (a, b) in (("machine", (1, 0)), ("human", (0, 1))):
        api.sql("UPDATE event SET verdict = %s WHERE key = %s", verdict, last)
        assert [report(api, c)[0] for c in (one, two)] == [a, b]
        api.volley("maintain")
        for c, wanted in ((one, a), (two, b)):
            assert api.value("SELECT converted FROM report.campaign_summary"
                             " WHERE campaign_id = %s", c) == wanted


def test_clicks_of_people_and_bursts(api):
    """The endpoint's clicks credit; three at once turn out a machine's."""
    c, (token, *_) = clickers.mailing(api, 1)
    soon = datetime.datetime.now(datetime.timezone.utc)
    soon += datetime.timedelta(hours=1)
    made = api.post("/v1/conversions", order(token=token, at=soon.isoformat()))
    assert made["campaign_id"] is None
    for clicks, wanted in ((1, (1, {"EUR": 4990})), (2, (0, {}))):
        for link in range(clicks):
            r = requests.get(f"{api.url}/c/{token}/{link + 2 - clicks}",
                             timeout=10, allow_redirects=False, headers={
                                 "User-Agent": "Mozilla/5.0 Firefox/115.0"})
            assert r.status_code == 302
        wait_for(lambda w=wanted: report(api, c) == w)


def test_clicks_that_are_forgotten_stay_credited(api):
    email, contact = person(api)
    one, two = mailed(api, contact, 2)
    key = click(api, two, contact, hours(-1))
    api.post("/v1/conversions", order(email=email))
    api.sql("DELETE FROM event WHERE key = %s", key)
    click(api, one, contact, hours(-2))
    assert [report(api, c)[0] for c in (one, two)] == [0, 1]


@pytest.mark.parametrize("turns", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_refunds(api, turns):
    """They go where their order went, however late; others by their time."""
    email, contact = person(api)
    one, two = mailed(api, contact, 2)
    bought = order(email=email)
    back = order(email=email, amount=-990, refund_of=bought["order_id"],
                 at=hours(24 * 30))
    steps = [lambda: api.post("/v1/conversions", bought),
             lambda: api.post("/v1/conversions", back),
             lambda: click(api, one, contact, hours(-1))]
    for turn in turns:
        steps[turn]()
    click(api, two, contact, hours(24 * 29))
    assert report(api, one) == (1, {"EUR": 4000})
    assert report(api, two) == (0, {})
    api.post("/v1/conversions",
             order(email=email, amount=-5, currency="JPY", at=hours(24 * 30)))
    assert report(api, two) == (0, {"JPY": -5})
    assert api.sql("SELECT conversions, refunds, revenue"
                   " FROM report.campaign_revenue WHERE campaign_id = %s",
                   one) == [(1, 1, 4000)]


def test_erased(api):
    email, contact = person(api)
    c, = mailed(api, contact)
    key = click(api, c, contact, hours(-1))
    made = api.post("/v1/conversions", order(email=email))
    back = api.post("/v1/conversions", order(
        email=email, amount=-90, refund_of=made["order_id"]))
    api.ok("DELETE", f"/v1/contacts/{email}", status=204)
    api.sql("UPDATE event SET verdict = 'machine' WHERE key = %s", key)
    for old in (made, back):
        got = api.get(f"/v1/conversions/{old['id']}")
        assert got == old | {"email": None, "order_id": None,
                             "refund_of": None}
    assert report(api, c) == (1, {"EUR": 4900})


PEOPLE, CLICKS, ORDERS = 3000, 5000, 5000


def history(chance, people, campaigns):
    """10,000 clicks and orders, refunds among them."""
    rows = []
    for n in range(CLICKS):
        rows.append(("click", {
            "kind": "click", "key": f"shuffled {n}",
            "at": hours(chance.uniform(0, 200)), "source": "link",
            "contact_id": chance.choice(people),
            "verdict": chance.choice(("human", "human", "machine"))}
            | dict(zip(("campaign_id", "delivery_id"),
                       chance.choice(campaigns)))))
    orders = []
    for n in range(ORDERS):
        row = {"source": "shuffled", "order_id": str(n), "refund_of": None,
               "contact_id": chance.choice(people),
               "at": hours(chance.uniform(0, 250)),
               "amount": chance.randint(-200, 10000),
               "currency": chance.choice(("EUR", "USD", "JPY"))}
        if orders and n % 10 == 0:
            paid = chance.choice(orders)
            row |= {"refund_of": paid["order_id"], "amount": -1 - n,
                    "contact_id": paid["contact_id"],
                    "currency": paid["currency"]}
        else:
            orders.append(row)
        rows.append(("order", row))
    return rows


INSERT = {
    "click": "INSERT INTO event (kind, key, at, source, contact_id, verdict,"
             " campaign_id, delivery_id) SELECT kind, key, at, source,"
             " contact_id, verdict, campaign_id, delivery_id"
             " FROM jsonb_populate_recordset(NULL::event, %s)"
             " ON CONFLICT DO NOTHING",
    "order": "INSERT INTO conversion (source, order_id, refund_of, contact_id,"
             " at, amount, currency) SELECT source, order_id, refund_of,"
             " contact_id, at, amount, currency"
             " FROM jsonb_populate_recordset(NULL::conversion, %s)"
             " ON CONFLICT DO NOTHING",
}


def credited(rows):
    """T-013 in Python: (order, campaign) of each."""
    clicks, at = {}, datetime.datetime.fromisoformat
    for kind, row in rows:
        if kind == "click" and row["verdict"] == "human":
            clicks.setdefault(row["contact_id"], []).append(
                (at(row["at"]), row["delivery_id"], row["campaign_id"]))
    orders = {row["order_id"]: row for kind, row in rows if kind == "order"}
    found = {}
    for name, row in orders.items():
        row = orders[row["refund_of"] or name]
        bought = at(row["at"])
        near = [c for c in clicks.get(row["contact_id"], ()) if
                bought - datetime.timedelta(hours=120) <= c[0] <= bought]
        found[name] = max(near)[2] if near else None
    return found


def test_any_order_of_arrival(api):
    """T-012: 10,000 events shuffled ten times, each in batches that overlap."""
    chance = random.Random(2026)
    campaigns = [(c, given.delivery_id(c, 1)) for c in
                 (given.frozen(api, []) for _ in range(8))]
    people = range(10_000_000, 10_000_000 + PEOPLE)
    rows = history(chance, people, campaigns)
    wanted = credited(rows)
    for _ in range(10):
        api.sql("DELETE FROM event WHERE contact_id >= 10000000")
        api.sql("DELETE FROM conversion WHERE source = 'shuffled'")
        chance.shuffle(rows)
        for start in range(0, len(rows), 2000):
            part = rows[max(0, start - 50):start + 2000]
            for kind in chance.sample(("click", "order"), 2):
                api.sql(INSERT[kind], json.dumps(
                    [row for k, row in part if k == kind]))
        assert wanted == dict(api.sql(
            "SELECT order_id, campaign_id FROM conversion"
            " WHERE source = 'shuffled'"))
        assert api.sql(
            "SELECT count(*), count(DISTINCT key), count(campaign_id)"
            " FROM event WHERE kind = 'conversion'"
            " AND contact_id >= 10000000") == api.sql(
            "SELECT count(*), count(*), count(*) FROM conversion"
            " WHERE source = 'shuffled' AND campaign_id IS NOT NULL"
            " AND amount >= 0")
