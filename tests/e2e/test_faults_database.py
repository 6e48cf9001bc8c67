"""Short forms of what happens to the database; `make faults` runs the long
ones."""

import databases
from figures import Figures


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
