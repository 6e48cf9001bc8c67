"""What happens to the database: short forms; `make faults` runs the long
ones."""

import time

import databases
from figures import Figures
from sending import RECIPIENTS


def test_crashes(sending):
    """D-06"""
    databases.crashes(sending, Figures(), 2, 3000)


def test_lost_commits(sending, tmp_path):
    """D-08"""
    databases.lost_commits(sending, Figures(), tmp_path, 5, 4000)


def test_cut_anywhere(sending, tmp_path):
    """D-08"""
    databases.cut_anywhere(sending, Figures(), tmp_path, 10, 1500)


def test_read_only(sending):
    """D-08"""
    databases.read_only(sending, Figures(), 1, 1500)


def test_partition(sending, tmp_path):
    """D-11"""
    databases.partition(sending, Figures(), tmp_path, 1, 1500)


def test_away_longer_than_the_leases(sending):
    """Nothing is sent that cannot be recorded (I6, D-11), and who was not
    written to is not left in doubt."""
    sink = sending.sink("--delay-ms", "20")
    sending.contacts(RECIPIENTS)
    sending.campaign(sending.account(sink.port))
    sender = sending.sender("--lease-size=300", "--lease-window=100",
                            "--lease-s=2")
    sending.wait_recorded(100)
    sending.database.close()
    sending.postgres.control("stop")
    time.sleep(0.5)
    before = len(sink.lines())
    time.sleep(3)
    assert len(sink.lines()) <= before + 2 * 100
    at_end = len(sink.lines())
    time.sleep(1)
    assert len(sink.lines()) == at_end
    sending.postgres.control("start")
    sending.wait_finished()
    sending.stop(sender)
    assert sending.check_ledger(sink) == set()
    assert sending.states() == {"accepted": RECIPIENTS}
