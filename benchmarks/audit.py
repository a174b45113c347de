"""What it costs to look at a million rows of a table with every rule of its contract.

    python -m benchmarks.audit HOME --rows 1000000 --record

HOME holds a release of the land theme. Rows of released tables are repeated under keys of their
own, and looked at by Great Expectations as a run does, in a process of its own; beside it the same
rows handed to pandas and nothing more, which is what no audit in pandas can be cheaper than.
"""

import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.measuring import Measure, module, options, record, summarise, take_turns, tell

# a key of its own for each row, in the form that the contract asks for
KEYS: dict[str, tuple[str, Callable[[pl.Expr], pl.Expr]]] = {
    "land_units": ("unit_id", lambda at: "13001_TERRAIN-ECO_1300100" + at.str.zfill(7)),
    "land_establishments": ("siret", lambda at: at.str.zfill(14)),
    "quality_issues": ("issue_rank", lambda at: at.cast(pl.Int64)),
}


def repeated(home: Path, name: str, count: int) -> pl.DataFrame:
    """Released rows, as many times as it takes, each with a key of its own."""
    rows = pl.read_parquet(home / "current" / f"{name}.parquet")
    key, form = KEYS[name]
    many = pl.concat([rows] * (count // len(rows) + 1)).head(count)
    return many.with_columns(form(pl.int_range(1, pl.len() + 1).cast(pl.String)).alias(key))


def look(home: Path, name: str, count: int, *, with_rules: bool) -> None:
    """Audit rows, or only hand them to pandas; tell seconds and rules."""
    from assets.catalogue import TABLES
    from observatory.pipeline.audits import run_rules, warm_up
    from observatory.pipeline.rules import rules_from_contract
    from observatory.settings import Settings
    from observatory.storage.frames import Store

    table = TABLES[name]
    rows, store = repeated(home, name, count), Store.of(Settings(home=home, input="archive"))
    warm_up()
    begun = time.perf_counter()
    if not with_rules:
        wide = rows.select(c for c in rows.columns if c != "geometry").to_pandas()
        tell(rows=len(wide), looking_s=time.perf_counter() - begun)
        return
    results = run_rules(
        rows, rules_from_contract(table), store, named_by=table.key, hidden=table.unshown
    )
    seconds = time.perf_counter() - begun
    failed = sum(not r.is_passed for r in results)
    tell(rows=len(rows), rules=len(results), failed=failed, looking_s=seconds)


def compare(home: Path, count: int, rounds: int) -> str:
    """Each table audited beside handed to pandas, as Markdown."""
    texts = []
    for name in KEYS:
        given = (home, "--rows", count, "--table", name)
        cases = {
            f"{name}, to pandas": module("benchmarks.audit", *given, "--bare"),
            f"{name}, audited": module("benchmarks.audit", *given),
        }
        found: dict[str, list[Measure]] = take_turns(cases, rounds)
        texts.append(summarise(found, by="looking_s"))
    return "\n\n".join(texts)


def main() -> None:
    """One table, or the tables of all."""
    parser = options(__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--table", choices=list(KEYS))
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    if given.table:
        look(given.home, given.table, given.rows, with_rules=not given.bare)
        return
    text = compare(given.home, given.rows, given.rounds)
    print(text)
    if given.record:
        record(f"Audit of {given.rows:,} rows", "python -m benchmarks.audit", text)


if __name__ == "__main__":
    main()
