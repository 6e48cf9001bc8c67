"""The same whoever counts, however often it is told, in whatever zone
(T-018 to T-020)."""

import datetime
import json
import pathlib
import random

import psycopg2
import pytest

import given

SQL = pathlib.Path(__file__).parents[2] / "db/reproduce.sql"
STATES = ("accepted",) * 12 + ("failed", "deferred", "uncertain", "expired")
START = datetime.datetime(2026, 10, 24, tzinfo=datetime.timezone.utc)
PEOPLE = 60


def at(chance):
    """In the days around the end of summer time in Berlin (the 25th)."""
    return (START + datetime.timedelta(hours=chance.uniform(-30, 80))
            ).isoformat()


def outcomes(api, chance, c):
    for n in range(1, PEOPLE - 4):
        state = chance.choice(STATES)
        if chance.random() < 0.2:
            given.outcome(api, c, n, "deferred", at=at(chance))
        given.outcome(api, c, n, state, 2, at=at(chance), code=250)
    given.outcome(api, c, PEOPLE, "suppressed", scope="message",
                  at=at(chance))


def events(chance, c, people):
    """Rows of the table, as a journal or a mailbox would tell them."""
    rows = []
    for k in range(400):
        n = chance.randrange(1, PEOPLE + 1)
        kind = chance.choice(("open", "open", "click", "click", "reply",
                              "auto_reply", "bounce", "complaint",
                              "unsubscribe"))
        row = {"kind": kind, "at": at(chance), "campaign_id": c,
               "key": f"{c} {n}" if kind in (
                   "bounce", "complaint", "unsubscribe") else f"{c} {k}",
               "delivery_id": given.delivery_id(c, n),
               "contact_id": people[n - 1], "source": "mail"}
        if kind in ("open", "click"):
            row |= {"verdict": chance.choice(("human", "proxy", "machine")),
                    "source": "link", "data": '{"n": 0}'}
            if chance.random() < 0.1:  # of nobody
                row |= {"delivery_id": None, "contact_id": None}
        if kind == "bounce":
            row |= {"type": chance.choice(("hard", "soft", "block")),
                    "source": chance.choice(("smtp", "mail"))}
        rows.append(row)
    return rows


def write(api, rows):
    for row in rows:
        api.sql(f"INSERT INTO event ({', '.join(row)}) VALUES"
                f" ({', '.join(['%s'] * len(row))}) ON CONFLICT DO NOTHING",
                *row.values())


@pytest.fixture(scope="module")
def scene(api):
    """A campaign with something of everything; what was told of it."""
    chance = random.Random(18)
    people = [given.contact(api, f"r{n}@reproduce.example.com")
              for n in range(PEOPLE)]
    goals = [api.post("/v1/goals", {"name": m, "kind": "conversion",
                                    "model": m, "view_through": True})["id"]
             for m in ("linear", "first_click")]
    c = given.frozen(api, people, goal_ids=goals, time_zone="Europe/Berlin")
    other = given.frozen(api, people, goal_ids=goals)
    api.sql("INSERT INTO campaign_link SELECT c, 0, 'https://example.com/',"
            " false FROM unnest(%s) c", [c, other])
    outcomes(api, chance, c)
    rows = events(chance, c, people) + events(chance, other, people)
    orders = [{"source": "shop", "order_id": f"R-{n}", "amount": 100 + n,
               "currency": chance.choice(("EUR", "USD")), "at": at(chance),
               "email": f"r{chance.randrange(PEOPLE)}@reproduce.example.com"}
              for n in range(80)]
    orders += [o | {"order_id": f"back {o['order_id']}", "amount": -50,
                    "refund_of": o["order_id"]} for o in orders[:10]]
    write(api, rows)
    api.post("/v1/conversions", {"conversions": orders}, status=200)
    api.volley("maintain")
    return c, rows, orders


def figures(api, c):
    """Everything that anybody is shown."""
    report = api.get(f"/v1/campaigns/{c}/report")
    del report["at"]
    views = {}
    for view in ("campaign_summary", "campaign_timeseries", "campaign_revenue",
                 "campaign_goals", "goal_revenue", "bounce_reasons",
                 "link_clicks"):
        views[view] = api.value(
            "SELECT jsonb_agg(to_jsonb(v) ORDER BY v::text) FROM"
            f" report.{view} v WHERE campaign_id = %s", c)
    return report, views


