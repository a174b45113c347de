"""Who is in the invented parks, and what the register and the geocoder say of them.

``establishments`` is the truth with its observation side by side: true unit, dates, kind; and
observed state, diffusion, coordinates and their quality. Late closures, wrong coordinates,
points at random along a street, home-registered firms, civil companies and partial diffusion come
at stated rates; firms have the employees that their activity has on ground of that size; a few
under partial diffusion are still where an older geolocation file put them. SIREN and SIRET fail the
Luhn check on purpose.
"""

import functools

import numpy as np
import polars as pl
import shapely

from observatory.geography.crs import M2_PER_HA
from sources.sample.land.parks import members
from sources.sample.land.world import world
from sources.sample.world import generator

# the digit sum of twice a digit
DOUBLED = str.maketrans("0123456789", "0246813579")
ELSEWHERE = 2_600
WRONG_PLACE = 0.012
LATE_CLOSURE_OF_TWO = 0.05
PARTIAL = 0.10
LATELY_PARTIAL = 97
# employees from which on a size class begins
SIZES = (0, 1, 3, 6, 10, 20, 50, 100, 200, 250, 500)
SIZE_CLASSES = ("00", "01", "02", "03", "11", "12", "21", "22", "31", "32", "41")
# employees a hectare of occupied ground in a park; a port has few
JOBS_PER_HA = {
    "industrielle": 50.0,
    "commerciale": 65.0,
    "tertiaire": 130.0,
    "artisanale": 60.0,
    "logistique": 38.0,
}
PORT_JOBS_PER_HA = 3.0
SPREAD = 0.9
# small firms without an employee, or of which the register does not say how many they have
UNSAID, SELDOM_UNSAID, SMALL = 0.5, 0.06, 3
STREET_M = 4.0
ACTIVITIES = {
    "industrielle": ("25.62B", "28.99B", "20.59Z", "33.12Z", "22.29A"),
    "commerciale": ("47.11F", "47.52B", "45.11Z", "47.59A", "56.10A"),
    "tertiaire": ("62.01Z", "70.22Z", "71.12B", "69.20Z", "82.99Z"),
    "artisanale": ("43.22A", "45.20A", "16.23Z", "43.21A", "95.11Z"),
    "logistique": ("52.10B", "49.41A", "52.29B", "53.20Z", "46.90Z"),
}
COMPANIES = ("5499", "5710", "5720", "5599")


@functools.cache
def establishments() -> pl.DataFrame:
    """One row per establishment, in parks and elsewhere."""
    rng = generator("land/establishments")
    streets = world().units.select("unit", "street")
    own = pl.concat([_in_parks(rng), _elsewhere(rng)], how="diagonal").join(
        streets, on="unit", how="left", maintain_order="left"
    )
    size = len(own)
    own = own.with_columns(
        pl.Series("siren", [failing(9, 700_000_000 + 7 * i) for i in range(size)]),
        _size_classes(own, rng),
    )
    own = own.with_columns(
        pl.Series("siret", [failing(14, int(f"{s}00012")) for s in own["siren"]]),
        size_class=pl.when(pl.col("legal_category") == "1000")
        .then(pl.lit("NN"))
        .otherwise("size_class"),
    )
    return _observed(own, rng)


