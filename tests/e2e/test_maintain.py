"""`volley maintain`: what the schema `report` says is what a plain recount
says, whoever writes meanwhile and however often it is killed."""

import contextlib
import random
import signal
import subprocess
import time

import psycopg2
import pytest

import given
import plain_count
from server import VOLLEY
from traffic import Audience, Writer


def maintain(api, *args):
    return api.volley("maintain", "-v", *args)


def views_are_right(api):
    for view, (said, counted) in plain_count.differences(api.sql).items():
        pytest.fail(f"report.{view} says {said}, counted are {counted}")


@pytest.fixture(scope="module")
def audience(api):
    return Audience(api)


def test_views_equal_a_recount_while_others_write(api, audience):
    writers = [Writer(api.conninfo, audience, seed) for seed in range(4)]
    for w in writers:
        w.start()
    for _ in range(12):
        maintain(api)
        time.sleep(0.15)
    for w in writers:
        w.stop()
    assert sum(w.transactions for w in writers) > 50
    maintain(api)
    views_are_right(api)
    for view in plain_count.PAIRS:
        assert api.value(f"SELECT count(*) FROM report.{view}") > 0, view


def test_killed_at_any_moment(api, audience):
    dice = random.Random(5)
    writer = Writer(api.conninfo, audience, 99)
    writer.start()
    for _ in range(25):
        with subprocess.Popen([VOLLEY, "maintain"], env=api.env,
                              stderr=subprocess.DEVNULL) as run:
            time.sleep(dice.uniform(0.03, 0.3))
            run.send_signal(signal.SIGKILL)
    writer.stop()
    maintain(api)
    views_are_right(api)


