"""The way back, on a real Dovecot: what lies in a mailbox becomes what the
report says, once, and the mailbox stays as it was."""

import base64
import os
import random
import socket
import threading
import time

import pytest

from mail import certificate
from polling import USER, Polling
from whole import Whole, wait_for


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def test_what_postfix_sends_back(postgres, mail_stack):
    """A campaign to people of whom some cannot be reached."""
    people = {"nobody1@example.test": ("hard", "invalid", "5.1.1"),
              "full+1@example.test": ("soft", "full", "5.2.2"),
              "spam+1@remote.test": ("block", "content", "5.7.1"),
              "fbl+way@example.test": None}
    whole = Whole(postgres, roles=("sender", "bounce")).start()
    login = {"host": "localhost", "ca_file": mail_stack["ca"],
             "password": mail_stack["password"], "tls": "implicit"}
    account = whole.post("/v1/accounts", {
        "name": "Relay", "port": mail_stack["submissions"],
        "username": "sender@example.test", **login})["id"]
    whole.post("/v1/mailboxes", {
        "name": "Bounces", "port": mail_stack["imaps"],
        "username": "bounces@example.test", **login})
    campaign = whole.launch([whole.people(people)], [account], **{
        "from": {"name": "News", "email": "sender@example.test"},
        "return_path": "bounces@example.test"})
    wait_for(lambda: whole.report(campaign)["bounced"] ==
             {"hard": 1, "soft": 1, "block": 1}, 20)
    found = whole.sql(
        "SELECT email, type::text, category::text, status, source FROM event e"
        " JOIN contact c ON c.id = e.contact_id WHERE kind = 'bounce'")
    assert {f[0]: f[1:4] for f in found} == {
        k: v for k, v in people.items() if v}
    assert {f[4] for f in found} == {"mail"}
    assert whole.sql("SELECT email_key, reason FROM suppression") == [
        ("nobody1@example.test", "hard_bounce")]
    assert whole.sql("SELECT DISTINCT attribution FROM inbound"
                     " WHERE delivery_id IS NOT NULL") == [("token",)]
    whole.stop()


def test_wrong_password(scene):
    """Named, after few logins, while others go on; mended by a change."""
    scene.deliveries(3)
    good, bad = scene.folder(), scene.folder()
    good.add(scene.dsn(1))
    bad.add(scene.dsn(2))
    scene.mailbox(good)
    wrong = scene.mailbox(bad, password="not-the-secret")
    before = failed_logins(scene)
    scene.poller()
    wait_for(lambda: scene.state(wrong)[0] == "needs_attention", 20)
    assert "authentication failed" in scene.state(wrong)[1].lower()
    assert 1 <= failed_logins(scene) - before <= 3
    scene.wait_bounced(1)
    good.add(scene.dsn(3))
    scene.wait_bounced(2)
    assert failed_logins(scene) - before <= 3
    scene.ok("PATCH", f"/v1/mailboxes/{wrong}",
             {"password": scene.facts["password"]})
    scene.wait_bounced(3)
    assert scene.state(wrong) == ("active", "")
    for secret in ("not-the-secret", scene.token(1)):
        assert secret not in scene.log()
    assert "not-the-secret" not in scene.postgres.dump(scene.conninfo)


def dovecot_log(scene):
    top = os.path.dirname(os.path.dirname(scene.facts["ca"]))
    with open(f"{top}/log/dovecot.log", encoding="utf-8") as f:
        return f.read()


def logins(scene):
    return dovecot_log(scene).count("imap-login: Info: Login: ")


def failed_logins(scene):
    """Dovecot counts the attempts of a connection."""
    return dovecot_log(scene).count("(auth failed")


def test_wrong_authority_folder_host(scene, tmp_path):
    """A certificate that cannot be verified gets no password to see."""
    other = certificate(str(tmp_path)).ca
    mailbox = scene.mailbox(scene.folder(), ca_file=other)
    before = logins(scene)
    missing = scene.mailbox("There is no such folder")
    away = scene.mailbox("Away", port=9)
    scene.poller()
    for one in (mailbox, missing):
        wait_for(lambda one=one: scene.state(one)[0] == "needs_attention", 20)
    assert "certificate" in scene.state(mailbox)[1]
    assert logins(scene) == before + 3, "three for the missing folder"
    wait_for(lambda: "refused" in scene.state(away)[1], 20)
    assert scene.state(away)[0] == "active"  # it may come back by itself
    scene.ok("PATCH", f"/v1/mailboxes/{mailbox}",
             {"ca_file": scene.facts["ca"]})
    scene.wait_polled(mailbox)


