"""What is on the wire is in a journal: after kill -9 sending goes on at once,
and only what was past its final dot is in doubt (invariant I2, D-01, D-21)."""

import errno
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from sending import RECIPIENTS, VOLLEY, wait_for

CONNECTIONS = 16
KILLS = int(os.environ.get("SENDING_KILLS", "3"))
SLOW = ("--delay-ms", "0-100")
MANY = 16000  # more than fit into one segment
# Leases that run out are no help here.
SETTINGS = ("--lease-window=400", "--lease-size=500", "--lease-s=600",
            "--retry-first-s=1")


def start(sending, *options, policy="hold", recipients=RECIPIENTS,
          kills=True):
    sink = sending.sink(*options)
    sending.contacts(recipients)
    sending.campaign(sending.account(sink.port, max_connections=CONNECTIONS),
                     on_uncertain=policy)
    sending.kills = kills
    return sink


def goes_on(sending, seconds=5):
    """Something is recorded that was not before."""
    before = sending.recorded()
    wait_for(lambda: sending.recorded() > before + CONNECTIONS
             or sending.status() == "finished", seconds)


def uncertain(sending):
    return sending.value("SELECT count(*) FROM outcome"
                         " WHERE state = 'uncertain'")


def kill_all(sending, sender):
    for pid in [*sending.children(sender), sender.pid]:
        os.kill(pid, signal.SIGKILL)
    sender.wait()


def journals(sending):
    """Those that have records."""
    folder = pathlib.Path(sending.home, "journal")
    return sorted({path.parent for path in folder.rglob("*.seg")})


@pytest.mark.parametrize("policy, sync", [
    ("hold", "process"), ("resend", "process"), ("hold", "disk")])
def test_killed_workers(sending, policy, sync):
    sink = start(sending, *SLOW, policy=policy)
    sender = sending.sender(*SETTINGS, f"--journal-sync={sync}")
    sending.wait_recorded(1)
    killed = 0
    while killed < KILLS and sending.status() == "running":
        time.sleep(random.uniform(0.1, 0.4))
        workers = sending.children(sender)[1:]
        if workers:
            os.kill(random.choice(workers), signal.SIGKILL)
            killed += 1
            goes_on(sending)
    sending.wait_finished()
    # What is left of them goes, too.
    wait_for(lambda: not any(j.joinpath("replayed").exists() for j in
                             pathlib.Path(sending.home, "journal").iterdir()))
    sending.stop(sender)
    doubled = sending.check_ledger(
        sink, uncertain_max=killed * CONNECTIONS)
    assert killed > 0
    if policy == "hold":
        assert doubled == set()
    else:
        assert sending.states() == {"accepted": RECIPIENTS}
    assert journals(sending) == []
    assert "complete=1" in sending.log()


@pytest.mark.parametrize("program", ["sender", "run-due"])
def test_killed_whole(sending, program):
    """Started again, it has everything back in no time."""
    sink = start(sending, *SLOW)
    for kill in range(2):
        process = sending.volley(program, *SETTINGS)
        sending.wait_recorded(RECIPIENTS * (kill + 1) / 4)
        kill_all(sending, process)
    began = time.time()
    process = sending.volley(program, *SETTINGS)
    goes_on(sending)
    assert time.time() - began < 4
    sending.wait_finished()
    if program == "sender":
        sending.stop(process)
    else:
        assert process.wait(30) == 0
    assert sending.check_ledger(sink, uncertain_max=2 * CONNECTIONS) == set()
    assert journals(sending) == []


def test_killed_in_retries(sending):
    """Second attempts are in the journal as the first ones are."""
    sink = start(sending, *SLOW, "--rule", "rcpt@2=451 4.7.1 later",
                 recipients=400)
    sender = sending.sender(*SETTINGS, "--retry-max-s=1")
    wait_for(lambda: sending.value("SELECT count(*) FROM outcome"
                                   " WHERE attempt > 1") > 0)
    for _ in range(3):
        for pid in sending.children(sender)[1:]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.8)
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink, uncertain_max=3 * CONNECTIONS) == set()


