"""What people, their programs and feedback loops send back, read from a real
mailbox: each means what it says, for the delivery that it is about."""

import pytest

from polling import Polling
from whole import wait_for


@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    one.sql("INSERT INTO list (id, name) VALUES (1, 'Friends')")
    yield one
    one.stop()


def report(fields, to="abuse@example.test", kind="message/feedback-report"):
    return (f"From: fbl@provider.test\nTo: {to}\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=feedback-report;\n"
            " boundary=b\n\n--b\n\nA report.\n--b\n"
            f"Content-Type: {kind}\n\n{fields}\n\n--b--\n")


def attached(scene, n):
    """As Microsoft sends it."""
    return ("From: staff@hotmail.com\nTo: abuse@example.test\n"
            "Subject: complaint about message from 192.0.2.1\n"
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
            "--b\nContent-Type: message/rfc822\n"
            "Content-Disposition: attachment\n\n"
            f"X-HmXmrOriginalRecipient: <user{n}@example.com>\n"
            f"Message-ID: <{scene.token(n)}@example.com>\n"
            "Subject: hello\n\nHello.\n--b--\n")


def of_person(scene, n, **more):
    """To the address that only the recipient of delivery n was told."""
    return scene.reply(n, **{
        "To": f"news+{scene.token(n)}@example.com",
        "In-Reply-To": "<rewritten@provider.test>", **more})


def mails(scene):
    """The mails, each about a delivery of its own: 1, 2, 3 ..."""
    return [
        scene.reply(1, "Abmelden.\n\nAm 3. Mai 2026 schrieb News "
                       "<news@example.com>:\n> Hallo!\n"),
        of_person(scene, 2, Subject="unsubscribe", **{
            "Auto-Submitted": "auto-replied", "X-Apple-Unsubscribe": "true"}),
        scene.reply(3, "", Subject=f"unsubscribe {scene.token(3)}",
                    **{"In-Reply-To": "<x@provider.test>"}),
        scene.reply(4, "Unsubscribe", From="somebody@example.com"),
        of_person(scene, 5, text="Please stop the machine on Monday."),
        of_person(scene, 6, Subject="=?iso-8859-1?q?R=E9ponse_automatique?="),
        of_person(scene, 7, Subject="Please confirm", **{
            "X-Boxtrapper": "yes"}),
        report("Feedback-Type: auth-failure\n"
               f"Original-Mail-From: <{scene.return_path(8)}>"),
        report("Feedback-Type: abuse\nVersion: 1\n"
               f"Original-Mail-From: <{scene.return_path(9)}>",
               kind="text/plain"),
        attached(scene, 10),
        of_person(scene, 11, **{"X-Auto-Response-Suppress": "All"}),
        of_person(scene, 12, text="Ann no longer works here.", **{
            "Auto-Submitted": "auto-replied"}),
    ]


def test_what_comes_back(scene):
    sent = mails(scene)
    scene.deliveries(len(sent))
    folder = scene.folder()
    folder.add(*sent)
    scene.mailbox(folder)
    scene.poller()
    wait_for(lambda: scene.read() == len(sent), 30)
    rows = scene.sql("SELECT class, rule, (delivery_id & 4294967295)"
                     " FROM inbound ORDER BY uid")
    assert rows == [
        ("unsubscribe", "unsubscribe-text", 1),
        ("unsubscribe", "opt-out-field", 2),
        ("unsubscribe", "unsubscribe-subject", 3),
        ("unsubscribe", "unsubscribe-text", None),  # not theirs
        ("reply", "answers-a-delivery", 5),
        ("auto_reply", "subject", 6),
        ("challenge", "challenge-field", 7),
        ("other", "feedback-auth-failure", 8),
        ("complaint", "feedback-report", 9),
        ("complaint", "feedback-attached", 10),
        ("reply", "answers-a-delivery", 11),
        ("auto_reply", "left-the-company", 12)]
    assert scene.sql("SELECT email_key, list_id, reason FROM suppression"
                     " ORDER BY delivery_id") == [
        ("user1@example.com", 1, "unsubscribe"),
        ("user2@example.com", 1, "unsubscribe"),
        ("user3@example.com", 1, "unsubscribe"),
        ("user9@example.com", None, "complaint"),
        ("user10@example.com", None, "complaint")]
    assert scene.value("SELECT details->>'text' FROM inbound ORDER BY uid"
                       " LIMIT 1") == "Abmelden."
