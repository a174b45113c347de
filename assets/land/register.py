"""Sirene: establishments, their history and where they are, in the territory's départements."""

import datetime as dt
from pathlib import Path

import polars as pl

from assets.ground import ON_GROUND
from assets.ingestion import Scope, ingest
from assets.land.points import Columns, lambert
from assets.source_files import Fetch
from observatory.disclosure.withholding import (
    is_withheld,
    may_be_named,
    read_listed_here,
    read_publishable_names,
)
from observatory.geography.cog import commune_of_arrondissement, department_of
from observatory.geography.crs import EVERYWHERE
from observatory.geography.ground import projection
from observatory.ingest.cleaning import bare_code, number, read_days, squeeze
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import LINE, ORIGIN, IssueLog
from observatory.ingest.restating import moved_across, repaired_commune, restate_codes
from observatory.land.activities import IN_FORCE, SUBCLASS, name_nomenclature
from observatory.land.placement import ADDRESS, STREET
from observatory.metadata.cards import normalise
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources import CARDS
from sources.ban.geocoding import geocode

STOCK = CARDS["insee/sirene_stock"]
HISTORY = CARDS["insee/sirene_history"]
LEGAL_UNITS = CARDS["insee/sirene_legal_units"]
GEOLOCATED = CARDS["insee/sirene_geolocated"]
GEOCODED = CARDS["ban/geocoding"]
CLEAN_STOCK, CLEAN_GEOLOCATED = f"clean_{STOCK.stem}", f"clean_{GEOLOCATED.stem}"
OWNED = "clean_dgfip__legal_person_parcels"
PLACES = Columns(longitude="longitude", latitude="latitude", x="x", y="y")
IDENTIFIERS = {"siret": r"^\d{14}$", "siren": r"^\d{9}$"}
LENGTHS = {"siret": 14, "siren": 9}
UNKNOWN_START = dt.date(1900, 1, 1)
OPEN, PARTIAL = "O", "P"
ACTIVE, CLOSED = "A", "F"
COMMUNE_CENTRE = "33"
NOT_DIFFUSED = "[ND]"
KNOWN_CRS = sorted({part.epsg for part in EVERYWHERE})


def _local(store: Store) -> Keep:
    """Establishments of the département, by the commune in force."""
    part = store.part or ""
    # codes of the others say their département as they are written
    is_mended = part.startswith("0") or not part.isdigit()

    def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
        names = rows.collect_schema().names()
        column = pl.col(next(c for c in names if normalise(c).startswith("codecommune")))
        code = repaired_commune(column) if is_mended else column
        gone, come = moved_across(part)
        own = (department_of(code) == part) & ~code.is_in(gone) | code.is_in(come)
        return rows.filter(own.fill_null(value=False))

    return keep


def _named(column: str, own: pl.Series) -> Keep:
    """Rows of the identifiers of ``own``, and those whose identifier a spreadsheet spoiled.

    Of the latter nobody can say whose they are: they are left out where rows are told of.
    """

    def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
        names = rows.collect_schema().names()
        code = next(name for name in names if normalise(name) == column)
        is_spoiled = (pl.col(code).str.strip_chars().str.len_chars() != LENGTHS[column]).fill_null(
            value=True
        )
        return rows.filter(pl.col(code).is_in(own.implode()) | is_spoiled)

    return keep


def _sirets(store: Store) -> pl.Series:
    """Establishments of the stock; none where it is absent."""
    return store.read(CLEAN_STOCK, ["siret"])["siret"].unique()


def _of_stock(store: Store) -> Keep:
    return _named("siret", _sirets(store))


def _of_occupiers_and_owners(store: Store) -> Keep:
    """Legal units of the territory, with the names of those alone that may be named."""
    found = [_sirets(store).str.slice(0, 9), store.read(OWNED, ["owner_siren"])["owner_siren"]]
    own = _named("siren", pl.concat(found).drop_nulls().unique())
    names = read_publishable_names(
        LEGAL_UNITS.layout, name="name", siren="siren", category="legal_category_code"
    )
    return lambda rows: names(own(rows))


