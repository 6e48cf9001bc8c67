"""What senders, pollers and people do to a database, at random and from
several connections at once, with transactions that stay open for a while."""

import random
import threading
import time

import psycopg2

import given

DOMAINS = ("example.com", "example.test", "one.example.com", "two.example.com")
VERDICTS = ("human", "human", "proxy", "machine")
REASONS = ("unsubscribe", "complaint", "hard_bounce", "soft_bounces", "manual")


class Audience:
    """Contacts on two lists, and campaigns to them."""

    def __init__(self, api, people=60, campaigns=3):
        self.lists = [given.mailing_list(api) for _ in range(2)]
        self.contacts = [row[0] for row in api.sql(
            "INSERT INTO contact (email, email_key)"
            " SELECT e, e FROM (SELECT 'p' || n || '@' || (%s::text[])[1 + n %% 4] AS e"
            " FROM generate_series(1, %s) n) x RETURNING id", list(DOMAINS), people)]
        self.join(api, self.lists[0], self.contacts)
        self.join(api, self.lists[1], self.contacts[::2])
        self.account = given.account(api)
        self.campaigns = [given.frozen(api, self.contacts) for _ in range(campaigns)]
        for c in self.campaigns:
            api.sql("INSERT INTO campaign_link SELECT %s, n, 'https://example.com/' || n,"
                    " false FROM generate_series(1, 3) n", c)

    @staticmethod
    def join(api, list_id, contacts):
        """At different times, some not yet confirmed."""
        api.sql("INSERT INTO membership (list_id, contact_id, status, created_at)"
                " SELECT %s, c, CASE WHEN c %% 7 = 0 THEN 'unconfirmed' ELSE 'subscribed' END,"
                " now() - make_interval(days => (c %% 90)::int)"
                " FROM unnest(%s::bigint[]) c ON CONFLICT DO NOTHING", list_id, contacts)


