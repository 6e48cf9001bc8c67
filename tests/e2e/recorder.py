"""An SMTP server that keeps every byte that a client sends, and can lie.

Lines end in CRLF and nothing else, a message ends in CRLF.CRLF and nothing
else; what does not fit is kept and refused.  What a server may do wrong is a
method to be overridden.
"""

import base64
import socket
import ssl
import threading
import time

EHLO = ("PIPELINING", "8BITMIME", "SIZE 52428800", "SMTPUTF8",
        "ENHANCEDSTATUSCODES")
LINE_MAX = 1 << 20


class Closed(Exception):
    pass


class Message:
    def __init__(self, begun):
        self.begun = begun  # when MAIL came
        self.mail, self.rcpt, self.data = None, [], None


class Connection:
    """What one client said: in the clear, and under TLS."""

    def __init__(self, sock):
        self.sock = sock
        self.clear, self.secret = b"", b""
        self.commands = []
        self.pending = b""
        self.is_tls = False
        self.handshake_error = None

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except (OSError, ValueError) as e:
            raise Closed from e
        if not data:
            raise Closed
        if self.is_tls:
            self.secret += data
        else:
            self.clear += data
        self.pending += data

    def until(self, end):
        """What comes before `end`, which is taken too."""
        while end not in self.pending:
            if len(self.pending) > LINE_MAX:
                raise Closed
            self.receive()
        found, _, self.pending = self.pending.partition(end)
        return found

    def say(self, *lines):
        try:
            self.sock.sendall(b"".join(
                (x.encode() if isinstance(x, str) else x) + b"\r\n"
                for x in lines))
        except OSError as e:
            raise Closed from e


class Recorder:
    """`tls`: "none", "starttls" or "implicit"; the latter two want a context.
    `login`: (user, password) that alone is let in; None: nobody has to."""

    capabilities = EHLO
    # words of liars.py
    stripped = ("AUTH PLAIN LOGIN",)
    refusals = ("454 4.7.0 TLS not available due to temporary reason",
                "502 5.5.1 STARTTLS is not implemented",
                "250 2.0.0 you are secure already")
    injected = ("250-mx.test", "250 AUTH PLAIN", "235 2.7.0 welcome")
    half = b"250"
    in_advance = ("220 mx.test ESMTP", "250-mx.test", "250 STARTTLS",
                  "220 2.0.0 go ahead", *injected)

    def __init__(self, tls="none", context=None, login=None, delay=0.0):
        self.tls, self.context, self.login = tls, context, login
        self.delay = delay  # before the reply to the dot
        self.connections, self.messages, self.logins = [], [], []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(30)
            connection = Connection(sock)
            with self.lock:
                self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,),
                             daemon=True).start()

    def stop(self):
        self.listener.close()
        for c in self.connections:
            try:
                c.sock.close()
            except OSError:
                pass

    def serve(self, c):
        try:
            if self.tls == "implicit":
                self.handshake(c)
            self.greet(c)
            while True:
                line = c.until(b"\r\n")
                c.commands.append(line)
                self.command(c, line)
        except Closed:
            pass
        finally:
            c.sock.close()

    def handshake(self, c):
        try:
            c.sock = self.context.wrap_socket(c.sock, server_side=True)
        except (OSError, ssl.SSLError) as e:
            c.handshake_error = e
            raise Closed from e
        c.is_tls = True
        c.pending = b""

    def greet(self, c):
        c.say("220 mx.test ESMTP")

    def offers(self, c):
        """Words after EHLO."""
        words = list(self.capabilities)
        if self.tls == "starttls" and not c.is_tls:
            words.append("STARTTLS")
        elif self.login is not None:
            words.append("AUTH PLAIN")
        return words

    def command(self, c, line):
        verb = line[:5].rstrip().upper().decode("ascii", "replace")
        handler = getattr(self, "on_" + verb.lower(), None)
        if line.upper() == b"STARTTLS":
            self.on_starttls(c)
        elif handler is None:
            c.say("502 5.5.1 what?")
        else:
            handler(c, line)

    def on_ehlo(self, c, line):
        words = ["mx.test", *self.offers(c)]
        c.say(*[f"250-{w}" for w in words[:-1]], f"250 {words[-1]}")

    def go(self, c):
        return "220 2.0.0 go ahead"

    def refused(self, c, which):
        return self.refusals[which]

    def answers(self, c):
        return self.injected

    def on_starttls(self, c):
        c.say(self.go(c))
        self.handshake(c)

    def on_auth(self, c, line):
        self.logins.append((time.monotonic(), line))
        if line == self.auth_line():
            c.say("235 2.7.0 welcome")
        else:
            c.say("535 5.7.8 authentication credentials invalid")

    def auth_line(self):
        user, password = self.login
        return b"AUTH PLAIN " + base64.b64encode(
            f"\0{user}\0{password}".encode())

    def on_mail(self, c, line):
        c.message = Message(time.monotonic())
        c.message.mail = line
        c.say("250 2.1.0 ok")

    def on_rcpt(self, c, line):
        c.message.rcpt.append(line)
        c.say("250 2.1.5 ok")

    def on_data(self, c, line):
        c.say("354 go on")
        # the dot may be the first line
        c.pending = b"\r\n" + c.pending
        c.message.data = c.until(b"\r\n.\r\n")[2:] + b"\r\n"
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            self.messages.append(c.message)
            n = len(self.messages)
        c.say(f"250 2.0.0 queued as {n}")

    def on_rset(self, c, line):
        c.say("250 2.0.0 ok")

    def on_quit(self, c, line):
        c.say("221 2.0.0 bye")
        raise Closed

    def clear(self):
        """All that ever came outside of TLS."""
        return b"".join(c.clear for c in self.connections)

    def secret(self):
        return b"".join(c.secret for c in self.connections)

    def all_bytes(self):
        return self.clear() + self.secret()
