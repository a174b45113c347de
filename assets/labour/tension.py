"""Tension: from the files of Dares to the published index, its class and what explains it."""

from functools import partial

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.tension import TENSION_BY_TERRITORY
from assets.labour.occupations import with_fap_labels
from observatory.geography.cog import DEPARTMENTS, REGIONS, pad_code
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    number,
    squeeze,
    whole,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.nomenclatures import tell_level, tell_nomenclature
from observatory.labour.tension import (
    TENSION_FACTORS,
    add_fallbacks,
    name_stand_ins,
    rank_occupations,
)
from observatory.metadata.cards import normalise
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

CARD = CARDS["dares/tension"]
MISSING_MARKS = ("n.d.", "n.d", "nd", "*", "-")
DARES_LEVELS = {
    "nat": "country",
    "reg": "region",
    "dep": "department",
    "france": "country",
    "region": "region",
    "departement": "department",
}
# what a sheet's title, normalised, says of its level; and what the mark of enough volume does
TITLED_LEVELS = {
    "country": r"(?:^|_|\dx)(?:nat(?:ional)?e?|france|fr|pays)(?:_|\d|$)",
    "region": r"(?:^|_|\dx)reg(?:ions?|ionale?s?|ionaux)?(?:_|\d|$)",
    "department": r"(?:^|_|\dx)dep(?:t|art|artements?|artementale?s?|artementaux)?(?:_|\d|$)",
    "zone": r"(?:^|_|\dx)(?:ze|zones?|bassins?)(?:_|\d|$)",
}
MARKED_LEVELS = {
    "country": r"(?:\b|x)(?:nat|fr)",
    "region": r"(?:\b|x)r[eé]g",
    "department": r"(?:\b|x)d[eé]p",
}
# by the level that rows were read at, what they may be rows of where they stand several times
FINER_COLUMNS = {
    "country": "une colonne « Code département » ou « Code région »",
    "region": "une colonne « Code département », ou une ligne par région",
    "department": "une ligne par département",
}
NEW_FACTOR = "wage_unattractiveness"  # the editions in FAP 2009 have the six others
FAP_CODE = r"^[A-Z](?:[0-9A-Z]{2}(?:\d\d)?)?$"
VALUES = (
    "tension_index",
    "tension_imputed",
    "employment_count",
    *(f"{factor}_index" for factor in TENSION_FACTORS),
)
CLASSES = ("tension_class", *(f"{factor}_class" for factor in TENSION_FACTORS))
REGION_OF = {code: region for code, (_, region) in DEPARTMENTS.items()}


