"""Writes the invented tension index in the three layouts that Dares has used."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from observatory.geography.cog import DEPARTMENTS
from sources.sample.files import new_workbook
from sources.sample.world import FICTITIOUS, generator, reference

# upper bounds of classes 1 to 4 in the 2019 edition, the same at every territory level
CUT_POINTS = {2019: (-0.5645, -0.2598, 0.1305, 0.5097), 2024: (-0.45, -0.15, 0.2, 0.6)}
IMPUTED_SHARE = {"nat": 0.0, "reg": 0.25, "dep": 0.45}
FACTORS = (
    "Intensité d'embauches",
    "Lien formation-emploi",
    "Manque de main-d'œuvre disponible",
    "Non-durabilité de l'emploi",
    "Conditions de travail contraignantes",
    "Inadéquation géographique",
)
SURVEYED_LEVELS = {
    2019: (("fap225", "FAP 225"), ("fap87", "FAP 87")),
    2024: (("fap228", "FAP 228"), ("fap86", "FAP 86")),
}
LOCAL_REGIONS = ("93", "94")


def tension(edition: int) -> pl.DataFrame:
    """Invented index by level, place and occupation; imputed cells take their parent's value."""
    nomenclature = "fap_2009" if edition == 2019 else "fap_2021"
    tree = reference(nomenclature)
    (fine, _), (wide, _) = SURVEYED_LEVELS[edition]
    places = [("nat", "FR")]
    places += [("reg", code) for code in LOCAL_REGIONS]
    places += [
        ("dep", code) for code, (_, region) in DEPARTMENTS.items() if region in LOCAL_REGIONS
    ]
    frames = []
    for geo, place in places:
        parents = _drawn(tree, wide, edition, geo, place, shift=0.0)
        children = _drawn(tree, fine, edition, geo, place, shift=0.15)
        of_parent = children.join(
            parents.select(_parent="code", _parent_index="index"),
            left_on=pl.col("code").str.slice(0, 3),
            right_on="_parent",
            how="left",
        )
        filled = of_parent.with_columns(
            index=pl.when("imputed").then(pl.coalesce("_parent_index", "index")).otherwise("index")
        )
        frames += [filled.select(parents.columns), parents]
    return pl.concat(frames)


def _drawn(
    tree: pl.DataFrame, level: str, edition: int, geo: str, place: str, *, shift: float
) -> pl.DataFrame:
    codes = tree.select(code=f"{level}_code", label=f"{level}_label").unique("code").sort("code")
    size = len(codes)
    own = generator("tension", edition, level).normal(shift, 0.75, size)
    local = generator("tension", edition, level, geo, place)
    index = own + (0.0 if geo == "nat" else 0.3) * local.normal(0, 1, size)
    imputed = local.random(size) < (IMPUTED_SHARE[geo] if len(codes["code"][0]) == 5 else 0.05)
    if geo == "nat":
        imputed = np.zeros(size, dtype=bool)
    classes = np.digitize(index, CUT_POINTS[edition]) + 1
    factors = {name: local.integers(1, 6, size) for name in FACTORS}
    return codes.with_columns(
        level=pl.lit(level),
        geo=pl.lit(geo),
        place=pl.lit(place),
        employment=pl.Series((np.exp(local.normal(7, 1.2, size)) / 100).round().astype(int) * 100),
        index=pl.Series(index),
        imputed=pl.Series(imputed),
        tension_class=pl.Series(classes),
        **{name: pl.Series(values) for name, values in factors.items()},
    )


def write_tension_2019(folder: Path) -> Path:
    """A flat CSV of every level, as a third party lays it out: ``93.0``, ``5.0``, stray blanks."""
    table = tension(2019)
    kept = ~pl.col("imputed")
    decimal = {
        name: pl.when(kept).then(pl.col(name).cast(pl.Float64)).cast(pl.String) for name in FACTORS
    }
    names = {level: label.lower() for level, label in SURVEYED_LEVELS[2019]}
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
        Année=pl.lit(2019),
        niveau_geo=pl.when(stray).then(pl.lit("reg ")).otherwise("geo"),
        niveau_fap=pl.col("level").replace_strict(names),
        reg=pl.when(pl.col("geo") == "reg").then(pl.col("place") + ".0"),
        dep=pl.when(pl.col("geo") == "dep").then("place"),
    )
    path = folder / f"tensions_2019_{FICTITIOUS}.csv"
    flat.write_csv(path)
    return path


