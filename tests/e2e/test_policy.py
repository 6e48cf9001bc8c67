"""Who is not mailed any more because of what came back: strikes that decay
(R-071), the circuit breaker (R-083), what people want, and its undoing."""

import time

import pytest

import given
from polling import Polling
from whole import wait_for

DAY = 86400


class Person:
    """A contact, and what happened to mail to it so many days ago."""

    def __init__(self, api):
        self.api = api
        self.email = f"strike{next(given.COUNT)}@example.com"
        self.id = given.contact(api, self.email)

    def delivery(self, days=40):
        c = given.frozen(self.api, [self.id])
        self.api.sql("UPDATE campaign SET started_at = now() - %s * interval"
                     " '1 day' WHERE id = %s", days, c)
        return c

    def event(self, c, kind, days, **more):
        given.event(self.api, c, 1, kind, contact_id=self.id, **more)
        self.api.sql("UPDATE event SET at = now() - %s * interval '1 day'"
                     " WHERE delivery_id = %s AND kind = %s", days,
                     given.delivery_id(c, 1), kind)

    def outcome(self, c, state, days):
        given.outcome(self.api, c, 1, state)
        self.api.sql("UPDATE outcome SET at = now() - %s * interval '1 day'"
                     " WHERE delivery_id = %s", days, given.delivery_id(c, 1))

    def bounce(self, days, tried=None, category="full", scope="recipient",
               status="5.2.2", type="soft", code="552"):
        c = self.delivery()
        self.outcome(c, "accepted", days + 0.01 if tried is None else tried)
        self.event(c, "bounce", days, type=type, category=category,
                   status=status,
                   data=f'{{"scope": "{scope}", "code": {code}}}')

    def bare(self, days):
        self.bounce(days, category="unknown", status=None, code="550")

    def accepted(self, days, back=None):
        c = self.delivery()
        self.outcome(c, "accepted", days)
        if back is not None:
            self.event(c, "bounce", back, type="block", category="content")

    def happened(self, days, kind, source="link", data="{}"):
        self.event(self.delivery(), kind, days, source=source, data=data)

    def strikes(self):
        found = self.api.value("SELECT soft_strikes(%s)", self.id)
        return len(found) if found else 0


@pytest.mark.parametrize("label, history, strikes", [
    ("nothing", [], 0),
    ("two", [("bounce", 2), ("bounce", 0)], 0),
    ("three, a day apart", [("bounce", 3), ("bounce", 1.5), ("bounce", 0)], 3),
    ("three on one day", [("bounce", .4), ("bounce", .2), ("bounce", 0)], 0),
    ("many on two days", [("bounce", d) for d in (1.2, 1.1, 1, .2, 0)], 0),
    ("four, of which three", [("bounce", d) for d in (3, 2.9, 1.5, 0)], 4),
    ("the first is long ago", [("bounce", d) for d in (31, 2, 0)], 0),
    ("and yet three", [("bounce", d) for d in (31, 29, 2, 0)], 3),
    ("technical and unknown count",
     [("bounce", 3, None, "technical"), ("bounce", 2, None, "unknown"),
      ("bounce", 0)], 3),
    ("throttled does not",
     [("bounce", 3), ("bounce", 2, None, "throttled"), ("bounce", 0)], 0),
    ("another's fault",
     [("bounce", 3), ("bounce", 2, None, "full", "account"),
      ("bounce", 0)], 0),
    ("a block",
     [("bounce", 3), ("bounce", 2, None, "content", "recipient", "5.7.1",
                      "block"), ("bounce", 0)], 0),
    ("two bare refusals within a week", [("bare", 6), ("bare", 0)], 0),
    ("two bare refusals a week apart", [("bare", 7.1), ("bare", 0)], 2),
    ("one with a status, one without", [("bare", 8), ("bounce", 0)], 0),
    ("an answer between",
     [("bounce", 9), ("bounce", 6), ("happened", 5, "reply", "mail"),
      ("bounce", 2), ("bounce", 0)], 0),
    ("three since the answer",
     [("bounce", 9), ("happened", 5, "reply", "mail"), ("bounce", 4),
      ("bounce", 2), ("bounce", 0)], 3),
    ("an open", [("bounce", 9), ("bounce", 6), ("happened", 5, "open"),
                 ("bounce", 0)], 0),
    ("an open by a program",
     [("bounce", 9), ("bounce", 6), ("happened", 5, "open", "prefetch"),
      ("bounce", 0)], 3),
    ("a click", [("bounce", 9), ("bounce", 6), ("happened", 5, "click"),
                 ("bounce", 0)], 0),
    ("delivered between", [("bounce", 9), ("bounce", 6), ("accepted", 5),
                           ("bounce", 0)], 0),
    ("accepted, but it came back",
     [("bounce", 9), ("bounce", 6), ("accepted", 5, 4), ("bounce", 0)], 3),
    ("accepted, and may still come back",
     [("bounce", 9), ("bounce", 6), ("bounce", 0, 5.5), ("accepted", 5)], 3),
    ("taken back by a person",
     [("bounce", 9), ("bounce", 6),
      ("happened", 5, "suppression_removed", "api",
       '{"reason": "soft_bounces"}'), ("bounce", 0)], 0),
])
def test_strikes(api, label, history, strikes):
    person = Person(api)
    for what, *args in history:
        getattr(person, what)(*args)
    assert person.strikes() == strikes, label


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def suppressions(scene):
    return sorted(scene.sql("SELECT email_key, list_id, reason"
                            " FROM suppression"))


