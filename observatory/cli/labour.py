"""Commands on jobs in tension: what the bridge between two nomenclatures lends."""

import click

from observatory.cli.output import Command, grid


@click.command(cls=Command, epilog="observatory bridge")
def bridge() -> None:
    """Show the classes lent to FAP 2021 occupations, beside the class of the same title."""
    from observatory.geography.territories import place_of
    from observatory.labour.jobs_in_tension import compare_lent
    from observatory.release.published import open_published
    from observatory.settings import load_settings

    settings = load_settings()
    published = open_published(settings)
    lent = compare_lent(
        published.table("labour_jobs_in_tension"),
        published.table("labour_fap_bridge"),
        place_of(settings.territory),
    )
    if published.notice:
        click.echo(published.notice)
    grid(lent.columns, lent.rows())
    named = lent.drop_nulls("same_title_class")
    other = named.filter(
        (named["lent_class"] != named["same_title_class"])
        | (named["fap_2009_code"] != named["same_title_code"])
    )
    click.echo(
        f"{lent.height} occupations of FAP 2021 are lent a class for context; {named.height} have "
        f"a namesake measured in FAP 2009, {other.height} of them are lent another's class."
    )
