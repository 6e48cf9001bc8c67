"""The demo's CSV: 1,000 rows of which it is known what will become of each."""

import csv

# How many rows of each kind.  The mail stack decides their fate:
KINDS = {
    "good": 860,      # alice+N@example.test: delivered
    "at_once": 12,    # x@nowhere.test: 550 5.1.2 at RCPT, while sending
    "unknown": 25,    # nobodyN@example.test: 550 5.1.1, comes back by mail
    "gone": 15,       # nouser+N@remote.test: 550 5.1.1 of another host
    "full": 20,       # full+N@example.test: 552 5.2.2, mailbox full
    "spam": 18,       # spam+N@remote.test: 554 5.7.1, refused as spam
    "replies": 10,    # fbl+N@example.test: a person who reads, clicks, answers
    "away": 5,        # fbl+awayN@example.test: an out-of-office machine
    "leaves": 5,      # fbl+leaveN@example.test: unsubscribes by one click
    "suppressed": 5,  # optoutN@example.test: suppressed before the start
    "malformed": 15,  # not an address
    "double": 10,     # a good row once more, in other letters
}

MALFORMED = [
    "no-at-sign.example.test", "two@@example.test", "blank in@example.test",
    "@example.test", "local@", "a@b>\u0000", "trailing-dot@example.test..",
    "x" * 65 + "@example.test", "a@" + "d" * 64 + ".test", "a@-x.test",
    '"quoted@evil.test x"@example.test', "<angle@example.test>",
    "comma,semi;@example.test", "", "a@exa mple.test",
]

FIRST_NAMES = ["Ann", "Bela", "Chloé", "Dörte", "Émile", "Fatma", "Grzegorz",
               "Hana", "Ivo", "Jürgen", "Kenji 健二", "Lucía"]


def address(kind, n):
    return {
        "good": f"alice+{n}@example.test",
        "at_once": f"person{n}@nowhere.test",
        "unknown": f"nobody{n}@example.test",
        "gone": f"nouser+{n}@remote.test",
        "full": f"full+{n}@example.test",
        "spam": f"spam+{n}@remote.test",
        "replies": f"fbl+{n}@example.test",
        "away": f"fbl+away{n}@example.test",
        "leaves": f"fbl+leave{n}@example.test",
        "suppressed": f"optout{n}@example.test",
        "malformed": MALFORMED[n % len(MALFORMED)],
        "double": f"ALICE+{n}@Example.TEST",
    }[kind]


def rows():
    """Every kind mixed with the others, always in the same order."""
    left = dict(KINDS)
    total = sum(left.values())
    for i in range(total):
        # the kind that is furthest behind its share comes next
        kind = max(left, key=lambda k: left[k] / KINDS[k])
        if kind == "double" and left["good"] == KINDS["good"]:
            kind = "good"
        left[kind] -= 1
        yield kind, left[kind]
        if left[kind] == 0:
            del left[kind]


def write_csv(path):
    """Writes the file and returns how many rows it has."""
    count = 0
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(["email", "name", "first_name", "city", "plan"])
        for kind, n in rows():
            first = FIRST_NAMES[n % len(FIRST_NAMES)]
            out.writerow([address(kind, n), f"{first} Example", first,
                          ["Köln", "Paris", "Osaka"][n % 3],
                          "pro" if n % 4 == 0 else "free"])
            count += 1
    return count


def expected_report():
    """What GET /v1/campaigns/{id}/report must say in the end."""
    k = KINDS
    audience = (sum(k.values()) - k["malformed"] - k["double"]
                - k["suppressed"])
    return {
        "audience": audience,
        "pending": 0,
        "accepted": audience - k["at_once"],
        "deferred": 0,
        "failed": k["at_once"],
        "uncertain": 0,
        "suppressed": 0,
        "expired": 0,
        "bounced": {"hard": k["at_once"] + k["unknown"] + k["gone"],
                    "soft": k["full"], "block": k["spam"]},
        "complaints": 0,
        "replies": k["replies"],
        "auto_replies": k["away"],
        "unsubscribes": k["leaves"],
        "skipped": 0,
        "opens": {"human": k["replies"], "machine": 0},
        "clicks": {"human": k["replies"], "machine": 0},
        "conversions": k["replies"],
        "revenue": {},
    }


def expected_import():
    k = KINDS
    return {
        "state": "done",
        "rows_read": sum(k.values()),
        "rejected": k["malformed"],
        "suppressed": k["suppressed"],
        "inserted": sum(k.values()) - k["malformed"] - k["double"],
    }