@pytest.mark.parametrize("mechanism", ["AUTH=PLAIN SASL-IR", ""])
def test_server_that_repeats_the_password(scene, mechanism):
    """Nobody reads it in the log or the API."""
    secret = "planted-secret"
    coded = base64.b64encode(f"\0{USER}\0{secret}".encode()).decode()

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile("rw", newline="\r\n") as f:
            print("* OK hello", file=f, flush=True)
            while line := f.readline():
                tag, _, command = line.strip().partition(" ")
                if command == "CAPABILITY":
                    f.write(f"* CAPABILITY IMAP4rev1 {mechanism}\n"
                            f"{tag} OK\n")
                else:
                    seen.append(command)
                    f.write(f"{tag} BAD what is {command}\n")
                f.flush()

    seen = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        mailbox = scene.mailbox("INBOX", port=listener.getsockname()[1],
                                tls="none", ca_file="", password=secret)
        scene.poller()
        wait_for(lambda: "repeats" in scene.state(mailbox)[1])
        thread.join()
    assert secret in seen[0] or coded in seen[0]
    for text in (scene.log(), scene.postgres.dump(scene.conninfo)):
        assert secret not in text and coded not in text


def test_mailbox_is_left_as_it_was(scene):
    scene.deliveries(3)
    folder = scene.folder()
    folder.add(scene.dsn(1), scene.reply(2), "Subject: foreign\n\nHello.\n")
    files = sorted(os.walk(folder.path())) if os.geteuid() == 0 else None
    before = folder.listing()
    mailbox = scene.mailbox(folder)
    scene.poller()
    scene.wait_bounced(1)
    scene.wait_polled(mailbox)
    assert scene.classes() == {"bounce": 1, "reply": 1, "other": 1}
    after = folder.listing()
    assert after == before
    assert "Seen" not in str([entry[0] for entry in after])
    if files:
        mails = [(d, n) for d, _, n in files if d.endswith(("cur", "new"))]
        assert [(d, n) for d, _, n in sorted(os.walk(folder.path()))
                if d.endswith(("cur", "new"))] == mails


def test_what_people_and_machines_answer(scene):
    scene.deliveries(9)
    folder = scene.folder()
    quoted = "Yes.\n\nOn 3 May 2025, News wrote:\n> Would you?\n"
    folder.add(
        scene.reply(1, quoted),
        scene.reply(1, "And one thing more."),
        scene.reply(2, "I am away.", **{"Auto-Submitted": "auto-replied"}),
        scene.reply(3, **{"In-Reply-To": "<x@example.com>", "To":
                          f"news+{scene.token(3)}@example.com"}),
        scene.dsn(4, to=scene.return_path(4, days_ago=31)),
        scene.dsn(5, to=scene.return_path(5, days_ago=29)),
        scene.dsn(6, action="delayed", status="4.4.1"),
        scene.dsn(7, to="bounces@example.test").replace(
            "Return-Path: <>", f"X-Original-To: {scene.return_path(7)}"),
        scene.dsn(8, to="bounces@example.test"),
        "From: fbl@provider.test\nTo: abuse@example.test\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report;\n"
        " boundary=b\n\n--b\n\nSpam.\n--b\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        f"Original-Mail-From: <{scene.return_path(9)}>\n\n--b--\n")
    scene.mailbox(folder)
    started = time.time()
    scene.poller()
    wait_for(lambda: scene.read() == 10)
    events = scene.sql("SELECT kind, (delivery_id & 4294967295), data->>'late'"
                       " FROM event ORDER BY 1, 2")
    assert events == [
        ("auto_reply", 2, None), ("bounce", 5, None), ("bounce", 7, None),
        ("complaint", 9, None), ("delay", 6, None), ("reply", 1, None),
        ("reply", 1, None), ("reply", 3, None)]
    assert time.time() - started < 5
    assert scene.sql("SELECT email_key, reason FROM suppression"
                     " ORDER BY 1") == [
        ("user5@example.com", "hard_bounce"),
        ("user7@example.com", "hard_bounce"),
        ("user9@example.com", "complaint")]
    assert scene.sql("SELECT class, details->>'late' FROM inbound WHERE"
                     " (delivery_id & 4294967295) = 4") == [("bounce", "true")]
    assert ("Yes.",) in scene.sql("SELECT details->>'text' FROM inbound"
                                  " WHERE class = 'reply'")


def test_notifications_in_words(scene):
    """They bounce a delivery when they give back its message and name its
    recipient, and change nothing otherwise (R-062, R-080)."""
    scene.deliveries(4)
    folder = scene.folder()
    folder.add(
        scene.notice(1),
        scene.notice(2, token="a" * 34),  # not signed by us
        scene.notice(3, who="somebody@example.org"),
        scene.notice(4).replace("It failed", "It will be retried"))
    scene.mailbox(folder)
    scene.poller()
    wait_for(lambda: scene.read() == 4)
    assert scene.sql("SELECT kind, (delivery_id & 4294967295) FROM event"
                     " WHERE kind = 'bounce'") == [("bounce", 1)]
    assert scene.sql("SELECT email_key, reason FROM suppression") == [
        ("user1@example.com", "hard_bounce")]
    assert scene.classes() == {"bounce": 3, "delay": 1}
    assert scene.sql("SELECT rule FROM inbound WHERE delivery_id IS NULL") \
        == [("notice",)] * 2


def test_first_look_begins_at_since(scene):
    """Old mail is not read, neither at first nor with the first new one."""
    scene.deliveries(2)
    folder = scene.folder()
    folder.add(*[f"Subject: old {n}\n\n" for n in range(60)],
               at=time.time() - 9 * 86400)
    mailbox = scene.mailbox(folder)
    poller = scene.poller()
    scene.wait_polled(mailbox)
    assert scene.read() == 0
    folder.add(scene.dsn(1))
    scene.wait_bounced(1)
    scene.wait_polled(mailbox)
    assert scene.read() == 1
    scene.end(poller)
    folder.add(scene.dsn(2), at=time.time() - 9 * 86400)  # moved here: new
    scene.poller()
    scene.wait_bounced(2)
    assert scene.read() == 2


def test_corrupt_messages_stop_nothing(scene):
    """Garbage, endless lines, deep nesting, NUL: all else is read (R-024)."""
    scene.deliveries(50)
    folder = scene.folder()
    bad = corrupt()
    for n in range(1, 51):
        folder.add(scene.dsn(n))
        if n <= len(bad):
            put(folder, bad[n - 1])
    mailbox = scene.mailbox(folder)
    poller = scene.poller()
    scene.wait_bounced(50)
    wait_for(lambda: scene.read() == 50 + len(bad))
    assert scene.classes() == {"bounce": 50, "unparsed": len(bad)}
    assert scene.value("SELECT max(octet_length(raw)) FROM inbound"
                       ) < 300 * 1024
    scene.end(poller)
    scene.sql("DELETE FROM mailbox_cursor")
    before = scene.now()
    scene.poller()
    scene.wait_polled(mailbox, before)
    assert scene.read() == 50 + len(bad)


def corrupt():
    """Twenty of them; none has a report that could be read."""
    report = ("From: MAILER-DAEMON@mx.example.test\nMIME-Version: 1.0\n"
              "Content-Type: multipart/report;"
              " report-type=delivery-status; boundary=b\n\n").encode()
    status = b"--b\nContent-Type: message/delivery-status\n\n"
    deep = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n"
                    % (n, n + 1) for n in range(2000))
    bad = [
        bytes(range(256)) * 64, b"\0" * 4096, b"\xff\xfe" * 2000,
        b"x" * 10_000_000, report + b"x" * 10_000_000,
        report + status + b"Final-Recipient: " + b"a" * 1_000_000,
        report.replace(b"boundary=b", b"boundary=b0") + deep,
        report + status + b"\0" * 1000, report + status,
        report, report + b"--b", report.rstrip(), report[:90],
        report + b"--b\nContent-Transfer-Encoding: base64\n"
        b"Content-Type: message/delivery-status\n\n!!!!\n--b--\n",
        report.replace(b"boundary=b", b'boundary=""'),
        b"\r" * 5000, b"\n" * 5000, b": no name\n: none\n\n",
    ]
    noise = random.Random(len(bad))
    return bad + [noise.randbytes(3000).replace(b":", b".")
                  for _ in range(20 - len(bad))]


