"""What people say about the speed of campaigns and accounts, when a campaign
stops by itself, and which deliveries are attempted again."""

import datetime

import pytest

import given

NO_RATE = {"per_second": None, "per_minute": None, "per_hour": None,
           "per_day": None}
BRAKE = {"hard_bounce_percent": 5, "complaint_percent": 0.3, "minimum": 200}


def made(api, **more):
    return api.post("/v1/campaigns", {"name": "C", "from": given.FROM} | more)


def test_rate_and_brake_of_a_draft(api):
    plain = made(api)
    assert plain["rate"] is None and plain["brake"] == BRAKE
    said = made(api, rate={"per_minute": 30, "per_day": 2000},
                brake={"complaint_percent": 0.1, "minimum": 1000})
    assert said["rate"] == NO_RATE | {"per_minute": 30, "per_day": 2000}
    assert said["brake"] == BRAKE | {"complaint_percent": 0.1, "minimum": 1000}
    off = made(api, rate=None, brake=None)
    assert off["rate"] is off["brake"] is None
    half = made(api, brake={"hard_bounce_percent": None})
    assert half["brake"] == BRAKE | {"hard_bounce_percent": None}


def test_rate_and_brake_change_part_by_part(api):
    one = f"/v1/campaigns/{made(api, rate={'per_hour': 10})['id']}"
    more = api.ok("PATCH", one, {"rate": {"per_second": 2}})
    assert more["rate"] == NO_RATE | {"per_hour": 10, "per_second": 2}
    less = api.ok("PATCH", one, {"rate": {"per_hour": None}, "brake": {
        "minimum": 50}, "name": "D"})
    assert less["rate"] == NO_RATE | {"per_second": 2}
    assert less["brake"] == BRAKE | {"minimum": 50} and less["name"] == "D"
    assert api.ok("PATCH", one, {"rate": None})["rate"] is None


@pytest.mark.parametrize("status", ["scheduled", "running", "paused"])
def test_rate_and_brake_change_while_it_runs(api, status):
    one = f"/v1/campaigns/{given.campaign(api)['id']}"
    given.set_status(api, one.rsplit("/", 1)[1], status)
    changed = api.ok("PATCH", one, {"rate": {"per_minute": 7}, "brake": None})
    assert changed["rate"]["per_minute"] == 7 and changed["brake"] is None
    assert changed["status"] == status
    assert api.refused("PATCH", one, {"rate": {"per_minute": 0}}) == [
        "rate.per_minute"]
    answer = api.call("PATCH", one, {"rate": None, "name": "x"})
    assert answer.status_code == 409 and status in answer.json()["detail"]
    assert api.get(one)["rate"]["per_minute"] == 7


@pytest.mark.parametrize("status", ["finished", "cancelled"])
def test_nothing_changes_when_it_is_over(api, status):
    one = f"/v1/campaigns/{given.campaign(api)['id']}"
    given.set_status(api, one.rsplit("/", 1)[1], status)
    assert api.call("PATCH", one, {"rate": None}).status_code == 409


BAD_CAMPAIGNS = [
    ({"rate": 5}, "rate"),
    ({"rate": {"per_second": 0}}, "rate.per_second"),
    ({"rate": {"per_minute": 1.5}}, "rate.per_minute"),
    ({"rate": {"per_hour": "many"}}, "rate.per_hour"),
    ({"rate": {"per_day": 100000001}}, "rate.per_day"),
    ({"rate": {"per_week": 1}}, "rate.per_week"),
    ({"brake": True}, "brake"),
    ({"brake": {"hard_bounce_percent": 0}}, "brake.hard_bounce_percent"),
    ({"brake": {"hard_bounce_percent": 101}}, "brake.hard_bounce_percent"),
    ({"brake": {"complaint_percent": "0.3"}}, "brake.complaint_percent"),
    ({"brake": {"minimum": 0}}, "brake.minimum"),
    ({"brake": {"minimum": 20.5}}, "brake.minimum"),
    ({"brake": {"minimum": None}}, "brake.minimum"),
    ({"brake": {"soft": 1}}, "brake.soft"),
]


@pytest.mark.parametrize("change, field", BAD_CAMPAIGNS,
                         ids=[str(row[0]) for row in BAD_CAMPAIGNS])
def test_bad_rate_or_brake(api, change, field):
    body = {"name": "C", "from": given.FROM}
    assert api.refused("POST", "/v1/campaigns", body | change) == [field]


