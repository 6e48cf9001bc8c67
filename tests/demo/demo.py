"""The main job, as a user does it, on real parts.

Imports a list through the HTTP API, sends a campaign through authenticated
TLS connections to Postfix, lets a real mail server bounce some of it and
people answer, and compares the report with what the CSV says must come out.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
import audience  # noqa: E402
import parts  # noqa: E402
import people  # noqa: E402

FOLDER = os.path.abspath(os.environ.get("DEMO_DIR", "build/demo"))
SCRATCH = f"/tmp/volley-demo-{os.getpid()}"  # where unprivileged users can reach it
STACK_FOLDER = f"{SCRATCH}/mail"


def say(text):
    print(f"demo: {text}", flush=True)


def starter():
    with open("templates/starters/newsletter.html", encoding="utf-8") as f:
        return f.read()


def set_up(v, stack):
    """Template, two SMTP accounts, two mailboxes: each tested."""
    login = {"host": "localhost", "password": stack["password"],
             "ca_file": stack["ca"]}
    template = v.post("/v1/templates", {
        "name": "Autumn newsletter",
        "subject": "{{ first_name | default: 'Hello' }}, news from {{ contact.city }}",
        "preheader": "What is new this autumn", "html": starter()})["id"]
    accounts = [v.post("/v1/accounts", {
        "name": f"relay {tls}", "port": stack[port], "tls": tls, "auth": auth,
        "username": "sender@example.test", "max_connections": 5, **login})["id"]
        for tls, port, auth in (("implicit", "submissions", "plain"),
                                ("starttls", "submission", "scram-sha-256"))]
    mailboxes = [v.post("/v1/mailboxes", {
        "name": user, "protocol": "imap", "port": stack["imaps"],
        "tls": "implicit", "username": f"{user}@example.test", **login})["id"]
        for user in ("bounces", "sender")]
    login_only = {"mailbox_id": None}
    for path, body in ([(f"/v1/accounts/{i}/test", login_only)
                        for i in accounts]
                       + [(f"/v1/mailboxes/{i}/test", None)
                          for i in mailboxes]):
        result = v.post(path, body)
        if not result["ok"]:
            raise RuntimeError(f"{path}: {json.dumps(result)}")
    say("two SMTP accounts and two mailboxes created and tested")
    return template, accounts


def import_list(v):
    path = f"{FOLDER}/contacts.csv"
    rows = audience.write_csv(path)
    list_id = v.post("/v1/lists", {"name": "Customers"})["id"]
    for n in range(audience.KINDS["suppressed"]):
        v.post("/v1/suppressions",
               {"email": audience.address("suppressed", n),
                "reason": "manual"})
    with open(path, "rb") as f:
        job = v.post(f"/v1/lists/{list_id}/imports", data=f,
                     headers={"Content-Type": "text/csv"})
    done = v.wait(f"/v1/imports/{job['id']}",
                  lambda j: j["state"] in ("done", "failed"), "import")
    say(f"{rows} CSV rows: {done['inserted']} contacts, "
        f"{done['rejected']} rejected, {done['suppressed']} suppressed")
    check("import", {k: done[k] for k in audience.expected_import()},
          audience.expected_import())
    for error in v.get(f"/v1/imports/{job['id']}/errors?limit=3")["data"]:
        say(f"   line {error['line']}: {error['reason']}")
    return list_id


def send_campaign(v, list_id, template, accounts):
    campaign = v.post("/v1/campaigns", {
        "name": "Autumn", "list_ids": [list_id], "template_id": template,
        "account_ids": accounts,
        "from": {"name": "Volley News", "email": "sender@example.test"},
        "reply_to": "sender@example.test",
        "track_opens": True, "track_clicks": True,
        "utm": {"source": "newsletter", "medium": "email",
                "campaign": "autumn"},
        "postal_address": "Example Harbour Society, 1 Quay Street, Exampletown",
        "brake": {"hard_bounce_percent": 20},  # so many are made to bounce
        "return_path": "bounces@example.test"})["id"]
    v.post(f"/v1/campaigns/{campaign}/test", {"to": ["alice@example.test"]})
    started = time.time()
    v.post(f"/v1/campaigns/{campaign}/start")
    v.wait(f"/v1/campaigns/{campaign}", lambda c: c["status"] == "finished",
           "campaign")
    say(f"campaign sent in {time.time() - started:.1f} s")
    return campaign


def people_react(stack):
    """Those who got a mail answer it, by hand or by machine, or leave."""
    box = people.Mailbox(stack, "fbl@example.test")
    wanted = sum(audience.KINDS[k] for k in ("replies", "away", "leaves"))
    deadline = time.time() + 30
    while box.count() < wanted and time.time() < deadline:
        time.sleep(0.2)
    for n, message in enumerate(box.messages()):
        to = message["To"]
        if "+leave" in to:
            people.look_at_page(message)
            people.one_click(message, multipart=n % 2 == 0)
        else:
            away = "+away" in to
            if not away:
                people.read_and_click(message)
            text = ("I am out of the office until Monday." if away
                    else "Thank you, this is just what I need. When can we talk?")
            people.send(stack, people.answer(message, text, away),
                        "sender@example.test")
    box.close()
    say(f"{wanted} people answered, were away or unsubscribed")


def wait_for_report(v, campaign):
    """Until it says what it must, or two quiet seconds show that it won't."""
    path = f"/v1/campaigns/{campaign}/report"
    want, last, since = audience.expected_report(), None, time.time()
    while True:
        report = v.get(path)
        got = {k: report.get(k) for k in want}
        if got != last:
            last, since = got, time.time()
        if got == want or time.time() - since > 15:
            return report
        time.sleep(0.2)


