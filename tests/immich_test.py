"""calotype serve --immich: requests as Immich's server sends them."""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import threading
import time
import unittest
import uuid

from calotype import ROOT, SAMPLES, CalotypeTestCase
from hub_server import HubServer
from server_process import Answer, Server, ServerTestCase


def form(**fields: object) -> tuple[bytes, dict[str, str]]:
    """A body of multipart/form-data and its header, as Node's FormData makes them."""
    boundary = "----formdata-undici-" + uuid.uuid4().hex[:12]
    body = b""
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head += '; filename="blob"\r\nContent-Type: application/octet-stream'
        body += head.encode() + b"\r\n\r\n" + (value if isinstance(value, bytes) else str(value).encode()) + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


OCR = {
    "ocr": {
        "detection": {"modelName": "PP-OCRv6_small", "options": {"minScore": 0.5, "maxResolution": 736}},
        "recognition": {"modelName": "PP-OCRv6_small", "options": {"minScore": 0.8}},
    }
}


class ImmichTest(CalotypeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.server = Server(self.library, "--immich", "127.0.0.1:0")
        self.addCleanup(self.server.stop)
        line = self.server.process.stdout.readline()
        line = line if "Immich" in line else self.server.process.stdout.readline()
        self.api_port = self.server.port
        self.server.port = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])

    def predict(self, entries: object, **fields: object) -> Answer:
        body, headers = form(entries=entries if isinstance(entries, str) else json.dumps(entries), **fields)
        return self.server.request("POST", "/predict", body, headers)

    def test_text_is_read_with_places_from_0_to_1(self) -> None:
        answer = self.predict(OCR, image=(SAMPLES / "sign_no_parking.jpg").read_bytes())
        self.assertEqual(answer.status, 200, answer.body)
        seen = answer.json()
        self.assertIn("PARKING", " ".join(seen["ocr"]["text"]))
        lines = len(seen["ocr"]["text"])
        self.assertEqual([len(seen["ocr"][key]) for key in ("box", "boxScore", "textScore")], [8 * lines, lines, lines])
        self.assertTrue(all(0 <= value <= 1 for value in seen["ocr"]["box"]))
        self.assertGreater(seen["imageWidth"], 0)

    def test_a_picture_without_text_has_empty_lists(self) -> None:
        answer = self.predict(OCR, image=(SAMPLES / "moon.png").read_bytes()).json()
        self.assertEqual(answer["ocr"], {"text": [], "box": [], "boxScore": [], "textScore": []})

    def test_a_model_that_is_not_here_is_an_error_that_says_what_to_do(self) -> None:
        answer = self.predict({"clip": {"textual": {"modelName": "ViT-B-32__openai"}}}, text="a dog")
        self.assertEqual(answer.status, 500)
        self.assertNotIn(b"[", answer.body)
        time.sleep(0.2)
        self.assertRegex("".join(self.server.errors), "ViT-B-32__openai.*(not installed|models pull|cache)")

    def test_mistakes_have_the_status_that_immich_expects(self) -> None:
        photo = (SAMPLES / "moon.png").read_bytes()
        self.assertEqual(self.predict("{", text="a").status, 422)
        self.assertEqual(self.predict({"clip": {"visual": {}}}, image=photo).status, 422)
        self.assertEqual(self.predict(OCR).status, 400)
        self.assertEqual(self.predict({"ocr": {"recognition": {"modelName": "PP-OCRv6_small"}}}, image=photo).status, 400)
        self.assertEqual(self.predict(OCR, image=b"not a photo").status, 500)

    def test_it_stays_healthy_while_models_load_and_run(self) -> None:
        slowest = 0.0
        done = threading.Event()

        def ping() -> None:
            nonlocal slowest
            while not done.is_set():
                start = time.monotonic()
                answer = self.server.get("/ping")
                slowest = max(slowest, time.monotonic() - start)
                self.assertEqual((answer.status, answer.body), (200, b"pong"))
                time.sleep(0.05)

        watcher = threading.Thread(target=ping)
        watcher.start()
        photo = (SAMPLES / "sign_no_parking.jpg").read_bytes()
        answers: list[Answer] = []
        workers = [threading.Thread(target=lambda: answers.append(self.predict(OCR, image=photo))) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        done.set()
        watcher.join()
        self.assertEqual([answer.status for answer in answers], [200] * 6)
        self.assertEqual(len({answer.body for answer in answers}), 1)
        self.assertLess(slowest, 2, "Immich takes a service that answers later for a dead one")

    def test_nothing_else_is_served_without_a_token(self) -> None:
        self.assertEqual(self.server.get("/").json(), {"message": "Immich ML"})
        for path in ("/api/v1/photos", "/metrics", "/page/icon.svg"):
            self.assertEqual(self.server.get(path).status, 404, path)
        self.assertEqual(self.server.get("/ping", {"Origin": "http://evil.example"}).status, 403)


def immich_cache(folder: pathlib.Path) -> pathlib.Path:
    """The cache folder of Immich's service, with the tiny graphs of the unit tests."""
    embed, faces = ROOT / "src/analysis/embed/testdata", ROOT / "src/analysis/faces/testdata"
    files = {
        "clip/ViT-B-32__openai/visual/model.onnx": embed / "contrastive/immich_visual.onnx",
        "clip/ViT-B-32__openai/textual/model.onnx": embed / "contrastive/immich_textual.onnx",
        "clip/ViT-B-32__openai/textual/tokenizer.json": embed / "tokenizers/clip.json",
        "facial-recognition/buffalo_l/detection/model.onnx": faces / "scrfd.onnx",
        "facial-recognition/buffalo_l/recognition/model.onnx": faces / "arcface.onnx",
    }
    texts = {
        "clip/ViT-B-32__openai/config.json": {"text_cfg": {"context_length": 77}},
        "clip/ViT-B-32__openai/textual/tokenizer_config.json": {"pad_token": "<|endoftext|>"},
        "clip/ViT-B-32__openai/visual/preprocess_cfg.json": {
            "size": [64, 64], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic"
        },
    }
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / name)
    for name, value in texts.items():
        (folder / name).write_text(json.dumps(value))
    return folder


