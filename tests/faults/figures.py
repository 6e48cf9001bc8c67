"""What a fault test counted, beside what the numbers have to be."""


class Figures:
    """Each is asserted as it is told; rows are kept for a table."""

    def __init__(self):
        self.rows = []  # name, value, what was wanted

    def note(self, name, value):
        """A number that may be anything."""
        self.rows.append((name, value, ""))

    def exactly(self, name, value, wanted):
        self.rows.append((name, value, f"= {wanted}"))
        assert value == wanted, f"{name}: {value}, expected {wanted}"

    def at_most(self, name, value, most):
        self.rows.append((name, value, f"<= {most}"))
        assert value <= most, f"{name}: {value}, expected at most {most}"

    def at_least(self, name, value, least):
        self.rows.append((name, value, f">= {least}"))
        assert value >= least, f"{name}: {value}, expected at least {least}"

    def ledger(self, result, **wanted):
        """Counts of the checker, summed over campaigns; lost is what is
        pending at the end."""
        totals = {"lost": sum(c["pending"] for c in result["campaigns"]),
                  "duplicates": result["duplicates"],
                  "uncertain": result["uncertain"]}
        self.exactly("lost", totals["lost"], 0)
        for name in ("duplicates", "uncertain"):
            if name in wanted:
                self.exactly(name, totals[name], wanted[name])
            elif f"{name}_max" in wanted:
                self.at_most(name, totals[name], wanted[f"{name}_max"])
            else:
                self.note(name, totals[name])