def inbox(scene):
    """A folder that is being read, and its mailbox."""
    folder = scene.folder()
    mailbox = scene.mailbox(folder)
    scene.poller()
    scene.wait_polled(mailbox)
    return folder, mailbox


def feed(scene, folder, mailbox, *messages, **more):
    """Until they are read."""
    before = scene.read()
    folder.add(*messages, **more)
    wait_for(lambda: scene.read() == before + len(messages), 30)


def again(scene, n, campaign):
    """Person n is in another campaign, too; the token of that mail."""
    delivery = given.delivery_id(campaign, n)
    scene.sql("INSERT INTO delivery VALUES (%s, %s, %s, 1)", delivery,
              campaign, n)
    return f"bounces+{given.token(scene, delivery)}@example.test"


FULL = {"status": "5.2.2", "diagnostic": "552 5.2.2 mailbox is full"}


def test_three_reports(scene):
    """Dated when they came, not when they were read; undone for good."""
    scene.deliveries(2)
    folder, box = inbox(scene)
    ways = [scene.return_path(1)] + [again(scene, 1, c) for c in range(8, 12)]
    for days, way in zip((3, 1.5), ways):
        feed(scene, folder, box, scene.dsn(1, to=way, **FULL),
             at=time.time() - days * DAY)
    feed(scene, folder, box, scene.dsn(2, **FULL))
    assert suppressions(scene) == []
    feed(scene, folder, box, scene.dsn(1, to=ways[2], **FULL))
    assert suppressions(scene) == [
        ("user1@example.com", None, "soft_bounces")]
    one = scene.get("/v1/suppressions")["data"][0]
    strikes = one["evidence"]["strikes"]
    assert [s["category"] for s in strikes] == ["full"] * 3
    found = scene.get(f"/v1/inbound/{strikes[0]['inbound_id']}")
    assert found["class"] == "bounce" and "552 5.2.2" in found["raw"]
    assert scene.get(f"/v1/inbound/{found['id']}", key="write")["raw"] is None
    scene.ok("DELETE", f"/v1/suppressions/{one['id']}", status=204)
    feed(scene, folder, box, scene.dsn(1, to=ways[3], **FULL))
    assert suppressions(scene) == []


def feedback(scene, n, kind, to="abuse@example.test"):
    return (
        f"From: fbl@provider.test\nTo: {to}\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report;\n"
        " boundary=b\n\n--b\n\nSpam.\n--b\n"
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\n"
        f"Original-Mail-From: <{scene.return_path(n)}>\n\n--b--\n")


