"""Whose a mail is when ids were rewritten on the way (R-069), and whose
feedback reports are believed (R-066)."""

import pytest

import given
from polling import CAMPAIGN, Polling
from whole import wait_for

SUBJECT = "Spring news for {{ first_name }}"
OTHER = 8  # a campaign
OLD = 9    # 40 days ago
SAME = 10  # with the same subject


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def relay_id(n, campaign=CAMPAIGN):
    """What the relay calls delivery n: as Postfix does, or as Amazon does."""
    if n % 2:
        return f"4{campaign}{n:04d}kQzT"
    return f"01000{campaign:02d}b{n:06x}-1a2b3c4d-{n:04d}-4e5f-000000"


def sent(scene, campaign, people, subject=SUBJECT, days=2):
    """A campaign that was, and the relay's word for each message."""
    scene.sql("INSERT INTO campaign (id, name, from_email, status, started_at)"
              " VALUES (%s, 'C', 'news@example.com', 'finished',"
              " now() - make_interval(days => %s))", campaign, days)
    scene.sql("INSERT INTO campaign_content (campaign_id, subject, preheader,"
              " html, text) VALUES (%s, %s, '', '', '')", campaign, subject)
    scene.sql("SELECT outcome_partition(%s)", campaign)
    for n in people:
        if campaign != CAMPAIGN:
            scene.sql("INSERT INTO delivery VALUES (%s, %s, %s, 1)",
                      given.delivery_id(campaign, n), campaign, n)
        given.outcome(
            scene, campaign, n, "accepted",
            reply=f"2.0.0 Ok {relay_id(n, campaign)}: queued by relay-node-01"
                  f" at 1698765432, spool9x")


def answer(scene, n, **headers):
    """Without a token: their Message-ID is the relay's."""
    return scene.reply(n, **{
        "Subject": "Re: lunch", "In-Reply-To": f"<{n}abcdefgh@relay.test>",
        **headers})


def report(scene, n, extra="", returned="", who=None):
    return scene.dsn(n, to="bounces@example.test",
                     who=who or f"user{n}@example.com").replace(
        "Reporting-MTA: dns; mx.example.test",
        f"Reporting-MTA: dns; mx.example.test{extra}").replace(
        "Subject: hello\n", returned)


def by_thread(scene):
    """(mail, delivery or None) a thread; 100 of them."""
    other = given.token(scene, given.delivery_id(OTHER, 1))
    for n in range(1, 16):
        yield answer(scene, n, To=f"news+{scene.token(n)}@example.com"), n
    for n in range(16, 31):
        yield scene.reply(n, References=f"<{other}@example.com>"), n
    for n in range(31, 46):
        yield answer(scene, n, References=f"<{other}@example.com>\n"
                     f" <{scene.token(n)}@example.com> <x@y.test>"), n
    for n in range(46, 61):
        yield answer(scene, n, **{
            "In-Reply-To": f"<{relay_id(n)}@eu.relay.test>"}), n
    for n in range(61, 71):
        yield answer(scene, n, References=f"<a1b2c3d4e5@x.test>"
                     f" <{relay_id(n)}@eu.relay.test>"), n
    for n in range(71, 76):
        yield report(scene, n, returned="Message-ID: "
                     f"<{relay_id(n)}@eu.relay.test>\n"), n
    for n in range(76, 81):
        yield report(scene, n, returned="Received: from a.test (a [192.0.2.1])"
                     f"\n by relay.test with ESMTPS id {relay_id(n)};"
                     " Mon, 3 Nov 2025 10:00:00 +0000\n"), n
    for n in range(81, 89):
        yield report(scene, n, f"\nX-Postfix-Queue-ID: {relay_id(n)}"), n
    for n in range(89, 95):
        yield answer(scene, n, Subject="AW: Re: Spring News for\n Ann"), n
    for n in range(95, 97):
        yield report(scene, n, returned="Subject: Spring news for Bob\n"), n
    for n in range(97, 99):
        yield answer(scene, n, Subject="Out of office: Spring news for Ann",
                     **{"Auto-Submitted": "auto-replied"}), n
    for n in range(99, 101):
        yield answer(scene, n, From=f"somebody{n}@example.com",
                     Subject="Re: Spring news for Ann"), n


