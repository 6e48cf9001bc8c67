"""All of Volley at work on one database: the HTTP API, senders, pollers."""

import itertools
import os
import signal
import subprocess
import time

import given
from server import VOLLEY, Server

QUICK = {"VOLLEY_WORKERS": "1", "VOLLEY_HELO": "client.example.com",
         "VOLLEY_LOG_LEVEL": "debug", "VOLLEY_POLL_S": "1",
         "VOLLEY_RETRY_FIRST_S": "1", "VOLLEY_SMTP_TIMEOUT_S": "10"}
NAMES = itertools.count(1)


def wait_for(what, seconds=30, every=0.05):
    """What the function gives, once it is true."""
    deadline = time.time() + seconds
    while not (value := what()):
        assert time.time() < deadline, f"not within {seconds} s"
        time.sleep(every)
    return value


class Whole(Server):
    def __init__(self, postgres, roles=("sender",), **settings):
        super().__init__(postgres.create(), {**QUICK, **settings})
        self.postgres = postgres
        self.roles, self.running = roles, []

    def start(self):
        super().start()
        for role in self.roles:
            self.start_role(role)
        return self

    def start_role(self, role):
        with open(self.log_path, "ab") as log:
            self.running.append(subprocess.Popen(
                [VOLLEY, role], env=self.env, stdout=log, stderr=log))
        return self.running[-1]

    def stop(self):
        """Every process must end well."""
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            status = process.wait(40)
            assert status == 0, f"{process.args}: {status}: {self.log()}"
        super().stop()

    def pids(self):
        """Of all our processes, workers included."""
        tops = {p.pid for p in (*self.running, self.process)}
        children = set()
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as f:
                    parent = int(f.read().rpartition(") ")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent in tops:
                children.add(int(entry))
        return tops | children

    def plain_account(self, port, **more):
        """An account of a server on this host, without TLS."""
        return self.post("/v1/accounts", {
            "name": f"Account {next(NAMES)}", "host": "127.0.0.1",
            "port": port, "tls": "none", **more})["id"]

    def import_csv(self, list_id, data, how=""):
        """Imports; the finished import."""
        job = self.post(f"/v1/lists/{list_id}/imports{how}", status=202,
                        data=data, headers={"Content-Type": "text/csv"})
        path = f"/v1/imports/{job['id']}"
        return wait_for(lambda: (j := self.get(path))["state"]
                        in ("done", "failed") and j)

    def people(self, emails, list_id=None):
        """A list with these contacts on it."""
        list_id = list_id or given.mailing_list(self)
        done = self.import_csv(list_id,
                               ("email\n" + "\n".join(emails)).encode())
        assert done["state"] == "done" and done["rejected"] == 0, done
        return list_id

    def launch(self, list_ids, accounts, template=None, **more):
        """A started campaign; its id."""
        c = self.post("/v1/campaigns", {
            "name": f"Campaign {next(NAMES)}", "from": given.FROM,
            "return_path": "bounces@example.com", "list_ids": list_ids,
            "account_ids": accounts,
            "template_id": template or given.template(self), **more})["id"]
        self.post(f"/v1/campaigns/{c}/start", status=202)
        return c

    def status(self, campaign):
        return self.get(f"/v1/campaigns/{campaign}")["status"]

    def report(self, campaign):
        return self.get(f"/v1/campaigns/{campaign}/report")

    def wait_finished(self, campaign, seconds=30):
        wait_for(lambda: self.status(campaign) == "finished", seconds, 0.1)
        return self.report(campaign)
