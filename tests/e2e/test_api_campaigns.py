"""Campaigns: drafts, what a start needs, and which steps are legal."""

import datetime
import json
import threading
import time

import pytest

import given

STATUSES = ("draft", "scheduled", "running", "paused", "finished",
            "cancelled")


def test_the_smallest_draft(api):
    made = api.post("/v1/campaigns", {"name": "C", "from": {
        "email": "News@EXAMPLE.com"}})
    assert made["status"] == "draft" and made["from"] == {
        "name": "", "email": "News@example.com"}
    assert made["list_ids"] == made["account_ids"] == made["accounts"] == []
    assert made["template_id"] is made["return_path"] is None
    assert made["on_uncertain"] == "hold" and made["expires_after_s"] == 259200
    assert made["counts"] == {"audience": 0, "reached": 0, "retrying": 0}
    assert api.get(f"/v1/campaigns/{made['id']}") == made


def test_a_full_draft(api):
    lists = [given.mailing_list(api) for _ in range(3)]
    accounts = [given.account(api) for _ in range(2)]
    said = {"name": "Autumn", "list_ids": lists[:2], "segment_ids": [],
            "exclude_list_ids": lists[2:], "exclude_segment_ids": [],
            "template_id": given.template(api), "account_ids": accounts,
            "from": {"name": "Jürgen's News", "email": "news@example.com"},
            "reply_to": "answers@example.com", "reply_token": True,
            "return_path": "bounces@example.com", "track_opens": True,
            "track_clicks": True, "missing": "default",
            "defaults": {"first_name": "friend"},
            "utm": {"source": "news", "medium": "email"},
            "postal_address": "1 Main Street", "on_uncertain": "resend",
            "expires_after_s": 60, "stop_on_reply": True,
            "exclude_replied_to": [given.campaign(api)["id"]]}
    made = api.post("/v1/campaigns", said)
    assert {k: made[k] for k in said} == said
    kept = api.ok("PATCH", f"/v1/campaigns/{made['id']}", {"name": "Winter"})
    assert kept["stop_on_reply"]
    assert kept["exclude_replied_to"] == said["exclude_replied_to"]
    assert [a["state"] for a in made["accounts"]] == ["active", "active"]


NAUGHTY = [
    ("no name", {"name": None}, ["name"]),
    ("name with a line end", {"name": "a\r\nb"}, ["name"]),
    ("no sender", {"from": None}, ["from"]),
    ("sender as text", {"from": "a@example.com"}, ["from"]),
    ("sender without address", {"from": {"name": "N"}}, ["from.email"]),
    ("two senders", {"from": {"email": "a@example.com, b@example.com"}}, ["from.email"]),
    ("sender with a name in it", {"from": {"email": "N <a@example.com>"}}, ["from.email"]),
    ("a merge field as sender", {"from": {"email": "{{x}}@example.com"}}, ["from.email"]),
    ("a merge field as name", {"from": {"name": "{{ x }}", "email": "a@example.com"}}, ["from.name"]),
    ("a tag in the name", {"from": {"name": "{% if x %}", "email": "a@example.com"}}, ["from.name"]),
    ("a header in the name", {"from": {"name": "N\r\nBcc: x@example.com", "email": "a@example.com"}}, ["from.name"]),
    ("a line separator in the name", {"from": {"name": "N\u2028Bcc: x", "email": "a@example.com"}}, ["from.name"]),
    ("a next line in the name", {"from": {"name": "N\u0085Bcc: x", "email": "a@example.com"}}, ["from.name"]),
    ("a field more in from", {"from": {"email": "a@example.com", "title": "x"}}, ["from.title"]),
    ("a merge field as reply_to", {"reply_to": "{{x}}@example.com"}, ["reply_to"]),
    ("two reply_to", {"reply_to": "a@example.com,b@example.com"}, ["reply_to"]),
    ("a merge field as return_path", {"return_path": "b{%x%}@example.com"}, ["return_path"]),
    ("a command in return_path", {"return_path": "a@b.example>\r\nRCPT TO:<c@d.example"}, ["return_path"]),
    ("return_path without room", {"return_path": "b" * 30 + "@example.com"}, ["return_path"]),
    ("reply token without room", {"reply_token": True, "reply_to": "b" * 30 + "@example.com"}, ["reply_to"]),
    ("list_ids as a number", {"list_ids": 1}, ["list_ids"]),
    ("list_ids of text", {"list_ids": ["1"]}, ["list_ids"]),
    ("a list twice", {"list_ids": [1, 1]}, ["list_ids"]),
    ("list 0", {"list_ids": [0]}, ["list_ids"]),
    ("too many lists", {"list_ids": list(range(1, 1002))}, ["list_ids"]),
    ("no such list", {"list_ids": [999999]}, ["list_ids"]),
    ("no such excluded list", {"exclude_list_ids": [999999]}, ["exclude_list_ids"]),
    ("no such campaign", {"exclude_replied_to": [999999]}, ["exclude_replied_to"]),
    ("stop_on_reply as text", {"stop_on_reply": "yes"}, ["stop_on_reply"]),
    ("no such account", {"account_ids": [999999]}, ["account_ids"]),
    ("no such template", {"template_id": 999999}, ["template_id"]),
    ("template 0", {"template_id": 0}, ["template_id"]),
    ("no such segment", {"segment_ids": [99]}, ["segment_ids"]),
    ("no such excluded segment", {"exclude_segment_ids": [99]}, ["exclude_segment_ids"]),
    ("resend of nothing", {"resend": {}}, ["resend.campaign_id", "resend.to"]),
    ("no such resend", {"resend": {"campaign_id": 1, "to": "all"}}, ["resend.to"]),
    ("resend of none", {"resend": {"campaign_id": 10**6, "to": "not_sent"}},
     ["resend.campaign_id"]),
    ("cap of nothing", {"frequency_cap": {"days": 0}},
     ["frequency_cap.messages", "frequency_cap.days"]),
    ("tracking as text", {"track_opens": "no"}, ["track_opens"]),
    ("no such policy", {"on_uncertain": "drop"}, ["on_uncertain"]),
    ("expires too soon", {"expires_after_s": 59}, ["expires_after_s"]),
    ("expires too late", {"expires_after_s": 2592001}, ["expires_after_s"]),
    ("a status", {"status": "running"}, ["status"]),
    ("an id", {"id": 5}, ["id"]),
]


