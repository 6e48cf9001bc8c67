"""Goals: windows, models, views, replies and links, whatever comes first."""

import datetime
import itertools
import random

import pytest

import given

BOUGHT = datetime.datetime(2026, 9, 10, 12, tzinfo=datetime.timezone.utc)
URL = "https://shop.example.com/autumn"


def hours(n):
    return (BOUGHT + datetime.timedelta(hours=n)).isoformat()


def goal(api, kind="conversion", **more):
    return api.post("/v1/goals", {
        "name": f"Goal {next(given.COUNT)}", "kind": kind} | more)


def person(api):
    email = f"goal{next(given.COUNT)}@example.com"
    return email, given.contact(api, email)


def touch(api, campaign, contact, before, kind="click", verdict="human", **more):
    given.event(api, campaign, 1, kind, key=f"touch {next(given.COUNT)}",
                at=hours(-before), contact_id=contact, verdict=verdict,
                source="link", **more)


def order(api, email, **more):
    return api.post("/v1/conversions", {
        "source": "shop", "order_id": f"G-{next(given.COUNT)}", "email": email,
        "amount": 1000, "currency": "EUR", "at": hours(0)} | more)


def credits(api, conversion, goal_id):
    got = api.get(f"/v1/conversions/{conversion['id']}")["credits"]
    return sorted((c["campaign_id"], c["amount"], c["viewed"]) for c in got
                  if c["goal_id"] == goal_id)


def reached(api, campaign):
    """The report's goals, by id."""
    return {g["goal_id"]: g for g in
            api.get(f"/v1/campaigns/{campaign}/report")["goals"]}


def test_crud(api):
    made = goal(api, source="shop", type="first", window_days=14,
                model="linear", view_through=True)
    assert made["campaign_ids"] == [] and made["window_days"] == 14
    assert api.get(f"/v1/goals/{made['id']}") == made
    assert made in api.get("/v1/goals?limit=500")["data"]
    got = api.ok("PATCH", f"/v1/goals/{made['id']}",
                 {"source": None, "model": "first_click"})
    assert (got["source"], got["type"], got["model"]) == (
        None, "first", "first_click")
    assert got["view_through"] and got["window_days"] == 14
    c = given.campaign(api, goal_ids=[made["id"]])
    assert c["goal_ids"] == [made["id"]]
    assert api.get(f"/v1/goals/{made['id']}")["campaign_ids"] == [c["id"]]
    api.ok("DELETE", f"/v1/goals/{made['id']}", status=204)
    api.refused("GET", f"/v1/goals/{made['id']}", status=404)
    assert api.get(f"/v1/campaigns/{c['id']}")["goal_ids"] == []
    api.refused("POST", "/v1/goals", {"name": "x", "kind": "reply"},
                status=403, key="read")


@pytest.mark.parametrize("body, fields", [
    ({"kind": "conversion"}, ["name"]),
    ({"name": "x"}, ["kind"]),
    ({"name": "x", "kind": "open"}, ["kind"]),
    ({"name": "x", "kind": "click"}, ["url"]),
    ({"name": "x", "kind": "reply", "url": URL}, ["url"]),
    ({"name": "x", "kind": "reply", "model": "linear"}, ["model"]),
    ({"name": "x", "kind": "click", "url": URL, "window_days": 3,
      "view_through": True}, ["view_through", "window_days"]),
    ({"name": "x", "kind": "conversion", "window_days": 0}, ["window_days"]),
    ({"name": "x", "kind": "conversion", "window_days": 91}, ["window_days"]),
    ({"name": "x", "kind": "conversion", "model": "best"}, ["model"]),
    ({"name": "x", "kind": "conversion", "source": ""}, ["source"]),
    ({"name": "x", "kind": "conversion", "goal": 1}, ["goal"]),
])
def test_bad(api, body, fields):
    assert sorted(api.refused("POST", "/v1/goals", body)) == fields


def test_names_are_one_goals(api):
    made = goal(api)
    api.refused("POST", "/v1/goals", {"name": made["name"].upper(),
                                      "kind": "reply"}, status=409)


@pytest.mark.parametrize("change, field", [
    ({"goal_ids": [999999]}, "goal_ids"), ({"goal_ids": 5}, "goal_ids"),
    ({"holdout_percent": 51}, "holdout_percent"),
    ({"holdout_percent": -1}, "holdout_percent"),
    ({"holdout_percent": "5"}, "holdout_percent"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"time_zone": ""}, "time_zone"), ({"click_ids": 1}, "click_ids")])
def test_bad_campaigns(api, change, field):
    c = given.campaign(api)
    assert api.refused("PATCH", f"/v1/campaigns/{c['id']}", change) == [field]
    got = api.ok("PATCH", f"/v1/campaigns/{c['id']}", {
        "holdout_percent": 2.25, "time_zone": "Europe/Berlin",
        "click_ids": True})
    assert (got["holdout_percent"], got["time_zone"], got["click_ids"]) == (
        2.25, "Europe/Berlin", True)
    got = api.ok("PATCH", f"/v1/campaigns/{c['id']}", {"name": "N"})
    assert got["holdout_percent"] == 2.25


