"""The page of all lists: taking back that one was left, and the objection to
being followed (T-010, P-009)."""

import itertools

import requests

import given

PEOPLE = itertools.count(1)


class Person:
    def __init__(self, api, *lists, **more):
        self.api = api
        self.lists = lists or (given.mailing_list(api, public=True),
                               given.mailing_list(api, public=True))
        self.email = f"pref{next(PEOPLE)}@example.com"
        self.contact = given.contact(api, self.email, *self.lists)
        c = given.frozen(api, [self.contact], list_ids=list(self.lists), **more)
        self.delivery = given.delivery_id(c, 1)
        self.token = given.token(api, self.delivery)

    def page(self):
        return requests.get(f"{self.api.url}/p/{self.token}", timeout=10).text

    def press(self, **fields):
        r = requests.post(f"{self.api.url}/p/{self.token}", data=fields,
                          timeout=10)
        assert r.status_code == 200, r.text
        return r.text

    def off(self):
        return [row[0] for row in self.api.sql(
            "SELECT list_id FROM suppression WHERE email_key = %s"
            " ORDER BY list_id NULLS FIRST", self.email)]

    def said(self):
        rows = self.api.get(f"/v1/contacts/{self.email}/consents")["data"]
        return [(r["action"], r["source"], r["list_id"]) for r in rows]


def test_leave_one_and_come_back(api):
    p = Person(api)
    one = p.lists[0]
    assert f'name="join" value="{one}"' in p.press(list=one)
    assert p.off() == [one]
    assert f'name="list" value="{one}"' in p.press(join=one)
    p.press(join=one)
    assert p.off() == []
    assert p.said()[2:] == [("withdrawn", "link", one),
                            ("restored", "link", one)]
    p.press(list=one)
    assert p.off() == [one]


def test_leave_all_and_come_back_to_one(api):
    p = Person(api)
    elsewhere = given.mailing_list(api)
    given.contact(api, p.email, elsewhere)
    page = p.press(scope="all")
    assert 'value="all"' not in page and page.count('name="join"') == 2
    p.press(join=p.lists[1])
    assert p.off() == [p.lists[0], elsewhere]
    page = p.page()
    assert f'name="join" value="{p.lists[0]}"' in page
    assert f'name="list" value="{p.lists[1]}"' in page


def test_lists_without_a_name(api):
    p = Person(api, given.mailing_list(api), given.mailing_list(api))
    p.press(list=0)
    assert p.off() == list(p.lists)
    p.press(join=0)
    assert p.off() == []


def test_nobody_comes_back_to_what_is_not_theirs(api):
    """Foreign and private lists, and what the person did not say."""
    p = Person(api)
    foreign = given.mailing_list(api, public=True)
    private = given.mailing_list(api)
    given.contact(api, p.email, private)
    for target in (foreign, private):
        api.post("/v1/suppressions", {"email": p.email, "list_id": target,
                                      "reason": "unsubscribe"})
    api.post("/v1/suppressions", {"email": p.email, "reason": "complaint"})
    before = p.off()
    for target in (foreign, private, p.lists[0], 0, 2 ** 62):
        p.press(join=target)
    assert p.off() == before
    for wrong in ({"join": "x"}, {"join": -1}, {"tracking": "maybe"}, {}):
        r = requests.post(f"{api.url}/p/{p.token}", data=wrong, timeout=10)
        assert r.status_code == 400
    assert p.off() == before


def test_an_implied_consent_becomes_an_express_one(api):
    p = Person(api)
    one = p.lists[0]
    api.ok("PUT", f"/v1/contacts/{p.email}", {"lists": [one], "consent": {
        "basis": "bought", "expires_at": "2027-01-01T00:00:00Z"}})
    p.press(list=one)
    p.press(join=one)
    assert [m["consent_expires_at"] for m in api.get(
        f"/v1/contacts/{p.email}")["lists"]] == [None, None]
    assert p.said()[-1] == ("given", "link", one)


def test_being_followed_is_refused_and_allowed(api):
    p = Person(api)
    api.ok("PUT", f"/v1/contacts/{p.email}", {"tracking": "deliverability"})
    assert 'value="off"' in p.page()
    page = p.press(tracking="off")
    assert 'value="on"' in page and p.off() == []
    assert api.get(f"/v1/contacts/{p.email}")["tracking"] == "none"
    p.press(tracking="off")
    before = api.value("SELECT count(*) FROM hit")
    requests.get(f"{api.url}/o/{p.token}.gif", timeout=10)
    p.press(tracking="on")
    p.press(tracking="on")
    assert api.get(f"/v1/contacts/{p.email}")["tracking"] == "deliverability"
    assert [row[:2] for row in p.said()[2:]] == [
        ("tracking_allowed", ""), ("tracking_refused", "link"),
        ("tracking_allowed", "link")]
    assert api.value("SELECT count(*) FROM hit") == before


def test_what_somebody_else_has_refused_stays(api):
    p = Person(api)
    api.ok("PUT", f"/v1/contacts/{p.email}", {"tracking": "none"})
    assert 'name="tracking"' not in p.page()
    p.press(tracking="on")
    assert api.get(f"/v1/contacts/{p.email}")["tracking"] == "none"


def test_looking_changes_nothing(api):
    p = Person(api)
    p.press(list=p.lists[0])
    before = p.off(), p.said()
    session = requests.Session()
    for n in range(250):
        for method in ("GET", "HEAD"):
            session.request(method, f"{api.url}/p/{p.token}", timeout=10,
                            params={"join": p.lists[0], "n": n} if n % 2
                            else None)
    assert (p.off(), p.said()) == before