class Writer(threading.Thread):
    """One connection that does things until it is told to stop."""

    def __init__(self, conninfo, audience, seed):
        super().__init__(daemon=True)
        self.pg = psycopg2.connect(conninfo)
        self.audience, self.random = audience, random.Random(seed)
        self.done, self.failure, self.transactions = threading.Event(), None, 0

    def run(self):
        try:
            while not self.done.is_set():
                with self.pg, self.pg.cursor() as cursor:
                    for _ in range(self.random.randint(1, 8)):
                        self.random.choice(self.DEEDS)(self, cursor)
                    time.sleep(self.random.choice((0, 0, 0.01, 0.1)))
                    if self.random.random() < 0.1:
                        self.pg.rollback()
                self.transactions += 1
        except psycopg2.Error as e:
            self.failure = e
        self.pg.close()

    def stop(self):
        self.done.set()
        self.join(30)
        assert self.failure is None, self.failure

    def delivery(self):
        c = self.random.choice(self.audience.campaigns)
        n = self.random.randint(1, len(self.audience.contacts))
        return given.delivery_id(c, n), c, self.audience.contacts[n - 1]

    def attempt(self, cursor):
        delivery = self.delivery()[0]
        state, code, scope = self.random.choice((
            ("accepted", 250, None), ("deferred", 450, "recipient"), ("failed", 550, "recipient"),
            ("failed", 554, "message"), ("deferred", None, "connection"),
            ("failed", 550, "provider"), ("uncertain", None, None),
            ("suppressed", None, "message"), ("expired", None, None)))
        cursor.execute(
            "INSERT INTO outcome (delivery_id, attempt, state, at, account_id, code, scope)"
            " VALUES (%s, %s, %s, now() - make_interval(hours => %s), %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (delivery, self.random.randint(1, 4), state, self.random.randint(0, 50),
             self.audience.account, code, scope))

    def event(self, cursor, kind, key, **more):
        delivery, campaign, contact = self.delivery()
        row = {"kind": kind, "campaign_id": campaign, "delivery_id": delivery,
               "contact_id": contact, "key": key or str(delivery)} | more
        if row.get("delivery_id") == "nobody":
            row["delivery_id"] = row["contact_id"] = None
        hours = self.random.randint(0, 50)
        cursor.execute(
            f"INSERT INTO event (at, {', '.join(row)})"
            f" VALUES (now() - interval '{hours} hours', {', '.join(['%s'] * len(row))})"
            " ON CONFLICT DO NOTHING", list(row.values()))

    def unique(self):
        return f"{self.name}-{self.random.random()}"

    def bounce(self, cursor):
        self.event(cursor, "bounce", None, type=self.random.choice(("hard", "soft", "block")),
                   category="unknown", status=self.random.choice(("5.1.1", None)),
                   source=self.random.choice(("smtp", "mail")), data='{"scope": "recipient"}')

    def answer(self, cursor):
        kind = self.random.choice(("reply", "auto_reply", "complaint", "unsubscribe"))
        self.event(cursor, kind, self.unique() if "reply" in kind else None, source="mail")

    def hit(self, cursor):
        more = {"verdict": self.random.choice(VERDICTS), "source": "link"}
        if self.random.random() < 0.1:
            more["delivery_id"] = "nobody"
        if self.random.random() < 0.4:
            self.event(cursor, "click", self.unique(),
                       data=f'{{"n": {self.random.randint(1, 3)}}}', **more)
        else:
            self.event(cursor, "open", self.unique(), **more)

    def judge(self, cursor):
        cursor.execute("UPDATE event SET verdict = %s WHERE id = (SELECT id FROM event"
                       " WHERE kind IN ('open', 'click') AND id >= %s ORDER BY id LIMIT 1"
                       " FOR UPDATE SKIP LOCKED)",
                       (self.random.choice(VERDICTS), self.random.randint(1, 2000)))

    def take_back(self, cursor):
        cursor.execute("DELETE FROM event WHERE id = (SELECT id FROM event"
                       " WHERE kind NOT IN ('open', 'click') AND id >= %s ORDER BY id LIMIT 1"
                       " FOR UPDATE SKIP LOCKED)", (self.random.randint(1, 2000),))

    def suppress(self, cursor):
        cursor.execute("INSERT INTO suppression (email_key, list_id, reason, created_at)"
                       " SELECT email_key, %s, %s, now() - make_interval(days => %s)"
                       " FROM contact WHERE id = %s ON CONFLICT DO NOTHING",
                       (self.random.choice((None, *self.audience.lists)),
                        self.random.choice(REASONS), self.random.randint(0, 60),
                        self.random.choice(self.audience.contacts)))

    def let(self, cursor):
        cursor.execute("DELETE FROM suppression WHERE id = (SELECT id FROM suppression"
                       " ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED)")

    def member(self, cursor):
        cursor.execute("INSERT INTO membership (list_id, contact_id, status) VALUES (%s, %s, %s)"
                       " ON CONFLICT DO NOTHING",
                       (self.random.choice(self.audience.lists),
                        self.random.choice(self.audience.contacts),
                        self.random.choice(("subscribed", "unconfirmed"))))

    def confirm(self, cursor):
        cursor.execute("UPDATE membership SET status = %s WHERE (list_id, contact_id) ="
                       " (SELECT list_id, contact_id FROM membership WHERE contact_id = %s"
                       " LIMIT 1 FOR UPDATE SKIP LOCKED)",
                       (self.random.choice(("subscribed", "unconfirmed")),
                        self.random.choice(self.audience.contacts)))

    def leave(self, cursor):
        cursor.execute("DELETE FROM membership WHERE (list_id, contact_id) ="
                       " (SELECT list_id, contact_id FROM membership WHERE contact_id = %s"
                       " LIMIT 1 FOR UPDATE SKIP LOCKED)",
                       (self.random.choice(self.audience.contacts),))

    DEEDS = (attempt, attempt, attempt, attempt, hit, hit, hit, hit, judge, bounce, answer,
             take_back, suppress, suppress, let, member, member, confirm, leave)
