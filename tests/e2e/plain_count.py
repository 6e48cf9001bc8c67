"""What the views of the schema `report` have to say, counted plainly from the
rows that they are about."""

import math

NEWEST = """
SELECT DISTINCT ON (delivery_id) delivery_id >> 32 AS campaign_id, *
  FROM outcome WHERE delivery_id & 4294967295 <> 0
 ORDER BY delivery_id, attempt DESC, state DESC"""

# An open or click is a person's unless all of its kind are machines'.
PEOPLE = """
SELECT campaign_id, delivery_id, kind, min(at) AS at,
       bool_or(verdict IS DISTINCT FROM 'machine') AS human
  FROM event WHERE kind IN ('open', 'click') AND delivery_id IS NOT NULL
 GROUP BY 1, 2, 3"""

ONCE = """
SELECT campaign_id, delivery_id, kind, min(at) AS at FROM event
 WHERE kind IN ('complaint', 'unsubscribe', 'reply', 'auto_reply')
   AND delivery_id IS NOT NULL
 GROUP BY 1, 2, 3"""

SUMMARY = f"""
WITH newest AS ({NEWEST}), people AS ({PEOPLE}), once AS ({ONCE})
SELECT c.id, coalesce(audience, 0),
       coalesce(audience, 0) - (SELECT count(*) FROM newest WHERE campaign_id = c.id),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'accepted'),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'deferred'),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'failed'),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'uncertain'),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'suppressed'),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'suppressed'
                                      AND scope = 'message'),
       (SELECT count(*) FROM newest WHERE campaign_id = c.id AND state = 'expired'),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'bounce' AND type = 'hard'),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'bounce' AND type = 'soft'),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'bounce' AND type = 'block'),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'bounce'
                                     AND source <> 'smtp'),
       (SELECT count(*) FROM once WHERE campaign_id = c.id AND kind = 'complaint'),
       (SELECT count(*) FROM once WHERE campaign_id = c.id AND kind = 'unsubscribe'),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'reply'),
       (SELECT count(*) FROM once WHERE campaign_id = c.id AND kind = 'reply'),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'auto_reply'),
       (SELECT count(*) FROM people WHERE campaign_id = c.id AND kind = 'open' AND human),
       (SELECT count(*) FROM people WHERE campaign_id = c.id AND kind = 'open' AND NOT human),
       (SELECT count(*) FROM people WHERE campaign_id = c.id AND kind = 'click' AND human),
       (SELECT count(*) FROM people WHERE campaign_id = c.id AND kind = 'click' AND NOT human),
       (SELECT count(*) FROM event WHERE campaign_id = c.id AND kind = 'open'
                                     AND delivery_id IS NULL)
  FROM campaign c ORDER BY c.id"""

SUMMARY_VIEW = """
SELECT campaign_id, audience, pending, accepted, deferred, failed, uncertain, suppressed,
       skipped, expired, bounced_hard, bounced_soft, bounced_block, returned, complaints,
       unsubscribes, replies, replied, auto_replies, opened_human, opened_machine,
       clicked_human, clicked_machine, opens_anonymous
  FROM report.campaign_summary ORDER BY campaign_id"""