# Accounts --------------------------------------------------------------------

ACCOUNT = {"name": "R", "host": "smtp.example.com", "username": "u",
           "password": "p"}
TERMS = {"first_day": 50, "until_per_day": 1000}


def today():
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def test_per_minute(api):
    account = api.post("/v1/accounts", ACCOUNT | {"per_minute": 30})
    assert account["per_minute"] == 30
    one = f"/v1/accounts/{account['id']}"
    changed = api.ok("PATCH", one, {"per_minute": 20})
    assert changed["per_minute"] == 20
    assert changed["version"] == account["version"] + 1
    assert api.ok("PATCH", one, {"per_minute": None})["per_minute"] is None


def test_warm_up_of_an_account(api):
    account = api.post("/v1/accounts", ACCOUNT | {"warmup": TERMS})
    assert account["warmup"] == TERMS | {
        "start_date": today(), "factor": 1.5, "day": 1, "cap": 50}
    assert account["group_warmups"] == {}
    one = f"/v1/accounts/{account['id']}"
    api.sql("UPDATE warmup SET start_on = start_on - 3 WHERE account_id = %s",
            account["id"])
    assert api.get(one)["warmup"]["day"] == 4
    assert api.get(one)["warmup"]["cap"] == 168
    # What began goes on; a change of terms is a new version for senders.
    changed = api.ok("PATCH", one, {"warmup": TERMS | {"factor": 2}})
    assert changed["warmup"]["day"] == 4 and changed["warmup"]["cap"] == 400
    assert changed["version"] > account["version"]
    again = api.ok("PATCH", one, {"warmup": TERMS | {
        "start_date": today()}})["warmup"]
    assert again["day"] == 1
    later = api.ok("PATCH", one, {"warmup": TERMS | {
        "start_date": "2020-01-01"}})["warmup"]
    assert later["cap"] is None and later["day"] > 1000
    assert api.ok("PATCH", one, {"name": "S"})["warmup"] == later
    assert api.ok("PATCH", one, {"warmup": None})["warmup"] is None


def test_warm_ups_of_groups(api):
    account = api.post("/v1/accounts", ACCOUNT | {
        "warmup": TERMS,
        "group_warmups": {"gmail": TERMS, "example.com": TERMS}})
    assert list(account["group_warmups"]) == ["example.com", "gmail"]
    same = api.post("/v1/accounts", ACCOUNT | {
        "name": "Same", "group_warmups": {"gmail.com": TERMS,
                                          "Example.COM": TERMS}})
    assert list(same["group_warmups"]) == ["example.com", "gmail"]
    one = f"/v1/accounts/{account['id']}"
    api.sql("UPDATE warmup SET start_on = start_on - 1")
    other = api.ok("PATCH", one, {"group_warmups": {
        "gmail": TERMS, "yahoo": TERMS | {"first_day": 9}}})
    assert other["group_warmups"]["gmail"]["day"] == 2
    assert other["group_warmups"]["yahoo"]["cap"] == 9
    assert "example.com" not in other["group_warmups"]
    assert other["warmup"]["day"] == 2
    none = api.ok("PATCH", one, {"group_warmups": None})
    assert none["group_warmups"] == {} and none["warmup"] is not None


BAD_ACCOUNTS = [
    ({"per_minute": 0}, ["per_minute"]),
    ({"warmup": 5}, ["warmup"]),
    ({"warmup": {}}, ["warmup.first_day", "warmup.until_per_day"]),
    ({"warmup": TERMS | {"first_day": 0}}, ["warmup.first_day"]),
    ({"warmup": TERMS | {"factor": 0.5}}, ["warmup.factor"]),
    ({"warmup": TERMS | {"factor": 11}}, ["warmup.factor"]),
    ({"warmup": TERMS | {"until_per_day": 49}}, ["warmup.until_per_day"]),
    ({"warmup": TERMS | {"start_date": "soon"}}, ["warmup.start_date"]),
    ({"warmup": TERMS | {"start_date": "2026-02-30"}}, ["warmup.start_date"]),
    ({"warmup": TERMS | {"start_date": "2026-12-1"}}, ["warmup.start_date"]),
    ({"warmup": TERMS | {"cap": 5}}, ["warmup.cap"]),
    ({"group_warmups": []}, ["group_warmups"]),
    ({"group_warmups": {"gmail": None}}, ["group_warmups.gmail"]),
    ({"group_warmups": {"Gmail": TERMS}}, ["group_warmups.Gmail"]),
    ({"group_warmups": {"a b": TERMS}}, ["group_warmups.a b"]),
    ({"group_warmups": {"gmail": TERMS, "googlemail.com": TERMS}},
     ["group_warmups.googlemail.com"]),
    ({"group_warmups": {"x.test": {"first_day": 1}}},
     ["group_warmups.x.test.until_per_day"]),
    ({"group_warmups": {f"d{n}.test": TERMS for n in range(41)}},
     ["group_warmups"]),
]


