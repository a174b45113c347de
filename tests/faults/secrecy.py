"""Attacks what secrecy hides, by other means than those that chose what to hide.

``python -m tests.faults.secrecy [--seeds N] [--seed N] [--home FOLDER]``: invented worlds of job
offers and of sales are released twice, a month apart; integer programmes over every printed figure
of both releases, rounding included, look for counts that have one solution. With a home, its
released files are compared: what is hidden in one is hidden in all. Exits with 1 if one is found.
"""

import argparse
import contextlib
import datetime as dt
import itertools
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import python_calamine as calamine
from scipy.optimize import Bounds, LinearConstraint, milp

from assets.labour.contracts.offers import OFFER_FLOWS_BY_BASSIN
from assets.land.contracts.figures import PRICES_BY_COMMUNE
from observatory.disclosure.suppression import protect
from observatory.labour.offer_flows import FLOW_KEY, add_occupations, count_flows
from observatory.labour.offers import LEDGER_SCHEMA
from observatory.land.prices import compute_prices
from observatory.metadata.tables import Table, suppression_mark
from observatory.release.manifest import read_contracts
from observatory.release.settling import keep_released
from observatory.settings import Thresholds

THRESHOLDS = Thresholds()
UNTOLD = {"fap_label", "bassin_label", "has_shared_rome_code", "is_fictitious"}
PRINTED = replace(
    OFFER_FLOWS_BY_BASSIN,
    columns=tuple(c for c in OFFER_FLOWS_BY_BASSIN.columns if c.name not in UNTOLD),
)
FIRST = dt.date(2026, 1, 5)
MONTHS = 7
EARLY, LATE = dt.date(2026, 6, 30), dt.date(2026, 7, 31)
COUNTS = ("new_offer_count", "open_offer_count", "closed_offer_count")
LACKING = "lacking_candidates_offer_count"
SHARES = ("durable_share_pct", "full_time_share_pct")
SERIES = FLOW_KEY[1:]
# offers that came back, or that went without being closed
ASTRAY = ("back", "away")
SOLVED, INFEASIBLE = 0, 2
FAP = {"fap_nomenclature": "fap_2021", "fap_level": "fap228"}


@dataclass
class Tally:
    """What was tried and found."""

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number


def ledger(seed: int) -> pl.DataFrame:
    """Offers of four bassins and three ROME codes over seven months; some come back."""
    rng = np.random.default_rng(seed)
    rows = []
    for bassin in range(4):
        for rome in ("A1101", "B1101", "C1101"):
            for _ in range(int(rng.gamma(1.2, 40))):
                created = FIRST + dt.timedelta(days=int(rng.integers(-40, 30 * MONTHS)))
                seen = max(created, FIRST)
                gone = seen + dt.timedelta(days=int(rng.gamma(2, 15)) + 1)
                rows.append((bassin, rome, created, seen, gone, *(rng.random(3) < 0.5), False))
                if seed % 4 > 1 and rng.random() < 0.05:
                    back = gone + dt.timedelta(days=40)
                    again = back + dt.timedelta(days=20)
                    rows.append((bassin, rome, created, back, again, *rows[-1][5:8], True))
    return pl.DataFrame(
        {
            "offer_id": [f"{i}" for i in range(len(rows))],
            "created_date": [r[2] for r in rows],
            "first_seen_date": [r[3] for r in rows],
            "last_seen_date": [r[3] for r in rows],
            "closed_date": [r[4] for r in rows],
            "rome_code": [r[1] for r in rows],
            "qualification_code": None,
            "department_code": "13",
            "bassin_code": [f"93{r[0]:02d}" for r in rows],
            "contract": "CDI",
            "is_durable": [bool(r[5]) for r in rows],
            "is_full_time": [bool(r[6]) for r in rows],
            "is_lacking_candidates": [bool(r[7]) for r in rows],
            "is_return": [r[8] for r in rows],
            "duplicate_date": None,
        },
        schema=LEDGER_SCHEMA,
    )


