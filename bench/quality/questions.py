#!/usr/bin/env python3
"""Asks the questions of questions.tsv over the forty samples and reports what a user sees with the default options.

    ./questions.py [--calotype BINARY] [--each]

Prints R@1, R@5 and mean average precision (mAP) of the order that `calotype search --json` prints, for the half on which the
ranking was tuned and the half that is held out, and the number of nonsense questions with a confident hit. First the photos
have meaningless names, as from a camera, so that only their content can be found; then their real names.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from starter import ROOT, Library, rows


def precision(order: list[str], right: set[str]) -> float:
    """The average precision of one order. Right photos that are not in it count as not found."""
    found, total = 0, 0.0
    for rank, name in enumerate(order, 1):
        if name in right:
            found += 1
            total += found / rank
    return total / len(right)


class Figures:
    """Sums over questions."""

    def __init__(self) -> None:
        self.questions, self.first, self.five, self.precision = 0, 0, 0, 0.0

    def add(self, order: list[str], right: set[str]) -> None:
        self.questions += 1
        self.first += bool(right & set(order[:1]))
        self.five += bool(right & set(order[:5]))
        self.precision += precision(order, right)

    def row(self, half: str) -> str:
        count = self.questions
        return (f"| {half} | {count} | {self.first / count:.2f} | {self.five / count:.2f} | {self.precision / count:.2f} | "
                f"{self.five} of {count} |")


def ask(library: Library, title: str, each: bool) -> None:
    halves = {"tune": Figures(), "held-out": Figures(), "both": Figures()}
    confident, nonsense = [], 0
    for question, half, photos in rows("questions.tsv"):
        hits = library.run("search", question, "--json")
        order = [library.name(hit["path"]) for hit in hits]
        if half == "nonsense":
            nonsense += 1
            sure = [hit for hit in hits if hit.get("confident", True)]
            if sure:
                confident.append(f"{question}: {library.name(sure[0]['path'])}, {', '.join(sure[0]['why'])}")
            continue
        right = set(photos.split(","))
        for figures in (halves[half], halves["both"]):
            figures.add(order, right)
        if each:
            ranks = [rank for rank, name in enumerate(order, 1) if name in right]
            print(f"{half:8} {question}: right at {ranks or 'no place'}; {' '.join(order[:5])}")
    print(f"\n{title}:\n\n| half | questions | R@1 | R@5 | mAP | a right photo among the first five |\n|---|---|---|---|---|---|")
    print("\n".join(figures.row(half) for half, figures in halves.items()))
    print(f"\nNonsense with a confident hit: {len(confident)} of {nonsense}")
    for line in confident:
        print(f"- {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calotype", type=Path, default=ROOT / "build/release/calotype")
    parser.add_argument("--each", action="store_true", help="also print the first five hits of each question")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        library = Library(arguments.calotype, Path(home))
        ask(library, "Meaningless names", arguments.each)
        library.use_real_names()
        ask(library, "Real names", arguments.each)


if __name__ == "__main__":
    main()