@pytest.mark.parametrize("label, change, fields", NAUGHTY,
                         ids=[row[0] for row in NAUGHTY])
def test_bad_drafts(api, label, change, fields):
    body = {"name": "C", "from": given.FROM} | change
    body = {k: v for k, v in body.items() if v is not None}
    assert api.refused("POST", "/v1/campaigns", body) == fields
    if change and None not in change.values():
        draft = api.post("/v1/campaigns", {"name": "C", "from": given.FROM})
        one = f"/v1/campaigns/{draft['id']}"
        if fields != ["from.email"] or "email" in change["from"]:
            assert api.refused("PATCH", one, change) == fields
        assert api.get(one)["updated_at"] == draft["updated_at"]


def test_a_list_in_and_out(api):
    one = given.mailing_list(api)
    body = {"name": "C", "from": given.FROM, "list_ids": [one],
            "exclude_list_ids": [one]}
    assert api.refused("POST", "/v1/campaigns", body) == ["exclude_list_ids"]
    draft = api.post("/v1/campaigns", body | {"exclude_list_ids": []})
    assert api.refused("PATCH", f"/v1/campaigns/{draft['id']}", {
        "exclude_list_ids": [one]}) == ["exclude_list_ids"]
    moved = api.ok("PATCH", f"/v1/campaigns/{draft['id']}", {
        "list_ids": [], "exclude_list_ids": [one]})
    assert (moved["list_ids"], moved["exclude_list_ids"]) == ([], [one])


def test_change_keeps_what_is_not_said(api):
    draft = given.campaign(api, reply_to="r@example.com",
                           return_path="b@example.com", reply_token=True,
                           expires_after_s=3600, on_uncertain="resend")
    one = f"/v1/campaigns/{draft['id']}"
    changed = api.ok("PATCH", one, {"name": "Other", "from": {"name": "N"}})
    assert changed["from"] == {"name": "N", "email": given.FROM["email"]}
    assert changed | {"name": 0, "from": 0, "updated_at": 0} == \
        draft | {"name": 0, "from": 0, "updated_at": 0}
    bare = api.ok("PATCH", one, {
        "template_id": None, "reply_to": None, "return_path": None,
        "reply_token": False, "list_ids": [], "account_ids": []})
    assert bare["template_id"] is bare["reply_to"] is bare["return_path"] is None
    assert bare["list_ids"] == bare["account_ids"] == []


def test_only_drafts_change_and_go(api):
    for status in STATUSES[1:]:
        one = f"/v1/campaigns/{given.campaign(api)['id']}"
        given.set_status(api, one.rsplit("/", 1)[1], status)
        for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
            answer = api.call(method, one, body)
            assert answer.status_code == 409
            assert status in answer.json()["detail"]
    draft = given.campaign(api)
    api.ok("DELETE", f"/v1/campaigns/{draft['id']}", status=204)
    api.refused("GET", f"/v1/campaigns/{draft['id']}", status=404)
    api.ok("DELETE", f"/v1/lists/{draft['list_ids'][0]}", status=204)