def test_back_after_a_take_over(sending):
    """A host is gone and another takes over: up to the watermark all are in
    doubt.  Its journal comes back, and nearly nobody is."""
    sink = start(sending, *SLOW)
    aside = f"{sending.home}/aside"
    short = (*SETTINGS[:2], "--lease-s=2", "--workers=1")
    first = sending.sender(*short, f"--journal={aside}")
    sending.wait_recorded(100)
    kill_all(sending, first)
    second = sending.sender(*short)
    sending.wait_finished()
    in_doubt = sending.states()["uncertain"]
    assert in_doubt > 2 * CONNECTIONS
    sending.stop(second)
    third = sending.sender(*short, f"--journal={aside}")
    wait_for(lambda: sending.states().get("uncertain", 0) <= CONNECTIONS, 20)
    sending.wait_finished()
    wait_for(lambda: "pending" not in sending.states())
    sending.stop(third)
    assert sending.check_ledger(sink) == set()
    assert sending.states().get("uncertain", 0) <= CONNECTIONS


def test_another_database(sending):
    """A journal is of no use to a database that it is not of, nor one that
    does not say what it is; both are told."""
    sink = start(sending, *SLOW, recipients=200)
    sender = sending.sender(*SETTINGS[:2], "--lease-s=3")
    sending.wait_recorded(20)
    kill_all(sending, sender)
    unread = journals(sending)[0].parent / "0123456789abcdef"
    unread.mkdir()
    (unread / "owner").write_text("x\n")
    left = journals(sending)
    sending.sql("UPDATE instance SET id = gen_random_uuid()")
    sender = sending.sender(*SETTINGS[:2], "--lease-s=3")
    sending.wait_finished()
    sending.stop(sender)
    assert journals(sending) == left
    assert "it belongs to another database" in sending.log()
    assert "its file owner cannot be read" in sending.log()
    sending.check_ledger(sink)


def test_a_damaged_journal(sending):
    """What it does not tell may have been sent: the watermark decides."""
    sink = start(sending, *SLOW, recipients=400)
    sender = sending.sender("--workers=1", *SETTINGS)
    sending.wait_recorded(100)
    kill_all(sending, sender)
    (journal,) = journals(sending)
    for segment in journal.glob("*.seg"):
        with open(segment, "r+b") as f:
            f.seek(100)
            f.write(bytes(500))
    sender = sending.sender("--workers=1", *SETTINGS)
    sending.wait_finished()
    sending.stop(sender)
    assert [j.suffix for j in journals(sending)] == [".damaged"]
    assert sending.check_ledger(sink) == set()
    assert sending.states().get("uncertain", 0) > CONNECTIONS