class ImmichLoadTest(CalotypeTestCase):
    def test_requests_that_share_runs_get_their_own_answers(self) -> None:
        cache = immich_cache(self.library.home / "models")
        server = Server(self.library, "--immich", "127.0.0.1:0", environment={"MACHINE_LEARNING_CACHE_FOLDER": str(cache)})
        self.addCleanup(server.stop)
        line = server.process.stdout.readline()
        line = line if "Immich" in line else server.process.stdout.readline()
        api_port, server.port = server.port, int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
        everything = {
            "clip": {"visual": {"modelName": "ViT-B-32__openai"}},
            "facial-recognition": {
                "detection": {"modelName": "buffalo_l", "options": {"minScore": 0.5}},
                "recognition": {"modelName": "buffalo_l"},
            },
        }
        words = {"clip": {"textual": {"modelName": "ViT-B-32__openai"}}}
        photos = [(SAMPLES / name).read_bytes() for name in ("biden.jpg", "cat.png", "moon.png", "robin.jpg", "coins.png")]

        def ask(number: int) -> dict:
            if number % 6 == 5:
                body, headers = form(entries=json.dumps(words), text=f"a photo of {number} dogs")
            else:
                body, headers = form(entries=json.dumps(everything), image=photos[number % 6])
            answer = server.request("POST", "/predict", body, headers)
            self.assertEqual(answer.status, 200, answer.body)
            return answer.json()

        def vector(answer: dict) -> list[float]:
            return json.loads(answer["clip"])

        alone = [ask(number) for number in range(6)]
        self.assertEqual(len({answer["clip"] for answer in alone}), 6, "they differ, so mixed-up answers would show")
        with concurrent.futures.ThreadPoolExecutor(12) as clients:
            together = list(clients.map(ask, range(36)))
        for number, answer in enumerate(together):
            if number % 6 == 5:
                self.assertEqual(len(vector(answer)), len(vector(alone[5])))
                continue
            own = alone[number % 6]
            # The order of additions depends on the number of rows, so the last bits may differ.
            cosine = sum(a * b for a, b in zip(vector(answer), vector(own)))
            self.assertGreater(cosine, 0.9999, number)
            self.assertEqual([face["boundingBox"] for face in answer["facial-recognition"]],
                             [face["boundingBox"] for face in own["facial-recognition"]])
        server.port = api_port
        metrics = server.get("/metrics").body.decode()
        self.assertRegex(metrics, r'calotype_model_run_seconds_count\{model="[^"]*ViT-B-32__openai/visual"\} [1-9]')
        self.assertRegex(metrics, r'calotype_model_device\{[^}]*cpu f32[^}]*\} 1')
        self.assertIn('calotype_waiting_requests{queue="models"} 0', metrics)