def decoys(scene):
    """What is nobody's, though it looks like it."""
    yield answer(scene, 101)  # something else
    yield answer(scene, 101, Subject="Re: News")
    yield answer(scene, 102, **{
        "In-Reply-To": f"<{relay_id(50)}@eu.relay.test>"})  # not theirs
    yield answer(scene, 103, **{"In-Reply-To": "<relay-node-01@x.test>"})
    yield answer(scene, 103, **{"In-Reply-To": "<1698765432@x.test>"})
    yield answer(scene, 106, Subject="Re: Spring news for Ann")  # got two
    yield answer(scene, 107, Subject="Re: May news for you")  # too long ago
    yield answer(scene, 107, **{
        "In-Reply-To": f"<{relay_id(107, OLD)}@x.test>"})
    yield answer(scene, 108, Subject="Spring news for Ann")[:-1].replace(
        "In-Reply-To", "X-Not")  # answers nothing
    yield report(scene, 104, "\nX-Postfix-Queue-ID: relay-node-01")
    yield report(scene, 104, f"\nX-Postfix-Queue-ID: {relay_id(55)}")
    yield report(scene, 105, returned="Subject: News\n")
    yield report(scene, 105, f"\nX-Postfix-Queue-ID: {relay_id(105)}",
                 who="another@example.com")


def test_threads(scene):
    """100 threads and 13 decoys: none is wrong, two cannot be known."""
    scene.deliveries(110)
    sent(scene, CAMPAIGN, range(1, 111))
    sent(scene, OTHER, [1, 50, 60, 70], "Your account")
    sent(scene, OLD, [107], "May news for you", 40)
    sent(scene, SAME, [106])
    threads, others = list(by_thread(scene)), list(decoys(scene))
    assert len(threads) == 100
    folder = scene.folder()
    folder.add(*[mail for mail, _ in threads], *others)
    scene.mailbox(folder)
    scene.poller()
    wait_for(lambda: scene.read() == 100 + len(others), 60)
    found = [d and d - (CAMPAIGN << 32) for d, in scene.sql(
        "SELECT delivery_id FROM inbound ORDER BY uid")]
    expected = [n for _, n in threads] + [None] * len(others)
    wrong = [(f, e) for f, e in zip(found, expected)
             if f is not None and f != e]
    assert wrong == []
    assert found[:100].count(None) == 2
    assert dict(scene.sql("SELECT attribution, count(*) FROM inbound WHERE"
                          " delivery_id IS NOT NULL GROUP BY 1")) == {
        "token": 15, "thread": 30, "queue_id": 43, "probable": 10}
    # what is merely probable is shown, and changes nothing; nor is the
    # relay's id evidence against anybody
    assert dict(scene.sql("SELECT kind, count(*) FROM event GROUP BY 1")) == {
        "reply": 70}
    assert scene.value("SELECT count(*) FROM suppression") == 0
    page = scene.get("/v1/inbound?attributed=true&limit=500")["data"]
    assert {(p["attribution"], p["confidence"]) for p in page} == {
        ("token", "certain"), ("thread", "certain"), ("queue_id", "likely"),
        ("probable", "probable")}
    # until a person says so
    for attribution, kind in (("probable", "reply"), ("queue_id", "bounce")):
        one = next(p for p in page if p["attribution"] == attribution
                   and p["class"] == kind)
        assert scene.post(f"/v1/inbound/{one['id']}/reclassify", {
            "class": kind, "delivery_id": one["delivery_id"]},
            status=200)["ok"]
    assert dict(scene.sql("SELECT kind, count(*) FROM event GROUP BY 1")) == {
        "reply": 71, "bounce": 1}
    assert scene.value("SELECT count(*) FROM suppression") == 1


HOST = "mx.example.test"
PASS = "dkim=pass header.d=arf.feedback.test"


def complaint(scene, n, *results, kind="abuse", returned=None):
    """Of a feedback loop that takes our ids out."""
    returned = returned or ("Subject: Spring news for Ann\n"
                            f"Message-ID: <{relay_id(n)}@eu.relay.test>\n")
    return ("".join(f"Authentication-Results: {r}\n" for r in results) +
            "Received: from a.test by mx.example.test id 1;"
            f" Mon, 3 Nov 2025 10:00:00 +0000\nX-Number: {n}\n"
            "From: fbl@feedback.test\nTo: abuse@example.test\n"
            "MIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=feedback-report;\n"
            " boundary=b\n\n--b\n\nA report.\n--b\n"
            "Content-Type: message/feedback-report\n\n"
            f"Feedback-Type: {kind}\nUser-Agent: x/1\nVersion: 1\n"
            f"Original-Rcpt-To: <user{n}@example.com>\n\n--b\n"
            f"Content-Type: text/rfc822-headers\n\n{returned}\n--b--\n")