def test_two_at_once(api, audience):
    writer = Writer(api.conninfo, audience, 7)
    writer.start()
    time.sleep(0.5)
    runs = [subprocess.Popen([VOLLEY, "maintain", "-v"], env=api.env, text=True,
                             stdout=subprocess.PIPE) for _ in range(4)]
    said = [run.communicate(timeout=60)[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 4
    assert any("roll-up of events" in text for text in said)
    writer.stop()
    maintain(api)
    views_are_right(api)


def test_what_commits_late_is_counted(api, audience):
    """A transaction that began before others that were counted."""
    c = given.frozen(api, audience.contacts)
    late = psycopg2.connect(api.conninfo)
    late.cursor().execute("INSERT INTO outcome (delivery_id, attempt, state, at)"
                          " VALUES (%s, 1, 'failed', now())", (given.delivery_id(c, 1),))
    given.outcome(api, c, 2, "accepted")
    maintain(api)
    late.commit()
    late.close()
    maintain(api)
    assert api.sql("SELECT failed, accepted, pending FROM report.campaign_summary"
                   " WHERE campaign_id = %s", c) == [(1, 1, len(audience.contacts) - 2)]


def test_a_restored_database_is_counted_anew(api):
    """Its transactions are numbered by another cluster."""
    api.sql("UPDATE rollup_mark SET identity = 'another', upto = 1 << 50")
    maintain(api)
    views_are_right(api)
    maintain(api)
    views_are_right(api)


def test_a_second_run_writes_nothing(api):
    maintain(api)
    said = maintain(api)
    for what in ("outcomes", "events", "lists"):
        assert f"roll-up of {what}: 0 new rows" in said


@pytest.mark.parametrize("k, n, low, high, health", [
    (3, 1000, 0.0010, 0.0088, "warn"),
    (30, 10000, 0.0021, 0.0043, "pause"),
    (0, 1000, 0.0, 0.0038, "ok"),
    (1, 10000, 0.0000, 0.0006, "ok"),
])
def test_wilson(api, k, n, low, high, health):
    found = api.sql("SELECT report.wilson_low(%s, %s), report.wilson_high(%s, %s)", k, n, k, n)[0]
    assert [round(x, 4) for x in found] == [low, high]
    assert found == pytest.approx(plain_count.wilson(k, n), abs=1e-12)
    domain = f"w{k}-{n}.example.com"
    api.sql("INSERT INTO rollup_domain (day, domain, accepted, complaints)"
            " VALUES ((now() AT TIME ZONE 'UTC')::date, %s, %s, %s)", domain, n, k)
    row = api.sql("SELECT health, complaint_low, complaint_high FROM report.domain_health"
                  " WHERE provider = %s", domain)[0]
    api.sql("DELETE FROM rollup_domain WHERE domain = %s", domain)
    assert row == (health, *found)


def test_domains_of_one_provider_are_one(api):
    api.sql("INSERT INTO rollup_domain (day, domain, accepted)"
            " SELECT (now() AT TIME ZONE 'UTC')::date, d, 5"
            " FROM unnest(ARRAY['gmail.com', 'googlemail.com']) d")
    maintain(api)
    assert api.value("SELECT accepted FROM report.domain_health"
                     " WHERE provider = 'gmail'") == 10
    api.sql("DELETE FROM rollup_domain WHERE domain LIKE 'g%%mail.com'")


def test_the_role_reads_every_view_and_nothing_else(api):
    views = [v for v, in api.sql("SELECT viewname FROM pg_views WHERE schemaname = 'report'")]
    others = [f'"{s}"."{t}"' for s, t in api.sql(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = 'public'"
        " UNION ALL SELECT schemaname, viewname FROM pg_views WHERE schemaname = 'public'")]
    assert len(views) >= 10 and len(others) > 40
    pg = psycopg2.connect(api.conninfo)
    pg.autocommit = True
    with contextlib.closing(pg), pg.cursor() as cursor:
        cursor.execute("SET ROLE volley_report")
        for view in views:
            cursor.execute(f"SELECT * FROM report.{view}")
            with pytest.raises(psycopg2.Error):
                cursor.execute(f"DELETE FROM report.{view}")
        for table in others:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT * FROM {table}")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("CREATE TABLE report.mine (n integer)")


def test_who_may_write_a_source_needs_no_more(api, audience):
    """A role of the public pages joins, leaves and takes back."""
    api.sql("CREATE ROLE pages")
    api.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON membership, suppression, event TO pages")
    pg = psycopg2.connect(api.conninfo)
    pg.autocommit = True
    with contextlib.closing(pg), pg.cursor() as cursor:
        cursor.execute("SET ROLE pages")
        cursor.execute("DELETE FROM membership WHERE contact_id = %s", (audience.contacts[0],))
        cursor.execute("INSERT INTO membership (list_id, contact_id) VALUES (%s, %s)",
                       (audience.lists[0], audience.contacts[0]))
        cursor.execute("UPDATE membership SET status = 'unconfirmed' WHERE contact_id = %s",
                       (audience.contacts[0],))
        cursor.execute("DELETE FROM suppression WHERE email_key = (SELECT min(email_key)"
                       " FROM suppression)")
        cursor.execute("DELETE FROM event WHERE kind = 'reply'")
    maintain(api)
    views_are_right(api)


def test_every_view_says_what_it_is(api):
    assert api.sql("SELECT relname FROM pg_class WHERE relkind = 'v'"
                   " AND relnamespace = 'report'::regnamespace"
                   " AND obj_description(oid) IS NULL") == []


def test_an_owner_who_may_not_create_roles(api, postgres):
    """All is well without the role, and it is said what is missing."""
    api.sql("CREATE ROLE plain LOGIN")
    api.sql("CREATE DATABASE plain OWNER plain")
    conninfo = f"host={postgres.folder} user=plain dbname=plain"
    env = api.env | {"VOLLEY_DATABASE": conninfo}
    with psycopg2.connect(conninfo) as pg:
        pg.cursor().execute("CREATE FUNCTION to_regrole(text) RETURNS regrole"
                            " LANGUAGE sql AS 'SELECT NULL::regrole'")
    env["PGOPTIONS"] = "-c search_path=public,pg_catalog"
    subprocess.run([VOLLEY, "migrate"], env=env, check=True, capture_output=True)
    run = subprocess.run([VOLLEY, "maintain"], env=env, check=True, text=True,
                         capture_output=True)
    assert "plain may not create the role volley_report" in run.stderr


def test_retention(api, audience):
    c = audience.campaigns[0]
    before = api.sql("SELECT * FROM report.campaign_summary WHERE campaign_id = %s", c)
    old = api.value("SELECT count(*) FROM event WHERE campaign_id = %s AND kind = 'bounce'", c)
    assert old > 0
    with psycopg2.connect(api.conninfo) as pg:
        pg.cursor().execute(
            "UPDATE event SET at = now() - interval '3 years'"
            " WHERE campaign_id = %s AND kind = 'bounce'", (c,))
    said = maintain(api)
    assert f"{old} events" in said
    assert api.value("SELECT count(*) FROM event WHERE campaign_id = %s"
                     " AND kind = 'bounce'", c) == 0
    maintain(api)
    assert api.sql("SELECT * FROM report.campaign_summary WHERE campaign_id = %s", c) == before


def test_raw_hits_go_by_the_week(api):
    api.sql("SELECT hit_partition(now() - interval '10 weeks'), hit_partition(now())")
    assert "1 weeks of hits" in maintain(api, "--keep-hits=30")
    assert api.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'hit'::regclass") == 3


@pytest.mark.parametrize("args, status", [
    (["--help"], 0), (["--no-such"], 2), (["--every=0"], 2), (["--keep-events=x"], 2),
    (["more"], 2)])
def test_arguments(api, args, status):
    run = subprocess.run([VOLLEY, "maintain", *args], env=api.env, capture_output=True,
                         text=True, check=False)
    assert run.returncode == status
    assert "usage: volley maintain" in (run.stderr if status else run.stdout)


def test_no_database(api):
    run = subprocess.run([VOLLEY, "maintain"], capture_output=True, text=True, check=False,
                         env=api.env | {"VOLLEY_DATABASE": "host=/nowhere"})
    assert run.returncode == 1 and run.stderr


def test_again_and_again(api):
    with subprocess.Popen([VOLLEY, "maintain", "-v", "--every=1"], env=api.env, text=True,
                          stdout=subprocess.PIPE) as run:
        for _ in range(12):
            assert run.stdout.readline()
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=30)
        assert run.returncode == 0


def test_timeseries(api, audience):
    """Page by page it adds up to the totals."""
    c = audience.campaigns[1]
    maintain(api)
    path, hours, cursor = f"/v1/campaigns/{c}/timeseries", [], None
    while cursor is not None or not hours:
        page = api.get(f"{path}?limit=7" + (f"&cursor={cursor}" if cursor else ""), key="read")
        hours += page["data"]
        cursor = page["next_cursor"]
    assert len(hours) > 7
    assert [h["hour"] for h in hours] == sorted({h["hour"] for h in hours})
    total = api.value("SELECT to_jsonb(s) FROM report.campaign_summary s"
                      " WHERE campaign_id = %s", c)
    for what in (*given.STATES, "returned", "complaints", "unsubscribes", "replied"):
        assert sum(h[what] for h in hours) == total[what], what
    for who in ("human", "machine"):
        assert sum(h["clicked"][who] for h in hours) == total[f"clicked_{who}"]
    middle = hours[3]["hour"].replace("+", "%2B")
    assert api.get(f"{path}?from={middle}&limit=500")["data"] == hours[3:]
    assert api.get(f"{path}?to={middle}")["data"] == hours[:3]
    assert api.refused("GET", f"{path}?from=yesterday") == ["from"]
    api.refused("GET", "/v1/campaigns/999999/timeseries", status=404)
