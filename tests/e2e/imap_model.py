"""An IMAP server that can be made to do anything, in memory: IMAP4rev2 alone
(RFC 9051), and strict: what it does not offer it does not understand."""

import base64
import contextlib
import imaplib
import re
import select
import socket
import threading
import time

LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
FETCH = re.compile(rb"UID FETCH ([0-9:,]+) \(UID INTERNALDATE RFC822\.SIZE"
                   rb" BODY\.PEEK\[(HEADER|)\]<0\.262144>\)")
SEARCH = re.compile(rb"UID SEARCH RETURN \(ALL\) (?:ALL|UID (\d+):\*)"
                    rb"(?: SINCE (\S+))?")
MOVE = re.compile(rb"UID MOVE ([0-9:,]+) (\S+)")
PART_MAX = 262144


class Ended(Exception):
    pass


def members(text):
    """The numbers of `2,4:7`."""
    for part in text.decode().split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


def ranges(numbers):
    """`2,4:7`, of numbers in order."""
    runs = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


class ModelFolder:
    """As polling.Folder, without a server in between."""

    def __init__(self, model, name, use=""):
        self.model, self.name, self.use = model, name, use
        self.uidvalidity, self.uidnext, self.mails = 1, 1, {}

    def add(self, *messages, at=None):
        with self.model.lock:
            for message in messages:
                if isinstance(message, str):
                    message = message.encode()
                self.mails[self.uidnext] = (at or time.time(),
                                            message.replace(b"\n", b"\r\n"))
                self.uidnext += 1

    def remove(self, *uids):
        with self.model.lock:
            for uid in uids:
                del self.mails[uid]

    def remake(self):
        with self.model.lock:
            self.uidvalidity += 1
            self.uidnext, self.mails = 1, {}

    def close(self):
        pass


