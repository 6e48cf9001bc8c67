"""The log of consents: every way in writes it, nobody changes it (P-003)."""

import datetime

import psycopg2
import pytest
import requests

import given
from whole import wait_for

CSV = "email,name\nimp{n}@example.com,Imp\n"


def log_of(api, email):
    """What was logged, the oldest first, in short."""
    rows = api.get(f"/v1/contacts/{email}/consents")["data"]
    return [(r["action"], r["method"], r["source"], r["list_id"]) for r in rows]


def load(api, list_id, text, **query):
    r = api.call("POST", f"/v1/lists/{list_id}/imports", params=query,
                 data=text, headers={"Content-Type": "text/csv"})
    assert r.status_code == 202, r.text
    path = f"/v1/imports/{r.json()['id']}"
    wait_for(lambda: api.get(path)["state"] in ("done", "failed"))
    return api.get(path)


def test_by_the_api(api):
    one, two = given.mailing_list(api), given.mailing_list(api, opt_in="double")
    given.contact(api, "api@example.com", one, two)
    given.contact(api, "api@example.com", one)  # says nothing new
    assert log_of(api, "API@example.com") == [
        ("given", "admin", "api", one), ("asked", "admin", "api", two)]
    api.post("/v1/suppressions", {"email": "api@example.com"})
    i = api.get("/v1/suppressions?email=api@example.com")["data"][0]["id"]
    api.ok("DELETE", f"/v1/suppressions/{i}", status=204)
    assert log_of(api, "api@example.com")[2:] == [
        ("blocked", "", "api", None), ("restored", "", "api", None)]
    rows = api.get("/v1/contacts/api@example.com/consents")["data"]
    assert all(r["api_key_id"] and r["network"] is None for r in rows)


def test_a_declared_basis_with_an_end(api):
    here = given.mailing_list(api)
    given.contact(api, "casl@example.com", here)
    ends = "2026-01-01T00:00:00Z"
    doc = api.ok("PUT", "/v1/contacts/casl@example.com", {
        "lists": [here], "consent": {"basis": "bought", "expires_at": ends}})
    assert doc["lists"][0]["consent_expires_at"].startswith("2026-01-01")
    row = api.get("/v1/contacts/casl@example.com/consents")["data"][-1]
    assert (row["basis"], row["expires_at"][:10]) == ("bought", "2026-01-01")
    for wrong in ({"expires_at": ends}, {"basis": ""}, {"basis": "a\nb"},
                  {"basis": "x", "expires_at": "soon"}, {"basis": "x" * 501}):
        assert api.refused("PUT", "/v1/contacts/casl@example.com",
                           {"lists": [here], "consent": wrong})
    assert api.refused("PUT", "/v1/contacts/casl@example.com",
                       {"consent": {"basis": "x"}}) == ["consent"]


def test_by_an_import(api):
    here = given.mailing_list(api)
    job = load(api, here, CSV.format(n=1), basis="fair 2026",
               consent_expires_at="2027-03-01T00:00:00Z")
    assert job["consent_expires_at"].startswith("2027-03-01")
    row, = api.get("/v1/contacts/imp1@example.com/consents")["data"]
    assert (row["action"], row["method"], row["basis"], row["import_id"],
            row["expires_at"][:10]) == ("given", "import", "fair 2026",
                                        job["id"], "2027-03-01")
    assert row["api_key_id"]
    load(api, here, CSV.format(n=2), dry_run="true", basis="none")
    assert api.value("SELECT count(*) FROM consent WHERE list_id = %s",
                     here) == 1
    r = api.call("POST", f"/v1/lists/{here}/imports",
                 params={"consent_expires_at": "soon"}, data="email\n",
                 headers={"Content-Type": "text/csv"})
    assert r.status_code == 422


