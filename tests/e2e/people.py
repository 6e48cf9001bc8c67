"""Users and browsers that are logged in."""

import itertools

import requests

PASSWORD = "correct horse battery"
COUNT = itertools.count(1)


def user(api, role="marketer", password=PASSWORD, **more):
    """A user's document, made through the API."""
    return api.post("/v1/users", {
        "email": f"user{next(COUNT)}@example.com", "role": role,
        "password": password} | more)


class Browser:
    """Keeps the cookie, and sends what our own pages would send."""

    def __init__(self, api, email=None, password=PASSWORD):
        self.api, self.http = api, requests.Session()
        self.token, self.origin = None, api.url
        if email is not None:
            response = self.log_in(email, password)
            assert response.status_code == 201, response.text

    def log_in(self, email, password=PASSWORD, **more):
        response = self.call("POST", "/v1/session",
                             {"email": email, "password": password}, **more)
        if response.status_code == 201:
            self.token = response.json()["csrf_token"]
        return response

    def call(self, method, path, body=None, token=True, origin=True, **more):
        """`token` and `origin`: ours, another, or None for without."""
        headers = more.pop("headers", {})
        token = self.token if token is True else token
        origin = self.origin if origin is True else origin
        if token is not None:
            headers["X-CSRF-Token"] = token
        if origin is not None:
            headers["Origin"] = origin
        response = self.http.request(method, self.api.url + path, json=body,
                                     headers=headers, timeout=60,
                                     allow_redirects=False, **more)
        self.api.contract.check(method, path.partition("?")[0], response)
        return response

    def status(self, method, path, body=None, **more):
        return self.call(method, path, body, **more).status_code

    @property
    def cookie(self):
        return self.http.cookies["volley_session"]

    def is_in(self):
        return self.status("GET", "/v1/session") == 200
