"""The database goes, comes back, lies still, or says no (D-06, D-08, D-11)."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

from kills import Tail
from sending import wait_for
from wire import SERVER, Fault, Proxy

WINDOW = 100
SETTINGS = ("--lease-size=300", f"--lease-window={WINDOW}", "--lease-s=60",
            "--retry-first-s=1", "--retry-max-s=1")
RESUME_S = 10


def begin(sending, recipients, *settings, delay="0-30", connections=10):
    sink = sending.sink("--delay-ms", delay)
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=connections))
    sender = sending.sender(*SETTINGS, *settings)
    tail = Tail(sink.log)
    wait_for(lambda: tail.count() > 50)
    return sink, sender, tail


def finish(sending, figures, sink, sender, **wanted):
    sending.wait_finished(1, 600)
    figures.exactly("sender ended by itself", sender.poll(), None)
    sending.stop(sender)
    figures.ledger(sending.prove(sink), **wanted)


def kill_postmaster(postgres):
    """-9, and started again as soon as its children are gone."""
    pid = pathlib.Path(postgres.folder, "data/postmaster.pid").read_text(
        encoding="ascii").split()[0]
    os.kill(int(pid), signal.SIGKILL)
    deadline = time.time() + 30
    while True:
        time.sleep(0.2)
        with contextlib.suppress(subprocess.CalledProcessError):
            postgres.control("start", quiet=True)
            return
        assert time.time() < deadline, "PostgreSQL does not come back"


def crashes(sending, figures, times, recipients):
    """D-06: an immediate restart and kill -9 of the postmaster in turns."""
    sink, sender, tail = begin(sending, recipients)
    slowest = 0.0
    for n in range(times):
        sending.database.close()
        if n % 2:
            kill_postmaster(sending.postgres)
        else:
            sending.postgres.control("restart")
        began, before = time.time(), sending.recorded()
        wait_for(lambda b=before: sending.recorded() > b, 60, 0.05)
        slowest = max(slowest, time.time() - began)
        assert sending.status() == "running", "too few recipients"
        time.sleep(0.3)
    figures.note("crashes", times)
    figures.at_most("slowest to resume, s", round(slowest, 1), RESUME_S)
    finish(sending, figures, sink, sender, duplicates=0, uncertain=0)


def through(sending, folder, plan=None):
    """Senders reach the database through a wire that the test holds."""
    os.chmod(folder, 0o755)
    real = sending.postgres.folder
    proxy = Proxy(f"{real}/.s.PGSQL.5432", plan,
                  listen=f"{folder}/.s.PGSQL.5432")
    sending.env["VOLLEY_DATABASE"] = sending.conninfo.replace(real,
                                                              str(folder))
    return proxy


def lost_commits(sending, figures, folder, cuts, recipients):
    """D-08: the server has committed, and its answer is lost."""
    proxy = through(sending, folder)
    proxy.plan = lambda _: (Fault(SERVER, match=b"COMMIT\0", nth=2)
                            if proxy.struck < cuts else None)
    sink, sender, _ = begin(sending, recipients)
    wait_for(lambda: proxy.struck >= cuts, 300)
    figures.exactly("status meanwhile", sending.status(), "running")
    finish(sending, figures, sink, sender, duplicates=0, uncertain=0)
    figures.note("answers lost", proxy.struck)
    proxy.close()


def cut_anywhere(sending, figures, folder, cuts, recipients):
    """D-08: connections cut again and again, wherever they are."""
    proxy = through(sending, folder)
    sink, sender, tail = begin(sending, recipients)
    for _ in range(cuts):
        time.sleep(0.15)
        proxy.cut()
    figures.note("cuts", cuts)
    wait_for(lambda: tail.count() > 0)
    finish(sending, figures, sink, sender, duplicates=0, uncertain=0)
    proxy.close()


def read_only(sending, figures, times, recipients):
    """D-08: what is now a standby answers 25006; nothing that it refused
    counts, and nothing is sent that it cannot take."""
    sink, sender, tail = begin(sending, recipients)
    name = sending.conninfo.rpartition("dbname=")[2]
    for n in range(times):
        set_read_only(sending, name, True)
        wait_for(lambda n=n: sending.log().count("read-only") > n, 20)
        time.sleep(0.5)
        before = tail.count()
        time.sleep(1.0)
        figures.exactly("sent meanwhile", tail.count() - before, 0)
        set_read_only(sending, name, False)
        wait_for(lambda b=before: tail.count() > b, 20)
    figures.at_least("refusals (25006)", sending.log().count("read-only"),
                     times)
    finish(sending, figures, sink, sender, duplicates=0, uncertain=0)


def set_read_only(sending, name, on):
    sending.sql("SET default_transaction_read_only = off")
    sending.sql(f"ALTER DATABASE {name} SET default_transaction_read_only ="
                f" {'on' if on else 'off'}")
    sending.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()")


def partition(sending, figures, folder, rounds, recipients, lease_s=3):
    """D-11: the network to the database is silent for longer than the leases
    last, while the SMTP servers can be reached."""
    proxy = through(sending, folder)
    sink, sender, tail = begin(sending, recipients, f"--lease-s={lease_s}",
                               delay="20")
    late = 0
    for _ in range(rounds):
        proxy.hush()
        time.sleep(lease_s + 0.5)
        before = tail.count()
        time.sleep(1.0)
        late += tail.count() - before
        proxy.heal()
        # A silent connection is given up after LINK_SILENCE_MS.
        proxy.cut()
        wait_for(lambda b=before: tail.count() > b, 60)
    figures.note("partitions", rounds)
    figures.exactly("sent after the leases' end", late, 0)
    # Called so by who takes over, until who had it tells what was not sent.
    finish(sending, figures, sink, sender, duplicates=0,
           uncertain_max=rounds * 2 * WINDOW)
    figures.exactly("uncertain at the end",
                    sending.states().get("uncertain", 0), 0)
    proxy.close()
