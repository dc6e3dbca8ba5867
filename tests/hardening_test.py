"""What the compiler and the linker put into the program against attacks through errors in memory."""

import platform
import re
import subprocess
import unittest

from calotype import BINARY


def readelf(*options: str) -> str:
    return subprocess.run(["readelf", "--wide", *options, BINARY], check=True, capture_output=True, text=True).stdout


class HardeningTest(unittest.TestCase):
    def test_addresses_are_random_and_tables_of_addresses_read_only(self) -> None:
        self.assertRegex(readelf("--file-header"), r"Type: +DYN", "position-independent")
        segments = readelf("--segments")
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK .* RW +0x", "the stack is not executable")
        self.assertRegex(readelf("--dynamic"), r"FLAGS_1.*NOW", "all functions are looked up at the start")

    def test_stacks_are_guarded_and_copies_checked(self) -> None:
        symbols = readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        checked = set(re.findall(r"__(\w+)_chk", symbols))
        self.assertTrue(checked & {"memcpy", "memmove", "memset", "read", "snprintf"}, checked)

    # The note in the file that promises this for all code is missing where the C library's start files lack it (Debian 12),
    # so the instructions are counted: one at the start of each function that a pointer can name.
    @unittest.skipUnless(platform.machine() == "x86_64", "an instruction of x86-64")
    def test_functions_begin_with_a_mark_for_indirect_calls(self) -> None:
        with open(BINARY, "rb") as file:
            marks = file.read().count(b"\xf3\x0f\x1e\xfa")
        functions = len(re.findall(r" FUNC +\w+ +\w+ +\d+ ", readelf("--symbols")))
        self.assertGreater(functions, 1000, "the symbols are there")
        self.assertGreater(marks, functions / 4)


if __name__ == "__main__":
    unittest.main()
