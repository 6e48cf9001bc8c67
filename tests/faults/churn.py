"""Other clients at work in the folders that a poller reads (R-011, R-012):
they add, flag, copy, move and delete, each with messages of its own."""

import collections
import dataclasses
import random
import threading
import time

from mailboxes import FOREIGN, check, note_peak, wait_read
from polling import Folder, peak_mib

FLAGS = ("\\Flagged", "\\Answered", "\\Seen", "\\Draft", "$Later", "Mine")
KEYWORD = "$VolleyProcessed"  # what the poller may add, where it is asked to
REPORT, REPLY, OTHER = "bounce", "reply", None


@dataclasses.dataclass
class Message:
    kind: str
    number: int
    flags: set


class Client:
    """Knows its messages by what the server says of their numbers (RFC
    4315), and what flags they must have."""

    def __init__(self, scene, names, numbers, seed):
        self.scene, self.numbers = scene, iter(numbers)
        self.rng = random.Random(seed)
        self.folders = {name: Folder(scene.facts, name) for name in names}
        self.there = {name: {} for name in names}  # by UID
        self.put = {REPORT: set(), REPLY: set(), OTHER: set()}
        self.done = collections.Counter()
        self.failure = None

    def work(self, actions):
        """The body of a thread."""
        try:
            for _ in range(actions):
                self.act()
        except Exception as failure:  # told by the thread that waits
            self.failure = failure

    def close(self):
        for folder in self.folders.values():
            folder.close()

    def act(self):
        name = self.rng.choice(list(self.folders))
        some = self.rng.sample(sorted(self.there[name]), min(
            len(self.there[name]), self.rng.randint(1, 6)))
        act = self.rng.choice((self.flag, self.flag, self.copy, self.move,
                               self.expunge, self.add, self.add))
        if not some:
            act = self.add
        act(name, some)
        self.done[act.__name__] += 1
        time.sleep(self.rng.choice((0, 0, 0.002, 0.01)))

    def selected(self, name):
        folder = self.folders[name]
        if folder.imap.state != "SELECTED":
            folder.say("select", name)
        folder.say("noop")  # what came by another connection is seen
        return folder

    def uid(self, name, command, uids, *args):
        folder = self.selected(name)
        folder.say("uid", command, ",".join(map(str, uids)), *args)
        return folder

    def add(self, name, _):
        number = next(self.numbers)
        kind = self.rng.choice((REPORT, REPORT, REPLY, OTHER))
        text = {REPORT: self.scene.dsn, REPLY: self.scene.reply,
                OTHER: lambda n: FOREIGN}[kind](number)
        folder = self.folders[name]
        folder.add(text)
        uid = int(folder.imap.response("APPENDUID")[1][-1].split()[1])
        self.there[name][uid] = Message(kind, number, set())
        self.put[kind].add(number)

    def flag(self, name, some):
        flags = self.rng.sample(FLAGS, 2)
        sign = self.rng.choice("+-")
        self.uid(name, "STORE", some, f"{sign}FLAGS.SILENT",
                 f"({' '.join(flags)})")
        for uid in some:
            have = self.there[name][uid].flags
            if sign == "+":
                have.update(flags)
            else:
                have.difference_update(flags)

    def expunge(self, name, some):
        self.uid(name, "STORE", some, "+FLAGS.SILENT", r"(\Deleted)")
        self.uid(name, "EXPUNGE", some)
        for uid in some:
            del self.there[name][uid]

    def transfer(self, name, command, some):
        """To the other folder; its number there by its number here."""
        other, = set(self.folders) - {name}
        folder = self.uid(name, command, some, other)
        _, before, after = folder.imap.response("COPYUID")[1][-1].split()
        for old, new in zip(numbers_of(before), numbers_of(after),
                            strict=True):
            m = self.there[name][old]
            self.there[other][new] = Message(m.kind, m.number, set(m.flags))

    def copy(self, name, some):
        self.transfer(name, "COPY", some)

    def move(self, name, some):
        self.transfer(name, "MOVE", some)
        for uid in some:
            del self.there[name][uid]


def numbers_of(text):
    """b"3:5,9" in full."""
    for part in text.decode().split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


def spoilt(folder, clients, marks):
    """Messages whose flags are not what their client left; those that are
    missing, or that nobody knows."""
    expected = {uid: m for c in clients
                for uid, m in c.there[folder.name].items()}
    found, wrong = folder.flags(), 0
    for uid in found.keys() | expected.keys():
        if uid not in found or uid not in expected:
            wrong += 1
            continue
        have = expected[uid].flags
        may = marks and expected[uid].kind == REPORT
        wrong += not have <= found[uid] <= have | ({KEYWORD} if may else set())
    return wrong


def surviving(clients, kind):
    return {m.number for c in clients for there in c.there.values()
            for m in there.values() if m.kind == kind}


def work(clients, actions):
    threads = [threading.Thread(target=c.work, args=(actions,))
               for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        if client.failure:
            raise client.failure


def churn(scene, figures, count, actions, after="keep", seed=1):
    """R-012: what is left has its event, once, also in two folders; and is as
    its client left it."""
    each = actions + 2
    scene.deliveries(count * each)
    folders = [scene.folder(), scene.folder()]
    boxes = [scene.mailbox(f, junk=False, after_reading=after)
             for f in folders]
    names = [f.name for f in folders]
    clients = [Client(scene, names, range(n * each + 1, (n + 1) * each),
                      seed + n) for n in range(count)]
    poller = scene.poller()
    for box in boxes:
        scene.wait_polled(box)
    work(clients, actions)
    for name in names:
        clients[0].add(name, [])  # the last one stays
    for box, folder in zip(boxes, folders, strict=True):
        wait_read(scene, box, folder)
    figures.exactly("poller ended by itself", poller.poll(), None)
    figures.note("actions", sum(c.done.total() for c in clients))
    for kind in (REPORT, REPLY):
        alive = surviving(clients, kind)
        figures.note(f"{kind}: left", len(alive))
        check(scene, figures, alive, kind,
              set().union(*(c.put[kind] for c in clients)))
    figures.exactly("flags changed by the poller", sum(
        spoilt(f, clients, after == "keyword") for f in folders), 0)
    figures.exactly("connections", len(scene.lines("mailbox_open")), 2)
    note_peak(figures, [peak_mib(poller.pid)])
    scene.end(poller)
    for client in clients:
        client.close()
