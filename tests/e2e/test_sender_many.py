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



def rates(sink):
    times = sorted(int(line[0]) for line in sink.lines())
    return len(times) / max(times[-1] - times[0], 1)


def test_weights_of_accounts(sending):
    """What 1 : 2 : 3 means, within a tenth."""
    sinks = [sending.sink("--delay-ms", "20") for _ in range(3)]
    sending.contacts(1200)
    campaign = sending.campaign()
    for sink, weight in zip(sinks, (1, 2, 3)):
        sending.sql("INSERT INTO campaign_account VALUES (%s, %s, %s)",
                    campaign, sending.account(sink.port), weight)
    sending.run_due()
    counts = [len(sink.lines()) for sink in sinks]
    assert sum(counts) == 1200
    for count, want in zip(counts, (200, 400, 600)):
        assert abs(count - want) <= want / 10, counts


def test_campaigns_share_an_account(sending):
    """Two of them at once get the same, whoever came first."""
    sink = sending.sink("--delay-ms", "50")
    sending.contacts(400)
    account = sending.account(sink.port, max_connections=8)
    sending.campaign(account, return_path="one@example.com")
    sending.campaign(account, return_path="two@example.com")
    sending.run_due("--workers=1")
    halves = [line[1] for line in sink.lines()][100:500]
    assert 180 <= sum("one" in path for path in halves) <= 220
    assert set(sink.copies().values()) == {2}


def test_without_quota_nobody_is_held_up(sending):
    """40 campaigns whose account may send no more, and one more."""
    spent, free = sending.sink(), sending.sink()
    sending.contacts(20)
    exhausted = sending.account(spent.port, per_day=1)
    for _ in range(40):
        sending.campaign(exhausted)
    sending.sender("--workers=1")
    wait_for(lambda: len(spent.lines()) == 1, 20)
    campaign = sending.campaign(sending.account(free.port))
    sending.wait_finished(campaign, 20)
    assert len(free.lines()) == 20
    assert len(spent.lines()) == 1


def test_another_account_takes_over(sending):
    """What one account refuses for itself goes through the other."""
    refusing = sending.sink(
        "--rule", "mail from:20=535 5.7.8 authentication required")
    other = sending.sink("--delay-ms", "10")
    sending.contacts(300)
    sending.campaign(sending.account(refusing.port),
                     sending.account(other.port))
    sending.run_due()
    assert sending.states() == {"accepted": 300}
    assert set((refusing.copies() + other.copies()).values()) == {1}
    assert sending.recorded() == 300
    assert sending.sql("SELECT state FROM smtp_account ORDER BY id") == [
        ("paused",), ("active",)]
