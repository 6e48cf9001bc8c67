"""What holds for every request: keys, bodies, methods, limits, stopping."""

import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

import given
from postgres import Postgres
from server import Server

KINDS = {"{group}": "gmail", "{id}": "999999", "{email}": "nobody@example.com",
         "{token}": "a" * 34, "{name}": "nowhere", "{attachment}": "999999",
         "{number}": "0", "{signature}": "a" * 16}


def routes(api):
    """(method, pattern, scope, parameters) of every route."""
    for line in api.volley("api", "--routes").splitlines():
        method, pattern, scope, *names = line.split()
        yield method, pattern, scope, set(names)


def filled(pattern):
    return re.sub(r"\{[a-z]+\}", lambda m: KINDS[m.group(0)], pattern)


def raw(api, data, timeout=20):
    """Bytes sent, bytes that came back until the end."""
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as s:
        s.sendall(data)
        got = b""
        while more := s.recv(65536):
            got += more
    return got


def test_routes_are_those_of_the_contract(api):
    paths = api.contract.document["paths"]
    said = {(method.upper(), path) for path, item in paths.items()
            for method in item if method in
            ("get", "post", "put", "patch", "delete")}
    assert {r[:2] for r in routes(api)} == said


def test_scopes_and_parameters_are_those_of_the_contract(api):
    contract = api.contract
    for method, pattern, scope, names in routes(api):
        item = contract.document["paths"][pattern]
        operation = item[method.lower()]
        assert operation["x-scope"] == scope, pattern
        assert (operation.get("security") == []) == (scope == "none"), pattern
        said = [contract.deref(p) for p in
                item.get("parameters", []) + operation.get("parameters", [])]
        assert {p["name"] for p in said if p["in"] == "query"} == names, pattern
        assert ({p["name"] for p in said if p["in"] == "path"}
                == {n.strip("{}") for n in re.findall(r"\{[a-z]+\}", pattern)})


def test_operations_are_named_once(api):
    ids = [operation["operationId"]
           for item in api.contract.document["paths"].values()
           for name, operation in item.items() if name != "parameters"]
    assert len(ids) == len(set(ids))


def test_every_schema_reference_resolves(api):
    def walk(x):
        if isinstance(x, dict):
            if "$ref" in x:
                api.contract.deref(x)
            for value in x.values():
                walk(value)
        elif isinstance(x, list):
            for value in x:
                walk(value)
    walk(api.contract.document)


def test_requests_in_the_contract_are_examples_of_their_schema(api):
    import jsonschema
    contract = api.contract
    for item in contract.document["paths"].values():
        for name, operation in item.items():
            body = contract.deref(operation.get("requestBody", {})
                                  if name != "parameters" else {})
            for media, content in body.get("content", {}).items():
                if media == "application/json" and "example" in content:
                    jsonschema.Draft202012Validator(
                        content["schema"], resolver=contract.resolver
                    ).validate(content["example"])


def test_no_key_no_entry(api):
    for method, pattern, scope, _ in routes(api):
        if scope == "none":
            continue
        for key in (None, "", "vk_x", "vk_aaaaaaaa_" + "a" * 52, "nonsense"):
            r = api.call(method, filled(pattern), key=key)
            assert r.status_code == 401, (method, pattern, key)
            assert r.headers["WWW-Authenticate"].startswith("Bearer")


def test_scope_is_needed(api):
    enough = {"read": 1, "write": 2, "admin": 3}
    for method, pattern, scope, _ in routes(api):
        for key in ("read", "write"):
            if scope != "none" and enough[key] < enough[scope]:
                r = api.call(method, filled(pattern), key=key)
                assert r.status_code == 403, (method, pattern, key)


def test_unknown_ids_are_missing(api):
    """X-023: whatever the id and however it is written."""
    for method, pattern, scope, _ in routes(api):
        if "{id}" not in pattern or scope == "none":
            continue
        for bad in ("0", "-1", "1e3", "x", "9" * 30, "%00", "1%2f2", "1;2"):
            path = pattern.replace("{id}", bad)
            assert api.call(method, path).status_code == 404, path
        if method == "GET" or method == "DELETE":
            assert api.call(method, filled(pattern)).status_code == 404