HOURS = f"""
SELECT campaign_id, date_trunc('hour', at) AS hour, what, count(*) FROM (
    SELECT campaign_id, at, state::text AS what FROM ({NEWEST}) n
    UNION ALL
    SELECT campaign_id, at, CASE kind WHEN 'open' THEN 'opened_' ELSE 'clicked_' END
           || CASE WHEN human THEN 'human' ELSE 'machine' END FROM ({PEOPLE}) p
    UNION ALL
    SELECT campaign_id, at, 'bounced' FROM event WHERE kind = 'bounce'
    UNION ALL
    SELECT campaign_id, at, CASE kind WHEN 'complaint' THEN 'complaints'
           WHEN 'unsubscribe' THEN 'unsubscribes' ELSE 'replied' END
      FROM ({ONCE}) o WHERE kind <> 'auto_reply') x
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""

HOURS_VIEW = """
SELECT campaign_id, hour, w.what, w.n
  FROM report.campaign_timeseries t, LATERAL (VALUES
       ('accepted', accepted), ('deferred', deferred), ('failed', failed),
       ('uncertain', uncertain), ('suppressed', suppressed), ('expired', expired),
       ('bounced', bounced), ('complaints', complaints), ('unsubscribes', unsubscribes),
       ('replied', replied), ('opened_human', opened_human),
       ('opened_machine', opened_machine), ('clicked_human', clicked_human),
       ('clicked_machine', clicked_machine)) w (what, n)
 WHERE n <> 0 ORDER BY 1, 2, 3"""

BOUNCES = """
SELECT campaign_id, coalesce(type::text, ''), coalesce(category::text, ''),
       coalesce(data ->> 'scope', ''), source, coalesce(status, ''), count(*)
  FROM event WHERE kind = 'bounce' GROUP BY 1, 2, 3, 4, 5, 6
 ORDER BY 1, 2, 3, 4, 5, 6"""

LINKS = """
SELECT l.campaign_id, l.number, count(p.*) FILTER (WHERE p.human),
       count(p.*) FILTER (WHERE NOT p.human), coalesce(sum(p.by_people), 0),
       coalesce(sum(p.times), 0)
  FROM campaign_link l
  LEFT JOIN (SELECT campaign_id, delivery_id, (data ->> 'n')::int AS number,
                    bool_or(verdict IS DISTINCT FROM 'machine') AS human, count(*) AS times,
                    count(*) FILTER (WHERE verdict IS DISTINCT FROM 'machine') AS by_people
               FROM event WHERE kind = 'click' AND delivery_id IS NOT NULL
              GROUP BY 1, 2, 3) p USING (campaign_id, number)
 GROUP BY 1, 2 ORDER BY 1, 2"""

DOMAINS = """
WITH mine AS (
    SELECT coalesce(p.provider, split_part(c.email, '@', 2)) AS provider, d.id
      FROM delivery d JOIN contact c ON c.id = d.contact_id
      LEFT JOIN (VALUES ('googlemail.test', 'x')) p (domain, provider) ON false
), attempts AS (
    SELECT provider, count(*) FILTER (WHERE state = 'accepted') AS accepted,
           count(*) FILTER (WHERE state <> 'accepted' AND code / 100 = 4) AS temporary,
           count(*) FILTER (WHERE code / 100 = 5 AND scope = 'recipient') AS recipient,
           count(*) FILTER (WHERE code / 100 = 5 AND scope = 'message') AS message,
           count(*) FILTER (WHERE code / 100 = 5 AND scope = 'provider') AS by_provider,
           count(*) FILTER (WHERE code IS NULL AND state IN ('deferred', 'failed')) AS unreached
      FROM mine JOIN outcome o ON o.delivery_id = mine.id GROUP BY 1
), back AS (
    SELECT provider, count(*) FILTER (WHERE kind = 'bounce' AND source <> 'smtp') AS returned,
           count(*) FILTER (WHERE kind = 'bounce' AND type = 'hard') AS hard,
           count(*) FILTER (WHERE kind = 'complaint') AS complaints,
           count(*) FILTER (WHERE kind = 'unsubscribe') AS unsubscribes
      FROM mine JOIN event e ON e.delivery_id = mine.id GROUP BY 1
)
SELECT a.provider, accepted, temporary, recipient, message, by_provider, unreached,
       coalesce(returned, 0), coalesce(hard, 0), coalesce(complaints, 0),
       coalesce(unsubscribes, 0)
  FROM attempts a LEFT JOIN back b USING (provider)
 WHERE accepted + temporary + recipient + message + by_provider + unreached
       + coalesce(returned + hard + complaints + unsubscribes, 0) > 0
 ORDER BY 1"""

DOMAINS_VIEW = """
SELECT provider, accepted, temporary, refused_recipient, refused_message, refused_provider,
       unreached, returned, bounced_hard, complaints, unsubscribes
  FROM report.domain_health ORDER BY provider COLLATE "C" """

ACCOUNTS = """
SELECT a.id, count(o.*) FILTER (WHERE o.state = 'accepted'),
       count(o.*) FILTER (WHERE o.state IN ('deferred', 'failed') AND o.code / 100 = 4),
       count(o.*) FILTER (WHERE o.code / 100 = 5)
  FROM smtp_account a
  LEFT JOIN outcome o ON o.account_id = a.id AND o.delivery_id & 4294967295 <> 0
 GROUP BY 1 ORDER BY 1"""

ACCOUNTS_VIEW = """
SELECT account_id, accepted, temporary, refused_recipient + refused_message + refused_account
       + refused_connection + refused_provider
  FROM report.account_health ORDER BY 1"""

LEFT = """
SELECT m.list_id, (m.created_at AT TIME ZONE 'UTC')::date AS joined_on,
       CASE WHEN s.id IS NOT NULL THEN (greatest(s.created_at, m.created_at)
           AT TIME ZONE 'UTC')::date END AS left_on, s.reason
  FROM membership m JOIN contact c ON c.id = m.contact_id
  LEFT JOIN LATERAL (SELECT * FROM suppression s WHERE s.email_key = c.email_key
                        AND (s.list_id IS NULL OR s.list_id = m.list_id)
                      ORDER BY created_at, id LIMIT 1) s ON true
 WHERE m.status = 'subscribed'"""

LISTS = f"""
WITH m AS ({LEFT}), x AS (
    SELECT list_id, joined_on AS day, 1 AS joined, NULL AS reason FROM m
    UNION ALL
    SELECT list_id, left_on, 0, reason FROM m WHERE reason IS NOT NULL)