def check(what, got, want):
    if got == want:
        return
    for key in want:
        if got.get(key) != want[key]:
            say(f"{what}: {key} is {got.get(key)}, not {want[key]}")
    raise SystemExit(1)


def show(report):
    a = report["audience"]
    print("\n  Campaign report")
    for name in ("audience", "accepted", "failed", "deferred", "uncertain",
                 "suppressed", "expired", "pending"):
        print(f"    {name:<14}{report[name]:>7}{report[name] / a:>9.1%}")
    bounced = report["bounced"]
    print(f"    {'bounced':<14}{sum(bounced.values()):>7}"
          f"{sum(bounced.values()) / a:>9.1%}   "
          + ", ".join(f"{k} {v}" for k, v in bounced.items()))
    for name in ("opens", "clicks"):
        n = report[name]["human"]
        print(f"    {name:<14}{n:>7}{n / a:>9.1%}   by people; "
              f"machines {report[name]['machine']}")
    for name in ("replies", "auto_replies", "unsubscribes", "complaints"):
        print(f"    {name:<14}{report[name]:>7}{report[name] / a:>9.1%}")
    print()


def release_held(v, list_id):
    """So many at once stop Volley from believing all of it (R-083)."""
    held = v.get(f"/v1/lists/{list_id}")["held"]
    v.post(f"/v1/lists/{list_id}/held/release")
    say(f"so many bounced at once that {held} of them waited for a person, "
        "who has released them")


def unsubscribed_stay_away(v, list_id, template, accounts):
    """A second campaign to the same list leaves out who may not be mailed."""
    k = audience.KINDS
    out = k["leaves"] + k["at_once"] + k["unknown"] + k["gone"]
    first = audience.expected_report()["audience"]
    campaign = v.post("/v1/campaigns", {
        "name": "Second", "list_ids": [list_id], "template_id": template,
        "account_ids": accounts,
        "from": {"name": "Volley News", "email": "sender@example.test"},
        "return_path": "bounces@example.test"})["id"]
    v.post(f"/v1/campaigns/{campaign}/start")
    c = v.wait(f"/v1/campaigns/{campaign}",
               lambda x: x["status"] == "finished", "second campaign")
    report = v.get(f"/v1/campaigns/{campaign}/report")
    check("second campaign", {"audience": report["audience"]},
          {"audience": first - out})
    say(f"a second campaign leaves out the {out} who bounced for good or "
        f"unsubscribed ({c['status']})")


def the_job(v, stack):
    template, accounts = set_up(v, stack)
    list_id = import_list(v)
    campaign = send_campaign(v, list_id, template, accounts)
    people_react(stack)
    report = wait_for_report(v, campaign)
    want = audience.expected_report()
    for name, content in (("report", report), ("expected", want)):
        with open(f"{FOLDER}/{name}.json", "w", encoding="utf-8") as f:
            json.dump(content, f, indent=2)
            f.write("\n")
    show(report)
    check("report", {k: report.get(k) for k in want}, want)
    release_held(v, list_id)
    unsubscribed_stay_away(v, list_id, template, accounts)
    return campaign


def keep(v, stack, key, campaign):
    print(f"""demo: left running; Ctrl-C stops it.
  API         {v.url}   (Authorization: Bearer {key})
  report      curl -H 'Authorization: Bearer {key}' {v.url}/v1/campaigns/{campaign}/report
  database    psql "$(cat {v.home}/database.conninfo)"
  mailboxes   imaps://localhost:{stack['imaps']}  alice@example.test, bounces@..., sender@..., password {stack['password']}
  logs        {FOLDER}/volley.log, {STACK_FOLDER}/log/""", flush=True)
    try:
        v.process.wait()
    except SystemExit:  # Ctrl-C, as it was told above
        say("stopping")


def end_at(signo, _frame):
    raise SystemExit(128 + signo)


def catch_signals():
    """Told to end, we stop what we started first; `finally` does."""
    for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signo, end_at)


def stop_all(v, mail, failed):
    """Only the logs stay, where there was a failure."""
    for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signo, signal.SIG_IGN)
    v.stop()
    mail.stop()
    if failed:
        for log in (f"{STACK_FOLDER}/log", f"{v.home}/postgres/server.log"):
            subprocess.run(["cp", "-r", log, FOLDER], check=False,
                           stderr=subprocess.DEVNULL)
        say(f"not finished; logs are in {FOLDER}")
    shutil.rmtree(SCRATCH, ignore_errors=True)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--keep", action="store_true")
    options = args.parse_args()
    started = time.time()
    failed = True
    catch_signals()
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    os.makedirs(STACK_FOLDER)
    mail = parts.MailStack(STACK_FOLDER, parts.free_base())
    v = parts.Volley(f"{SCRATCH}/home", f"{FOLDER}/volley.log")
    try:
        stack = mail.start()
        v.start()
        key = v.make_key()
        say(f"Postfix, Dovecot, PostgreSQL and Volley run ({v.url})")
        campaign = the_job(v, stack)
        say(f"report as expected; {time.time() - started:.1f} s in all "
            f"({os.path.relpath(FOLDER)}/report.json)")
        failed = False
        if options.keep:
            keep(v, stack, key, campaign)
    except (RuntimeError, OSError, subprocess.SubprocessError) as e:
        say(e)
        sys.exit(1)
    finally:
        stop_all(v, mail, failed)


if __name__ == "__main__":
    main()
