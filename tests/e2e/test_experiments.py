"""Experiments: who gets which, what is said of it, and when it is decided."""

import random

import pytest

import given
from test_holdout import newcombe, place

QUICK = ("--retry-first-s=1", "--retry-max-s=2")


def draft(api, **more):
    base = given.campaign(api)
    body = {"name": f"E{next(given.COUNT)}", "campaign_id": base["id"],
            "metric": "click", "decide_after_s": 3600,
            "variants": [{"name": "A", "percent": 20},
                         {"name": "B", "percent": 20, "subject": "Hey"}]}
    return base, body | more


def test_crud(api):
    goal = api.post("/v1/goals", {"name": "G", "kind": "conversion"})["id"]
    other = given.template(api)
    base, body = draft(api, metric="conversion", goal_id=goal)
    body["variants"].append({"name": "C", "percent": 12.5,
                             "template_id": other})
    made = api.post("/v1/experiments", body)
    assert made == api.get(f"/v1/experiments/{made['id']}")
    assert (made["state"], made["winner"], made["outcome"]) == (
        "draft", None, None)
    assert [(v["n"], v["name"], v["percent"], v["subject"], v["template_id"])
            for v in made["variants"]] == [
        (1, "A", 20, None, base["template_id"]),
        (2, "B", 20, "Hey", base["template_id"]), (3, "C", 12.5, None, other)]
    row = api.get("/v1/experiments")["data"][-1]
    assert row == {k: made[k] for k in row}
    copy = api.get(f"/v1/campaigns/{made['variants'][1]['campaign_id']}")
    same = ("list_ids", "account_ids", "from", "status", "goal_ids", "rate")
    assert [copy[k] for k in same] == [base[k] for k in same]
    assert copy["name"] == f"{base['name']} / B"
    assert copy["experiment_id"] == made["id"]
    assert api.sql("SELECT slice_from, slice_to FROM campaign WHERE"
                   " experiment_id = %s ORDER BY slice_from", made["id"]) == [
        (0, 200000), (200000, 400000), (400000, 525000), (525000, 1000000)]
    for c in (base["id"], copy["id"]):  # not by itself
        api.refused("POST", f"/v1/campaigns/{c}/start", status=409)
        api.refused("POST", f"/v1/campaigns/{c}/schedule",
                    {"at": "2030-01-01T00:00:00Z"}, status=409)
    assert api.refused("POST", "/v1/experiments", body) == ["campaign_id"]
    api.refused("DELETE", f"/v1/campaigns/{copy['id']}", status=409)
    api.refused("DELETE", f"/v1/goals/{goal}", status=409)
    api.ok("DELETE", f"/v1/experiments/{made['id']}", status=204)
    assert api.get(f"/v1/campaigns/{base['id']}") == base | {
        "updated_at": api.get(f"/v1/campaigns/{base['id']}")["updated_at"]}
    api.refused("GET", f"/v1/campaigns/{copy['id']}", status=404)
    api.refused("GET", f"/v1/experiments/{made['id']}", status=404)


@pytest.mark.parametrize("change, fields", [
    ({"campaign_id": 999999}, ["campaign_id"]),
    ({"metric": "open"}, ["metric"]),
    ({"goal_id": 1}, ["goal_id"]),
    ({"metric": "conversion", "goal_id": 999999}, ["goal_id"]),
    ({"decide_after_s": 59}, ["decide_after_s"]),
    ({"variants": []}, ["variants"]),
    ({"variants": [{"name": "A", "percent": 50}]}, ["variants"]),
    ({"variants": [{"name": "A", "percent": 50}] * 6}, ["variants"]),
    ({"variants": [{"name": "A", "percent": 51}] * 2}, ["variants"]),
    ({"variants": [{"name": "A", "percent": 50}, {"percent": 0.5}]},
     ["variants[1].name", "variants[1].percent"]),
    ({"variants": [{"name": "A", "percent": 50},
                   {"name": "B", "percent": 50, "template_id": 999999}]},
     ["variants[1].template_id"]),
])
def test_bad(api, change, fields):
    _, body = draft(api)
    assert sorted(api.refused("POST", "/v1/experiments", body | change)) == \
        fields


