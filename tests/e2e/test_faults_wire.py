"""Short forms of the faults on the wire; `make faults` runs the long ones."""

import pytest

import cuts
from figures import Figures


@pytest.mark.parametrize("tls", ["none", "implicit"])
def test_cut_at_offsets(sending, tls):
    """D-04"""
    cuts.sweep(sending, Figures(), step=97 if tls == "none" else 401, tls=tls)


def test_cut_and_held(sending):
    """D-04: with `hold` nobody gets two."""
    cuts.sweep(sending, Figures(), step=211, policy="hold", how="reset")


@pytest.mark.parametrize("policy", ["resend", "hold"])
@pytest.mark.parametrize("how", ["close", "reset", "silent"])
def test_lost_replies(sending, how, policy):
    """D-05 (a) to (c)"""
    cuts.lost_replies(sending, Figures(), 20, how, policy, timeout_s=1)


def test_replies_just_in_time(sending):
    """D-05 (d)"""
    cuts.lost_replies(sending, Figures(), 20, "late", "resend", seconds=1.2,
                      timeout_s=2)


def test_silence(sending):
    """D-16; the handshake's time is in the long form."""
    cuts.silence(sending, Figures(),
                 [name for name in cuts.PHASES if name != "handshake"],
                 timeout_s=1)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_spoilt_tls(sending, tls):
    """D-17"""
    cuts.spoilt_tls(sending, Figures(), 12, tls)
