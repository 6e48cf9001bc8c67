"""Pollers that share mailboxes, servers that go away, folders numbered anew:
every message counts once.  More of it: test_faults_mailboxes.py."""

import contextlib
import os
import signal
import subprocess
import time

import psycopg2
import pytest

from polling import USER, Folder, Polling
from whole import wait_for

@pytest.fixture
def scene(postgres, mail_stack):
    one = Polling(postgres, mail_stack).start()
    yield one
    one.stop()


def check_once(scene, count):
    """Each delivery 1..count bounced once, each message is there once."""
    assert scene.sql("SELECT count(*), count(DISTINCT delivery_id),"
                     " min(delivery_id & 4294967295),"
                     " max(delivery_id & 4294967295)"
                     " FROM event WHERE kind = 'bounce'") == [
        (count, count, 1, count)]
    assert scene.read() == count
    assert scene.value("SELECT count(*) FROM suppression") == count


def test_two_pollers(scene):
    """Each mailbox has one holder; the other takes over after the lease."""
    scene.deliveries(80)
    folders = [scene.folder() for _ in range(4)]
    for at, folder in enumerate(folders):
        folder.add(*[scene.dsn(at * 10 + n) for n in range(1, 11)])
    one, other = scene.poller(), scene.poller()
    for folder in folders:
        scene.mailbox(folder)
    scene.wait_bounced(40)
    check_once(scene, 40)
    holders = dict(scene.sql("SELECT id, holder FROM mailbox"))
    opened = [line.split(" mailbox=")[1].split()[0]
              for line in scene.lines("mailbox_open")]
    assert sorted(opened) == sorted(map(str, holders)), "one connection each"
    pids = {int(holder.split(":")[1]) for holder in holders.values()}
    assert pids <= {one.pid, other.pid}
    first, second = (one, other) if one.pid in pids else (other, one)
    scene.kill(first)
    for at, folder in enumerate(folders):
        folder.add(*[scene.dsn(40 + at * 10 + n) for n in range(1, 11)])
    time.sleep(1.5)
    assert scene.bounced() < 80, "the lease still holds"
    scene.sql("UPDATE mailbox SET held_until = held_until - interval '60 s'")
    scene.wait_bounced(80)
    check_once(scene, 80)
    assert scene.value("SELECT count(DISTINCT holder) FROM mailbox") == 1
    assert f":{second.pid}:" in scene.value("SELECT min(holder) FROM mailbox")


def test_lease_run_out_unnoticed(scene):
    """A poller that gets back its own mailbox, and one that holds a mailbox
    without knowing it: the answer to its claim was lost."""
    scene.deliveries(3)
    folder, lost = scene.folder(), scene.folder()
    folder.add(scene.dsn(1))
    lost.add(scene.dsn(2))
    mailbox = scene.mailbox(folder)
    scene.poller()
    scene.wait_bounced(1)
    scene.sql("UPDATE mailbox SET held_until = now() - interval '1 s'")
    wait_for(lambda: scene.value("SELECT held_until > now() FROM mailbox"))
    unknown = scene.mailbox(lost)  # ours before it looks
    scene.sql("UPDATE mailbox SET holder = o.holder, held_until = o.held_until"
              " FROM mailbox o WHERE o.id = %s AND mailbox.id = %s",
              mailbox, unknown)
    folder.add(scene.dsn(3))
    scene.wait_bounced(2 if scene.bounced() < 2 else 3, 10)
    scene.wait_bounced(3, 25)
    check_once(scene, 3)
    assert len([line for line in scene.lines("mailbox_open")
                if f" mailbox={mailbox} " in line]) == 1


def test_taken_away_while_reading(scene):
    """Who lost the lease, or reads what was changed, moves no cursor."""
    scene.deliveries(2)
    folder = scene.folder()
    mailbox = scene.mailbox(folder)
    scene.poller()
    scene.wait_polled(mailbox)
    with hold_recording(scene):
        folder.add(scene.dsn(1))
        wait_for(lambda: scene.lines("mailbox_read"))
        scene.sql("UPDATE mailbox SET holder = 'another', held_until = now()"
                  " + interval '2 s'")
    wait_for(lambda: scene.lines("mailbox_lost"))
    wait_for(lambda: scene.value("SELECT holder <> 'another' FROM mailbox"))
    folder.add(scene.dsn(2))
    scene.wait_bounced(2)
    check_once(scene, 2)


