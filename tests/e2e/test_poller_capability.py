"""What a server offers beside IMAP4rev1 changes how much is said, never what
follows from it (R-020): one mailbox at a real Dovecot, seen through masks by
pollers with databases of their own, and the same one at a server that speaks
IMAP4rev2 alone."""

import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor


from imap_mask import BARE, Mask
from imap_model import Model
from polling import Folder, Polling
from whole import wait_for

USER = "alice@example.test"
DELIVERIES = 30
MASKS = {
    "bare": BARE,
    "idle": f"{BARE} IDLE",
    "condstore": f"{BARE} CONDSTORE ENABLE",
    "qresync": f"{BARE} IDLE CONDSTORE QRESYNC ENABLE",
    "full": None,
}
# What each must have said at least once.
SAID = {"bare": b"UID SEARCH UID", "idle": b"IDLE",
        "condstore": b"(CONDSTORE)",
        "qresync": b"(CONDSTORE)", "full": b"RETURN (ALL)"}

READ = """
SELECT folder, dense_rank() OVER (PARTITION BY folder ORDER BY uidvalidity),
       uid, encode(fingerprint, 'hex'), class, rule, attribution, delivery_id,
       sender, subject, message_id, details, octet_length(raw), received_at
  FROM inbound ORDER BY 1, 2, 3"""
HAPPENED = """
SELECT e.kind, e.key, e.campaign_id, e.delivery_id, e.contact_id, e.type,
       e.category, e.status, e.source, e.data, encode(i.fingerprint, 'hex')
  FROM event e LEFT JOIN inbound i ON i.id = e.inbound_id ORDER BY 1, 2"""
GONE = """
SELECT email_key, reason, list_id, delivery_id, evidence - 'inbound_id'
  FROM suppression ORDER BY 1, 2"""
CURSOR = "SELECT folder, last_uid FROM mailbox_cursor ORDER BY 1"


class View:
    """One mailbox, as one kind of server shows it."""

    def __init__(self, name, postgres, facts, key):
        self.name = name
        self.scene = Polling(postgres, facts)
        if key:
            shutil.copy(key, f"{self.scene.home}/master.key")
        self.scene.start()
        self.scene.deliveries(DELIVERIES)
        self.server = self.mailbox = None

    def watch(self, folder, server):
        self.server = server
        self.mailbox = self.scene.mailbox(
            folder, username=USER, password="secret", port=server.port,
            tls="none", ca_file="")

    def settle(self, count):
        """Until all is read, in both folders."""
        self.scene.poller()
        wait_for(lambda: self.scene.read() >= count, 30)
        self.rest()

    def rest(self):
        self.scene.wait_polled(self.mailbox, self.scene.now())

    def rows(self):
        return {name: self.scene.sql(query) for name, query in (
            ("inbound", READ), ("event", HAPPENED), ("suppression", GONE),
            ("cursor", CURSOR))}

    def stop(self):
        self.scene.stop()
        if self.server:
            self.server.stop()


class Both:
    """A folder at Dovecot, and the same at the model."""

    def __init__(self, *folders):
        self.folders = folders

    def __getattr__(self, name):
        def do(*args, **more):
            for folder in self.folders:
                getattr(folder, name)(*args, **more)

        return do


@contextlib.contextmanager
def views(postgres, facts):
    """All of them, the folder that they read, the one for spam."""
    main, junk = Folder(facts, user=USER), Folder(facts, "Spam", USER)
    junk.make()
    model = Model()
    both = [Both(main, model.folder(main.name)),
            Both(junk, model.folder("Spam", r"\Junk"))]
    first = View("rev2", postgres, facts, None)
    with ThreadPoolExecutor() as pool:
        others = list(pool.map(lambda name: View(
            name, postgres, facts, f"{first.scene.home}/master.key"), MASKS))
    first.watch(main, model)
    for view in others:
        view.watch(main, Mask(facts["imap"], MASKS[view.name]))
    try:
        yield [first, *others], *both
    finally:
        each([first, *others], View.stop)
        for folder in (main, junk):
            folder.say("delete", folder.name)
            folder.close()