def test_pages_and_filter(api):
    made = [given.campaign(api)["id"] for _ in range(3)]
    given.set_status(api, made[1], "finished")
    finished = api.get("/v1/campaigns?status=finished&limit=500")["data"]
    assert made[1] in [c["id"] for c in finished]
    assert {c["status"] for c in finished} == {"finished"}
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get("/v1/campaigns?limit=2" + cursor)
        seen += [c["id"] for c in page["data"]]
        cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
    assert seen == sorted(set(seen)) and set(made) <= set(seen)
    assert api.refused("GET", "/v1/campaigns?status=new") == ["status"]
    assert api.refused("GET", "/v1/campaigns?state=draft") == ["state"]
    assert api.refused("GET", "/v1/campaigns?limit=501") == ["limit"]
    assert api.refused("GET", "/v1/campaigns?cursor=x") == ["cursor"]


# What may follow what: action, the statuses that it may start from, and
# where it leads.
ACTIONS = {
    "start": (("draft", "scheduled"), 202, "scheduled"),
    "schedule": (("draft", "scheduled"), 200, "scheduled"),
    "pause": (("scheduled", "running"), 200, "paused"),
    "resume": (("paused",), 200, None),
    "cancel": (("scheduled", "running", "paused"), 200, "cancelled"),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("action", ACTIONS)
def test_transitions(api, action, status):
    legal, code, leads_to = ACTIONS[action]
    one = f"/v1/campaigns/{given.campaign(api)['id']}"
    given.set_status(api, one.rsplit("/", 1)[1], status)
    body = {"at": "2036-01-01T00:00:00Z"} if action == "schedule" else None
    answer = api.call("POST", f"{one}/{action}", body, key="write")
    if status not in legal:
        assert answer.status_code == 409
        assert status in answer.json()["detail"]
        assert api.get(one)["status"] == status
        return
    assert answer.status_code == code, answer.text
    if leads_to is not None:
        assert answer.json()["status"] == leads_to
    assert api.get(one) == answer.json()


def test_resume_goes_where_it_was(api):
    for audience, status in ((None, "scheduled"), (0, "running")):
        c = given.campaign(api)["id"]
        api.sql("UPDATE campaign SET status = 'paused', audience = %s,"
                " scheduled_at = '2036-01-01' WHERE id = %s", audience, c)
        resumed = api.ok("POST", f"/v1/campaigns/{c}/resume")
        assert resumed["status"] == status
        assert resumed["scheduled_at"].startswith("2036-01-01")


def test_start_is_now(api):
    c = given.campaign(api)["id"]
    started = api.post(f"/v1/campaigns/{c}/start", {}, status=202)
    at = datetime.datetime.fromisoformat(started["scheduled_at"])
    assert abs(at.timestamp() - time.time()) < 10
    api.refused("GET", "/v1/campaigns/999999", status=404)
    for action in ACTIONS:
        body = {"at": "2036-01-01T00:00:00Z"} if action == "schedule" else {}
        api.refused("POST", f"/v1/campaigns/999999/{action}", body, status=404)
        api.refused("POST", f"/v1/campaigns/{c}/{action}", body, status=403,
                    key="read")
        fields = api.refused("POST", f"/v1/campaigns/{c}/{action}",
                             body | {"force": True})
        assert fields == ["force"]


def test_start_tells_all_that_is_missing(api):
    c = api.post("/v1/campaigns", {"name": "C", "from": given.FROM})["id"]
    wanted = ["account_ids", "list_ids", "template_id"]
    for action, body in (("start", {}), ("schedule",
                                         {"at": "2036-01-01T00:00:00Z"})):
        fields = api.refused("POST", f"/v1/campaigns/{c}/{action}", body)
        assert sorted(fields) == wanted
    assert api.get(f"/v1/campaigns/{c}")["status"] == "draft"


@pytest.mark.parametrize("subject, text", [("", "Text"), ("Subject", "")])
def test_start_needs_a_whole_template(api, subject, text):
    made = given.campaign(api)
    api.sql("UPDATE template SET subject = %s, html = '', text = %s"
            " WHERE id = %s", subject, text, made["template_id"])
    one = f"/v1/campaigns/{made['id']}"
    assert api.refused("POST", f"{one}/start") == ["template_id"]
    assert api.refused("POST", f"{one}/test", {"to": ["a@example.com"]}) == \
        ["template_id"]


@pytest.mark.parametrize("at, right", [
    ("2036-01-01T09:00:00Z", True),
    ("2036-01-01T09:00:00+02:00", True),
    (lambda: time.time() - 30, True),
    (lambda: time.time() - 120, False),
    ("2020-01-01T00:00:00Z", False),
    ("2036-01-01", False),
    ("2036-01-01T09:00:00", False),
    ("tomorrow", False),
    (1999999999, False),
    (None, False),
])
def test_schedule(api, at, right):
    if callable(at):
        at = datetime.datetime.fromtimestamp(
            at(), datetime.timezone.utc).isoformat()
    one = f"/v1/campaigns/{given.campaign(api)['id']}"
    if not right:
        assert api.refused("POST", f"{one}/schedule", {"at": at}) == ["at"]
        return
    scheduled = api.ok("POST", f"{one}/schedule", {"at": at})
    assert datetime.datetime.fromisoformat(scheduled["scheduled_at"]) == \
        datetime.datetime.fromisoformat(at)
    later = api.ok("POST", f"{one}/schedule", {"at": "2037-01-01T00:00:00Z"})
    assert later["scheduled_at"].startswith("2037")


def test_schedule_needs_a_time(api):
    one = f"/v1/campaigns/{given.campaign(api)['id']}"
    assert api.refused("POST", f"{one}/schedule", {}) == ["at"]
    api.refused("POST", f"{one}/schedule", status=415)


def test_two_starts_at_once(api):
    """One of them wins; nobody sees an error of the server."""
    c = given.campaign(api)["id"]
    codes = []

    def start():
        codes.append(api.call("POST", f"/v1/campaigns/{c}/start").status_code)
    threads = [threading.Thread(target=start) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert set(codes) == {202}


def test_start_once_by_its_key(api):
    c = given.campaign(api)["id"]
    key = {"Idempotency-Key": f"start {c}"}
    first = api.post(f"/v1/campaigns/{c}/start", {}, 202, headers=key)
    given.set_status(api, c, "running")
    again = api.call("POST", f"/v1/campaigns/{c}/start", {}, headers=key)
    assert again.status_code == 202 and again.json() == first
    assert again.headers["Idempotency-Replayed"] == "true"


def play_sender(api, c, results):
    """Takes the test messages of a campaign as a sender does."""
    def run():
        tasks = []
        while len(tasks) < len(results):
            tasks = api.sql("SELECT id FROM task WHERE campaign_id = %s"
                            " ORDER BY id", c)
            time.sleep(0.02)
        for (task,), result in zip(tasks, results):
            if result is not None:
                api.sql("UPDATE task SET state = 'done', result = %s,"
                        " finished_at = now() WHERE id = %s",
                        json.dumps(result), task)
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_test_messages(api):
    c = given.campaign(api)["id"]
    steps = [{"name": "rcpt", "ok": False, "detail": "550 5.1.1 no"}]
    thread = play_sender(api, c, [{"ok": True, "steps": []},
                                  {"ok": False, "steps": steps}])
    answer = api.post(f"/v1/campaigns/{c}/test", {
        "to": ["Ann@EXAMPLE.com", "b@example.com"]}, status=200, key="write")
    thread.join()
    assert answer["ok"] is False
    assert [(r["to"], r["ok"], r["state"]) for r in answer["results"]] == [
        ("Ann@example.com", True, "done"), ("b@example.com", False, "done")]
    assert answer["results"][1]["steps"] == steps


def test_test_messages_that_nobody_takes(api):
    c = given.campaign(api)["id"]
    answer = api.post(f"/v1/campaigns/{c}/test", {"to": ["a@example.com"]},
                      status=202)
    assert answer["ok"] is False
    assert answer["results"][0]["state"] == "queued"


@pytest.mark.parametrize("to", [
    None, [], "a@example.com", ["nobody"], ["a@example.com", 5],
    ["a@example.com\r\nRCPT TO:<b@example.com>"],
    [f"a{n}@example.com" for n in range(11)],
])
def test_bad_test_addresses(api, to):
    c = given.campaign(api)["id"]
    body = {} if to is None else {"to": to}
    assert api.refused("POST", f"/v1/campaigns/{c}/test", body) == ["to"]
    assert api.value("SELECT count(*) FROM task WHERE campaign_id = %s", c) == 0


def test_no_test_to_who_is_suppressed(api):
    c = given.campaign(api)["id"]
    api.post("/v1/suppressions", {"email": "never@example.com"})
    fields = api.refused("POST", f"/v1/campaigns/{c}/test", {
        "to": ["a@example.com", "NEVER@example.com"]})
    assert fields == ["to"]
    assert api.value("SELECT count(*) FROM task WHERE campaign_id = %s", c) == 0
    api.refused("POST", "/v1/campaigns/999999/test",
                {"to": ["a@example.com"]}, status=404)
