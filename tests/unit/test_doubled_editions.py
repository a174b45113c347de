"""Two files that hold the same year of one source are named, with what to do."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from assets.ingestion import read_entries, refuse_doubled
from assets.labour.contracts.recruitment_needs import RECRUITMENT_NEEDS_BY_BASSIN
from assets.labour.contracts.tension import TENSION_BY_TERRITORY
from observatory.errors import InputError
from observatory.settings import Settings
from observatory.storage.archive import Archive
from sources import CARDS
from sources.sample.tension import write_tension_2019, write_tension_2019_workbook
from sources.sample.tension import write_tension_2024 as write_tension
from tests.cleaning import clean_bmo, clean_tension

BMO, TENSION = CARDS["france_travail/bmo"], CARDS["dares/tension"]
KEY = TENSION_BY_TERRITORY.key
SURVEY = "annee;code metier BMO;REG;Dept;BE24;met;xmet;smet\n"


def settings_with(tmp_path: Path, source: str, files: Sequence[tuple[Path, str]]) -> Settings:
    settings = Settings(home=tmp_path / "home", input="archive")
    for path, vintage in files:
        real = path.rename(path.with_name(path.name.replace("_donnees-fictives", "")))
        Archive(settings.archive).add(CARDS[source], real, vintage=vintage, origin="handed_over")
    return settings


def tension_rows(settings: Settings):  # type: ignore[no-untyped-def]
    archive = Archive(settings.archive)
    return clean_tension(read_entries(archive, TENSION, archive.latest(TENSION, sample=False))).rows


def survey(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text(SURVEY + "".join(f"{line}\n" for line in lines), "utf-8")
    return path


@pytest.mark.parametrize(
    ("second", "is_refused"),
    [("2024;A0X40;93;13;9306;96;32;40", True), ("2024;A0X41;93;13;9306;95;31;44", False)],
)
def test_two_surveys_of_one_year_are_refused_where_a_cell_stands_in_both(
    tmp_path: Path, second: str, is_refused: bool
) -> None:
    first = survey(tmp_path, "BMO_2024.csv", "2024;A0X40;93;13;9306;95;31;44")
    again = survey(tmp_path, "BMO_2024_v2.csv", second)
    settings = settings_with(tmp_path, BMO.key, [(first, "2024"), (again, "2024b")])
    archive = Archive(settings.archive)
    rows = clean_bmo(read_entries(archive, BMO, archive.latest(BMO, sample=False))).rows
    if not is_refused:
        refuse_doubled(BMO, rows, RECRUITMENT_NEEDS_BY_BASSIN.key, settings)
        return
    with pytest.raises(InputError) as told:
        refuse_doubled(BMO, rows, RECRUITMENT_NEEDS_BY_BASSIN.key, settings)
    for word in ("BMO_2024.csv", "BMO_2024_v2.csv", "both hold 2024", "archive withdraw"):
        assert word in str(told.value)


def test_two_layouts_of_one_edition_are_refused_by_name(tmp_path: Path) -> None:
    files = [(write_tension_2019(tmp_path), "2019"), (write_tension_2019_workbook(tmp_path), "19")]
    settings = settings_with(tmp_path, TENSION.key, files)
    told = r"tensions_2019\.\w+ \(vintage \d+\) and .*2019\.\w+ \(vintage \d+\) both hold 2019"
    with pytest.raises(InputError, match=told) as error:
        refuse_doubled(TENSION, tension_rows(settings), KEY, settings)
    assert len(re.findall(r"\.(?:csv|xlsx) ", str(error.value))) == 2


def test_two_editions_may_hold_the_same_year(tmp_path: Path) -> None:
    files = [(write_tension(tmp_path, edition=year), str(year)) for year in (2023, 2024)]
    settings = settings_with(tmp_path, TENSION.key, files)
    rows = tension_rows(settings)
    assert rows.filter(year=2023)["edition_year"].n_unique() == 2
    refuse_doubled(TENSION, rows, KEY, settings)


def test_one_file_under_two_vintages_is_read_once(tmp_path: Path) -> None:
    path = survey(tmp_path, "BMO_2024.csv", "2024;A0X40;93;13;9306;95;31;44")
    copy = survey(tmp_path, "BMO.csv", "2024;A0X40;93;13;9306;95;31;44")
    settings = settings_with(tmp_path, BMO.key, [(path, "2024"), (copy, "2025")])
    archive = Archive(settings.archive)
    assert read_entries(archive, BMO, archive.latest(BMO, sample=False)).height == 1