class Talk:
    """One client."""

    def __init__(self, model, sock):
        self.model, self.sock, self.pending = model, sock, b""
        self.folder, self.seen, self.tag = None, [], ""
        self.dead = False  # the line is: nobody is told

    def say(self, data):
        if isinstance(data, str):
            data = data.encode()
        self.send(data + b"\r\n")

    def send(self, data):
        if self.dead:
            return
        self.model.bytes_said += len(data)
        self.sock.sendall(data)

    def take(self, enough):
        while not enough():
            data = self.sock.recv(65536)
            if not data:
                raise Ended
            if not self.dead:
                self.pending += data

    def line(self):
        self.take(lambda: b"\r\n" in self.pending)
        line, _, self.pending = self.pending.partition(b"\r\n")
        return line

    def command(self):
        """A line, its literals put in as quoted strings."""
        line = self.line()
        while (found := LITERAL.search(line)):
            size = int(found[1])
            if not found[2]:
                self.say("+ go on")
            self.take(lambda n=size: len(self.pending) >= n)
            text, self.pending = self.pending[:size], self.pending[size:]
            line = line[:found.start()] + b'"' + text + b'"' + self.line()
        tag, _, rest = line.partition(b" ")
        return tag.decode(), rest

    def news(self):
        """What changed in the folder since we told of it."""
        with self.model.lock:
            mails = list(self.folder.mails) if self.folder else []
        for uid in [u for u in self.seen if u not in mails]:
            self.say(f"* {self.seen.index(uid) + 1} EXPUNGE")
            self.seen.remove(uid)
        if len(mails) > len(self.seen):
            self.say(f"* {len(mails)} EXISTS")
        self.seen = mails

    def serve(self):
        self.say(self.model.greeting)
        while True:
            tag, rest = self.command()
            self.model.commands.append(rest)
            verb = re.match(rb"(?:UID )?\w+", rest)
            name = verb[0].decode().replace(" ", "_").lower() if verb else ""
            self.tag = tag
            if self.model.misbehave(self, rest):
                continue
            do = getattr(self, f"do_{name}", None)
            self.say(f"{tag} {do(rest) if do else 'BAD what?'}")
            if name == "logout":
                return

    def do_capability(self, rest):
        self.say(f"* CAPABILITY {self.model.offers}")
        return "OK done"

    def do_noop(self, rest):
        self.news()
        return "OK done"

    def do_logout(self, rest):
        self.say("* BYE see you")
        return "OK done"

    def do_authenticate(self, rest):
        user, password = base64.b64decode(
            rest.split()[2]).decode().split("\0")[1:]
        self.model.logins.append(time.monotonic())
        ok = password == self.model.password and user
        return "OK in" if ok else "NO [AUTHENTICATIONFAILED] no"

    def do_list(self, rest):
        if rest != b'LIST "" * RETURN (SPECIAL-USE)':
            return "BAD what?"
        for f in self.model.folders.values():
            self.say(f'* LIST ({f.use}) "/" "{f.name}"')
        return "OK done"

    def do_examine(self, rest):
        found = WORD.search(rest[7:].strip())
        name = (found[1] or found[2]).decode()
        self.folder = self.model.folders.get(name)
        if found.end() != len(rest[7:].strip()) or self.folder is None:
            self.folder = None
            return "NO [NONEXISTENT] no such folder"
        with self.model.lock:
            f, self.seen = self.folder, list(self.folder.mails)
            told = (f.uidvalidity, f.uidnext)
        self.say(f"* {len(self.seen)} EXISTS")
        self.say(f'* LIST ({f.use}) "/" "{f.name}"')
        self.say(f"* OK [UIDVALIDITY {told[0]}] its number")
        self.say(f"* OK [UIDNEXT {told[1]}] the next")
        return "OK [READ-ONLY] open"

    def do_select(self, rest):
        return self.do_examine(b" " + rest).replace("ONLY", "WRITE")

    def do_uid_move(self, rest):
        """All is copied before the first is removed, as servers do; who has
        gone meanwhile does not matter."""
        asked = MOVE.fullmatch(rest)
        to = asked and self.model.folders.get(asked[2].decode())
        if not to or not self.folder:
            return "NO [TRYCREATE] no such folder"
        with self.model.lock:
            mails = [(u, self.folder.mails[u]) for u in members(asked[1])
                     if u in self.folder.mails]
            for _, (at, data) in mails:
                to.mails[to.uidnext] = (at, data)
                to.uidnext += 1
        self.model.copied += 1
        time.sleep(self.model.move_s)
        with self.model.lock:
            for uid, _ in mails:
                self.folder.mails.pop(uid, None)
        self.news()
        return "OK done"

    def do_uid_search(self, rest):
        asked = SEARCH.fullmatch(rest)
        if not asked or not self.folder:
            return "BAD what?"
        since = time.mktime(time.strptime(
            asked[2].decode(), "%d-%b-%Y")) if asked[2] else 0
        with self.model.lock:
            mails = dict(self.folder.mails)
        self.news()
        found = [u for u, (at, _) in mails.items() if at >= since]
        if asked[1]:
            last = max(mails, default=0)  # n:* has the last one, always
            found = [u for u in found if u >= min(int(asked[1]), last)]
        self.model.searches += 1
        self.say(f'* ESEARCH (TAG "{self.tag}") UID'
                 + (f" ALL {ranges(found)}" if found else ""))
        return "OK done"

    def do_uid_fetch(self, rest):
        asked = FETCH.fullmatch(rest)
        if not asked or not self.folder:
            return "BAD what?"
        for uid in members(asked[1]):
            with self.model.lock:
                at, data = self.folder.mails.get(uid, (0, None))
            if data is not None and uid in self.seen:
                self.fetched(uid, at, data, asked[2].decode())
        return "OK done"

    def fetched(self, uid, at, data, part):
        size = len(data)
        if part:
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        sent = data[:PART_MAX]
        self.send(f"* {self.seen.index(uid) + 1} FETCH (UID {uid} INTERNALDATE"
                  f" {imaplib.Time2Internaldate(at)} RFC822.SIZE {size}"
                  f" BODY[{part}]<0> {{{len(sent)}}}\r\n".encode()
                  + sent + b")\r\n")

    def do_idle(self, rest):
        self.say("+ idling")
        while not self.pending:
            self.news()
            if select.select([self.sock], [], [], 0.05)[0]:
                self.take(lambda: self.pending)
        return "OK done" if self.line() == b"DONE" else "BAD what?"


class Model:
    """A server at `port`; what it may do wrong is `misbehave`."""

    def __init__(self, password="secret", offers="IMAP4rev2 AUTH=PLAIN"):
        self.password, self.offers = password, offers
        self.greeting, self.move_s, self.copied = "* OK hello", 0, 0
        self.lock = threading.RLock()
        self.folders, self.commands, self.logins = {}, [], []
        self.bytes_said = self.searches = self.now = self.most = 0
        self.connected, self.talks = [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def folder(self, name, use=""):
        self.folders[name] = ModelFolder(self, name, use)
        return self.folders[name]

    def mailbox(self, **more):
        """How Volley is told of it."""
        return {"port": self.port, "tls": "none", "ca_file": "",
                "password": self.password, **more}

    def misbehave(self, talk, rest):
        """True: it has answered, or never will."""
        return False

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connected.append(time.monotonic())
                threading.Thread(target=self.talk, args=(sock,),
                                 daemon=True).start()

    def talk(self, sock):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self.talks.append(Talk(self, sock))
            self.talks[-1].serve()
        except (OSError, Ended):
            pass
        finally:
            with self.lock:
                self.now -= 1
            sock.close()

    def hush(self):
        """The lines of today go dead; new ones are well."""
        for talk in self.talks:
            talk.dead = True

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
