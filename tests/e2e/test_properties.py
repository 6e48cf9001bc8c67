"""Every operation of the contract with whatever fits its schemas, and what
does not: never a 5xx, never an answer that the contract does not know.

VOLLEY_PROPERTY_SECONDS (default 20) is for all operations together.
"""

import os
import tempfile
import time
import urllib.parse

from hypothesis import (HealthCheck, Phase, configuration, given,
                        seed as seed_of, settings, strategies as st)

# nothing of it is to stay in the folder of the sources
configuration.set_hypothesis_home_dir(tempfile.gettempdir() + "/hypothesis")

SECONDS = float(os.environ.get("VOLLEY_PROPERTY_SECONDS", "20"))
TEXT = st.text(max_size=30)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False,
                                                          allow_infinity=False)
    | TEXT, lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6)
FORMATS = {
    "date-time": st.sampled_from([
        "2026-11-01T10:00:00Z", "1970-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00:00Z", "now"]),
    "email": st.sampled_from(["a@example.com", "Ünï@example.com", "x", "a@b"]),
    "uri": st.sampled_from(["https://example.com/", "x", "javascript:1"]),
}
# whole numbers at the edges of what a database takes
EDGES = st.sampled_from([-1, 0, 1, 2, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63])
# answers that wait for workers, who are not there
SLOW = ("/test", "/reclassify", "/progress")


class Maker:
    """Values of the contract's schemas, as hypothesis strategies."""

    def __init__(self, contract):
        self.contract = contract

    def of(self, schema, depth=0):
        schema = self.contract.deref(schema) if isinstance(
            schema, dict) else {}
        for one in ("oneOf", "anyOf", "allOf"):
            if one in schema and depth < 5:
                return st.one_of([self.of(s, depth + 1) for s in schema[one]])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kinds = schema.get("type", "any")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return st.one_of([self.kind(k, schema, depth) for k in kinds])

    def kind(self, kind, schema, depth):
        if kind == "object" and depth < 5:
            return self.object(schema, depth)
        if kind == "array" and depth < 5:
            return st.lists(self.of(schema.get("items", {}), depth + 1),
                            max_size=4)
        return {
            "null": st.none(), "boolean": st.booleans(),
            "integer": st.integers(1, 50) | EDGES,
            "number": st.floats(allow_nan=False, allow_infinity=False),
            "string": FORMATS.get(schema.get("format"), TEXT),
        }.get(kind, ANY)

    def object(self, schema, depth):
        fields = {name: self.of(s, depth + 1)
                  for name, s in schema.get("properties", {}).items()}
        must = set(schema.get("required", []))
        if not fields:
            return st.dictionaries(TEXT, ANY, max_size=3)
        return st.fixed_dictionaries(
            {n: s for n, s in fields.items() if n in must},
            optional={n: s for n, s in fields.items() if n not in must})

    def body(self, schema):
        """Mostly what fits; sometimes a field too many, or anything."""
        fits = self.of(schema)
        return st.one_of(fits, fits, fits, ANY, st.builds(
            lambda a, b: {**a, **b} if isinstance(a, dict) else b, fits,
            st.dictionaries(TEXT, ANY, max_size=2)))

    def parameters(self, item, operation, where):
        said = [self.contract.deref(p) for p in
                item.get("parameters", []) + operation.get("parameters", [])]
        return {p["name"]: self.of(p.get("schema", {})) | TEXT
                for p in said if p["in"] == where}


def operations(contract):
    for path, item in contract.document["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and not path.endswith(SLOW):
                yield method.upper(), path, item, operation


def word(value):
    """As it goes into a URL."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return urllib.parse.quote(text.encode("utf-8", "replace"), safe="")


def requests_of(contract, item, path, operation):
    """Path, query and body of requests to an operation."""
    make = Maker(contract)
    places = make.parameters(item, operation, "path")
    places = {n: (st.integers(1, 30) | EDGES | TEXT) if n == "id" else s
              for n, s in places.items()}
    content = contract.deref(operation.get("requestBody", {})).get(
        "content", {})
    body = (make.body(content["application/json"].get("schema", {}))
            if "application/json" in content else st.none())
    query = st.fixed_dictionaries({}, optional=make.parameters(
        item, operation, "query"))

    def fill(values):
        filled = path
        for name, value in values.items():
            filled = filled.replace(f"{{{name}}}", word(value) or "x")
        return filled
    return st.tuples(st.fixed_dictionaries(places).map(fill), query, body)


def check(api, operation, seed, count):
    """So many requests; what is wrong is an AssertionError."""
    method, path, item, said = operation

    @seed_of(seed)
    @settings(max_examples=count, deadline=None, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(requests_of(api.contract, item, path, said))
    def ask(request):
        target, query, body = request
        query = "&".join(f"{word(k)}={word(v)}" for k, v in query.items())
        answer = api.call(method, target + (query and "?" + query), body)
        assert answer.status_code < 500, f"{target} {query} {answer.text}"
    ask()


def test_answers_are_those_of_the_contract(api):
    """Rounds over all operations, other requests in each."""
    todo, found = list(operations(api.contract)), {}
    until, rounds = time.monotonic() + SECONDS, 0
    while rounds == 0 or time.monotonic() < until:
        for operation in todo:
            name = f"{operation[0]} {operation[1]}"
            try:
                check(api, operation, rounds, 5)
            except Exception as e:  # whatever it is, it is a finding
                found.setdefault(name, f"{name}: {str(e)[:400]}")
        rounds += 1
    print(f"{rounds * 5} requests to each of {len(todo)} operations,"
          f" {len(found)} findings")
    assert not found, "\n".join(found.values())
