"""Who is not mailed any more because of what came back: strikes that decay
(R-071), the circuit breaker (R-083), what people want, and its undoing."""

import pytest

import given

DAY = 86400


class Person:
    """A contact, and what happened to mail to it so many days ago."""

    def __init__(self, api):
        self.api = api
        self.email = f"strike{next(given.COUNT)}@example.com"
        self.id = given.contact(api, self.email)

    def delivery(self, days=40):
        c = given.frozen(self.api, [self.id])
        self.api.sql("UPDATE campaign SET started_at = now() - %s * interval"
                     " '1 day' WHERE id = %s", days, c)
        return c

    def event(self, c, kind, days, **more):
        given.event(self.api, c, 1, kind, contact_id=self.id, **more)
        self.api.sql("UPDATE event SET at = now() - %s * interval '1 day'"
                     " WHERE delivery_id = %s AND kind = %s", days,
                     given.delivery_id(c, 1), kind)

    def outcome(self, c, state, days):
        given.outcome(self.api, c, 1, state)
        self.api.sql("UPDATE outcome SET at = now() - %s * interval '1 day'"
                     " WHERE delivery_id = %s", days, given.delivery_id(c, 1))

    def bounce(self, days, tried=None, category="full", scope="recipient",
               status="5.2.2", type="soft", code="552"):
        c = self.delivery()
        self.outcome(c, "accepted", days + 0.01 if tried is None else tried)
        self.event(c, "bounce", days, type=type, category=category,
                   status=status,
                   data=f'{{"scope": "{scope}", "code": {code}}}')

    def bare(self, days):
        self.bounce(days, category="unknown", status=None, code="550")

    def accepted(self, days, back=None):
        c = self.delivery()
        self.outcome(c, "accepted", days)
        if back is not None:
            self.event(c, "bounce", back, type="block", category="content")

    def happened(self, days, kind, source="link", data="{}"):
        self.event(self.delivery(), kind, days, source=source, data=data)

    def strikes(self):
        found = self.api.value("SELECT soft_strikes(%s)", self.id)
        return len(found) if found else 0


@pytest.mark.parametrize("label, history, strikes", [
    ("nothing", [], 0),
    ("two", [("bounce", 2), ("bounce", 0)], 0),
    ("three, a day apart", [("bounce", 3), ("bounce", 1.5), ("bounce", 0)], 3),
    ("three on one day", [("bounce", .4), ("bounce", .2), ("bounce", 0)], 0),
    ("many on two days", [("bounce", d) for d in (1.2, 1.1, 1, .2, 0)], 0),
    ("four, of which three", [("bounce", d) for d in (3, 2.9, 1.5, 0)], 4),
    ("the first is long ago", [("bounce", d) for d in (31, 2, 0)], 0),
    ("and yet three", [("bounce", d) for d in (31, 29, 2, 0)], 3),
    ("technical and unknown count",
     [("bounce", 3, None, "technical"), ("bounce", 2, None, "unknown"),
      ("bounce", 0)], 3),
    ("throttled does not",
     [("bounce", 3), ("bounce", 2, None, "throttled"), ("bounce", 0)], 0),
    ("another's fault",
     [("bounce", 3), ("bounce", 2, None, "full", "account"),
      ("bounce", 0)], 0),
    ("a block",
     [("bounce", 3), ("bounce", 2, None, "content", "recipient", "5.7.1",
                      "block"), ("bounce", 0)], 0),
    ("two bare refusals within a week", [("bare", 6), ("bare", 0)], 0),
    ("two bare refusals a week apart", [("bare", 7.1), ("bare", 0)], 2),
    ("one with a status, one without", [("bare", 8), ("bounce", 0)], 0),
    ("an answer between",
     [("bounce", 9), ("bounce", 6), ("happened", 5, "reply", "mail"),
      ("bounce", 2), ("bounce", 0)], 0),
    ("three since the answer",
     [("bounce", 9), ("happened", 5, "reply", "mail"), ("bounce", 4),
      ("bounce", 2), ("bounce", 0)], 3),
    ("an open", [("bounce", 9), ("bounce", 6), ("happened", 5, "open"),
                 ("bounce", 0)], 0),
    ("an open by a program",
     [("bounce", 9), ("bounce", 6), ("happened", 5, "open", "prefetch"),
      ("bounce", 0)], 3),
    ("a click", [("bounce", 9), ("bounce", 6), ("happened", 5, "click"),
                 ("bounce", 0)], 0),
    ("delivered between", [("bounce", 9), ("bounce", 6), ("accepted", 5),
                           ("bounce", 0)], 0),
    ("accepted, but it came back",
     [("bounce", 9), ("bounce", 6), ("accepted", 5, 4), ("bounce", 0)], 3),
    ("accepted, and may still come back",
     [("bounce", 9), ("bounce", 6), ("bounce", 0, 5.5), ("accepted", 5)], 3),
    ("taken back by a person",
     [("bounce", 9), ("bounce", 6),
      ("happened", 5, "suppression_removed", "api",
       '{"reason": "soft_bounces"}'), ("bounce", 0)], 0),
])
def test_strikes(api, label, history, strikes):
    person = Person(api)
    for what, *args in history:
        getattr(person, what)(*args)
    assert person.strikes() == strikes, label
