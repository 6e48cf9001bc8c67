"""Every query of the dashboard runs, as Grafana would send it, for a login
that is no more than a member of volley_report."""

import contextlib
import json
import os
import re

import psycopg2
import pytest

import given
from traffic import Audience, Writer

FOLDER = os.path.join(os.path.dirname(__file__), "../../db/grafana")


def dashboard():
    with open(f"{FOLDER}/volley.json", encoding="utf-8") as f:
        return json.load(f)


def queries():
    """(title, SQL, time series or not) of every panel and variable."""
    found = []
    for panel in dashboard()["panels"]:
        found += [(panel["title"], t["rawSql"], t["format"])
                  for t in panel.get("targets", [])]
    return found + [(v["name"], v["query"], "variable")
                    for v in dashboard()["templating"]["list"] if v["type"] == "query"]


def filled_in(sql, values):
    """Grafana's macros and variables, as it replaces them."""
    sql = re.sub(r"\$__timeFilter\(([^)]*)\)",
                 r"\1 BETWEEN '2020-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'", sql)
    for name, value in values.items():
        sql = sql.replace(f"${{{name}}}", str(value))
    assert "$" not in sql, sql
    return sql


@pytest.fixture(scope="module")
def reader(api):
    """A connection of that login, after something has happened."""
    audience = Audience(api, people=30, campaigns=1)
    writer = Writer(api.conninfo, audience, 3)
    writer.start()
    while writer.transactions < 40:
        assert writer.is_alive(), writer.failure
    writer.stop()
    given.outcome(api, audience.campaigns[0], 1, "accepted", attempt=9)
    api.volley("maintain")
    api.sql("CREATE ROLE grafana LOGIN IN ROLE volley_report")
    pg = psycopg2.connect(api.conninfo.replace("user=volley", "user=grafana"))
    pg.autocommit = True
    with contextlib.closing(pg):
        yield pg, {"campaign": audience.campaigns[0], "list": audience.lists[0]}


@pytest.mark.parametrize("title, sql, kind", queries(), ids=lambda x: str(x)[:20])
def test_query(reader, title, sql, kind):
    pg, values = reader
    with pg.cursor() as cursor:
        cursor.execute(filled_in(sql, values))
        rows = cursor.fetchall()
        columns = [c.name for c in cursor.description]
    assert rows, title
    if kind == "time_series":
        assert columns[0] == "time" and [r[0] for r in rows] == sorted(r[0] for r in rows)
    if kind == "variable":
        assert columns == ["__text", "__value"]


def test_it_is_whole():
    panels = dashboard()["panels"]
    assert len(queries()) >= 14
    assert len({p["id"] for p in panels}) == len(panels)
    used = set(re.findall(r"\$\{(\w+)\}", json.dumps(panels)))
    assert used == {v["name"] for v in dashboard()["templating"]["list"]}