def clean_tension(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Type the index of every edition handed over.

    A value without class, or marked by the producer as lacking volume, is imputed; ``n.d.``
    and blanks are null; any other mark is an error. The edition is the last year of its file.
    """
    rows = _factors_told_apart(_without_notes(rows, log))
    for column in (*VALUES, *CLASSES):
        rows = _readable(rows, log, column)
    rows = _located(rows, log)
    _note_missing_factors(rows, log)
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    rows = _stands_once(rows, log)
    rows = rows.with_columns(fap_level=tell_level(pl.col("_fap"), pl.col("fap_nomenclature")))
    published = number("tension_index")
    index = pl.coalesce(published, number("tension_imputed"))
    tension_class = _class("tension_class")
    return rows.select(
        *ORIGIN,
        edition_year=whole("year").max().over("source_sha256"),
        year=whole("year"),
        territory_level="territory_level",
        territory_code="territory_code",
        fap_nomenclature="fap_nomenclature",
        fap_level="fap_level",
        fap_code="_fap",
        employment_count=number("employment_count").round().cast(pl.Int64),
        tension_index=index,
        tension_class=tension_class,
        is_imputed=index.is_not_null()
        & (tension_class.is_null() | _lacks_volume() | published.is_null()),
        **{f"{factor}_index": number(f"{factor}_index") for factor in TENSION_FACTORS},
        **{f"{factor}_class": _class(f"{factor}_class") for factor in TENSION_FACTORS},
    )


def _lacks_volume() -> pl.Expr:
    """Whether the producer names another level than the row's own as that of enough volume.

    Another level of occupations, or a territory wider than the row's.
    """
    enough = squeeze("enough_volume").str.to_lowercase()
    other_occupation = ~enough.str.replace_all(" ", "").str.contains(pl.col("fap_level"))
    names = {level: enough.str.contains(pattern) for level, pattern in MARKED_LEVELS.items()}
    level = pl.col("territory_level")
    wider_than_department = (names["region"] | names["country"]) & ~names["department"]
    wider = ((level == "department") & wider_than_department) | (
        (level == "region") & names["country"] & ~names["region"] & ~names["department"]
    )
    return enough.is_not_null() & (other_occupation | wider)


def _note_missing_factors(rows: pl.DataFrame, log: IssueLog) -> None:
    """Each sheet has every factor: one that is lacking was renamed, and stops the file.

    A flat extract that has none at all is no edition of the producer: it may pass, and says so.
    """
    for own in rows.partition_by("source_sha256", "source_sheet", maintain_order=True):
        is_old = own["fap_nomenclature"][0] == "fap_2009"
        expected = [f for f in TENSION_FACTORS if not (is_old and f == NEW_FACTOR)]
        missing = [
            f for f in expected if own[f"{f}_index"].count() + own[f"{f}_class"].count() == 0
        ]
        is_extract = own["source_sheet"][0] is None and missing == expected
        for factor in missing:
            log.add(
                own.head(1),
                column=f"{factor}_index",
                issue_type="missing_factor",
                kept=True,
                severity="warning" if is_extract else "error",
                note=_sheet_told(own),
            )


def _factors_told_apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Index and class of each factor, as the file's nomenclature has them.

    Where a file in FAP 2009 has a factor in one column, without “discret”, it is the class.
    """
    for factor in TENSION_FACTORS:
        index, its_class = pl.col(f"{factor}_index"), pl.col(f"{factor}_class")
        is_old = pl.col("fap_nomenclature") == "fap_2009"
        is_class = is_old & its_class.is_null().all().over("source_sha256")
        rows = rows.with_columns(
            pl.when(~is_class).then(index).alias(f"{factor}_index"),
            pl.when(is_class).then(index).otherwise(its_class).alias(f"{factor}_class"),
        )
    return rows


def _readable(rows: pl.DataFrame, log: IssueLog, column: str) -> pl.DataFrame:
    """Rows whose value of ``column`` is read or absent; a class that is none is left blank.

    Of a file that has most of the column in another form, one error stands for all its lines.
    """
    text = squeeze(column)
    present = text.is_not_null() & ~text.str.to_lowercase().is_in(MISSING_MARKS)
    read = _class(column) if column in CLASSES else number(column)
    unread = present & read.is_null()
    file = "source_sha256"
    most = unread.sum().over(file) > present.sum().over(file) / 2
    log.add_once(rows.filter(unread & most), column=column, issue_type="unreadable_column")
    few = unread & ~most
    rows = log.reject(
        rows, few & number(column).is_null(), column=column, issue_type="unknown_mark"
    )
    log.add(rows.filter(few), column=column, issue_type="not_a_class", kept=True)
    return rows


def _without_notes(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Records only: a note below the table has neither year nor value; the rest must be read."""
    told = ("year", "tension_index", "tension_imputed", "tension_class")
    no_record = pl.all_horizontal(squeeze(column).is_null() for column in told)
    rows = log.reject(rows, no_record, column="fap_code", issue_type="header_line")
    rows = rows.with_columns(_fap=bare_code("fap_code"))
    bad = ~pl.col("_fap").str.contains(FAP_CODE).fill_null(value=False)
    rows = log.reject(rows, bad, column="fap_code", issue_type="unknown_mark")
    rows = log.reject(rows, whole("year").is_null(), column="year", issue_type="unknown_mark")
    return rows.with_columns(fap_nomenclature=tell_nomenclature(pl.col("_fap")))


def _located(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Add level and code of the territory."""
    rows = _refuse_silent_sheets(rows, log)
    named = squeeze("territory").str.to_uppercase()
    department, region = (
        pl.coalesce(pad_code(bare_code(f"{area}_code")), named.str.extract(pattern))
        for area, pattern in (("department", r"^DEP-(\w+)$"), ("region", r"^REG-(\w+)$"))
    )
    written = squeeze("geo_level").str.to_lowercase()
    level = (
        pl.when(written.is_not_null())
        .then(written.replace_strict(DARES_LEVELS, default=None, return_dtype=pl.String))
        .when(department.is_not_null())
        .then(pl.lit("department"))
        .when(region.is_not_null())
        .then(pl.lit("region"))
        .when(named.is_null() | named.str.starts_with("FR"))
        .then(pl.lit("country"))
    )
    rows = rows.with_columns(territory_level=level)
    rows = log.reject(
        rows, pl.col("territory_level").is_null(), column="geo_level", issue_type="unknown_mark"
    )
    rows = rows.with_columns(
        territory_code=pl.when(pl.col("territory_level") == "department")
        .then(department)
        .when(pl.col("territory_level") == "region")
        .then(region)
        .otherwise(pl.lit("FR"))
    )
    missing = pl.col("territory_code").is_null()
    rows = log.reject(rows, missing, column="geo_level", issue_type="missing_value")
    return _of_known_codes(rows, log)


def _of_known_codes(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows of a région or département that there is; a repaired code is logged."""
    code = pl.col("territory_code")
    for level, known, told in (
        ("region", REGIONS, "un code de région"),
        ("department", DEPARTMENTS, "un code de département"),
    ):
        column, at = f"{level}_code", pl.col("territory_level") == level
        unknown = at & ~code.is_in(list(known))
        rows = _refuse(rows, log, unknown, column=column, value="territory_code", wanted=told)
        repaired = at & (pl.col(column) != code)
        log.add(
            rows.filter(repaired),
            column=column,
            issue_type="repaired_code",
            kept=True,
            replaced_by=code,
        )
    return rows


def _refuse_silent_sheets(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows of sheets of a known level, where that level's column is understood.

    Else the rows of départements would be taken for those of their région, or of France.
    """
    says = _told_by_title(rows)
    rows = rows.with_columns(
        department_code=pl.coalesce("department_code", "department"),
        region_code=pl.coalesce("region_code", "region"),
    )
    told = squeeze("geo_level").is_not_null() | squeeze("territory").is_not_null()
    silent = ~told & ~says["country"]
    no_region = squeeze("region_code").is_null()
    no_department = squeeze("department_code").is_null()
    of_departments = says["department"] & no_department & (~says["region"] | no_region)
    of_regions = says["region"] & ~says["department"] & no_region
    is_zone = says["zone"] | squeeze("employment_zone").is_not_null()
    for bad, column, wanted in (
        (is_zone, "employment_zone", "aucune feuille de zones d'emploi ni de bassins : la retirer"),
        (silent & of_departments, "department_code", "une colonne « Code département »"),
        (silent & of_regions, "region_code", "une colonne « Code région »"),
    ):
        rows = _refuse(rows, log, bad, column=column, wanted=wanted)
    return rows


def _told_by_title(rows: pl.DataFrame) -> dict[str, pl.Expr]:
    """By level, whether the title of a row's sheet names it."""
    titles = {"": "", **{t: normalise(t) for t in rows["source_sheet"].drop_nulls().unique()}}
    title = (
        pl.col("source_sheet")
        .fill_null("")
        .replace_strict(titles, return_dtype=pl.String)
        .str.replace_all("(de|en)_france", "")
    )
    return {level: title.str.contains(pattern) for level, pattern in TITLED_LEVELS.items()}


def _stands_once(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows of which each stands once in its file; several are of smaller places than was read."""
    key = ["source_sha256", "year", "territory_level", "territory_code", "_fap"]
    several = pl.struct(key).is_duplicated()
    for level, finer in FINER_COLUMNS.items():
        rows = _refuse(
            rows,
            log,
            several & (pl.col("territory_level") == level),
            column="department_code",
            value="territory_code",
            wanted=finer,
        )
    return rows


def _refuse(
    rows: pl.DataFrame,
    log: IssueLog,
    bad: pl.Expr,
    *,
    wanted: str,
    column: str,
    value: str | None = None,
) -> pl.DataFrame:
    """The other rows; of each sheet with ``bad`` ones, one error says what it should have."""
    refused = partial(log.add, column=column, value=value, issue_type="unplaced_rows", kept=False)
    mask = rows.select(bad.fill_null(value=False).alias("bad"))["bad"]
    for own in rows.filter(mask).partition_by("source_sha256", "source_sheet", maintain_order=True):
        note = f"{_sheet_told(own)}, {own.height} lignes : attendu, {wanted}."
        refused(own.head(1), note=note)
        refused(own.slice(1), severity="notice")
    return rows.filter(~mask)


def _sheet_told(rows: pl.DataFrame) -> str:
    sheet = rows["source_sheet"][0]
    return f"feuille « {sheet} »" if sheet else "fichier sans feuille"


def _class(column: str) -> pl.Expr:
    value = whole(column)
    return pl.when(value.is_between(1, 5)).then(value)


tension = ingest(CARD, clean_tension, key=TENSION_BY_TERRITORY.key)


@draft_asset(TENSION_BY_TERRITORY)
def labour_tension_by_territory(
    clean_dares__tension: pl.DataFrame, labour_occupations: pl.DataFrame
) -> pl.DataFrame:
    """Index and class as published, rank of the measured, stand-ins beside the imputed."""
    return tension_by_territory(clean_dares__tension, labour_occupations)


def tension_by_territory(clean: pl.DataFrame, occupations: pl.DataFrame) -> pl.DataFrame:
    """Clean rows with stand-ins, which of them the producer used, ranks and labels."""
    filled = name_stand_ins(add_fallbacks(clean, REGION_OF))
    return with_territory_labels(with_fap_labels(rank_occupations(filled), occupations))


def with_territory_labels(frame: pl.DataFrame, local: dict[str, str] | None = None) -> pl.DataFrame:
    """Add ``territory_label``; ``local`` maps ``level/code`` of bassins and EPCI to names."""
    names = {
        "country/FR": "France",
        **{f"region/{code}": label for code, label in REGIONS.items()},
        **{f"department/{code}": label for code, (label, _) in DEPARTMENTS.items()},
        **(local or {}),
    }
    place = pl.concat_str("territory_level", pl.lit("/"), "territory_code")
    return frame.with_columns(
        territory_label=place.replace_strict(names, default=None, return_dtype=pl.String)
    )
