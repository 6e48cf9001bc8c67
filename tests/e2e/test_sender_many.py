"""Many campaigns and unequal accounts: nobody waits for somebody else."""

import time

from sending import wait_for


def test_more_campaigns_than_places(sending):
    """A worker holds 32 campaigns at once; more of them take turns."""
    sink = sending.sink()
    sending.contacts(5)
    account = sending.account(sink.port)
    for _ in range(40):
        sending.campaign(account)
    sending.run_due("--workers=1")
    assert len(sink.lines()) == 40 * 5


def test_slow_account_holds_up_nobody(sending):
    slow, fast = sending.sink("--delay-ms", "4000"), sending.sink()
    sending.contacts(300)
    sending.campaign(sending.account(slow.port, max_connections=1),
                     sending.account(fast.port))
    began = time.time()
    sending.sender("--workers=1")
    wait_for(lambda: len(fast.lines()) > 250, 20)
    assert time.time() - began < 15

