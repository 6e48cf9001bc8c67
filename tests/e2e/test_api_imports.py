"""Imports: files in, contacts and reasons out."""

import gzip
import io
import json
import os
import pathlib
import signal
import socket
import time
import zipfile

import pytest

import given
from server import Server

CSV = {"Content-Type": "text/csv"}
NDJSON = {"Content-Type": "application/x-ndjson"}


def wait_done(api, import_id, seconds=60):
    deadline = time.time() + seconds
    while True:
        job = api.get(f"/v1/imports/{import_id}")
        if job["state"] in ("done", "failed"):
            return job
        assert time.time() < deadline, job
        time.sleep(0.05)


def load(api, data, list_id=None, mode="merge", headers=None):
    """The finished import of a file."""
    list_id = list_id or given.mailing_list(api)
    if isinstance(data, str):
        data = data.encode()
    job = api.post(f"/v1/lists/{list_id}/imports?mode={mode}", data=data,
                   headers=dict(headers or CSV), status=202)
    return wait_done(api, job["id"])


def load_with(api, query, data, list_id=None):
    """The same with more to be said."""
    list_id = list_id or given.mailing_list(api)
    job = api.ok("POST", f"/v1/lists/{list_id}/imports", params=query,
                 data=data.encode(), headers=dict(CSV), status=202)
    return wait_done(api, job["id"])


def errors(api, job):
    return [(e["line"], e["reason"], e["value"]) for e in
            api.get(f"/v1/imports/{job['id']}/errors?limit=500")["data"]]


def counts(job):
    assert job["rows_read"] == (job["inserted"] + job["updated"]
                                + job["unchanged"] + job["rejected"])
    return tuple(job[k] for k in ("inserted", "updated", "unchanged",
                                  "rejected", "suppressed"))


def attributes(api, email):
    return api.get(f"/v1/contacts/{email}")["attributes"]


def test_the_whole_way(api):
    one = given.mailing_list(api)
    r = api.call("POST", f"/v1/lists/{one}/imports", data=(
        "email,name,city\nann@example.com,Ann,Köln\nbob@example.com,,Paris\n"
    ).encode(), headers=dict(CSV))
    assert r.status_code == 202
    job = r.json()
    assert r.headers["Location"] == f"/v1/imports/{job['id']}"
    assert (job["state"], job["mode"], job["format"]) == (
        "queued", "merge", "csv")
    job = wait_done(api, job["id"])
    assert counts(job) == (2, 0, 0, 0, 0)
    assert job["bytes_read"] == job["bytes_total"] > 0
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert attributes(api, "ann@example.com") == {"city": "Köln"}
    assert len(api.get(f"/v1/contacts?list_id={one}")["data"]) == 2
    assert errors(api, job) == []


def test_merge_and_skip(api):
    one = given.mailing_list(api)
    load(api, "email,name,a,b\nms@example.com,Old,1,1\n", one)
    job = load(api, "email,name,a,c\nMS@example.com,New,2,2\n", one, "skip")
    assert counts(job) == (0, 0, 1, 0, 0)
    assert attributes(api, "ms@example.com") == {"a": "1", "b": "1"}
    job = load(api, "email,name,a,c\nMS@example.com,New,2,2\n", one)
    assert counts(job) == (0, 1, 0, 0, 0)
    assert attributes(api, "ms@example.com") == {"a": "2", "b": "1", "c": "2"}
    job = load(api, "email,name,a,c\nms@example.com,,,\n", one)
    assert counts(job) == (0, 0, 1, 0, 0)
    assert api.get("/v1/contacts/ms@example.com")["name"] == "New"


def test_replace(api):
    """Attributes that the file does not have go; nobody leaves a list."""
    one = given.mailing_list(api)
    load(api, "email,name,a,b\nrep1@example.com,Old,1,1\n"
              "rep2@example.com,Old,1,\n", one)
    text = "email,name,a,c\nrep1@example.com,,2,2\nrep2@example.com,,1,\n"
    assert counts(load(api, text, one, "replace")) == (0, 1, 1, 0, 0)
    assert counts(load(api, text, one, "replace")) == (0, 0, 2, 0, 0)
    known = api.get("/v1/contacts/rep1@example.com")
    assert known["attributes"] == {"a": "2", "c": "2"}
    assert known["name"] == "Old" and len(known["lists"]) == 1


