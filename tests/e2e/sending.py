"""Campaigns sent to recording servers: database rows, `volley sender`
processes, sinks, and the accounting that must come out at the end."""

import collections
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import psycopg2

from server import Server

FAULTS = os.path.abspath(os.path.join(os.path.dirname(__file__), "../faults"))
sys.path.append(FAULTS)

import checker  # noqa: E402

VOLLEY = os.path.abspath(os.environ.get("VOLLEY_BIN", "build/volley"))
SINK = os.path.join(os.path.dirname(os.path.realpath(VOLLEY)),
                    "tests/tools/sink")
# A short form of every test; more by hand.
RECIPIENTS = int(os.environ.get("SENDING_RECIPIENTS", "1500"))

HTML = """<html><body><p>Hello {{ contact.name }}</p>
<p><a href="{{ unsubscribe_url }}">leave</a></p></body></html>"""


def wait_for(what, seconds=60, every=0.05):
    """What the function gives, once it is true."""
    deadline = time.time() + seconds
    while not (value := what()):
        assert time.time() < deadline, f"not within {seconds} s"
        time.sleep(every)
    return value


class Sink:
    """A recording SMTP server; see `sink --help` for its options."""

    def __init__(self, *options, port=0):
        self.folder = tempfile.mkdtemp(prefix="volley-sink-")
        self.log = pathlib.Path(self.folder, "log")
        self.process = subprocess.Popen(
            [SINK, "--port", str(port), "--log", str(self.log), *options],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def lines(self):
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        return [line.split("\t") for line in text.splitlines()
                if line[:1].isdigit()]

    def events(self, name):
        """What was logged beside messages; needs --events (sink_record.h)."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        rows = (line.split("\t") for line in text.splitlines())
        return [row[1:] for row in rows if row[0] == name]

    def reload(self):
        """The file of --rules is read again."""
        self.process.send_signal(signal.SIGHUP)

    def copies(self):
        """How often each address was accepted."""
        return collections.Counter(line[2] for line in self.lines())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sending:
    """One database, and what works on it."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.conninfo = postgres.create()
        self.home = tempfile.mkdtemp(prefix="volley-home-")
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith("VOLLEY_")}
        self.env.update(VOLLEY_HOME=self.home, VOLLEY_DATABASE=self.conninfo,
                        VOLLEY_WORKERS="2", VOLLEY_HELO="client.example.com",
                        VOLLEY_BASE_URL="https://news.example.com")
        self.log_path = f"{self.home}/log"
        self.processes, self.sinks = [], []
        self.server = None
        self.kills = False  # the test kills workers itself
        subprocess.run([VOLLEY, "migrate"], env=self.env, check=True,
                       capture_output=True)
        self.database = None
        self.sql("INSERT INTO list (id, name) VALUES (1, 'one')")
        self.sql("INSERT INTO template (id, name, subject, html)"
                 " VALUES (1, 't', 'Hello {{ contact.name }}', %s)", HTML)

    def sql(self, text, *args):
        """Runs a statement; its rows, if it has any."""
        if self.database is None or self.database.closed:
            self.database = psycopg2.connect(self.conninfo)
            self.database.autocommit = True
        with self.database.cursor() as cursor:
            cursor.execute(text, args or None)
            return cursor.fetchall() if cursor.description else None

    def value(self, text, *args):
        return self.sql(text, *args)[0][0]

    def sink(self, *options, port=0):
        self.sinks.append(Sink(*options, port=port))
        return self.sinks[-1]

    def account(self, port, **columns):
        row = {"name": "a", "host": "127.0.0.1", "port": port, "tls": "none",
               **columns}
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        return self.value(f"INSERT INTO smtp_account ({names})"
                          f" VALUES ({marks}) RETURNING id", *row.values())

    def api(self):
        """An API server on this database, with the same master key."""
        if self.server is None:
            self.server = Server(self.conninfo, {
                "VOLLEY_KEY_FILE": f"{self.home}/master.key"})
            self.server.start()
        return self.server

    def contacts(self, count, prefix="user"):
        self.sql("WITH new AS (INSERT INTO contact (email, email_key, name)"
                 " SELECT a, a, 'Name ' || n FROM (SELECT n, %s || n || '@d'"
                 " || n %% 20 || '.example.com' AS a"
                 " FROM generate_series(1, %s) n) x RETURNING id)"
                 " INSERT INTO membership (list_id, contact_id)"
                 " SELECT 1, id FROM new", prefix, count)

    def campaign(self, *accounts, **columns):
        """Due now."""
        row = {"name": "c", "template_id": 1, "from_email": "news@example.com",
               "return_path": "bounces@example.com", "status": "scheduled",
               **columns}
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        campaign = self.value(f"INSERT INTO campaign ({names})"
                              f" VALUES ({marks}) RETURNING id", *row.values())
        self.sql("INSERT INTO campaign_list VALUES (%s, 1, false)", campaign)
        for account in accounts:
            self.sql("INSERT INTO campaign_account VALUES (%s, %s)", campaign,
                     account)
        return campaign

    def volley(self, *args):
        """Starts a process of ours; its output goes to the log."""
        with open(self.log_path, "ab") as log:
            process = subprocess.Popen([VOLLEY, *args], env=self.env,
                                       stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def sender(self, *args):
        return self.volley("sender", *args)

    def run_due(self, *args, seconds=180):
        """Runs to its end, which must be a good one."""
        assert self.volley("run-due", *args).wait(seconds) == 0, self.log()

    def log(self):
        return pathlib.Path(self.log_path).read_text(encoding="utf-8")

    def status(self, campaign=1):
        return self.value("SELECT status FROM campaign WHERE id = %s", campaign)

    def states(self):
        """Recipients by their newest state; pending ones, too."""
        states = dict(self.sql("SELECT state::text, count(*)"
                               " FROM delivery_newest GROUP BY 1"))
        pending = self.value("SELECT count(*) FROM delivery") - sum(
            states.values())
        return {**states, "pending": pending} if pending else states

    def addresses(self, state):
        return {row[0] for row in self.sql(
            "SELECT email FROM delivery_newest n JOIN delivery d"
            " ON d.id = n.delivery_id JOIN contact c ON c.id = d.contact_id"
            " WHERE state = %s", state)}

    def recorded(self):
        return self.value("SELECT count(*) FROM outcome")

    def wait_recorded(self, count, seconds=60):
        wait_for(lambda: self.recorded() >= count, seconds, 0.02)

    def wait_finished(self, campaign=1, seconds=120):
        wait_for(lambda: self.status(campaign) == "finished", seconds)

    def children(self, process):
        """The pids of a sender's children: scheduler, then workers."""
        path = f"/proc/{process.pid}/task/{process.pid}/children"
        return [int(pid) for pid in pathlib.Path(path).read_text().split()]

    def stop(self, process, seconds=40):
        """By SIGTERM, of which it does not know before it has children."""
        wait_for(lambda: process.poll() is not None or self.children(process))
        process.send_signal(signal.SIGTERM)
        assert process.wait(seconds) == 0, self.log()

    def prove(self, *sinks, drained=True, **bounds):
        """The invariants of sending hold (tests/faults/checker.py); gives
        the counts."""
        result = checker.prove(self.conninfo, [s.log for s in sinks
                                               if s.log.exists()],
                               drained, **bounds)
        assert result["ok"], result["violations"]
        return result

    def check_ledger(self, *sinks, **bounds):
        """The same; gives who got more than one copy."""
        self.prove(*sinks, **bounds)
        copies = sum((sink.copies() for sink in sinks), collections.Counter())
        return {a for a, n in copies.items() if n > 1}

    def stop_all(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def check_log(self):
        """No process ended by itself, or had anything found by a sanitizer."""
        bad = ["runtime error:", "Sanitizer", "volley: bug"]
        bad += [] if self.kills else ["event=process_ended"]
        text = self.log() if os.path.exists(self.log_path) else ""
        found = [line for line in text.splitlines()
                 if any(word in line for word in bad)]
        assert not found, "\n".join(found[:20])

    def close(self):
        self.stop_all()
        if self.server is not None:
            self.server.stop()
        for sink in self.sinks:
            sink.stop()
        if self.database is not None:
            self.database.close()
        shutil.rmtree(self.home, ignore_errors=True)
