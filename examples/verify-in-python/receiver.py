"""Receives deliveries and verifies them with the standard library alone: python3 receiver.py whsec_…"""

import base64
import hashlib
import hmac
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE_SECONDS = 300


def is_genuine(body, headers, secrets, now=None):
    """Whether the bytes came from Trunkline, lately. Several secrets may be given while one is being changed."""
    id, sent, signatures = (headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature"))
    if not id or not signatures or not sent or not (sent.isascii() and sent.isdigit() and len(sent) < 16):
        return False
    if abs((time.time() if now is None else now) - int(sent)) > TOLERANCE_SECONDS:
        return False
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        if len(key) < 24:
            continue  # a secret that was forgotten: with an empty key anybody can sign
        signed = f"{id}.{sent}.".encode() + body  # the bytes as they came: JSON written anew has another signature
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(each.encode(), expected.encode()) for each in signatures.split(" ")):
            return True
    return False


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        genuine = is_genuine(body, self.headers, sys.argv[1:])
        if genuine:
            print(self.headers["webhook-id"], body.decode(), flush=True)  # may come more than once with the same id
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "4500"))), Receiver)
    print(f"waiting at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
