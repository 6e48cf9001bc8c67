"""Messages that programs send one by one: the same ledger, sender and
journal as campaigns, and before them (S-075)."""

import collections
import email
import email.policy
import os
import signal
import threading
import time

import pytest
import requests

from sending import wait_for

TEMPLATE = {"name": "Receipt", "subject": "Order {{ order }}",
            "text": "Hello {{ name }}, {{ items.size }} things: {{ order }}"}
FROM = {"name": "Shop", "email": "shop@example.com"}


def envelope(api, port=25, **more):
    # `sending` has given its rows numbers of its own
    api.sql("SELECT setval('template_id_seq',"
            " (SELECT coalesce(max(id), 0) + 1 FROM template), false)")
    account = api.post("/v1/accounts", {
        "name": "Relay", "host": "127.0.0.1", "port": port, "tls": "none",
        "username": "", "auth": "auto"})["id"]
    return {"template_id": api.post("/v1/templates", TEMPLATE)["id"],
            "from": FROM, "return_path": "bounces@example.com",
            "account_ids": [account]} | more


def to(who, **data):
    return {"to": {"email": who, "name": "Ann"}, "data": data}


def put(api, common, who, **data):
    return api.post("/v1/messages", common | to(who, **data), 202)["id"]


def state(api, message):
    return api.get(f"/v1/messages/{message}")["state"]


def mails(sink):
    """What arrived, by the files of the sink."""
    return [email.message_from_bytes(p.read_bytes(),
                                     policy=email.policy.default)
            for p in sorted(sink.saved.iterdir())]


def saving_sink(sending, tmp_path, *options):
    sink = sending.sink("--dump", str(tmp_path), *options)
    sink.saved = tmp_path
    return sink


def test_one_arrives_and_says_so(sending, tmp_path):
    sink = saving_sink(sending, tmp_path)
    api = sending.api()
    common = envelope(api, sink.port)
    sending.sender()
    first = put(api, common, "ann@example.com", order="A-1", items=[1, 2])
    second = put(api, common, "ann@example.com", order="A-2", items=[])
    for message in (first, second):
        wait_for(lambda m=message: state(api, m) == "accepted")
    one, two = mails(sink)
    assert {one["Subject"], two["Subject"]} == {"Order A-1", "Order A-2"}
    for mail in (one, two):
        assert mail["List-Unsubscribe"] is None and mail["List-Id"] is None
        assert mail["List-Unsubscribe-Post"] is None
        assert mail["To"] == "Ann <ann@example.com>"
        assert ":transactional:" in mail["Feedback-ID"]
    assert "2 things: A-1" in one.get_content() + two.get_content()
    shown = api.get(f"/v1/messages/{second}")
    assert shown["attempts"] == 1 and shown["outcome"]["code"] == 250
    listed = api.get("/v1/messages?email=Ann@example.com")["data"]
    assert [m["id"] for m in listed] == [first, second]


def test_what_is_wrong_is_told_at_once(api):
    common = envelope(api)
    assert set(api.refused("POST", "/v1/messages", {})) == {
        "template_id", "from", "account_ids", "to"}
    assert api.refused("POST", "/v1/messages", common | {"messages": [
        to("a@example.com"), {"to": {"email": "nobody"}}]}) == [
            "messages[1].to.email"]
    assert set(api.refused("POST", "/v1/messages", common | to("a@example.com")
                           | {"template_id": 999, "account_ids": [999]})) == {
        "template_id", "account_ids"}
    assert api.refused("POST", "/v1/messages", common | {
        "messages": [to("a@example.com")] * 1001}) == ["messages"]
    assert api.value("SELECT count(*) FROM message") == 0
    api.ok("GET", "/v1/messages/1", status=404)
    api.ok("POST", "/v1/messages", common | to("a@example.com"), 403,
           key="read")


def test_a_key_sends_it_once(api):
    body = envelope(api) | {"messages": [to(f"k{n}@example.com")
                                         for n in range(1000)]}
    headers = {"Idempotency-Key": "batch"}
    first = api.post("/v1/messages", body, 202, headers=headers)["ids"]
    again = api.post("/v1/messages", body, 202, headers=headers)["ids"]
    assert first == again and len(set(first)) == 1000
    assert first == sorted(first)
    assert api.value("SELECT count(*) FROM message WHERE id = ANY (%s)",
                     first) == 1000


def test_who_was_erased_is_not_written_to(api):
    common = envelope(api)
    put(api, common, "gone@example.com")
    assert api.value("SELECT count(*) FROM message m JOIN contact c"
                     " ON c.id = contact_id WHERE email LIKE 'gone%'") == 1
    api.call("DELETE", "/v1/contacts/gone@example.com")
    assert api.value("SELECT count(*) FROM contact"
                     " WHERE email LIKE 'gone%'") == 0
    assert api.refused("POST", "/v1/messages", common
                       | to("gone@example.com")) == ["to.email"]


REASONS = ("unsubscribe", "complaint", "hard_bounce")


