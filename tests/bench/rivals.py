"""What else could send it: Postfix's smtp-source, nodemailer's pool; and how
fast OpenSSL signs."""

import json
import os
import shutil
import subprocess
import time

import newsletter
import rig

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("VOLLEY_BUILD", "build"))
CONNECTIONS = 10


def await_listener(port):
    """Asks the kernel: smtp-sink would take a connection for a client."""
    for _ in range(500):
        with open("/proc/net/tcp", encoding="ascii") as f:
            if f":{port:04X} 00000000:0000 0A" in f.read():
                return
        time.sleep(0.01)
    raise RuntimeError("smtp-sink did not start")


def smtp_source(size, count=60000):
    """Messages a second, client's CPU; connections are kept."""
    port = rig.free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen(["/usr/sbin/smtp-sink", *user,
                             f"127.0.0.1:{port}", "1000"])
    await_listener(port)
    start, before = time.monotonic(), os.times()
    subprocess.run(["/usr/sbin/smtp-source", "-d", "-s", str(CONNECTIONS),
                    "-m", str(count), "-l", str(size), f"127.0.0.1:{port}"],
                   check=True)
    seconds, after = time.monotonic() - start, os.times()
    sink.terminate()
    sink.wait()
    cpu = (after.children_user + after.children_system
           - before.children_user - before.children_system)
    return {"messages_per_s": (count / seconds, "1/s"),
            "sender_cpu_us_per_message": (cpu * 1e6 / count, "us")}


def install_nodemailer():
    folder = f"{BUILD}/nodemailer"
    lock = f"{HERE}/nodemailer/package-lock.json"
    done = f"{folder}/node_modules/.package-lock.json"
    if not os.path.exists(done) or os.path.getmtime(done) < os.path.getmtime(lock):
        os.makedirs(folder, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(f"{HERE}/nodemailer/{name}", folder)
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"],
                       cwd=folder, check=True)
    return f"{folder}/node_modules"


def nodemailer(folder, count=5000):
    """The same job over TLS into the same sink."""
    modules = install_nodemailer()
    host = rig.Rig(folder)
    sink = host.sink("implicit")
    job = f"{folder}/job.json"
    with open(job, "w", encoding="utf-8") as f:
        json.dump({"host": "127.0.0.1", "port": sink.port, "ca": host.ca,
                   "recipients": count, "connections": CONNECTIONS,
                   "subject": newsletter.SUBJECT, "html": newsletter.html(),
                   "text": newsletter.text()}, f)
    out = subprocess.run(["node", f"{HERE}/nodemailer/pool.js", job],
                         env=dict(os.environ, NODE_PATH=modules), check=True,
                         capture_output=True, text=True).stdout
    sink.stop()
    figures = json.loads(out)
    return {"messages_per_s": (count / figures["seconds"], "1/s"),
            "sender_cpu_us_per_message":
                (figures["cpu_s"] * 1e6 / count, "us")}


def openssl_rsa2048(seconds=3):
    """Signatures a second of all cores together."""
    out = subprocess.run(["openssl", "speed", "-mr", "-seconds", str(seconds),
                          "-multi", str(os.cpu_count()), "rsa2048"],
                         check=True, capture_output=True, text=True).stdout
    line = [x for x in out.splitlines() if x.startswith("+F2:")][-1]
    return float(line.split(":")[3])
