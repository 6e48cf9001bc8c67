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

    def credentials(self, c):
        """What of the login anybody but the right server must not have."""
        user, password = self.login
        plain = f"\0{user}\0{password}".encode()
        return (user.encode(), password.encode(), base64.b64encode(plain))

    def log_in(self):
        """Why not; None: welcome."""
        self.logins.append(time.monotonic())
        return self.refusal

    def command(self, c, line):
        verb = line.split()[self.verb_at].upper().decode("ascii", "replace")
        getattr(self, "on_" + verb.lower(), self.on_unknown)(c, line)


class Pop3(MailboxServer):
    verb_at = 0
    capabilities = ("TOP", "UIDL", "USER", "RESP-CODES")
    # what an attacker says before TLS, to be believed under it
    injected = ("+OK", "SASL PLAIN", "USER", ".", "+OK welcome")
    in_advance = ("+OK", "STLS", ".", "+OK begin", "+OK", "USER", ".", "+OK")
    half, no_greeting = b"+O", "+OK ready"
    refuses = ("-ERR [SYS/TEMP] not now", "-ERR not implemented",
               "+OKAY you are secure already")

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

    def on_stls(self, c, line):
        self.on_starttls(c)

    def say_go(self, c, *more):
        c.say("+OK begin TLS", *more)

    def on_starttls(self, c):
        self.say_go(c)
        self.handshake(c)

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
    verb_at = 1
    capabilities = ("IMAP4rev1",)
    injected = ("* CAPABILITY IMAP4rev1 AUTH=PLAIN", "{1} OK done",
                "{2} OK welcome")
    in_advance = ("* CAPABILITY IMAP4rev1 STARTTLS", "A1 OK", "A2 OK begin",
                  "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "A3 OK")
    half, no_greeting = b"* CAPAB", "* OK ready"
    refuses = ("{0} NO [UNAVAILABLE] not now", "{0} BAD not implemented",
               "{0} OKAY you are secure already")

    def greet(self, c):
        c.say("* OK ready")

    def tagged(self, line, text, ahead=0):
        """`{n}`: the tag of the n-th command from that one on."""
        tag = line.split()[0].decode()
        start, _, number = tag.rpartition(".")
        tags = [f"{start}.{int(number) + n}" for n in range(3)]
        return text.format(*tags)

    def on_unknown(self, c, line):
        c.say(self.tagged(line, "{0} BAD what?"))

    def offers(self, c):
        words = list(self.capabilities)
        if self.tls == "starttls" and not c.is_tls:
            return [*words, "STARTTLS", "LOGINDISABLED"]
        return words

    def on_capability(self, c, line):
        c.say("* CAPABILITY " + " ".join(self.offers(c)),
              self.tagged(line, "{0} OK"))

    def say_go(self, c, *more):
        line = c.commands[-1]
        c.say(*[self.tagged(line, x) for x in ("{0} OK begin TLS", *more)])

    def on_starttls(self, c, line=None):
        self.say_go(c)
        self.handshake(c)

    def on_login(self, c, line):
        why = self.log_in()
        c.say(self.tagged(line, f"{{0}} NO {why}" if why else "{0} OK"))
