#!/usr/bin/python3
"""Proves the invariants of sending from what sinks accepted and the database.

    checker.py --database CONNINFO [--sink LOG]... [options]

I1  nobody is lost: the audience is what became of it, and who is called
    accepted is at a sink
I2  who got two copies was called uncertain; the copies are one message
I3  nobody is written to a second after a suppression was committed
I4  every number that is shown is the count of its rows
I5  no rolling window holds more than a limit allows
I6  accepted needs a 2xx, finished needs that nobody is pending, and who is
    uncertain is listed

Prints one JSON object: counts of every campaign, and what was violated with
examples.  Exit status 1 when something was.
"""

import argparse
import json
import pathlib
import sys
import urllib.request

import psycopg2

import invariants
import recount
import sinklog

EXAMPLES = 5


class Api:
    """What the API shows of campaigns."""

    def __init__(self, url, key):
        self.url, self.key = url, key

    def get(self, path):
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def report(self, campaign):
        return self.get(f"/v1/campaigns/{campaign}/report")

    def listed(self, campaign, state):
        """How many deliveries of that state it lists, page by page."""
        count, path = 0, f"/v1/campaigns/{campaign}/deliveries?state={state}"
        cursor = ""
        while cursor is not None:
            page = self.get(path + (f"&cursor={cursor}" if cursor else ""))
            count += len(page["data"])
            cursor = page.get("next_cursor")
        return count


def campaigns(cursor):
    """Those that have an audience."""
    cursor.execute("SELECT id, status FROM campaign WHERE audience IS NOT NULL"
                   " ORDER BY id")
    return cursor.fetchall()


def copies(cursor, campaign):
    """How many messages, people and doubled people the sinks saw."""
    cursor.execute("""
        SELECT coalesce(sum(n), 0)::bigint, count(*), count(*) FILTER (WHERE n > 1)
          FROM (SELECT count(*) AS n FROM copy WHERE delivery_id >> 32 = %s
                 GROUP BY delivery_id) c""", (campaign,))
    return dict(zip(("messages", "reached", "duplicates"), cursor.fetchone()))


def ever_uncertain(cursor):
    cursor.execute("SELECT count(*) FROM newest WHERE doubtful")
    return cursor.fetchone()[0]


def shown_violations(cursor, api, number):
    shown = (api.report(number) if api
             else recount.shown_by_database(cursor, number))
    yield from recount.violations(cursor, number, shown)
    if api and (listed := api.listed(number, "uncertain")) != shown["uncertain"]:
        yield ("I6", "uncertain, but not listed",
               [f"campaign {number}: {listed} of {shown['uncertain']}"])


def bound_violations(result, duplicates_max, uncertain_max):
    for name, most in (("duplicates", duplicates_max),
                       ("uncertain", uncertain_max)):
        if most is not None and result[name] > most:
            yield ("I2", f"more {name} than can be explained",
                   [f"{result[name]}, at most {most}"])


def journal_violations(folder):
    """After the drain a journal holds nothing that has to be replayed."""
    left = [f"{path}: {path.stat().st_size} bytes"
            for path in pathlib.Path(folder).rglob("*.seg")]
    yield "I1", "a journal that was not brought into the database", left


def prove(database, sinks=(), drained=False, duplicates_max=None,
          uncertain_max=None, api=None, journal=None):
    """The document that the program prints."""
    connection = psycopg2.connect(database)
    found, result = [], {"campaigns": []}
    with connection.cursor() as cursor:
        result["messages"] = sinklog.load(cursor, sinks)
        cursor.execute(invariants.NEWEST)
        found += invariants.violations(cursor, drained)
        for number, status in campaigns(cursor):
            found += shown_violations(cursor, api, number)
            result["campaigns"].append({
                "id": number, "status": status,
                **recount.recount(cursor, number), **copies(cursor, number)})
        result["uncertain"] = ever_uncertain(cursor)
    connection.rollback()
    connection.close()
    result["duplicates"] = sum(c["duplicates"] for c in result["campaigns"])
    found += bound_violations(result, duplicates_max, uncertain_max)
    if journal is not None and drained:
        found += journal_violations(journal)
    result["violations"] = [
        {"invariant": name, "what": what, "count": len(cases),
         "examples": cases[:EXAMPLES]}
        for name, what, cases in found if cases]
    result["ok"] = not result["violations"]
    return result


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--database", required=True, metavar="CONNINFO")
    parser.add_argument("--sink", action="append", default=[], metavar="LOG",
                        help="the log of a sink (again)")
    parser.add_argument("--drained", action="store_true",
                        help="all has been sent that will be")
    parser.add_argument("--duplicates-max", type=int, metavar="N",
                        help="people who may have got two copies")
    parser.add_argument("--uncertain-max", type=int, metavar="N",
                        help="people who may ever have been uncertain")
    parser.add_argument("--api", metavar="URL",
                        help="ask it for the reports; else the statement is run")
    parser.add_argument("--key", default="", help="of the API")
    parser.add_argument("--journal", metavar="DIR",
                        help="nothing may be left in it after the drain")
    args = parser.parse_args()
    result = prove(args.database, args.sink, args.drained, args.duplicates_max,
                   args.uncertain_max,
                   Api(args.api, args.key) if args.api else None, args.journal)
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
