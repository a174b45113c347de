"""Départements made on several machines: what all rest on goes out, what each made comes back."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from assets.source_files import bring, entries_of, file_facts
from observatory.errors import InputError
from observatory.metadata.cards import Card
from observatory.pipeline.audits import audit_paths
from observatory.pipeline.code import code_version
from observatory.pipeline.plan import before
from observatory.pipeline.steps import STEPS
from observatory.settings import Settings
from observatory.storage.archive import INDEX, SEAL, Archive
from observatory.storage.frames import Store
from observatory.storage.sharing import SharedStore
from sources import CARDS

# what a home adds to producers' files: it changes figures, so that it goes where they are made
OF_HOME = ("withheld.csv", "corrections.csv")


def shared(settings: Settings) -> SharedStore | None:
    """What machines share, where an address is given."""
    return SharedStore(settings.store) if settings.store else None


def _scope(settings: Settings) -> str:
    return f"{settings.world}-{settings.territory.replace(',', '-')}"


def share_ground(settings: Settings, steps: set[str], store: SharedStore) -> None:
    """Let others make départements: the frames they rest on, and the files of each."""
    if settings.is_sample:  # what is else asked for by département is invented here, once
        for card in _asked_by_part():
            bring(card, None, settings, Store.of(settings))
    content = [path for path in _contents(settings, None) if path.exists()]
    files = store.push(settings.home, [*_ground(settings, steps), *content])
    store.write(f"grounds/{_scope(settings)}", files)


def take_ground(settings: Settings, store: SharedStore, part: str) -> None:
    """Have what a département rests on, where another has shared it; nothing where nobody did."""
    files = store.read(f"grounds/{_scope(settings)}")
    if files is None:
        return
    _require_same_archive(settings, files, store)
    _require_same_home(settings, files)
    content = {p: sha for p, sha in files.items() if _is_content(p)}
    store.pull(settings.home, {p: sha for p, sha in files.items() if p not in content})
    own = [path.relative_to(settings.home).as_posix() for path in _contents(settings, part)]
    store.pull(settings.home, {p: sha for p, sha in content.items() if p in own})


def _require_same_archive(settings: Settings, files: dict[str, str], store: SharedStore) -> None:
    """InputError where the home has files of its own: its index must not be lost."""
    index = settings.archive / INDEX
    shared_index = files.get(f"archive/{INDEX}")
    if not index.is_file() or shared_index is None or _hash(index) == shared_index:
        return
    if not store.content(shared_index).startswith(index.read_bytes()):
        msg = (
            f"{settings.home} has an archive of its own, which is not that of {store.address}: "
            "make départements in another home (OBSERVATORY_HOME)."
        )
        raise InputError(msg)


def _require_same_home(settings: Settings, files: dict[str, str]) -> None:
    """InputError where the home has a list of its own that others were not told of."""
    for name in OF_HOME:
        own = settings.home / name
        if own.is_file() and _hash(own) != files.get(name):
            msg = (
                f"{own} is not what was shared with the other machines: run `observatory ground` "
                "on the home it belongs to, and leave none in those that make départements."
            )
            raise InputError(msg)


def part_key(settings: Settings, steps: set[str], part: str) -> str:
    """What tells a département's frames from all others: all that they are made of."""
    frames = Store.of(settings)
    ground = sorted(key for step in before(steps) for key in STEPS[step].keys)
    cards = [c for c in _parted_cards() if c not in _asked_by_part()]
    files = {c.key: file_facts(c, entries_of(c, settings, part)) for c in cards}
    own = {n: _hash(settings.home / n) for n in OF_HOME}
    told = {
        "code": code_version(),
        "settings": {**settings.figures, "thresholds": str(settings.thresholds)},
        "ground": {name: frames.noted(name) for name in ground if frames.has(name)},
        "files": files,
        "home": own,
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    return f"parts/{_scope(settings)}/{part}/{digest}"


def share_part(
    settings: Settings, steps: set[str], part: str, store: SharedStore, key: str
) -> bool:
    """Give what was made of a département; False where another machine had done so before.

    ``key`` is its key as the work began: what it is made of must not have changed since. Raises
    InputError where it has.
    """
    if part_key(settings, steps, part) != key:
        msg = (
            f"Files or lists changed while département {part} was made: it is not shared. Make it "
            "again."
        )
        raise InputError(msg)
    return store.write_once(key, store.push(settings.home, list(_made(settings, steps, part))))


def take_part(settings: Settings, steps: set[str], part: str, store: SharedStore) -> bool:
    """Have what another machine made of a département as it is now; False where nobody did."""
    files = store.read(part_key(settings, steps, part))
    if files is None:
        return False
    if strange := sorted(p for p in files if not p.startswith(("work/", "audits/"))):
        msg = f"{store.address}: département {part} would bring {strange[0]}: refused."
        raise InputError(msg)
    store.pull(settings.home, files)
    return True


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _is_content(path: str) -> bool:
    return path.startswith("archive/") and path.count("/") > 1


def _parted_cards() -> list[Card]:
    return [c for c in CARDS.values() if STEPS[f"clean_{c.stem}"].is_parted]


def _asked_by_part() -> list[Card]:
    """Services that a run asks for each département."""
    return [c for c in _parted_cards() if STEPS[f"clean_{c.stem}"].file]


def _contents(settings: Settings, part: str | None) -> set[Path]:
    """Where producers' files are that départements are made from; of one, those it reads."""
    archive = Archive(settings.archive)
    read = (entry for card in _parted_cards() for entry in entries_of(card, settings, part))
    return {archive.path(entry) for entry in read}


def _ground(settings: Settings, steps: set[str]) -> Iterable[Path]:
    """Frames that départements rest on, what is noted of them, their checks, and lists."""
    frames, home = Store.of(settings), settings.home
    made = [key for step in before(steps) for key in STEPS[step].keys]
    asked = [card.identifier for card in _asked_by_part()]
    kept = [settings.work / f"{key}.{end}" for key in made for end in ("parquet", "about.json")]
    kept += [settings.work / f"{key}.about.json" for key in asked]
    kept += [settings.archive / INDEX, settings.archive / SEAL, *(home / name for name in OF_HOME)]
    yield from (path for path in kept if path.is_file())
    for key in made:
        if key.startswith("clean_") and frames.has(key):
            yield from audit_paths(settings, key, frames.hashes(key))


def _made(settings: Settings, steps: set[str], part: str) -> Iterable[Path]:
    """Frames of a département, what is noted beside them, and their stored checks."""
    frames = Store.of(settings).of_part(part)
    for step in sorted(steps):
        for key in STEPS[step].keys:
            place = settings.work / key
            kept = [place / f"{part}.parquet", place / f"{part}.about.json"]
            yield from (path for path in kept if path.exists())
            if (place / f"{part}.parquet").exists():
                yield from audit_paths(settings, key, frames.hashes(key))


def require_store(settings: Settings) -> SharedStore:
    """What machines share; InputError where no address is given."""
    store = shared(settings)
    if store is None:
        msg = (
            "OBSERVATORY_STORE is not set: a folder that all machines see, or s3://bucket/prefix, "
            "through which they hand over what they make."
        )
        raise InputError(msg)
    return store
