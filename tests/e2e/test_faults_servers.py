"""Short forms of servers that put off, say goodbye and forget, and of what a host has
too little of; `make faults` runs the long ones."""

import limits
import servers
from figures import Figures


def test_storm(sending):
    """D-13"""
    servers.storm(sending, Figures(), 2, 400)


def test_goodbyes(sending):
    """D-14"""
    servers.goodbyes(sending, Figures(), 5, 450)


def test_forgotten_login(sending):
    """D-18"""
    servers.forgotten_login(sending, Figures(), 600, seconds=1)


def test_name_is_missing(sending):
    """D-19"""
    limits.name_is_missing(sending, Figures(), 50, seconds=1)


def test_resolver_is_silent(sending):
    """D-19"""
    limits.resolver_is_silent(sending, Figures(), 400, whole=False)


def test_resolver_that_fails(sending):
    """D-19"""
    limits.resolver_moods(sending, Figures(), 2)


def test_few_descriptors(sending):
    """D-23"""
    limits.few_descriptors(sending, Figures(), 500)