def test_suppressions_by_the_kind_of_mail(sending):
    """Four kinds of mail, three reasons."""
    sink = sending.sink()
    api = sending.api()
    common = envelope(api, sink.port)
    account, = common["account_ids"]
    for reason in REASONS:
        sending.sql("INSERT INTO contact (email, email_key) VALUES (%s, %s)",
                    f"{reason}@example.com", f"{reason}@example.com")
        sending.sql("INSERT INTO suppression (email_key, reason)"
                    " VALUES (%s, %s)", f"{reason}@example.com", reason)
    sent = {reason: put(api, common, f"{reason}@example.com")
            for reason in REASONS}
    marketing = sending.campaign(account)
    sending.sql("INSERT INTO membership (list_id, contact_id)"
                " SELECT 1, id FROM contact")
    sending.sender()
    wait_for(lambda: all(state(api, m) not in ("queued", "pending")
                         for m in sent.values()))
    sending.wait_finished(marketing)
    assert {r: state(api, m) for r, m in sent.items()} == {
        "unsubscribe": "accepted", "complaint": "suppressed",
        "hard_bounce": "suppressed"}
    purposes = {"campaign": False, "confirmation": True,
                "transactional": True}
    for purpose, despite in purposes.items():
        sending.sql("UPDATE campaign SET purpose = %s WHERE id = %s", purpose,
                    marketing)
        assert sending.value("SELECT despite_opt_out(%s)",
                             marketing) is despite
    assert sink.copies() == {"unsubscribe@example.com": 1}
    # A test message is refused.
    draft = api.post("/v1/campaigns", {
        "name": "T", "from": FROM, "template_id": common["template_id"],
        "account_ids": [account]})["id"]
    for reason in REASONS:
        assert api.refused("POST", f"/v1/campaigns/{draft}/test",
                           {"to": [f"{reason}@example.com"]}) == ["to"]
    assert sink.copies() == {"unsubscribe@example.com": 1}


def test_before_a_campaign_that_runs(sending):
    """Its account may send twenty a second, the campaign would take long."""
    sink = sending.sink()
    api = sending.api()
    common = envelope(api, sink.port)
    account, = common["account_ids"]
    api.ok("PATCH", f"/v1/accounts/{account}", {"per_second": 20})
    sending.contacts(1000)
    campaign = sending.campaign(account)
    sending.sender()
    wait_for(lambda: sending.recorded() > 20)
    began = time.time()
    message = put(api, common, "now@example.com", order="1")
    wait_for(lambda: state(api, message) == "accepted", 20)
    took = time.time() - began
    assert sending.status(campaign) == "running"
    assert took < 10, took


def test_a_template_that_changes(sending, tmp_path):
    sink = saving_sink(sending, tmp_path)
    api = sending.api()
    common = envelope(api, sink.port)
    sending.sender()
    first = put(api, common, "ann@example.com", order="A-1")
    wait_for(lambda: state(api, first) == "accepted")
    api.ok("PATCH", f"/v1/templates/{common['template_id']}",
           {"subject": "Your order {{ order }}"})
    second = put(api, common, "ann@example.com", order="A-2")
    wait_for(lambda: state(api, second) == "accepted")
    assert {m["Subject"] for m in mails(sink)} == {"Order A-1",
                                                   "Your order A-2"}


class Crowd:
    """Posts while the API comes and goes; knows what was acknowledged."""

    def __init__(self, api, common, count):
        self.api, self.common, self.count = api, common, count
        self.acknowledged, self.stop = {}, False
        self.threads = [threading.Thread(target=self.post, args=(n,))
                        for n in range(4)]
        for thread in self.threads:
            thread.start()

    def post(self, thread):
        for n in range(self.count):
            self.post_one(f"p{thread}-{n}@example.com")

    def post_one(self, who):
        """As a program does that wants it sent once: until it is told."""
        headers = {"Authorization": f"Bearer {self.api.keys['admin']}",
                   "Idempotency-Key": who}
        while not self.stop:
            try:
                r = requests.post(f"{self.api.url}/v1/messages", timeout=10,
                                  json=self.common | to(who, order=who),
                                  headers=headers)
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if r.status_code == 202:
                self.acknowledged[who] = r.json()["id"]
                return
            assert r.status_code in (409, 503), r.text

    def join(self):
        for thread in self.threads:
            thread.join(120)
        assert len(self.acknowledged) == 4 * self.count


def test_kill_9_of_api_and_sender(sending):
    """Nothing that was acknowledged is lost, nothing is sent twice; what was
    on the wire when a sender died may be uncertain, and is no loss."""
    sending.kills = True
    sink = sending.sink("--delay-ms", "20")
    api = sending.api()
    common = envelope(api, sink.port)
    sender = sending.sender()
    crowd = Crowd(api, common, 60)
    try:
        for _ in range(3):
            time.sleep(0.7)
            api.process.kill()
            api.process.wait()
            api.start_api()
            for child in sending.children(sender):
                os.kill(child, signal.SIGKILL)
        crowd.join()
    finally:
        crowd.stop = True
    wait_for(lambda: sending.value(
        "SELECT count(*) FROM message m LEFT JOIN delivery_newest o"
        " USING (delivery_id) WHERE o.state IS NULL OR o.state NOT IN"
        " ('accepted', 'uncertain')") == 0, 120)
    copies = sink.copies()
    states = collections.Counter(row[0] for row in sending.sql(
        "SELECT state::text FROM delivery_newest"))
    counts = {"acknowledged": len(crowd.acknowledged),
              "rows": sending.value("SELECT count(*) FROM message"),
              "sent": len(copies), "doubled": sum(
                  n > 1 for n in copies.values()), **states}
    print(counts)
    assert counts["rows"] == counts["acknowledged"] == 240
    assert counts["doubled"] == 0
    lost = set(crowd.acknowledged) - set(copies) - sending.addresses(
        "uncertain")
    assert not lost, lost