def test_what_lacks_is_told(api):
    base, body = draft(api)
    body["variants"][1]["subject"] = "{{ name"
    made = api.post("/v1/experiments", body)
    assert api.refused("POST", f"/v1/experiments/{made['id']}/start") == [
        "template_id"]
    assert api.get(f"/v1/campaigns/{base['id']}")["status"] == "draft"


def numbers(api, experiment, rows):
    """(audience, accepted, reached) of each variant, put there."""
    for v, (audience, accepted, reached) in zip(experiment["variants"], rows):
        c = v["campaign_id"]
        api.sql("SELECT outcome_partition(%s)", c)
        api.sql("UPDATE campaign SET audience = %s WHERE id = %s", audience, c)
        api.sql("INSERT INTO outcome (delivery_id, attempt, state, at) SELECT"
                " (%s::bigint << 32) + n, 1, 'accepted', now()"
                " FROM generate_series(1, %s) n", c, accepted)
        api.sql("INSERT INTO event (kind, key, campaign_id, delivery_id,"
                " verdict) SELECT 'click', %s || ':' || n || v, %s,"
                " (%s::bigint << 32) + n, 'human' FROM generate_series(1, %s)"
                " n, (VALUES ('a'), ('b')) v (v)", str(c), c, c, reached)
        api.sql("INSERT INTO event (kind, key, campaign_id, delivery_id,"
                " verdict) VALUES ('click', %s, %s, %s, 'machine')",
                f"{c} machine", c, (c << 32) + accepted)


@pytest.mark.parametrize("rows, outcome, winner", [
    ([(1000, 1000, 120), (1000, 1000, 150)], "winner", 2),
    ([(100, 100, 12), (100, 100, 20)], "no_difference", 1),
    ([(10, 10, 0), (10, 10, 0)], "no_difference", 1),
    ([(1000, 1000, 150), (1000, 1000, 120)], "winner", 1),
    ([(5000, 50, 10), (5400, 50, 40)], "mismatch", 1),
    ([(5000, 50, 10), (5200, 50, 40)], "winner", 2),
    ([(0, 0, 0), (0, 0, 0)], "no_difference", 1),
])
def test_what_is_said_and_decided(api, rows, outcome, winner):
    base, body = draft(api)
    made = api.post("/v1/experiments", body)
    numbers(api, made, rows)
    got = api.get(f"/v1/experiments/{made['id']}")
    a, b = got["variants"]
    (_, na, ka), (_, nb, kb) = rows
    assert (a["accepted"], a["reached"], b["accepted"], b["reached"]) == (
        na, ka, nb, kb)
    if na:
        assert [b["difference_low"], b["difference_high"]] == pytest.approx(
            newcombe(ka, na, kb, nb), abs=1e-12)
    else:
        assert b["difference"] is None
    if (ka, kb) == (120, 150):  # appendix A
        assert round(b["better"], 6) == 0.975068
        assert round(b["p"], 6) == 0.049640
    if rows[0][0] == 5000:
        assert round(got["sizes"]["chi2"], 6) in (3.921569, 15.384615)
        assert got["sizes"]["p"] == pytest.approx(
            0.0000877 if outcome == "mismatch" else 0.047670, abs=5e-7)
        assert got["sizes"]["alarm"] == (outcome == "mismatch")
    # nothing is decided before it has begun, and then once
    api.sql("SELECT experiment_decide(%s)", base["id"])
    assert api.get(f"/v1/experiments/{made['id']}") == got
    api.sql("UPDATE experiment SET started_at = now(), decide_at = now()"
            " WHERE id = %s", made["id"])
    for _ in range(2):
        api.sql("SELECT experiment_decide(%s)", base["id"])
    got = api.get(f"/v1/experiments/{made['id']}")
    assert (got["state"], got["outcome"], got["winner"]) == (
        "decided", outcome, winner)
    assert api.get(f"/v1/campaigns/{base['id']}")["subject"] == (
        "Hey" if winner == 2 else None)


