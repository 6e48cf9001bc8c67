-- Consent: what is known of who agreed to what (db/migrations/0017_consent.sql).

-- What follows in this transaction is because of this.
-- $1 source, $2 method, $3 basis, $4 what was shown, $5 network, $6 API key;
-- NULL: nothing is said of it
-- name: consent_say
SELECT set_config('volley.consent', json_strip_nulls(json_build_object(
           'source', $1::text, 'method', $2::text, 'basis', $3::text,
           'text_hash', consent_text_keep($4::text), 'network', $5::text,
           'api_key_id', $6::bigint))::text, true);

-- $1 after this id, $2 at most, $3 key
-- name: consent_page
SELECT id, row_to_json(d)
  FROM (SELECT c.id, c.at, c.list_id, c.action, c.method, c.source, c.reason, c.basis,
               c.expires_at, encode(c.text_hash, 'hex') AS text_hash, t.text,
               host(c.network) || '/' || masklen(c.network) AS network,
               c.api_key_id, c.import_id, c.delivery_id
          FROM consents_of($3) c LEFT JOIN consent_text t ON t.hash = c.text_hash
         WHERE c.id > $1::bigint
         ORDER BY c.id LIMIT $2::bigint) d
 ORDER BY id;

-- Signing up by a form.  $1 public id of a list
-- name: form_find
SELECT name, form_text, opt_in = 'double' FROM list WHERE public_id::text = $1 AND public AND forms;

-- $1 keyed hash of who asks
-- name: form_pass
SELECT sign_up_pass($1::bigint);

-- false: there is no such form.  $1 public id, $2 address, $3 its key, $4 name,
-- $5 and $6 of erased_key
-- name: form_sign_up
SELECT sign_up($1, $2, $3, $4, erased_key($5::bytea, $6::bytea, $3));

-- $1 delivery
-- name: confirmation_find
SELECT list, state, form, words FROM confirmation_show($1::bigint);

-- $1 delivery
-- name: confirmation_confirm
SELECT confirm_subscription($1::bigint);

-- Those of these lists that ask.  $1 contact, whose row is locked, $2 lists
-- name: confirmation_ask_all
SELECT confirmation_ask(m.contact_id, m.list_id)
  FROM membership m JOIN list l ON l.id = m.list_id
 WHERE m.contact_id = $1::bigint AND m.list_id = ANY ($2::bigint[])
   AND m.status = 'unconfirmed' AND l.opt_in = 'double'
 ORDER BY m.list_id;

-- Whether a campaign can ask for confirmations: still a draft, with an
-- account, with a link to confirm.  $1 campaign
-- name: confirmation_model
SELECT c.status = 'draft',
       EXISTS (SELECT FROM campaign_account a WHERE a.campaign_id = c.id),
       EXISTS (SELECT FROM template t
                WHERE t.id = c.template_id
                  AND (strpos(t.html || t.markdown || t.text, 'confirm_url') > 0
                       OR EXISTS (SELECT FROM snippet s WHERE strpos(s.html, 'confirm_url') > 0)))
  FROM campaign c WHERE c.id = $1::bigint;