def test_refused_by_the_database(scene):
    """What it does not take of one message keeps back no other."""
    scene.deliveries(60)
    scene.sql("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'no' USING ERRCODE = '22021'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON inbound FOR EACH ROW
            WHEN (NEW.subject LIKE '%poison%') EXECUTE FUNCTION refuse()""")
    folder = scene.folder()
    bad = (7, 8, 50)
    folder.add(*[scene.dsn(n).replace("Undelivered", "poison") if n in bad
                 else scene.dsn(n) for n in range(1, 61)])
    mailbox = scene.mailbox(folder)
    scene.poller()
    scene.wait_polled(mailbox)
    assert scene.classes() == {"bounce": 57, "unparsed": 3}
    assert scene.sql("SELECT uid, rule FROM inbound WHERE class = 'unparsed'"
                     " ORDER BY 1") == [(n, "unreadable") for n in bad]
    assert len(scene.lines("mailbox_open")) == 1


def test_another_server(scene):
    """How far it was read is not known of there: it is read again."""
    scene.deliveries(3)
    folder = scene.folder()
    folder.add(scene.dsn(1), scene.dsn(2))
    mailbox = scene.mailbox(folder)
    scene.poller()
    scene.wait_bounced(2)
    before = scene.now()
    scene.ok("PATCH", f"/v1/mailboxes/{mailbox}", {"host": "localhost",
             "password": scene.facts["password"]})
    assert scene.sql("SELECT 1 FROM mailbox_cursor") == []
    scene.wait_polled(mailbox, before)
    check_once(scene, 2)
    scene.ok("DELETE", f"/v1/mailboxes/{mailbox}", status=204)
    assert scene.sql("SELECT 1 FROM inbound") == []
    scene.mailbox(folder)  # the same mail in another mailbox
    wait_for(lambda: scene.read() == 2)
    assert scene.bounced() == 2


@contextlib.contextmanager
def hold_recording(scene):
    """Nothing can be recorded meanwhile."""
    connection = psycopg2.connect(scene.conninfo)
    connection.cursor().execute("LOCK TABLE inbound IN EXCLUSIVE MODE")
    yield
    connection.close()


def test_connection_lost_while_recording(scene):
    """It is opened again, but read again only where the database left off."""
    scene.deliveries(60)
    folder = scene.folder()
    mailbox = scene.mailbox(folder)
    poller = scene.poller()
    scene.wait_polled(mailbox)
    with hold_recording(scene):
        folder.add(*[scene.dsn(n) for n in range(1, 51)])
        wait_for(lambda: scene.lines("mailbox_read"))
        doveadm(scene, "kick", USER)
        wait_for(lambda: scene.lines("mailbox_closed"))
        time.sleep(2.5)  # it would be back by now
        assert len(scene.lines("mailbox_open")) == 1
    folder = reconnected(scene, folder)
    folder.add(*[scene.dsn(n) for n in range(51, 61)])
    scene.wait_bounced(60)
    check_once(scene, 60)
    assert poller.poll() is None


def doveadm(scene, *args):
    top = os.path.dirname(os.path.dirname(scene.facts["ca"]))
    subprocess.run(["doveadm", "-c", f"{top}/dovecot/dovecot.conf", *args],
                   check=True, capture_output=True)


def reconnected(scene, folder):
    """The test's own connection went as well."""
    scene.folders.append(Folder(scene.facts, folder.name))
    return scene.folders[-1]


def test_numbered_anew(scene):
    """UIDVALIDITY changes while it is read and while it is not (R-008)."""
    scene.deliveries(130)
    folder = scene.folder()
    reports = {n: scene.dsn(n) for n in range(1, 131)}
    folder.add(*[reports[n] for n in range(1, 101)])
    mailbox = scene.mailbox(folder)
    poller = scene.poller()
    scene.wait_bounced(100)
    folder.remake()
    folder.add(*[reports[n] for n in range(110, 0, -1)])
    scene.wait_bounced(110, 40)
    scene.end(poller)
    folder.remake()
    folder.add(*[reports[n] for n in range(120, 0, -1)])
    scene.poller()
    scene.wait_bounced(120)
    check_once(scene, 120)
    scene.wait_polled(mailbox)
    assert len(scene.lines("mailbox_renumbered")) >= 2
    give_numbers_again(scene, folder, mailbox)
    folder.add(*[reports[n] for n in range(1, 131)])
    scene.poller()
    scene.wait_bounced(130)
    check_once(scene, 130)


def give_numbers_again(scene, folder, mailbox):
    """From 1, without saying so: as a broken server does."""
    scene.end(scene.pollers[0])
    known = scene.value("SELECT uidvalidity FROM mailbox_cursor"
                        " WHERE mailbox_id = %s", mailbox)
    folder.remake()
    doveadm(scene, "mailbox", "update", "-u", USER, "--uid-validity",
            str(known), folder.name)
    scene.sql("UPDATE mailbox_cursor SET last_uid = last_uid + 1000")


def test_dovecot_restarts(scene):
    scene.deliveries(200)
    folder = scene.folder()
    mailbox = scene.mailbox(folder)
    scene.poller()
    folder.add(*[scene.dsn(n) for n in range(1, 101)])
    scene.wait_polled(mailbox)
    restart_dovecot(scene)
    folder = reconnected_when_up(scene, folder)
    folder.add(*[scene.dsn(n) for n in range(101, 201)])
    scene.wait_bounced(200, 20)
    check_once(scene, 200)


def restart_dovecot(scene):
    top = os.path.dirname(os.path.dirname(scene.facts["ca"]))
    with open(f"{top}/dovecot/run/master.pid", encoding="ascii") as f:
        pid = int(f.read())
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not os.path.exists(f"{top}/dovecot/run/master.pid"))
    subprocess.run(["dovecot", "-c", f"{top}/dovecot/dovecot.conf"],
                   check=True)


