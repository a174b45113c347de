"""Writes the invented tension index in the layouts in which Dares, or a third party, has put it.

What shows them: of 2019 the third party's CSV itself (real file, read cell by cell) and the headers
of the producer's workbook; of 2023 and 2024 the headers that a public project reads, and that
sheets 3, 5 and 7 are FAP 228 × France, région, département. The names of the sheets of 2023 and
2024, and what sheets 1, 2, 4 and 6 hold, are not known: those written here are guesses.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from observatory.geography.cog import DEPARTMENTS
from sources.sample.files import new_workbook
from sources.sample.world import FICTITIOUS, generator, reference

# upper bounds of classes 1 to 4 by edition, the same at every territory level
CUT_POINTS = {
    2019: (-0.5645, -0.2598, 0.1305, 0.5097),
    2023: (-0.45, -0.15, 0.2, 0.5),
    2024: (-0.45, -0.15, 0.2, 0.5),
}
YEARS = {2019: (2019,), 2023: (2022, 2023), 2024: (2023, 2024)}
IMPUTED_SHARE = {"nat": 0.0, "reg": 0.25, "dep": 0.45}
FACTORS = (
    "Intensité d'embauches",
    "Lien formation-emploi",
    "Manque de main-d'œuvre disponible",
    "Non-durabilité de l'emploi",
    "Conditions de travail contraignantes",
    "Inadéquation géographique",
)
WAGES = "Non-attractivité salariale"
OLD_LEVELS = (("fap225", "FAP 225"), ("fap87", "FAP 87"))
NEW_LEVELS = (("fap228", "FAP 228"), ("fap86", "FAP 86"))
LOCAL_REGIONS = ("93", "94")
REGION_OF = {code: region for code, (_, region) in DEPARTMENTS.items() if region in LOCAL_REGIONS}
PLACES = (
    ("nat", "FR"),
    *(("reg", code) for code in LOCAL_REGIONS),
    *(("dep", code) for code in REGION_OF),
)


def levels(edition: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """The fine and the wide level of an edition: our name, the producer's."""
    return OLD_LEVELS if edition == 2019 else NEW_LEVELS


def tension(edition: int) -> pl.DataFrame:
    """Invented index by year, level, place and occupation; imputed cells hold a stand-in.

    Of each factor its index, and its class under ``<factor> - discret``.
    """
    tree = reference("fap_2009" if edition == 2019 else "fap_2021")
    frames = []
    for year in YEARS[edition]:
        drawn = pl.concat(
            _drawn(tree, level, edition, year, geo, place)
            for geo, place in PLACES
            for level, _ in levels(edition)
        )
        frames.append(_with_stand_ins(drawn, edition).with_columns(year=pl.lit(year)))
    return pl.concat(frames)


def _drawn(
    tree: pl.DataFrame, level: str, edition: int, year: int, geo: str, place: str
) -> pl.DataFrame:
    codes = tree.select(code=f"{level}_code", label=f"{level}_label").unique("code").sort("code")
    size = len(codes)
    is_fine = level == levels(edition)[0][0]
    own = generator("tension", edition, level).normal(0.15 if is_fine else 0.0, 0.75, size)
    local = generator("tension", edition, level, geo, place)
    since = 0.1 * (year - edition) * generator("tension", edition, level, year).normal(1, 1, size)
    index = own + (0.0 if geo == "nat" else 0.3) * local.normal(0, 1, size) + since
    imputed = local.random(size) < (IMPUTED_SHARE[geo] if is_fine else 0.05)
    if geo == "nat":
        imputed = np.zeros(size, dtype=bool)
    factors = {name: local.normal(0.2, 1.0, size) for name in (*FACTORS, WAGES)}
    cuts = CUT_POINTS[edition]
    return codes.with_columns(
        level=pl.lit(level),
        geo=pl.lit(geo),
        place=pl.lit(place),
        employment=pl.Series((np.exp(local.normal(7, 1.2, size)) / 100).round().astype(int) * 100),
        index=pl.Series(index),
        imputed=pl.Series(imputed),
        tension_class=pl.Series(np.digitize(index, cuts) + 1),
        **{name: pl.Series(values) for name, values in factors.items()},
        **{f"{name} - discret": np.digitize(values, cuts) + 1 for name, values in factors.items()},
    )


def _with_stand_ins(drawn: pl.DataFrame, edition: int) -> pl.DataFrame:
    """Imputed cells with the first measured value in Dares' order of stand-ins."""
    (fine, _), (wide, _) = levels(edition)
    rows = drawn.select("level", "place", "code", "index", "imputed").rows()
    measured = {(lv, place, code): index for lv, place, code, index, out in rows if not out}
    filled = []
    for level, place, code, index, imputed in rows:
        region = REGION_OF.get(place, "FR")
        at = [
            (wide, place, code[:3]),
            (level, region, code),
            (wide, region, code[:3]),
            (level, "FR", code),
        ]
        tried = at if level == fine else [at[1], at[3]]
        filled.append(next(measured[k] for k in tried if k in measured) if imputed else index)
    return drawn.with_columns(index=pl.Series(filled))


