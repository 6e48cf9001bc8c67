"""I1, I2, I3, I5 and I6 as queries: each row that one gives is a violation.

They look at the tables of the ledger, at `copy` (what sinks accepted, see
sinklog), at `tried` (every MAIL that sinks saw) and at `newest`: every
delivery with its address and its state, 'pending' where it has none.
"""

import pathlib
import re

NEWEST = """
CREATE TEMP TABLE newest AS
SELECT d.id, d.campaign_id, d.list_id, c.email, c.email_key,
       coalesce(o.state::text, 'pending') AS state, o.account_id,
       coalesce(u.doubtful, false) AS doubtful
  FROM delivery d
  LEFT JOIN contact c ON c.id = d.contact_id
  LEFT JOIN (SELECT DISTINCT ON (delivery_id) delivery_id, state, account_id
               FROM outcome
              ORDER BY delivery_id, attempt DESC, state DESC) o
         ON o.delivery_id = d.id
  LEFT JOIN (SELECT DISTINCT delivery_id, true AS doubtful FROM outcome
              WHERE state = 'uncertain') u ON u.delivery_id = d.id;
CREATE INDEX ON newest (id);
ANALYZE newest"""

STARTED = "('running', 'paused', 'finished')"

ALWAYS = (
    ("I1", "the audience is not what was frozen", f"""
SELECT format('campaign %s: audience %s, deliveries %s', c.id, c.audience, n)
  FROM campaign c, LATERAL (SELECT count(*) AS n FROM delivery d
                             WHERE d.campaign_id = c.id) x
 WHERE c.status IN {STARTED} AND c.audience IS DISTINCT FROM n"""),
    ("I1", "an outcome of nobody's", """
SELECT format('delivery %s', o.delivery_id) FROM outcome o
 WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.id = o.delivery_id)"""),
    ("I1", "pending, and in no lease that is open", f"""
SELECT format('%s of campaign %s', n.email, n.campaign_id)
  FROM newest n JOIN campaign c ON c.id = n.campaign_id
 WHERE n.state = 'pending' AND c.status IN {STARTED}
   AND NOT EXISTS (SELECT FROM lease l WHERE l.campaign_id = n.campaign_id
                      AND n.id BETWEEN l.first_id AND l.last_id
                      AND NOT l.done)"""),
    ("I1", "to be attempted again, and nothing says when", f"""
SELECT format('%s of campaign %s, %s', n.email, n.campaign_id, n.state)
  FROM newest n JOIN campaign c ON c.id = n.campaign_id
 WHERE n.state = 'deferred'
   AND c.status IN {STARTED}
   AND NOT EXISTS (SELECT FROM retry r WHERE r.delivery_id = n.id)"""),
    ("I1", "accepted, but at no sink", """
SELECT format('%s of campaign %s', n.email, n.campaign_id) FROM newest n
 WHERE n.state = 'accepted'
   AND NOT EXISTS (SELECT FROM copy c WHERE c.delivery_id = n.id)"""),
    ("I1", "at a sink, but in no audience", """
SELECT format('%s, %s', c.address, c.message_id) FROM copy c
 WHERE NOT EXISTS (SELECT FROM newest n WHERE n.id = c.delivery_id)"""),
    ("I1", "at a sink under another address", """
SELECT format('%s for %s', c.address, n.email)
  FROM copy c JOIN newest n ON n.id = c.delivery_id
 WHERE c.address <> n.email"""),
    ("I2", "more than one copy without being uncertain", """
SELECT format('%s of campaign %s: %s copies', n.email, n.campaign_id, copies)
  FROM newest n JOIN (SELECT delivery_id, count(*) AS copies FROM copy
                       GROUP BY 1 HAVING count(*) > 1) c
    ON c.delivery_id = n.id
 WHERE NOT n.doubtful"""),
    ("I2", "copies under several Message-IDs", """
SELECT format('delivery %s: %s', delivery_id,
              string_agg(DISTINCT message_id, ' '))
  FROM copy GROUP BY delivery_id HAVING count(DISTINCT message_id) > 1"""),
    ("I3", "MAIL later than a second after the suppression", """
SELECT format('%s of campaign %s, %s ms', n.email, n.campaign_id,
              (c.mail_us / 1000 - extract(epoch FROM s.created_at) * 1000)
              ::bigint)
  FROM tried c JOIN newest n ON n.id = c.delivery_id
  JOIN suppression s ON s.email_key = n.email_key
   AND (s.list_id IS NULL OR s.list_id = n.list_id)
 WHERE c.mail_us / 1e6 > extract(epoch FROM s.created_at) + 1.0"""),
    ("I6", "accepted without a 2xx", """
SELECT format('delivery %s: %s %s', delivery_id, code, reply) FROM outcome
 WHERE state = 'accepted' AND code NOT BETWEEN 200 AND 299"""),
    ("I6", "finished with recipients to be written to", """
SELECT format('%s of campaign %s, %s', n.email, n.campaign_id, n.state)
  FROM newest n JOIN campaign c ON c.id = n.campaign_id
 WHERE c.status = 'finished' AND (n.state IN ('pending', 'deferred')
    OR EXISTS (SELECT FROM retry r WHERE r.delivery_id = n.id))"""),
)

