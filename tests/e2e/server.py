"""`volley api` on a free port with a database of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg2
import requests

from contract import Contract

VOLLEY = os.path.abspath(os.environ.get("VOLLEY_BIN", "build/volley"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """Every answer that `call` sees is held against the contract."""

    def __init__(self, conninfo, settings=None):
        self.conninfo = conninfo
        self.home = tempfile.mkdtemp(prefix="volley-home-")
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith("VOLLEY_")}
        self.env.update(VOLLEY_HOME=self.home, VOLLEY_DATABASE=conninfo,
                        VOLLEY_LISTEN=self.address, VOLLEY_BASE_URL=self.url,
                        **(settings or {}))
        self.log_path = f"{self.home}/log"
        self.keys, self.process, self.contract = {}, None, None
        self.database = None
        self.session = requests.Session()

    def volley(self, *args, **more):
        return subprocess.run([VOLLEY, *args], env=self.env, check=True,
                              capture_output=True, text=True, **more).stdout

    def start(self):
        self.volley("migrate")
        self.start_api()
        for scope in ("admin", "write", "read"):
            self.keys[scope] = self.make_key(scope)
        self.contract = Contract(requests.get(f"{self.url}/openapi.json",
                                              timeout=10).json())
        self.database = psycopg2.connect(self.conninfo)
        self.database.autocommit = True
        return self

    def start_api(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([VOLLEY, "api"], env=self.env,
                                            stdout=log, stderr=log)
        deadline = time.time() + 30
        while not self.is_ready():
            assert self.process.poll() is None, self.log()
            assert time.time() < deadline, self.log()
            time.sleep(0.05)

    def is_ready(self):
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def make_key(self, scope, *more):
        out = self.volley("key", "create", "--name", scope, "--scope", scope,
                          *more)
        return re.search(r"vk_\S+", out).group(0)

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    def call(self, method, path, body=None, key="admin", **more):
        headers = more.pop("headers", {})
        if key is not None:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        response = self.session.request(
            method, self.url + path, json=body, headers=headers,
            timeout=60, allow_redirects=False, **more)
        self.contract.check(method, path.partition("?")[0], response)
        return response

    def ok(self, method, path, body=None, status=200, **more):
        """The document of an answer of that status."""
        response = self.call(method, path, body, **more)
        assert response.status_code == status, (
            f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    def get(self, path, **more):
        return self.ok("GET", path, **more)

    def post(self, path, body=None, status=201, **more):
        return self.ok("POST", path, body, status, **more)

    def refused(self, method, path, body=None, status=422, **more):
        """The problem, and the fields that it names."""
        response = self.call(method, path, body, **more)
        assert response.status_code == status, (
            f"{method} {path}: {response.status_code} {response.text}")
        problem = response.json()
        assert problem["status"] == status
        return [error["field"] for error in problem.get("errors", [])]

    def sql(self, text, *args):
        """Runs a statement; its rows, if it has any."""
        with self.database.cursor() as cursor:
            cursor.execute(text, args or None)
            return cursor.fetchall() if cursor.description else None

    def value(self, text, *args):
        return self.sql(text, *args)[0][0]

    def stop(self):
        """Stops the server, which must end well."""
        if self.database is not None:
            self.database.close()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(30)
            assert status == 0, f"volley api ended with {status}: {self.log()}"
        shutil.rmtree(self.home, ignore_errors=True)
