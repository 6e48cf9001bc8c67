"""What a benchmark runs on: a private PostgreSQL as it comes, the sink, Volley's
processes, and what each of them used."""

import contextlib
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

VOLLEY = os.path.abspath(os.environ.get("VOLLEY_BIN", "build/volley"))
SINK = os.path.abspath(os.environ.get("VOLLEY_SINK",
                                      "build/release/tests/tools/sink"))
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_s(pid):
    """User and system time of a process and its ended children."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(") ", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(x) for x in fields[11:15]) / TICKS


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(x) for x in f.read().split()]
    except OSError:
        return []


def peak_kib(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))
    except (OSError, AttributeError):
        return 0


class Postgres:
    """initdb in a folder; durability as it comes."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.bin = sorted(os.listdir("/usr/lib/postgresql"))[-1]
        os.mkdir(folder)
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", folder], check=True)
        self.control("initdb", "-D", f"{folder}/data", "-U", "volley",
                     "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        with open(f"{folder}/data/postgresql.conf", "a", encoding="ascii") as f:
            f.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\n"
                    f"unix_socket_directories = '{folder}'\n"
                    "shared_buffers = 256MB\nmax_wal_size = 4GB\n")
        self.control("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log",
                     "-w", "start")
        self.control("createdb", "-h", folder, "-p", str(self.port),
                     "-U", "volley", "volley")
        self.conninfo = (f"host={folder} port={self.port} user=volley "
                         "dbname=volley")
        with open(f"{folder}/data/postmaster.pid", encoding="ascii") as f:
            self.pid = int(f.readline())

    def control(self, program, *args):
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, f"/usr/lib/postgresql/{self.bin}/bin/{program}",
                        *args], check=True, cwd="/",
                       stdout=subprocess.DEVNULL)

    def run(self, sql):
        with psycopg2.connect(self.conninfo) as pg:
            pg.autocommit = True
            for statement in sql.split(";"):
                pg.cursor().execute(statement)

    def value(self, sql):
        with psycopg2.connect(self.conninfo) as pg, pg.cursor() as c:
            c.execute(sql)
            return c.fetchone()[0]

    def cpu_s(self):
        return cpu_s(self.pid) + sum(map(cpu_s, children(self.pid)))

    def wal_bytes(self):
        return float(self.value("select pg_current_wal_insert_lsn() - '0/0'"))

    def stop(self):
        self.control("pg_ctl", "-D", f"{self.folder}/data", "-m", "fast", "-w",
                     "stop")


@contextlib.contextmanager
def temporary_folder():
    folder = tempfile.mkdtemp(prefix="volley-bench-")
    os.chmod(folder, 0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def has_setting(name):
    """Whether this build of Volley knows the setting."""
    text = subprocess.run([VOLLEY, "--help"], check=True, capture_output=True,
                          text=True).stdout
    return f"--{name.replace('_', '-')}=" in text


class Process:
    """A process of ours; watch() keeps its figures up to date."""

    def __init__(self, args, env, log):
        with open(log, "ab") as f:
            self.process = subprocess.Popen(args, env=env, stderr=f,
                                            stdout=subprocess.PIPE)
        self.cpu, self.peak_kib = 0.0, 0

    def watch(self):
        pids = [self.process.pid, *children(self.process.pid)]
        self.cpu = max(self.cpu, sum(map(cpu_s, pids)))
        self.peak_kib = max(self.peak_kib, *map(peak_kib, pids))

    def hold(self):
        self.process.send_signal(signal.SIGSTOP)

    def let_go(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.let_go()
        self.process.wait(30)


class Api:
    def __init__(self, url, key):
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method, path, body=None):
        r = self.session.request(method, self.url + path, json=body, timeout=60)
        if not r.ok:
            raise RuntimeError(f"{method} {path}: {r.status_code} {r.text}")
        return r.json()

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, body)


class Rig:
    def __init__(self, folder, **settings):
        self.folder, self.processes = folder, []
        self.env = dict(os.environ)
        self.ca = f"{folder}/cert.pem"
        self.settings = {f"VOLLEY_{name.upper()}": value
                         for name, value in settings.items()}

    def __enter__(self):
        self.db = Postgres(f"{self.folder}/postgres")
        self.port = free_port()
        self.env = dict(os.environ, VOLLEY_HOME=f"{self.folder}/home",
                        VOLLEY_DATABASE=self.db.conninfo,
                        VOLLEY_LISTEN=f"127.0.0.1:{self.port}",
                        **self.settings)
        os.mkdir(f"{self.folder}/home")
        self.volley("migrate")
        return self

    def __exit__(self, *_):
        for p in reversed(self.processes):
            if p.process.poll() is None:
                p.stop()
        self.db.stop()

    def volley(self, *args):
        return subprocess.run([VOLLEY, *args], env=self.env, check=True,
                              capture_output=True, text=True).stdout

    def start(self, *args):
        p = Process(args, self.env, f"{self.folder}/log")
        self.processes.append(p)
        return p

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout",
                        f"{self.folder}/key.pem", "-out", self.ca],
                       check=True, capture_output=True)

    def sink(self, tls):
        log = f"{self.folder}/sink.log"
        args = [SINK, "--port", "0", "--log", log, "--threads", "1"]
        if tls != "none":
            self.certificate()
            args += ["--tls", tls, "--cert", self.ca, "--key",
                     f"{self.folder}/key.pem"]
        p = self.start(*args)
        p.log = log
        p.port = int(re.search(rb"(\d+)\s*$", p.process.stdout.readline())[1])
        return p

    def api(self):
        key = re.search(r"vk_\S+", self.volley(
            "key", "create", "--name", "bench", "--scope", "admin"))[0]
        self.start(VOLLEY, "api")
        url = f"http://127.0.0.1:{self.port}"
        for _ in range(200):
            try:
                if requests.get(url + "/readyz", timeout=2).ok:
                    return Api(url, key)
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise RuntimeError("volley api did not start")

    def sender(self):
        return self.start(VOLLEY, "sender")