@pytest.mark.parametrize("change, fields", BAD_ACCOUNTS,
                         ids=[str(row[0])[:60] for row in BAD_ACCOUNTS])
def test_bad_limits_and_warm_ups(api, change, fields):
    assert api.refused("POST", "/v1/accounts", ACCOUNT | change) == fields


# Deliveries ------------------------------------------------------------------

@pytest.fixture(name="ledger")
def fixture_ledger(api):
    """A finished campaign: people 1 to 7, and what became of them."""
    people = [given.contact(api, f"r{n}.{next(given.COUNT)}@example.com")
              for n in range(1, 9)]
    c = given.frozen(api, people, status="finished")
    no = {"code": 550, "scope": "provider", "type": "block",
          "category": "blocked", "status": "5.7.1"}
    given.outcome(api, c, 1, "failed", **no)
    given.outcome(api, c, 2, "failed", **no | {"status": "5.7.26"})
    given.outcome(api, c, 3, "failed", **no | {
        "scope": "message", "category": "content", "status": "5.6.0"})
    given.outcome(api, c, 4, "failed", code=550, scope="recipient",
                  type="hard", category="invalid", status="5.1.1")
    api.sql("INSERT INTO suppression (email_key, reason) SELECT email_key,"
            " 'hard_bounce' FROM contact WHERE id = %s", people[3])
    given.outcome(api, c, 5, "deferred", code=452, scope="recipient",
                  type="soft", category="full", status="4.2.2")
    given.outcome(api, c, 5, "expired", attempt=2)
    given.outcome(api, c, 6, "uncertain")
    given.outcome(api, c, 7, "accepted", code=250)
    given.outcome(api, c, 8, "expired")
    return c


def retried(api, campaign):
    """Who waits for which attempt."""
    return dict(api.sql("SELECT delivery_id & 4294967295, attempt FROM retry"
                        " WHERE campaign_id = %s ORDER BY 1", campaign))


CHOICES = [
    ({"all": True}, {}),
    ({"all": True, "state": ["failed"]}, {1: 2, 2: 2, 3: 2}),
    ({"all": True, "state": ["failed", "expired"]},
     {1: 2, 2: 2, 3: 2, 5: 3, 8: 2}),
    ({"category": ["blocked"]}, {1: 2, 2: 2}),
    ({"category": ["blocked", "content"], "status": "5.7.1"}, {1: 2}),
    ({"status": "5.7.*"}, {1: 2, 2: 2}),
    ({"scope": ["message"]}, {3: 2}),
    ({"scope": ["recipient"]}, {}),
    ({"category": ["full"], "state": ["expired"]}, {5: 3}),
    ({"delivery_ids": [1, 4, 6, 7], "state": ["failed"]}, {1: 2}),
    ({"delivery_ids": [3], "category": ["blocked"]}, {}),
]


@pytest.mark.parametrize("body, expect", CHOICES,
                         ids=[str(row[0]) for row in CHOICES])
def test_retried_by_reason(api, ledger, body, expect):
    if "delivery_ids" in body:
        body = body | {"delivery_ids": [given.delivery_id(ledger, n)
                                        for n in body["delivery_ids"]]}
    path = f"/v1/campaigns/{ledger}/retry"
    assert api.ok("POST", path, body, status=202) == {"retried": len(expect)}
    assert retried(api, ledger) == expect
    # Said again while they wait, it changes nothing.
    assert api.ok("POST", path, body, status=202) == {"retried": 0}
    assert retried(api, ledger) == expect


def test_retried_again_after_another_failure(api, ledger):
    path = f"/v1/campaigns/{ledger}/retry"
    api.ok("POST", path, {"status": "5.7.1"}, status=202)
    api.sql("DELETE FROM retry WHERE campaign_id = %s", ledger)
    given.outcome(api, ledger, 1, "accepted", attempt=2, code=250)
    assert api.ok("POST", path, {"status": "5.7.1"}, status=202) == {
        "retried": 0}


