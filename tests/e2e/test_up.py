"""`volley up` as a person uses it: in an empty folder, stopped by Ctrl-C,
killed, started again."""

import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest
import requests

VOLLEY = os.path.abspath(os.environ.get("VOLLEY_BIN", "build/volley"))
ORDER = ["api", "sender", "bounce", "webhooks", "maintain", "postgres"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, timeout=30):
    deadline = time.time() + timeout
    while not condition():
        assert time.time() < deadline, f"waited too long for {what}"
        time.sleep(0.05)


class Up:
    """One `volley up` in a terminal of its own."""

    def __init__(self, home, **settings):
        self.home = home
        self.listen = f"127.0.0.1:{free_port()}"
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith("VOLLEY_")}
        self.env.update(VOLLEY_HOME=home, VOLLEY_LISTEN=self.listen,
                        **settings)
        self.output = b""
        self.pid = self.terminal = None

    def start(self):
        self.output = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(VOLLEY, ["volley", "up"], self.env)
        os.set_blocking(self.terminal, False)
        wait_for("the api", self.is_ready)
        return self

    def text(self):
        try:
            while True:
                more = os.read(self.terminal, 65536)
                if not more:
                    break
                self.output += more
        except (BlockingIOError, OSError):
            pass
        return self.output.decode(errors="replace")

    def is_ready(self):
        assert os.waitpid(self.pid, os.WNOHANG) == (0, 0), self.text()
        self.text()
        try:
            return requests.get(f"http://{self.listen}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def type(self, key):
        os.write(self.terminal, key)

    def wait(self, timeout=40):
        """Its exit status."""
        done = []

        def ended():
            self.text()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            done.append(status)
            return pid == self.pid

        wait_for("the end of volley up", ended, timeout)
        self.pid = None
        self.text()
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(done[-1])

    def run(self, *args):
        return subprocess.run([VOLLEY, *args], env=self.env, timeout=60,
                              capture_output=True, text=True, check=False)

    def conninfo(self):
        with open(f"{self.home}/database.conninfo", encoding="utf-8") as f:
            return f.read().strip()

    def sql(self, statement):
        return subprocess.run(["psql", "-At", self.conninfo(), "-c",
                               statement], check=True, capture_output=True,
                              text=True, timeout=30).stdout.strip()

    def child(self, name):
        """Newest process id of a child."""
        found = re.findall(rf"child_started name={name} pid=(\d+)",
                           self.text())
        return int(found[-1]) if found else None

    def postmaster(self):
        path = f"{self.home}/postgres/data/postmaster.pid"
        with open(path, encoding="utf-8") as f:
            return int(f.readline())


@pytest.fixture
def folder():
    path = tempfile.mkdtemp(prefix="volley-up-")
    os.chmod(path, 0o711)  # the database's user passes through
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def up(folder):
    one = Up(f"{folder}/home")
    yield one
    if one.pid is not None:
        os.kill(one.pid, signal.SIGKILL)
        os.waitpid(one.pid, 0)
        wait_for("the database to follow",
                 lambda: not os.path.exists(
                     f"{folder}/home/postgres/data/postmaster.pid"))


def make_key(up):
    out = up.run("key", "create", "--name", "me", "--scope", "admin")
    assert out.returncode == 0, out.stderr
    return re.search(r"vk_\S+", out.stdout).group(0)


def allowed(up, key):
    r = requests.get(f"http://{up.listen}/v1/lists", timeout=5,
                     headers={"Authorization": f"Bearer {key}"})
    return r.status_code == 200


def test_from_nothing_to_ctrl_c_and_again(up):
    up.start()
    for what in ("Volley is up.", up.listen, "volley key create",
                 f"psql \"$(cat '{up.home}/database.conninfo')\""):
        assert what in up.text()
    key = make_key(up)  # in another process, which finds the database
    assert allowed(up, key)
    assert int(up.sql("select count(*) from migration")) >= 1
    assert up.sql("show fsync") == "on"
    for name in ("database.conninfo", "database.password", "master.key"):
        assert os.stat(f"{up.home}/{name}").st_mode & 0o077 == 0
    up.type(b"\x03")  # reaches the foreground group of the terminal
    assert up.wait() == 0
    stopped = re.findall(r"child_stopped name=(\w+).* how=\"(exit 0)\"",
                         up.text())
    names = [name for name, _ in stopped]
    assert names == [n for n in ORDER if n in names]
    assert names[0] == "api" and names[-1] == "postgres"
    assert not os.path.exists(f"{up.home}/postgres/data/postmaster.pid")
    up.start()
    assert allowed(up, key)
    os.kill(up.pid, signal.SIGTERM)
    assert up.wait() == 0


def test_killed_children_come_back(up):
    up.start()
    first = up.child("api")
    os.kill(first, signal.SIGKILL)
    wait_for("another api", lambda: up.child("api") != first)
    wait_for("its answer", up.is_ready)
    os.kill(up.postmaster(), signal.SIGKILL)
    wait_for("another postgres", lambda: up.child("postgres") is not None)
    wait_for("the api to find it", up.is_ready)
    assert allowed(up, make_key(up))


def test_killed_altogether(up):
    up.start()
    key = make_key(up)
    for pid in [up.pid, up.postmaster(), up.child("api")]:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(up.pid, 0)
    os.close(up.terminal)
    assert os.path.exists(f"{up.home}/postgres/data/postmaster.pid")
    up.start()
    assert allowed(up, key)
    os.kill(up.pid, signal.SIGINT)
    assert up.wait() == 0


def test_children_follow_a_killed_supervisor(up):
    up.start()
    api, database = up.child("api"), up.postmaster()
    os.kill(up.pid, signal.SIGKILL)
    os.waitpid(up.pid, 0)
    up.pid = None

    def gone(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().split(") ")[1][0] == "Z"

    wait_for("the api to end", lambda: gone(api))
    wait_for("the database to end", lambda: gone(database))


def test_second_one_and_taken_address_are_refused(up, folder):
    up.start()
    again = up.run("up")
    assert again.returncode == 1
    assert "another volley up" in again.stderr
    up.env["VOLLEY_HOME"] = f"{folder}/other"
    other = up.run("up")
    assert other.returncode == 1
    assert f"listen on {up.listen}" in other.stderr
    assert not os.path.exists(f"{folder}/other/postgres")


def test_given_database_is_used(up, folder):
    up.start()
    guest = Up(f"{folder}/guest", VOLLEY_DATABASE=up.conninfo())
    guest.start()
    key = make_key(up)
    assert allowed(guest, key)
    assert not os.path.exists(f"{folder}/guest/postgres")
    os.kill(guest.pid, signal.SIGINT)
    assert guest.wait() == 0
    assert allowed(up, key)


def test_help_and_bad_arguments(up):
    told = up.run("up", "--help")
    assert told.returncode == 0 and "usage: volley up" in told.stdout
    assert up.run("up", "nonsense").returncode == 2
    assert not os.path.exists(up.home)