def test_replays(api, scene):
    """T-018: told five times more, in any order."""
    c, rows, orders = scene
    before = figures(api, c)
    chance = random.Random(5)
    for _ in range(5):
        chance.shuffle(rows)
        write(api, rows)
        chance.shuffle(orders)
        assert api.post("/v1/conversions", {"conversions": orders},
                        status=200) == {"created": 0, "known": len(orders)}
        api.volley("maintain")
        assert figures(api, c) == before
    assert before[0]["revenue"]["EUR"] > 0 and before[0]["goals"][0]["people"]


def all_of(api, path):
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{path}&limit=2{cursor}")
        found += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return found


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC",
                                  "Asia/Kolkata", "Pacific/Auckland"])
def test_days(api, scene, zone):
    """T-019: their sums are the totals; a day may have 25 hours."""
    c, _, _ = scene
    api.sql("UPDATE campaign SET time_zone = %s WHERE id = %s", zone, c)
    days = all_of(api, f"/v1/campaigns/{c}/timeseries?by=day")
    hours = api.get(f"/v1/campaigns/{c}/timeseries?limit=500")["data"]
    total = api.value("SELECT to_jsonb(s) FROM report.campaign_summary s"
                      " WHERE campaign_id = %s", c)
    assert [d["day"] for d in days] == sorted({d["day"] for d in days})
    for what in ("accepted", "deferred", "failed", "uncertain", "suppressed",
                 "expired", "returned", "complaints", "unsubscribes",
                 "replied", "converted"):
        assert sum(d[what] for d in days) == sum(
            h[what] for h in hours) == total[what], what
    for what in ("opened", "clicked"):
        assert sum(d[what]["human"] for d in days) == total[f"{what}_human"]
    if zone == "Europe/Berlin":
        begin, end = "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"
        day, = [d for d in days if d["day"] == "2026-10-25"]
        part = api.get(f"/v1/campaigns/{c}/timeseries?limit=500&from={begin}"
                       f"&to={end}")["data"]
        assert len({h["hour"] for h in part}) > 20
        assert day["accepted"] == sum(h["accepted"] for h in part)
    api.refused("GET", f"/v1/campaigns/{c}/timeseries?by=week")


def export(api, c, what, form="ndjson"):
    r = api.call("GET", f"/v1/campaigns/{c}/{what}/export?format={form}",
                 key="read")
    assert r.status_code == 200
    assert f'"{what}-{c}.{form}"' in r.headers["Content-Disposition"]
    return r.text.splitlines()


def test_exports_reproduce_the_report(api, postgres, scene):
    """T-020: in another database, with the statement that we document."""
    c, _, _ = scene
    with psycopg2.connect(postgres.create()) as pg, pg.cursor() as cursor:
        for table, what in (("delivery", "deliveries"), ("event", "events"),
                            ("conversion", "conversions")):
            lines = export(api, c, what)
            assert lines and len(set(lines)) == len(lines)
            cursor.execute(f"CREATE TABLE {table}_line (line jsonb)")
            cursor.executemany(f"INSERT INTO {table}_line VALUES (%s)",
                               [(line,) for line in lines])
        cursor.execute(SQL.read_text(encoding="utf-8"))
        (counted,), = cursor.fetchall()
    report = api.get(f"/v1/campaigns/{c}/report")
    assert counted == {k: report[k] for k in counted}
    assert set(report) - set(counted) == {
        "campaign_id", "status", "at", "goals", "holdout", "left_out",
        "denominators"}


def test_files_are_whole(api, scene):
    c, rows, _ = scene
    mine = {r["key"] + r["kind"] for r in rows if r["campaign_id"] == c}
    lines = [json.loads(line) for line in export(api, c, "events")]
    assert len([e for e in lines if e["kind"] != "conversion"]) == len(mine)
    assert [e["id"] for e in lines] == sorted(e["id"] for e in lines)
    assert len(export(api, c, "deliveries")) == PEOPLE
    assert len(export(api, c, "deliveries", "csv")) == PEOPLE + 1
    assert export(api, c, "events", "csv")[0].startswith("id,kind,at,")
    api.refused("GET", "/v1/campaigns/999999/events/export", status=404)
    empty = given.frozen(api, [])
    assert export(api, empty, "events") == []
