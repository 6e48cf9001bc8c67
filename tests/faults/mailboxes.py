"""Mailboxes at a real Dovecot: pollers are killed, folders are numbered anew,
connections end anywhere (R-007, R-008, R-010, R-023)."""

import collections
import contextlib
import random
import re
import threading
import time

from polling import peak_mib
from whole import wait_for
from wire import CLIENT, SERVER, Fault, Proxy

NUMBER = re.compile(rb"id (\d{8});")
FOREIGN = "Subject: foreign\n\nHello.\n"


def check(scene, figures, wanted, kind="bounce", more=()):
    """Each of those deliveries has its event, none has two; some `more` may
    have one."""
    found = collections.Counter(n for n, in scene.sql(
        "SELECT delivery_id & 4294967295 FROM event WHERE kind = %s", kind))
    figures.exactly("missed", len(set(wanted) - set(found)), 0)
    figures.exactly("doubled", found.total() - len(found), 0)
    figures.exactly("never put in", len(set(found) - {*wanted, *more}), 0)


def note_peak(figures, pollers_mib):
    figures.note("peak memory, MiB", round(max(pollers_mib), 1))


def wait_read(scene, mailbox, folder, seconds=180, put=0):
    """Until everything in it was read, whatever it was before.  So many were
    put there, of which the server need not know at once.  A poller that found
    no folder, while it was made anew, stays away for about a minute."""
    def done():
        validity, following = folder.numbers()
        return following > put and scene.sql("SELECT 1 FROM mailbox_cursor WHERE mailbox_id = %s"
                         " AND uidvalidity = %s AND last_uid = %s", mailbox,
                         validity, following - 1)

    wait_for(done, seconds, 0.1)


def next_poller(scene, poller, **settings):
    """Ends one, and starts another that need not wait for the lease."""
    scene.kill(poller)
    scene.sql("UPDATE mailbox SET held_until = now()")
    return scene.poller(**settings)


def renumbered(scene, figures, count, new=50):
    """R-008: a folder gets a new UIDVALIDITY, and its messages other numbers,
    while it is read, while it waits and while nobody looks."""
    scene.deliveries(count + 3 * new)
    folder, rng = scene.folder(), random.Random(count)

    def fill(upto):
        numbers = list(range(1, upto + 1))
        rng.shuffle(numbers)
        folder.fill(scene.dsn(n) for n in numbers)

    fill(count)
    mailbox, poller = scene.mailbox(folder, junk=False), scene.poller()
    wait_read(scene, mailbox, folder, put=count)
    folder.remake()  # while it waits
    fill(count + new)
    wait_read(scene, mailbox, folder, put=count + new)
    peaks = [peak_mib(poller.pid)]
    scene.end(poller)
    folder.remake()  # while nobody looks
    fill(count + 2 * new)
    before, poller = len(scene.lines("mailbox_read")), scene.poller()
    wait_for(lambda: len(scene.lines("mailbox_read")) > before, every=0.002)
    folder.remake()  # while it is read
    fill(count + 3 * new)
    poller = next_poller(scene, poller)
    wait_read(scene, mailbox, folder, put=count + 3 * new)
    peaks.append(peak_mib(poller.pid))
    figures.note("messages", count + 3 * new)
    figures.at_least("numbered anew",
                     len(scene.lines("mailbox_renumbered")), 3)
    check(scene, figures, range(1, count + 3 * new + 1))
    figures.exactly("recorded", scene.read(), count + 3 * new)
    note_peak(figures, peaks)


class Storm:
    """Reports that arrive as long as pollers are killed, never all at once."""

    def __init__(self, scene, folder, count):
        self.folder, self.count, self.put = folder, count, 0
        self.report = scene.dsn

    def blow(self, upto):
        upto = min(self.count, upto)
        self.folder.fill(self.report(n) for n in range(self.put + 1, upto + 1))
        self.put = max(self.put, upto)


class Archive:
    """The folder where reports go that are recorded."""

    def __init__(self, folder):
        self.folder, self.numbers, self.last = folder, [], 0

    def look(self):
        """Those that came since."""
        self.folder.say("select", self.folder.name, True)
        rows = self.folder.say("uid", "fetch", f"{self.last + 1}:*",
                               "(UID BODY.PEEK[HEADER.FIELDS (RECEIVED)])")
        for head, text in (row for row in rows if isinstance(row, tuple)):
            uid = int(re.search(rb"UID (\d+)", head)[1])
            if uid > self.last:
                self.numbers.append(int(NUMBER.search(text)[1]))
                self.last = uid
        return self.numbers

    def without_event(self, scene):
        """Taken away before it was recorded."""
        moved = set(self.look())
        return len(moved - {n for n, in scene.sql(
            "SELECT delivery_id & 4294967295 FROM event")})