def test_complaint_and_not_spam(scene):
    scene.deliveries(2)
    folder, box = inbox(scene)
    feed(scene, folder, box, *[feedback(scene, n, "abuse") for n in (1, 2)])
    assert [s[0] for s in suppressions(scene)] == [
        "user1@example.com", "user2@example.com"]
    feed(scene, folder, box, feedback(scene, 1, "not-spam"))
    assert suppressions(scene) == [("user2@example.com", None, "complaint")]
    event = scene.get("/v1/events?kind=suppression_removed")["data"][0]
    assert event["source"] == "mail" and event["inbound_id"] is not None


def wish(scene, n, **more):
    """What a mail program sends for somebody who leaves."""
    return (f"From: {more.get('sender', f'user{n}@example.com')}\n"
            f"To: {more.get('to', 'news@example.test')}\nSubject: unsubscribe\n"
            f"In-Reply-To: <{more.get('token', 'x')}@example.com>\n\n\n")


def test_unsubscribe_by_mail(scene):
    """S-076: the token counts, or the address with the thread; no other."""
    scene.deliveries(4)
    list_of(scene, 4)
    folder, box = inbox(scene)
    feed(scene, folder, box,
         wish(scene, 1, to=f"news+{scene.token(1)}@example.test",
              sender="another@example.test"),
         wish(scene, 2, token=scene.token(2)),
         wish(scene, 3, token=scene.token(3), sender="another@example.test"),
         wish(scene, 4))
    assert suppressions(scene) == [
        ("user1@example.com", 1, "unsubscribe"),
        ("user2@example.com", 1, "unsubscribe")]
    assert scene.sql("SELECT delivery_id & 4294967295, source FROM event"
                     " WHERE kind = 'unsubscribe' ORDER BY 1") == [
        (1, "mail"), (2, "mail")]


def test_evidence(scene):
    """Every suppression shows which mail led to it, by which rule, and what
    that said; undone, it is known by whom."""
    scene.deliveries(4)
    list_of(scene, 4)
    folder, box = inbox(scene)
    feed(scene, folder, box, scene.dsn(1), feedback(scene, 2, "abuse"),
         scene.reply(3, "Unsubscribe",
                     To=f"news+{scene.token(3)}@example.test"))
    found = {s["email"]: s for s in scene.get("/v1/suppressions")["data"]}
    rows = {r["delivery_id"]: r for r in scene.get("/v1/inbound")["data"]}
    assert len(found) == 3
    for s in found.values():
        mail = rows[s["delivery_id"]]
        assert s["evidence"]["inbound_id"] == mail["id"]
        assert s["evidence"]["rule"] == mail["rule"] != ""
    evidence = {n: found[f"user{n}@example.com"]["evidence"]
                for n in (1, 2, 3)}
    assert evidence[1]["status"] == "5.1.1"
    assert "no such user" in evidence[1]["diagnostic"]
    assert evidence[2]["feedback_type"] == "abuse"
    assert evidence[3]["excerpt"] == "Unsubscribe"
    for s in found.values():
        scene.ok("DELETE", f"/v1/suppressions/{s['id']}", status=204)
    undone = scene.get("/v1/events?kind=suppression_removed")["data"]
    assert [e["data"]["evidence"] for e in undone] == [
        s["evidence"] for s in found.values()]
    assert all(e["data"]["api_key_id"] for e in undone)
    assert suppressions(scene) == []


def test_raw_is_forgotten(scene):
    """R-072: after its time, by the key of an index."""
    scene.deliveries(2)
    folder, box = inbox(scene)
    feed(scene, folder, box, scene.dsn(1), scene.dsn(2))
    scene.end(scene.pollers[0])
    assert scene.value("SELECT count(*) FROM inbound WHERE raw_until BETWEEN"
                       " now() + interval '29 days' AND now()"
                       " + interval '31 days'") == 2
    scene.sql("UPDATE inbound SET raw_until = now() WHERE uid = 1")
    scene.poller()
    wait_for(lambda: [r["has_raw"] for r in scene.get("/v1/inbound")["data"]]
             == [False, True])
    assert len(suppressions(scene)) == 2
    scene.sql("SET enable_seqscan TO off")
    assert "inbound_raw_until" in str(scene.sql(
        "EXPLAIN SELECT id FROM inbound WHERE raw_until < now()"
        " AND raw IS NOT NULL"))


