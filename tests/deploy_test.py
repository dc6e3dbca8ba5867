"""What deploy/ expects of the program: the check of health in the container, and the metrics of the dashboard. Linters look at the
files themselves (tools/deploy/test)."""

import json
import re
import subprocess
import unittest

from calotype import ROOT, CalotypeTestCase
from server_process import ScannedTestCase, Server

# Made when something fails for the first time, with search.segments, and by workers and coordinators.
NOT_ALWAYS = {
    "calotype_model_failed_runs_total", "calotype_model_fallbacks_total", "calotype_model_load_failures_total",
    "calotype_index_photos", "calotype_index_segments",
    "calotype_photos_per_minute", "calotype_photos_held", "calotype_device_info", "calotype_leads", "calotype_catalog_up",
    "calotype_last_walk_timestamp_seconds", "calotype_last_walk_files",
}


class HealthCheckTest(CalotypeTestCase):
    def check(self, port: int) -> int:
        return subprocess.run(
            [ROOT / "deploy/container/health_check", str(port)], stderr=subprocess.DEVNULL, timeout=20
        ).returncode

    def test_it_tells_a_server_that_answers_from_one_that_does_not(self) -> None:
        server = Server(self.library, "--set", "server.require_token=true")
        try:
            self.assertEqual(self.check(server.port), 0, "no token is needed")
        finally:
            server.stop()
        self.assertNotEqual(self.check(server.port), 0)


class CommandsTest(CalotypeTestCase):
    def test_the_program_has_the_commands_and_options_that_are_started(self) -> None:
        started = set()
        for file in (ROOT / "deploy").rglob("*.*"):
            text = file.read_text(encoding="utf-8")
            for words in re.findall(r'(?:command|args): \["(coordinate|worker|serve)"(.*)\]', text):
                started.add(words)
            started.update(re.findall(r"^ExecStart=@CALOTYPE_PROGRAM@ (\w+)(.*)", text, re.MULTILINE))
        self.assertEqual({name for name, _ in started}, {"coordinate", "worker", "serve"})
        for name, rest in started:
            shown = self.library.run(name, "--help")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            for option in re.findall(r"--[a-z-]+", rest):
                self.assertIn(option, shown.stdout, f"calotype {name}")


class DashboardTest(ScannedTestCase):
    def test_each_metric_of_the_dashboard_is_served(self) -> None:
        self.assertEqual(self.server.get("/api/v1/search", q="a dog").status, 200)
        served = set(re.findall(r"^(\w+)[{ ]", self.server.get("/metrics").body.decode(), re.MULTILINE))
        dashboard = json.loads((ROOT / "deploy/grafana/calotype.json").read_text(encoding="utf-8"))
        asked = set()
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                asked.update(re.findall(r"\b(?:calotype|process)_\w+", target["expr"]))
        self.assertGreater(len(asked), 15)
        self.assertLessEqual(NOT_ALWAYS, asked)
        self.assertEqual(asked - served - NOT_ALWAYS, set())


if __name__ == "__main__":
    unittest.main()
