"""Whom of the lists a campaign goes to: segments, resends, caps."""

import pytest

import given

PEOPLE = 24


@pytest.fixture
def scene(sending):
    sending.contacts(PEOPLE)
    sending.relay = sending.account(sending.sink().port)
    return sending


def segment(scene, name, f):
    return scene.api().post("/v1/segments", {"name": name, "filter": f})["id"]


def send(scene, **more):
    """Sends a campaign; its id and the numbers of those who got it."""
    api = scene.api()
    c = api.post("/v1/campaigns", {
        "name": "C", "from": given.FROM, "template_id": 1, "list_ids": [1],
        "account_ids": [scene.relay]} | more)["id"]
    api.post(f"/v1/campaigns/{c}/start", status=202)
    scene.run_due()
    return c, {n for n, in scene.sql(
        "SELECT contact_id FROM delivery d JOIN outcome o ON o.delivery_id ="
        " d.id WHERE campaign_id = %s AND state = 'accepted'", c)}


def test_lists_are_narrowed_by_segments(scene):
    scene.sql("UPDATE contact SET attributes = jsonb_build_object('n', id)")
    low = segment(scene, "low", {"attribute": "n", "op": "<=", "value": 10})
    even = segment(scene, "even", {"attribute": "n", "op": "in",
                                   "value": list(range(2, 25, 2))})
    nobody = segment(scene, "nobody", {"tag": "nobody"})
    scene.sql("DELETE FROM membership WHERE contact_id = 3")
    assert send(scene, segment_ids=[low, nobody], exclude_segment_ids=[even]
                )[1] == {1, 5, 7, 9}
    assert send(scene, segment_ids=[nobody])[1] == set()
    c, got = send(scene, exclude_segment_ids=[low])
    assert got == set(range(11, 25))
    shown = scene.api().get(f"/v1/campaigns/{c}")
    assert (shown["segment_ids"], shown["exclude_segment_ids"]) == ([], [low])
    scene.api().refused("DELETE", f"/v1/segments/{low}", status=409)


def hit(scene, campaign, contact, kind, verdict="human"):
    scene.sql("INSERT INTO event (kind, key, campaign_id, contact_id, verdict)"
              " VALUES (%s, %s, %s, %s, %s)", kind,
              f"{campaign} {contact} {kind}", campaign, contact, verdict)


def test_resends_follow_what_people_did(scene):
    scene.sql("DELETE FROM membership WHERE contact_id > 20")
    first, got = send(scene)
    assert got == set(range(1, 21))
    scene.sql("INSERT INTO membership (list_id, contact_id)"
              " SELECT 1, generate_series(21, 24)")
    for n in (1, 2, 3):
        hit(scene, first, n, "open", "machine" if n == 3 else "human")
    hit(scene, first, 4, "click")
    hit(scene, first, 5, "reply", None)
    people = set(range(1, 21))
    for to, expected in (("not_opened", people - {1, 2, 4}),
                         ("not_clicked", people - {4}),
                         ("not_replied", people - {5}),
                         ("not_sent", {21, 22, 23, 24})):
        assert send(scene, resend={"campaign_id": first, "to": to})[1] == (
            expected), to


def test_nobody_gets_more_than_the_cap(scene):
    scene.sql("DELETE FROM membership WHERE contact_id > 20")
    first, _ = send(scene)
    scene.sql("UPDATE outcome SET state = 'failed' WHERE delivery_id = %s",
              given.delivery_id(first, 7))
    scene.sql("INSERT INTO membership (list_id, contact_id)"
              " SELECT 1, generate_series(21, 24)")
    capped = {"frequency_cap": {"messages": 1, "days": 3}}
    c, got = send(scene, **capped)
    assert got == {7, 21, 22, 23, 24}
    report = scene.api().get(f"/v1/campaigns/{c}/report")
    assert (report["audience"], report["left_out"]) == (5, {"frequency": 19})
    assert send(scene, **capped)[1] == set()
    scene.sql("UPDATE campaign SET started_at = started_at - interval '4 days'")
    assert len(send(scene, **capped)[1]) == PEOPLE


def test_the_installation_has_a_cap_unless_a_campaign_has(scene):
    scene.env.update(VOLLEY_FREQUENCY_MESSAGES="1")
    assert len(send(scene)[1]) == PEOPLE
    assert send(scene)[1] == set()
    c, got = send(scene, frequency_cap={"messages": 0})
    assert len(got) == PEOPLE
    assert scene.api().get(f"/v1/campaigns/{c}")["frequency_cap"] == {
        "messages": 0, "days": 7}
