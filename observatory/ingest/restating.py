"""Restates codes of communes, and of parcels, in the communes in force; what it does is logged.

Sources: Insee, table of passage of older codes; DGFiP, identifiers of the cadastre (a parcel of a
commune that was merged bears the new code, and the old one's three digits as prefix).
"""

import polars as pl

from observatory.geography.cog import commune_of_arrondissement, department_of, find_successors
from observatory.geography.ground import GROUND, Ground
from observatory.ingest.cleaning import squeeze
from observatory.ingest.issues import IssueLog

NO_PREFIX = "000"


def repaired_commune(text: pl.Expr) -> pl.Expr:
    """A commune's code as Insee writes it: ``6088`` and ``6088.0`` are 06088, 2a004 is 2A004."""
    bare = text.str.strip_chars().str.to_uppercase().str.replace(r"[.,]0+$", "")
    code = pl.when(bare.str.contains(r"^\d{4}$")).then(bare.str.zfill(5)).otherwise(bare)
    # a name is no code that could be repaired
    return pl.when(bare.str.contains(r"\d")).then(code).otherwise(text)


def restate_codes(
    rows: pl.DataFrame,
    log: IssueLog,
    *,
    column: str = "commune_code",
    is_kept: bool = False,
    note: pl.Expr | None = None,
) -> pl.DataFrame:
    """Put the code in force in ``column``; rows of one stand under it side by side.

    A code without its zero, with a decimal, of an arrondissement is repaired; a merged commune's
    moves. A split commune's is not guessed, also where one part keeps the code: its rows, and those
    of a code that is none, are left out, or stay without a code where ``is_kept``. One issue for
    each code of a file says of how many lines; each line left out has its own, with the ``note``.
    """
    written = rows.with_columns(_written=squeeze(column))
    told = _tell(written.select("source_sha256", "_written").unique(maintain_order=True))
    found = written.join(
        told, on=["source_sha256", "_written"], how="left", nulls_equal=True, maintain_order="left"
    )
    for kind in ("repaired_code", "restated_code"):
        own = found.filter(pl.col("_kind") == kind)
        log.add_each(own, column=column, issue_type=kind, replaced_by=pl.col("_code"))
    for kind in ("split_commune", "unknown_code"):
        lost = (pl.col("_kind") == kind).fill_null(value=False)
        if is_kept:
            log.add_each(found.filter(lost), column=column, issue_type=kind)
        else:
            found = log.reject(found, lost, column=column, issue_type=kind, note=note)
    return found.with_columns(pl.col("_code").alias(column)).drop("_written", "_code", "_kind")


def _tell(codes: pl.DataFrame) -> pl.DataFrame:
    """Of each code of each file, the code in force and what kind of change leads there."""
    ground = GROUND.get()
    code = commune_of_arrondissement(repaired_commune(pl.col("_written")))
    read = codes.with_columns(_code=code)
    repaired = pl.when(code != pl.col("_written")).then(pl.lit("repaired_code"))
    if ground.communes.is_empty():
        return read.with_columns(_kind=repaired)
    moved = find_successors(ground.changes).rename({"commune_code": "_successor"})
    read = read.join(moved, left_on="_code", right_on="former_commune_code", how="left")
    code, cut = pl.col("_code"), _is_of_before(read, ground)
    in_force = code.is_in(ground.communes.implode()) & ~cut
    former = code.is_in(ground.changes["former_commune_code"].implode())
    merged = ~in_force & ~cut & pl.col("_successor").is_not_null()
    # a list of some départements does not tell of the communes of others
    departments = ground.communes.to_frame("c").select(department_of(pl.col("c")).unique())["c"]
    unknown = ~in_force & ~former & department_of(code).is_in(departments.implode())
    return read.select(
        "source_sha256",
        "_written",
        _kind=pl.when(merged)
        .then(pl.lit("restated_code"))
        .when(former & ~in_force)
        .then(pl.lit("split_commune"))
        .when(unknown)
        .then(pl.lit("unknown_code"))
        .otherwise(repaired),
        _code=pl.when(merged)
        .then("_successor")
        .when((former & ~in_force) | unknown)
        .then(None)
        .otherwise(code),
    )


