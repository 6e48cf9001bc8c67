"""Who did what: every change is there, no text of it, and no row can be
altered without a trace."""

import subprocess
import threading

import pytest
import requests

import given
from server import VOLLEY


def verify(api):
    """(exit status, what `volley audit verify` says)."""
    done = subprocess.run([VOLLEY, "audit", "verify"], env=api.env, text=True,
                          capture_output=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def rows_since(api, last):
    rows, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/audit?limit=7{cursor and '&cursor=' + cursor}")
        rows += page["data"]
        cursor = page["next_cursor"]
    return [r for r in rows if r["id"] > last]


def last_id(api):
    return api.value("SELECT coalesce(max(id), 0) FROM audit")


def test_changes_are_there(api):
    last = last_id(api)
    one = api.post("/v1/lists", {"name": "Kept quiet", "public": False},
                   key="write")["id"]
    api.ok("PATCH", f"/v1/lists/{one}", {"public": True, "name": "Quieter"})
    api.call("PUT", "/v1/contacts/secret.person@example.com", {
        "name": "Ann", "attributes": {"a": 1, "b": 2}, "lists": [one]})
    api.get(f"/v1/lists/{one}")
    api.call("GET", f"/v1/lists/{one}/export", key="read")
    api.ok("DELETE", "/v1/contacts/secret.person@example.com", status=204)
    api.ok("DELETE", f"/v1/lists/{one}", status=204)
    rows = rows_since(api, last)
    assert [(r["who"], r["method"], r["object"], r["status"], r["changed"])
            for r in rows] == [
        ("write", "POST", f"/v1/lists/{one}", 201,
         {"name": "text", "public": False}),
        ("admin", "PATCH", f"/v1/lists/{one}", 200,
         {"name": "text", "public": True}),
        ("admin", "PUT", "/v1/contacts/s***@example.com", 201,
         {"name": "text", "attributes": "2 fields", "lists": "1 items"}),
        ("read", "GET", f"/v1/lists/{one}/export", 200, {}),
        ("admin", "DELETE", "/v1/contacts/s***@example.com", 204, {}),
        ("admin", "DELETE", f"/v1/lists/{one}", 204, {})]
    assert rows[1]["route"] == "/v1/lists/{id}"
    said = str(api.sql("SELECT a::text FROM audit a"))
    assert "uiet" not in said and "ecret" not in said
    assert verify(api)[0] == 0


def test_what_did_not_happen_is_not_there(api):
    last = last_id(api)
    api.refused("POST", "/v1/lists", {"name": ""})
    api.refused("POST", "/v1/lists", {"name": "x"}, status=403, key="read")
    api.refused("PATCH", "/v1/lists/999999", {"name": "x"}, status=404)
    key = {"Idempotency-Key": "audit once"}
    for _ in range(3):
        api.post("/v1/lists", {"name": "Once"}, headers=dict(key))
    api.call("PUT", "/v1/contacts/shopper@example.com", {})
    api.post("/v1/conversions", {"source": "shop", "order_id": "audit",
                                 "email": "shopper@example.com",
                                 "amount": 100, "currency": "EUR"})
    assert [r["object"].split("/")[2] for r in rows_since(api, last)] == [
        "lists", "contacts"]


def test_secrets_stay_out(api):
    api.post("/v1/accounts", {"name": "R", "host": "smtp.example.com",
                              "username": "u", "password": "hunter2hunter2"})
    assert "hunter2" not in str(api.sql("SELECT a::text FROM audit a"))


def test_a_test_is_there_before_its_result(api):
    """What is asked of a worker is written down with the asking."""
    account = given.account(api)
    last = last_id(api)
    thread = threading.Thread(target=api.call, args=(
        "POST", f"/v1/accounts/{account}/test"))
    thread.start()
    while not api.value("SELECT count(*) FROM task WHERE account_id = %s",
                        account):
        pass
    assert last_id(api) > last
    api.sql("UPDATE task SET state = 'done', finished_at = now()"
            " WHERE account_id = %s", account)
    thread.join()
    rows = rows_since(api, last)
    assert [r["object"] for r in rows] == [f"/v1/accounts/{account}/test"]


def test_filters_and_scope(api):
    api.post("/v1/lists", {"name": f"F {last_id(api)}"}, key="write")
    row = rows_since(api, 0)[-1]
    mine = api.get(f"/v1/audit?api_key_id={row['api_key_id']}&limit=500")
    assert row in mine["data"] and {r["who"] for r in mine["data"]} == {"write"}
    since = api.get("/v1/audit", params={"since": row["at"]})["data"]
    assert since == [row]
    api.refused("GET", "/v1/audit", status=403, key="write")
    assert api.refused("GET", "/v1/audit?since=yesterday") == ["since"]


def test_many_at_once(api):
    """The chains hold when requests are answered side by side."""
    last = last_id(api)

    def make(n):
        for k in range(5):
            r = requests.post(f"{api.url}/v1/lists", timeout=60, headers={
                "Authorization": f"Bearer {api.keys['write']}"},
                json={"name": f"many {n} {k}"})
            assert r.status_code == 201
    threads = [threading.Thread(target=make, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(rows_since(api, last)) == 40
    status, said = verify(api)
    assert status == 0 and "as it was written" in said


@pytest.mark.parametrize("tampering, fault", [
    ("UPDATE audit SET who = 'nobody' WHERE id = %s", "altered"),
    ("UPDATE audit SET at = at + interval '1 second' WHERE id = %s", "altered"),
    ("UPDATE audit SET changed = '{}' WHERE id = %s", "altered"),
    ("UPDATE audit a SET object = '/', hash = audit_hash(r) FROM (SELECT"
     " (jsonb_populate_record(b, '{\"object\": \"/\"}')).* FROM audit b"
     " WHERE id = %s) r WHERE a.id = r.id", "the row before it was altered"),
    ("DELETE FROM audit WHERE id = %s", "missing"),
    ("DELETE FROM audit a USING audit b WHERE b.id = %s AND"
     " a.chain = b.chain AND a.place >= b.place", "does not end"),
])
def test_tampering_shows(api, tampering, fault):
    while True:  # a row with another behind it in its chain
        api.post("/v1/lists", {"name": f"tamper {last_id(api)}"})
        found = api.sql("SELECT id, chain FROM audit a WHERE EXISTS (SELECT"
                        " FROM audit b WHERE b.chain = a.chain"
                        " AND b.place = a.place + 1) ORDER BY id LIMIT 1")
        if found:
            break
    (victim, chain), = found
    assert verify(api)[0] == 0
    api.sql("CREATE TABLE kept AS SELECT * FROM audit")
    api.sql(tampering, victim)
    status, said = verify(api)
    assert status == 1 and fault in said
    assert {line.split(",")[0] for line in said.splitlines()
            if ", place" in line} == {f"chain {chain}"}
    api.sql("DELETE FROM audit")
    api.sql("INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM kept")
    api.sql("DROP TABLE kept")
    assert verify(api)[0] == 0


def test_called_wrongly(api):
    for arguments in ([], ["x"], ["verify", "x"]):
        done = subprocess.run([VOLLEY, "audit", *arguments], env=api.env,
                              capture_output=True, check=False, text=True)
        assert done.returncode == 2 and "usage" in done.stderr
