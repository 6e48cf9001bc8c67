"""Goal: `volley classify` tells what mails are and why, one JSON object a
file, and says which file it could not read.

Environment: the program alone; no database, no server.
Steps: files and standard input, good and missing.
Expected: classes, recipients with their own diagnoses, exit status.
"""
import json
import os
import subprocess

VOLLEY = os.environ.get('VOLLEY_BIN', 'build/volley')

REPORT = '''From: MAILER-DAEMON@mx.example.test
To: bounces@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

Two of three failed.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; gone@example.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user here

Final-Recipient: rfc822; full@example.test
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 mailbox is full

Final-Recipient: rfc822; late@example.test
Action: delayed
Status: 4.4.1

--B--
'''

REPLY = '''From: Ann <ann@example.test>
To: news@example.com
Subject: Re: March

Thank you, I will come.
'''


def classify(*files, text=None):
    run = subprocess.run([VOLLEY, 'classify', *map(str, files)], input=text,
                         capture_output=True, text=True, timeout=30,
                         check=False)
    return run, [json.loads(line) for line in run.stdout.splitlines()]


def test_every_recipient_has_a_diagnosis_of_its_own(tmp_path):
    file = tmp_path / 'report'
    file.write_text(REPORT)
    run, found = classify(file)
    assert run.returncode == 0 and len(found) == 1
    assert found[0]['file'] == str(file)
    assert found[0]['class'] == 'bounce' and found[0]['rule']
    gone, full, late = found[0]['recipients']
    assert gone['address'] == 'gone@example.test'
    assert (gone['type'], gone['category']) == ('hard', 'invalid')
    assert (gone['status'], gone['reply_code']) == ('5.1.1', 550)
    assert (full['type'], full['category']) == ('soft', 'full')
    assert (late['action'], late['type']) == ('delayed', 'none')


def test_standard_input_is_read_without_a_file():
    run, found = classify(text=REPLY)
    assert run.returncode == 0 and found[0]['class'] == 'reply'
    assert found[0]['reply_text'].strip() == 'Thank you, I will come.'
    assert found[0]['recipients'] == []


def test_a_file_that_is_missing_does_not_stop_the_others(tmp_path):
    file = tmp_path / 'reply'
    file.write_text(REPLY)
    run, found = classify(tmp_path / 'nothing', tmp_path, file)
    assert run.returncode == 1
    assert [f['class'] for f in found] == ['reply']
    assert str(tmp_path / 'nothing') in run.stderr
    assert len(run.stderr.splitlines()) == 2


def test_bytes_of_any_kind_are_a_message(tmp_path):
    file = tmp_path / 'noise'
    file.write_bytes(bytes(range(256)) * 8)
    run, found = classify(file)
    assert run.returncode == 0 and len(found) == 1


def test_help_tells_what_is_printed():
    run = subprocess.run([VOLLEY, 'classify', '--help'], capture_output=True,
                         text=True, timeout=30, check=False)
    assert run.returncode == 0 and 'feedback_type' in run.stdout