def _identified(rows: pl.DataFrame, log: IssueLog, column: str) -> pl.DataFrame:
    """Rows with an identifier of Insee's form."""
    known = squeeze(column).str.contains(IDENTIFIERS[column]).fill_null(value=False)
    return log.reject(rows, ~known, column=column, issue_type="unknown_code")


def _identified_once(rows: pl.DataFrame, log: IssueLog, column: str) -> pl.DataFrame:
    """One row per identifier: of several that differ, the one that was treated last.

    Of one treatment, one under partial diffusion goes first, then the newest state, then an open
    one: a contradiction shows nobody who may not be shown, and makes nothing vacant.
    """
    rows = _identified(rows, log, column).with_row_index("_at")
    twice = rows.filter(squeeze(column).is_duplicated())
    content = [c for c in rows.columns if c not in {"_at", "source_sheet", "source_line"}]
    same = twice.filter(~pl.struct(content).is_first_distinct())["_at"]
    rows = log.reject(
        rows, pl.col("_at").is_in(same.implode()), column=column, issue_type="exact_duplicate"
    )
    rank = {
        "processed": (_unmasked("processed"), True),
        "diffusion": (_unmasked("diffusion") == PARTIAL, True),
        "since": (_unmasked("since"), True),
        "state": (_unmasked("state") == CLOSED, False),
    }
    told = [order for name, order in rank.items() if name in rows.columns]
    served = twice.sort(
        *(by for by, _ in told),
        "_at",
        descending=[*(down for _, down in told), False],
        nulls_last=True,
    )
    once = served.with_columns(squeeze(column).alias("_code")).unique(
        "_code", keep="first", maintain_order=True
    )
    again = squeeze(column).is_duplicated() & ~pl.col("_at").is_in(once["_at"].implode())
    rows = log.reject(rows, again, column=column, issue_type="contradictory_duplicate")
    return rows.drop("_at")