# (hours before the order, campaign, kind, verdict) ...: who is credited with
# what by last click, first click, linear (viewed or not), of 1000 in 5 days
VECTORS = {
    "nothing": ([], [], [], []),
    "one click": ([(1, 0)], [(0, 1000)], [(0, 1000)], [(0, 1000)]),
    "two mails": ([(5, 0), (1, 1)], [(1, 1000)], [(0, 1000)],
                  [(0, 500), (1, 500)]),
    "three mails": ([(5, 2), (3, 0), (1, 1)], [(1, 1000)], [(2, 1000)],
                    [(0, 333), (1, 333), (2, 334)]),
    "one mail twice": ([(5, 0), (3, 1), (1, 0)], [(0, 1000)], [(0, 1000)],
                       [(0, 500), (1, 500)]),
    "too old and machines": (
        [(121, 0), (4, 1), (3, 2, "click", "machine")], [(1, 1000)],
        [(1, 1000)], [(1, 1000)]),
    "at the edge": ([(120, 0), (0, 1)], [(1, 1000)], [(0, 1000)],
                    [(0, 500), (1, 500)]),
    "an open beside a click": ([(1, 0, "open"), (9, 1)], [(1, 1000)],
                               [(1, 1000)], [(1, 1000)]),
    "only opens": ([(9, 0, "open"), (2, 1, "open"),
                    (1, 2, "open", "machine")], [(1, 1000, True)],
                   [(1, 1000, True)], [(1, 1000, True)]),
    "two at once": ([(2, 0), (2, 1)], [(1, 1000)], [(0, 1000)],
                    [(0, 500), (1, 500)]),
    "after it": ([(-1, 0), (-1, 1, "open")], [], [], []),
}


@pytest.fixture(scope="module")
def goals(api):
    return [goal(api, model=m, view_through=True, source="shop")["id"]
            for m in ("last_click", "first_click", "linear")]


@pytest.fixture(scope="module")
def campaigns(api, goals):
    return [given.frozen(api, [], goal_ids=goals) for _ in range(3)]


@pytest.mark.parametrize("name", VECTORS)
def test_vector(api, goals, campaigns, name):
    """Each order of arrival gives the same."""
    touches, *wanted = VECTORS[name]
    for turns in itertools.permutations(range(len(touches) + 1)):
        email, contact = person(api)
        for turn in turns:
            if turn == len(touches):
                made = order(api, email)
            else:
                before, c, *more = touches[turn]
                touch(api, campaigns[c], contact, before, *more)
        for g, credit in zip(goals, wanted):
            assert credits(api, made, g) == sorted(
                (campaigns[c], amount, bool(viewed))
                for c, amount, *viewed in credit), (turns, g)


def test_sums(api, goals, campaigns):
    """Whatever has a touch is credited once over all campaigns, per goal."""
    for g in goals:
        found = [reached(api, c)[g] for c in campaigns]
        orders, amount = api.sql(
            "SELECT count(DISTINCT conversion_id), sum(c.amount) FROM"
            " (SELECT DISTINCT conversion_id FROM goal_credit"
            " WHERE goal_id = %s) k JOIN conversion c ON c.id = conversion_id",
            g)[0]
        assert sum(f["conversions"] + f["viewed_conversions"]
                   for f in found) == pytest.approx(orders, abs=1e-5)
        assert sum(f["revenue"].get("EUR", 0) + f["viewed_revenue"].get(
            "EUR", 0) for f in found) == amount > 0
        rows = api.sql("SELECT campaign_id, people, conversions, viewed_people"
                       " FROM report.campaign_goals WHERE goal_id = %s", g)
        assert {c: (p, float(n), v) for c, p, n, v in rows} == {
            c: (f["people"], f["conversions"], f["viewed_people"])
            for c, f in zip(campaigns, found) if f["people"] + f["viewed_people"]}


def test_filters_and_changes(api):
    """A goal that changes counts again what was told long ago."""
    email, contact = person(api)
    g = goal(api, type="signup")["id"]
    c = given.frozen(api, [contact], goal_ids=[g])
    touch(api, c, contact, 24 * 10)
    bought = order(api, email)
    signed = order(api, email, type="signup", amount=0)
    assert signed["type"] == "signup" and bought["type"] == ""
    assert reached(api, c)[g]["people"] == 0
    api.ok("PATCH", f"/v1/goals/{g}", {"window_days": 10})
    assert credits(api, signed, g) == [(c, 0, False)]
    assert credits(api, bought, g) == []
    api.ok("PATCH", f"/v1/goals/{g}", {"type": None})
    assert reached(api, c)[g]["conversions"] == 2
    assert reached(api, c)[g]["people"] == 1
    api.ok("PATCH", f"/v1/goals/{g}", {"source": "till"})
    assert reached(api, c)[g]["conversions"] == 0
    late = goal(api, window_days=30)["id"]
    assert credits(api, bought, late) == [(c, 1000, False)]