def flows(
    offers: pl.DataFrame, until: dt.date, *, is_split: bool, is_moved: bool = False
) -> pl.DataFrame:
    """The flows as known on a day, before secrecy; a later crosswalk may move a ROME code.

    One code may be split over two occupations, or not be split; one may lead nowhere.
    """
    known = offers.filter(pl.col("first_seen_date") <= until).with_columns(
        closed_date=pl.when(pl.col("closed_date") <= until).then("closed_date")
    )
    links = [
        ("A1101", "1", "A0X40", 1.0),
        ("B1101", "1", "B0X40", 1.0),
        ("C1101", "1", "A0X40", 1.0),
    ]
    if is_moved:
        links[2] = ("C1101", "1", "B0X40", 1.0)
    if is_split:
        part = {0: 0.5, 1: 0.37, 2: None}[len(offers) % 3]
        links[2] = (*links[2][:3], part)
        links.append(("C1101", "2", "B0X40", part and 1 - part))
    if len(offers) % 2:  # what leads nowhere has a series of its own
        links.pop(1)
    names = ["rome_code", "qualification_codes", "fap_code", "weight"]
    linked = pl.DataFrame(links, schema=names, orient="row").with_columns(
        **{name: pl.lit(value) for name, value in FAP.items()}
    )
    span = (until - FIRST).days + 1
    days = pl.Series("day", [FIRST + dt.timedelta(days=d) for d in range(span)], dtype=pl.Date)
    return count_flows(add_occupations(known, linked), days, least=THRESHOLDS.offers)


class Programme:
    """Whole numbers behind the printed figures of one series, and what is known of them.

    Offers may come back, or go without being closed: as few as the printed figures allow.
    """

    def __init__(self, months: Sequence[dt.date], slack: float) -> None:
        self.months, self.slack = list(months), slack
        sides = [f"{share}{side}" for share in SHARES for side in (" yes", " no")]
        self.names = [*COUNTS, LACKING, *sides, *ASTRAY]
        size = len(self.months) * len(self.names)
        self.low, self.high = np.zeros(size), np.full(size, np.inf)
        self.terms: list[dict[int, float]] = []
        self.edges: list[tuple[float, float]] = []

    def at(self, month: Any, name: str) -> int:
        """Position of a variable."""
        return self.months.index(month) * len(self.names) + self.names.index(name)

    def say(self, terms: dict[int, float], low: float, high: float) -> None:
        """Take in an inequality."""
        self.terms.append(terms)
        self.edges.append((low, high))

    def learn(self, row: dict[str, Any]) -> None:
        """Take in what one release prints of one month."""
        month = row["month_date"]
        for name in (*COUNTS, LACKING):
            if row[name] is not None:
                cell = self.at(month, name)
                self.low[cell] = max(self.low[cell], row[name])
                self.high[cell] = min(self.high[cell], row[name])
        for name in (share for share in SHARES if row[share] is not None):
            yes, no = (self.at(month, f"{name}{side}") for side in (" yes", " no"))
            for sign, edge in ((1, row[name] + 0.5), (-1, row[name] - 0.5)):
                self.say({yes: sign * (100 - edge), no: -sign * edge}, -np.inf, 0)

    def relate(self) -> None:
        """Months follow each other; parts are no more than their whole."""
        for before, month in itertools.pairwise([None, *self.months]):
            new, stock, lost = (self.at(month, name) for name in COUNTS)
            back, away = (self.at(month, name) for name in ASTRAY)
            if before is not None:
                last = self.at(before, "open_offer_count")
                self.say({last: 1, new: 1, back: 1, lost: -1, away: -1, stock: -1}, 0, 0)
            flagged = self.at(month, LACKING)
            self.say({flagged: 1, stock: -1, lost: -1}, -np.inf, 0)
            if before is not None:  # flags last: what is not gone is there, what is there was new
                then, gone = (self.at(before, name) for name in (LACKING, "closed_offer_count"))
                self.say({flagged: 1, then: -1, gone: 1}, -self.slack, np.inf)
                self.say({then: 1, flagged: -1, new: 1}, -self.slack, np.inf)
            for share in SHARES:
                yes, no = (self.at(month, f"{share}{side}") for side in (" yes", " no"))
                self.say({yes: 1, no: 1, new: -1}, -np.inf, 0)
        astray = {self.at(month, name): 1.0 for month in self.months for name in ASTRAY}
        fewest = self.solve(astray)
        self.say(astray, 0, 0 if fewest is None else fewest)

    def solve(self, aim: dict[int, float]) -> float | None:
        """The least that the sum can be; None where the figures contradict each other."""
        matrix, goal = np.zeros((len(self.terms), len(self.low))), np.zeros(len(self.low))
        for line, terms in enumerate(self.terms):
            matrix[line, list(terms)] = list(terms.values())
        goal[list(aim)] = list(aim.values())
        solved = milp(
            goal,
            constraints=LinearConstraint(matrix, *np.transpose(self.edges)),
            bounds=Bounds(self.low, self.high),
            integrality=np.ones(len(self.low)),
        )
        if solved.status == INFEASIBLE:
            return None
        return float(solved.fun) if solved.status == SOLVED else -np.inf

    def range_of(self, cell: int) -> tuple[float, float] | None:
        """Lowest and highest whole number of a cell; None where the figures contradict."""
        low, high = self.solve({cell: 1}), self.solve({cell: -1})
        return None if low is None or high is None else (low, -high)