def test_expired_and_revoked_keys(api):
    key = api.make_key("read", "--expires", "1")
    assert api.call("GET", "/v1/lists", key=key).status_code == 200
    api.sql("UPDATE api_key SET expires_at = now() WHERE prefix = %s", key[3:11])
    api.volley("key", "revoke", api.make_key("admin")[:11])
    deadline = time.time() + 10
    while api.call("GET", "/v1/lists", key=key).status_code == 200:
        assert time.time() < deadline, "an expired key lives longer than 5 s"
        time.sleep(0.2)
    other = api.make_key("read")
    assert re.search(rf"{other[:11]}\tread\t.*\tactive",
                     api.volley("key", "list"))
    api.volley("key", "revoke", other[:11])
    assert api.call("GET", "/v1/lists", key=other).status_code == 401
    assert re.search(rf"{other[:11]}\tread\t.*\trevoked",
                     api.volley("key", "list"))


def test_only_hashes_of_keys_are_kept(api, postgres):
    dump = postgres.dump(api.conninfo) + api.log()
    for key in api.keys.values():
        assert key[12:] not in dump
        assert key[3:11] in dump


def test_last_use_is_noted(api):
    key = api.make_key("read")
    question = "SELECT last_used_at IS NOT NULL FROM api_key WHERE prefix = %s"
    assert api.value(question, key[3:11]) is False
    api.call("GET", "/v1/lists", key=key)
    assert api.value(question, key[3:11]) is True


@pytest.mark.parametrize("args", [
    [], ["create"], ["create", "--name", "x"], ["create", "--scope", "read"],
    ["create", "--name", "x", "--scope", "root"],
    ["create", "--name", "x", "--scope", "none"],
    ["create", "--name", "x", "--scope", "read", "--expires", "0"],
    ["revoke"], ["list", "all"], ["frobnicate"],
])
def test_key_command_says_how(api, args):
    with pytest.raises(subprocess.CalledProcessError) as e:
        api.volley("key", *args)
    assert e.value.returncode == 2 and "usage:" in e.value.stderr


def test_revoking_what_is_not_there(api):
    with pytest.raises(subprocess.CalledProcessError) as e:
        api.volley("key", "revoke", "vk_zzzzzzzz")
    assert e.value.returncode == 1 and "names no key" in e.value.stderr


def test_wrong_methods(api):
    r = api.call("PUT", "/v1/lists")
    assert r.status_code == 405 and r.headers["Allow"] == "GET, HEAD, POST"
    assert api.call("TRACE", "/v1/lists").status_code == 405
    assert api.call("GET", "/v1/nothing").status_code == 404
    assert api.call("GET", "/v1/lists/").status_code == 404


def test_head_is_get_without_a_body(api):
    full = api.call("GET", "/openapi.json")
    head = api.call("HEAD", "/openapi.json")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == str(len(full.content))


def test_headers_of_every_answer(api):
    for path in ("/healthz", "/v1/nothing", "/v1/lists"):
        r = api.call("GET", path)
        assert r.headers["X-Content-Type-Options"] == "nosniff"
        assert r.headers["Cache-Control"] == "no-store"
        assert "Server" not in r.headers


@pytest.mark.parametrize("body, status", [
    (b"", 400), (b"{", 400), (b"nonsense", 400), (b"{}{}", 400),
    (b'{"name":"\xff"}', 400), (b'{"name":"a\\u0000b"}', 400),
    (b'{"name":"a\x00b"}', 400), (b"[]", 422), (b'"x"', 422), (b"1", 422),
    (b'{"name":"x","name":"y"}', 422), (b'{"name":1}', 422),
    (b'{"name":null}', 422), (b'{"name":["x"]}', 422), (b"{}", 422),
    (b'{"name":"x\\ny"}', 422), (b'{"name":"x","more":1}', 422),
    (b'{"name":"' + b"x" * 201 + b'"}', 422),
    (b"[" * 100000, 400), (b'{"a":' * 3000, 400),
    (b'{"name":"' + b"x" * (1 << 20) + b'"}', 413),
])
def test_bad_bodies(api, body, status):
    before = api.value("SELECT count(*) FROM list")
    r = api.call("POST", "/v1/lists", data=body,
                 headers={"Content-Type": "application/json"})
    assert r.status_code == status, r.text
    assert api.value("SELECT count(*) FROM list") == before


def test_json_error_names_the_place(api):
    r = api.call("POST", "/v1/lists", data=b'{\n  "name": nix}',
                 headers={"Content-Type": "application/json"})
    assert "line 2, column 1" in r.json()["detail"]


@pytest.mark.parametrize("kind", [None, "text/plain", "text/json",
                                  "application/x-www-form-urlencoded"])
