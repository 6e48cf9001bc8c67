"""Webhooks: signed, in order, each event at least once, and no way into
networks of ours (X-017, X-018)."""

import hashlib
import hmac
import http.server
import json
import signal
import socket
import subprocess
import threading
import time

import pytest

from sending import wait_for
from server import VOLLEY, Server, free_port


class Receiver(http.server.ThreadingHTTPServer):
    """Remembers what it was told; answers as it is asked to."""

    def __init__(self):
        self.told, self.answers = [], []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def events(self):
        return [e["id"] for _, body in self.told
                for e in json.loads(body)["events"]]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers = self.server.answers
        status, headers, text = answers.pop(0) if answers else (204, {}, b"")
        if status < 300:
            self.server.told.append((dict(self.headers), body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def api(postgres):
    server = Server(postgres.create(), {
        "VOLLEY_WEBHOOK_HOSTS": "127.0.0.1"}).start()
    yield server
    server.stop()


class Worker:
    def __init__(self, api, **settings):
        with open(api.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [VOLLEY, "webhooks"], env=api.env | settings, stdout=log,
                stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0


@pytest.fixture
def worker(api):
    w = Worker(api)
    yield w
    w.stop()


def hook(api, url, **more):
    return api.post("/v1/webhooks", {"name": "CRM", "url": url} | more)


def happen(api, n, kind="alert"):
    return [api.value("INSERT INTO event (kind, key) VALUES (%s,"
                      " gen_random_uuid()::text) RETURNING id", kind)
            for _ in range(n)]


def leave(api, made):
    api.ok("DELETE", f"/v1/webhooks/{made['id']}", status=204)


def test_told_in_order_and_signed(api, receiver, worker):
    happen(api, 3)  # before it was there
    made = hook(api, receiver.url)
    ids = happen(api, 250)
    wait_for(lambda: len(receiver.events()) >= len(ids))
    assert receiver.events() == ids
    for headers, body in receiver.told:
        signed = dict(p.split("=") for p in
                      headers["Volley-Signature"].split(","))
        mac = hmac.new(made["secret"].encode(),
                       signed["t"].encode() + b"." + body, hashlib.sha256)
        assert mac.hexdigest() == signed["v1"]
        assert abs(time.time() - int(signed["t"])) < 60
        assert headers["Volley-Batch"] == json.loads(body)["batch"]
    path = f"/v1/webhooks/{made['id']}"
    assert "secret" not in api.get(path)
    stored = api.value("SELECT secret FROM webhook WHERE id = %s", made["id"])
    assert made["secret"].encode() not in bytes(stored)
    attempts = api.get(f"{path}/deliveries")["data"]
    assert sum(a["events"] for a in attempts) == len(ids)
    assert {a["status"] for a in attempts} == {204}
    leave(api, made)


def test_only_what_it_wants(api, receiver, worker):
    made = hook(api, receiver.url, kinds=["bounce"])
    happen(api, 5)
    wanted = happen(api, 2, "bounce")
    wait_for(lambda: len(receiver.events()) >= 2)
    assert receiver.events() == wanted
    api.post(f"/v1/webhooks/{made['id']}/test", {}, 202)
    wait_for(lambda: any(json.loads(b)["test"] for _, b in receiver.told))
    leave(api, made)


def test_what_was_not_taken_comes_again(api, receiver, worker):
    """Errors, and a redirect, which is not followed."""
    other = Receiver()
    receiver.answers += [
        (500, {}, b"no"),
        (302, {"Location": other.url}, b""),
        (200, {}, b"x" * (65 << 10))]  # more than it reads
    made = hook(api, receiver.url)
    ids = happen(api, 3)
    wait_for(lambda: api.value("SELECT count(*) FROM webhook_delivery"
                               " WHERE webhook_id = %s AND error = ''",
                               made["id"]) > 0, 30)
    assert set(receiver.events()) == set(ids) and other.told == []
    rows = api.get(f"/v1/webhooks/{made['id']}/deliveries")["data"]
    assert [r["status"] for r in rows] == [500, 302, None, 204]
    assert rows[0]["error"] == "answered with 500"
    assert len({r["batch"] for r in rows}) == 1
    other.shutdown()
    leave(api, made)


def test_given_up_after_a_day(api, receiver, worker):
    made = hook(api, f"http://127.0.0.1:{free_port()}/")
    path = f"/v1/webhooks/{made['id']}"
    happen(api, 1)
    wait_for(lambda: api.get(path)["failures"] > 0)
    assert api.get(path)["state"] == "active"
    api.sql("UPDATE webhook SET failing_since = now() - interval '25 hours',"
            " next_at = now() WHERE id = %s", made["id"])
    wait_for(lambda: api.get(path)["state"] == "disabled")
    alert = api.get("/v1/events?kind=alert&limit=500")["data"][-1]["data"]
    assert alert["alert"] == "webhook_disabled"
    assert alert["webhook_id"] == made["id"]
    api.ok("PATCH", path, {"url": receiver.url, "state": "active"})
    wait_for(lambda: receiver.told)
    leave(api, made)


def test_kill_9_loses_nothing(api, receiver):
    made = hook(api, receiver.url)
    ids, workers = [], [Worker(api), Worker(api)]
    for n in range(6):
        ids += happen(api, 40)
        workers[n % 2].kill()
        api.sql("UPDATE webhook SET held_until = NULL")
        workers[n % 2] = Worker(api)
        time.sleep(0.3)
    wait_for(lambda: set(ids) <= set(receiver.events()))
    for w in workers:
        w.stop()
    told = list(dict.fromkeys(receiver.events()))
    assert told == ids
    print({"events": len(ids), "lost": 0,
           "told again": len(receiver.events()) - len(ids)})
    leave(api, made)


PRIVATE = """127.0.0.1 127.1 2130706433 0x7f000001 017700000001 0177.0.0.1
0x7f.1 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255
192.168.0.1 3232235521 169.254.169.254 0xa9fea9fe 2852039166 100.64.0.1
100.127.255.255 0.0.0.0 0 0x0 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 192.0.0.1 198.18.0.1 [::1] [::] [fc00::1] [fd12::1]
[fe80::1] [::ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:169.254.169.254]
[64:ff9b::7f00:1] [2002:7f00:1::] [ff02::1] [::127.0.0.1] localhost
LOCALHOST""".split()


def test_no_way_in(postgres, receiver):
    """At creation, and, for names that lead there, at each delivery."""
    api = Server(postgres.create()).start()
    refused = 0
    for host in PRIVATE:
        fields = api.refused("POST", "/v1/webhooks", {
            "name": "x", "url": f"https://{host}/"})
        refused += fields == ["url"]
    assert refused == len(PRIVATE)
    for url in ("http://example.com/", "https://example.com:8443/",
                "https://a:b@example.com/", "ftp://example.com/",
                "https://example.com/#x", "https://", "gopher://x/",
                receiver.url):
        assert api.refused("POST", "/v1/webhooks", {
            "name": "x", "url": url}) == ["url"]
    # Stored when it was public, and a private one by now.
    made = hook(api, "https://example.com/")
    ours = socket.gethostname()  # as /etc/hosts has it
    for url in ("https://127.0.0.1/", receiver.url, f"https://{ours}/"):
        api.sql("UPDATE webhook SET url = %s, failures = 0, next_at = now()"
                " WHERE id = %s", url, made["id"])
        happen(api, 1)
        w = Worker(api)
        wait_for(lambda: api.value("SELECT failures FROM webhook") > 0, 30)
        w.stop()
    errors = [a["error"] for a in
              api.get(f"/v1/webhooks/{made['id']}/deliveries")["data"]]
    print({"refused": refused, "connections": len(receiver.told)}, errors)
    assert receiver.told == []
    assert errors[-1] == "the name leads to an address that is not public"
    api.stop()


def test_who_may(api, receiver):
    made = hook(api, receiver.url)
    path = f"/v1/webhooks/{made['id']}"
    for method, where in (("GET", path), ("PATCH", path), ("DELETE", path),
                          ("POST", f"{path}/test"), ("GET", "/v1/webhooks"),
                          ("GET", f"{path}/deliveries")):
        api.refused(method, where, status=403, key="write")
    assert api.refused("POST", "/v1/webhooks", {"kinds": ["party"]}) == [
        "name", "url", "kinds"]
    assert [w["id"] for w in api.get("/v1/webhooks")["data"]] == [made["id"]]
    changed = api.ok("PATCH", path, {"kinds": ["open"], "state": "paused"})
    assert changed["kinds"] == ["open"] and changed["state"] == "paused"
    leave(api, made)
    api.ok("GET", path, status=404)