def test_aa(api):
    """T-017: of 10,000 A/A tests at most 5.5 % have a winner."""
    chance = random.Random(17)
    p, n = 0.08, 1000
    tests = []
    for _ in range(10000):
        tests.append([min(n, max(0, round(chance.gauss(
            n * p, (n * p * (1 - p)) ** 0.5)))) for _ in range(2)])
    found = api.value(
        "SELECT count(*) FROM jsonb_array_elements(%s) t, LATERAL"
        " experiment_verdict(ARRAY[(t ->> 0)::bigint, (t ->> 1)::bigint],"
        " '{1000,1000}', '{1000,1000}', '{1,1}') v WHERE outcome = 'winner'",
        str(tests))
    assert 300 < found <= 550


def test_many_variants_are_compared_together(api):
    """What would do for two is not enough among five."""
    for n, outcome in ((2, "winner"), (5, "no_difference")):
        k = [120] * (n - 1) + [150]
        got = api.sql("SELECT winner, outcome FROM experiment_verdict(%s::"
                      "bigint[], %s::bigint[], %s::bigint[], %s::int[])", k,
                      [1000] * n, [1000] * n, [1] * n)[0]
        assert got == ((n, outcome) if n == 2 else (1, outcome))
    assert api.sql("SELECT winner, outcome FROM experiment_verdict("
                   "'{100,160,190}', '{1000,1000,1000}', '{1,1,1}',"
                   " '{1,1,1}')") == [(3, "winner")]


def test_from_end_to_end(sending):
    """Two of 25 %, then the rest as what has won; senders stop and start."""
    sink = sending.sink()
    sending.contacts(400)
    base = sending.campaign(sending.account(sink.port), status="draft")
    api = sending.api()
    made = api.post("/v1/experiments", {
        "name": "E", "campaign_id": base, "metric": "click",
        "decide_after_s": 60, "variants": [
            {"name": "A", "percent": 25},
            {"name": "B", "percent": 25, "subject": "B {{ contact.name }}"}]})
    got = api.ok("POST", f"/v1/experiments/{made['id']}/start", status=202)
    api.refused("POST", f"/v1/experiments/{made['id']}/start", status=409)
    api.refused("DELETE", f"/v1/experiments/{made['id']}", status=409)
    assert got["state"] == "running"
    sending.run_due(*QUICK)
    assert sending.status(base) == "scheduled"
    people = [p for p, in sending.sql("SELECT id FROM contact ORDER BY id")]
    wanted = {p: place(f"experiment {made['id']}", p) // 250000
              for p in people}
    a, b = (v["campaign_id"] for v in made["variants"])
    for n, c in enumerate((a, b)):
        assert [p for p, in sending.sql(
            "SELECT contact_id FROM delivery WHERE campaign_id = %s"
            " ORDER BY 1", c)] == [p for p in people if wanted[p] == n]
    # most of B click, few of A
    sending.sql("INSERT INTO event (kind, key, campaign_id, delivery_id,"
                " verdict) SELECT 'click', id::text, campaign_id, id, 'human'"
                " FROM delivery WHERE campaign_id = %s"
                " OR contact_id %% 20 = 0", b)
    assert api.get(f"/v1/experiments/{made['id']}")["winner"] is None
    sending.sql("UPDATE campaign SET scheduled_at = now() WHERE id = %s", base)
    sending.run_due(*QUICK)
    got = api.get(f"/v1/experiments/{made['id']}")
    assert (got["state"], got["outcome"], got["winner"]) == (
        "decided", "winner", 2)
    assert sending.value("SELECT subject FROM campaign_content WHERE"
                         " campaign_id = %s", base) == "B {{ contact.name }}"
    assert sending.sql("SELECT contact_id, count(*) FROM delivery GROUP BY 1"
                       " ORDER BY 1") == [(p, 1) for p in people]
    assert sink.copies().total() == 400