def test_retried_deferred_by_reason(api, ledger):
    d = given.delivery_id(ledger, 5)
    api.sql("DELETE FROM outcome WHERE delivery_id = %s AND attempt = 2", d)
    api.sql("INSERT INTO retry VALUES (%s, %s, 2, now() + interval '1 hour',"
            " now())", d, ledger)
    path = f"/v1/campaigns/{ledger}/retry"
    for body, n in (({"all": True, "status": "4.7.*", "state": ["deferred"]}, 0),
                    ({"category": ["full"], "state": ["deferred"]}, 1)):
        assert api.ok("POST", path, body, status=202) == {"retried": n}


def test_more_time_for_a_retry(api, ledger):
    one = f"/v1/campaigns/{ledger}"
    api.sql("UPDATE campaign SET expires_at = now() - interval '1 hour'"
            " WHERE id = %s", ledger)
    body = {"category": ["blocked"]}
    answer = api.call("POST", one + "/retry", body)
    assert answer.status_code == 409
    assert "expires_after_s" in answer.json()["detail"]
    assert retried(api, ledger) == {}
    api.ok("POST", one + "/retry", body | {"expires_after_s": 3600},
           status=202)
    left = api.sql("SELECT extract(epoch FROM expires_at - now())"
                   " FROM campaign WHERE id = %s", ledger)[0][0]
    assert 3500 < left <= 3600
    # Never less.
    api.ok("POST", one + "/retry", body | {"expires_after_s": 60}, status=202)
    assert api.sql("SELECT expires_at > now() + interval '50 minutes'"
                   " FROM campaign WHERE id = %s", ledger)[0][0]


def test_retry_needs_the_right_status(api, ledger):
    for status, code in (("cancelled", 409), ("running", 202), ("paused", 202)):
        given.set_status(api, ledger, status)
        assert api.call("POST", f"/v1/campaigns/{ledger}/retry", {
            "all": True}).status_code == code


BAD_CHOICES = [
    ({}, ["delivery_ids"]),
    ({"all": False}, ["delivery_ids"]),
    ({"all": True, "delivery_ids": [1]}, ["delivery_ids"]),
    ({"state": ["failed"]}, ["delivery_ids"]),
    ({"category": ["spam"]}, ["category"]),
    ({"category": "blocked"}, ["category"]),
    ({"category": []}, ["category"]),
    ({"category": ["blocked"] * 11}, ["category"]),
    ({"scope": ["world"]}, ["scope"]),
    ({"status": "5.7.x"}, ["status"]),
    ({"status": ""}, ["status"]),
    ({"status": "5.7.1234567890"}, ["status"]),
    ({"all": True, "state": ["uncertain"]}, ["state"]),
    ({"all": True, "expires_after_s": 59}, ["expires_after_s"]),
    ({"all": True, "reason": "x"}, ["reason"]),
]


@pytest.mark.parametrize("body, fields", BAD_CHOICES,
                         ids=[str(row[0]) for row in BAD_CHOICES])
def test_bad_choices(api, body, fields):
    c = given.campaign(api)["id"]
    given.set_status(api, c, "running")
    assert api.refused("POST", f"/v1/campaigns/{c}/retry", body) == fields


def test_release_one_or_all(api, ledger):
    path = f"/v1/campaigns/{ledger}/release"
    given.outcome(api, ledger, 7, "uncertain", attempt=2)
    chosen = {"delivery_ids": [given.delivery_id(ledger, n) for n in (1, 6)]}
    assert api.ok("POST", path, chosen, status=202) == {"released": 1}
    assert retried(api, ledger) == {6: 2}
    assert api.ok("POST", path, {"all": True}, status=202) == {"released": 1}
    assert retried(api, ledger) == {6: 2, 7: 3}
    assert api.refused("POST", path, {"all": True, "category": ["blocked"]}) \
        == ["category"]


def test_a_copy_of_the_database_is_held(api):
    api.sql("INSERT INTO origin (identity) VALUES ('another/1')"
            " ON CONFLICT (one) DO UPDATE SET identity = 'another/1'")
    ready = api.get("/readyz", key=None)
    assert ready["status"] == "ready" and "adopt" in ready["sending"]
    api.sql("DELETE FROM origin")
    assert api.get("/readyz", key=None) == {"status": "ready"}
