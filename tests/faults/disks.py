"""Disks that are full or fail (D-21): of journals, of what is logged and of
PostgreSQL.  Nothing more is sent while nobody could remember it, nobody is
lost, and it goes on by itself when there is space."""

import contextlib
import errno
import pathlib
import shutil
import subprocess
import tempfile
import time

import calls
import scene
from kills import Tail
from sending import wait_for

SETTINGS = ("--workers=1", "--retry-first-s=1", "--retry-max-s=1")
# Of a file system on which a journal has room for two segments or so.
JOURNAL = {"blocks": "size=5m", "inodes": "size=64m,nr_inodes=40"}


@contextlib.contextmanager
def small_disk(options):
    """A file system of its own; only root can make one."""
    folder = tempfile.mkdtemp(prefix="volley-small-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder],
                   check=True)
    try:
        yield pathlib.Path(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def fill(folder):
    """Until there is neither a block nor an inode left."""
    with contextlib.suppress(OSError):
        for n in range(100000):
            with open(folder / f"filler{n}", "wb", buffering=0) as f:
                while f.write(bytes(65536)):
                    pass


def take_inodes(folder):
    with contextlib.suppress(OSError):
        for n in range(100000):
            (folder / f"filler{n}").touch()


def free(folder):
    for path in folder.glob("filler*"):
        path.unlink()


def sent_meanwhile(tail, seconds=1.0):
    """After the replies that were on their way."""
    time.sleep(1.0)
    before = tail.count()
    time.sleep(seconds)
    return tail.count() - before


def journal_full(sending, figures, kind, rounds, recipients):
    """There is nothing left for the second segment; each time of a new
    sender, as segments are used again."""
    take = take_inodes if kind == "inodes" else fill
    sink, late = sending.sink(), 0
    sending.contacts(recipients)
    account, tail = sending.account(sink.port), Tail(sink.log)
    for n in range(rounds):
        campaign, before = sending.campaign(account), tail.count()
        with small_disk(JOURNAL[kind]) as folder:
            sender = sending.sender(*SETTINGS, f"--journal={folder}")
            wait_for(lambda b=before: tail.count() > b)
            take(folder)
            wait_for(lambda n=n: sending.log().count(
                "event=journal_not_written") > n)
            late += sent_meanwhile(tail)
            assert sending.status(campaign) == "running"
            free(folder)
            sending.wait_finished(campaign)
            sending.stop(sender)
    figures.note("times full", rounds)
    figures.exactly("written again", sending.log().count(
        "event=journal_written_again"), rounds)
    figures.exactly("sent without a journal", late, 0)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def log_full(sending, figures, recipients):
    """What is logged goes nowhere; the mail does."""
    sink = sending.sink()
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port))
    with open("/dev/full", "wb") as full:
        sender = subprocess.Popen([calls.VOLLEY, "sender", *SETTINGS],
                                  env=sending.env, stdout=full, stderr=full)
    sending.processes.append(sender)
    sending.wait_finished(1, 300)
    figures.exactly("sender ended by itself", sender.poll(), None)
    sending.stop(sender)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def sync_fails(sending, figures, ks, recipients):
    """fsync says EIO once, at its k-th call: that is never taken for a
    success later.  The worker ends, another begins with a new journal."""
    sink = sending.sink("--delay-ms", "0-20")
    sending.contacts(recipients)
    account = sending.account(sink.port)
    sending.kills, failed = True, pathlib.Path(sending.home, "failing")
    for k in ks:
        campaign = sending.campaign(account)
        clean = dict(sending.env)
        sending.env.update(
            LD_PRELOAD=calls.shim("sync"), FAILING=f"sync:{k}:{errno.EIO}",
            FAILING_FORK=str(calls.WORKER), FAILING_LOG=str(failed),
            ASAN_OPTIONS="verify_asan_link_order=0")
        sender = sending.sender("--journal-sync=disk", *SETTINGS)
        sending.env = clean
        sending.wait_finished(campaign, 120)
        sending.stop(sender)
    log, struck = sending.log(), failed.read_text("utf-8").count("\nsync ")
    broken = log.count("event=journal_broken")
    figures.at_least("syncs that failed", struck, len(ks) * 2 // 3)
    # One that was just begun is made anew: there was nothing in it.
    figures.exactly("journals given up", broken + log.count(
        "event=journal_not_written"), struck)
    figures.at_least("of them in use", broken, 1)
    figures.exactly("workers that ended", log.count("event=process_ended"),
                    broken)
    figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def database_full(figures, rounds, recipients):
    """53100 from a PostgreSQL of its own, whose outcomes lie on a small
    disk."""
    with (small_disk("size=48m") as folder, scene.server() as postgres,
          scene.scene(postgres) as sending):
        shutil.chown(folder, "postgres")
        folder.chmod(0o700)
        name = sending.conninfo.rpartition("dbname=")[2]
        sending.sql(f"CREATE TABLESPACE small LOCATION '{folder}'")
        sending.sql(f"ALTER DATABASE {name} SET default_tablespace = small")
        sink = sending.sink()
        sending.contacts(recipients)
        sending.campaign(sending.account(sink.port))
        sender = sending.sender(*SETTINGS)
        tail, late = Tail(sink.log), 0
        for n in range(rounds):
            before = sending.recorded()
            wait_for(lambda b=before: sending.recorded() > b)
            fill(folder)
            wait_for(lambda n=n: refusals(sending) > n, 120)
            late += sent_meanwhile(tail)
            assert sending.status() == "running", "too few recipients"
            free(folder)
            before = tail.count()
            wait_for(lambda b=before: tail.count() > b)
        sending.wait_finished(1, 300)
        figures.exactly("sender ended by itself", sender.poll(), None)
        sending.stop(sender)
        figures.note("times full", rounds)
        figures.exactly("sent that could not be recorded", late, 0)
        figures.ledger(sending.prove(sink), duplicates=0, uncertain=0)


def refusals(sending):
    return sending.log().count("event=outcomes_not_recorded")
