"""Commands on jobs and land together: what a site could host."""

import math
from typing import TYPE_CHECKING, Any

import click

from observatory.cli.output import Command, grid, paragraph
from observatory.cli.places import find_place
from observatory.crossing import LARGEST_HA
from observatory.errors import InputError

if TYPE_CHECKING:
    from observatory.crossing.what_if import Range
    from observatory.release.published import Published


class Amount(click.FloatRange):
    """A number of the range; what is no number (nan) is in none."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Refuse nan, which compares with nothing."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


@click.command(cls=Command, epilog="observatory whatif --site 13001_SITE-ECO_1 --sector CH")
@click.option("--site", required=True, help="Identifier or name of the site (land_sites).")
@click.option("--sector", required=True, help="A38 code of the sector.")
@click.option("--hectares", type=Amount(min=0, max=LARGEST_HA), help="Instead of what is on offer.")
@click.option(
    "--hectares-per-1000-jobs",
    type=Amount(min=0, max=LARGEST_HA, min_open=True),
    help="Land per job, instead of that of the territory's own sites.",
)
@click.option("--vocation", help="Vocation whose land per job serves, instead of the sector's.")
def whatif(
    site: str,
    sector: str,
    hectares: float | None,
    hectares_per_1000_jobs: float | None,
    vocation: str | None,
) -> None:
    """Show what a site could host in a sector: jobs, occupations it would need, their tension."""
    import polars as pl

    from observatory.crossing.occupations import find_classes, select_weights
    from observatory.crossing.what_if import find_vocation, host_jobs, need_occupations, sum_land
    from observatory.release.published import open_published
    from observatory.settings import load_settings

    published = open_published(load_settings())
    weights = _require_weights(published, sector)
    site = find_place(published, "site", site) or site
    used = vocation or find_vocation(sector)
    units = published.table("land_units").filter(pl.col("site_id") == site)
    land = _all(hectares) if hectares is not None else sum_land(units)
    per_job = _all(hectares_per_1000_jobs) if hectares_per_1000_jobs else _density(published, used)
    jobs = host_jobs(land, per_job)
    if published.notice:
        click.echo(published.notice)
    given = "donné" if hectares is not None else "inoccupé ; et vacance présumée ; et indéterminé"
    density = (
        "donné" if hectares_per_1000_jobs else f"sites de vocation {used} : quartiles, médiane"
    )
    # land per job works the other way: much of it makes few jobs
    grid(
        ["hypothèse", "basse", "centrale", "haute", "d'où"],
        [
            ("foncier (ha)", *_shown(land, 2), f"{given} (--hectares)"),
            (
                "ha pour 1 000 emplois",
                *_shown(per_job, 1)[::-1],
                f"{density} (--hectares-per-1000-jobs)",
            ),
            ("emplois possibles", *_shown(jobs, 0), "foncier / hectares par emploi"),
        ],
    )
    classes = find_classes(
        published.table("labour_tension_by_territory"), published.table("geography_communes")
    )
    needed = need_occupations(jobs, select_weights(weights), sector).join(
        classes, on="fap_code", how="left", maintain_order="left"
    )
    grid(
        ["FAP 2009", "métier", "bas", "central", "haut", "classe de tension", "année"],
        [
            (code, label or "", *(f"{v:.0f}" for v in counts), tension or "inconnue", year or "")
            for code, label, *counts, tension, year in needed.iter_rows()
        ],
    )
    paragraph(
        "Structure nationale de l'emploi du secteur en 2017-2019 ; une hypothèse, ni une prévision "
        "ni un besoin constaté."
    )


def _all(value: float) -> "Range":
    from observatory.crossing.what_if import Range

    return Range(low=value, central=value, high=value)


def _shown(figures: "Range", digits: int) -> tuple[str, ...]:
    return tuple(f"{v:.{digits}f}" for v in (figures.low, figures.central, figures.high))


def _require_weights(published: "Published", sector: str) -> Any:
    """The released weights; InputError for a table or a sector that there is not."""
    from observatory.crossing.occupations import select_weights
    from observatory.crossing.what_if import NEEDED

    if missing := [name for name in NEEDED if not published.has(name)]:
        msg = f"The release has no rows of {', '.join(missing)}: hand the files over and run again."
        raise InputError(msg)
    weights = published.table("labour_employing_sectors")
    known = sorted(select_weights(weights)["sector_code"].unique())
    if sector not in known:
        msg = f"--sector {sector!r}: expected an A38 sector with weights ({', '.join(known)})."
        raise InputError(msg)
    return weights


def _density(published: "Published", vocation: str) -> "Range":
    """Hectares per 1 000 jobs of a vocation; InputError where the territory's sites have none."""
    from observatory.crossing.what_if import find_density

    rows = published.table("land_density_by_vocation")
    density = find_density(rows, vocation)
    if density is None:
        known = ", ".join(rows.drop_nulls("land_per_1000_jobs_ha")["dominant_vocation"])
        msg = (
            f"No land per job is known of sites of vocation {vocation!r}: give --vocation (one of "
            f"{known}) or --hectares-per-1000-jobs."
        )
        raise InputError(msg)
    return density
