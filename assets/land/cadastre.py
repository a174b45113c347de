"""Cadastre: parcels and buildings from the Etalab conversion or from EDIGEO sheets; owners."""

import re

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import Scope, ingest, ingest_layer
from assets.parts import CONTOURS, department_codes, parcels_of_part, rows_by_code, shapes_near_part
from observatory.disclosure.withholding import may_be_named, read_publishable_names
from observatory.errors import InputError
from observatory.geography.ground import GROUND
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.ingest.cleaning import number, squeeze
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import LINE, ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes, restate_parcels
from observatory.ingest.shapes import Layer
from observatory.ingest.values import first_written
from observatory.land.parcels import (
    PARCEL_PATTERN,
    UNKNOWN_OWNER,
    build_parcel_id,
    classify_company,
    classify_owner,
    commune_of_parcel,
    find_owners,
)
from observatory.pipeline.steps import Out, step
from observatory.storage.frames import Store
from sources import CARDS

PARCELS = CARDS["cadastre/parcels"]
BUILDINGS = CARDS["cadastre/buildings"]
EDIGEO = CARDS["cadastre/edigeo"]
LEGAL_PERSONS = CARDS["dgfip/legal_person_parcels"]
# a sheet of the plan: département, commune, prefix, section, sheet
SHEET_NAME = re.compile(r"(?<![0-9])(?:\d{2}|2[AB])\d{6}[0-9A-Z]{2}\d{2}(?![0-9])")
PARCEL_LAYER = "PARCELLE_id"
AREAS_AGREE = (0.8, 1.25)
# a code alone until 2023, « P - Propriétaire » and « 4 - Commune » since; 4A: exempt, of
# Alsace-Moselle
RIGHT = r"^([A-Z])(?:\s*-.*)?$"
GROUP = r"^([0-9])(?:\.0)?A?(?:\s*-.*)?$"
LEGAL_CATEGORY = r"^(\d{4})(?:\s*-.*)?$"
# overseas a commune has three figures, the first of them its département's
CODED_IN_COMMUNE = 3
# EPCI, communes and co-ownerships are so whatever their group
TOLD_BY_FORM = r"^(734|735|721|911)"
# the part of a vintage that is a whole département or commune; a section of a commune's parcels
PLACE = re.compile(r"\d{2}|2[AB]|97\d|\d{5}|2[AB]\d{3}")
SECTION = 10
# what pieces of one parcel may share of their area: lines drawn twice
OVERLAP_SHARE = 0.01
BESIDE_M = 0.5
PARCEL_NOTE = pl.format("{} m²", pl.col("_drawn_m2").round().cast(pl.Int64))