def _size_classes(own: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Size class of each, by the ground that it has and its activity; NN where it is unsaid."""
    ground = pl.DataFrame({"unit": world().units["unit"], "m2": shapely.area(world().unit_shapes)})
    sites = (
        world()
        .units.select("unit", "site")
        .join(world().sites.select("site", "vocation"), on="site")
    )
    told = own.select("unit").join(ground.join(sites, on="unit"), on="unit", how="left")
    rate = told["vocation"].replace_strict(JOBS_PER_HA, default=None, return_dtype=pl.Float64)
    per_ha = np.where((told["site"] == 0).fill_null(value=False), PORT_JOBS_PER_HA, rate)
    beside = told.select(pl.len().over("unit")).to_series().to_numpy()
    usual = np.nan_to_num(per_ha * told["m2"].to_numpy() / M2_PER_HA / beside, nan=1.0)
    jobs = np.floor(usual * np.exp(rng.normal(-(SPREAD**2) / 2, SPREAD, len(own)))).astype(np.int64)
    codes = np.array(SIZE_CLASSES)[np.searchsorted(SIZES, jobs, side="right") - 1]
    unsaid = rng.random(len(own)) < np.where(jobs < SMALL, UNSAID, SELDOM_UNSAID)
    return pl.Series("size_class", np.where(unsaid, "NN", codes))


def failing(width: int, number: int) -> str:
    """The number, its last digit moved until the Luhn check fails."""
    text = str(number).zfill(width)
    while _luhn(text):
        text = text[:-1] + str((int(text[-1]) + 1) % 10)
    return text


def _luhn(text: str) -> bool:
    every_second = text[-2::-2].translate(DOUBLED)
    return (sum(map(int, text[-1::-2])) + sum(map(int, every_second))) % 10 == 0


def _in_parks(rng: np.random.Generator) -> pl.DataFrame:
    """Establishments of each unit according to what is true of it and how it shows."""
    vocation = world().sites["vocation"].to_list()
    rows = []
    for unit in world().units.filter("is_inside").to_dicts():
        trace = unit["trace"]
        base = {"unit": unit["unit"], "activity_of": vocation[unit["site"]]}
        if trace in {"clear", "street_only", "unplaced_only", "partial_only", "yard"}:
            many = 1 + (rng.geometric(0.62) - 1 if trace == "clear" else 0)
            rows += [{**base, "kind": trace, **_life(rng)} for _ in range(min(many, 9))]
            if trace == "clear" and rng.random() < 0.25:
                rows.append({**base, "kind": "gone", **_ended(rng)})
        elif trace in {"closed_known", "late_closure"}:
            rows.append({**base, "kind": trace, **_ended(rng)})
        elif trace == "owner_company_only":
            rows.append({**base, "kind": "owner_company", **_life(rng)})
            rows.append({**base, "kind": "closed_known", **_ended(rng)})
        if trace == "clear" and unit["owner_kind"] == "civil_company" and rng.random() < 0.4:
            rows.append({**base, "kind": "owner_company", **_life(rng)})
    frame = pl.DataFrame(rows)
    return _kinds(frame, rng)


def _kinds(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = len(frame)
    person = rng.random(size) < 0.13
    company = rng.choice(COMPANIES, size, p=[0.35, 0.45, 0.1, 0.1])
    owner = (frame["kind"] == "owner_company").to_numpy()
    category = np.where(
        owner, rng.choice(["6540", "6541"], size), np.where(person, "1000", company)
    )
    activity = [
        "68.20B" if o else ACTIVITIES[v][rng.integers(len(ACTIVITIES[v]))]
        for o, v in zip(owner, frame["activity_of"], strict=True)
    ]
    return frame.with_columns(
        legal_category=pl.Series(category), activity=pl.Series(activity)
    ).drop("activity_of")


def _life(rng: np.random.Generator) -> dict[str, str | None]:
    return {"created": f"{rng.integers(1990, 2025)}-{rng.integers(1, 13):02d}-01", "closed": None}


def _ended(rng: np.random.Generator) -> dict[str, str | None]:
    """Ended well before the two years that count."""
    year = int(rng.integers(2008, 2023))
    return {
        "created": f"{year - int(rng.integers(2, 12))}-03-01",
        "closed": f"{year}-{rng.integers(1, 13):02d}-15",
    }


def _elsewhere(rng: np.random.Generator) -> pl.DataFrame:
    """Small firms registered at homes, all over the communes."""
    weight = members()["population_count"].to_numpy() ** 0.8
    chosen = rng.choice(len(weight), ELSEWHERE, p=weight / weight.sum())
    person = rng.random(ELSEWHERE) < 0.7
    closed = rng.random(ELSEWHERE) < 0.3
    lives = [_ended(rng) if c else _life(rng) for c in closed]
    return pl.DataFrame(
        {
            "commune": chosen,
            "kind": "elsewhere",
            "created": [life["created"] for life in lives],
            "closed": [life["closed"] for life in lives],
            "legal_category": np.where(person, "1000", "5499"),
            "activity": rng.choice(["43.34Z", "62.01Z", "96.02A", "68.20B"], ELSEWHERE),
        }
    )


def _observed(own: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add what the register and the geolocation file say: state, diffusion, place, quality."""
    size, kind = len(own), own["kind"].to_numpy()
    points = _true_points(own, rng)
    quality = rng.choice(["11", "21"], size, p=[0.94, 0.06])
    street = kind == "street_only"
    quality[street] = rng.choice(["12", "22"], int(street.sum()))
    points[street] = _along_streets(own["street"].to_numpy()[street], rng)
    homes = kind == "elsewhere"
    lost = homes & (rng.random(size) < 0.12)
    lost |= kind == "unplaced_only"
    quality[lost] = "33"
    points[lost] = _centres(own)[lost]
    wrong = (kind == "clear") & (rng.random(size) < WRONG_PLACE)
    points[wrong] = _elsewhere_decidable(rng, int(wrong.sum()))
    partial = (homes & (rng.random(size) < PARTIAL)) | (kind == "partial_only")
    # told of until lately: the geolocation file is older than the register and still places them
    lately = (kind == "clear") & (np.arange(size) % LATELY_PARTIAL == 0)
    partial |= lately
    late = (kind == "late_closure") | ((kind == "gone") & (rng.random(size) < LATE_CLOSURE_OF_TWO))
    closed = own["closed"].is_not_null().to_numpy() & ~late
    fates = rng.random(size)
    return own.with_columns(
        x=pl.Series(np.round(points[:, 0], 2)),
        y=pl.Series(np.round(points[:, 1], 2)),
        quality=pl.Series(quality),
        diffusion=pl.Series(np.where(partial, "P", "O")),
        is_lately_partial=pl.Series(lately),
        seen_closed=pl.Series(closed),
        # a few rows are in no geolocation file, or bear the coordinates of nowhere
        dirt=pl.Series(np.where(fates < 0.01, "absent", np.where(fates < 0.014, "zero", "")))
        if size
        else pl.Series([], dtype=pl.String),
        commune_code=pl.Series(_communes(own)),
    )


def _true_points(own: pl.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """A point in the building of the unit, in the unit, or anywhere in the commune."""
    spots = world().unit_shapes.copy()
    spots[world().buildings["unit"].to_numpy()] = world().building_shapes
    points = np.zeros((len(own), 2))
    unit = own["unit"].to_numpy()
    inside = ~np.isnan(unit.astype(float))
    shapes = spots[unit[inside].astype(int)]
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    corner = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(shapes), 0))
    side = rng.uniform(-0.5, 0.5, (len(shapes), 1))
    points[inside] = centre + side * (corner - centre)
    homes = np.flatnonzero(~inside)
    outlines = members().geometry.to_numpy()[own["commune"].to_numpy()[homes].astype(int)]
    points[homes] = _anywhere(outlines, rng)
    return points


