"""Random filters for segments: sound ones, by a grammar of their own, and
such ones with something wrong put into them."""

import random

NASTY = ("'; DROP TABLE contact; --", "%s%n$1", "\\", "{0,all}", "$1", "",
         "a'b\"c", "\u202e\U0001f389", "x" * 1001, "NaN", "Infinity", "%L",
         "1e400", "}", "${value}", "0,all,0", "-- ", "/*", "\x01")
TIMES = ("2026-11-01T09:00:00Z", "2025-02-28T23:59:60Z",
         "2026-01-01T00:00:00.123456+05:30", "0001-01-01T00:00:00-14:59",
         "9999-12-31T23:59:59Z", "1970-01-01T00:00:00+14:00")
ORDER = ("<", "<=", ">", ">=")
EVENTS = ("sent", "opened", "clicked", "replied", "bounced", "complained",
          "unsubscribed", "bought")
CITIES = ("Bonn", "Köln", "bonn", "", "'", "B")


class Filters:
    def __init__(self, seed, lists=(), campaigns=(), segments=()):
        self.r = random.Random(seed)
        self.lists, self.campaigns = list(lists), list(campaigns)
        self.segments = list(segments)

    def window(self):
        out = {}
        if self.r.random() < 0.4:
            out["within_days"] = self.r.choice((1, 7, 30, 36600))
        if self.r.random() < 0.2:
            out["from"] = self.r.choice(TIMES)
        if self.r.random() < 0.2:
            out["to"] = self.r.choice(TIMES)
        return out

    def moment(self):
        return self.r.choice((*TIMES, {"days": self.r.randint(-36600, 36600)}))

    def text_test(self, values):
        op = self.r.choice(("=", "!=", "contains", "starts_with", "in", *ORDER))
        value = [self.r.choice(values) for _ in range(self.r.randint(1, 20))]
        return {"op": op, "value": value if op == "in" else value[0]}

    def field(self):
        name = self.r.choice(("email", "domain", "name", "created_at",
                              "updated_at", "status"))
        if name.endswith("_at"):
            return {"field": name, "op": self.r.choice(ORDER),
                    "value": self.moment()}
        if name == "status":
            return {"field": name, "op": self.r.choice(("=", "!=")),
                    "value": self.r.choice(("active", "suppressed", "bounced",
                                            "unsubscribed", "complained"))}
        return {"field": name, **self.text_test(
            ("p1@example.com", "P2@Example.com", "example", "Ann", *NASTY[:5]))}

    def attribute(self):
        name = {"attribute": self.r.choice(
            ("city", "age", "vip", "joined", "tags", "nothing", *NASTY[:5]))}
        kind = self.r.randint(0, 5)
        if kind == 0:
            return name | {"op": "exists"}
        if kind == 1:
            return name | {"op": self.r.choice(("=", "!=", *ORDER)),
                           "value": self.r.choice((0, -1, 3.5, 1e308, 2**62))}
        if kind == 2:
            return name | {"op": "in", "value": [1, 2.5, 40]}
        if kind == 3:
            return name | {"op": self.r.choice(("=", "!=")),
                           "value": self.r.random() < 0.5}
        if kind == 4:
            return name | {"op": self.r.choice(("=", "!=", *ORDER)),
                           "type": "date", "value": self.r.choice(
                               ("2026-01-05", "0001-01-01", "9999-12-31",
                                {"days": self.r.randint(-36600, 36600)}))}
        return name | self.text_test(CITIES[:3] + ("'", "B"))

    def event(self):
        out = {"event": self.r.choice(EVENTS), **self.window()}
        if self.r.random() < 0.3:
            out["at_least"] = self.r.choice((1, 2, 10000))
        if out["event"] == "bought":
            if self.r.random() < 0.5:
                out["currency"] = "EUR"
                out["amount"] = self.r.choice((1, 500, 10**15))
        elif self.campaigns and self.r.random() < 0.3:
            out["campaign"] = self.r.choice(self.campaigns)
        if out["event"] == "clicked" and self.r.random() < 0.3:
            out["link"] = self.r.choice(("https://example.com/1", NASTY[0]))
        if out["event"] == "bounced" and self.r.random() < 0.3:
            out["type"] = self.r.choice(("hard", "soft", "block"))
        return out

    def rfm(self):
        return {"rfm": self.r.choice(("recency", "frequency", "monetary")),
                "op": self.r.choice(("=", *ORDER)),
                "value": self.r.randint(1, 5), "currency": "EUR",
                **self.window()}

    def leaf(self):
        pick = self.r.randint(0, 12)
        if pick < 3:
            return self.field()
        if pick < 6:
            return self.attribute()
        if pick < 8:
            return self.event()
        if pick == 8:
            return self.rfm()
        if pick == 9:
            return {"tag": self.r.choice(("vip", *NASTY[:5]))}
        if pick == 10 and self.lists:
            return {"list": self.r.choice(self.lists), **self.window()} | (
                {"state": self.r.choice(("subscribed", "unconfirmed", "any",
                                         "unsubscribed"))}
                if self.r.random() < 0.7 else {})
        if pick == 11 and self.segments:
            return {"segment": self.r.choice(self.segments)}
        return {"cohort": {"salt": self.r.choice(("a", *NASTY[:5])),
                           "from": 0, "to": self.r.choice((0.01, 50, 100))}}

    def sound(self, depth=0):
        pick = self.r.random()
        if depth >= 4 or pick < 0.4:
            return self.leaf()
        if pick < 0.55:
            return {"not": self.sound(depth + 1)}
        return {self.r.choice(("all", "any")): [
            self.sound(depth + 1) for _ in range(self.r.randint(1, 3))]}

    def wrong(self):
        """A filter in which something was replaced by anything."""
        f = self.sound()
        at = f
        while True:
            key = self.r.choice(list(at))
            inner = at[key]
            if isinstance(inner, list) and inner and isinstance(inner[0], dict):
                inner = self.r.choice(inner)
            if not isinstance(inner, dict) or self.r.random() < 0.3:
                break
            at = inner
        junk = (None, 5, -1, 2**63 - 1, 1.5, True, [], {}, [[]], [None],
                {"days": 10**9}, {"all": []}, *NASTY)
        if self.r.random() < 0.3:
            at[self.r.choice(("op", "x", *NASTY))] = self.r.choice(junk)
        else:
            at[key] = self.r.choice(junk)
        return f