def clean_stock(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Establishments with dates, state and diffusion; masked fields are null.

    Where the file does not say whether an establishment may be shown, ``diffusion`` is null: it
    counts, and is listed nowhere.
    """
    rows = restate_codes(_identified_once(rows, log, "siret"), log, is_kept=True)
    nomenclature = name_nomenclature(_unmasked("naf_nomenclature"), _unmasked("naf_code"))
    log_activities(rows, log, nomenclature)
    state = _unmasked("state")
    odd = rows.filter(state.is_not_null() & ~state.is_in([ACTIVE, CLOSED]))
    log.add(odd, column="state", issue_type="unknown_mark", kept=True)
    rows = read_days(rows, log, "created", "processed", "since", blank=NOT_DIFFUSED)
    said = pl.any_horizontal(_unmasked(c).is_not_null() for c in ("x", "longitude"))
    silent, told = rows.filter(~said), lambert(rows.filter(said), log, PLACES)
    rows = pl.concat([told, silent], how="diagonal").sort("source_sha256", "source_line")
    return rows.select(
        *ORIGIN,
        siret=squeeze("siret"),
        commune_code="commune_code",
        diffusion=_unmasked("diffusion"),
        created_date="_created",
        processed_date="_processed",
        since_date="_since",
        is_active=pl.when(state.is_in([ACTIVE, CLOSED])).then(state == ACTIVE),
        size_class=_unmasked("size_class"),
        size_year=_unmasked("size_year").cast(pl.Int64, strict=False),
        **activity_codes(nomenclature),
        brand=pl.coalesce(_unmasked("usual_name"), _unmasked("brand")),
        is_seat=_unmasked("is_seat")
        .str.to_lowercase()
        .replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean),
        address=_address(),
        street_number=_unmasked("street_number"),
        street=pl.coalesce(
            pl.concat_str(_unmasked("street_type"), _unmasked("street"), separator=" "),
            _unmasked("street"),
        ),
        own_x_m="x_m",
        own_y_m="y_m",
    )


IN_FORCE_COLUMNS = ("naf_code", "naf_2025_code")


def activity_codes(nomenclature: pl.Expr) -> dict[str, pl.Expr]:
    """The code of an activity in each nomenclature in force, and as the register has it."""
    code, code_2025 = _unmasked("naf_code"), _unmasked("naf_2025_code")
    of_2025 = pl.when(code_2025.str.contains(SUBCLASS)).then(code_2025)
    return {
        "naf_code": pl.when(nomenclature == "naf_rev2").then(code),
        "naf_2025_code": pl.coalesce(pl.when(nomenclature == "naf_2025").then(code), of_2025),
        "former_naf_code": pl.when(~nomenclature.is_in(IN_FORCE)).then(code),
        "naf_nomenclature": nomenclature,
    }


def log_activities(rows: pl.DataFrame, log: IssueLog, nomenclature: pl.Expr) -> None:
    """Log codes of older nomenclatures once a file, and those that are of none."""
    older = rows.filter((~nomenclature.is_in(IN_FORCE)).fill_null(value=False))
    log.add_once(older, column="naf_code", issue_type="former_nomenclature")
    odd = rows.filter(nomenclature.is_null() & _unmasked("naf_code").is_not_null())
    log.add_once(odd, column="naf_code", issue_type="unknown_code")


def _unmasked(column: str) -> pl.Expr:
    return squeeze(column).replace(NOT_DIFFUSED, None)


def _address() -> pl.Expr:
    """Number, street, postcode and locality in one line; null where no street is told."""
    way = pl.concat_str(
        *(_unmasked(f"street{part}") for part in ("_number", "_repetition", "_type")),
        _unmasked("street"),
        separator=" ",
        ignore_nulls=True,
    )
    town = pl.concat_str(
        _unmasked("postcode"), _unmasked("locality"), separator=" ", ignore_nulls=True
    )
    town = pl.when(town != "").then(town)
    whole = pl.concat_str(way, town, separator=", ", ignore_nulls=True)
    return pl.when(_unmasked("street").is_not_null()).then(whole)


def clean_history(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per establishment and period; a start of 1900 is unknown."""
    rows = _identified(rows, log, "siret")
    state = squeeze("state")
    bad = state.is_null() | ~state.is_in([ACTIVE, CLOSED])
    rows = log.reject(rows, bad, column="state", issue_type="unknown_mark", severity="warning")
    rows = read_days(rows, log, "start", "end", blank=NOT_DIFFUSED)
    return rows.select(
        *ORIGIN,
        siret=squeeze("siret"),
        start_date=pl.when(pl.col("_start") != UNKNOWN_START).then("_start"),
        end_date="_end",
        is_active=state == ACTIVE,
    )


def clean_legal_units(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Legal category and diffusion; the name of companies and public bodies, and no other."""
    rows = _identified_once(rows, log, "siren")
    nomenclature = name_nomenclature(_unmasked("naf_nomenclature"), _unmasked("naf_code"))
    log_activities(rows, log, nomenclature)
    is_person = _unmasked("legal_category_code").str.starts_with("1").fill_null(value=True)
    category = _unmasked("legal_category_code")
    return rows.select(
        *ORIGIN,
        siren=squeeze("siren"),
        legal_category_code=category,
        diffusion=_unmasked("diffusion"),
        name=pl.when(may_be_named(category)).then(_unmasked("name")),
        **{
            f"unit_{name}": pl.when(~is_person).then(value)
            for name, value in activity_codes(nomenclature).items()
            if name in IN_FORCE_COLUMNS
        },
    )


def clean_geolocated(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Coordinates in the territory's CRS; nowhere and elsewhere left out."""
    rows = _identified_once(rows, log, "siret")
    rows = rows.with_columns(_x=number("x"), _y=number("y"), _epsg=bare_code("epsg"))
    nowhere = (
        pl.col("_x").is_null()
        | pl.col("_y").is_null()
        | ((pl.col("_x") == 0) & (pl.col("_y") == 0))
    )
    rows = log.reject(rows, nowhere, column="x", issue_type="no_coordinates")
    rows = log.reject(
        rows,
        ~pl.col("_epsg").is_in(KNOWN_CRS).fill_null(value=False),
        column="epsg",
        issue_type="unknown_code",
    )
    is_here = pl.col("_epsg") == projection().epsg
    metres = Columns(longitude="x", latitude="y", x="x", y="y")
    here = lambert(rows.filter(is_here), log, metres, kept=False)
    rows = pl.concat([here, rows.filter(~is_here)], how="diagonal").sort(*LINE)
    log.add_once(
        rows.filter(bare_code("quality") == COMMUNE_CENTRE),
        column="quality",
        issue_type="commune_centre",
    )
    return rows.select(
        *ORIGIN,
        siret=squeeze("siret"),
        epsg_code="_epsg",
        insee_x_m="x_m",
        insee_y_m="y_m",
        quality_code=bare_code("quality"),
    )


def clean_geocoded(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Answers of the geocoder in the territory's CRS, with score and kind of the match."""
    places = Columns(longitude="longitude", latitude="latitude")
    rows = lambert(rows, log, places, kept=False)
    return rows.select(
        *ORIGIN,
        siret=squeeze("siret"),
        ban_x_m="x_m",
        ban_y_m="y_m",
        ban_kind=squeeze("kind"),
        ban_score=number("score"),
        ban_commune_code=commune_of_arrondissement(squeeze("citycode")),
    ).unique("siret", keep="first", maintain_order=True)


def _ask_geocoder(settings: Settings, folder: Path, store: Store) -> Path | None:
    """The geocoder's answer on active establishments that Insee does not place."""
    rows = to_geocode(store.read(CLEAN_STOCK), store.read(CLEAN_GEOLOCATED))
    rows = rows.filter(~is_withheld("siret", read_listed_here(settings)))
    if rows.is_empty():
        return None
    return geocode(rows, GEOCODED, folder / f"geocodage-{settings.as_of}-{store.part}.csv")


def to_geocode(stock: pl.DataFrame, geolocated: pl.DataFrame) -> pl.DataFrame:
    """Active establishments open to diffusion, with a street, that have no usable coordinates."""
    usable = geolocated.filter(pl.col("quality_code").is_in([*ADDRESS, *STREET]))["siret"]
    asked = stock.filter(
        pl.col("diffusion") == OPEN,
        pl.col("is_active").fill_null(value=False),
        pl.col("own_x_m").is_null(),
        pl.col("street").is_not_null(),
        ~pl.col("siret").is_in(usable.implode()),
    )
    return asked.select(
        "siret",
        address=pl.concat_str("street_number", "street", separator=" ", ignore_nulls=True),
        citycode="commune_code",
    )


OF_STOCK = Scope(reads=(CLEAN_STOCK, *ON_GROUND), within=_of_stock, is_parted=True)
stock = ingest(STOCK, clean_stock, Scope(reads=ON_GROUND, within=_local, is_parted=True))
history = ingest(HISTORY, clean_history, OF_STOCK)
legal_units = ingest(
    LEGAL_UNITS,
    clean_legal_units,
    Scope(reads=(CLEAN_STOCK, OWNED), within=_of_occupiers_and_owners, is_parted=True),
)
geolocated = ingest(GEOLOCATED, clean_geolocated, OF_STOCK)
geocoded = ingest(
    GEOCODED,
    clean_geocoded,
    OF_STOCK,
    Fetch(reads=(CLEAN_STOCK, CLEAN_GEOLOCATED), run=_ask_geocoder),
)
