"""Campaigns with everything that happened to their recipients, made inside
PostgreSQL: half of the rows are outcomes, half events."""

import time

TAIL = 2000        # domains of companies
LISTS = 10

# What stands between a row and a table made for reading; made again after.
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
 WHERE c.relname IN ('event', 'delivery') AND NOT indisprimary
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = indexrelid)"""

PEOPLE = f"""
INSERT INTO list (name) SELECT 'List ' || n FROM generate_series(1, {LISTS}) n;
INSERT INTO smtp_account (name, host, port, tls)
SELECT 'Relay ' || n, 'smtp.example.com', 465, 'implicit' FROM generate_series(1, 4) n;
INSERT INTO contact (email, email_key)
SELECT e, e FROM (SELECT 'p' || n || '@' || CASE
           WHEN n %% 10 < 4 THEN 'gmail.com' WHEN n %% 10 = 4 THEN 'outlook.com'
           WHEN n %% 10 = 5 THEN 'hotmail.fr' WHEN n %% 10 = 6 THEN 'yahoo.com'
           ELSE 'company' || (hashint4(n::int) & 32767) %% {TAIL} || '.example.com' END AS e
  FROM generate_series(1, %(people)s) n) x;
INSERT INTO membership (list_id, contact_id, created_at)
SELECT 1 + id %% {LISTS}, id, now() - interval '730 days' * (id::float8 / %(people)s)
  FROM contact;
INSERT INTO suppression (email_key, reason, created_at)
SELECT email_key, CASE WHEN id %% 3 = 0 THEN 'hard_bounce' ELSE 'unsubscribe' END,
       now() - interval '730 days' * (id::float8 / %(people)s) * ((id %% 89) / 89.0)
  FROM contact WHERE id %% 20 = 0;
INSERT INTO campaign (name, status, from_email, started_at, audience)
SELECT 'Campaign ' || n, 'finished', 'news@example.com',
       now() - interval '1 day' * (%(campaigns)s - n) * 400 / %(campaigns)s - interval '30 hours',
       %(audience)s
  FROM generate_series(1, %(campaigns)s) n;
INSERT INTO campaign_link
SELECT c.id, n, 'https://example.com/' || c.id || '/' || n, false
  FROM campaign c, generate_series(0, 9) n;
SELECT outcome_partition(c.id) FROM campaign c;
"""

# One campaign: who got it, what came of it, and what they did.  An eighth of
# the audience is retried; the rest of its half of the rows are first attempts.
CAMPAIGN = """
INSERT INTO delivery (id, campaign_id, contact_id, list_id)
SELECT (%(c)s::bigint << 32) + n, %(c)s, 1 + (n * 7 + %(c)s * 13) %% %(people)s, 1
  FROM generate_series(1, %(audience)s) n;
INSERT INTO outcome (delivery_id, attempt, state, at, account_id, code, status, scope, type,
                     category, reply)
SELECT (%(c)s::bigint << 32) + n, a.attempt,
       CASE WHEN last AND n %% 50 = 0 THEN 'failed' WHEN last THEN 'accepted'
            ELSE 'deferred' END::delivery_state,
       started_at + interval '1 hour' * (n * 3.0 / %(audience)s + a.attempt), 1 + n %% 4,
       CASE WHEN last AND n %% 50 = 0 THEN 550 WHEN last THEN 250 ELSE 421 END,
       CASE WHEN last AND n %% 50 = 0 THEN '5.1.1' WHEN last THEN '2.0.0' ELSE '4.7.0' END,
       CASE WHEN last AND n %% 50 = 0 THEN 'recipient' WHEN last THEN NULL
            ELSE 'provider' END::failure_scope,
       NULL, NULL, 'Ok: queued as 4X' || n
  FROM campaign, generate_series(1, %(audience)s) n,
       LATERAL (SELECT attempt, attempt = CASE WHEN n %% 8 = 1 THEN 2 ELSE 1 END AS last
                  FROM generate_series(1, CASE WHEN n %% 8 = 1 THEN 2 ELSE 1 END) attempt) a
 WHERE campaign.id = %(c)s;
INSERT INTO event (kind, key, at, campaign_id, delivery_id, contact_id, list_id, type,
                   category, status, source, verdict, data)
SELECT e.kind, d.id || ':' || e.n,
       started_at + interval '3 hours' + interval '14 days' * random() ^ 4,
       d.campaign_id, d.id, d.contact_id, d.list_id,
       CASE WHEN e.kind = 'bounce' THEN CASE WHEN e.n %% 100 = 0 THEN 'hard'
            ELSE 'soft' END END::bounce_type,
       CASE WHEN e.kind = 'bounce' THEN 'full' END::bounce_category,
       CASE WHEN e.kind = 'bounce' THEN '5.2.2' END,
       CASE WHEN e.kind IN ('open', 'click') THEN 'link' ELSE 'mail' END,
       CASE WHEN e.kind IN ('open', 'click') THEN (ARRAY['human', 'human', 'proxy', 'machine'])
            [1 + e.n %% 4] END::hit_verdict,
       CASE WHEN e.kind = 'click' THEN jsonb_build_object('n', e.n %% 10)
            WHEN e.kind = 'bounce' THEN '{"scope": "recipient"}' ELSE '{}' END
  FROM campaign,
       LATERAL (SELECT n, CASE WHEN n %% 50 = 0 THEN 'bounce' WHEN n %% 200 = 1 THEN 'unsubscribe'
                               WHEN n %% 500 = 3 THEN 'reply' WHEN n %% 2000 = 7 THEN 'complaint'
                               WHEN n %% 5 = 2 THEN 'click' ELSE 'open' END AS kind
                  FROM generate_series(1, %(events)s) n) e,
       LATERAL (SELECT * FROM delivery d
                 WHERE d.id = (%(c)s::bigint << 32) + 1 + (e.n * 31::bigint) %% %(audience)s) d
 WHERE campaign.id = %(c)s;
"""


def make(pg, events, campaigns):
    """Seconds that it took."""
    began = time.time()
    half = events // campaigns // 2
    sizes = {"campaigns": campaigns, "events": half, "audience": half * 8 // 9,
             "people": max(half, 1000) * 8}
    with pg.cursor() as c:
        c.execute("SET synchronous_commit = off")
        c.execute(PEOPLE, sizes)
        c.execute(INDEXES)
        indexes = c.fetchall()
        for name, _ in indexes:
            c.execute(f"DROP INDEX {name}")
        for n in range(1, campaigns + 1):
            c.execute(CAMPAIGN, {**sizes, "c": n})
        c.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            c.execute(definition)
        c.execute("VACUUM ANALYZE")
    return time.time() - began


def more(pg, campaign, events):
    """Opens of one campaign that are new."""
    with pg.cursor() as c:
        c.execute(
            "INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id, list_id, source,"
            " verdict) SELECT 'open', 'more ' || id, campaign_id, id, contact_id, list_id, 'link',"
            " 'human' FROM delivery WHERE campaign_id = %s ORDER BY id LIMIT %s",
            (campaign, events))