def test_the_same_again_writes_nothing(api):
    """Not even as another version of a row."""
    one = given.mailing_list(api)
    text = "email,name,n\n" + "".join(
        f"again{n}@example.com,Name {n},{n}\n" for n in range(5000))
    load(api, text, one)
    versions = ("SELECT sum(hashtext(c.xmin::text || c.ctid || m.xmin || m.ctid))"
                " FROM contact c JOIN membership m ON m.contact_id = c.id"
                " WHERE m.list_id = %s")
    before = api.value(versions, one)
    assert counts(load(api, text, one)) == (0, 0, 5000, 0, 0)
    assert api.value(versions, one) == before


MALFORMED = [
    ("no-at-sign", "email: there is no '@'"),
    ("a@b@example.com", "email: there is more than one '@'"),
    ("", "email: the address is empty"),
    ("x" * 65 + "@example.com", None), ("a@" + "d" * 64 + ".com", None),
    ("a@-x.com", None), ('"""a@evil.example x""@example.com"', None),
    ("<a@example.com>", None), ("a b@example.com", None),
    ("a@b>\x00", None), ("a@b> NOTIFY=NEVER", None),
    ('"a@b>\r\nRCPT TO:<c@d"', None), ("a@" + "d." * 127 + "com", None),
    (":(" * 5000, None),
]


def test_malformed_addresses_by_line(api):
    """S-021, S-022, X-005: told by line, and the rest is imported."""
    text, wanted, line = "email,name\n", [], 2
    for n, (bad, _) in enumerate(MALFORMED):
        text += f"good{n}@example.com,Good\n{bad},Bad\n"
        wanted.append(line + 1)
        line += 2 + bad.count("\n")
    job = load(api, text)
    assert counts(job) == (len(MALFORMED), 0, 0, len(MALFORMED), 0)
    told = errors(api, job)
    assert [e[0] for e in told] == wanted
    for (_, reason, value), (bad, said) in zip(told, MALFORMED):
        assert reason.startswith("email: ") and (said or reason) == reason
        assert len(value.encode()) <= 200


def test_malformed_rows_by_line(api):
    job = load(api, b"email,name,city\n"
                    b"one@example.com,A\n"
                    b"two@example.com,A,B,C\n"
                    b"three@example.com,\xff,B\n"
                    b"four@example.com,\"open,B\n"
                    b"five@example.com,\"a\"b,B\n"
                    b"six@example.com,\"x\r\nBcc: y\",B\n"
                    b"seven@example.com,\xc3\xa4,B\n")
    assert counts(job) == (1, 0, 0, 6, 0)
    assert [e[:2] for e in errors(api, job)] == [
        (2, "2 fields, the header has 3"), (3, "4 fields, the header has 3"),
        (4, "name: is not UTF-8"), (5, "a quote is not closed"),
        (6, "text stands behind a closing quote"),
        (7, "name: has control characters in it")]


@pytest.mark.parametrize("text", [
    "email,note\nle@example.com,\"a\nb\"\nle2@example.com,c\n",
    "email,note\r\nle@example.com,\"a\nb\"\r\nle2@example.com,c\r\n",
    "\ufeffemail,note\rle@example.com,\"a\nb\"\rle2@example.com,c\r",
    "\ufeff\"email\";\"note\"\r\n\r\nle@example.com;\"a\nb\"\r\n"
    "le2@example.com;c",
    "email\tnote\n\n\nle@example.com\t\"a\nb\"\n  \nle2@example.com\tc\n\n",
])
def test_marks_and_line_ends(api, text):
    job = load(api, text)
    assert counts(job)[3] == 0 and job["rows_read"] == 2
    assert attributes(api, "le@example.com") == {"note": "a\nb"}
    assert attributes(api, "le2@example.com") == {"note": "c"}


def test_lines_are_counted_through_quoted_ones(api):
    job = load(api, "email,note\n\"a@example.com\",\"1\n2\r\n3\r4\"\nbad,x\n")
    assert errors(api, job)[0][0] == 6