def test_by_links_and_mail(api):
    here = given.mailing_list(api, public=True)
    people = [given.contact(api, f"link{n}@example.com", here)
              for n in range(3)]
    c = given.frozen(api, people, list_ids=[here])
    urls = [f"{api.url}/u/{given.token(api, given.delivery_id(c, n))}"
            for n in (1, 2, 3)]
    requests.post(urls[0], data={"List-Unsubscribe": "One-Click"}, timeout=10)
    requests.post(urls[1], data={"scope": "all"}, timeout=10)
    api.sql("INSERT INTO suppression (email_key, reason, delivery_id, evidence)"
            " VALUES ('link2@example.com', 'hard_bounce', %s,"
            " '{\"source\": \"smtp\"}')", given.delivery_id(c, 3))
    logs = [log_of(api, f"link{n}@example.com")[1:] for n in range(3)]
    assert logs == [[("withdrawn", "one_click", "link", here)],
                    [("withdrawn", "", "link", None)],
                    [("blocked", "", "smtp", None)]]
    row = api.get("/v1/contacts/link0@example.com/consents")["data"][-1]
    assert row["delivery_id"] == given.delivery_id(c, 1)


@pytest.mark.parametrize("statement", [
    "DELETE FROM consent", "TRUNCATE consent", "UPDATE consent SET at = now()",
    "UPDATE consent SET email_key = 'x@example.com'",
    "UPDATE consent SET email_key = NULL, source = 'x'",
    "UPDATE consent SET network = '192.0.2.0/24'"])
def test_only_appended_to(api, statement):
    given.contact(api, "fixed@example.com", given.mailing_list(api))
    with pytest.raises(psycopg2.errors.RestrictViolation):
        api.sql(statement)


def test_erasing_makes_it_nobodys(api):
    here = given.mailing_list(api)
    given.contact(api, "gone@example.com", here)
    before = api.value("SELECT count(*) FROM consent")
    api.ok("DELETE", "/v1/contacts/gone@example.com", status=204)
    assert api.call("GET", "/v1/contacts/gone@example.com/consents"
                    ).status_code == 404
    assert api.value("SELECT count(*) FROM consent") == before
    assert api.value("SELECT count(*) FROM consent"
                     " WHERE email_key LIKE 'gone@%'") == 0


def test_lists_go_without_a_word(api):
    here = given.mailing_list(api)
    given.contact(api, "stays@example.com", here)
    api.post("/v1/suppressions", {"email": "stays@example.com",
                                  "list_id": here})
    before = api.value("SELECT count(*) FROM consent")
    api.ok("DELETE", f"/v1/lists/{here}", status=204)
    assert api.value("SELECT count(*) FROM consent") == before


def test_in_pages_and_only_of_people_who_are_known(api):
    lists = [given.mailing_list(api) for _ in range(5)]
    given.contact(api, "pages@example.com", *lists)
    first = api.get("/v1/contacts/pages@example.com/consents?limit=3")
    rest = api.get("/v1/contacts/pages@example.com/consents?limit=3&cursor="
                   + first["next_cursor"])
    assert [r["list_id"] for r in first["data"] + rest["data"]] == lists
    assert rest["next_cursor"] is None
    for nobody in ("nobody@example.com", "none"):
        assert api.call("GET", f"/v1/contacts/{nobody}/consents"
                        ).status_code == 404


def test_implied_consent_that_ran_out_sends_nothing(sending):
    """Of 731 days ago, for two years: sends 0."""
    sink = sending.sink()
    sending.contacts(4)
    told = datetime.datetime.now(datetime.timezone.utc) \
        - datetime.timedelta(days=731)
    sending.sql("UPDATE membership SET consent_expires_at = %s"
                " WHERE contact_id <= 2", told + datetime.timedelta(days=730))
    sending.sql("UPDATE membership SET consent_expires_at = now() +"
                " interval '1 day' WHERE contact_id = 3")
    sending.campaign(sending.account(sink.port))
    sending.run_due()
    assert sorted(sink.copies()) == ["user3@d3.example.com",
                                     "user4@d4.example.com"]
