"""Suppressions of whole domains hold at the freeze, in a lease that is read
later, and in one that is under way (S-074)."""

from sending import wait_for


def suppress(sending, domain, list_id=None):
    sending.sql("INSERT INTO suppression (email_key, list_id, reason)"
                " VALUES (%s, %s, 'manual')", f"@{domain}", list_id)


def test_before_the_start(sending):
    sink = sending.sink()
    sending.contacts(100)  # five each of d0..d19.example.com
    suppress(sending, "d3.example.com")
    suppress(sending, "d4.example.com", 1)
    suppress(sending, "example.com")  # not those below it
    sending.sql("INSERT INTO list (id, name) VALUES (2, 'two')")
    suppress(sending, "d5.example.com", 2)
    sending.campaign(sending.account(sink.port))
    sending.run_due()
    got = {a.split("@")[1] for a in sink.copies()}
    assert len(sink.copies()) == 90
    assert not got & {"d3.example.com", "d4.example.com"}


def test_while_it_is_sent(sending):
    sink = sending.sink("--delay-ms", "30")
    sending.contacts(600)
    sending.campaign(sending.account(sink.port, max_connections=3))
    sending.sender()
    wait_for(lambda: len(sink.copies()) > 30)
    suppress(sending, "d3.example.com")
    suppress(sending, "d4.example.com")
    sending.wait_finished()
    left_out = sending.addresses("suppressed")
    assert left_out and {a.split("@")[1] for a in left_out} <= {
        "d3.example.com", "d4.example.com"}
    assert len(sink.copies()) + len(left_out) == 600