SELECT list_id, day, sum(joined), count(*) FILTER (WHERE reason = 'unsubscribe'),
       count(*) FILTER (WHERE reason = 'complaint'),
       count(*) FILTER (WHERE reason LIKE '%bounce%'), count(*) FILTER (WHERE reason = 'manual'),
       sum(sum(joined) - count(reason)) OVER (PARTITION BY list_id ORDER BY day)
  FROM x GROUP BY 1, 2 ORDER BY 1, 2"""

LISTS_VIEW = """
SELECT list_id, day, joined, left_unsubscribe, left_complaint, left_bounce, left_other, members
  FROM report.list_growth WHERE joined <> 0 OR "left" <> 0 ORDER BY 1, 2"""

COHORTS = f"""
WITH m AS ({LEFT})
SELECT c.list_id, c.cohort, c.month, count(m.*),
       count(m.*) FILTER (WHERE m.left_on IS NULL
           OR date_trunc('month', m.left_on) > c.cohort + make_interval(months => c.month))
  FROM report.cohort_retention c
  JOIN m ON m.list_id = c.list_id AND date_trunc('month', m.joined_on) = c.cohort
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""

PAIRS = {
    "campaign_summary": (SUMMARY_VIEW, SUMMARY),
    "campaign_timeseries": (HOURS_VIEW, HOURS),
    "bounce_reasons": ("SELECT * FROM report.bounce_reasons ORDER BY 1, 2, 3, 4, 5, 6", BOUNCES),
    "link_clicks": ("SELECT campaign_id, link, clicked_human, clicked_machine, clicks_human,"
                    " clicks FROM report.link_clicks ORDER BY 1, 2", LINKS),
    "domain_health": (DOMAINS_VIEW, DOMAINS),
    "account_health": (ACCOUNTS_VIEW, ACCOUNTS),
    "list_growth": (LISTS_VIEW, LISTS),
    "cohort_retention": ("SELECT list_id, cohort, month, size, remaining"
                         " FROM report.cohort_retention ORDER BY 1, 2, 3", COHORTS),
}


def differences(sql):
    """Names of views that say something else, with the first row of each."""
    wrong = {}
    for name, (view, plain) in PAIRS.items():
        said, true = sql(view), sql(plain)
        if said != true:
            wrong[name] = next(((a, b) for a, b in zip(said, true) if a != b),
                               (len(said), len(true)))
    return wrong


def wilson(k, n):
    """The 95 % interval."""
    z, p = 1.959963984540054, k / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
