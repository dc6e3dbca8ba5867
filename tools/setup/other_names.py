"""Names of places in other languages, and spellings of them: what make_places.py writes to other_names.tsv.

GeoNames has other names of cities, iso-codes (in the package pycountry) has translations of countries and regions. Each line has a
name of places.tsv and, folded as the program folds a query, its other names.
"""

from __future__ import annotations

import collections
import functools
import gettext
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

# Smaller cities are found by their own name only. With 5,000 people the file has 7 MB, with 1,000 it would have 9 MB.
MIN_POPULATION = 5_000
# Another name that is also the own name of another place counts only if that place is this many times smaller: "Roma", a town in
# Lesotho, is also Rome, but "Zaragoza" is not Tijuana.
MUCH_SMALLER = 4
SPECIAL_LETTERS = str.maketrans({"æ": "ae", "ð": "d", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "œ": "oe", "ŧ": "t"})

# Regions whose English name in GeoNames iso-codes does not know, in countries whose codes in GeoNames are not those of ISO.
ISO_NAMES = {
    ("DE", "City state Bremen"): "Bremen",
    ("DE", "Lower Saxony"): "Niedersachsen",
    ("DE", "North Rhine-Westphalia"): "Nordrhein-Westfalen",
    ("DE", "Saxony"): "Sachsen",
    ("DE", "Saxony-Anhalt"): "Sachsen-Anhalt",
    ("DE", "State of Berlin"): "Berlin",
    ("ES", "Balearic Islands"): "Illes Balears",
    ("ES", "Basque Country"): "País Vasco",
    ("ES", "Canary Islands"): "Canarias",
    ("ES", "Castille and León"): "Castilla y León",
    ("ES", "Castille-La Mancha"): "Castilla-La Mancha",
    ("FR", "Brittany"): "Bretagne",
    ("FR", "Normandy"): "Normandie",
    ("IT", "Aosta Valley"): "Valle d'Aosta",
    ("IT", "Sicily"): "Sicilia",
    ("IT", "The Marches"): "Marche",
    ("IT", "Tuscany"): "Toscana",
    ("PL", "Greater Poland"): "Wielkopolskie",
    ("PL", "Lesser Poland"): "Małopolskie",
    ("PL", "Lower Silesia"): "Dolnośląskie",
    ("PL", "Silesia"): "Śląskie",
}

Names = dict[str, set[str]]


@functools.cache
def fold(name: str) -> str:
    """As FoldCaseAndAccents in src/base/unicode.cc."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    bare = re.sub("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\ufe20-\ufe2f]", "", decomposed)
    return unicodedata.normalize("NFC", bare.translate(SPECIAL_LETTERS))


def is_name(text: str) -> bool:
    """GeoNames also lists codes of airports (VIE), and transcriptions that nobody writes, all in lower case (wei ye na)."""
    return len(text) > 1 and not (text.isascii() and (text == text.lower() or re.fullmatch("[A-Z]{3}", text)))


def of_cities(cities: Iterable[dict]) -> Names:
    """Of several cities with one name, the largest: the name stands for it in queries."""
    largest: dict[str, dict] = {}
    for city in cities:
        if city["population"] >= max(MIN_POPULATION, largest.get(city["name"], city)["population"]):
            largest[city["name"]] = city
    return {name: set(filter(is_name, city["alternatenames"])) for name, city in largest.items()}


class IsoCodes:
    """The names of countries and regions in the wheel of pycountry."""

    def __init__(self, wheel: zipfile.ZipFile) -> None:
        self.translations: dict[str, list[gettext.GNUTranslations]] = {"3166-1": [], "3166-2": []}
        for path in wheel.namelist():
            if found := re.fullmatch(r"pycountry/locales/\w+(?:@\w+)?/LC_MESSAGES/iso(3166-[12])\.mo", path):
                with wheel.open(path) as file:
                    self.translations[found[1]].append(gettext.GNUTranslations(file))
        self.countries: Names = {}
        for country in json.loads(wheel.read("pycountry/databases/iso3166-1.json"))["3166-1"]:
            own = [country[key] for key in ("name", "common_name", "official_name") if key in country]
            self.countries[country["alpha_2"]] = set(self.all_names("3166-1", own))
        # By country, and the code within it.
        self.regions: dict[str, Names] = collections.defaultdict(dict)
        for region in json.loads(wheel.read("pycountry/databases/iso3166-2.json"))["3166-2"]:
            country, code = region["code"].split("-", 1)
            self.regions[country][code] = set(self.all_names("3166-2", [region["name"]]))

    def all_names(self, standard: str, own: list[str]) -> Iterator[str]:
        """Those in all languages; "Catalunya [Cataluña]" are two."""
        for text in {translation.gettext(name) for translation in self.translations[standard] for name in own} | set(own):
            yield from filter(is_name, (part.strip() for part in re.split(r"[\[\]/;]", text)))

    def region(self, country: str, code: str, english: str) -> set[str]:
        """Those of a region of GeoNames, found by its name, else by its code where the codes of the country are those of ISO."""
        name = ISO_NAMES.get((country, english), english)
        for names in self.regions[country].values():
            if fold(name) in map(fold, names):
                return names
        return self.regions[country].get(code.lstrip("0"), set()) if country in self.same_codes else set()

    def learn_codes(self, regions: dict[tuple[str, str], str]) -> None:
        """Codes are those of ISO if they lead to the same region as most names do."""
        votes: collections.Counter = collections.Counter()
        for (country, code), name in regions.items():
            by_name = {key.lstrip("0") for key, names in self.regions[country].items() if fold(name) in map(fold, names)}
            if by_name:
                votes[country] += 1 if code.lstrip("0") in by_name else -1
        self.same_codes = {country for country, vote in votes.items() if vote > 0}


def of_regions(iso: IsoCodes, regions: dict[tuple[str, str], str]) -> Names:
    iso.learn_codes(regions)
    found: Names = collections.defaultdict(set)
    for (country, code), name in regions.items():
        found[name] |= iso.region(country, code, name)
    return found


def lines(kinds: list[Names], population: collections.Counter) -> Iterator[str]:
    """`population` has the people of the largest city with each own name, folded, or in each region or country."""
    others: Names = collections.defaultdict(set)
    for names in kinds:
        for name, more in names.items():
            others[name] |= {fold(other) for other in more} - {fold(name)}
    # What is not a place's own name stands for the largest place that has it as another name, and those of a like size.
    for name, more in others.items():
        for other in more:
            if not population[other, "own"]:
                population[other, "other"] = max(population[other, "other"], population[fold(name), "own"])
    for name in sorted(others):
        people = population[fold(name), "own"]
        kept = []
        for other in sorted(others[name]):
            rival = population[other, "own"]
            if people > MUCH_SMALLER * rival if rival else people * MUCH_SMALLER >= population[other, "other"]:
                kept.append(re.sub(r"\s+", " ", other).strip())
        if kept:
            yield "\t".join([name, *kept])


def write(file: Path, head: str, all_lines: Iterable[str]) -> int:
    written = [head, *all_lines]
    file.write_text("\n".join(written) + "\n", encoding="utf-8")
    return len(written) - 1
