"""Reports of delivery are asked for so that they can be told apart: a real
Postfix gives back what it was given (S-036)."""

import email.policy
import email.parser

from mail import Inbox
from sending import wait_for

ODD = "!#$%&'*/=?^_`{|}~-"


def odd_addresses():
    """200 different ones, of every byte that an atom may have; all of them
    are refused behind Postfix."""
    found = [f"nouser{a}{b}x@remote.test" for a in ODD for b in ODD[:10]]
    found += [f"nouser+{a}=b{a}.c@remote.test" for a in ODD]
    found += ["nouser.dsn@remote.test", "nouser+a+b=c+@remote.test",
              f"nouser{'+' * 50}@remote.test"]
    return found[:200]


def reports(inbox, wanted):
    """Fields of the recipient and of the message, of each report about those
    wanted: other tests use this mailbox, too."""
    names = {f"rfc822;{address}" for address in wanted}
    parser = email.parser.BytesParser(policy=email.policy.compat32)
    for raw in inbox.messages():
        for part in parser.parsebytes(raw).walk():
            if part.get_content_type() != "message/delivery-status":
                continue
            fields = part.get_payload()
            if fields[1]["Original-Recipient"] in names:
                yield fields


def test_original_recipients_come_back(sending, mail_stack):
    wanted = odd_addresses()
    assert len(set(wanted)) == 200
    account = sending.api().post("/v1/accounts", {
        "name": "Postfix", "host": "localhost", "ca_file": mail_stack["ca"],
        "port": mail_stack["submissions"], "tls": "implicit",
        "username": "sender@example.test",
        "password": mail_stack["password"]})["id"]
    for address in wanted:
        sending.sql("WITH c AS (INSERT INTO contact (email, email_key)"
                    " VALUES (%s, lower(%s)) RETURNING id) INSERT INTO"
                    " membership (list_id, contact_id) SELECT 1, id FROM c",
                    address, address)
    sending.campaign(account, from_email="sender@example.test",
                     return_path="bounces@example.test")
    sending.run_due()
    assert sending.states() == {"accepted": 200}
    inbox = Inbox(mail_stack, "bounces@example.test")
    wait_for(lambda: len(list(reports(inbox, wanted))) >= 200, 60, 0.5)
    pairs = list(reports(inbox, wanted))
    bodies = inbox.messages()
    inbox.close()
    given = [fields[1]["Original-Recipient"] for fields in pairs]
    assert sorted(given) == sorted(f"rfc822;{a}" for a in wanted)
    ids = {fields[0]["Original-Envelope-Id"] for fields in pairs}
    assert len(ids) == 200 and None not in ids
    # RET=HDRS: the message itself did not come back.
    assert not any(b"leave</a>" in body for body in bodies)