def put(folder, message):
    """As it is: a mail server would not take it from us."""
    if os.geteuid() != 0:
        folder.add(message.replace(b"\0", b"0") or b"\n")
        return
    name = f"{folder.path()}/new/{time.time_ns()}.volley"
    with open(name, "wb") as f:
        f.write(message)
    os.chown(name, 5000, 5000)


def test_seen_within_seconds(scene):
    """From the mailbox to the database by IDLE (R-025)."""
    scene.deliveries(5)
    folder = scene.folder()
    mailbox = scene.mailbox(folder)
    scene.poller(VOLLEY_POLL_S="600")
    scene.wait_polled(mailbox)
    worst = 0
    for n in range(1, 6):
        started = time.time()
        folder.add(scene.dsn(n))
        wait_for(lambda n=n: scene.bounced() == n, 5, 0.01)
        worst = max(worst, time.time() - started)
    print(f"bounce to event: at worst {worst * 1000:.0f} ms")
    assert worst < 5


def test_self_test(scene):
    folder = scene.folder()
    good = scene.mailbox(folder)
    wrong = scene.mailbox(folder, password="wrong")
    closed = scene.mailbox(folder, port=9)
    for mailbox in (good, wrong, closed):
        scene.post(f"/v1/mailboxes/{mailbox}/pause", status=200)
    scene.poller()

    def steps(mailbox):
        result = scene.post(f"/v1/mailboxes/{mailbox}/test", status=200)
        return result["ok"], {s["name"]: s["ok"] for s in result["steps"]}

    assert steps(good) == (True, {"connect": True, "tls": True,
                                  "login": True, "folder": True})
    assert steps(wrong) == (False, {"connect": True, "tls": True,
                                    "login": False})
    assert steps(closed) == (False, {"connect": False})
