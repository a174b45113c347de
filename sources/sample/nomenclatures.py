"""Writes nomenclatures and crosswalks of the sample: real codes, in their producers' layouts."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from sources.sample.files import new_workbook
from sources.sample.world import FICTITIOUS, generator, reference

# activities with real NAF codes; hirings are invented
ACTIVITIES = {
    "0121Z": "Culture de la vigne",
    "1071C": "Boulangerie et boulangerie-pâtisserie",
    "4120B": "Construction d'autres bâtiments",
    "4711F": "Hypermarchés",
    "4941A": "Transports routiers de fret interurbains",
    "5510Z": "Hôtels et hébergement similaire",
    "5610A": "Restauration traditionnelle",
    "6201Z": "Programmation informatique",
    "7820Z": "Activités des agences de travail temporaire",
    "8121Z": "Nettoyage courant des bâtiments",
    "8610Z": "Activités hospitalières",
    "8810A": "Aide à domicile",
}
# a code of ROME 4.0 that no list leads anywhere
ORPHAN = "N9999"
FAP_2021_HEADERS = {"341": "FAP341", "228": "FAP228", "86": "FAP86", "22": "FAP22"}


def write_fap_2021(folder: Path) -> Path:
    """The tree of FAP 2021: UTF-8 with a byte-order mark, semicolons, DOS lines."""
    table = reference("fap_2021")
    headers = []
    for column in table.columns:
        level, part = re.fullmatch(r"fap(\d+)_(code|label)", column).groups()  # type: ignore[union-attr]
        headers.append(f"{'Code' if part == 'code' else 'Intitulé'}_{FAP_2021_HEADERS[level]}")
    return _csv(
        folder / "Intitules_FAP2021.csv",
        table.rename(dict(zip(table.columns, headers, strict=True))),
    )


def write_fap_2009(folder: Path) -> Path:
    """The tree of FAP 2009, in the same dress."""
    headers = {
        "fap225_code": "Code FAP détaillées",
        "fap225_label": "FAP détaillées",
        "fap87_code": "Code FAP agrégées",
        "fap87_label": "FAP agrégées",
        "fap22_code": "Code domaines professionnels",
        "fap22_label": "domaines professionnels",
    }
    return _csv(folder / "Intitules_FAP2009.csv", reference("fap_2009").rename(headers))


def write_rome(folder: Path) -> Path:
    """The ROME 3 code list: comma, every field quoted."""
    table = reference("rome").select(
        "rome_code",
        code_fiche_em=pl.int_range(1, pl.len() + 1).cast(pl.String),
        code_ogr=pl.int_range(1, pl.len() + 1).cast(pl.String),
        libelle_rome="rome_label",
        statut=pl.lit("1"),
    )
    path = folder / "unix_referentiel_code_rome_v347_utf8.csv"
    table.rename({"rome_code": "code_rome"}).write_csv(path, quote_style="always")
    return path


def rome_children() -> pl.DataFrame:
    """Invented codes of ROME 4.0 that stem from one code in five of version 3."""
    known = reference("rome").with_columns(parent="rome_code")
    grown = known.gather_every(5).with_columns(
        rome_code=pl.col("parent").str.slice(0, 3) + "9" + pl.col("parent").str.slice(4, 1),
        rome_label=pl.lit("Métier fictif issu de ") + pl.col("rome_label"),
    )
    fresh = grown.unique("rome_code", keep="first", maintain_order=True)
    return fresh.join(known, on="rome_code", how="anti")


def write_rome_listed(folder: Path) -> Path:
    """Codes and labels as the interface of ROME 4.0 lists them; one leads nowhere."""
    known = reference("rome").select(code="rome_code", libelle="rome_label").to_dicts()
    path = folder / "rome-4.json"
    orphan = {"code": ORPHAN, "libelle": "Métier fictif sans parent"}
    path.write_text(json.dumps([*known, orphan], ensure_ascii=False), "utf-8")
    return path


def write_rome_4(folder: Path) -> Path:
    """The ROME 4.0 code list, where a new code names its parent (new codes invented here)."""
    known = reference("rome").with_columns(parent=pl.col("rome_code"))
    table = pl.concat([known, rome_children()])
    path = folder / "unix_referentiel_code_rome_v460_utf8.csv"
    table.sort("rome_code").select(
        code_rome="rome_code",
        code_fiche_metier=pl.lit("1"),
        code_ogr=pl.lit("1"),
        libelle_rome="rome_label",
        transition_eco=pl.lit(""),
        code_rome_parent="parent",
    ).write_csv(path, quote_style="always")
    return path


# names of jobs as people look for them, where a code's own title is that of an activity
SAID = {
    "F1602": "Électricien / Électricienne du bâtiment",
    "J1501": "Aide-soignant / Aide-soignante",
    "M1801": "Administrateur / Administratrice systèmes et réseaux",
}


def write_rome_appellations(folder: Path) -> Path:
    """Three appellations a code, invented but for a few; one of a child is astray.

    Layout of France Travail's ``unix_referentiel_appellation_v460_utf8.csv`` (open data of the
    ROME 4.0), eight quoted columns.
    """
    known = reference("rome").with_columns(parent=pl.col("rome_code"))
    codes = pl.concat([known, rome_children()]).sort("rome_code")
    stray = pl.col("parent").shift(1).fill_null(pl.col("parent"))
    said = pl.col("rome_code").replace_strict(SAID, default=None, return_dtype=pl.String)
    rows = pl.concat(
        [
            codes.with_columns(
                at=pl.lit(at),
                parent=stray if at == 2 else pl.col("parent"),
                name=pl.coalesce(
                    said if at == 1 else None,
                    pl.col("rome_label") + ("" if at == 0 else f" ({at})"),
                ),
            )
            for at in range(3)
        ]
    ).filter((pl.col("at") < 2) | (pl.col("rome_code") != pl.col("parent")))
    path = folder / f"unix_referentiel_appellation_v460_utf8-{FICTITIOUS}.csv"
    rows.sort("rome_code", "at").with_row_index("ogr", offset=10_000).select(
        code_ogr="ogr",
        libelle_appellation_long="name",
        libelle_appellation_court="name",
        code_rome="rome_code",
        classification=pl.when(pl.col("at") == 0)
        .then(pl.lit("PRINCIPALE"))
        .otherwise(pl.lit("SYNONYME")),
        origine=pl.lit(""),
        code_rome_parent="parent",
        peu_usite=pl.lit("N"),
    ).write_csv(path, quote_style="always")
    return path


def write_rome_4_to_rome_3(folder: Path) -> Path:
    """A derived list: a code without a match, shares of labels.

    Shown by labour/derived_rome4_to_rome3_by_appellation.csv.
    """
    rows = pl.concat(
        [
            rome_children().select(
                code_rome4="rome_code",
                libelle_rome4="rome_label",
                code_rome3_dominant="parent",
                n_labels_dominant=pl.lit(3),
                n_labels_matched=pl.lit(4),
                n_labels=pl.lit(6),
                share_dominant=pl.lit("0.75"),
                method=pl.lit("labels"),
            ),
            pl.DataFrame(
                {
                    "code_rome4": [ORPHAN],
                    "libelle_rome4": ["Métier fictif sans parent"],
                    "code_rome3_dominant": [None],
                    "n_labels_dominant": [0],
                    "n_labels_matched": [0],
                    "n_labels": [2],
                    "share_dominant": [None],
                    "method": ["none"],
                },
                schema_overrides={"code_rome3_dominant": pl.String, "share_dominant": pl.String},
            ),
        ],
        how="vertical_relaxed",
    )
    path = folder / f"rome4_vers_rome3_{FICTITIOUS}.csv"
    rows.write_csv(path)
    return path


def write_rome_mobilities(folder: Path) -> Path:
    """Invented mobilities: to the next code of the same domain, up to the one after it."""
    codes = reference("rome")["rome_code"].sort()
    table = pl.DataFrame({"code_rome": codes}).with_columns(domain=pl.col("code_rome").str.head(3))
    steps = {"1": ("PROCHE", 1), "2": ("SI EVOLUTION", 2)}
    drawn = [
        table.with_columns(
            code_rome_cible=pl.col("code_rome").shift(-step).over("domain"),
            code_appellation_source=pl.lit(""),
            code_appellation_cible=pl.lit(""),
            code_type_mobilite=pl.lit(code),
            libelle_type_mobilite=pl.lit(label),
        )
        for code, (label, step) in steps.items()
    ]
    path = folder / f"unix_rubrique_mobilite_{FICTITIOUS}_utf8.csv"
    found = pl.concat(drawn).drop_nulls("code_rome_cible").drop("domain")
    found.sort("code_rome", "code_type_mobilite").write_csv(path, quote_style="always")
    return path


def write_rome_fap_2021(folder: Path) -> Path:
    """ROME × qualification → FAP 2021 “pour programme”: Windows encoding, DOS lines."""
    table = _one_line_per_qualification("rome_fap_2021", "fap_2021", "fap341")
    headers = ["ROME", "Intitule_ROME", "Qualif", "FAP341", "Intitule_FAP341"]
    lines = [";".join(headers)]
    lines += [";".join(str(v or "") for v in row) for row in table.iter_rows()]
    path = folder / "Table_passage_ROME_Qualif_FAP2021.csv"
    path.write_bytes("\r\n".join([*lines, ""]).encode("cp1252", errors="replace"))
    return path


def write_rome_fap_2021_workbook(folder: Path) -> Path:
    """The same crosswalk as a workbook: qualifications listed as ``Q_0123``, blank for all."""
    labels = dict(reference("rome").iter_rows())
    fap = reference("fap_2021").select("fap341_code", "fap341_label")
    names = dict(fap.iter_rows())
    path = folder / "Dares_FAP2021_Table_passage_ROME.xlsx"
    with new_workbook(path) as book:
        book.add_worksheet("Lisez-moi")
        sheet = book.add_worksheet("Table")
        sheet.write_row(
            0, 0, ["FAP 2021", "Intitulé FAP", "ROME", "Qualification", "Intitulé ROME"]
        )
        for line, (rome, code, digits) in enumerate(
            reference("rome_fap_2021").iter_rows(), start=1
        ):
            listed = "" if len(digits) == 10 else f"Q_{digits}"
            sheet.write_row(line, 0, [code, names[code], rome, listed, labels[rome]])
    return path


def write_rome_fap_2009(folder: Path) -> Path:
    """The old workbook: the FAP once above its lines, subtitles, blank lines, footnotes."""
    links = reference("rome_fap_2009").sort("fap_code", "rome_code")
    labels = dict(reference("rome").iter_rows())
    names = dict(reference("fap_2009").select("fap225_code", "fap225_label").iter_rows())
    path = folder / "Rome-V3_vers_Fap-2009.xlsx"
    with new_workbook(path) as book:
        book.add_worksheet("Titre").write(0, 2, "Table de passage")
        sheet = book.add_worksheet("Table")
        titles = ["FAP", "Familles professionnelles", "PCS", "Professions", "ROME", "Qualification"]
        sheet.write_row(0, 0, [*titles, "Répertoire Opérationnel des Métiers et des Emplois"])
        sheet.write_row(1, 0, ["", " FAP-2009", "", " PCS 2003", "", "", "ROME version 3"])
        line, previous = 4, None
        for rome, code, digits in links.iter_rows():
            if code != previous:
                sheet.write_row(line + 1, 0, [code[:3], "Famille agrégée"])
                line += 3
            first = [code, f"{names.get(code, '')} *"] if code != previous else ["", ""]
            listed = f"Q_{digits}" if digits else ""
            sheet.write_row(line, 0, [*first, "", "", rome, listed, labels.get(rome, "")])
            line, previous = line + 1, code
        sheet.write(line + 1, 0, "  * Note : libellé indicatif")
    return path


def write_rome_naf(folder: Path) -> Path:
    """Invented hirings by real ROME and NAF codes."""
    romes = reference("rome")
    rng = generator("rome-naf")
    grid = romes.join(
        pl.DataFrame({"naf_id": list(ACTIVITIES), "naf_label": list(ACTIVITIES.values())}),
        how="cross",
    )
    drawn = np.maximum(np.round(np.exp(rng.normal(4.6, 1.5, len(grid)))), 1).astype(int)
    table = grid.with_columns(hirings=pl.Series(drawn)).filter(
        pl.Series(rng.random(len(grid)) < 0.3)
    )
    path = folder / f"rome_naf_mapping_{FICTITIOUS}.csv"
    table.rename({"rome_code": "rome_id"}).write_csv(path)
    return path


def _one_line_per_qualification(links: str, nomenclature: str, level: str) -> pl.DataFrame:
    names = reference(nomenclature).select(fap_code=f"{level}_code", fap_label=f"{level}_label")
    return (
        reference(links)
        .with_columns(qualification=pl.col("qualifications").str.split(""))
        .explode("qualification")
        .join(reference("rome"), on="rome_code", how="left")
        .join(names, on="fap_code", how="left")
        .sort("rome_code", "qualification")
        .select("rome_code", "rome_label", "qualification", "fap_code", "fap_label")
    )


def _csv(path: Path, table: pl.DataFrame) -> Path:
    text = table.write_csv(separator=";", line_terminator="\r\n")
    path.write_bytes(text.encode("utf-8-sig"))
    return path


WRITERS: dict[str, Callable[[Path], list[tuple[Path, str]]]] = {
    "dares/fap_2021": lambda folder: [(write_fap_2021(folder), "2021")],
    "dares/fap_2009": lambda folder: [(write_fap_2009(folder), "2009")],
    "dares/rome_fap_2021": lambda folder: [(write_rome_fap_2021(folder), "2021")],
    "dares/rome_fap_2009": lambda folder: [(write_rome_fap_2009(folder), "2009")],
    "france_travail/rome_mobilities": lambda folder: [(write_rome_mobilities(folder), "2026")],
    "france_travail/rome_appellations": lambda folder: [(write_rome_appellations(folder), "4.60")],
    "derived/rome_4_to_rome_3": lambda folder: [(write_rome_4_to_rome_3(folder), "2026")],
    "france_travail/rome_4": lambda folder: [(write_rome_listed(folder), "2026")],
    "france_travail/rome": lambda folder: [
        (write_rome(folder), "3.47"),
        (write_rome_4(folder), "4.60"),
    ],
    "labonneboite/rome_naf": lambda folder: [(write_rome_naf(folder), "2023")],
}
