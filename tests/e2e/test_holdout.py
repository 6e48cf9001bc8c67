"""Holdout groups: the same people whoever asks, and what the report says."""

import datetime
import hashlib
import hmac

import pytest

import given
import plain_count


def place(key, contact):
    """T-017: of 10^6, as the contract has it."""
    mac = hmac.digest(key.encode(), contact.to_bytes(8, "big"), hashlib.sha256)
    return int.from_bytes(mac[:7], "big") % 10 ** 6


def test_held_out_are_not_mailed(sending):
    sink = sending.sink()
    sending.contacts(1000)
    campaign = sending.campaign(sending.account(sink.port),
                                holdout_percent=12.5)
    sending.run_due()
    people = [p for p, in sending.sql("SELECT id FROM contact ORDER BY id")]
    held = [p for p in people if place(f"holdout {campaign}", p) < 125000]
    assert 80 < len(held) < 170
    assert sending.sql("SELECT contact_id, list_id FROM campaign_holdout"
                       " WHERE campaign_id = %s ORDER BY 1", campaign) == [
        (p, 1) for p in held]
    assert sending.sql("SELECT id & 4294967295, contact_id FROM delivery"
                       " ORDER BY id") == list(enumerate(
                           (p for p in people if p not in set(held)), 1))
    assert sending.states() == {"accepted": 1000 - len(held)}
    assert sink.copies().total() == 1000 - len(held)
    got = sending.api().get(f"/v1/campaigns/{campaign}/report")
    assert got["audience"] == got["holdout"]["treated"] == 1000 - len(held)
    assert got["holdout"]["held_out"] == len(held)


@pytest.fixture(scope="module")
def scene(api):
    """300 who are mailed, 200 who are not; one goal of 10 days."""
    goal = api.post("/v1/goals", {"name": "Signup", "kind": "conversion",
                                  "type": "signup", "window_days": 10})["id"]
    people = [i for i, in api.sql(
        "INSERT INTO contact (email, email_key) SELECT e, e FROM (SELECT 'h'"
        " || n || '@holdout.example.com' FROM generate_series(1, 500) n)"
        " s (e) RETURNING id")]
    c = given.frozen(api, people[:300], goal_ids=[goal], holdout_percent=40)
    api.sql("INSERT INTO campaign_holdout SELECT %s, unnest(%s), 1", c,
            people[300:])
    started = api.value("SELECT started_at FROM campaign WHERE id = %s", c)
    return c, goal, people, started


def tell(api, contacts, at, **more):
    row = {"amount": 1000, "currency": "EUR", "type": "", "at": at} | more
    for contact in contacts:
        values = row | {"contact_id": contact, "source": "shop",
                        "order_id": f"H-{next(given.COUNT)}"}
        api.sql(f"INSERT INTO conversion ({', '.join(values)}) VALUES"
                f" ({', '.join(['%s'] * len(values))})", *values.values())


def newcombe(ka, na, kb, nb):
    (la, ua), (lb, ub) = plain_count.wilson(ka, na), plain_count.wilson(kb, nb)
    a, b = ka / na, kb / nb
    return [b - a - ((b - lb) ** 2 + (ua - a) ** 2) ** 0.5,
            b - a + ((ub - b) ** 2 + (a - la) ** 2) ** 0.5]


def measures(api, campaign):
    report = api.get(f"/v1/campaigns/{campaign}/report")
    return report["holdout"]["measures"]


def check(measure, treated, held, shown):
    assert measure["treated"]["converted"] == treated
    assert measure["held_out"]["converted"] == held
    assert measure["treated"]["rate"] == pytest.approx(treated / 300)
    assert measure["uplift"] == pytest.approx(treated / 300 - held / 200)
    assert [measure["low"], measure["high"]] == pytest.approx(
        newcombe(held, 200, treated, 300), abs=1e-12)
    assert measure["shown"] == shown


def test_uplift(api, scene):
    """By all conversions in 5 days, and by the goal in 10."""
    c, goal, people, started = scene
    day = datetime.timedelta(days=1)
    assert [m["shown"] for m in measures(api, c)] == ["no_difference"] * 2
    tell(api, people[:40], started + day)
    tell(api, people[:5], started + day)  # again
    tell(api, people[300:318], started + day, amount=501)
    tell(api, people[100:110], started - day)       # before it
    tell(api, people[110:120], started + 6 * day)   # too late
    everything, signup = measures(api, c)
    assert (everything["goal_id"], everything["window_days"]) == (None, 5)
    assert (signup["goal_id"], signup["name"]) == (goal, "Signup")
    check(everything, 40, 18, "no_difference")
    assert everything["treated"]["revenue"] == {"EUR": 45000}
    assert everything["treated"]["revenue_per_head"] == {"EUR": 150}
    assert everything["held_out"]["revenue_per_head"] == {"EUR": 45.09}
    check(signup, 0, 0, "no_difference")
    tell(api, people[:60], started + 9 * day, type="signup", amount=0)
    tell(api, people[300:302], started + 9 * day, type="signup", amount=0)
    check(measures(api, c)[1], 60, 2, "more")
    tell(api, people[318:400], started + 2 * day, currency="USD")
    check(measures(api, c)[0], 40, 100, "fewer")
    row = api.sql("SELECT treated, treated_converted, held_out,"
                  " held_out_converted FROM report.campaign_holdout"
                  " WHERE campaign_id = %s AND goal_id IS NULL", c)
    assert row == [(300, 40, 200, 100)]


def test_refunds_count_against_their_order(api, scene):
    c, _, people, started = scene
    before = measures(api, c)[0]["treated"]["revenue"]["EUR"]
    tell(api, people[200:201], started, amount=700, order_id="R-1")
    order = api.value("SELECT max(order_id) FROM conversion"
                      " WHERE contact_id = %s", people[200])
    tell(api, people[200:201], started + datetime.timedelta(days=40),
         amount=-200, refund_of=order)
    got = measures(api, c)[0]["treated"]
    assert got["revenue"]["EUR"] == before + 500 and got["converted"] == 41


@pytest.mark.parametrize("a, b, low, high", [
    ((120, 1000), (150, 1000), 0.000014, 0.060008)])
def test_newcombe(api, a, b, low, high):
    """Appendix A, to 6 digits."""
    got = api.sql("SELECT report.newcombe_low(%s, %s, %s, %s),"
                  " report.newcombe_high(%s, %s, %s, %s)", *a, *b, *a, *b)[0]
    assert [round(x, 6) for x in got] == [low, high]
    assert list(got) == pytest.approx(newcombe(*a, *b), abs=1e-12)


@pytest.mark.parametrize("k, n, low, high", [
    (0, 10, 0.000000, 0.277533), (10, 10, 0.722467, 1.000000),
    (1, 3, 0.061492, 0.792340), (10, 100, 0.055229, 0.174366),
    (53, 1000, 0.040747, 0.068675), (3, 1000, 0.001021, 0.008783),
    (30, 10000, 0.002102, 0.004279), (0, 1, 0.000000, 0.793451),
    (0, 1000, 0.0, 0.003827), (0, 2000, 0.0, 0.001917),
    (0, 5000, 0.0, 0.000768)])
def test_wilson(api, k, n, low, high):
    """T-016 and appendix A, to 6 digits."""
    got = api.sql("SELECT report.wilson_low(%s, %s), report.wilson_high(%s,"
                  " %s)", k, n, k, n)[0]
    assert [round(x, 6) for x in got] == [low, high]