def hide_small_only(frame: pl.DataFrame) -> pl.DataFrame:
    """What careless secrecy prints: small counts are hidden, and nothing else."""
    names = (*COUNTS, LACKING)
    small = {n: (pl.col(n) > 0) & (pl.col(n) < THRESHOLDS.offers) for n in names}
    return frame.with_columns(
        *(pl.when(~few).then(name).alias(name) for name, few in small.items()),
        *(few.alias(suppression_mark(name)) for name, few in small.items()),
        *(pl.col(share).round() for share in SHARES),
    )


def release(frame: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """What is printed after ``before`` was."""
    marks = [name for name in before.columns if name not in frame.columns]
    fresh = frame.with_columns(pl.lit(value=False).alias(name) for name in marks)
    kept = keep_released(fresh.select(before.columns), PRINTED, before, THRESHOLDS)
    return protect(kept, PRINTED, THRESHOLDS)


def attack_flows(seed: int, tally: Tally, *, is_careless: bool = False) -> None:
    """Release a world twice and look for hidden counts with one solution."""
    offers, is_split = ledger(seed), bool(seed % 2)
    first = flows(offers, EARLY, is_split=is_split)
    second = flows(offers, LATE, is_split=is_split, is_moved=seed % 3 == 0)
    if is_careless:
        early, late = hide_small_only(first), hide_small_only(second)
    else:
        early = protect(first, PRINTED, THRESHOLDS)
        late = release(second, early)
    truth = {tuple(r[k] for k in FLOW_KEY): r for r in second.iter_rows(named=True)}
    tally.add("months of flows released", late.height)
    months = sorted(set(late["month_date"]))
    for key, rows in late.group_by(SERIES, maintain_order=True):
        programme = Programme(months, slack=2 if is_split else 0)
        then = early.join(rows.select(SERIES).unique(), on=SERIES, how="semi")
        for row in itertools.chain(rows.iter_rows(named=True), then.iter_rows(named=True)):
            programme.learn(row)
        for month in set(months) - set(rows["month_date"]):
            nothing = dict.fromkeys((*COUNTS, LACKING), 0) | dict.fromkeys(SHARES)
            programme.learn({"month_date": month, **nothing})
        programme.relate()
        for row in rows.iter_rows(named=True):
            where = (row["month_date"], *key)
            secret = truth.get(where) or dict.fromkeys((*COUNTS, LACKING))
            for name in (*COUNTS, LACKING):
                if row[suppression_mark(name)]:
                    judge(programme, where, name, f"{seed}, true {secret[name]}", tally)
            for share in (s for s in SHARES if row[s] is not None):
                for side in (" yes", " no"):
                    judge(programme, where, f"{share}{side}", f"{seed}", tally)


def judge(programme: Programme, where: tuple[Any, ...], name: str, seed: str, tally: Tally) -> None:
    """Count a cell as found where one number is left, and it is below the threshold."""
    tally.add("hidden counts attacked")
    found = programme.range_of(programme.at(where[0], name))
    if found is None:
        tally.add("of them contradicted by the printed figures")
    elif found[0] == found[1] and 0 < found[0] < THRESHOLDS.offers:
        tally.problems.append(f"seed {seed}: {where}, {name} is {found[0]:g}")


def attack_prices(seed: int, tally: Tally) -> None:
    """Look for a printed price that is one sale's, and for a rest of a few sales."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(20, 160))
    sales = pl.DataFrame(
        {
            "date": [
                dt.date(2024, 1, 1) + dt.timedelta(days=int(d))
                for d in np.sort(rng.integers(0, 700, size))
            ],
            "commune_code": rng.choice(
                [f"130{i:02d}" for i in range(9)], size, p=rng.dirichlet(np.full(9, 0.7))
            ),
            "price_eur": rng.lognormal(12, 1, size).round(0),
            "sold_m2": rng.integers(200, 9_000, size).astype(float),
            "market": "land",
            "land_nature": "AB",
            "setting": "park",
        }
    )
    codes = sorted(set(sales["commune_code"]))
    place = pl.DataFrame(
        [(c, "commune", c, c, "200054807") for c in codes]
        + [(c, "epci", "200054807", "E", None) for c in codes],
        schema=[
            "commune_code",
            "territory_level",
            "territory_code",
            "territory_label",
            "epci_code",
        ],
        orient="row",
    )
    years = {"sales_first_year": 2021, "sales_last_year": 2025}
    read = pl.DataFrame({"commune_code": codes, "has_sales": True, **years})
    values = (sales["price_eur"] / sales["sold_m2"]).to_list()
    for known in (sales.head(size - 2), sales):
        before = protect(
            compute_prices(known, place, read, floor_pct=95), PRICES_BY_COMMUNE, THRESHOLDS
        )
        for name in ("price_median_eur_m2", "price_q1_eur_m2", "price_q3_eur_m2"):
            shown = before.drop_nulls(name)
            tally.add("printed prices", shown.height)
            equal = sum(min(abs(v - x) / x for x in values) < 1e-6 for v in shown[name])
            communes = shown.filter(pl.col("territory_level") == "commune")["sale_count"].sum()
            whole = shown.filter(pl.col("territory_level") == "epci")["sale_count"].sum()
            if equal:
                tally.problems.append(f"seed {seed}: {equal} printed {name} are one sale's")
            if whole and 0 < whole - communes < THRESHOLDS.sales:
                tally.problems.append(f"seed {seed}: {name} leaves {whole - communes} sales")


def compare_files(home: Path, tally: Tally) -> None:
    """What is hidden in the Parquet file of a release is blank in all its other files."""
    folders = [path.parent for path in sorted((home / "releases").glob("*/manifest.json"))]
    for folder in folders:
        for table in read_contracts(folder).values():
            if table.protections:
                compare_table(folder, table, tally)


def compare_table(folder: Path, table: Table, tally: Tally) -> None:
    """Look the hidden cells of one table up in each file of the release."""
    name = table.name
    rows = pl.read_parquet(folder / f"{name}.parquet")
    book = calamine.CalamineWorkbook.from_path(folder / f"{table.theme}.xlsx")
    head, *lines = book.get_sheet_by_name(name.split("_", 1)[1]).to_python()
    with contextlib.closing(sqlite3.connect(folder / "observatory.gpkg")) as base:
        stored = base.execute(f"SELECT * FROM {name} ORDER BY rowid")
        fields = [column[0] for column in stored.description]
        records = stored.fetchall()
    files = {
        "Parquet": {c: rows[c].to_list() for c in rows.columns},
        "CSV": pl.read_csv(folder / f"{name}.csv", infer_schema=False).to_dict(as_series=False),
        "XLSX": dict(zip(map(str, head), zip(*lines, strict=True), strict=True)),
        "GeoPackage": dict(zip(fields, zip(*records, strict=True), strict=True)),
    }
    for figure in (figure for rule in table.protections for figure in rule.figures):
        hidden = rows[suppression_mark(figure)].to_list()
        tally.add("hidden cells looked up in four files", sum(hidden))
        for kind, columns in files.items():
            shown = [v for v, is_hidden in zip(columns[figure], hidden, strict=True) if is_hidden]
            if told := sum(value not in {None, ""} for value in shown):
                tally.problems.append(f"{folder.name}: {told} hidden {figure} are in the {kind}")


def main() -> int:
    """Attack and print what was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    tally, control, started = Tally(), Tally(), time.perf_counter()
    for seed in range(asked.seed, asked.seed + min(2, asked.seeds)):
        attack_flows(seed, control, is_careless=True)
    tally.add("found where small counts alone are hidden, in two seeds", len(control.problems))
    for seed in range(asked.seed, asked.seed + asked.seeds):
        attack_flows(seed, tally)
        attack_prices(seed, tally)
    if asked.home:
        compare_files(asked.home, tally)
    print(f"seeds {asked.seed} to {asked.seed + asked.seeds - 1}")
    for what, number in tally.counts.items():
        print(f"{number:8d}  {what}")
    for problem in tally.problems:
        print(f"✗ {problem}")
    print(f"{len(tally.problems)} problems, {time.perf_counter() - started:.0f} s")
    return bool(tally.problems) or not control.problems


if __name__ == "__main__":
    sys.exit(main())
