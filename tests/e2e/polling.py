"""Mailboxes at a real Dovecot, and `volley bounce` reading them."""

import contextlib
import email.utils
import imaplib
import itertools
import os
import pathlib
import re
import signal
import ssl
import subprocess
import time

import psycopg2

import given
from server import VOLLEY, Server
from whole import wait_for

USER = "bounces@example.test"
NAMES = itertools.count(1)
CAMPAIGN = 7

DSN = """Return-Path: <>
Delivered-To: {to}
Received: by mx.example.test id {n:08d}; Mon, 3 Nov 2025 10:00:00 +0000
From: Mail Delivery System <MAILER-DAEMON@mx.example.test>
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 3 Nov 2025 10:00:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b{n}"

--b{n}
Content-Type: text/plain

I am sorry.

--b{n}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; {who}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b{n}
Content-Type: text/rfc822-headers

From: news@example.test
To: {who}
Subject: hello

--b{n}--
"""


def peak_mib(pid):
    """The most memory that it ever had."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


class Folder:
    """A folder of our own at Dovecot."""

    def __init__(self, facts, name=None, user=USER):
        self.facts, self.user = facts, user
        self.name = name or f"Folder{next(NAMES)}"
        context = ssl.create_default_context(cafile=facts["ca"])
        self.imap = imaplib.IMAP4_SSL("127.0.0.1", facts["imaps"],
                                      ssl_context=context)
        self.imap.login(user, facts["password"])
        if name is None:
            self.make()

    def say(self, command, *args):
        status, data = getattr(self.imap, command)(*args)
        assert status == "OK", (command, data)
        return data

    def make(self):
        self.say("create", self.name)

    def remake(self):
        """Gone, and there again: numbered anew."""
        self.say("delete", self.name)
        time.sleep(1.1)  # UIDVALIDITY is a time in seconds
        self.make()

    def add(self, *messages, at=None):
        when = imaplib.Time2Internaldate(at or time.time())
        for message in messages:
            if isinstance(message, str):
                message = message.encode()
            self.say("append", self.name, None, when,
                     message.replace(b"\n", b"\r\n"))

    def fill(self, messages):
        """Many at once, as a delivery agent does: written aside, then moved
        to `new`."""
        if os.geteuid() != 0:
            self.add(*messages)
            return
        top = pathlib.Path(self.path())
        for n, message in enumerate(messages):
            aside = top / "tmp" / f"{time.time_ns()}.{n}.volley"
            aside.write_text(message, encoding="ascii", newline="\r\n")
            aside.chmod(0o666)
            aside.rename(top / "new" / aside.name)

    def count(self):
        return int(self.say("select", self.name, True)[0])

    def empty(self):
        if self.say("select", self.name) == [b"0"]:
            return
        self.say("store", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
        self.say("expunge")

    def remove(self, *uids):
        self.say("select", self.name)
        self.say("uid", "store", ",".join(map(str, uids)), "+FLAGS.SILENT",
                 r"(\Deleted)")
        self.say("close")  # which expunges, and leaves the folder

    def path(self):
        """Where its files lie."""
        top = os.path.dirname(os.path.dirname(self.facts["ca"]))
        who = self.user.partition("@")[0]
        return f"{top}/mail/example.test/{who}/Maildir/.{self.name}"

    def numbers(self):
        """UIDVALIDITY, and the number that the next message gets."""
        line, = self.say("status", self.name, "(UIDVALIDITY UIDNEXT)")
        return tuple(int(re.search(rb"%s (\d+)" % what, line)[1])
                     for what in (b"UIDVALIDITY", b"UIDNEXT"))

    def flags(self):
        """Of each UID that is there."""
        if self.count() == 0:
            return {}
        found = {}
        for row in self.say("fetch", "1:*", "(UID FLAGS)"):
            uid = int(re.search(rb"UID (\d+)", row)[1])
            flags = re.search(rb"FLAGS \(([^)]*)\)", row)[1].decode()
            found[uid] = set(flags.split()) - {"\\Recent"}
        return found

    def listing(self):
        """Numbers, flags, dates and sizes of all that is there, and the
        bytes."""
        self.say("select", self.name, True)
        return self.say("fetch", "1:*",
                        "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")

    def close(self):
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self.imap.logout()


class Polling(Server):
    """A database with deliveries, an API, pollers."""

    def __init__(self, postgres, facts, **settings):
        super().__init__(postgres.create(),
                         {"VOLLEY_POLL_S": "1", **settings})
        self.postgres, self.facts = postgres, facts
        self.pollers, self.folders = [], []

    def connect(self):
        """Anew: the database was away."""
        def attempt():
            with contextlib.suppress(psycopg2.OperationalError):
                self.database = psycopg2.connect(self.conninfo)
                self.database.autocommit = True
                return True
            return False

        wait_for(attempt)

    def folder(self, **more):
        self.folders.append(Folder(self.facts, **more))
        return self.folders[-1]

    def mailbox(self, folder, **more):
        """Its id."""
        name = folder if isinstance(folder, str) else folder.name
        return self.post("/v1/mailboxes", {
            "name": name, "protocol": "imap", "host": "127.0.0.1",
            "port": self.facts["imaps"], "tls": "implicit",
            "ca_file": self.facts["ca"],
            "username": getattr(folder, "user", USER),
            "password": self.facts["password"], "folder": name, **more})["id"]

    def inbox(self, user):
        """One of them, empty."""
        self.folders.append(Folder(self.facts, "INBOX", user))
        self.folders[-1].empty()
        return self.folders[-1]

    def poller(self, **settings):
        with open(self.log_path, "ab") as log:
            self.pollers.append(subprocess.Popen(
                [VOLLEY, "bounce"], env={**self.env, **settings}, stdout=log,
                stderr=log))
        return self.pollers[-1]

    def deliveries(self, last, first=1):
        """Delivery n went to userN@example.com."""
        self.sql("INSERT INTO contact (id, email, email_key)"
                 " SELECT n, a, a FROM (SELECT n, 'user' || n || '@example.com'"
                 " AS a FROM generate_series(%s, %s) n) x", first, last)
        self.sql("INSERT INTO delivery SELECT (%s::bigint << 32) + n, %s, n, 1"
                 " FROM generate_series(%s, %s) n", CAMPAIGN, CAMPAIGN, first,
                 last)

    def token(self, n, days_ago=0):
        return given.token(self, given.delivery_id(CAMPAIGN, n),
                           int(time.time() // 86400) - days_ago)

    def return_path(self, n, **more):
        return f"bounces+{self.token(n, **more)}@example.test"

    def dsn(self, n, **more):
        """A delivery report about delivery n."""
        return DSN.format(**{
            "n": n, "to": self.return_path(n), "who": f"user{n}@example.com",
            "action": "failed", "status": "5.1.1",
            "diagnostic": "550 5.1.1 no such user", **more})

    def notice(self, n, token=None, who=None):
        """The same in words, with our message below it."""
        who = who or f"user{n}@example.com"
        return ("From: MAILER-DAEMON@mx.example.test\n"
                "To: bounces@example.test\nSubject: failure notice\n\n"
                f"It failed (number {n}).\n\n<{who}>:\n"
                "550 5.1.1 no such user\n\n"
                "--- Below this line is a copy of the message.\n\n"
                f"To: {who}\nMessage-ID: <{token or self.token(n)}"
                "@example.com>\nSubject: hello\n\nHello.\n")

    def reply(self, n, text="Yes please.", **headers):
        fields = {"From": f"user{n}@example.com", "To": "news@example.com",
                  "Subject": "Re: hello",
                  "Message-ID": email.utils.make_msgid(domain="example.com"),
                  "In-Reply-To": f"<{self.token(n)}@example.com>", **headers}
        return "".join(f"{k}: {v}\n" for k, v in fields.items()) + f"\n{text}\n"

    def bounced(self):
        return self.value("SELECT count(*) FROM event WHERE kind = 'bounce'")

    def read(self):
        return self.value("SELECT count(*) FROM inbound")

    def classes(self):
        return dict(self.sql("SELECT class, count(*) FROM inbound GROUP BY 1"))

    def state(self, mailbox):
        m = self.get(f"/v1/mailboxes/{mailbox}")
        return m["state"], m["state_reason"]

    def now(self):
        return self.value("SELECT now()")

    def wait_polled(self, mailbox, since="-infinity", seconds=30):
        """Until all that was there has been read, after that time."""
        wait_for(lambda: self.value(
            "SELECT polled_at > %s AND polled_at >= ALL (SELECT updated_at"
            " FROM mailbox_cursor c WHERE c.mailbox_id = m.id)"
            " FROM mailbox m WHERE id = %s", since, mailbox), seconds)

    def wait_bounced(self, count, seconds=30):
        wait_for(lambda: self.bounced() >= count, seconds)

    def lines(self, event):
        return [line for line in self.log().splitlines()
                if f" event={event} " in line]

    def kill(self, poller):
        poller.kill()
        poller.wait()
        self.pollers.remove(poller)

    def end(self, poller):
        poller.send_signal(signal.SIGTERM)
        status = poller.wait(30)
        assert status == 0, f"volley bounce ended with {status}: {self.log()}"
        self.pollers.remove(poller)

    def stop(self):
        for folder in self.folders:
            folder.close()
        try:
            for poller in list(self.pollers):
                self.end(poller)
        finally:
            for poller in self.pollers:
                poller.kill()
            super().stop()
