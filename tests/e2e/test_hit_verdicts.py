"""Who opens and clicks: people, proxies, machines (T-001 to T-009)."""

import datetime
import os
import random

import psycopg2
import pytest
import requests

import clickers
from server import Server
from whole import wait_for

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"
QUERIES = os.path.join(os.path.dirname(__file__), "../../db/queries/hits.sql")


@pytest.fixture(scope="module")
def api(postgres):
    server = Server(postgres.create(), {"VOLLEY_PROXIES": "127.0.0.1"}).start()
    yield server
    server.stop()


def ask(api, path, agent=FIREFOX, ip="203.0.113.7", method="GET", **headers):
    return requests.request(
        method, api.url + path, timeout=10, allow_redirects=False,
        headers={"User-Agent": agent, "X-Forwarded-For": ip, **headers})


def hits(api, campaign, count):
    rows = "SELECT e.kind, e.verdict, h.reasons FROM event e" \
           " JOIN hit h ON h.event_id = e.id WHERE e.campaign_id = %s" \
           " ORDER BY e.id"
    wait_for(lambda: len(api.sql(rows, campaign)) >= count)
    found = api.sql(rows, campaign)
    assert len(found) == count
    return found


AGENTS = [
    (FIREFOX, "human"),
    ("Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_X18_Plus) AppleWebKit/537.36"
     " (KHTML, like Gecko) Chrome/96.0.4664.45 Mobile Safari/537.36", "human"),
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0"
     " (via ggpht.com GoogleImageProxy)", "proxy"),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy", "proxy"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like"
     " Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
     "machine"),
    ("Mozilla/5.0", "machine"),
    ("", "machine"),
    ("Mozilla/5.0 (compatible; Googlebot/2.1)", "machine"),
    ("Barracuda Sentinel (EE)", "machine"),
]


def test_single_hits(api):
    c, tokens = clickers.mailing(api, len(AGENTS))
    for n, (agent, _) in enumerate(AGENTS):
        r = ask(api, f"/o/{tokens[n]}.gif", agent, f"203.0.113.{n}")
        assert r.status_code == 200
    found = hits(api, c, len(AGENTS))
    assert [v for _, v, _ in found] == [v for _, v in AGENTS]
    assert found[2][2] == ["gmail_proxy"]  # T-004
    humans = sum(v != "machine" for _, v in AGENTS)
    assert api.get(f"/v1/campaigns/{c}/report")["opens"] == {
        "human": humans, "machine": len(AGENTS) - humans}
    metrics = requests.get(f"{api.url}/metrics", timeout=10).text
    assert f'volley_hits_total{{written="yes"}} {len(AGENTS)}\n' in metrics
    assert 'volley_hits_total{written="no"} 0\n' in metrics
    page = api.get(f"/v1/events?campaign_id={c}")["data"]
    assert [e["verdict"] for e in page] == [v for _, v in AGENTS]


def test_what_is_kept(api):
    c, (token, *_) = clickers.mailing(api, 1)
    ask(api, f"/c/{token}/1", ip="spoofed, 198.51.100.9", DNT="1",
        **{"Sec-Purpose": "prefetch"})
    hits(api, c, 1)
    row, = api.sql("SELECT method, purpose, agent, network::text, h.source,"
                   " headers, link, h.verdict, reasons FROM hit h JOIN event e"
                   " ON e.id = h.event_id WHERE campaign_id = %s", c)
    assert row[:4] == ("GET", "prefetch", FIREFOX, "198.51.100.0/24")
    assert row[4] and row[5] and row[6:] == (1, "machine", ["prefetch"])
    dump = api.sql("SELECT hit::text FROM hit")
    assert not [r for r in dump if "198.51.100.9" in r[0]]


def test_a_scanner_and_then_a_person(api):
    c, tokens = clickers.mailing(api, 6, links=5)
    for n in range(3):
        assert ask(api, f"/c/{tokens[0]}/{n}").status_code == 302  # T-003
    assert {r[2][0] for r in hits(api, c, 3)} == {"burst"}
    for n, token in enumerate(tokens[1:]):  # a gateway for five people
        ask(api, f"/c/{token}/0", ip="198.51.100.7")
        ask(api, f"/o/{token}.gif", AGENTS[2][0], "198.51.100.8")
    found = hits(api, c, 13)[3:]
    assert {(k, v) for k, v, _ in found} == {("click", "machine"),
                                             ("open", "proxy")}
    got = api.get(f"/v1/campaigns/{c}/report")
    assert got["clicks"] == {"human": 0, "machine": 6}
    assert got["opens"] == {"human": 5, "machine": 0}


def statement(name):
    with open(QUERIES, encoding="utf-8") as f:
        return f.read().split(f"-- name: {name}\n")[1].split("-- name: ")[0]