@pytest.fixture
def small_disk():
    """A file system of a few megabytes."""
    folder = tempfile.mkdtemp(prefix="volley-small-")
    made = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", folder],
        check=False, capture_output=True).returncode == 0
    if not made:
        os.rmdir(folder)
        pytest.skip("only root can make a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def fill(folder):
    with open(f"{folder}/filler", "wb", buffering=0) as f:
        try:
            while f.write(bytes(65536)):
                pass
        except OSError:
            pass


def stands_still(sink):
    """No new dots, and all replies have come."""
    time.sleep(0.5)
    before = len(sink.lines())
    time.sleep(1)
    assert len(sink.lines()) == before


def test_disk_full_from_the_start(sending, small_disk):
    """No journal, no message; when there is space, it goes on by itself."""
    sink = start(sending, "--delay-ms", "0-20", recipients=300, kills=False)
    fill(small_disk)
    sender = sending.sender(f"--journal={small_disk}")
    wait_for(lambda: "event=journal_not_written" in sending.log(), 10)
    stands_still(sink)
    assert sink.lines() == []
    os.unlink(f"{small_disk}/filler")
    sending.wait_finished(seconds=20)
    sending.stop(sender)
    assert sending.log().count("event=journal_not_written") == 2  # workers
    assert "event=journal_written_again" in sending.log()
    assert sending.check_ledger(sink, uncertain_max=0) == set()
    assert sending.states() == {"accepted": 300}


def test_run_due_without_a_journal(sending):
    """cron hears of it, at once, and nothing has been begun."""
    start(sending, recipients=10)
    pathlib.Path(sending.home, "journal").write_text("not a folder")
    assert sending.volley("run-due").wait(20) == 1
    assert "run-due: nothing is sent: " in sending.log()
    assert sending.status() == "scheduled"
    pathlib.Path(sending.home, "journal").unlink()
    sending.run_due()
    assert sending.states() == {"accepted": 10}


def test_disk_full_in_the_middle(sending, small_disk):
    """There is no space for the next segment: nothing more is sent, and what
    was sent is recorded (D-21)."""
    sink = start(sending, recipients=MANY, kills=False)
    sender = sending.sender("--workers=1", f"--journal={small_disk}")
    sending.wait_recorded(10)
    fill(small_disk)
    wait_for(lambda: "event=journal_not_written" in sending.log()
             or sending.status() == "finished", 60)
    assert sending.status() == "running"
    stands_still(sink)
    assert "pending" in sending.states()
    os.unlink(f"{small_disk}/filler")
    sending.wait_finished(seconds=90)
    sending.stop(sender)
    assert sending.check_ledger(sink, uncertain_max=0) == set()
    assert sending.states() == {"accepted": MANY}


def test_sync_fails(sending):
    """It is never taken for a success later: the worker drains and ends, and
    another begins with a new journal (D-21)."""
    sink = start(sending, *SLOW, recipients=600)
    shim = pathlib.Path(VOLLEY).resolve().parent / "tests/faults/failing.so"
    clean = dict(sending.env)
    sending.env.update(
        LD_PRELOAD=str(shim), FAILING=f"sync:20:{errno.EIO}",
        FAILING_FORK="2",  # the first worker
        ASAN_OPTIONS="verify_asan_link_order=0")
    sender = sending.sender("--workers=1", "--journal-sync=disk", *SETTINGS)
    sending.env = clean
    wait_for(lambda: "event=journal_broken" in sending.log(), 20)
    goes_on(sending, 10)
    sending.wait_finished()
    sending.stop(sender)
    log = sending.log()
    assert log.count("event=journal_broken") == 1
    assert log.count("event=process_ended") == 1 and "status=1" in log
    assert sending.check_ledger(sink, uncertain_max=0) == set()
    assert sending.states() == {"accepted": 600}


def test_database_disk_full(sending):
    """PostgreSQL has no space for outcomes (53100): nothing more is sent,
    and when it has, nobody was lost (I6, D-21)."""
    sink = start(sending, "--delay-ms", "0-20")
    sending.sql("""
        CREATE TABLE switch (full_disk boolean);
        INSERT INTO switch VALUES (false);
        CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT full_disk FROM switch) THEN
                RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100';
            END IF;
            RETURN NULL;
        END $$""")
    sender = sending.sender(*SETTINGS)
    sending.wait_recorded(1)
    sending.sql("CREATE TRIGGER no_space BEFORE INSERT ON outcome"
                " FOR EACH STATEMENT EXECUTE FUNCTION no_space()")
    sending.sql("UPDATE switch SET full_disk = true")
    wait_for(lambda: "event=outcomes_not_recorded" in sending.log(), 10)
    stands_still(sink)
    assert len(sink.lines()) < RECIPIENTS
    # Killed now, the journal has it all.
    for pid in sending.children(sender)[1:]:
        os.kill(pid, signal.SIGKILL)
    stands_still(sink)
    sending.sql("UPDATE switch SET full_disk = false")
    sending.wait_finished(seconds=60)
    sending.stop(sender)
    assert sending.check_ledger(sink, uncertain_max=0) == set()
    assert sending.states() == {"accepted": RECIPIENTS}
