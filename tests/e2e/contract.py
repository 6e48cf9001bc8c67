"""Holds answers against the OpenAPI document that the server gives."""

import datetime
import re

import jsonschema

FORMATS = jsonschema.FormatChecker(())
JSON = ("application/json", "application/problem+json")


@FORMATS.checks("date-time", raises=ValueError)
def is_time(text):
    """RFC 3339: with an offset."""
    return (not isinstance(text, str)
            or datetime.datetime.fromisoformat(text).tzinfo is not None)


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.paths = [(self.pattern(path), item)
                      for path, item in document["paths"].items()]

    @staticmethod
    def pattern(path):
        return re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(path)))

    def deref(self, x):
        return self.resolver.resolve(x["$ref"])[1] if "$ref" in x else x

    def operation(self, method, path):
        for pattern, item in self.paths:
            if pattern.fullmatch(path):
                method = "get" if method == "HEAD" else method.lower()
                return item.get(method)
        return None

    def check(self, method, path, response):
        """Status, media type and body are what the document says."""
        operation = self.operation(method, path)
        if operation is None:
            assert response.status_code in (404, 405), (method, path)
            return
        said = operation["responses"]
        status = str(response.status_code)
        assert status in said or "default" in said, f"{method} {path}: {status}"
        content = self.deref(said.get(status) or said["default"]).get("content")
        if content is None:
            assert response.content == b""
            return
        media = response.headers["Content-Type"].split(";")[0]
        assert media in content, f"{method} {path} {status}: {media}"
        if media in JSON and method != "HEAD":
            jsonschema.Draft202012Validator(
                content[media]["schema"], resolver=self.resolver,
                format_checker=FORMATS).validate(response.json())