def _along_streets(street: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A point at random along each street."""
    lines = world().street_shapes[street.astype(np.int64)]
    found = shapely.line_interpolate_point(lines, rng.random(len(lines)), normalized=True)
    points: np.ndarray = shapely.get_coordinates(found) + rng.normal(0, STREET_M, (len(lines), 2))
    return points


def _anywhere(outlines: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One random point in each outline, outside every park."""
    tree = shapely.STRtree(world().site_shapes)
    left, bottom, right, top = shapely.bounds(outlines).T
    found = shapely.get_coordinates(shapely.point_on_surface(outlines))
    open_ = np.ones(len(outlines), dtype=bool)
    for _ in range(40):
        drawn = np.column_stack((rng.uniform(left, right), rng.uniform(bottom, top)))
        points = shapely.points(drawn)
        good = open_ & shapely.within(points, outlines)
        good[tree.query(points, predicate="dwithin", distance=60)[0]] = False
        found[good] = drawn[good]
        open_ &= ~good
    return found


def _elsewhere_decidable(rng: np.random.Generator, size: int) -> np.ndarray:
    """Points of units that open data can tell about: an error there is an error, no guess."""
    units = world().units
    tellable = units.filter("is_decidable", ~pl.col("is_common"), "is_inside")["unit"].to_numpy()
    chosen = rng.choice(tellable, size)
    return shapely.get_coordinates(shapely.centroid(world().unit_shapes[chosen]))


def _communes(own: pl.DataFrame) -> list[str]:
    codes = world().units["commune_code"].to_list()
    places = members()["commune_code"].to_list()
    return [
        codes[int(u)] if u is not None else places[int(c)]
        for u, c in own.select("unit", "commune").rows()
    ]


def _centres(own: pl.DataFrame) -> np.ndarray:
    """The centre of each one's commune, where the geocoder puts what it cannot place."""
    frame = members()
    centre = dict(
        zip(
            frame["commune_code"],
            shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy())),
            strict=True,
        )
    )
    return np.array([centre[c] for c in _communes(own)])
