"""Short forms of disks that are full or fail; `make faults` runs the long ones,
test_sender_journal.py has what the journal does about it."""

import os

import pytest

import disks
from figures import Figures

ROOT = pytest.mark.skipif(os.geteuid() != 0,
                          reason="only root can make a file system")


@ROOT
def test_no_inodes(sending):
    """D-21"""
    disks.journal_full(sending, Figures(), "inodes", 1, 16000)


def test_log_full(sending):
    """D-21"""
    disks.log_full(sending, Figures(), 500)


@ROOT
def test_database_full():
    """D-21: 53100, from a disk that is full."""
    disks.database_full(Figures(), 1, 40000)