def test_only_json_is_taken(api, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    r = api.call("POST", "/v1/lists", data=b'{"name":"x"}', headers=headers)
    assert r.status_code == 415


def test_json_with_a_charset_is_json(api):
    api.post("/v1/lists", data=b'{"name":"charset"}',
             headers={"Content-Type": "Application/JSON; charset=utf-8"})


def test_every_json_route_wants_an_object(api):
    for method, pattern, scope, _ in routes(api):
        operation = api.contract.document["paths"][pattern][method.lower()]
        if not api.contract.deref(operation.get("requestBody", {})).get(
                "required") or scope == "none" or "imports" in pattern:
            continue
        for body in (b"[1]", b"{\"no such field\":1}", b"{"):
            r = api.call(method, filled(pattern), data=body,
                         headers={"Content-Type": "application/json"})
            assert r.status_code in (400, 404, 422), (pattern, r.text)


def test_a_body_where_none_belongs(api):
    r = api.call("DELETE", "/v1/lists/1", data=b"x")
    assert r.status_code == 400


def test_too_large_without_a_length(api):
    def pieces():
        for _ in range(40):
            yield b"x" * 65536
    r = api.call("POST", "/v1/lists", data=pieces(),
                 headers={"Content-Type": "application/json"})
    assert r.status_code == 413


def test_refused_at_once_when_the_peer_waits_for_it(api):
    got = raw(api, (f"POST /v1/lists HTTP/1.1\r\nHost: x\r\n"
                    f"Authorization: Bearer {api.keys['admin']}\r\n"
                    "Content-Type: application/json\r\n"
                    "Content-Length: 100000000\r\n"
                    "Expect: 100-continue\r\n\r\n").encode())
    assert got.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x",
                                   "limit=-1", "limit=", "cursor=x", "cursor=",
                                   "lmit=1", "limit=1&limit=2"])
def test_bad_parameters(api, query):
    name = query.partition("=")[0]
    assert name in api.refused("GET", f"/v1/lists?{query}")


def test_query_that_does_not_decode(api):
    for query in ("limit=%", "limit=%zz", "limit=%00", "a=%ff", "a=%0a"):
        got = raw(api, f"GET /v1/lists?{query} HTTP/1.1\r\nHost: x\r\n"
                       "Connection: close\r\n\r\n".encode())
        assert got.startswith(b"HTTP/1.1 400 "), query


def test_pages_miss_and_repeat_nothing(api):
    for n in range(7):
        api.post("/v1/lists", {"name": f"page {n}"})
    whole = [x["id"] for x in api.get("/v1/lists?limit=500")["data"]]
    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/lists?limit=3{cursor and '&cursor=' + cursor}")
        assert len(page["data"]) <= 3
        seen += [x["id"] for x in page["data"]]
        cursor = page["next_cursor"]
    assert seen == whole == sorted(whole)


def test_idempotent_writes(api):
    headers = {"Idempotency-Key": "order-1"}
    first = api.call("POST", "/v1/lists", {"name": "once"},
                     headers=dict(headers))
    again = api.call("POST", "/v1/lists", {"name": "once"},
                     headers=dict(headers))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.value("SELECT count(*) FROM list WHERE name = 'once'") == 1
    for other in ({"name": "twice"}, {"name": "once", "public": True}):
        api.refused("POST", "/v1/lists", other, headers=dict(headers))
    api.refused("PATCH", f"/v1/lists/{first.json()['id']}", {"name": "once"},
                headers=dict(headers))
    # another API key has other Idempotency-Keys
    api.post("/v1/lists", {"name": "third"}, key="write", headers=dict(headers))


def test_errors_are_not_kept(api):
    headers = {"Idempotency-Key": "order-2"}
    api.post("/v1/lists", {"name": "taken"})
    api.refused("POST", "/v1/lists", {"name": "taken"}, status=409,
                headers=dict(headers))
    api.sql("DELETE FROM list WHERE name = 'taken'")
    api.post("/v1/lists", {"name": "taken"}, headers=dict(headers))