def write_tension_2019(folder: Path) -> Path:
    """A flat CSV of every level, as a third party lays it out: ``93.0``, ``5.0``, stray blanks.

    Its factors are classes, though no header says so.
    """
    table = tension(2019)
    kept = ~pl.col("imputed")
    decimal = {
        name: pl.when(kept).then(pl.col(f"{name} - discret").cast(pl.Float64)).cast(pl.String)
        for name in FACTORS
    }
    names = {level: label.lower() for level, label in OLD_LEVELS}
    stray = (pl.col("geo") == "reg") & (pl.col("level") == "fap87")
    flat = table.select(
        fap="code",
        **{
            "Emploi moyen": pl.col("employment"),
            "Tension ": pl.col("index"),
            "Catégorie Tension": pl.when(kept)
            .then(pl.col("tension_class").cast(pl.Float64))
            .cast(pl.String),
        },
        **decimal,
        Année="year",
        niveau_geo=pl.when(stray).then(pl.lit("reg ")).otherwise("geo"),
        niveau_fap=pl.col("level").replace_strict(names),
        reg=pl.when(pl.col("geo") == "reg").then(pl.col("place") + ".0"),
        dep=pl.when(pl.col("geo") == "dep").then("place"),
    )
    path = folder / f"tensions_2019_{FICTITIOUS}.csv"
    flat.write_csv(path)
    return path


def write_tension_2019_workbook(folder: Path) -> Path:
    """The producer's workbook of 2019: a sheet per level, ``n.d.`` where nothing is published."""
    path = folder / f"dares_donnees_tensions_2019_{FICTITIOUS}.xlsx"
    suffixed = [f"{name} - discret" for name in FACTORS]
    with new_workbook(path) as book:
        for (level, title), geo, rows in _sheets(2019, by_level=True):
            place = {"nat": [], "reg": ["Libellé région", "Code région"]}.get(
                geo, ["Libellé département", "Code département"]
            )
            imputed = (
                ["Tension (Valeurs imputées: volumétrie insuffisantes)"] if geo != "nat" else []
            )
            headers = ["Libellé FAP", f"Code {title}", *place, "Emploi moyen", "Tension "]
            headers += [*imputed, "Tension - discret", *suffixed, "Année"]
            stray = " " if level == "fap87" and geo == "reg" else ""
            _sheet(book, f"{title} x {geo}{stray}", headers, [_line_2019(r, geo) for r in rows])
    return path


def _line_2019(row: dict, geo: str) -> list[object]:
    known = not row["imputed"]
    place = [] if geo == "nat" else [f"Territoire {row['place']}", row["place"]]
    values: list[object] = [row["employment"], row["index"] if known else "n.d."]
    if geo != "nat":
        values.append("n.d." if known else row["index"])
    classes = [row["tension_class"] if known else "n.d."]
    factors = [row[f"{name} - discret"] if known else "n.d." for name in FACTORS]
    return [row["label"], row["code"], *place, *values, *classes, *factors, row["year"]]


def write_tension_2024(folder: Path, *, edition: int = 2024, with_classes: bool = False) -> Path:
    """The workbook of the editions in FAP 2021: two years, wages, a mark of enough volume.

    Factors are continuous indices; ``with_classes`` adds « … - discret » beside each, which the
    producer may or may not print.
    """
    path = folder / f"dares_tensions_{edition}_{FICTITIOUS}.xlsx"
    factors = [
        header
        for name in (*FACTORS, WAGES)
        for header in ((name, f"{name} - discret") if with_classes else (name,))
    ]
    with new_workbook(path) as book:
        book.add_worksheet("Lisez-moi").write(0, 0, "DONNÉES FICTIVES")
        for (_, title), geo, rows in _sheets(edition, by_level=False):
            place = {"nat": [], "reg": ["Code région"]}.get(geo, ["Code département"])
            headers = ["Année", f"Code {title}", f"Libellé {title}", *place, "Tension"]
            headers += ["Tension (valeurs imputées : volumétrie insuffisante)", "Tension - discret"]
            headers += [*factors, "Croisement où volumétrie suffisante"]
            body = [_line_2024(row, geo, title, factors) for row in rows]
            _sheet(book, f"{title} x {geo}", headers, body)
    return path


def _line_2024(row: dict, geo: str, title: str, factors: Sequence[str]) -> list[object]:
    known = not row["imputed"]
    place = [] if geo == "nat" else [row["place"]]
    index = [row["index"], "n.d."] if known else ["n.d.", row["index"]]
    classes = [row["tension_class"] if known else "n.d."]
    values = [row[name] if known else "n.d." for name in factors]
    enough = title.replace(" ", "") if known else "niveau plus agrégé"
    return [row["year"], row["code"], row["label"], *place, *index, *classes, *values, enough]


def _sheets(edition: int, *, by_level: bool) -> list[tuple[tuple[str, str], str, list[dict]]]:
    """Level, territory level and rows of each sheet; else by territory, the wide level first."""
    table = tension(edition)
    pairs = [(level, geo) for level in levels(edition) for geo in ("nat", "reg", "dep")]
    if not by_level:
        pairs.sort(
            key=lambda pair: (("nat", "reg", "dep").index(pair[1]), pair[0] == NEW_LEVELS[0])
        )
    return [(level, geo, table.filter(level=level[0], geo=geo).to_dicts()) for level, geo in pairs]


def _sheet(
    book: xlsxwriter.Workbook, name: str, headers: Sequence[str], body: Sequence[Sequence[object]]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, headers)
    for line, values in enumerate(body, start=1):
        sheet.write_row(line, 0, values)


WRITERS: dict[str, Callable[[Path], list[tuple[Path, str]]]] = {
    "dares/tension": lambda folder: [
        (write_tension_2019(folder), "2019"),
        (write_tension_2024(folder), "2024"),
    ]
}