class ImmichEnvironmentTest(ServerTestCase):
    def test_the_variables_of_immichs_container_are_read(self) -> None:
        variables = {
            "IMMICH_HOST": "127.0.0.1",
            "IMMICH_PORT": "38123",
            "MACHINE_LEARNING_WORKERS": "2",
            "MACHINE_LEARNING_MODEL_TTL": "60",
        }
        server = self.serve("--immich", "on", environment=variables)
        server.port = 38123
        self.assertEqual(server.get("/ping").body, b"pong")
        self.wait_for(lambda: "MACHINE_LEARNING_WORKERS has no effect" in "".join(server.errors))

    def test_an_address_on_the_command_line_comes_first(self) -> None:
        server = self.serve("--immich", "127.0.0.1:0", environment={"IMMICH_PORT": "38124"})
        self.assertEqual(server.get("/healthz").status, 200)
        self.wait_for(lambda: "IMMICH_HOST and IMMICH_PORT have no effect" in "".join(server.errors))


class FetchTest(ServerTestCase):
    """Models that are downloaded when Immich first asks for them."""

    licence = "Research-only"

    def setUp(self) -> None:
        super().setUp()
        self.hub = HubServer()
        self.addCleanup(self.hub.close)
        environment = self.library.environment
        for name in [name for name in environment if name.lower().endswith("_proxy")]:
            del environment[name]
        environment["HF_ENDPOINT"] = self.hub.endpoint
        environment["CALOTYPE_MODELS_FOLDER"] = str(self.library.home / "models")
        testdata = ROOT / "src/analysis/embed/testdata"
        # Immich's own file: its repository and path say which model it is.
        text = 'format = 1\nname = "tiny"\n[[model]]\nname = "text"\ntask = "embed.text"\nfamily = "clip"\nfile = "text.onnx"\n'
        text += self.entry("textual/model.onnx", testdata / "contrastive/immich_textual.onnx")
        text += f'licence = "{self.licence}"\nlicence_terms = "Not for money."\n'
        for name in ("vocab.json", "merges.txt"):
            text += f'[[model.extra_files]]\npath = "{name}"\n' + self.entry(f"textual/{name}", testdata / "tokenizers/clip" / name)
        text += '[model.params]\nspace = "random"\n'
        text += '[[model]]\nname = "image"\ntask = "embed.image"\nfamily = "clip"\nfile = "image.onnx"\nlicence = "MIT"\n'
        text += self.entry("visual/model.onnx", testdata / "contrastive/immich_visual.onnx")
        text += '[model.params]\nspace = "random"\ninput_size = 64\n'
        self.manifest = self.library.home / "tiny.toml"
        self.manifest.write_text(text)

    def entry(self, path: str, file: pathlib.Path) -> str:
        """The keys that say where the file is fetched from, and its pin."""
        data, revision = file.read_bytes(), "f" * 40
        self.hub.add("immich-app/tiny-clip", path, data)
        hub = f'hub = {{repository = "immich-app/tiny-clip", revision = "{revision}", path = "{path}"}}'
        return f'{hub}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\nbytes = {len(data)}\n'

    def serve(self, *options: str) -> Server:
        server = Server(self.library, "--immich", "127.0.0.1:0", "--set", f"server.immich_packs={self.manifest}", *options)
        self.addCleanup(server.stop)
        line = server.process.stdout.readline()
        line = line if "Immich" in line else server.process.stdout.readline()
        server.port = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
        return server

    def predict(self, server: Server, model: str = "tiny-clip") -> Answer:
        body, headers = form(entries=json.dumps({"clip": {"textual": {"modelName": model}}}), text="a dog")
        return server.request("POST", "/predict", body, headers)

    def test_a_model_is_there_soon_after_the_first_request(self) -> None:
        self.hub.faults.slow = 0.05
        server = self.serve("--set", f"server.immich_licences={self.licence}")
        first = self.predict(server)
        self.assertEqual(first.status, 500)
        self.assertIn("is not there yet: the pack", first.body.decode())
        self.wait_for(lambda: f"{self.licence}, accepted by server.immich_licences: Not for money." in "".join(server.errors))
        self.assertEqual(server.get("/ping").body, b"pong")
        for _ in range(200):
            answer = self.predict(server)
            if answer.status == 200:
                break
            self.assertIn(b"is not there yet", answer.body)
            time.sleep(0.1)
        self.assertGreater(len(json.loads(answer.json()["clip"])), 1)
        self.assertEqual(len({request.path for request in self.hub.log if request.method == "GET" and "textual/model" in request.path and request.server == "hub"}), 1)
        other = self.predict(server, "another-clip")
        self.assertIn("is not installed", other.body.decode())

    def look(self, server: Server) -> Answer:
        """Asks about a photo, as a job of Immich does."""
        body, headers = form(entries=json.dumps({"clip": {"visual": {"modelName": "tiny-clip"}}}),
                             image=(SAMPLES / "robin.jpg").read_bytes())
        return server.request("POST", "/predict", body, headers, timeout=120)

    def test_photos_wait_for_their_model_while_pings_are_answered(self) -> None:
        self.hub.faults.slow = 0.5
        server = self.serve("--set", f"server.immich_licences={self.licence}")
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(self.look, server) for _ in range(3)]
            pings = []
            while not all(answer.done() for answer in answers):
                start = time.monotonic()
                self.assertEqual(server.get("/ping").body, b"pong")
                pings.append(time.monotonic() - start)
                if len(pings) == 3:  # a search does not wait
                    self.assertIn("is not there yet: the pack", self.predict(server).body.decode())
                time.sleep(0.05)
        self.assertEqual([answer.result().status for answer in answers], [200] * 3, answers[0].result().body)
        self.assertGreater(len(pings), 10)
        self.assertLess(max(pings), 2, "Immich takes a service that answers later for a dead one")
        self.assertEqual(self.predict(server).status, 200)

    def test_a_server_that_stops_does_not_wait_for_a_download(self) -> None:
        self.hub.faults.slow = 30
        server = self.serve("--set", f"server.immich_licences={self.licence}")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.look, server)
            for _ in range(200):
                if any(request.server == "cdn" for request in self.hub.log):
                    break
                time.sleep(0.05)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(answer.result().status, 500)
            self.assertIn("the server ends", answer.result().body.decode())

    def test_a_licence_that_was_not_accepted_is_named(self) -> None:
        answer = self.predict(self.serve())
        self.assertEqual(answer.status, 500)
        self.assertIn(f"the licence {self.licence} was not accepted", answer.body.decode())
        self.assertIn("server.immich_licences", answer.body.decode())
        self.assertEqual(self.hub.log, [])

    def test_a_download_that_fails_says_why(self) -> None:
        self.hub.files.clear()
        server = self.serve("--set", f"server.immich_licences={self.licence}")
        for _ in range(100):
            answer = self.predict(server)
            self.assertEqual(answer.status, 500)
            if b"could not be downloaded" in answer.body:
                break
            time.sleep(0.1)
        self.assertIn(b"could not be downloaded with the pack", answer.body)

    def test_a_pack_that_nobody_knows_is_refused_at_the_start(self) -> None:
        done = self.library.run("serve", "--listen", "127.0.0.1:0", "--immich", "127.0.0.1:0", "--set", "server.immich_packs=nonsense")
        self.assertEqual(done.returncode, 1)
        self.assertIn("server.immich_packs: unknown pack 'nonsense'", done.stderr)


if __name__ == "__main__":
    unittest.main()
