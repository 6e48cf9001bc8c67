"""What is kept for how long (P-010): of each class, rows older 0, rows
younger all."""

import pytest

import given
import signing


def count(api, text):
    return api.value(f"SELECT count(*) FROM {text}")


@pytest.fixture(scope="module")
def letters(api):
    return signing.double_list(api)


def age(api, table, column, where, days):
    api.sql(f"UPDATE {table} SET {column} = now() - make_interval(days => %s)"
            f" WHERE {where}", days)


def maintain(api, *args):
    return api.volley("maintain", "-v", *args)


def inbound(api, uid, days, box):
    api.sql("INSERT INTO inbound (mailbox_id, fingerprint, folder, uidvalidity,"
            " uid, class, raw, raw_until, created_at) VALUES (%s, %s, 'INBOX',"
            " 1, %s, 'other', 'r', now() + interval '90 d', now() -"
            " make_interval(days => %s))", box, f"f{uid}", uid, days)


def test_raw_mail(api):
    box = api.value("INSERT INTO mailbox (name, host, port, tls, username)"
                    " VALUES ('b', 'h', 143, 'none', 'u') RETURNING id")
    for uid, days in enumerate((0, 6, 8, 29, 31, 400)):
        inbound(api, uid, days, box)
    assert "gone are 2 raw reports" in maintain(api)
    assert "gone are 2 raw reports" in maintain(api, "--keep-raw=7")
    assert count(api, "inbound WHERE raw IS NOT NULL") == 2
    assert count(api, "inbound WHERE raw IS NOT NULL AND created_at <"
                      " now() - interval '7 d'") == 0
    assert count(api, "inbound") == 6


def test_rejected_rows(api):
    for n, days in enumerate((1, 89, 91)):
        job = api.value("INSERT INTO import (list_id, state, finished_at)"
                        " VALUES (%s, 'done', now() - make_interval(days =>"
                        " %s)) RETURNING id", given.mailing_list(api), days)
        api.sql("INSERT INTO import_error SELECT %s, n, 'r', 'x@example.com'"
                " FROM generate_series(1, %s) n", job, 6000 if n == 2 else 10)
    maintain(api)
    assert count(api, "import_error") == 20
    maintain(api, "--keep-rejects=30")
    assert count(api, "import_error") == 10 and count(api, "import") == 3


def test_who_never_confirmed(api, letters):
    """Goes, unless something else is known; whoever was asked lately stays."""
    other = given.mailing_list(api)
    for name in ("old", "known", "young", "asked", "told"):
        signing.sign_up(api, letters, f"{name}@example.com")
    given.contact(api, "known@example.com", other)
    signing.give(api)
    age(api, "membership", "created_at", "source = 'form' AND contact_id <>"
        " (SELECT id FROM contact WHERE email = 'young@example.com')", 31)
    age(api, "confirmation", "asked_at", "contact_id <> (SELECT id FROM"
        " contact WHERE email = 'asked@example.com')", 31)
    api.sql("INSERT INTO event (kind, key, contact_id) SELECT 'reply', 'k', id"
            " FROM contact WHERE email = 'told@example.com'")
    maintain(api)
    left = [r[0] for r in api.sql("SELECT email FROM contact ORDER BY 1")]
    assert left == [f"{n}@example.com"
                    for n in ("asked", "known", "told", "young")]
    assert sorted(r[0] for r in api.sql(
        "SELECT email FROM membership JOIN contact c ON c.id = contact_id"
        " WHERE status = 'unconfirmed'")) == ["asked@example.com",
                                              "young@example.com"]


def test_events_hits_and_where_forms_came_from(api):
    api.sql("INSERT INTO event (kind, key, at) VALUES ('reply', 'o', now() -"
            " interval '731 d'), ('reply', 'n', now() - interval '729 d')")
    api.sql("INSERT INTO sign_up_source VALUES (1, ARRAY[now() - interval"
            " '61 min']), (2, ARRAY[now() - interval '2 h', now()])")
    maintain(api)
    assert api.sql("SELECT key FROM event WHERE key IN ('o', 'n')") == [("n",)]
    assert api.sql("SELECT source FROM sign_up_source WHERE source IN (1, 2)") == [
        (2,)]


@pytest.mark.parametrize("flag", ["raw", "rejects", "pending"])
def test_days_that_are_none(api, flag):
    for wrong in ("0", "x", "99999999"):
        with pytest.raises(Exception):
            api.volley("maintain", f"--keep-{flag}={wrong}")