def test_feedback_domains(scene):
    """Only what the host itself says of the signature counts."""
    scene.deliveries(12)
    sent(scene, CAMPAIGN, range(1, 13))
    thread = f"In-Reply-To: <{scene.token(3)}@example.com>\n"
    mails = [
        complaint(scene, 1, f"{HOST}; spf=none; {PASS}"),
        complaint(scene, 2, f"{HOST}; {PASS}",
                  returned="Subject: Spring news for Ann\n"),
        thread + complaint(scene, 3, f"{HOST}; {PASS}", returned="To: x\n"),
        # forged, or not by who runs it
        complaint(scene, 4),
        complaint(scene, 5, f"mx.evil.test; {PASS}"),
        complaint(scene, 6, f"{HOST}; dkim=fail header.d=evil.test",
                  f"{HOST}; {PASS}"),
        complaint(scene, 7, f"{HOST}; dkim=pass header.d=evil.test"),
        complaint(scene, 8, f"{HOST}; dkim=pass header.d=xfeedback.test"),
        complaint(scene, 9, f"{HOST}; dkim=none (; {PASS})"),
        complaint(scene, 10, f"{HOST}; {PASS}", returned="Subject: x\n"),
        # a token of ours needs no signature
        complaint(scene, 11, returned=f"Message-ID: <{scene.token(11)}@x>\n"),
    ]
    folder = scene.folder()
    folder.add(*mails)
    scene.mailbox(folder, authserv_id=HOST,
                  feedback_domains=["feedback.test"])
    scene.poller()
    wait_for(lambda: scene.read() == len(mails), 30)
    assert scene.classes() == {"complaint": len(mails)}
    gone = [f"user{n}@example.com" for n in (1, 2, 3, 11)]
    assert sorted(e for e, in scene.sql(
        "SELECT email_key FROM suppression WHERE reason = 'complaint'"
    )) == sorted(gone)
    assert scene.value("SELECT count(*) FROM event"
                       " WHERE kind = 'complaint'") == 4
    # "not spam" is believed on the same grounds
    folder.add(complaint(scene, 2, kind="not-spam"),
               complaint(scene, 1, f"{HOST}; {PASS}", kind="not-spam"))
    wait_for(lambda: scene.read() == len(mails) + 2, 30)
    assert {e for e, in scene.sql("SELECT email_key FROM suppression")} == set(
        gone[1:])


def test_who_is_believed_later(scene):
    """A mailbox says afterwards whom it trusts: judged again, it counts."""
    scene.deliveries(1)
    sent(scene, CAMPAIGN, [1])
    folder = scene.folder()
    box = scene.mailbox(folder)
    folder.add(complaint(scene, 1, f"{HOST}; {PASS}"))
    scene.poller()
    wait_for(lambda: scene.read() == 1, 30)
    assert scene.value("SELECT count(*) FROM suppression") == 0
    one = scene.get("/v1/inbound?class=complaint")["data"][0]
    assert one["attribution"] == "queue_id"
    scene.ok("PATCH", f"/v1/mailboxes/{box}", {
        "authserv_id": HOST, "feedback_domains": ["Feedback.Test"]})
    scene.ok("POST", f"/v1/inbound/{one['id']}/reclassify")
    assert scene.value("SELECT reason FROM suppression") == "complaint"


def test_what_is_kept(scene):
    """Unattributed mail that may be ours is kept, sealed, and judged again;
    of what people write to others not even the text is fetched."""
    scene.deliveries(1)
    folder = scene.folder()
    foreign = ("From: ann@example.net\nTo: bounces@example.test\n"
               "Subject: Re: lunch\nMessage-ID: <a@example.net>\n\n"
               "A secret of ours.\n")
    notice = ("From: MAILER-DAEMON@example.net\nTo: bounces@example.test\n"
              "Subject: Delivery Status Notification\n\nNothing to say.\n")
    folder.add(foreign, notice)
    scene.mailbox(folder)
    scene.poller()
    wait_for(lambda: scene.read() == 2, 30)
    first, second = scene.get("/v1/inbound")["data"]
    assert first["class"] == "other" and not first["has_raw"]
    assert second["delivery_id"] is None and second["has_raw"]
    assert second["raw_until"] is not None
    shown = scene.get(f"/v1/inbound/{second['id']}")
    assert "Nothing to say." in shown["raw"]
    said = scene.post(f"/v1/inbound/{second['id']}/reclassify", status=200)
    assert said["ok"] and said["steps"][0]["detail"].startswith("still ")
    assert scene.value("SELECT raw::text LIKE '%%Nothing%%' FROM inbound"
                       " WHERE raw IS NOT NULL") is False
