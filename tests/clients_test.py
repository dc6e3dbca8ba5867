"""Programs that use calotype serve: assistants (MCP)."""

import base64
import json
import pathlib
import unittest

from server_process import Answer, ScannedTestCase, violations


class McpTest(ScannedTestCase):
    def post(self, message: object, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.request("POST", "/mcp", message, {"Content-Type": "application/json", **named})

    def call(self, method: str, **params: object) -> dict:
        answer = self.post({"jsonrpc": "2.0", "id": "one", "method": method, "params": params})
        self.assertEqual((answer.status, answer.type), (200, "application/json"), answer.body)
        self.assertEqual((answer.json()["jsonrpc"], answer.json()["id"]), ("2.0", "one"))
        return answer.json()

    def use(self, tool: str, expect_error: bool = False, **arguments: object) -> dict | str:
        """What a tool answers: its JSON, or the text of its error."""
        result = self.call("tools/call", name=tool, arguments=arguments)["result"]
        self.assertEqual(result["isError"], expect_error, result)
        (content,) = result["content"]
        return content["text"] if expect_error else json.loads(content["text"]) if content["type"] == "text" else content

    def test_client_and_server_agree_on_a_version(self) -> None:
        for wanted, agreed in (("2025-06-18",) * 2, ("2025-03-26",) * 2, ("2024-11-05", "2025-06-18")):
            result = self.call("initialize", protocolVersion=wanted, capabilities={}, clientInfo={"name": "t", "version": "1"})["result"]
            self.assertEqual(result["protocolVersion"], agreed)
            self.assertEqual(result["capabilities"], {"tools": {}})
            self.assertRegex(result["serverInfo"]["version"], r"^\d+\.\d+")
        self.assertEqual(self.call("ping")["result"], {})
        started = self.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, MCP_Protocol_Version="2025-06-18")
        self.assertEqual((started.status, started.body), (202, b""))
        for method in ("GET", "DELETE"):
            refused = self.server.request(method, "/mcp")
            self.assertEqual((refused.status, refused.headers["allow"]), (405, "POST"))

    def test_an_assistant_finds_describes_and_sees_photos(self) -> None:
        tools = self.call("tools/list")["result"]["tools"]
        self.assertEqual(
            {tool["name"] for tool in tools}, {"search_photos", "describe_photo", "list_people", "get_thumbnail"}
        )
        for tool in tools:
            self.assertIs(tool["inputSchema"]["additionalProperties"], False)
            self.assertTrue(tool["annotations"]["readOnlyHint"])
        found = self.use("search_photos", q="a cat", limit=1)
        self.assertEqual(found, self.server.get("/api/v1/search", q="a cat", limit=1).json())
        photo = found["hits"][0]["photo"]
        described = self.use("describe_photo", photo=photo)
        self.assertEqual(pathlib.Path(described["path"]).name, "cat.png")
        self.assertEqual(described["objects"].get("cat"), 1, described)
        self.assertNotIn("embedding", described)

        people = self.use("list_people")
        self.assertTrue(people["people"])
        person = people["people"][0]["person"]
        self.assertEqual(self.server.request("PATCH", f"/api/v1/people/{person}", {"name": "Ada"}).status, 204)
        hits = self.use("search_photos", q="person:Ada")["hits"]
        self.assertTrue(hits)
        described = self.use("describe_photo", photo=hits[0]["photo"])
        self.assertIn({"person": person, "name": "Ada"}, described["people"])

        seen = self.use("get_thumbnail", photo=photo, size="small")
        self.assertEqual((seen["type"], seen["mimeType"]), ("image", "image/jpeg"))
        thumbnail = self.server.get(f"/api/v1/photos/{photo}/thumbnail", format="jpeg")
        self.assertEqual(base64.b64decode(seen["data"], validate=True), thumbnail.body)

    def test_mistakes_are_explained_to_assistants(self) -> None:
        for tool, arguments, words in (
            ("search_photos", {}, "q is missing"),
            ("search_photos", {"q": "cat", "limit": 101}, "1 to 100"),
            ("search_photos", {"q": "rating:x"}, "rating"),
            ("describe_photo", {"photo": 1, "all": True}, "'all' is unknown"),
            ("describe_photo", {"photo": 99999}, "99999"),
            ("get_thumbnail", {"photo": "1"}, "whole number"),
        ):
            self.assertIn(words, self.use(tool, expect_error=True, **arguments))
        self.assertEqual(self.call("tools/call", name="delete_photos")["error"]["code"], -32602)
        self.assertEqual(self.call("resources/list")["error"]["code"], -32601)
        for body, words in (
            (b"{", "not JSON"),
            (b"[" * 100_000 + b"]" * 100_000, "64 levels"),
            ({"id": 1, "method": "ping"}, "jsonrpc"),
            ({"jsonrpc": "2.0", "id": None, "method": "ping"}, "id must be"),
        ):
            answer = self.post(body)
            self.assertEqual((answer.status, answer.type), (400, "application/problem+json"), body)
            self.assertIn(words, answer.json()["detail"])
        self.assertEqual(self.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, MCP_Protocol_Version="1").status, 400)

    def test_batches_are_answered_in_the_version_that_has_them(self) -> None:
        batch = [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "method": "notifications/initialized"},
                 {"jsonrpc": "2.0", "id": 2, "method": "nothing"}]
        answer = self.post(batch)
        self.assertEqual([one["id"] for one in answer.json()], [1, 2])
        document = self.server.get("/api/v1/openapi.json").json()
        schema = document["paths"]["/mcp"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        self.assertEqual(violations(answer.json(), schema, document["components"]["schemas"]), [])
        self.assertEqual(self.post(batch, MCP_Protocol_Version="2025-06-18").status, 400)
        self.assertEqual(self.post(batch * 7).status, 400)

    def test_an_assistant_needs_a_token_and_no_other_page_reaches_it(self) -> None:
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(self.post(ping, Origin="http://evil.example").status, 403)
        self.assertEqual(self.post(ping, Host="evil.example").status, 421)
        token = self.library.run("token", "create", "assistant", "--scope", "read").stdout.strip()
        self.server = self.serve("--set", "server.require_token=true")
        refused = self.post(ping)
        self.assertEqual(refused.status, 401)
        self.assertIn("Bearer", refused.headers["www-authenticate"])
        self.assertEqual(self.post(ping, Authorization=f"Bearer {token}").status, 200)


if __name__ == "__main__":
    unittest.main()