def write_tension_2019_workbook(folder: Path) -> Path:
    """The workbook of the 2019 edition: a sheet per level, ``n.d.`` where nothing is published."""
    table = tension(2019)
    path = folder / f"dares_donnees_tensions_2019_{FICTITIOUS}.xlsx"
    suffixed = [f"{name} - discret" for name in FACTORS]
    with new_workbook(path) as book:
        for level, title in SURVEYED_LEVELS[2019]:
            for geo in ("nat", "reg", "dep"):
                rows = table.filter((pl.col("level") == level) & (pl.col("geo") == geo))
                place = {"nat": [], "reg": ["Libellé région", "Code région"]}.get(
                    geo, ["Libellé département", "Code département"]
                )
                imputed = (
                    ["Tension (Valeurs imputées: volumétrie insuffisantes)"] if geo != "nat" else []
                )
                headers = ["Libellé FAP", f"Code {title}", *place, "Emploi moyen", "Tension "]
                headers += [*imputed, "Tension - discret", *suffixed, "Année"]
                body = [_line_2019(row, geo) for row in rows.to_dicts()]
                _sheet(
                    book,
                    f"{title} x {geo}{' ' if level == 'fap87' and geo == 'reg' else ''}",
                    headers,
                    body,
                )
    return path


def _line_2019(row: dict, geo: str) -> list[object]:
    known = not row["imputed"]
    place = [] if geo == "nat" else [f"Territoire {row['place']}", row["place"]]
    values: list[object] = [row["employment"], row["index"] if known else "n.d."]
    if geo != "nat":
        values.append("n.d." if known else row["index"])
    classes = [row["tension_class"] if known else "n.d."]
    factors = [row[name] if known else "n.d." for name in FACTORS]
    return [row["label"], row["code"], *place, *values, *classes, *factors, 2019]


def write_tension_2024(folder: Path) -> Path:
    """The workbook of the 2024 edition: FAP 2021, wages among the factors, a volume flag."""
    table = tension(2024)
    path = folder / f"dares_tensions_2024_{FICTITIOUS}.xlsx"
    with new_workbook(path) as book:
        book.add_worksheet("Lisez-moi").write(0, 0, "DONNÉES FICTIVES")
        for level, title in SURVEYED_LEVELS[2024]:
            for geo in ("nat", "reg", "dep"):
                rows = table.filter((pl.col("level") == level) & (pl.col("geo") == geo))
                place = {"nat": [], "reg": ["Code région"]}.get(geo, ["Code département"])
                headers = ["Année", f"Code {title}", f"Libellé {title}", *place, "Tension"]
                headers += [
                    "Tension (valeurs imputées : volumétrie insuffisante)",
                    "Tension - discret",
                ]
                headers += [*FACTORS, "Non-attractivité salariale"]
                headers += ["Croisement où volumétrie suffisante"]
                body = [_line_2024(row, geo, title) for row in rows.to_dicts()]
                _sheet(book, f"{title} x {geo}", headers, body)
    return path


def _line_2024(row: dict, geo: str, title: str) -> list[object]:
    known = not row["imputed"]
    place = [] if geo == "nat" else [row["place"]]
    index = [row["index"], "n.d."] if known else ["n.d.", row["index"]]
    classes = [row["tension_class"] if known else "n.d."]
    factors = [row[name] if known else "n.d." for name in FACTORS]
    wage = (len(row["label"]) % 5) + 1
    enough = title.replace(" ", "") if known else "niveau plus agrégé"
    return [2024, row["code"], row["label"], *place, *index, *classes, *factors, wage, enough]


def _sheet(
    book: xlsxwriter.Workbook, name: str, headers: Sequence[str], body: Sequence[Sequence[object]]
) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, headers)
    for line, values in enumerate(body, start=1):
        sheet.write_row(line, 0, values)