def forged(scene, n):
    """A report of somebody who knows an address, but no mail of ours."""
    return scene.dsn(n, to=f"bounces+{'a' * 33}{n % 7}@example.test")


def test_forged_reports(scene):
    """R-080: 1,000 forged reports that name real subscribers suppress 0."""
    scene.deliveries(1000)
    folder, box = inbox(scene)
    feed(scene, folder, box, *[forged(scene, n) for n in range(1, 1001)])
    assert suppressions(scene) == []
    assert scene.value("SELECT count(*) FROM event") == 0
    page = scene.get("/v1/inbound?attributed=false&class=bounce&limit=500")
    assert len(page["data"]) == 500 and page["next_cursor"]
    assert scene.get("/v1/inbound?attributed=true")["data"] == []


def test_reports_that_look_alike(scene):
    """R-009: same From, Subject and Date, no Message-ID; 1,000 events."""
    scene.deliveries(1000)
    folder, box = inbox(scene)
    reports = [scene.dsn(n).replace(f"id {n:08d}", "id 1")
               for n in range(1, 1001)]
    assert not any("Message-ID" in r for r in reports)
    feed(scene, folder, box, *reports)
    assert scene.bounced() == 1000
    assert len(suppressions(scene)) == 1000  # of no list that there is


def test_replayed_report(scene):
    """R-081: one report 1,000 times, differently wrapped, is one bounce."""
    scene.deliveries(1)
    folder, box = inbox(scene)
    feed(scene, folder, box, *[f"X-Copy: {n}\n{scene.dsn(1)}"
                               for n in range(1000)])
    assert scene.value("SELECT count(*) FROM event") == 1
    assert len(suppressions(scene)) == 1


def list_of(scene, members):
    """List 1, that all deliveries are of."""
    scene.sql("INSERT INTO list (id, name) OVERRIDING SYSTEM VALUE"
              " VALUES (1, 'People')")
    scene.sql("INSERT INTO membership (list_id, contact_id)"
              " SELECT 1, id FROM contact WHERE id <= %s", members)


def test_breaker(scene):
    """R-083: of 1,500 members 30 pass, the others wait for a person."""
    scene.deliveries(1500)
    list_of(scene, 1500)
    folder, box = inbox(scene)
    feed(scene, folder, box, *[scene.dsn(n) for n in range(1, 30)])
    assert len(suppressions(scene)) == 29
    assert scene.get("/v1/lists/1")["held"] == 0
    assert scene.get("/v1/events?kind=alert")["data"] == []
    feed(scene, folder, box, *[scene.dsn(n) for n in range(30, 101)])
    assert len(suppressions(scene)) == 30 and scene.bounced() == 100
    assert scene.get("/v1/lists/1")["held"] == 70
    alert, = scene.get("/v1/events?kind=alert")["data"]
    assert alert["list_id"] == 1 and "release" in alert["data"]["reason"]
    # what people say themselves does not wait
    feed(scene, folder, box, feedback(scene, 200, "abuse"))
    assert ("user200@example.com", None, "complaint") in suppressions(scene)
    page = scene.get("/v1/lists/1/held?limit=500")["data"]
    assert len(page) == 70 and page[0]["reason"] == "hard_bounce"
    assert page[0]["evidence"]["status"] == "5.1.1"
    assert scene.post("/v1/lists/1/held/release", status=200) == {
        "released": 70}
    assert len(suppressions(scene)) == 101
    assert scene.get("/v1/lists/1")["held"] == 0
    # it counts anew from here
    feed(scene, folder, box, *[scene.dsn(n) for n in range(101, 141)])
    assert scene.get("/v1/lists/1")["held"] == 10
    assert len(scene.get("/v1/events?kind=alert")["data"]) == 2
    assert scene.post("/v1/lists/1/held/discard", status=200) == {
        "discarded": 10}
    assert len(suppressions(scene)) == 131
    assert scene.bounced() == 140


