"""Servers of POP3 and IMAP that keep every byte of a client, and can lie."""

import base64
import time

from recorder import Closed, Recorder


class MailboxServer(Recorder):
    """One mailbox.  `refusal` is what a login gets instead of a yes; `logins`
    has when they came."""

    refusal = None

    def __init__(self, tls="none", context=None, login=None, box=()):
        super().__init__(tls, context, login)
        self.box = [m.replace("\n", "\r\n").encode() for m in box]

    def saw_credentials(self):
        """In any form, in the clear or under TLS."""
        user, password = self.login
        coded = base64.b64encode(f"\0{user}\0{password}".encode())
        said = self.all_bytes()
        return any(x in said for x in (user.encode(), password.encode(),
                                       coded)) or self.logins != []

    def log_in(self):
        """Why not; None: welcome."""
        self.logins.append(time.monotonic())
        return self.refusal

    def command(self, c, line):
        if line.split()[-1].upper() in (b"STLS", b"STARTTLS"):
            self.on_starttls(c)
            return
        verb = line.split()[self.verb_at].upper().decode("ascii", "replace")
        getattr(self, "on_" + verb.lower(), self.on_unknown)(c, line)


class Pop3(MailboxServer):
    protocol, verb_at = "pop3", 0
    capabilities = ("TOP", "UIDL", "USER", "RESP-CODES")
    stripped = ("SASL PLAIN",)
    refusals = ("-ERR [SYS/TEMP] not now", "-ERR not implemented",
                "+OKAY you are secure already")
    injected = ("+OK", "SASL PLAIN", "USER", ".", "+OK welcome")
    half = b"+O"
    in_advance = ("+OK ready", "+OK", "STLS", ".", "+OK begin", *injected)

    def greet(self, c):
        c.say("+OK ready")

    def on_unknown(self, c, line):
        c.say("-ERR what?")

    def offers(self, c):
        words = list(self.capabilities)
        if self.tls == "starttls" and not c.is_tls:
            return [w for w in words if w != "USER"] + ["STLS"]
        return words

    def on_capa(self, c, line):
        c.say("+OK", *self.offers(c), ".")

    def go(self, c):
        return "+OK begin TLS"

    def on_user(self, c, line):
        c.say("+OK")

    def on_pass(self, c, line):
        why = self.log_in()
        c.deleted = set()
        c.say(f"-ERR {why}" if why else "+OK")

    def on_stat(self, c, line):
        c.say(f"+OK {len(self.box)} {sum(map(len, self.box))}")

    def on_uidl(self, c, line):
        if "UIDL" not in self.capabilities:
            c.say("-ERR what?")
            return
        c.say("+OK", *[f"{n} key-{hash(m)}" for n, m in
                       enumerate(self.box, 1)], ".")

    def on_list(self, c, line):
        n = int(line.split()[1])
        c.say(f"+OK {n} {len(self.box[n - 1])}")

    def content(self, c, text):
        lines = text.rstrip(b"\r\n").split(b"\r\n")
        c.say("+OK", *[b"." + x if x[:1] == b"." else x for x in lines], ".")

    def on_top(self, c, line):
        if "TOP" not in self.capabilities:
            c.say("-ERR what?")
            return
        _, n, count = map(int, line.replace(b"TOP", b"0").split())
        head, _, body = self.box[n - 1].partition(b"\r\n\r\n")
        body = b"\r\n".join(body.split(b"\r\n")[:count])
        self.content(c, head + b"\r\n\r\n" + body)

    def on_retr(self, c, line):
        self.content(c, self.box[int(line.split()[1]) - 1])

    def on_dele(self, c, line):
        c.deleted.add(int(line.split()[1]))
        c.say("+OK")

    def on_quit(self, c, line):
        gone = getattr(c, "deleted", set())
        self.box = [m for n, m in enumerate(self.box, 1) if n not in gone]
        c.say("+OK bye")
        raise Closed


class Imap(MailboxServer):
    protocol, verb_at = "imap", 1
    capabilities = ("IMAP4rev1",)
    stripped = ("AUTH=PLAIN",)
    refusals = ("{0} NO [UNAVAILABLE] not now", "{0} BAD not implemented",
                "{0} OKAY you are secure already")
    injected = ("* CAPABILITY IMAP4rev1 AUTH=PLAIN", "{1} OK done",
                "{2} OK welcome")
    half = b"* CAPAB"
    in_advance = ("* OK ready", "* CAPABILITY IMAP4rev1 STARTTLS", "A1 OK",
                  "A2 OK begin", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "A3 OK")

    def greet(self, c):
        c.say("* OK ready")

    def tagged(self, c, text):
        """`{n}`: the tag of the n-th command after the last."""
        tag = c.commands[-1].split()[0].decode()
        start, _, number = tag.rpartition(".")
        tags = [f"{start}.{int(number) + n}" for n in range(3)]
        return text.format(*tags)

    def on_unknown(self, c, line):
        c.say(self.tagged(c, "{0} BAD what?"))

    def offers(self, c):
        words = list(self.capabilities)
        if self.tls == "starttls" and not c.is_tls:
            return [*words, "STARTTLS", "LOGINDISABLED"]
        return words

    def on_capability(self, c, line):
        c.say("* CAPABILITY " + " ".join(self.offers(c)),
              self.tagged(c, "{0} OK"))

    def go(self, c):
        return self.tagged(c, "{0} OK begin TLS")

    def refused(self, c, which):
        return self.tagged(c, self.refusals[which])

    def answers(self, c):
        return [self.tagged(c, x) for x in self.injected]

    def on_login(self, c, line):
        why = self.log_in()
        c.say(self.tagged(c, f"{{0}} NO {why}" if why else "{0} OK"))