def killed(scene, figures, times, count, move=False, seed=1):
    """D-26: kill -9 of the poller at any moment, in a storm of reports."""
    rng = random.Random(seed)
    scene.deliveries(count)
    folder, archive = scene.folder(), Archive(scene.folder())
    storm, peaks, early, amid = Storm(scene, folder, count), [], 0, 0
    mailbox = scene.mailbox(folder, junk=False, **({
        "after_reading": "move", "after_folder": archive.folder.name}
        if move else {}))
    for n in range(1, times + 1):
        before, opened = scene.bounced(), len(scene.lines("mailbox_open"))
        poller = scene.poller()
        arrival = threading.Thread(target=storm.blow,
                                   args=(n * count // times,))
        arrival.start()
        wait_for(lambda o=opened: len(scene.lines("mailbox_open")) > o,
                 every=0.002)
        time.sleep(rng.uniform(0, 0.15))
        peaks.append(peak_mib(poller.pid))
        scene.kill(poller)
        arrival.join()
        amid += before < scene.bounced() < storm.put
        scene.sql("UPDATE mailbox SET held_until = now()")
        if move:
            early += archive.without_event(scene)
    poller = scene.poller()
    wait_read(scene, mailbox, folder, 300, count)
    figures.note("kills", times)
    figures.note("between two batches", amid)
    figures.note("messages", count)
    check(scene, figures, range(1, count + 1))
    figures.exactly("recorded", scene.read(), count)
    if move:
        figures.exactly("moved without event", early, 0)
        figures.exactly("left unmoved", folder.count(), 0)
        figures.exactly("moved", len(set(archive.look())), count)
        figures.exactly("moved twice", len(archive.numbers) - count, 0)
    note_peak(figures, [*peaks, peak_mib(poller.pid)])


class Poll:
    """A folder that is read through a wire which ends once."""

    def __init__(self, scene, first, fault, move):
        self.folder, self.done = scene.folder(), scene.folder()
        self.move = move
        self.folder.add(scene.dsn(first), FOREIGN, scene.reply(first + 1),
                        scene.dsn(first + 2))
        self.wire = Proxy(scene.facts["imap"],
                          lambda n: fault if n == 1 else None,
                          keep=fault is None)
        self.mailbox = scene.mailbox(
            self.folder, port=self.wire.port, tls="none", ca_file="",
            junk=False, **({"after_reading": "move",
                            "after_folder": self.done.name} if move else {}))

    def is_over(self, scene):
        """The first connection has ended, or come to rest before it did."""
        return self.wire.struck or self.is_read(scene)

    def is_read(self, scene):
        return scene.value("SELECT polled_at IS NOT NULL FROM mailbox"
                           " WHERE id = %s", self.mailbox)

    def is_tidy(self):
        return (self.folder.count(), self.done.count()) == (
            (2, 2) if self.move else (4, 0))

    def close(self, scene):
        scene.post(f"/v1/mailboxes/{self.mailbox}/pause", status=200)
        self.wire.close()
        for folder in (self.folder, self.done):
            scene.folders.remove(folder)
            folder.close()


def whole_poll(scene, move):
    """How many bytes either side says in a poll that nothing ends."""
    poll = Poll(scene, 1, None, move)
    poller = scene.poller()
    wait_for(lambda: poll.is_read(scene), every=0.005)
    time.sleep(0.2)  # it goes to rest
    assert poll.is_tidy()
    said = dict(poll.wire.pairs[0].passed)
    scene.end(poller)
    poll.close(scene)
    return said


def cut_off(scene, figures, step, move=False, at_once=25):
    """R-007: the connection ends after every step-th byte of either side; the
    next poller finds what is left."""
    scene.deliveries(3)
    said = whole_poll(scene, move)
    faults = [Fault(side, at) for side in (CLIENT, SERVER)
              for at in range(0, said[side], step)]
    first, untidy = 4, 0
    scene.deliveries(3 + 3 * len(faults), first)
    for start in range(0, len(faults), at_once):
        polls = []
        for fault in faults[start:start + at_once]:
            polls.append(Poll(scene, first, fault, move))
            first += 3
        poller = scene.poller()
        for poll in polls:
            wait_for(lambda p=poll: p.is_over(scene), 60, 0.02)
        scene.end(poller)
        poller = scene.poller()
        for poll in polls:
            wait_for(lambda p=poll: p.is_read(scene), 60, 0.02)
        scene.end(poller)
        untidy += sum(not poll.is_tidy() for poll in polls)
        with contextlib.ExitStack() as ends:
            for poll in polls:
                ends.callback(poll.close, scene)
    figures.note("bytes said, heard", f"{said[SERVER]}, {said[CLIENT]}")
    figures.note("cuts", len(faults))
    check(scene, figures, [n for n in range(1, first) if n % 3 != 2])
    check(scene, figures, range(2, first, 3), "reply")
    figures.exactly("recorded", scene.read(), (first - 1) // 3 * 4)
    figures.exactly("folders not as they should be", untidy, 0)