def zipped(data):
    """As programs pack it: a folder first, in pieces of unknown length."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("export/", b"")
        with z.open("export/people.csv", "w") as f:
            f.write(data)
        z.comment = b"from a shop"
    return out.getvalue()


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress, zipped])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le",
                                      "utf-16", "windows-1252"])
def test_encodings(api, encoding, pack):
    text = "email,name\nenc@example.com,Zoë Müller €\n"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    data = pack((mark + text).encode(encoding))
    job = load(api, data)
    assert (job["state"], job["rejected"], job["rows_read"]) == ("done", 0, 1)
    assert job["bytes_read"] == job["bytes_total"]
    assert api.get("/v1/contacts/enc@example.com")["name"] == "Zoë Müller €"


def test_columns_and_types(api):
    columns = {"E-Mail": "email", "Who": "name", "Junk": None,
               "Age": {"name": "age", "type": "number"},
               "VIP": {"name": "vip", "type": "boolean"},
               "Since": {"name": "since", "type": "date"}}
    job = load_with(api, {"columns": json.dumps(columns), "basis": "fair 2026"},
                    "E-Mail,Who,Junk,Age,VIP,Since,City\n"
                    "ty1@example.com,Ann,x,41.5,yes,2026-12-01,Köln\n"
                    "ty2@example.com,Bob,x,old,yes,2026-12-01,Köln\n"
                    "ty3@example.com,Cy,x,,maybe,,\n"
                    "ty4@example.com,Di,x,,,1/2/26,\n")
    assert counts(job) == (1, 0, 0, 3, 0)
    assert attributes(api, "ty1@example.com") == {
        "age": 41.5, "vip": True, "since": "2026-12-01", "City": "Köln"}
    assert errors(api, job) == [
        (3, "Age: is no number like 1234.5", "old"),
        (4, "VIP: is neither true nor false", "maybe"),
        (5, "Since: is no date like 2026-12-01", "1/2/26")]
    assert (job["reading"], job["basis"]) == ({"columns": columns}, "fair 2026")


def test_dry_run(api):
    """Tells what the same file then does, and leaves nothing."""
    one = given.mailing_list(api)
    load(api, "email,name\ndry1@example.com,A\ndry2@example.com,B\n", one)
    text = ("email,name\ndry1@example.com,Other\ndry2@example.com,B\n"
            "dry3@example.com,C\nbad,D\n")
    job = load_with(api, {"dry_run": "true"}, text, one)
    assert job["dry_run"] and counts(job) == (1, 1, 1, 1, 0)
    assert errors(api, job)[0][0] == 5
    assert api.get("/v1/contacts/dry1@example.com")["name"] == "A"
    assert api.get(f"/v1/lists/{one}")["contacts"] == 2
    job = load(api, text, one)
    assert not job["dry_run"] and counts(job) == (1, 1, 1, 1, 0)


def suppressions(api, prefix):
    return api.sql("SELECT email_key, list_id, reason FROM suppression"
                   " WHERE email_key LIKE %s ORDER BY id", prefix + "%")


def test_from_listmonk(api):
    """Who is blocked there is blocked here, now and by no later import."""
    one = given.mailing_list(api)
    text = ("uuid,email,name,attributes,status,created_at,updated_at\n"
            '1a,lm1@example.com,Ann,"{""city"":""Köln"",""n"":[1]}",enabled,x,y\n'
            "1b,lm2@example.com,Bob,{},blocklisted,x,y\n"
            "1c,lm3@example.com,Cy,,disabled,x,y\n"
            "1d,lm4@example.com,Di,[],enabled,x,y\n"
            "1e,lm5@example.com,Ed,{},gone,x,y\n")
    job = load_with(api, {"source": "listmonk", "dry_run": "true"}, text, one)
    assert counts(job) == (3, 0, 0, 2, 2) and not suppressions(api, "lm")
    job = load_with(api, {"source": "listmonk"}, text, one)
    assert counts(job) == (3, 0, 0, 2, 2)
    assert errors(api, job) == [
        (5, "attributes: is no JSON object", "[]"),
        (6, "status: is no status that is known", "gone")]
    assert attributes(api, "lm1@example.com") == {"city": "Köln", "n": [1]}
    left = [("lm2@example.com", None, "unsubscribe"),
            ("lm3@example.com", None, "manual")]
    assert suppressions(api, "lm") == left
    text = text.replace("blocklisted", "enabled").replace("disabled", "enabled")
    assert counts(load_with(api, {"source": "listmonk"}, text, one))[4] == 2
    assert suppressions(api, "lm") == left


MAILCHIMP = ('"Email Address","First Name","Last Name",Town,MEMBER_RATING,'
             "OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,"
             "GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS")


@pytest.mark.parametrize("more, reason, everywhere", [
    ("", None, None), (",UNSUB_TIME", "unsubscribe", False),
    (",CLEAN_TIME", "hard_bounce", True)])
def test_from_mailchimp(api, more, reason, everywhere):
    one = given.mailing_list(api)
    email = f"mc.{reason}@example.com"
    job = load_with(api, {"source": "mailchimp"},
                    f"{MAILCHIMP}{more}\n{email},Ann,Doe,Köln,2" + "," * 15
                    + 'A note,"""VIP"",""x"""' + ",2026-01-01" * bool(more)
                    + "\n", one)
    assert counts(job) == (1, 0, 0, 0, int(bool(more))), errors(api, job)
    known = api.get(f"/v1/contacts/{email}")
    assert known["name"] == "Ann Doe" and known["attributes"] == {
        "first_name": "Ann", "last_name": "Doe", "Town": "Köln",
        "NOTES": "A note", "TAGS": '"VIP","x"'}
    assert suppressions(api, email) == (
        [] if reason is None else [(email, None if everywhere else one, reason)])


def test_formulas_are_data(api):
    """X-020: kept byte for byte; who exports them defuses them."""
    cells = ["=1+1", "@SUM(A1)", "+1", "-1", "=cmd|'/c calc'!A1", "\t=1", "'x"]
    rows = "".join(f'f{n}@example.com,"{c}"\n' for n, c in enumerate(cells))
    assert counts(load(api, "email,cell\n" + rows))[0] == len(cells)
    for n, cell in enumerate(cells):
        assert attributes(api, f"f{n}@example.com") == {"cell": cell}


def test_huge_fields_and_rows(api):
    text = ("email,a\nbig1@example.com," + "x" * 65537 + "\n"
            "big2@example.com," + "y" * 60000 + "\n"
            "big4@example.com," + "w" * (3 << 20) + "\n"
            "big5@example.com,ok\n"
            "big3@example.com,\"" + "z\n" * 600000 + "\"\n")
    job = load(api, text)
    told = {e[0]: e[1] for e in errors(api, job)}
    assert told[2] == "a field is longer than 64 KiB"
    assert told[4] == "the line is longer than 1 MiB"
    assert told[6] == "a quote is not closed within 1 MiB"
    assert job["rejected"] == 600000 + 3  # each line of it by itself
    assert api.value("SELECT count(*) FROM import_error"
                     " WHERE import_id = %s", job["id"]) == 100000
    assert attributes(api, "big2@example.com") == {"a": "y" * 60000}
    assert attributes(api, "big5@example.com") == {"a": "ok"}


@pytest.mark.parametrize("data, error", [
    (b"name,city\nx,y\n", 'the header has no column "email"'),
    (b"email,a,a\n", 'the header has "a" twice'),
    (b"email,EMAIL\n", 'the header has "email" twice'),
    (b"email,,b\n", "column 2 of the header has no name"),
    (b"email,\xc3\xa4,\xff\n", "the name of column 3 is not UTF-8 text"),
    (b"\n\n \n", "the file is empty"),
    (gzip.compress(b"email\n", mtime=0)[:-9], "the gzip data breaks off"),
    (b"\x1f\x8bemail\n", "the gzip data is damaged"),
    (b"PK\3\4email\n", "the ZIP is damaged or breaks off"),
    (b"email," + b",".join(b"c%d" % n for n in range(256)) + b"\n",
     "the header: more than 256 columns"),
    (b"email," + b"x" * 101 + b"\n",
     "the name of column 2 is longer than 100 bytes"),
])
def test_files_that_cannot_be_imported(api, data, error):
    job = load(api, data)
    assert (job["state"], job["error"]) == ("failed", error)
    assert counts(job) == (0, 0, 0, 0, 0)


def test_ndjson(api):
    rows = [{"email": "nd1@example.com", "name": "N", "attributes": {"a": [1]}},
            {"email": "nd2@example.com", "city": "Köln", "n": 1.5, "x": None}]
    text = "\n\n".join(json.dumps(r) for r in rows) + "\n[]\n{\"email\":1}\n{"
    job = load(api, text, headers=NDJSON)
    assert job["format"] == "ndjson"
    assert counts(job) == (2, 0, 0, 3, 0)
    assert [e[0] for e in errors(api, job)] == [4, 5, 6]
    assert attributes(api, "nd1@example.com") == {"a": [1]}
    assert attributes(api, "nd2@example.com") == {"city": "Köln", "n": 1.5,
                                                  "x": None}


@pytest.mark.parametrize("path, headers, status", [
    ("?mode=other", CSV, 422), ("?mode=", CSV, 422), ("?mod=merge", CSV, 422),
    ("", {"Content-Type": "application/json"}, 415), ("", {}, 415),
    ("", {"Content-Type": "text/csv; charset=utf-8"}, 202),
    ("?encoding=ebcdic", CSV, 422), ("?delimiter=x", CSV, 422),
    ("?columns=[]", CSV, 422), ("?columns={}", NDJSON, 422),
    ("?columns={", CSV, 422), ("?dry_run=yes", CSV, 422),
    ("?basis=" + "x" * 501, CSV, 422), ("?basis=" + "x" * 500, CSV, 202),
    ("?encoding=utf-8&delimiter=tab&dry_run=true", CSV, 202),
    ("", {**CSV, "Content-Encoding": "br"}, 415),
    ("", {**CSV, "Content-Encoding": "gzip"}, 202),
])
def test_bad_uploads(api, path, headers, status):
    one = given.mailing_list(api)
    r = api.call("POST", f"/v1/lists/{one}/imports{path}",
                 data=b"email\na@example.com\n", headers=dict(headers))
    assert r.status_code == status


def test_uploads_to_nowhere(api):
    for path in ("999999", "0", "x"):
        r = api.call("POST", f"/v1/lists/{path}/imports", data=b"email\n",
                     headers=dict(CSV))
        assert r.status_code == 404


def test_nothing_to_import(api):
    one = given.mailing_list(api)
    r = api.call("POST", f"/v1/lists/{one}/imports", data=b"",
                 headers=dict(CSV))
    assert r.status_code == 422
    wait_spool_empty(api)


def spool(api):
    return sorted(os.listdir(f"{api.home}/imports"))


def wait_spool_empty(api):
    deadline = time.time() + 20
    while spool(api):
        assert time.time() < deadline, spool(api)
        time.sleep(0.02)


def test_too_large(postgres):
    server = Server(postgres.create(),
                    {"VOLLEY_IMPORT_BYTES_MAX": "100000"}).start()
    one = given.mailing_list(server)
    path = f"/v1/lists/{one}/imports"
    fits = b"email\n" + b"\n" * (100000 - 6)
    server.post(path, data=fits, headers=dict(CSV), status=202)
    for body in (fits + b"x", iter([fits, b"x"]), b"x" * (9 << 20)):
        try:
            r = server.call("POST", path, data=body, headers=dict(CSV))
            assert r.status_code == 413
        except OSError:  # cut off while still sending
            assert isinstance(body, bytes) and len(body) > 8 << 20
    wait_spool_empty(server)
    server.stop()


def test_an_upload_that_breaks_off_leaves_nothing(api):
    one = given.mailing_list(api)
    wait_spool_empty(api)
    host, port = api.address.split(":")
    before = api.value("SELECT count(*) FROM import")
    with socket.create_connection((host, int(port))) as s:
        s.sendall((f"POST /v1/lists/{one}/imports HTTP/1.1\r\nHost: x\r\n"
                   f"Authorization: Bearer {api.keys['write']}\r\n"
                   "Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\n"
                   "email\na@example.com\n").encode())
        deadline = time.time() + 5
        while not spool(api):
            assert time.time() < deadline
            time.sleep(0.02)
        assert spool(api)[0].endswith(".part")
    wait_spool_empty(api)
    assert api.value("SELECT count(*) FROM import") == before


def test_nobody_comes_back(api):
    """P-005: 500 of 10,000 are blocked; a merge reactivates none of them."""
    one = given.mailing_list(api)
    text = "email,name\n" + "".join(
        f"back{n}@example.com,New {n}\n" for n in range(10000))
    load(api, text, one)
    reasons = ["unsubscribe", "complaint", "hard_bounce", "manual"]
    for n in range(500):
        api.sql("INSERT INTO suppression (email_key, list_id, reason)"
                " VALUES (%s, %s, %s)", f"back{n}@example.com",
                one if n % 2 else None, reasons[n % 4])
    before = api.sql("SELECT * FROM suppression ORDER BY id")
    job = load(api, text.replace("New", "Newer"), one)
    assert counts(job) == (0, 10000, 0, 0, 500)
    assert api.sql("SELECT * FROM suppression ORDER BY id") == before
    left = api.get("/v1/contacts/back1@example.com")
    assert left["lists"][0]["status"] == "unsubscribed"


def test_erased_people_stay_erased(api):
    one = given.mailing_list(api)
    load(api, "email,name\ngone@example.com,Gone\n", one)
    api.ok("DELETE", "/v1/contacts/gone@example.com", status=204)
    job = load(api, "email,name\nGone@example.com,Gone\nhere@example.com,H\n",
               one)
    assert counts(job) == (1, 0, 0, 1, 1)
    assert errors(api, job) == [(2, "this person was erased and stays so", "")]
    api.refused("GET", "/v1/contacts/gone@example.com", status=404)


def test_errors_in_pages(api):
    job = load(api, "email\n" + "bad\n" * 1234)
    lines, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/imports/{job['id']}/errors?limit=500"
                       f"{cursor and '&cursor=' + cursor}")
        lines += [e["line"] for e in page["data"]]
        cursor = page["next_cursor"]
    assert lines == list(range(2, 1236))
    for path in ("999999", "999999/errors"):
        api.refused("GET", f"/v1/imports/{path}", status=404)


def rows(first, count):
    return "".join(f"p{n}@example.com,Name {n},{n % 7}\n"
                   for n in range(first, first + count))


def test_progress_moves(api):
    text = "email,name,n\n" + rows(0, 50000)
    one = given.mailing_list(api)
    job = api.post(f"/v1/lists/{one}/imports", data=text.encode(),
                   headers=dict(CSV), status=202)
    seen = []
    while job["state"] in ("queued", "running"):
        job = api.get(f"/v1/imports/{job['id']}")
        seen.append((job["rows_read"], job["bytes_read"]))
    assert job["state"] == "done" and counts(job)[0] == 50000
    assert seen == sorted(seen) and len(set(seen)) > 3
    assert job["bytes_read"] == len(text)
    wait_spool_empty(api)


def events(response):
    """(event, document) of a stream, to its end."""
    name = None
    for line in response.iter_lines():
        field, _, value = line.decode().partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def stream(api, job):
    return api.session.get(f"{api.url}/v1/imports/{job}/progress", stream=True,
                           headers={"Authorization": f"Bearer {api.keys['read']}"},
                           timeout=60)


def test_progress_by_events(api):
    one = given.mailing_list(api)
    job = api.post(f"/v1/lists/{one}/imports", status=202, headers=dict(CSV),
                   data=("email,name,n\n" + rows(200000, 40000)).encode())["id"]
    told = list(events(stream(api, job)))
    assert {name for name, _ in told[:-1]} <= {"progress"}
    assert told[-1][0] == "end"
    assert told[-1][1] == api.get(f"/v1/imports/{job}")
    assert told[-1][1]["rows_read"] == 40000
    seen = [document["rows_read"] for _, document in told]
    assert seen == sorted(seen)
    assert [name for name, _ in events(stream(api, job))] == ["end"]
    assert api.call("GET", "/v1/imports/999999/progress").status_code == 404


def test_events_do_not_keep_the_server(postgres):
    """Listeners wait without a thread each, and end when the server does."""
    server = Server(postgres.create(), {"VOLLEY_API_THREADS": "1"}).start()
    one = given.mailing_list(server)
    job = server.sql("INSERT INTO import (list_id) VALUES (%s) RETURNING id",
                     one)[0][0]
    answers = [stream(server, job) for _ in range(8)]
    listeners = [events(answer) for answer in answers]
    assert {next(listener)[0] for listener in listeners} == {"progress"}
    assert server.get("/v1/lists")["data"]
    answers.pop().close()
    server.sql("UPDATE import SET state = 'failed' WHERE id = %s", job)
    assert [name for name, _ in listeners[0]] == ["end"]
    job = server.sql("INSERT INTO import (list_id) VALUES (%s) RETURNING id",
                     one)[0][0]
    last = events(stream(server, job))
    assert next(last)[0] == "progress"
    server.stop()
    assert not list(last)


def test_several_at_once(api):
    """Two files with the same people in other order: each once."""
    one, two = given.mailing_list(api), given.mailing_list(api)
    lines = [f"both{n}@example.com,Name\n" for n in range(20000)]
    jobs = [api.post(f"/v1/lists/{i}/imports", status=202, headers=dict(CSV),
                     data=("email,name\n" + "".join(part)).encode())["id"]
            for i, part in ((one, lines), (two, reversed(lines)))]
    done = [counts(wait_done(api, job)) for job in jobs]
    assert done[0][0] + done[1][0] == 20000
    assert [sum(c[:3]) for c in done] == [20000, 20000]
    for i in (one, two):
        assert api.get(f"/v1/lists/{i}")["contacts"] == 20000


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.parametrize("kills", [3])
def test_killed_in_the_middle(postgres, kills):
    """kill -9 while importing, again and again: it goes on where the last
    commit was, and the counts are those of one go."""
    server = Server(postgres.create()).start()
    one = given.mailing_list(server)
    text = "email,name,n\n" + "".join(
        rows(n, 9) + "bad,x,y\n" for n in range(0, 54000, 9))
    job = server.post(f"/v1/lists/{one}/imports", data=text.encode(),
                      headers=dict(CSV), status=202)["id"]
    before = 0
    for _ in range(kills):
        deadline = time.time() + 30
        while True:
            now = server.get(f"/v1/imports/{job}")
            assert now["state"] != "done", "too fast to be killed"
            if now["rows_read"] > before + 4000:
                break
            assert time.time() < deadline
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        before = server.value("SELECT rows_read FROM import WHERE id = %s", job)
        assert 0 < before < 60000
        server.start_api()
    done = wait_done(server, job)
    assert counts(done) == (54000, 0, 0, 6000, 0)
    assert done["bytes_read"] == len(text)
    assert server.value("SELECT count(*) FROM import_error") == 6000
    assert server.get(f"/v1/lists/{one}")["contacts"] == 54000
    wait_spool_empty(server)
    server.stop()


def test_stopped_in_the_middle(postgres):
    """SIGTERM ends the import after its batch; the next start goes on."""
    server = Server(postgres.create()).start()
    one = given.mailing_list(server)
    job = server.post(f"/v1/lists/{one}/imports", status=202,
                      data=("email,name,n\n" + rows(0, 60000)).encode(),
                      headers=dict(CSV))["id"]
    while server.get(f"/v1/imports/{job}")["rows_read"] == 0:
        pass
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    assert server.value("SELECT state FROM import") == "running"
    server.start_api()
    assert counts(wait_done(server, job)) == (60000, 0, 0, 0, 0)
    server.stop()


def test_import_that_goes_away_meanwhile(postgres):
    server = Server(postgres.create()).start()
    one = given.mailing_list(server)
    job = server.post(f"/v1/lists/{one}/imports", status=202,
                      data=("email,name,n\n" + rows(0, 40000)).encode(),
                      headers=dict(CSV))["id"]
    while server.get(f"/v1/imports/{job}")["rows_read"] == 0:
        pass
    server.refused("DELETE", f"/v1/lists/{one}", status=409)
    server.sql("DELETE FROM import WHERE id = %s", job)  # behind our back
    wait_spool_empty(server)
    assert "end=lost" in server.log()
    server.ok("DELETE", f"/v1/lists/{one}", status=204)
    assert server.call("GET", "/healthz", key=None).status_code == 200
    server.stop()


def test_memory_is_flat(postgres):
    """Ten times the rows, the same memory."""
    server = Server(postgres.create()).start()
    one = given.mailing_list(server)
    peaks = []
    for first, count in ((0, 5000), (100000, 60000)):
        job = server.post(f"/v1/lists/{one}/imports", status=202,
                          data=("email,name,n\n" + rows(first, count)).encode(),
                          headers=dict(CSV))["id"]
        peak = 0
        while server.get(f"/v1/imports/{job}")["state"] != "done":
            peak = max(peak, resident_kib(server.process.pid))
            time.sleep(0.05)
        peaks.append(max(peak, resident_kib(server.process.pid)))
    limit = 300 << 10 if "asan" in os.environ.get("VOLLEY_BIN", "") else 16 << 10
    assert peaks[1] - peaks[0] < limit, peaks
    server.stop()
