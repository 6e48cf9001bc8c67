"""I4: what a report shows, counted again from rows.

Where the report counts in one statement, this asks one question a number, so
that the two do not err alike.
"""

import pathlib
import re

REPORTS = pathlib.Path(__file__).parents[2] / "db/queries/report.sql"

STATES = ("pending", "accepted", "deferred", "failed", "uncertain",
          "suppressed", "expired")
EVENTS = {"complaints": "complaint", "replies": "reply",
          "auto_replies": "auto_reply", "unsubscribes": "unsubscribe",
          "conversions": "conversion"}


def count(cursor, query, *args):
    cursor.execute(query, args)
    return cursor.fetchone()[0]


def people(cursor, campaign, kind):
    """Recipients of whom a person's, or nothing but a machine's, is known."""
    query = """SELECT count(DISTINCT delivery_id) FROM event e
        WHERE campaign_id = %s AND kind = %s AND {} EXISTS (
              SELECT FROM event f WHERE f.delivery_id = e.delivery_id
                 AND f.campaign_id = e.campaign_id AND f.kind = e.kind
                 AND coalesce(f.verdict <> 'machine', f.source <> 'prefetch'))"""
    return {who: count(cursor, query.format(sense), campaign, kind)
            for who, sense in (("human", ""), ("machine", "NOT"))}


def recount(cursor, campaign):
    """Every number of a campaign's report; `newest` is there."""
    cursor.execute("SELECT state, count(*) FROM newest WHERE campaign_id = %s"
                   " GROUP BY 1", (campaign,))
    found = dict(cursor.fetchall())
    numbers = {state: found.get(state, 0) for state in STATES}
    numbers["audience"] = sum(found.values())
    for name, kind in EVENTS.items():
        numbers[name] = count(
            cursor, "SELECT count(*) FROM event WHERE campaign_id = %s"
            " AND kind = %s", campaign, kind)
    numbers["bounced"] = {
        kind: count(cursor, "SELECT count(*) FROM event WHERE campaign_id = %s"
                    " AND kind = 'bounce' AND type = %s", campaign, kind)
        for kind in ("hard", "soft", "block")}
    numbers["opens"] = people(cursor, campaign, "open")
    numbers["clicks"] = people(cursor, campaign, "click")
    numbers["delivered_estimate"] = numbers["accepted"] - count(
        cursor, "SELECT count(*) FROM event WHERE campaign_id = %s"
        " AND kind = 'bounce' AND source <> 'smtp'", campaign)
    return numbers


def differences(shown, counted, where=""):
    """Numbers that are shown otherwise than they are counted."""
    for name, number in counted.items():
        if isinstance(number, dict):
            yield from differences(shown.get(name, {}), number, f"{name}.")
        elif shown.get(name) != number:
            yield f"{where}{name}: shown {shown.get(name)}, counted {number}"


def statement(name):
    """A statement of the product, for psycopg2."""
    text = REPORTS.read_text(encoding="utf-8")
    found = re.search(rf"^-- name: {name}\n(.*?)(?=^-- name:|\Z)", text,
                      re.M | re.S).group(1)
    return re.sub(r"\$1\b", "%(campaign)s", found.replace("%", "%%"))


def shown_by_database(cursor, campaign):
    """The document that the API would give: its own statement."""
    cursor.execute(statement("report_document"), {"campaign": campaign})
    return cursor.fetchone()[0]


def violations(cursor, campaign, shown):
    """As invariants.violations has them."""
    counted = recount(cursor, campaign)
    wrong = [f"campaign {campaign}, {text}"
             for text in differences(shown, counted)]
    yield "I4", "a number that is not the count of its rows", wrong
    parts = sum(shown[state] for state in STATES)
    yield ("I1", "the states do not add up to the audience",
           [] if parts == shown["audience"] else
           [f"campaign {campaign}: {parts} of {shown['audience']}"])
