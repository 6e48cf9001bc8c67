"""A token endpoint of OAuth (RFC 6749, 6) on loopback, which does as told."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time
import urllib.parse


def jwt(user, key=b"mailstack-jwt-secret", life=3600):
    """What the mail stack's Dovecot takes for a token."""
    def part(x):
        return base64.urlsafe_b64encode(x).rstrip(b"=")
    now = int(time.time())
    head = part(b'{"alg":"HS256","kid":"default","typ":"JWT"}') + b"." + part(json.dumps({
        "sub": user, "email": user, "iat": now - 5, "nbf": now - 5,
        "exp": now + life}).encode())
    return (head + b"." + part(hmac.new(key, head, hashlib.sha256)
                               .digest())).decode()


class TokenEndpoint:
    """`answer` is what each request gets: "grant", "rotate", "hang", "close"
    or (status, document)."""

    def __init__(self, answer="grant", life=3600, make=None, stack=None):
        self.answer, self.life = answer, life
        self.make = make or (lambda n: f"token-{n}")
        self.requests, self.refresh_token = [], "refresh-0"
        self.granted = 0
        self.lock = threading.Lock()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                endpoint.serve(self, self.rfile.read(size).decode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if stack is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(stack.cert, stack.key)
            self.server.socket = context.wrap_socket(self.server.socket,
                                                     server_side=True)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def serve(self, handler, body):
        form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
        with self.lock:
            self.requests.append(form)
            answer = self.answer
            status, document = self.decide(answer, form)
        if answer == "hang":
            time.sleep(60)
        if answer in ("hang", "close"):
            handler.close_connection = True
            return
        text = json.dumps(document).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def decide(self, answer, form):
        if isinstance(answer, tuple):
            return answer
        if answer in ("hang", "close"):
            return None, None
        if form.get("refresh_token") != self.refresh_token:
            return 400, {"error": "invalid_grant",
                         "error_description": "Token has been revoked."}
        self.granted += 1
        document = {"access_token": self.make(self.granted),
                    "token_type": "Bearer", "expires_in": self.life}
        if answer == "rotate":
            self.refresh_token = f"refresh-{self.granted}"
            document["refresh_token"] = self.refresh_token
        return 200, document

    def grant(self, **more):
        """The field `oauth` of an account."""
        return {"token_url": self.url, "client_id": "volley",
                "client_secret": "client & secret",
                "refresh_token": self.refresh_token, "scope": "mail send",
                **more}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
