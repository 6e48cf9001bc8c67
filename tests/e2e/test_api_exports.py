"""Exports: what is in the database, as a file."""

import csv
import io
import json
import os

import pytest

import given
from test_api_imports import CSV, NDJSON, counts, load, resident_kib


def fetch(api, path, status=200):
    r = api.call("GET", path, key="read")
    assert r.status_code == status, r.text
    return r


def table(r):
    return list(csv.reader(io.StringIO(r.content.decode(), newline="")))


def test_list_as_csv(api):
    one = given.mailing_list(api)
    load(api, "email,name,city,n\nex1@example.com,\"Ann \"\"A\"\" Doe\",Köln,\n"
              "ex2@example.com,,,5\nex3@example.com,C,,\n", one)
    api.sql("INSERT INTO suppression (email_key, list_id, reason) VALUES"
            " ('ex2@example.com', %s, 'unsubscribe'),"
            " ('ex3@example.com', NULL, 'hard_bounce')", one)
    r = fetch(api, f"/v1/lists/{one}/export")
    assert r.headers["Content-Type"] == "text/csv"
    assert f'filename="list-{one}.csv"' in r.headers["Content-Disposition"]
    rows = table(r)
    assert rows[0] == ["email", "name", "status", "joined_at", "city", "n"]
    assert [row[:3] + row[4:] for row in rows[1:]] == [
        ["ex1@example.com", 'Ann "A" Doe', "subscribed", "Köln", ""],
        ["ex2@example.com", "", "unsubscribed", "", "5"],
        ["ex3@example.com", "C", "suppressed", "", ""]]
    api.sql("DELETE FROM suppression WHERE email_key = 'ex3@example.com'")


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0",
            "＝1", "＋1", "－1", "＠x", '=HYPERLINK("http://x.test")', "=\"a\",b"]


def test_no_formulas(api):
    """X-020: guarded in CSV, byte for byte in NDJSON."""
    one = given.mailing_list(api)
    text = "".join(json.dumps({"email": f"fx{n}@example.com", "cell": cell,
                               "nested": [cell], "number": -n}) + "\n"
                   for n, cell in enumerate(FORMULAS))
    assert counts(load(api, text, one, headers=NDJSON))[0] == len(FORMULAS)
    rows = table(fetch(api, f"/v1/lists/{one}/export?details=false"))
    assert rows[0] == ["email", "name", "cell", "nested", "number"]
    order = [int(row[0][2:].partition("@")[0]) for row in rows[1:]]
    assert sorted(order) == list(range(len(FORMULAS)))
    for n, row in zip(order, rows[1:]):
        cell = FORMULAS[n]
        assert row[2] == "'" + cell
        assert json.loads(row[3]) == [cell] and row[4] == str(-n)
    lines = fetch(api, f"/v1/lists/{one}/export?format=ndjson").text.splitlines()
    assert [json.loads(line)["attributes"]["cell"] for line in lines] == [
        FORMULAS[n] for n in order]


@pytest.mark.parametrize("form, headers", [("csv", CSV), ("ndjson", NDJSON)])
def test_round_trip(api, form, headers):
    """More than one piece; what comes out goes in and changes nothing."""
    one = given.mailing_list(api)
    count = 1000
    load(api, "email,name,a,b\n" + "".join(
        f"round{n}@example.com,Name {n},\"x, {n}\",{'' if n % 3 else 'ü'}\n"
        for n in range(count)), one)
    data = fetch(api, f"/v1/lists/{one}/export?details=false&format={form}")
    job = load(api, data.content, one, headers=headers)
    assert counts(job) == (0, 0, count, 0, 0)


def test_suppressions(api):
    one = given.mailing_list(api)
    for n in range(400):
        api.sql("INSERT INTO suppression (email_key, list_id, reason)"
                " VALUES (%s, %s, 'manual')", f"sx{n}@example.com", one)
    rows = table(fetch(api, f"/v1/suppressions/export?list_id={one}"))
    assert rows[0] == ["email", "list_id", "reason", "created_at"]
    assert [row[0] for row in rows[1:]] == [f"sx{n}@example.com"
                                            for n in range(400)]
    everything = fetch(api, "/v1/suppressions/export?format=ndjson").text
    assert len(everything.splitlines()) == api.value(
        "SELECT count(*) FROM suppression")


def test_import_errors(api):
    job = load(api, "email\n=bad,1\nalso bad\n")
    rows = table(fetch(api, f"/v1/imports/{job['id']}/errors?format=csv"))
    assert rows[0] == ["line", "reason", "value"]
    assert rows[1][2] == "'=bad,1" and rows[2][0] == "3"


@pytest.mark.parametrize("path, status", [
    ("/v1/lists/999999/export", 404), ("/v1/imports/999999/errors?format=csv", 404),
    ("/v1/suppressions/export?list_id=x", 422),
    ("/v1/suppressions/export?format=xls", 422)])
def test_what_is_not_there(api, path, status):
    fetch(api, path, status)


def test_peer_that_leaves(api):
    """Half an answer is read; the server is there for the next one, and
    holds no more memory than a piece."""
    one = given.mailing_list(api)
    load(api, "email,a\n" + "".join(
        f"leave{n}@example.com,{'x' * 1000}\n" for n in range(12000)), one)
    before = resident_kib(api.process.pid)
    for _ in range(3):
        r = api.session.get(f"{api.url}/v1/lists/{one}/export", stream=True,
                            headers={"Authorization": f"Bearer {api.keys['read']}"})
        r.raw.read(100000)
        r.close()
    whole = fetch(api, f"/v1/lists/{one}/export")
    assert len(table(whole)) == 12001
    limit = 300 if "asan" in os.environ.get("VOLLEY_BIN", "") else 16
    assert resident_kib(api.process.pid) - before < limit << 10