def test_at_once_with_one_idempotency_key(api):
    """Of many at the same time one acts, the others wait or are replayed."""
    statuses = []

    def send():
        r = requests.post(f"{api.url}/v1/lists", json={"name": "race"}, headers={
            "Authorization": f"Bearer {api.keys['admin']}",
            "Idempotency-Key": "race"}, timeout=30)
        statuses.append(r.status_code)
    threads = [threading.Thread(target=send) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert set(statuses) <= {201, 409} and 201 in statuses
    assert api.value("SELECT count(*) FROM list WHERE name = 'race'") == 1


@pytest.mark.parametrize("what, body", [
    ("campaigns", {"to": ["a@example.com", "b@example.com"]}),
    ("accounts", {}), ("mailboxes", {})])
def test_waiting_requests_with_one_idempotency_key(api, what, body):
    """What is asked of a worker is asked once, while its answer is awaited
    as well as afterwards."""
    one = {"campaigns": lambda: given.campaign(api)["id"],
           "accounts": lambda: given.account(api),
           "mailboxes": lambda: api.post("/v1/mailboxes", {
               "name": "M", "host": "imap.example.com", "username": "u",
               "password": "p"})["id"]}[what]()
    before = api.value("SELECT count(*) FROM task")
    answers = []

    def send():
        answers.append(requests.post(
            f"{api.url}/v1/{what}/{one}/test", json=body, headers={
                "Authorization": f"Bearer {api.keys['admin']}",
                "Idempotency-Key": f"race {what}"}, timeout=30))
    threads = [threading.Thread(target=send) for _ in range(6)]
    for t in threads:
        t.start()
        time.sleep(0.1)
    for t in threads:
        t.join()
    assert api.value("SELECT count(*) FROM task") == before + len(
        body.get("to", [1]))
    assert {a.status_code for a in answers} <= {202, 409}
    first = [a for a in answers if "Idempotency-Replayed" not in a.headers
             and a.status_code == 202]
    assert len(first) == 1 and len({a.text for a in answers
                                    if a.status_code == 202}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_bad_idempotency_keys(api, key):
    r = api.call("POST", "/v1/lists", {"name": "x"},
                 headers={"Idempotency-Key": key})
    assert r.status_code == 400


def test_forwarded_addresses_are_nothing_to_us(api, postgres):
    """X-027: no proxy is trusted, so nothing of it is stored or believed."""
    for value in ("203.0.113.77", "x" * 4000, "\xff\xfe", "1.2.3.4, ::1,,,"):
        r = api.call("GET", "/v1/lists",
                     headers={"X-Forwarded-For": value.encode("latin-1")})
        assert r.status_code == 200
    assert "203.0.113.77" not in postgres.dump(api.conninfo) + api.log()


def test_longest_header(api):
    r = api.call("GET", "/healthz", headers={"X-Long": "x" * 15000})
    assert r.status_code == 200
    got = raw(api, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
              b"X-Long: " + b"x" * 17000 + b"\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 431 ")
    got = raw(api, b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert got[9:12] in (b"414", b"431", b"404")


def test_many_headers(api):
    r = api.call("GET", "/v1/lists",
                 headers={f"X-{n}": "x" for n in range(100)})
    assert r.status_code == 431


@pytest.mark.parametrize("text", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET / HTTP/1.1\r\n\x00\r\n\r\n", b"GET http://x/ HTTP/9.9\r\n\r\n",
    b"POST /v1/lists HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/lists HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
])
def test_garbage_does_no_harm(api, text):
    host, port = api.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as s:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
        try:
            s.recv(65536)
        except OSError:
            pass
    assert api.call("GET", "/healthz").status_code == 200


def test_slow_headers_are_cut_off(api):
    """X-026: whoever sends a byte now and then, is gone after 10 s."""
    host, port = api.address.split(":")
    slow = [socket.create_connection((host, int(port))) for _ in range(200)]
    for s in slow:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
    started, times = time.time(), []
    while time.time() < started + 13:
        before = time.time()
        assert requests.get(f"{api.url}/healthz", timeout=5).ok
        times.append(time.time() - before)
        for s in slow:
            try:
                s.sendall(b"X")
            except OSError:
                pass
        time.sleep(0.5)
    for s in slow:
        s.settimeout(1)
        try:
            assert s.recv(1000) == b""
        except ConnectionResetError:
            pass
        s.close()
    assert sorted(times)[len(times) * 99 // 100 - 1] < 0.2 or max(times) < 1


def test_service_addresses(api):
    assert api.get("/healthz", key=None) == {"status": "ok"}
    assert api.get("/readyz", key=None) == {"status": "ready"}
    document = api.get("/openapi.json", key=None)
    assert document["openapi"] == "3.1.0"


OPEN = "application/openmetrics-text"


@pytest.mark.parametrize("accept, media, family", [
    (f"{OPEN};version=1.0.0,text/plain;q=0.5,*/*;q=0.1", OPEN, ""),
    ("*/*", "text/plain", "_total")])
def test_metrics(api, accept, media, family):
    api.call("GET", "/v1/lists/123456")
    answer = api.call("GET", "/metrics", key=None, headers={"Accept": accept})
    text = answer.text
    assert answer.headers["Content-Type"].startswith(f"{media}; version=")
    assert f"# TYPE volley_http_requests{family} counter\n" in text
    assert all(name.endswith("_total") == bool(family) for name in
               re.findall("# TYPE ([a-z_]+) counter", text))
    assert ('volley_http_requests_total{method="GET",route="/v1/lists/{id}",'
            'status="404"}') in text
    assert text.endswith("# EOF\n") and "123456" not in text
    for line in text.splitlines():
        assert re.fullmatch(
            r"# (TYPE|HELP) [a-z_]+ .+|# EOF|"
            r"[a-z_]+\{([a-z]+=\"[^\"]*\",?)+\} [0-9.]+", line), line
    sums = [int(line.split()[-1]) for line in text.splitlines()
            if 'seconds_bucket{method="GET",route="/v1/lists/{id}"' in line]
    assert sums == sorted(sums) and sums[-1] >= 1


@pytest.mark.skipif(not shutil.which("promtool"),
                    reason="promtool (Debian package prometheus) is not here")
def test_promtool_finds_nothing(api):
    api.get("/v1/lists")
    text = api.call("GET", "/metrics", key=None).content
    done = subprocess.run(["promtool", "check", "metrics"], input=text,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_not_ready_says_why(postgres):
    server = Server(postgres.create()).start()
    newest = server.value("SELECT max(version) FROM migration")
    server.sql("UPDATE migration SET version = version + 1000")
    answer = server.call("GET", "/readyz", key=None)
    assert answer.status_code == 503
    assert f"{newest + 1000}, this build needs {newest}" in \
        answer.json()["detail"]
    server.sql("UPDATE migration SET version = version - 1000")
    assert server.get("/readyz", key=None) == {"status": "ready"}
    server.stop()


def test_stops_after_what_is_under_way(postgres):
    """SIGTERM: the request that is being answered is answered."""
    server = Server(postgres.create()).start()
    server.post("/v1/lists", {"name": "held"})
    holder = server.database
    holder.autocommit = False
    server.sql("LOCK TABLE list IN ACCESS EXCLUSIVE MODE")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        server.call("GET", "/v1/lists/1").status_code))
    thread.start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    holder.rollback()
    thread.join()
    assert answers == [200]
    assert server.process.wait(15) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url + "/healthz", timeout=2)
    server.stop()


def test_without_a_schema(postgres):
    server = Server(postgres.create())
    with pytest.raises(subprocess.CalledProcessError) as e:
        server.volley("api")
    assert e.value.returncode == 1
    assert "volley migrate" in e.value.stderr
    server.stop()


def test_port_that_is_taken(api, postgres):
    server = Server(postgres.create())
    server.env["VOLLEY_LISTEN"] = api.address
    server.volley("migrate")
    with pytest.raises(subprocess.CalledProcessError) as e:
        server.volley("api")
    assert e.value.returncode == 1
    assert f"listen {api.address}" in e.value.stderr
    server.stop()


def test_help(api):
    out = api.volley("api", "--help")
    assert "usage: volley api" in out and "--listen" in out
    with pytest.raises(subprocess.CalledProcessError) as e:
        api.volley("api", "--nonsense")
    assert e.value.returncode == 2


def test_connections_that_were_closed_meanwhile(api):
    api.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()")
    for _ in range(20):
        assert api.call("GET", "/v1/lists").status_code == 200


def test_database_away_and_back():
    """503 with Retry-After while it is away, right again afterwards."""
    postgres = Postgres()
    postgres.start()
    server = Server(postgres.create()).start()
    server.post("/v1/lists", {"name": "before"})
    server.sql("CHECKPOINT")  # this server's fsync is off
    postgres.control("stop")
    r = server.call("GET", "/v1/lists")
    assert r.status_code == 503 and int(r.headers["Retry-After"]) > 0
    assert r.headers["Content-Type"] == "application/problem+json"
    not_ready = server.call("GET", "/readyz", key=None)
    assert not_ready.status_code == 503
    assert not_ready.json()["detail"] == "the database cannot be reached"
    assert server.call("GET", "/healthz", key=None).status_code == 200
    assert server.call("GET", "/metrics", key=None).status_code == 200
    postgres.control("start")
    assert server.get("/v1/lists")["data"][0]["name"] == "before"
    server.stop()
    postgres.stop()
