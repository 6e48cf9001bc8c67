"""A private PostgreSQL for the tests: started once, a new database each."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
volley.may_lose_data = on
synchronous_commit = off
shared_buffers = 64MB
"""


class Postgres:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="volley-pg-")
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.count = 0
        os.chmod(self.folder, 0o755)
        if os.geteuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)

    def run(self, program, *args, quiet=False):
        """PostgreSQL refuses to run as root."""
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, f"{self.bin}/{program}", *args], check=True,
                       cwd="/", stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL if quiet else None)

    def start(self):
        data = f"{self.folder}/data"
        self.run("initdb", "-D", data, "-U", "volley", "--auth=trust",
                 "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        with open(f"{data}/postgresql.conf", "a", encoding="utf-8") as f:
            f.write(SETTINGS.format(folder=self.folder))
        self.control("start")

    def control(self, what, quiet=False):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-l",
                 f"{self.folder}/log", "-w", "-s", "-m", "immediate", what,
                 quiet=quiet)

    def create(self):
        """conninfo of a new empty database."""
        self.count += 1
        name = f"test{self.count}"
        self.run("createdb", "-h", self.folder, "-U", "volley", name)
        return f"host={self.folder} user=volley dbname={name}"

    def dump(self, conninfo):
        """Everything in a database, as text."""
        return subprocess.run([f"{self.bin}/pg_dump", conninfo], check=True,
                              capture_output=True, text=True).stdout

    def stop(self):
        self.control("stop")
        shutil.rmtree(self.folder, ignore_errors=True)
