"""The real parts: Postfix and Dovecot, `volley up` with its PostgreSQL."""

import os
import re
import signal
import socket
import subprocess
import time

import requests

VOLLEY = os.path.abspath(os.environ.get("VOLLEY_BIN", "build/volley"))
STACK = os.path.abspath("tests/mail-stack")


_bases = []  # held until this process ends


def free_base():
    """A base for the mail stack's ports, none of which is in use, and which no
    other process takes meanwhile: a name of the abstract namespace is one's
    own, for any user, and leaves no file behind."""
    for base in range(21000, 31000, 1000):
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0volley-ports-{base}")
            for offset in (25, 587, 465, 143, 993, 110, 995):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", base + offset))
        except OSError:
            lock.close()
            continue
        _bases.append(lock)
        return base
    raise RuntimeError("no free ports for the mail stack")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class MailStack:
    """Postfix and Dovecot in a private folder."""

    def __init__(self, folder, base):
        self.env = dict(os.environ, MAILSTACK_DIR=folder,
                        MAILSTACK_BASE=str(base), MAILSTACK_PASSWORD="secret")
        self.facts = {
            "ca": f"{folder}/tls/ca.pem", "password": "secret",
            "submission": base + 587, "submissions": base + 465,
            "imap": base + 143, "imaps": base + 993,
            "pop3": base + 110, "pop3s": base + 995,
        }

    def start(self):
        done = subprocess.run([STACK, "start"], env=self.env, check=False,
                              stdout=subprocess.DEVNULL,
                              start_new_session=True)
        if done.returncode != 0:
            raise RuntimeError("Postfix and Dovecot did not start")
        return self.facts

    def stop(self):
        subprocess.run([STACK, "stop", "--purge"], env=self.env, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Volley:
    """`volley up` in a folder of its own, and its HTTP API."""

    def __init__(self, home, log, settings=None):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.home, self.log = home, log
        self.env = dict(os.environ, VOLLEY_HOME=home,
                        VOLLEY_LISTEN=self.url.removeprefix("http://"),
                        **(settings or {}))
        self.env.pop("VOLLEY_DATABASE", None)
        self.process = None
        self.session = requests.Session()

    def start(self, timeout=30):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([VOLLEY, "up"], env=self.env,
                                            stdout=log, stderr=log,
                                            start_new_session=True)
        deadline = time.time() + timeout
        while not self.ready():
            if self.process.poll() is not None or time.time() > deadline:
                raise RuntimeError("volley up did not start:\n"
                                   + self.last_words())
            time.sleep(0.1)

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-5:]).rstrip()

    def ready(self):
        try:
            return requests.get(self.url + "/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    def make_key(self):
        out = subprocess.run([VOLLEY, "key", "create", "--name", "demo",
                              "--scope", "admin"], env=self.env, check=True,
                             capture_output=True, text=True).stdout
        key = re.search(r"vk_\S+", out).group(0)
        self.session.headers["Authorization"] = f"Bearer {key}"
        return key

    def call(self, method, path, body=None, **more):
        r = self.session.request(method, self.url + path, json=body,
                                 timeout=60, **more)
        if not r.ok:
            raise RuntimeError(f"{method} {path}: {r.status_code} {r.text}")
        return r.json() if r.content else None

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def wait(self, path, done, what, timeout=60):
        """Polls a resource until done(resource); gives the resource."""
        deadline = time.time() + timeout
        while True:
            resource = self.get(path)
            if done(resource):
                return resource
            if time.time() > deadline:
                raise RuntimeError(f"{what}: still {resource}")
            time.sleep(0.2)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise RuntimeError("volley up did not stop") from None
