"""The report and the ledger, from rows as senders and pollers write them."""

import random

import pytest

import given

ADDS_UP = ("pending",) + given.STATES
REPORT = ADDS_UP + ("audience", "bounced", "complaints", "replies",
                    "auto_replies", "unsubscribes", "opens", "clicks",
                    "conversions", "revenue")


def report(api, c):
    got = api.get(f"/v1/campaigns/{c}/report", key="read")
    assert set(REPORT) <= set(got)
    assert got["audience"] == sum(got[k] for k in ADDS_UP)
    return got


def states(got):
    return {k: got[k] for k in ADDS_UP if got[k]}


def test_before_anything_happened(api):
    made = given.campaign(api)
    got = report(api, made["id"])
    assert got["audience"] == 0 and states(got) == {}
    assert got["bounced"] == {"hard": 0, "soft": 0, "block": 0}
    assert got["opens"] == got["clicks"] == {"human": 0, "machine": 0}
    assert got["revenue"] == {} and got["status"] == "draft"
    api.refused("GET", "/v1/campaigns/999999/report", status=404)


def test_the_skipped_are_among_the_suppressed(api):
    c = given.frozen(api, range(1, 7))
    given.outcome(api, c, 1, "suppressed")
    for n in (2, 3):
        given.outcome(api, c, n, "suppressed", scope="message",
                      reply="skipped: not them")
    given.outcome(api, c, 4, "failed", scope="message")
    got = report(api, c)
    assert states(got) == {"pending": 2, "suppressed": 3, "failed": 1}
    assert got["skipped"] == 2


def test_opens_and_clicks_count_recipients(api):
    """People, and those of whom only programs are known."""
    c = given.frozen(api, range(1, 7))
    for key, (n, kind, source) in enumerate([
            (1, "open", "link"), (1, "open", "link"), (1, "open", "prefetch"),
            (2, "open", "prefetch"), (2, "open", "prefetch"),
            (3, "open", "prefetch"), (3, "click", "link"),
            (4, "click", "prefetch")]):
        given.event(api, c, n, kind, source=source, key=f"{c}-{key}")
    got = report(api, c)
    assert got["opens"] == {"human": 1, "machine": 2}
    assert got["clicks"] == {"human": 1, "machine": 1}


def test_pending_is_who_has_no_outcome(api):
    c = given.frozen(api, range(1, 11))
    assert states(report(api, c)) == {"pending": 10}
    given.outcome(api, c, 3, "accepted")
    assert states(report(api, c)) == {"pending": 9, "accepted": 1}


@pytest.mark.parametrize("rows, state", [
    ([(1, "accepted")], "accepted"),
    ([(1, "deferred")], "deferred"),
    ([(1, "deferred"), (2, "accepted")], "accepted"),
    ([(1, "deferred"), (2, "deferred"), (3, "failed")], "failed"),
    ([(1, "deferred"), (2, "expired")], "expired"),
    ([(1, "deferred"), (2, "suppressed")], "suppressed"),
    # of one attempt, the one that says more
    ([(1, "uncertain"), (1, "accepted")], "accepted"),
    ([(1, "uncertain"), (1, "failed")], "failed"),
    ([(1, "uncertain"), (1, "deferred"), (2, "uncertain")], "uncertain"),
    ([(1, "expired"), (1, "accepted")], "accepted"),
    ([(1, "accepted"), (2, "failed")], "failed"),
    ([(10, "accepted"), (9, "failed")], "accepted"),
])
def test_the_newest_outcome_counts(api, rows, state):
    c = given.frozen(api, [1, 2, 3])
    for attempt, what in rows:
        given.outcome(api, c, 2, what, attempt)
    assert states(report(api, c)) == {"pending": 2, state: 1}
    ledger = api.get(f"/v1/campaigns/{c}/deliveries")["data"]
    assert [d["state"] for d in ledger] == ["pending", state, "pending"]
    for filtered in ADDS_UP:
        found = api.get(f"/v1/campaigns/{c}/deliveries?state={filtered}")
        wanted = [n for n, d in enumerate(ledger) if d["state"] == filtered]
        assert [d["id"] for d in found["data"]] == \
            [ledger[n]["id"] for n in wanted]


def test_neighbours_are_not_counted(api):
    """Campaigns are ranges of ids, side by side in one partition."""
    first = given.frozen(api, [1, 2])
    second = given.frozen(api, [1, 2])
    assert second == first + 1
    for c in (first, second):
        given.outcome(api, c, 0, "failed")  # of a test message
    given.outcome(api, first, 2, "accepted")
    given.outcome(api, second, 1, "failed")
    given.event(api, second, 1, "bounce", type="hard", source="smtp")
    assert states(report(api, first)) == {"pending": 1, "accepted": 1}
    assert report(api, first)["bounced"]["hard"] == 0
    assert states(report(api, second)) == {"pending": 1, "failed": 1}