def each(all_views, what, *args):
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda view: what(view, *args), all_views))


def wait_read(all_views, count):
    for view in all_views:
        wait_for(lambda v=view: v.scene.read() >= count, 30)


def stop_pollers(all_views):
    each(all_views, lambda view: view.scene.end(view.scene.pollers[0]))


def come_and_go(all_views, main, junk):
    """Bounces, answers, other people's mail; some of it goes again while the
    pollers read, some before they see it; and all is numbered anew."""
    source, at = all_views[0].scene, time.time() - 3600
    dsn = {n: source.dsn(n) for n in range(1, DELIVERIES + 1)}
    foreign = "Subject: foreign {}\nFrom: someone@example.org\n\nHello.\n"
    answers = [source.reply(7), source.reply(
        8, "Away.", **{"Auto-Submitted": "auto-replied"})]
    main.add(*[dsn[n] for n in range(1, 7)], *answers, foreign.format(1),
             source.notice(9), at=at)
    junk.add(dsn[10], "Subject: buy\n\nnow\n", at=at)
    each(all_views, View.settle, 12)
    main.remove(2, 4, 9)
    main.add(source.reply(11), dsn[12], at=at)
    junk.add(dsn[13], at=at)
    wait_read(all_views, 15)
    each(all_views, View.rest)
    stop_pollers(all_views)
    main.add(dsn[14], foreign.format(2), dsn[15], at=at)
    main.remove(3, 14)  # one was read, the other never will be
    each(all_views, View.settle, 17)
    stop_pollers(all_views)
    main.remake()
    main.add(*[dsn[n] for n in (15, 14, 12, 6, 5, 1, 16)], *answers, at=at)
    each(all_views, View.settle, 18)
    main.add(dsn[17], foreign.format(3), at=at)
    wait_read(all_views, 20)
    each(all_views, View.rest)


def test_same_events_by_every_server(postgres, mail_stack):
    with views(postgres, mail_stack) as (all_views, main, junk):
        come_and_go(all_views, main, junk)
        rows = {view.name: view.rows() for view in all_views}
        for name, found in rows.items():
            for table, expected in rows["bare"].items():
                assert found[table] == expected, f"{name}: {table}"
        assert len(rows["bare"]["inbound"]) == 20
        assert len(rows["bare"]["event"]) == 17
        for view in all_views[1:]:
            assert view.server.strays == [], view.name
            assert any(SAID[view.name] in c for c in view.server.commands)
        assert all_views[0].server.most == 1, "connections at a time"


def test_folder_at_rest_is_not_searched(postgres, mail_stack):
    """Where HIGHESTMODSEQ says that nothing has changed; else a search finds
    that out.  Both see the next mail."""
    with contextlib.ExitStack() as stack:
        folder = Folder(mail_stack, user=USER)
        stack.callback(folder.close)
        first = View("qresync", postgres, mail_stack, None)
        stack.callback(first.stop)
        other = View("idle", postgres, mail_stack,
                     f"{first.scene.home}/master.key")
        stack.callback(other.stop)
        folder.add(first.scene.dsn(1))
        for view in (first, other):
            look_again(view, folder, mail_stack)
        searches = {view.name: sum(b"SEARCH" in c for c in
                                   view.server.commands)
                    for view in (first, other)}
        assert searches["qresync"] == 0 < searches["idle"]
        modseq = "SELECT modseq > 0 FROM mailbox_cursor"
        assert first.scene.value(modseq) and not other.scene.value(modseq)
        folder.add(first.scene.dsn(2))
        wait_read([first, other], 2)


def look_again(view, folder, facts):
    """A second poller, at a folder that was read; what is said to it."""
    view.watch(folder, Mask(facts["imap"], MASKS[view.name]))
    view.scene.poller()
    view.scene.wait_bounced(1)
    view.scene.wait_polled(view.mailbox)
    stop_pollers([view])
    del view.server.commands[:]
    view.scene.poller()
    view.scene.wait_polled(view.mailbox, view.scene.now())
