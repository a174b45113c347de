"""Reading a release is quick to begin: nothing is imported that only making one needs."""

import subprocess
import sys

SLOW = ("dagster", "geopandas", "great_expectations", "scipy", "sqlalchemy", "pandas")


def test_what_reads_a_release_imports_nothing_that_makes_one() -> None:
    code = (
        "import sys\n"
        "from observatory.database import query\n"
        "from observatory.release import forgetting, history, manifest, published\n"
        f"print([m for m in {SLOW} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_source_cards_need_no_reader() -> None:
    code = f"import sys, sources\nprint([m for m in {SLOW} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