def clean_parcels(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Parcels with a valid identifier, each once; the area on paper beside the area drawn."""
    rows = layer.rows.with_columns(pl.col("parcel_id").str.strip_chars().str.to_uppercase())
    return _parcels(layer, rows, log)


def _parcels(layer: Layer, rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    rows = log.reject(
        rows,
        ~pl.col("parcel_id").str.contains(PARCEL_PATTERN).fill_null(value=False),
        column="parcel_id",
        issue_type="unknown_code",
    )
    rows = restate_parcels(rows, log).with_columns(
        commune_code=commune_of_parcel(pl.col("parcel_id")),
        _drawn_m2=pl.Series(shapely.area(layer.shapes[rows["_at"].to_numpy()]), dtype=pl.Float64),
    )
    rows = restate_codes(rows, log, note=PARCEL_NOTE)
    rows = log.reject(rows, is_superseded(rows), column="parcel_id", issue_type="older_edition")
    again = _drawn_again(layer, rows, pl.col("parcel_id"))
    rows = log.reject(rows, again, column="parcel_id", issue_type="exact_duplicate")
    rows = _in_one_piece(layer, rows, log)
    rows = log.reject(
        rows,
        pl.col("parcel_id").is_duplicated(),
        column="parcel_id",
        issue_type="conflicting_duplicate",
        note=PARCEL_NOTE,
    )
    on_paper = number("contenance_m2")
    rows = rows.with_columns(
        area_m2=pl.Series(shapely.area(layer.shapes[rows["_at"].to_numpy()]), dtype=pl.Float64),
        contenance_m2=pl.when(on_paper > 0).then(on_paper),
        _read=pl.col("contenance_m2"),
    ).with_columns(contenance_ratio=pl.col("contenance_m2") / pl.col("area_m2"))
    apart = ~pl.col("contenance_ratio").is_between(*AREAS_AGREE)
    log.add(
        rows.filter(apart.fill_null(value=False)),
        column="contenance_m2",
        value="_read",
        issue_type="area_differs",
        kept=True,
    )
    return rows.select(
        "_at",
        *LINE,
        "parcel_id",
        "contenance_m2",
        "area_m2",
        "contenance_ratio",
        "commune_code",
    )


def is_superseded(rows: pl.DataFrame) -> pl.Expr:
    """Whether a younger file of the source serves the place of a row.

    A file whose part is a département or a commune serves the communes it holds; any other, a sheet
    or a file that does not say, the sections it holds. ``rows`` has ``source_sha256``,
    ``parcel_id`` and ``commune_code``.
    """
    told = pl.DataFrame(
        [
            (sha, vintage.partition(".")[0], PLACE.fullmatch(vintage.partition(".")[2]) is not None)
            for sha, vintage in GROUND.get().vintages.items()
        ],
        schema={"source_sha256": pl.String, "_edition": pl.String, "_is_whole": pl.Boolean},
        orient="row",
    )
    if len(told) <= 1:
        return pl.lit(value=False)
    edition = pl.col("source_sha256").replace_strict(
        told["source_sha256"], told["_edition"], default="", return_dtype=pl.String
    )
    whole = pl.col("source_sha256").is_in(told.filter("_is_whole")["source_sha256"].implode())
    of_commune = pl.when(whole).then(edition).max().over("commune_code")
    of_section = edition.max().over(pl.col("parcel_id").str.slice(0, SECTION))
    return (edition < pl.max_horizontal(of_commune, of_section)).fill_null(value=False)


def _in_one_piece(layer: Layer, rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows, those of one parcel put together where they are pieces of it."""
    several = rows.filter(pl.col("parcel_id").is_duplicated())
    joined: list[int] = []
    for _, own in several.group_by("parcel_id", maintain_order=True):
        at = own["_at"].to_numpy()
        on_paper = own.select(number("contenance_m2").max()).item()
        if are_pieces(layer.shapes[at], on_paper):
            layer.shapes[at[0]] = shapely.union_all(layer.shapes[at])
            joined += at[1:].tolist()
    return log.reject(
        rows,
        pl.col("_at").is_in(joined),
        column="parcel_id",
        issue_type="parcel_in_pieces",
        note=PARCEL_NOTE,
    )


def are_pieces(shapes: np.ndarray, on_paper_m2: float | None) -> bool:
    """Whether shapes make up one parcel: side by side, and together as large as on paper."""
    areas = shapely.area(shapes)
    united = shapely.union_all(shapes)
    if shapely.area(united) < (1 - OVERLAP_SHARE) * areas.sum():
        return False
    beside = shapely.union_all(shapely.buffer(shapes, BESIDE_M))
    low, high = AREAS_AGREE
    fits = not on_paper_m2 or low <= on_paper_m2 / areas.sum() <= high
    return bool(fits and shapely.get_num_geometries(beside) == 1)


def clean_buildings(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Buildings, durable (01) or light (02); the same outline twice is kept once."""
    return _distinct_shapes(layer, layer.rows, log)


def _distinct_shapes(layer: Layer, rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    bounds = shapely.bounds(layer.shapes[rows["_at"].to_numpy()])
    sides = [pl.lit(pl.Series(str(at), side)) for at, side in enumerate(bounds.T)]
    again = _drawn_again(layer, rows, pl.struct(sides))
    kept = log.reject(rows, again, column="geometry", issue_type="exact_duplicate")
    return kept.select("_at", *LINE, "building_type")


def _drawn_again(layer: Layer, rows: pl.DataFrame, key: pl.Expr) -> pl.Expr:
    """Whether the shape of a row stands above it under the same ``key``."""
    alike = rows.select("_at", _key=key).filter(pl.col("_key").is_duplicated())
    wkb = pl.Series(shapely.to_wkb(layer.shapes[alike["_at"].to_numpy()]), dtype=pl.Binary)
    again = alike.filter(~pl.struct("_key", wkb.alias("_wkb")).is_first_distinct())
    return pl.col("_at").is_in(again["_at"].implode())


def clean_edigeo(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Parcels (with ``parcel_id``) and buildings (without) of sheets of the plan.

    A sheet holds commune, prefix, section and number; its département is in the file's name
    (``edigeo-130290000A01.tar.bz2``). Raises InputError where it is not.
    """
    rows = layer.rows
    log.add_once(rows, column="geometry", issue_type="unnamed_projection")
    sheets = rows["source_sheet"].unique().to_list()
    departments = {sheet: _sheet(sheet)[:2] for sheet in sheets}
    is_parcel = pl.col("source_sheet").str.ends_with(PARCEL_LAYER)
    code = pl.col("source_sheet").replace_strict(departments, return_dtype=pl.String)
    identified = rows.filter(is_parcel).with_columns(parcel_id=code + pl.col("parcel_number"))
    parcels = _parcels(layer, identified, log)
    buildings = _distinct_shapes(layer, rows.filter(~is_parcel), log)
    return pl.concat([parcels, buildings], how="diagonal")


def _sheet(sheet: str) -> str:
    """The code of a sheet, which begins with that of its commune."""
    found = SHEET_NAME.search(sheet)
    if found is None:
        msg = (
            f"{sheet}: the département is in the name of a sheet's file alone: hand it over under "
            "the producer's name, such as edigeo-130290000A01.tar.bz2."
        )
        raise InputError(msg)
    return found.group()


def _sheets_of_part(frame: gpd.GeoDataFrame, store: Store) -> np.ndarray:
    codes = department_codes([_sheet(sheet) for sheet in frame["source_sheet"]])
    return np.asarray(codes == store.part)


def _publishable_owners(store: Store) -> Keep:
    own = rows_by_code(_commune_code)(store)
    names = read_publishable_names(
        LEGAL_PERSONS.layout,
        name="owner_name",
        siren="owner_siren",
        category="legal_category_code",
    )
    return lambda rows: names(own(rows))


def _commune_code(names: list[str]) -> pl.Expr:
    """The code of the commune: overseas, editions until 2023 cut it in two (97, then 415)."""
    headers = LEGAL_PERSONS.layout.match(names).columns
    names_of_place = ("department_code", "direction", "cadastre_commune")
    department, direction, commune = (first_written(headers[n]) for n in names_of_place)
    return _parcel_of(department, direction, commune).str.slice(0, 5)


def _parcel_of(
    department: pl.Expr, direction: pl.Expr, commune: pl.Expr, *reference: pl.Expr
) -> pl.Expr:
    """Build the identifier; the département is 13, 974, or 97 before 415, or before 4 and 15."""
    code, inside = department.str.strip_chars().str.to_uppercase(), commune.str.strip_chars()
    is_cut = (code == "97") & (inside.str.len_chars() < CODED_IN_COMMUNE)
    whole = pl.when(is_cut).then(code + direction.str.strip_chars()).otherwise(code)
    blank = pl.lit("")
    return build_parcel_id(whole, inside, *(reference or (blank, blank, blank)))


def clean_legal_person_parcels(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per parcel and right holder; subdivisions of one parcel repeat it.

    A SIREN that begins with ``U`` stands for an owner without one: it tells owners apart and is
    nobody's identity. Such an owner has no name here, nor has one that may not be named. Of an
    owner whose group is not of DGFiP's list, the legal category alone tells what it is for certain.
    """
    rows = rows.with_columns(
        parcel_id=_parcel_of(
            pl.col("department_code"),
            pl.col("direction"),
            pl.col("cadastre_commune"),
            pl.col("prefix"),
            pl.col("section"),
            pl.col("plan"),
        ),
        _right=squeeze("right").str.extract(RIGHT),
        _group=squeeze("owner_group").str.extract(GROUP),
    )
    bad = ~pl.col("parcel_id").str.contains(PARCEL_PATTERN).fill_null(value=False)
    rows = log.reject(rows, bad, column="parcel_id", issue_type="unknown_code")
    rows = restate_parcels(rows, log)
    siren, account = squeeze("owner_siren"), squeeze("majic")
    rows = log.reject(
        rows,
        siren.is_null() & account.is_null(),
        column="owner_siren",
        issue_type="missing_value",
        severity="warning",
    )
    for column, read in (("right", "_right"), ("owner_group", "_group")):
        untold = rows.filter(pl.col(read).is_null())
        log.add(untold, column=column, issue_type="unknown_code", kept=True)
    real = siren.str.contains(r"^\d{9}$").fill_null(value=False)
    legal = squeeze("legal_category_code").str.extract(LEGAL_CATEGORY)
    told = pl.col("_group").is_not_null() | legal.str.contains(TOLD_BY_FORM)
    return rows.select(
        *ORIGIN,
        "parcel_id",
        right="_right",
        owner_siren=pl.when(real).then(siren),
        owner_account=pl.coalesce(siren, account),
        owner_category=pl.when(told)
        .then(classify_owner(pl.col("_group"), legal))
        .otherwise(pl.lit(UNKNOWN_OWNER)),
        legal_category_code=legal,
        owner_name=pl.when(real & may_be_named(legal)).then(squeeze("owner_name")),
    )


parcels = ingest_layer(PARCELS, clean_parcels, of_part=parcels_of_part, reads=ON_GROUND)
# the newest edition serves each commune, as the cadastre codes it
buildings = ingest_layer(
    BUILDINGS,
    clean_buildings,
    of_part=shapes_near_part,
    reads=(CONTOURS, *ON_GROUND),
    place=pl.col("cadastre_code").str.strip_chars(),
)
edigeo = ingest_layer(EDIGEO, clean_edigeo, of_part=_sheets_of_part, reads=ON_GROUND)
legal_person_parcels = ingest(
    LEGAL_PERSONS,
    clean_legal_person_parcels,
    Scope(reads=ON_GROUND, within=_publishable_owners, is_parted=True),
    place=pl.concat_str("department_code", "cadastre_commune", separator="/"),
)


@step(
    Out(
        name="_land_parcels",
        group="land",
    ),
    is_parted=True,
)
def _land_parcels(
    clean_cadastre__parcels: gpd.GeoDataFrame,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    clean_dgfip__legal_person_parcels: pl.DataFrame,
) -> pl.DataFrame:
    """Every parcel once, with who can dispose of it where that is a legal person.

    Their shapes stay where they were cleaned: ``with_shapes``.
    """
    columns = ["parcel_id", "commune_code", "contenance_m2", "area_m2", "contenance_ratio"]
    more = _on_sheets_alone(clean_cadastre__parcels, clean_cadastre__edigeo)
    rows = [drop_geometry(layer).select(columns) for layer in (clean_cadastre__parcels, more)]
    owners = find_owners(clean_dgfip__legal_person_parcels)
    return pl.concat(rows).join(owners, on="parcel_id", how="left", maintain_order="left")


def with_activity(owners: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Owners with the category that their own activity tells, where the register has it."""
    known = units.select("unit_naf_code", "unit_naf_2025_code", owner_siren="siren").unique(
        "owner_siren", keep="first", maintain_order=True
    )
    told = owners.join(known, on="owner_siren", how="left", maintain_order="left")
    category = classify_company(
        pl.col("owner_category"), pl.col("unit_naf_code"), pl.col("unit_naf_2025_code")
    )
    return told.with_columns(owner_category=category).drop("unit_naf_code", "unit_naf_2025_code")


def with_shapes(
    rows: pl.DataFrame, etalab: gpd.GeoDataFrame, sheets: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The rows of ``_land_parcels`` with their shapes, those of both sources."""
    more = _on_sheets_alone(etalab, sheets)
    shapes = np.concatenate([etalab.geometry.to_numpy(), more.geometry.to_numpy()])
    return as_geodataframe(rows, shapes)


def _on_sheets_alone(etalab: gpd.GeoDataFrame, sheets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels of sheets of the plan that the conversion does not hold."""
    if sheets.empty:
        return sheets
    drawn = pl.from_pandas(sheets["parcel_id"]).cast(pl.String)
    known = pl.from_pandas(etalab["parcel_id"]).cast(pl.String)
    return sheets[(drawn.is_not_null() & ~drawn.is_in(known.implode())).to_numpy()]


def building_shapes(etalab: gpd.GeoDataFrame, sheets: gpd.GeoDataFrame) -> np.ndarray:
    """Outlines of all buildings, of both sources: ground under either is counted once."""
    drawn = sheets[sheets["parcel_id"].isna()]
    return np.concatenate([etalab.geometry.to_numpy(), drawn.geometry.to_numpy()])