def _is_of_before(read: pl.DataFrame, ground: Ground) -> pl.Expr:
    """Whether the code of a commune that kept it may be that of the commune before it was cut.

    Not in a file as young as the list of communes, nor in one that names another of the parts.
    """
    kept = ground.changes.filter(
        pl.col("former_commune_code").is_in(ground.communes.implode()),
        pl.col("former_commune_code") != pl.col("current_commune_code"),
    )
    named = read.join(kept, left_on="_code", right_on="current_commune_code", how="inner")
    listed = ground.listed_in[:4]
    young = [sha for sha, vintage in ground.vintages.items() if "" < listed <= vintage[:4]]
    after = pl.struct("source_sha256", "_code").is_in(
        named.select(pl.struct("source_sha256", _code="former_commune_code").alias("s"))["s"]
        .unique()
        .implode()
    )
    own = pl.col("_code").is_in(kept["former_commune_code"].implode())
    return (own & ~after & ~pl.col("source_sha256").is_in(young)).fill_null(value=False)


def moved_across(department: str) -> tuple[list[str], list[str]]:
    """Codes of communes that a merger moved out of the département, and into it."""
    pairs = find_successors(GROUND.get().changes).drop_nulls()
    before, after = (department_of(pl.col(c)) for c in ("former_commune_code", "commune_code"))
    gone = pairs.filter(before == department, after != department)["former_commune_code"]
    come = pairs.filter(before != department, after == department)["former_commune_code"]
    return gone.to_list(), come.to_list()


def restated_parcel(parcel: pl.Expr) -> pl.Expr:
    """A parcel's identifier in the commune in force: that of a merged commune takes a prefix."""
    ground = GROUND.get()
    moved = find_successors(ground.changes).drop_nulls()
    moved = moved.filter(~pl.col("former_commune_code").is_in(ground.communes.implode()))
    if moved.is_empty():
        return parcel
    old = parcel.str.slice(0, 5)
    new = old.replace_strict(
        moved["former_commune_code"],
        moved["commune_code"],
        default=None,
        return_dtype=pl.String,
    )
    prefix = parcel.str.slice(5, 3)
    own = pl.when(prefix == NO_PREFIX).then(old.str.slice(2, 3)).otherwise(prefix)
    return pl.when(new.is_not_null()).then(new + own + parcel.str.slice(8)).otherwise(parcel)


def restated_list(parcels: pl.Expr) -> pl.Expr:
    """The same of identifiers written one after the other, a bar between them."""
    one = restated_parcel(pl.element().str.strip_chars())
    return parcels.str.split("|").list.eval(one).list.join("|")


def restate_lists(rows: pl.DataFrame, log: IssueLog, *, column: str) -> pl.DataFrame:
    """Put identifiers written one after the other in the communes in force; one issue per row."""
    bare = pl.col(column).str.split("|").list.eval(pl.element().str.strip_chars()).list.join("|")
    restated = rows.with_columns(_parcels_in_force=restated_list(pl.col(column)))
    moved = restated.filter(pl.col("_parcels_in_force") != bare)
    log.add(
        moved,
        column="parcel_ids",
        value=column,
        issue_type="restated_code",
        kept=True,
        replaced_by=pl.col("_parcels_in_force"),
    )
    return restated.with_columns(pl.col("_parcels_in_force").alias(column)).drop(
        "_parcels_in_force"
    )


def restate_parcels(
    rows: pl.DataFrame, log: IssueLog, *, column: str = "parcel_id"
) -> pl.DataFrame:
    """Put identifiers in the communes in force; one issue for each commune of a file that moved."""
    restated = rows.with_columns(_parcel_in_force=restated_parcel(pl.col(column)))
    moved = restated.filter(pl.col("_parcel_in_force") != pl.col(column))
    log.add_each(
        moved,
        column=column,
        issue_type="restated_code",
        replaced_by=pl.col("_parcel_in_force"),
        alike=pl.col(column).str.slice(0, 5),
    )
    return restated.with_columns(pl.col("_parcel_in_force").alias(column)).drop("_parcel_in_force")
