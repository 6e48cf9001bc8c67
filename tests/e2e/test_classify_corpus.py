"""Goal: real mail that comes back is told apart as people did: 535 samples
with what they are, whom they are about, and why.

Environment: the program alone, and the corpora (VOLLEY_CORPORA,
../shared/corpora); skipped without them.
Steps: `volley classify` on all samples; the corpus's own score.py counts.
Expected: at least the targets below; never hard what is not.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server import VOLLEY

CORPUS = Path(os.environ.get(
    'VOLLEY_CORPORA',
    Path(__file__).resolve().parents[2] / '../shared/corpora')) / 'bounce'

# Percent, of which group of samples.
AT_LEAST = [
    ('ALL', 'fully right', 95.0),
    ('flufl', 'fully right', 88.0),
    ('ALL', 'class', 98.5),
    ('ALL', 'recipients exact', 99.0),
    ('ALL', 'action', 99.0),
    ('ALL', 'type', 97.5),
    ('class:complaint', 'class', 100.0),
    ('class:auto_reply', 'class', 100.0),
    ('class:reply', 'class', 100.0),
    ('class:delay', 'class', 100.0),
]


@pytest.fixture(scope='module')
def score():
    if not (CORPUS / 'expect.json').is_file():
        pytest.skip(f'skipped: no {CORPUS}')
    mails = sorted(str(p) for p in (CORPUS / 'mail').rglob('*') if p.is_file())
    lines = subprocess.run([VOLLEY, 'classify', *mails], check=True,
                           capture_output=True, timeout=120).stdout
    text = subprocess.run([sys.executable, CORPUS / 'score.py',
                           CORPUS / 'expect.json'], input=lines, check=True,
                          capture_output=True, timeout=60).stdout.decode()
    return {line.split()[0]: line for line in text.splitlines()}


@pytest.mark.parametrize('group, what, percent', AT_LEAST)
def test_target_is_reached(score, group, what, percent):
    found = re.search(rf'{what}\s+([\d.]+)%', score[group])
    assert found, score[group]
    assert float(found[1]) >= percent, score[group]


def test_nothing_is_hard_that_is_not(score):
    assert ' false-hard 0 ' in score['ALL'], score['ALL']
