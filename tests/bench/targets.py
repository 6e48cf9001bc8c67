"""What bench-send has to show on two cores with everything on one machine."""

import statistics

# Variant, the ratio's name, what its messages a second are compared with.
RATIOS = [
    ("plain", "times_smtp_source", ("smtp-source", "messages_per_s")),
    ("tls", "times_smtp_source", ("smtp-source", "messages_per_s")),
    ("tls", "times_nodemailer", ("nodemailer", "messages_per_s")),
]

AT_LEAST = [
    ("plain", "times_smtp_source", 2.25),
    ("tls", "times_smtp_source", 1.75),
    ("tls", "times_nodemailer", 20),
    ("tls-rsa2048", "share_of_openssl", 80),
]

AT_MOST = [
    ("tls", "sender_cpu_us_per_message", 28),
    ("tls", "postgres_cpu_us_per_message", 8),
    ("tls", "wal_bytes_per_message", 250),
    ("tls", "peak_rss_mib", 64),
]

# Ten times the recipients: time a message and memory.
SLOWER_PERCENT_MAX = 10
LARGE_MEMORY_MIB_MAX = 64


def say(ok, what, value, sign, target):
    print(f"{'holds' if ok else 'FAILS'}  {what}: {value:.2f} {sign} {target}")
    return ok


def median(figures, variant, metric):
    values = figures.get((variant, metric))
    return statistics.median(values) if values else None


def check_large(figures, large):
    memory = median(large, "tls", "peak_rss_mib")
    ok = say(memory <= LARGE_MEMORY_MIB_MAX, "tls, ten times: peak_rss_mib",
             memory, "<=", LARGE_MEMORY_MIB_MAX)
    small = median(figures, "tls", "messages_per_s")
    if small is None:
        return ok
    slower = 100 * (small / median(large, "tls", "messages_per_s") - 1)
    return say(slower <= SLOWER_PERCENT_MAX,
               "tls, ten times: time a message, % more", slower, "<=",
               SLOWER_PERCENT_MAX) and ok


def check(figures, large):
    """Prints a line a target that was measured; whether all hold."""
    ok = True
    for rows, sign in ((AT_LEAST, ">="), (AT_MOST, "<=")):
        for variant, metric, target in rows:
            value = median(figures, variant, metric)
            if value is None:
                continue
            holds = value >= target if sign == ">=" else value <= target
            ok = say(holds, f"{variant}: {metric}", value, sign, target) and ok
    return check_large(figures, large) and ok
