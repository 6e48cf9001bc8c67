"""The feed of events misses nothing, in whatever order transactions begin
and end."""

import random
import threading

import psycopg2

import given


def connect(api):
    return psycopg2.connect(api.conninfo)


def write(connection, key, **more):
    row = {"kind": "alert", "key": key} | more
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO event ({', '.join(row)}) VALUES"
                       f" ({', '.join(['%s'] * len(row))}) RETURNING id",
                       list(row.values()))
        return cursor.fetchone()[0]


def follow(api, cursor, query="", limit=500):
    """Ids that are new, and where to go on."""
    at = f"&cursor={cursor}" if cursor else ""
    page = api.get(f"/v1/events?limit={limit}{query}{at}")
    return [e["id"] for e in page["data"]], page["next_cursor"] or cursor


def test_what_is_committed_late_is_not_missed(api):
    late, early = connect(api), connect(api)
    _, cursor = follow(api, None)
    first = write(late, "begun first")
    second = write(early, "begun second")
    early.commit()
    assert follow(api, cursor)[0] == []  # not before the first one ended
    late.commit()
    seen, cursor = follow(api, cursor)
    assert seen == [first, second]
    assert follow(api, cursor) == ([], cursor)
    # An id that was drawn early, in a transaction that writes late.
    with late.cursor() as c:
        c.execute("SELECT nextval('event_id_seq')")
        number = c.fetchone()[0]
    third = write(early, "drawn later")
    early.commit()
    seen, cursor = follow(api, cursor)
    assert seen == [third] and third > number
    write(late, "drawn first", id=number)
    late.commit()
    assert follow(api, cursor)[0] == [number]
    late.close()
    early.close()


def test_one_that_is_rolled_back_holds_up_nobody(api):
    gone, other = connect(api), connect(api)
    _, cursor = follow(api, None)
    write(gone, "never")
    stays = write(other, "stays")
    other.commit()
    gone.rollback()
    assert follow(api, cursor)[0] == [stays]
    gone.close()
    other.close()


def test_many_writers_at_once(api):
    """A reader that goes on all the while sees each row once."""
    _, cursor = follow(api, None)
    written = []

    def work(n):
        rng, connection = random.Random(n), connect(api)
        for i in range(60):
            ids = [write(connection, f"crowd {n} {i} {k}")
                   for k in range(rng.randint(1, 5))]
            if rng.random() < 0.2:
                connection.rollback()
            else:
                connection.commit()
                written.extend(ids)
        connection.close()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    seen = []

    def read():
        nonlocal cursor
        new, cursor = follow(api, cursor, limit=random.randint(1, 50))
        seen.extend(new)
        return new
    while any(t.is_alive() for t in threads):
        read()
    for t in threads:
        t.join()
    while read():
        pass
    assert len(seen) == len(set(seen)) and set(seen) == set(written)


def test_filters(api):
    c = given.frozen(api, [1, 2])
    given.event(api, c, 1, "reply", at="2026-01-01T00:00:00Z", contact_id=71)
    given.event(api, c, 2, "reply", at="2026-02-01T00:00:00Z", contact_id=72)

    def kinds(query):
        rows = api.get(f"/v1/events?campaign_id={c}{query}")["data"]
        return [e["contact_id"] for e in rows]
    assert kinds("") == [71, 72]
    assert kinds("&contact_id=72") == [72]
    assert kinds("&since=2026-01-15T00:00:00Z") == [72]
    assert kinds("&kind=bounce") == []
    assert api.refused("GET", "/v1/events?since=yesterday") == ["since"]
    assert api.refused("GET", "/v1/events?cursor=mfrggzdf") == ["cursor"]
    assert api.refused("GET", "/v1/events?limit=0") == ["limit"]