class Traces:
    """Hits at times of one's own, brought in as the loader does."""

    def __init__(self, api, people, links):
        self.campaign, _ = clickers.mailing(api, people, links)
        self.start = datetime.datetime(2026, 3, 2, 9, 0,
                                       tzinfo=datetime.timezone.utc)
        self.rows = []

    def add(self, person, at_s, link=None, source=1, agent=FIREFOX):
        self.rows.append((
            f"{self.campaign}:{len(self.rows)}",
            self.start + datetime.timedelta(seconds=at_s),
            "open" if link is None else "click",
            (self.campaign << 32) + person, link or 0, "GET", "", agent, "",
            source, 7, ""))

    def bring_in(self, api, batch=100):
        """In the order of time, some at once; verdicts by key."""
        rows = sorted(self.rows, key=lambda r: r[1])
        with psycopg2.connect(api.conninfo) as pg, pg.cursor() as cursor:
            for i in range(0, len(rows), batch):
                cursor.execute(statement("hit_stage"))
                cursor.executemany("INSERT INTO hit_arrival VALUES (" + ", ".join(
                    ["%s"] * 12) + ")", rows[i:i + batch])
                for name in ("partitions", "take", "bursts", "crowds"):
                    cursor.execute(statement(f"hit_{name}"))
                pg.commit()
        return dict(api.sql("SELECT key, verdict FROM event WHERE"
                            " campaign_id = %s", self.campaign))


def scanner(t, rng, n, at):
    """Keys of what a machine does with the mail of one recipient."""
    first, kind = len(t.rows), n % 4
    if kind == 0:  # everything at once
        for link in range(8):
            t.add(n, at + rng.uniform(0, 3), link, 1000 + n)
    elif kind == 1:  # from many addresses
        for link in range(8):
            t.add(n, at + rng.uniform(0, 9), link, rng.randrange(1 << 40))
    elif kind == 2:  # three of eight, and the pixel
        for link in rng.sample(range(8), 3):
            t.add(n, at + rng.uniform(1, 8), link, 2000 + n)
        t.add(n, at + 1.0 + 3, None, 2000 + n)
    else:  # a gateway that looks at one link of each mail
        t.add(n, at, rng.randrange(8), 5000 + n // 40)
    return [r[0] for r in t.rows[first:] if r[2] == "click"]


def person(t, rng, n, at):
    first, source = len(t.rows), 1_000_000 + n // 3  # three behind one router
    t.add(n, at, None, source)
    at += rng.uniform(2, 30)
    links = rng.sample(range(8), 1 + n % 3)
    for link in links:
        t.add(n, at, link, source)
        at += rng.uniform(6, 60)
    return [r[0] for r in t.rows[first:]]


def test_scanners_and_people(api):
    """T-006: 200 of each; a person clicks after a scanner, too."""
    rng = random.Random(6)
    t = Traces(api, 400, 8)
    machine, human = [], []
    for n in range(1, 201):
        at = rng.uniform(0, 20) if n % 4 == 3 else rng.uniform(0, 3000)
        machine.append(scanner(t, rng, n, at))
        human.append(person(t, rng, n + 200, rng.uniform(0, 3000)))
    late = len(t.rows)
    for n in range(1, 201, 4):  # much later, from home
        t.add(n, 5000 + 100 * n, 2, 7_000_000 + n)
    verdicts = t.bring_in(api)
    caught = sum(all(verdicts[k] == "machine" for k in keys)
                 for keys in machine)
    lost = sum(any(verdicts[k] == "machine" for k in keys) for keys in human)
    assert caught >= 190, caught
    assert lost <= 4, lost
    assert {verdicts[r[0]] for r in t.rows[late:]} == {"human"}


def totals(api):
    return api.sql("SELECT count(*), count(*) FILTER (WHERE verdict ="
                   " 'machine') FROM hit")[0]


def test_judged_again(api):
    c, (token, *_) = clickers.mailing(api, 1)
    ask(api, f"/o/{token}.gif", "Unheard-of/1.0")
    hits(api, c, 1)
    before, verdicts = totals(api), api.sql(
        "SELECT id, verdict FROM event ORDER BY id")
    assert verdicts
    out = api.volley("reclassify-hits")
    assert f"after:  {before[0]} hits" in out
    assert api.sql("SELECT id, verdict FROM event ORDER BY id") == verdicts
    api.sql("INSERT INTO hit_rule VALUES ('ours', 'agent', '^unheard-of/',"
            " 'machine')")
    api.volley("reclassify-hits", "--since", "2026-01-01")
    assert totals(api) == (before[0], before[1] + 1)
    assert hits(api, c, 1) == [("open", "machine", ["ours"])]
    assert api.get(f"/v1/campaigns/{c}/report")["opens"] == {
        "human": 0, "machine": 1}
    api.sql("DELETE FROM hit_rule WHERE name = 'ours'")
    api.volley("reclassify-hits")
    assert api.sql("SELECT id, verdict FROM event ORDER BY id") == verdicts
    # what is raw is gone one day; verdicts stay
    api.sql("DELETE FROM hit")
    api.volley("reclassify-hits")
    assert api.sql("SELECT id, verdict FROM event ORDER BY id") == verdicts
