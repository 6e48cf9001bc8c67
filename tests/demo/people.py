"""The people behind the demo's mailboxes: they read, answer, unsubscribe."""

import email
import email.policy
import html
import imaplib
import re
import smtplib
import ssl
from email.message import EmailMessage

import requests


class Mailbox:
    """One IMAP mailbox of the stack."""

    def __init__(self, stack, user):
        context = ssl.create_default_context(cafile=stack["ca"])
        self.imap = imaplib.IMAP4_SSL("localhost", stack["imaps"],
                                      ssl_context=context)
        self.imap.login(user, stack["password"])

    def count(self):
        _, data = self.imap.select("INBOX", readonly=True)
        return int(data[0])

    def messages(self):
        """Every message, parsed."""
        if self.count() == 0:
            return []
        _, data = self.imap.fetch("1:*", "(BODY.PEEK[])")
        return [email.message_from_bytes(part[1], policy=email.policy.default)
                for part in data if isinstance(part, tuple)]

    def close(self):
        self.imap.logout()


def send(stack, message, to):
    context = ssl.create_default_context(cafile=stack["ca"])
    with smtplib.SMTP_SSL("localhost", stack["submissions"],
                          context=context) as smtp:
        smtp.login("fbl@example.test", stack["password"])
        smtp.send_message(message, "fbl@example.test", [to])


def answer(original, text, automatic):
    """A reply as a mail program writes it."""
    reply = EmailMessage()
    reply["From"] = original["To"]
    reply["To"] = original.get("Reply-To", original["From"])
    reply["Message-ID"] = email.utils.make_msgid(domain="example.test")
    reply["Date"] = email.utils.localtime()
    if automatic:
        reply["Subject"] = f"Automatic reply: {original['Subject']}"
        reply["Auto-Submitted"] = "auto-replied"
    else:
        reply["Subject"] = f"Re: {original['Subject']}"
    reply["In-Reply-To"] = original["Message-ID"]
    reply["References"] = original["Message-ID"]
    quoted = original.get_body(("plain",)).get_content().splitlines()[:5]
    reply.set_content(text + "\n\nOn Monday, the sender wrote:\n"
                      + "\n".join("> " + line for line in quoted) + "\n")
    return reply


def read_and_click(message):
    """As a mail program does it: pictures are loaded, then a link is followed
    to the shop, which is not there for us."""
    page = message.get_body(("html",)).get_content()
    pixel = re.search(r'src="(http[^"]+/o/[^"]+)"', page)
    link = re.search(r'href="(http[^"]+/c/[^"]+)"', page)
    if pixel is None or link is None:
        raise RuntimeError("the mail has no pixel or no tracked link")
    requests.get(html.unescape(pixel[1]), timeout=10).raise_for_status()
    there = requests.get(html.unescape(link[1]), timeout=10,
                         allow_redirects=False)
    target = there.headers.get("Location", "")
    if there.status_code != 302 or not target.startswith(
            "https://www.example.com/"):
        raise RuntimeError(f"a link leads to {there.status_code} {target}")


def unsubscribe_link(message):
    return message["List-Unsubscribe"].split("<", 1)[1].split(">", 1)[0]


def look_at_page(message):
    """GET, as a curious person or a scanner does; must change nothing."""
    page = requests.get(unsubscribe_link(message), timeout=10)
    page.raise_for_status()
    return page.text


def one_click(message, multipart):
    """RFC 8058 in both of its encodings, no redirect followed."""
    field = {"List-Unsubscribe": "One-Click"}
    link = unsubscribe_link(message)
    if multipart:
        body = {"files": {k: (None, v) for k, v in field.items()}}
    else:
        body = {"data": field}
    answer_ = requests.post(link, timeout=10, allow_redirects=False, **body)
    if answer_.status_code != 200:
        raise RuntimeError(f"one-click unsubscribe: {answer_.status_code}")
