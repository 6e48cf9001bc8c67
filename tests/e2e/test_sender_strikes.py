"""People whose mailboxes take nothing, refused softly while sending: they
are left alone after the third time, and a mail that arrives begins anew."""

PEOPLE = 5


def send(sending, account):
    """A campaign to all; then a day and a half goes by."""
    sending.campaign(account)
    sending.run_due()
    found = sending.sql("SELECT evidence FROM suppression"
                        " WHERE reason = 'soft_bounces'")
    for table in ("event", "outcome"):
        sending.sql(f"UPDATE {table} SET at = at - interval '36 hours'")
    sending.sql("UPDATE campaign SET started_at = started_at"
                " - interval '36 hours'")
    return [row[0] for row in found]


def test_refused_again_and_again(sending):
    full = sending.account(sending.sink(
        "--rule", "rcpt=552 5.2.2 mailbox is full").port)
    good = sending.account(sending.sink().port)
    busy = sending.account(sending.sink(
        "--rule", "rcpt=550 5.2.1 receiving mail at a rate that is too"
        " high").port)
    sending.contacts(PEOPLE)
    for account in (full, full, good, full, full, busy):
        assert send(sending, account) == []
    assert sending.value("SELECT count(*) FROM event WHERE kind = 'bounce'"
                         " AND type = 'soft'") == 5 * PEOPLE
    found = send(sending, full)
    assert len(found) == PEOPLE
    for evidence in found:
        assert evidence["source"] == "smtp"
        assert [s["category"] for s in evidence["strikes"]] == ["full"] * 3
    sending.contacts(1, prefix="another")
    sending.campaign(good)
    sending.run_due()
    assert sending.value("SELECT audience FROM campaign"
                         " ORDER BY id DESC LIMIT 1") == 1