def test_small_list_does_not_trip(scene):
    scene.deliveries(25)
    list_of(scene, 25)
    folder, box = inbox(scene)
    feed(scene, folder, box, *[scene.dsn(n) for n in range(1, 21)])
    assert len(suppressions(scene)) == 20
    assert scene.get("/v1/lists/1")["held"] == 0


def reclassify(scene, inbound, wish=None):
    result = scene.post(f"/v1/inbound/{inbound}/reclassify", wish, status=200)
    return result["ok"], result["steps"][0]["detail"]


def test_reclassified_by_a_person(scene):
    """What followed is taken back; what follows now happens once."""
    scene.deliveries(2)
    folder, box = inbox(scene)
    feed(scene, folder, box, scene.dsn(1), forged(scene, 2))
    real, fake = [r["id"] for r in scene.get("/v1/inbound")["data"]]
    assert len(suppressions(scene)) == 1
    assert reclassify(scene, real, {"class": "auto_reply"}) == (
        True, "auto_reply by a person's word")
    assert suppressions(scene) == [] and scene.bounced() == 0
    kinds = [e["kind"] for e in scene.get("/v1/events")["data"]]
    assert kinds == ["suppression_removed", "auto_reply"]
    bounce = {"class": "bounce", "type": "hard",
              "delivery_id": given.delivery_id(7, 2)}
    for _ in range(2):
        assert reclassify(scene, fake, bounce)[0]
        assert suppressions(scene) == [
            ("user2@example.com", None, "hard_bounce")]
    found = scene.get(f"/v1/inbound/{fake}")
    assert found["attribution"] == found["rule"] == "person"
    audit, = found["details"]["reclassified"]
    assert audit["was"]["delivery_id"] is None and audit["api_key_id"]
    # a suppression that was undone does not come back for being said again
    one = scene.get("/v1/suppressions")["data"][0]
    scene.ok("DELETE", f"/v1/suppressions/{one['id']}", status=204)
    assert reclassify(scene, fake, bounce) == (
        True, "still bounce by a person's word")
    assert suppressions(scene) == []


def test_reclassified_to_and_fro(scene):
    """Saying it ten times counts nobody ten times for the breaker."""
    scene.deliveries(1)
    list_of(scene, 1)
    folder, box = inbox(scene)
    feed(scene, folder, box, scene.dsn(1))
    one = scene.get("/v1/inbound")["data"][0]["id"]
    lost = "SELECT coalesce(sum(people), 0) FROM list_loss"
    assert scene.value(lost) == 1
    for _ in range(5):
        reclassify(scene, one, {"class": "auto_reply"})
        assert scene.value(lost) == 0
        reclassify(scene, one, {"class": "bounce", "type": "hard"})
        assert scene.value(lost) == 1
    assert len(suppressions(scene)) == 1


def test_reclassified_by_the_classifier(scene):
    scene.deliveries(2)
    folder, box = inbox(scene)
    feed(scene, folder, box, scene.dsn(1), scene.dsn(2))
    one, two = [r["id"] for r in scene.get("/v1/inbound")["data"]]
    before = scene.sql("SELECT kind, key, at FROM event ORDER BY id")
    assert reclassify(scene, one) == (True, "still bounce by rule dsn-failed")
    assert scene.sql("SELECT kind, key, at FROM event ORDER BY id") == before
    # as an older version would have seen it
    scene.sql("DELETE FROM event WHERE inbound_id = %s", one)
    scene.sql("DELETE FROM suppression WHERE email_key LIKE 'user1@%%'")
    scene.sql("UPDATE inbound SET class = 'unparsed', details = '{}',"
              " delivery_id = NULL, attribution = NULL WHERE id = %s", one)
    assert reclassify(scene, one) == (True, "bounce by rule dsn-failed")
    assert len(suppressions(scene)) == 2 and scene.bounced() == 2
    scene.sql("UPDATE inbound SET raw = NULL WHERE id = %s", two)
    ok, why = reclassify(scene, two)
    assert not ok and "not kept" in why