# When all has been sent that will be.
DRAINED = (
    ("I1", "pending after the drain", """
SELECT format('%s of campaign %s, %s', n.email, n.campaign_id, n.state)
  FROM newest n JOIN campaign c ON c.id = n.campaign_id
 WHERE c.status = 'finished' AND n.state IN ('pending', 'deferred')"""),
    ("I1", "a campaign that did not finish", """
SELECT format('campaign %s: %s', id, status) FROM campaign
 WHERE status IN ('scheduled', 'running')"""),
    ("I1", "at a sink, but recorded as something else", """
SELECT format('%s of campaign %s, %s', n.email, n.campaign_id, n.state)
  FROM newest n
 WHERE n.state <> 'accepted' AND NOT n.doubtful
   AND EXISTS (SELECT FROM copy c WHERE c.delivery_id = n.id)"""),
    ("I1", "a lease that is still held", """
SELECT format('campaign %s from %s, %s', campaign_id, first_id, holder)
  FROM lease WHERE holder IS NOT NULL AND NOT done"""),
)

# One row a limit; and which transactions it is about.
LIMITS = """
SELECT kind, id, group_name, most, seconds FROM quota_limit"""
WHOSE = {
    "account": "n.account_id = %(id)s",
    "campaign": "n.campaign_id = %(id)s",
    "group": "n.account_id = %(id)s AND %(group)s = coalesce("
             "(SELECT p.name FROM provider p"
             " WHERE p.domain = split_part(n.email, '@', 2)),"
             " split_part(n.email, '@', 2))",
}

WINDOW = """
SELECT format('{kind} %%s: %%s in %%s ms, limit %%s in %%s s',
              concat_ws(' ', %(id)s, nullif(%(group)s, '')), %(most)s + 1,
              (mail_us - before) / 1000, %(most)s, %(seconds)s)
  FROM (SELECT t.mail_us,
               lag(t.mail_us, %(most)s) OVER (ORDER BY t.mail_us) AS before
          FROM tried t JOIN newest n ON n.id = t.delivery_id
         WHERE {whose}) w
 WHERE mail_us - before < %(seconds)s * 1000000::bigint"""

PROVIDERS = pathlib.Path(__file__).parents[2] / "lib/mail/provider.c"


def load_providers(cursor):
    """The names that domains have as a group, out of the product's table."""
    text = PROVIDERS.read_text(encoding="utf-8")
    rows = re.findall(r'\{"([^"]+)", "([^"]+)"\}', text)
    cursor.execute("CREATE TEMP TABLE provider (domain text PRIMARY KEY,"
                   " name text)")
    cursor.execute("INSERT INTO provider SELECT * FROM unnest(%s, %s)"
                   " ON CONFLICT DO NOTHING",
                   ([row[0] for row in rows], [row[1] for row in rows]))


def windows(cursor):
    """I5: no window that rolls over the limit's time holds more."""
    load_providers(cursor)
    cursor.execute(LIMITS)
    for kind, number, group, most, seconds in cursor.fetchall():
        cursor.execute(WINDOW.format(kind=kind, whose=WHOSE[kind]), {
            "id": number, "group": group, "most": most, "seconds": seconds})
        yield ("I5", "a rolling window over its limit",
               [row[0] for row in cursor.fetchall()])


def violations(cursor, drained):
    """(invariant, what is wrong, every case of it); cases may be none."""
    for name, what, query in ALWAYS + (DRAINED if drained else ()):
        cursor.execute(query)
        yield name, what, [row[0] for row in cursor.fetchall()]
    yield from windows(cursor)
