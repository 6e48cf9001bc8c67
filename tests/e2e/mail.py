"""Certificates, and Postfix and Dovecot, for the tests."""

import dataclasses
import imaplib
import os
import ssl
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../demo"))

from parts import MailStack, free_base, free_port  # noqa: E402, F401


@dataclasses.dataclass
class Certificate:
    ca: str
    cert: str
    key: str


def run(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True,
                   capture_output=True)


def certificate(folder, name="IP:127.0.0.1"):
    """A private authority, and a server's certificate that it signed."""
    run(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
        "ca.pem", "-days", "2", "-subj", "/CN=Test authority")
    run(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj",
        "/CN=server")
    with open(f"{folder}/ext", "w", encoding="utf-8") as f:
        f.write(f"subjectAltName={name}\n")
    run(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey",
        "ca.key", "-days", "2", "-extfile", "ext", "-out", "server.pem")
    return Certificate(*(os.path.join(folder, name)
                         for name in ("ca.pem", "server.pem", "server.key")))


class Inbox:
    """A mailbox of the stack; everything that arrived in it."""

    def __init__(self, facts, user):
        context = ssl.create_default_context(cafile=facts["ca"])
        self.imap = imaplib.IMAP4_SSL("127.0.0.1", facts["imaps"],
                                      ssl_context=context)
        self.imap.login(user, facts["password"])

    def messages(self):
        self.imap.select("INBOX", readonly=True)
        _, found = self.imap.uid("SEARCH", "ALL")
        numbers = found[0].split()
        if not numbers:
            return []
        _, parts = self.imap.uid("FETCH", b",".join(numbers), "BODY.PEEK[]")
        return [part[1] for part in parts if isinstance(part, tuple)]

    def close(self):
        self.imap.logout()