def test_what_came_back(api):
    c = given.frozen(api, range(1, 21))
    for n in range(1, 16):
        given.outcome(api, c, n, "accepted")
    given.outcome(api, c, 16, "failed", code=550)
    given.event(api, c, 16, "bounce", type="hard", source="smtp")
    for n, kind in ((1, "hard"), (2, "soft"), (3, "soft"), (4, "block")):
        for _ in range(3):  # said again it counts once
            given.event(api, c, n, "bounce", type=kind, source="mail")
    given.event(api, c, 5, "complaint", source="mail")
    given.event(api, c, 6, "reply", source="mail")
    given.event(api, c, 7, "reply", source="mail")
    given.event(api, c, 8, "auto_reply", source="mail")
    given.event(api, c, 9, "unsubscribe", source="link")
    given.event(api, c, 10, "delay", source="mail")
    given.event(api, c, 7, "reply", source="mail", key=f"{c} once more")
    given.event(api, c, 11, "read_receipt", source="mail")
    given.event(api, c, 12, "conversion", source="api")
    got = report(api, c)
    assert got["bounced"] == {"hard": 2, "soft": 2, "block": 1}
    assert (got["complaints"], got["replies"], got["auto_replies"],
            got["unsubscribes"]) == (1, 3, 1, 1)
    # two people have answered, one has bought something
    assert got["conversions"] == 3
    assert got["delivered_estimate"] == 15 - 4
    assert set(got["denominators"].values()) <= set(got)


def test_any_history_adds_up(api):
    """Against a recount in Python, over random histories."""
    order = ("uncertain", "deferred", "failed", "suppressed", "expired",
             "accepted")
    chance = random.Random(4711)
    c = given.frozen(api, range(1, 401))
    wanted = dict.fromkeys(ADDS_UP, 0)
    for n in range(1, 401):
        rows = {(chance.randint(1, 4), chance.choice(order))
                for _ in range(chance.randint(0, 4))}
        for attempt, state in rows:
            given.outcome(api, c, n, state, attempt)
        newest = max(rows, key=lambda r: (r[0], order.index(r[1])),
                     default=(0, "pending"))
        wanted[newest[1]] += 1
    got = report(api, c)
    assert {k: got[k] for k in ADDS_UP} == wanted
    for state in ADDS_UP:
        found, cursor = [], ""
        while cursor is not None:
            page = api.get(f"/v1/campaigns/{c}/deliveries?limit=17"
                           f"&state={state}{cursor}")
            found += [d["id"] for d in page["data"]]
            assert {d["state"] for d in page["data"]} <= {state}
            cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
        assert found == sorted(set(found)) and len(found) == wanted[state]


def test_ledger(api):
    people = [given.contact(api, f"p{n}@example.com") for n in range(3)]
    account = given.account(api)
    c = given.frozen(api, people)
    given.outcome(api, c, 1, "deferred", account_id=account, code=451)
    given.outcome(api, c, 1, "failed", 2, account_id=account, code=550,
                  status="5.1.1", scope="recipient", type="hard",
                  category="invalid", reply="550 5.1.1 no such user")
    given.outcome(api, c, 2, "deferred", code=451)
    api.sql("INSERT INTO retry (delivery_id, campaign_id, attempt, next_at,"
            " first_at) VALUES (%s, %s, 2, '2036-01-01', now())",
            given.delivery_id(c, 2), c)
    one, two, three = api.get(f"/v1/campaigns/{c}/deliveries")["data"]
    assert one["email"] == "p0@example.com" and one["attempts"] == 2
    assert one["account_id"] == account and one["retry_at"] is None
    assert one["outcome"] | {"at": 0} == {
        "at": 0, "code": 550, "status": "5.1.1", "scope": "recipient",
        "type": "hard", "category": "invalid",
        "reply": "550 5.1.1 no such user"}
    assert two["retry_at"].startswith("2036") and two["state"] == "deferred"
    assert three == {"id": given.delivery_id(c, 3), "contact_id": people[2],
                     "email": "p2@example.com", "list_id": three["list_id"],
                     "state": "pending", "attempts": 0, "outcome": None,
                     "account_id": None, "retry_at": None}
    api.ok("DELETE", "/v1/contacts/p2@example.com", status=204)
    last = api.get(f"/v1/campaigns/{c}/deliveries")["data"][2]
    assert last["email"] is None and last["contact_id"] == people[2]


def test_ledger_refuses(api):
    c = given.frozen(api, [1])
    path = f"/v1/campaigns/{c}/deliveries"
    assert api.refused("GET", path + "?state=lost") == ["state"]
    assert api.refused("GET", path + "?status=failed") == ["status"]
    assert api.refused("GET", path + "?limit=0") == ["limit"]
    api.refused("GET", "/v1/campaigns/999999/deliveries", status=404)


