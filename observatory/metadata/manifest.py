"""The manifest of a release: its tables, what they are made from, and how they were checked."""

import json

from pydantic import BaseModel, ConfigDict

from observatory.settings import Thresholds

HIDES_NOTHING = Thresholds(firms=0, dominance_pct=100, sales=0, offers=0, applicants=0)


class _Entry(BaseModel):
    """Fields stand in the order in which they are written; what a later version adds is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class InputFile(_Entry):
    """An archived file that the clean rows of a table stand in."""

    source: str
    vintage: str
    file: str
    sha256: str
    url: str | None
    archived_at: str


class CheckOutcome(_Entry):
    """Whether a table kept one rule, and how many rows did not."""

    rule: str
    is_blocking: bool
    is_passed: bool
    unexpected_count: int


class AppliedCorrection(_Entry):
    """A value of a source that was corrected; both values are blank where they are not shown."""

    source_key: str
    source_sha256: str | None
    source_line: int | None
    column: str
    value: str | None
    replacement: str | None
    note: str | None
    evidence: str | None = None
    until: str | None = None


class ReleasedTable(_Entry):
    """One table of a release.

    ``released_in`` is the release that brought this version of the table; later ones carry it
    over. ``sources`` are the files that its clean rows stand in. ``thresholds`` are those of
    secrecy that it was made under, where secrecy protects it.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    theme: str
    title: str
    licence: str
    contract_version: str
    code_version: str
    released_in: str
    sources: tuple[InputFile, ...]
    missing_optional_sources: tuple[str, ...]
    checks: tuple[CheckOutcome, ...]
    draft_sha256: str | None = None
    sha256: str = ""
    row_count: int = 0
    withheld_row_count: int = 0
    corrections: tuple[AppliedCorrection, ...] = ()
    thresholds: dict[str, int | float] | None = None

    @property
    def made_under(self) -> Thresholds:
        """The thresholds of secrecy; those that hide nothing where the release does not say."""
        return HIDES_NOTHING if self.thresholds is None else Thresholds(**self.thresholds)  # type: ignore[arg-type]

    @property
    def warnings(self) -> list[str]:
        """The rules that the table does not keep."""
        return [check.rule for check in self.checks if not check.is_passed]

    def as_written(
        self,
        *,
        sha256: str,
        row_count: int,
        withheld_row_count: int,
        thresholds: dict[str, int | float] | None,
    ) -> "ReleasedTable":
        """The same table, once its Parquet file has been written."""
        return self.model_copy(
            update={
                "sha256": sha256,
                "row_count": row_count,
                "withheld_row_count": withheld_row_count,
                "thresholds": thresholds,
            }
        )

    def with_check(self, check: CheckOutcome) -> "ReleasedTable":
        """The same table with one more check."""
        return self.model_copy(update={"checks": (*self.checks, check)})


class Manifest(_Entry):
    """What a release says of itself."""

    release_id: str
    released_at: str
    theme: str
    is_fictitious: bool
    notice: str | None
    territory: str
    code_version: str
    previous_release_id: str | None
    restored_from: str | None
    check_count: int
    warning_count: int
    changes_beyond_bounds: dict[str, list[str]]
    inputs: tuple[InputFile, ...]
    corrections: tuple[AppliedCorrection, ...]
    tables: tuple[ReleasedTable, ...]
    left_out: dict[str, list[str]]
    not_carried: dict[str, str]
    edition: str = ""

    @property
    def by_name(self) -> dict[str, ReleasedTable]:
        """The tables by their names."""
        return {table.name: table for table in self.tables}

    def as_json(self) -> str:
        """The text of ``manifest.json``, in French as it is."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1)
