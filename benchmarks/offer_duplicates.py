"""Offers said twice: the prefix filter beside the pairwise definition, and the national stock.

    python -m benchmarks.offer_duplicates --offers 500000

Invented offers: blocks of heavy-tailed size, a text of its own for each on top of its block's, one
in four a near copy of another. On 20 000 both ways must find the same offers; on the whole stock
the prefix filter runs alone, in a process of its own.
"""

import argparse
import datetime as dt
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import psutil
import pyarrow as pa

from benchmarks.measuring import module, options, record, summarise, take_turns, tell
from observatory.labour.offers import ALIKE, DAYS_APART, OF, RECENT_SCHEMA, find_duplicates

COMPARED = 20_000


def offers(count: int) -> pl.DataFrame:
    """Offers of forty days; about 110 words each."""
    random = np.random.default_rng(7)
    blocks = (count / 40 * random.random(count) ** 3).astype(int)
    words: list[np.ndarray] = []
    for at in range(count):
        if at > 100 and random.random() < 0.25:
            like = at - 1 - int(random.integers(100))
            blocks[at] = blocks[like]
            own = words[like].copy()
            changed = random.integers(0, len(own), random.integers(0, 9))
            own[changed] = random.integers(2**40, 2**41, len(changed))
        else:
            common = np.arange(60) + blocks[at] * 1_000
            own = np.concatenate([common, random.integers(2**30, 2**30 + 2_000_000, 50)])
        words.append(np.unique(own).astype(np.uint64))
    days = random.integers(0, 40, count)
    ends = np.cumsum([0, *map(len, words)])
    sets = pa.LargeListArray.from_arrays(ends, np.concatenate(words))
    return pl.DataFrame(
        {
            "offer_id": np.char.mod("%08d", np.arange(count)),
            "created_date": [dt.date(2026, 1, 1) + dt.timedelta(days=int(d)) for d in days],
            "block": np.char.add("b", blocks.astype(str)),
            "words": pl.from_arrow(sets),
        },
        schema=RECENT_SCHEMA,
    )


def pairwise(rows: pl.DataFrame) -> set[str]:
    """The definition, word for word."""
    blocks: dict[str, list[tuple[dt.date, str, frozenset[int]]]] = defaultdict(list)
    for name, day, block, words in rows.iter_rows():
        blocks[block].append((day, name, frozenset(words)))
    found = set()
    for own in blocks.values():
        own.sort(key=lambda offer: offer[:2])
        for at, (day, name, words) in enumerate(own):
            for before, _, others in own[:at]:
                near = (day - before).days <= DAYS_APART
                if near and OF * len(words & others) > ALIKE * len(words | others):
                    found.add(name)
                    break
    return found


def compare() -> str:
    """The offers that both ways find, and how long each takes."""
    rows = offers(COMPARED)
    begun = time.perf_counter()
    ours = set(find_duplicates(rows))
    middle = time.perf_counter()
    theirs = pairwise(rows)
    ended = time.perf_counter()
    factor = (middle - begun) / (ended - middle)
    same = "the same" if ours == theirs else "OTHER"
    return (
        f"{COMPARED:,} offers: {len(ours):,} duplicates in {middle - begun:.2f} s, {same} as "
        f"pairwise in {ended - middle:.2f} s, factor {factor:.3f}."
    )


def search(path: Path) -> None:
    """Search the offers of a file, and tell what it took."""
    rows = pl.read_parquet(path)
    base = psutil.Process().memory_info().rss / 2**20
    begun = time.perf_counter()
    found = len(find_duplicates(rows))
    seconds = time.perf_counter() - begun
    tell(duplicates=found, search_s=seconds, input_mb=round(base))


def main() -> None:
    """Print the table, and keep it where asked."""
    parser = options(__doc__)
    parser.add_argument("--offers", type=int, default=500_000)
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        search(given.alone)
        return
    text = compare()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "offers.parquet")
        offers(given.offers).write_parquet(path)
        case = {f"{given.offers:,} offers": module("benchmarks.offer_duplicates", "--alone", path)}
        text = f"{summarise(take_turns(case, given.rounds))}\n\n{text}"
    print(text)
    if given.record:
        record("Offers said twice", "python -m benchmarks.offer_duplicates", text)


if __name__ == "__main__":
    main()