def retry_row(api, c, n, **more):
    row = {"delivery_id": given.delivery_id(c, n), "campaign_id": c,
           "attempt": 2, "next_at": "2036-01-01", "first_at": "2026-01-01"}
    row |= more
    api.sql(f"INSERT INTO retry ({', '.join(row)}) VALUES"
            f" ({', '.join(['%s'] * len(row))})", *row.values())


def test_retry(api):
    c = given.frozen(api, range(1, 6))
    for n in range(1, 5):
        given.outcome(api, c, n, "deferred")
        retry_row(api, c, n, **({"holder": "x"} if n == 4 else {}))
    path = f"/v1/campaigns/{c}/retry"
    chosen = [given.delivery_id(c, n) for n in (1, 5)]
    assert api.post(path, {"delivery_ids": chosen}, 202) == {"retried": 1}
    assert api.post(path, {"all": True}, 202) == {"retried": 2}
    assert api.post(path, {"all": True}, 202) == {"retried": 0}
    assert api.value("SELECT count(*) FROM retry WHERE campaign_id = %s AND"
                     " next_at <= now()", c) == 3
    given.set_status(api, c, "cancelled")
    api.refused("POST", path, {"all": True}, status=409)


def test_release(api):
    c = given.frozen(api, range(1, 8))
    for n, rows in enumerate([["uncertain"], ["uncertain"], ["accepted"],
                              ["uncertain", "accepted"], ["deferred"],
                              ["uncertain"]], 1):
        for state in rows:
            given.outcome(api, c, n, state)
    given.outcome(api, c, 6, "uncertain", 2, at="2026-11-02")
    other = given.frozen(api, [1])
    given.outcome(api, other, 1, "uncertain")
    path = f"/v1/campaigns/{c}/release"
    chosen = [given.delivery_id(c, n) for n in (1, 3, 4, 5, 7)]
    chosen.append(given.delivery_id(other, 1))
    assert api.post(path, {"delivery_ids": chosen}, 202) == {"released": 1}
    assert api.post(path, {"delivery_ids": chosen}, 202) == {"released": 0}
    assert api.post(path, {"all": True}, 202) == {"released": 2}
    rows = api.sql("SELECT delivery_id, attempt, next_at <= now(),"
                   " first_at::date::text FROM retry WHERE campaign_id = %s"
                   " ORDER BY 1", c)
    assert rows == [(given.delivery_id(c, 1), 2, True, "2026-11-01"),
                    (given.delivery_id(c, 2), 2, True, "2026-11-01"),
                    (given.delivery_id(c, 6), 3, True, "2026-11-01")]
    assert api.get(f"/v1/campaigns/{c}")["counts"]["retrying"] == 3


@pytest.mark.parametrize("status, legal", [
    ("draft", False), ("scheduled", False), ("running", True),
    ("paused", True), ("finished", True), ("cancelled", False)])
def test_release_by_status(api, status, legal):
    c = given.frozen(api, [1], status)
    path = f"/v1/campaigns/{c}/release"
    if legal:
        api.post(path, {"all": True}, 202)
        api.sql("UPDATE campaign SET expires_at = now() WHERE id = %s", c)
    api.refused("POST", path, {"all": True}, status=409)


@pytest.mark.parametrize("action", ["retry", "release"])
@pytest.mark.parametrize("body, field", [
    ({}, "delivery_ids"), ({"all": False}, "delivery_ids"),
    ({"delivery_ids": []}, "delivery_ids"),
    ({"delivery_ids": [0]}, "delivery_ids"),
    ({"delivery_ids": [1.5]}, "delivery_ids"),
    ({"delivery_ids": "all"}, "delivery_ids"),
    ({"delivery_ids": [5], "all": True}, "delivery_ids"),
    ({"all": "yes"}, "all"),
])
def test_choices_that_are_none(api, action, body, field):
    c = given.frozen(api, [1])
    fields = api.refused("POST", f"/v1/campaigns/{c}/{action}", body)
    assert field in fields
    api.refused("POST", f"/v1/campaigns/{c}/{action}", {"all": True},
                status=403, key="read")


def test_progress_is_cheap_and_right(api):
    c = given.frozen(api, range(1, 31))
    for first, last, mark, done in ((1, 10, 10, True), (11, 20, 14, False),
                                    (21, 30, 20, False)):
        api.sql("INSERT INTO lease (campaign_id, first_id, last_id, watermark,"
                " done) VALUES (%s, %s, %s, %s, %s)", c,
                *(given.delivery_id(c, n) for n in (first, last, mark)), done)
    assert api.get(f"/v1/campaigns/{c}")["counts"] == {
        "audience": 30, "reached": 14, "retrying": 0}