def reconnected_when_up(scene, folder):
    def attempt():
        try:
            return reconnected(scene, folder)
        except OSError:
            return None

    return wait_for(attempt, 20, 0.2)


def test_postgres_restarts(scene):
    """While it reads: what was not recorded is recorded later."""
    scene.deliveries(400)
    folder = scene.folder()
    folder.add(*[scene.dsn(n) for n in range(1, 401)])
    scene.mailbox(folder)
    poller = scene.poller()
    wait_for(lambda: scene.lines("mailbox_read"), every=0.001)
    scene.postgres.control("restart")
    scene.connect()
    scene.wait_bounced(400)
    check_once(scene, 400)
    scene.postgres.control("stop")
    try:
        folder.add(scene.dsn(1).replace("sorry", "glad"))
        time.sleep(0.5)
        assert poller.poll() is None
    finally:
        scene.postgres.control("start")
        scene.connect()
    wait_for(lambda: scene.read() == 401)
    assert scene.bounced() == 400


def test_stops_without_a_database(scene):
    """SIGTERM ends it within seconds, whatever goes on."""
    folder = scene.folder()
    mailbox = scene.mailbox(folder)
    poller = scene.poller()
    scene.wait_polled(mailbox)
    scene.postgres.control("stop")
    try:
        time.sleep(0.3)
        started = time.time()
        scene.end(poller)
        assert time.time() - started < 12
    finally:
        scene.postgres.control("start")
        scene.connect()
    scene.sql("UPDATE mailbox SET held_until = now()")  # it could not let go
    before = scene.now()
    poller = scene.poller()
    scene.wait_polled(mailbox, before)
    started = time.time()
    scene.end(poller)
    assert time.time() - started < 3
    assert scene.value("SELECT holder FROM mailbox") is None
