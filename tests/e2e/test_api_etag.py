"""ETag and If-Match: an edit that would undo somebody else's is refused."""

import threading

import pytest

import given


def mailbox(api):
    return api.post("/v1/mailboxes", {
        "name": "M", "host": "imap.example.com", "username": "u",
        "password": "p"})["id"]


def snippet(api):
    return api.post("/v1/snippets", {
        "name": f"s{next(given.COUNT)}", "html": "a"})["name"]


WHOLE = {"name": "T", "subject": "S", "text": "t"}
# what, how one is made, how it is edited
EDITS = [
    ("lists", given.mailing_list, "PATCH", {"public": True}),
    ("templates", given.template, "PATCH", {"subject": "Other"}),
    ("templates", given.template, "PUT", WHOLE),
    ("snippets", snippet, "PUT", {"html": "b"}),
    ("accounts", given.account, "PATCH", {"name": "Other"}),
    ("mailboxes", mailbox, "PATCH", {"name": "Other"}),
    ("campaigns", lambda api: given.campaign(api)["id"], "PATCH",
     {"name": "Other"}),
]


def tag_of(answer):
    assert answer.status_code in (200, 201), answer.text
    tag = answer.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 2
    return tag


@pytest.mark.parametrize("what, make, method, change", EDITS)
def test_edits(api, what, make, method, change):
    one = f"/v1/{what}/{make(api)}"
    first = tag_of(api.call("GET", one))
    assert tag_of(api.call("GET", one, key="read")) == first
    second = tag_of(api.call(method, one, change, headers={"If-Match": first}))
    assert second != first
    before = api.call("GET", one)
    assert tag_of(before) == second
    for stale in (first, f"W/{second}", "", "x", f"{first}, W/{second}"):
        answer = api.call(method, one, change, headers={"If-Match": stale})
        assert answer.status_code == 412, stale
        assert "ETag" not in answer.headers and answer.json()["detail"]
        api.refused("DELETE", one, status=412, headers={"If-Match": stale})
    assert api.get(one) == before.json()
    third = tag_of(api.call(method, one, change, headers={
        "If-Match": f"{first} , {second}"}))
    fourth = tag_of(api.call(method, one, change, headers={"If-Match": "*"}))
    fifth = tag_of(api.call(method, one, change))
    assert len({first, second, third, fourth, fifth}) == 5
    api.ok("DELETE", one, status=204, headers={"If-Match": fifth})
    api.refused("DELETE", one, status=412, headers={"If-Match": "*"})
    api.refused("DELETE", one, status=404)


def test_what_only_grows_is_no_edit(api):
    one = given.mailing_list(api)
    tag = tag_of(api.call("GET", f"/v1/lists/{one}"))
    given.contact(api, "grown@example.com", one)
    again = api.call("GET", f"/v1/lists/{one}")
    assert again.json()["contacts"] == 1 and tag_of(again) == tag


def test_nothing_is_made_for_an_if_match(api):
    api.refused("PUT", "/v1/snippets/never", {"html": "x"}, status=412,
                headers={"If-Match": "*"})
    api.refused("GET", "/v1/snippets/never", status=404)
    assert "ETag" not in api.call("GET", "/v1/lists").headers


def test_a_refused_edit_keeps_no_idempotency_key(api):
    one = f"/v1/lists/{given.mailing_list(api)}"
    key = {"Idempotency-Key": "edit"}
    api.refused("PATCH", one, {"public": True}, status=412,
                headers=key | {"If-Match": '"0"'})
    tag = tag_of(api.call("GET", one))
    api.ok("PATCH", one, {"public": True}, headers=key | {"If-Match": tag})
    # sent again it is not judged again
    api.ok("PATCH", one, {"public": True}, headers=key | {"If-Match": tag})


@pytest.mark.parametrize("what, make, method, change", EDITS[2:5])
def test_of_many_at_once_one_wins(api, what, make, method, change):
    path = f"{api.url}/v1/{what}/{make(api)}"
    bearer = {"Authorization": f"Bearer {api.keys['admin']}"}
    tag = api.session.get(path, headers=bearer, timeout=30).headers["ETag"]
    statuses = []

    def edit():
        with api.session.request(method, path, json=change, timeout=30,
                                 headers=bearer | {"If-Match": tag}) as r:
            statuses.append(r.status_code)
    threads = [threading.Thread(target=edit) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(statuses) == [200] + [412] * 7