def test_refunds_share_as_their_order(api, goals, campaigns):
    email, contact = person(api)
    bought = order(api, email)
    back = order(api, email, amount=-500, refund_of=bought["order_id"],
                 at=hours(24 * 60))
    for c in campaigns:
        touch(api, c, contact, 1)
    assert credits(api, back, goals[2]) == [
        (c, a, False) for c, a in zip(campaigns, (-167, -167, -166))]
    assert credits(api, back, goals[0]) == [(campaigns[2], -500, False)]


def test_verdicts_that_change(api, goals, campaigns):
    email, contact = person(api)
    made = order(api, email)
    touch(api, campaigns[0], contact, 5)
    touch(api, campaigns[1], contact, 3)
    for verdict, wanted in (("machine", 0), ("human", 1)):
        api.sql("UPDATE event SET verdict = %s WHERE contact_id = %s AND"
                " kind = 'click' AND campaign_id = %s", verdict, contact,
                campaigns[1])
        assert credits(api, made, goals[0]) == [
            (campaigns[wanted], 1000, False)]


def test_forgotten_and_erased(api, goals, campaigns):
    email, contact = person(api)
    made = order(api, email)
    touch(api, campaigns[0], contact, 5)
    before = credits(api, made, goals[2])
    api.sql("DELETE FROM event WHERE contact_id = %s", contact)
    touch(api, campaigns[1], contact, 500)
    assert credits(api, made, goals[2]) == before != []
    api.ok("DELETE", f"/v1/contacts/{email}", status=204)
    assert credits(api, made, goals[2]) == before


def test_links_and_replies(api):
    people = [person(api)[1] for _ in range(4)]
    link = goal(api, "click", url=URL)["id"]
    answer = goal(api, "reply")["id"]
    c = given.frozen(api, people, goal_ids=[link, answer])
    api.sql("INSERT INTO campaign_link VALUES (%s, 0, %s, false),"
            " (%s, 1, %s, false)", c, URL, c, URL + "/other")
    for n, (url, verdict) in enumerate((
            (0, "human"), (0, "human"), (1, "human"), (0, "machine")), 1):
        for _ in range(2):
            given.event(api, c, n, "click", key=f"link {next(given.COUNT)}",
                        contact_id=people[n - 1], verdict=verdict,
                        source="link", data='{"n": %d}' % url)
    for n in (1, 1, 2):
        given.event(api, c, n, "reply", key=f"reply {next(given.COUNT)}",
                    contact_id=people[n - 1])
    given.event(api, c, 3, "auto_reply", contact_id=people[2])
    api.volley("maintain")
    got = reached(api, c)
    assert [(got[g]["people"], got[g]["conversions"])
            for g in (link, answer)] == [(2, 2), (2, 2)]
    assert api.sql("SELECT goal_id, people FROM report.campaign_goals"
                   " WHERE campaign_id = %s ORDER BY 1", c) == [
        (link, 2), (answer, 2)]
    events = api.get(f"/v1/events?campaign_id={c}")["data"]
    assert [e["goal_ids"] for e in events if e["kind"] == "click"] == [
        [link]] * 4 + [[]] * 4
    assert [e["goal_ids"] for e in events if e["kind"] == "reply"] == [
        [answer]] * 3
    # a person says that it was none (T-014)
    api.sql("DELETE FROM event WHERE kind = 'reply' AND campaign_id = %s AND"
            " contact_id = %s", c, people[1])
    api.volley("maintain")
    assert reached(api, c)[answer]["people"] == 1
    assert api.value("SELECT people FROM report.campaign_goals WHERE"
                     " campaign_id = %s AND goal_id = %s", c, answer) == 1


def test_many(api, goals):
    """100 people, their touches and orders in any order, against Python."""
    chance = random.Random(14)
    campaigns = [given.frozen(api, []) for _ in range(4)]
    rows = []
    for _ in range(100):
        email, contact = person(api)
        rows += [("touch", contact, chance.uniform(-20, 150),
                  chance.randrange(4)) for _ in range(6)]
        rows.append(("order", email, contact, chance.randrange(1, 9999)))
    chance.shuffle(rows)
    made = {}
    for kind, *row in rows:
        if kind == "touch":
            touch(api, campaigns[row[2]], row[0], row[1])
        else:
            made[row[1]] = order(api, row[0], amount=row[2])
    for contact, conversion in made.items():
        near = [(-before, given.delivery_id(campaigns[c], 1), campaigns[c])
                for kind, *row in rows if kind == "touch"
                for who, before, c in [row] if who == contact
                and 0 <= before <= 120]
        last, first, linear = (credits(api, conversion, g) for g in goals)
        if not near:
            assert last == first == linear == []
            continue
        assert [c for c, _, _ in last] == [max(near)[2]]
        assert [c for c, _, _ in first] == [min(near)[2]]
        assert {c for c, _, _ in linear} == {c for *_, c in near}
        assert sum(a for _, a, _ in linear) == conversion["amount"]
