"""Webhooks of calotype serve: signed messages, retries, restarts, and targets that are refused."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
import unittest

from calotype import CalotypeTestCase
from server_process import Server


class Receiver:
    """Verifies signatures as the Standard Webhooks specification says, and answers with `statuses`, then with 204."""

    def __init__(self) -> None:
        self.secret = ""
        self.statuses: list[int] = []
        self.accepted: list[dict] = []
        self.ids: list[str] = []
        self.problems: list[str] = []
        self.changed = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status = receiver.receive(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def receive(self, headers: object, body: bytes) -> int:
        with self.changed:
            # The first message may come before the test knows the secret.
            self.changed.wait_for(lambda: self.secret, timeout=30)
            self.ids.append(headers["webhook-id"])
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            key = base64.b64decode(self.secret.removeprefix("whsec_"))
            signature = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
            if signature not in headers["webhook-signature"].split():
                self.problems.append("wrong signature")
            if abs(int(headers["webhook-timestamp"]) - time.time()) > 60:
                self.problems.append("old message")
            status = self.statuses.pop(0) if self.statuses else 204
            if status == 204:
                self.accepted.append(json.loads(body))
            self.changed.notify_all()
            return status

    def photos(self) -> list[int]:
        return [change["photo"] for message in self.accepted for change in message["data"].get("changes", [])]

    def wait_for(self, condition: object) -> None:
        with self.changed:
            if not self.changed.wait_for(condition, timeout=30):
                raise AssertionError(f"{self.accepted} {self.ids}")


class WebhookTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.library.add_samples("robin.jpg")
        self.scan("--only", "pdq")

    def serve(self, *options: object) -> Server:
        server = Server(self.library, "--set", "server.webhook_retry_ms=100", *options)
        self.addCleanup(server.stop)
        return server

    def create(self, server: Server, host: str = "127.0.0.1", **body: object) -> int:
        answer = server.request("POST", "/api/v1/webhooks", {"url": f"http://{host}:{self.receiver.port}/hook", **body})
        self.assertEqual(answer.status, 201, answer.body)
        with self.receiver.changed:
            self.receiver.secret = answer.json()["secret"]
            self.receiver.changed.notify_all()
        return answer.json()["webhook"]

    def test_changes_arrive_signed_and_none_is_lost(self) -> None:
        allowed = ("--set", "server.webhook_networks=127.0.0.0/8")
        server = self.serve(*allowed)
        receiver = self.receiver
        receiver.statuses = [500, 302]
        webhook = self.create(server, from_start=True)
        receiver.wait_for(lambda: receiver.accepted)
        self.assertEqual(len(set(receiver.ids[:3])), 1, "a repeated message keeps its id")
        first = receiver.accepted[0]
        self.assertEqual((first["type"], first["data"]["since"]), ("photos.changed", None))
        self.assertTrue(first["data"]["changes"][0]["path"].endswith("robin.jpg"))
        self.assertEqual(server.get("/api/v1/changes").json()["next"], first["data"]["next"])

        # What changes while the server does not run arrives afterwards, and only that.
        self.assertEqual(server.stop(), 0)
        self.library.add_samples("flower.jpg")
        self.scan("--only", "pdq")
        server = self.serve(*allowed)
        receiver.wait_for(lambda: len(set(receiver.photos())) == 2)
        self.assertEqual(receiver.accepted[1]["data"]["since"], first["data"]["next"])
        self.assertEqual(receiver.photos(), [1, 2])

        listed = server.get("/api/v1/webhooks").json()["webhooks"]
        self.assertEqual([one["webhook"] for one in listed], [webhook])
        self.assertNotIn("secret", listed[0])
        test = server.request("POST", f"/api/v1/webhooks/{webhook}/test")
        self.assertEqual(test.json(), {"arrived": True, "error": None})
        self.assertEqual(receiver.accepted[-1]["type"], "test")
        self.assertEqual(server.request("DELETE", f"/api/v1/webhooks/{webhook}").status, 204)
        self.assertEqual(server.get("/api/v1/webhooks").json(), {"webhooks": []})
        self.assertEqual(server.request("POST", f"/api/v1/webhooks/{webhook}/test").status, 404)
        self.assertEqual(receiver.problems, [])

    def test_internal_targets_are_refused(self) -> None:
        server = self.serve("--set", "server.webhook_networks=10.0.0.0/8")
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"):
            webhook = self.create(server, host)
            answer = server.request("POST", f"/api/v1/webhooks/{webhook}/test").json()
            self.assertFalse(answer["arrived"], host)
            self.assertRegex(answer["error"], "internal address .*server.webhook_networks", host)
        self.assertEqual(self.receiver.ids, [])
        self.assertEqual(server.request("POST", "/api/v1/webhooks", {"url": "file:///etc/passwd"}).status, 400)

    def test_only_administrators_see_webhooks(self) -> None:
        token = self.library.run("token", "create", "app", "--scope", "write").stdout.strip()
        server = self.serve("--set", "server.require_token=true")
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/1"), ("POST", "/1/test")):
            body = {"url": "http://app.example"} if (method, path) == ("POST", "") else None
            answer = server.request(method, f"/api/v1/webhooks{path}", body, {"Authorization": f"Bearer {token}"})
            self.assertEqual(answer.status, 403, path)


if __name__ == "__main__":
    unittest.main()
