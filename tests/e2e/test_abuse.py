"""Text that means something to SQL, to C or to a shell; floods; words that a
server says on purpose."""

import resource
import socket
import time
import urllib.parse

import pytest
import requests
import requests.adapters

import arrived
import given
from recorder import Recorder
from whole import Whole, wait_for

WORDS = ["'; DROP TABLE contact; --", "' OR '1'='1", "1 OR 1=1",
         "1; SELECT pg_sleep(9)", "'||pg_sleep(9)||'", "\\'; DELETE FROM list; --",
         "$1", "$$; DROP TABLE list; $$", "E'\\\\x00'", "{1,2,NULL}", "NULL",
         '"a"}, {"b": 1', "\\", "%s%s%n%n%x", "%99999999d", "${jndi:ldap://x}",
         "$(touch /tmp/volley-abuse)", "`id`", "../../etc/passwd", "a b\tc",
         "\u2028", "-1", "9223372036854775808", "1e3", "0x10", "true"]
PARAMETERS = [("contacts", "email"), ("contacts", "list_id"),
              ("contacts", "cursor"), ("contacts", "limit"), ("lists", "cursor"),
              ("campaigns", "status"), ("campaigns", "cursor"),
              ("suppressions", "cursor"), ("suppressions", "email"),
              ("suppressions", "reason"), ("events", "kind"),
              ("events", "cursor"), ("events", "campaign_id")]


@pytest.fixture(scope="module")
def volley(postgres):
    v = Whole(postgres).start()
    yield v
    log = v.log()
    v.stop()
    assert "level=error" not in log


def tables(volley):
    """Every table with its number of rows, but for those of the senders."""
    names = [row[0] for row in volley.sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT IN ('origin', 'worker_status')")]
    return {n: volley.value(f"SELECT count(*) FROM {n}") for n in names}


def test_parameters(volley):
    before = tables(volley)
    for path, parameter in PARAMETERS:
        for word in WORDS:
            r = volley.call("GET", f"/v1/{path}?{parameter}="
                            + urllib.parse.quote(word, safe=""))
            assert r.status_code in (200, 400, 422), (path, parameter, word)
            assert r.elapsed.total_seconds() < 5
            if r.status_code == 200 and parameter != "limit":
                assert r.json()["data"] == []
    for word in WORDS:
        for path in ("lists", "campaigns", "imports", "contacts", "tasks", "u"):
            r = requests.get(f"{volley.url}/v1/{path}/"
                             + urllib.parse.quote(word, safe=""), timeout=5,
                             headers={"Authorization":
                                      f"Bearer {volley.keys['read']}"})
            assert r.status_code in (400, 404), (path, word, r.text)
    assert tables(volley) == before


def test_columns_of_csv(volley):
    """A column may be called anything, and a template may ask for it."""
    server = Recorder()
    columns = sorted({w.strip() for w in WORDS if "\u2028" not in w
                      and "\t" not in w})
    quoted = ",".join('"' + c.replace('"', '""') + '"' for c in columns)
    values = ",".join(f"value{n}" for n in range(len(columns)))
    list_id = given.mailing_list(volley)
    done = volley.import_csv(list_id, f"email,{quoted}\na@b.example,{values}"
                             .encode())
    assert (done["state"], done["inserted"]) == ("done", 1), done
    lookups = []
    for c in columns:
        quote = '"' if "'" in c else "'"
        lookups.append("{{ contact[" + quote + c + quote + "] }}"
                       if quote not in c else "")
    t = volley.post("/v1/templates", {
        "name": "T", "subject": "S", "text": "[" + "|".join(lookups) + "]"})["id"]
    volley.wait_finished(volley.launch(
        [list_id], [volley.plain_account(server.port)], t))
    said = arrived.text_of(arrived.parse(server.messages[0].data))
    wanted = [f"value{n}" if lookup else "" for n, lookup in enumerate(lookups)]
    assert said.strip() == "[" + "|".join(wanted) + "]"
    assert sum(map(bool, lookups)) > 15
    server.stop()


class Rude(Recorder):
    """Answers with what could be code where it is stored or shown."""
    words = ("%s%n%x '; DROP TABLE outcome; -- <script>alert(1)</script>"
             " \x1b[2J\x07 \x80\xff \u202e end")

    def on_rcpt(self, c, line):
        c.message.rcpt.append(line)
        c.say(b"550-5.1.1 " + self.words.encode("utf-8"),
              b"550 5.1.1 \xff\xfe\x00 no such user")


def test_words_of_servers(volley):
    server = Rude()
    people = [f"p{n}@rude.example.com" for n in range(3)]
    c = volley.launch([volley.people(people)],
                      [volley.plain_account(server.port)])
    assert volley.wait_finished(c)["failed"] == len(people)
    for d in volley.get(f"/v1/campaigns/{c}/deliveries")["data"]:
        reply = d["outcome"]["reply"]
        assert "DROP TABLE outcome" in reply and "<script>" in reply
        assert not any(ord(x) < 0x20 or ord(x) == 0x7f for x in reply)
    assert "\x1b" not in volley.log() and "\x00" not in volley.log()
    server.stop()


class From(requests.adapters.HTTPAdapter):
    """Requests that come from another address."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **more):
        super().init_poolmanager(*args, source_address=(self.address, 0), **more)


@pytest.mark.parametrize("said", [
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ",
    b"POST /u/" + b"a" * 34 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nx",
], ids=["headers", "bodies"])
def test_a_flood_of_slow_requests(volley, said):
    """X-026: 2,000 of them from one address; others notice nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip("too few open files are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    host, port = volley.address.split(":")
    sockets = []
    try:
        for _ in range(2000):
            sockets.append(socket.create_connection((host, int(port))))
            try:
                sockets[-1].sendall(said)
            except OSError:
                pass  # one too many of this address
        times = []
        for _ in range(50):
            other = requests.Session()
            other.mount("http://", From("127.0.0.2"))
            began = time.monotonic()
            assert other.get(f"{volley.url}/readyz", timeout=5).ok
            times.append(time.monotonic() - began)
        assert sorted(times)[-2] < 0.2, times
    finally:
        for s in sockets:
            s.close()
    wait_for(volley.is_ready)
