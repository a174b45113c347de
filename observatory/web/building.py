"""Builds the web observatory beside the one in use, and changes them over when it is whole."""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from observatory.errors import InputError
from observatory.geography.territories import Place
from observatory.maps.layers import WEB_MAP_LAYERS
from observatory.maps.tiles import CONTENT, name_ground, write_map, write_map_tiles
from observatory.metadata.editions import read_edition
from observatory.metadata.french import french_value
from observatory.metadata.tables import CAVEATS
from observatory.pipeline.workers import beside
from observatory.release.citing import cite
from observatory.release.published import Published
from observatory.release.volume_workbook import name_volume_workbook, write_volume_workbook
from observatory.storage.switching import built_anew
from observatory.web import (
    crossing,
    crossing_land,
    facts,
    inventories,
    land,
    legal,
    parks,
    reference,
    roadmap,
    search,
    settling,
    sheets,
    training,
)
from observatory.web import labour as jobs
from observatory.web.communes import gather_commune_pages
from observatory.web.comparing import write_compared
from observatory.web.doors import list_doors
from observatory.web.land_opening import list_opening_figures
from observatory.web.listings import show_number, show_share, write_heads, write_rows
from observatory.web.moves import list_moves
from observatory.web.places import list_local_places, name_territory
from observatory.web.seekers import describe_counted

STATIC = Path(__file__).parent / "static"
SITE_FOLDER = "site"
# blanks that a line must not break at, but in what is to be copied
MARKS = re.compile(r"(?s)<pre>.*?</pre>|« | (?=(?:[:;?!%€]|»)(?:[\s<,.)]|$))")
NOT_BUNDLED = (
    "The site's scripts are not bundled on this machine: run `make setup` (it needs no Node of "
    "its own)."
)


def build_site(published: Published) -> Path:
    """Build ``<home>/site`` from a release; the site there stays until it is whole.

    Raises InputError where set-up is not done.
    """
    if not (STATIC / "entries.json").exists():
        raise InputError(NOT_BUNDLED)
    if not published.has("geography_communes"):
        msg = (
            "The current release holds no communes, of which pages tell: hand over the list with "
            "`observatory archive add etalab/communes FILE`, then `observatory run`."
        )
        raise InputError(msg)
    home = published.settings.home
    with built_anew(home, SITE_FOLDER) as new:
        _write_pages(published, new)
    return home / SITE_FOLDER


def _write_pages(published: Published, folder: Path) -> None:
    shutil.copytree(STATIC, folder / "static")
    writer, map_folder = Writer(published, folder), folder / "foncier"
    has_map = write_map(published, map_folder)
    with ExitStack() as waiting:
        for theme in APART:
            waiting.enter_context(beside(write_theme, published, folder, theme))
        if has_map:
            waiting.enter_context(beside(write_map_tiles, published, map_folder))
        labour, local = _read_people(published)
        writer.write_crossing()
        communes = gather_commune_pages(published, labour)
        writer.write_communes(communes)
        writer.write_comparison(labour, communes)
        writer.write_roadmap()
        writer.write_reference()
        writer.write_facts()
    writer.write_search(labour, local)
    writer.write_home(labour)
    writer.write_legal()


def write_theme(published: Published, folder: Path, theme: str) -> None:
    """Write the pages of a theme, which rest on no other page but the map."""
    APART[theme](Writer(published, folder))


def _read_people(published: Published) -> tuple[jobs.Labour | None, list[Place]]:
    """What pages tell of labour, and the places that readers come from."""
    communes = published.table("geography_communes")
    places = list_local_places(published.settings.territory, communes)
    return jobs.read_labour(published), places


def keep_marks_together(text: str) -> str:
    """Let no line of a page begin with a mark of punctuation, nor end with an opening one."""

    def bound(found: re.Match[str]) -> str:
        own = found.group()
        return own if own.startswith("<pre") else own.replace(" ", "\u00a0")

    return MARKS.sub(bound, text)


class Writer:
    """Writes the pages of one release into a folder; every address in them is relative."""

    def __init__(self, published: Published, folder: Path) -> None:
        self.published, self.folder = published, folder
        entries = json.loads((STATIC / "entries.json").read_text("utf-8"))
        self.environment = Environment(
            loader=PackageLoader("observatory.web", "templates"),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters["n"] = show_number
        self.environment.filters["heads"] = write_heads
        self.environment.filters["rows"] = write_rows
        self.environment.filters["counted"] = describe_counted
        self.environment.filters["share"] = show_share
        self.environment.filters["tension"] = jobs.show_tension
        self.environment.filters["kpi"] = roadmap.show_value
        self.environment.filters["value"] = lambda code, column: french_value(column, code)
        territory = name_territory(
            published.settings.territory, published.table("geography_communes")
        )
        self.environment.globals.update(
            entries=entries,
            notice=published.notice,
            suffix=published.suffix,
            released=published.date_fr,
            release_id=published.manifest.release_id,
            territory=territory,
            workbook=name_volume_workbook(published),
            has_base=published.settings.site_base_map == "ign",
            edition=read_edition(published.manifest),
            citation=cite(published.manifest, published.settings, territory),
            settings=published.settings,
            address=published.settings.site_url,
            conformity=legal.describe_conformity(published.settings),
            contact_link=legal.link_contact(published.settings.site_contact),
        )

    @property
    def has_map(self) -> bool:
        """Whether there was land to draw."""
        return (self.folder / "foncier" / CONTENT).exists()

    def write_page(self, path: str, template: str, **values: Any) -> None:
        """Write one page; ``root`` leads from it to the top of the site."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        place = {
            "root": "../" * path.count("/"),
            "section": path.partition("/")[0],
            "here_path": path.removesuffix("index.html"),
            "is_indexed": True,
        }
        text = self.environment.get_template(template).render(**(place | values))
        target.write_text(keep_marks_together(text), "utf-8")

    def write_labour(self) -> None:
        """Write a page for each territory, the first also as the section's own, and each sheet.

        Beside them the list of occupations with more offers than job seekers, which pages link.
        """
        labour, local = _read_people(self.published)
        target = self.folder / "metiers"
        target.mkdir(exist_ok=True)
        write_volume_workbook(self.published, target)
        self.environment.globals["trainings_page"] = self.write_trainings(local)
        sources = self.published.sources_of("labour_jobs_in_tension")
        if labour is None:
            self.write_page("metiers/index.html", "absent.html", theme="Métiers en tension")
            return
        pages = [(t, jobs.page_of(t)) for t in labour.territories]
        absent = jobs.list_absent_bassins(self.published, labour)
        for at, (territory, path) in enumerate(pages):
            values = {
                "table": jobs.list_occupations(labour, territory),
                "rest": jobs.find_unattributed(self.published, labour, territory),
                "here": territory,
                "context_year": jobs.find_context_year(labour),
                "has_volumes": jobs.has_volumes(labour),
                "pages": pages,
                "absent": absent,
                "sources": sources,
            }
            self.write_page(f"metiers/{path}", "occupations.html", **values)
            if at == 0:
                shutil.copyfile(self.folder / "metiers" / path, self.folder / "metiers/index.html")
        every = self.published.sources_of(*sheets.TABLES)
        for code, sheet in sheets.gather_sheets(self.published, labour, local):
            self.write_page(f"metiers/{code}.html", "occupation.html", sheet=sheet, sources=every)

    def write_trainings(self, local: list[Place]) -> str | None:
        """Write what became of those who left a professional training; the page, if there is."""
        trainings = training.list_trainings(self.published, local)
        if trainings is None:
            return None
        self.write_page(
            f"metiers/{training.PAGE}",
            "training.html",
            trainings=trainings,
            unpublished=training.UNPUBLISHED,
            sources=self.published.sources_of(training.TABLE),
        )
        return training.PAGE

    def write_land(self) -> None:
        """Write the balance with its chart, the sites, and the map."""
        published = self.published
        if not published.has("land_sites"):
            self.write_page("foncier/index.html", "absent.html", theme="Foncier économique")
            return
        tables = ("land_units", "land_sites", "land_balance_by_epci", "land_commune_sheets")
        self.write_page(
            "foncier/index.html",
            "land.html",
            balance=land.list_balance(published),
            reserve=land.list_reserve(published),
            benchmarks=land.list_benchmarks(published),
            benchmark_source=land.find_benchmark_source(published),
            coverage=land.list_coverage(published),
            gaps=land.list_gaps(published),
            missing=(land.select_key_figures(published) or {}).get("missing_supply"),
            register=land.describe_register(published),
            settings=published.settings,
            stock=land.list_stock(published),
            sites=land.list_sites(published, has_map=self.has_map),
            has_map=self.has_map,
            figures=list_opening_figures(published),
            has_units=published.has("land_units"),
            has_inventory=published.has(inventories.TABLE),
            sources=published.sources_of(*tables),
        )
        self.write_inventory()
        self.write_settling()
        self.write_parks()
        if self.has_map:
            ground = name_ground(published)
            sources = published.sources_of(*(table for table, *_ in WEB_MAP_LAYERS.values()))
            self.write_page("foncier/carte.html", "map.html", ground=ground, sources=sources)

    def write_settling(self) -> None:
        """Write where a firm may look for ground, with prices and whom to ask."""
        if not self.published.has("land_units"):
            return
        rows = settling.select_settling_units(self.published)
        self.write_page(
            f"foncier/{settling.PAGE}",
            "settling.html",
            table=settling.list_settling(self.published, rows, has_map=self.has_map),
            figures=settling.count_settling(rows),
            forbidden=settling.count_forbidden(self.published),
            has_map=self.has_map,
            sources=self.published.sources_of(*settling.TABLES),
        )

    def write_parks(self) -> None:
        """Write a sheet for each economic site."""
        sources = self.published.sources_of(*parks.TABLES)
        for sheet in parks.list_park_sheets(self.published, has_map=self.has_map):
            path = f"{parks.FOLDER}/{sheet['site']['site_id']}.html"
            self.write_page(path, "park.html", sources=sources, **sheet)

    def write_inventory(self) -> None:
        """Write the steps and deadlines of the inventories of ZAE, and their units through time."""
        listing = inventories.list_inventories(self.published)
        if listing:
            self.write_page(
                "foncier/inventaire.html",
                "inventory.html",
                inventories=listing,
                late=inventories.count_late(self.published),
                history=inventories.list_history(self.published),
                changes=inventories.count_changes(self.published),
                sources=self.published.sources_of(inventories.TABLE, inventories.HISTORY),
            )

    def write_crossing(self) -> None:
        """Write the pages on jobs and land together, and that of a what-if."""
        published, folder = self.published, "emplois-foncier"
        pages, figures = crossing.gather_pages(published), crossing_land.gather_what_if(published)
        shared = {"pages": pages, "has_what_if": figures is not None}
        if not any(page.slug == "index" for page in pages):
            self.write_page(f"{folder}/index.html", "absent.html", theme="Emplois × foncier")
        for page in pages:
            self.write_page(
                f"{folder}/{page.slug}.html",
                f"crossing_{page.slug}.html",
                page=page,
                sources=published.sources_of(*page.tables),
                **shared,
            )
        if figures:
            self.write_page(
                f"{folder}/hypothese.html",
                "what_if.html",
                figures=figures,
                sources=published.sources_of(*crossing_land.WHAT_IF_TABLES),
                **shared,
            )

    def write_communes(self, pages: list[dict[str, Any]]) -> None:
        """Write a page for each commune, and their index."""
        self.write_page("communes/index.html", "communes.html", pages=pages)
        for page in pages:
            code = page["commune"]["commune_code"]
            self.write_page(f"communes/{code}.html", "commune.html", **page)

    def write_comparison(self, labour: jobs.Labour | None, communes: list[dict[str, Any]]) -> None:
        """Write the page that sets communes, occupations or parks side by side, and their files."""
        kinds = write_compared(self.published, labour, communes, self.folder / "comparer")
        self.write_page("comparer/index.html", "compare.html", kinds=kinds)

    def write_roadmap(self) -> None:
        """Write the page of the roadmap, and a sheet to print for each priority."""
        whole = roadmap.read_roadmap(self.published)
        if whole is None:
            self.write_page("feuille-de-route/index.html", "absent.html", theme="Feuille de route")
            return
        sources = self.published.sources_of(*roadmap.TABLES)
        self.write_page(
            "feuille-de-route/index.html", "roadmap.html", roadmap=whole, sources=sources
        )
        for priority in whole.priorities:
            self.write_page(
                f"feuille-de-route/{priority.slug}.html",
                "priority.html",
                roadmap=whole,
                priority=priority,
                sources=sources,
            )

    def write_reference(self) -> None:
        """Write the pages on data, quality and method, and the legal notices."""
        published = self.published
        reference.write_tables(published, self.folder / "donnees" / "fichiers")
        self.write_page(
            "donnees/index.html", "data.html", tables=reference.describe_tables(published)
        )
        parts: dict[str, Callable[[Published], Any]] = {
            "told": reference.sum_up,
            "moves": list_moves,
            "failed": partial(reference.list_checks, is_failed=True),
            "checks": reference.list_checks,
            "issues": reference.list_issue_types,
            "lost_codes": reference.list_lost_codes,
            "lost_offers": reference.list_lost_offers,
            "sources": reference.list_sources,
            "changes": reference.list_changes,
        }
        self.write_page(
            "qualite/index.html", "quality.html", **{k: f(published) for k, f in parts.items()}
        )
        self.write_page("methode/index.html", "method.html", settings=published.settings)

    def write_facts(self) -> None:
        """Write a page for each table whose rows have an address, and their index."""
        listed = []
        for contract, about in facts.list_facts(self.published):
            places = facts.write_facts(
                self.published, contract, self.folder / "faits" / contract.name
            )
            self.write_page(
                f"faits/{contract.name}/index.html",
                "fact.html",
                is_indexed=not facts.rests_on_sales(contract),
                places=places,
                caveats=CAVEATS,
                **about,
            )
            theme = french_value("theme", contract.theme)
            listed.append({"name": contract.name, "title": contract.title_fr, "theme": theme})
        self.write_page("faits/index.html", "facts.html", tables=listed)

    def write_legal(self) -> None:
        """Write what the law asks of a public site, once all other pages are known."""
        published, settings = self.published, self.published.settings
        licences = published.table("quality_sources").select("title", "producer", "licence")
        self.write_page(
            "mentions/index.html",
            "notices.html",
            sources=licences.unique().sort("producer", "title").to_dicts(),
            missing_notices=legal.list_missing_notices(settings),
        )
        self.write_page("accessibilite/index.html", "accessibility.html")
        pages = legal.list_pages(self.folder)
        self.write_page("plan/index.html", "plan.html", groups=legal.group_pages(pages))
        legal.write_for_robots(published, self.folder, pages)
        shutil.copyfile(legal.ICON, self.folder / legal.ICON.name)
        if settings.site_url:
            legal.write_card(published, str(self.environment.globals["territory"]), self.folder)
        # it answers for any address: what it leads to is written from the top
        top = legal.find_top(settings)
        self.write_page("404.html", "404.html", is_indexed=False, root=top, section="")

    def write_search(self, labour: jobs.Labour | None, local: list[Place]) -> None:
        """Write the page of all results, and the names that the search of every page reads."""
        self.write_page("recherche/index.html", "search.html")
        names = search.list_names(self.published, labour, local, has_map=self.has_map)
        (self.folder / search.FILE).write_text(search.write_index(names), "utf-8")

    def write_home(self, labour: jobs.Labour | None) -> None:
        """Write the first page: the search, both themes' key figures, where to go, what is new."""
        published = self.published
        here = labour.territories[0] if labour else None
        self.write_page(
            "index.html",
            "home.html",
            here=here,
            jobs=jobs.find_key_figures(published, labour) if labour else None,
            land=land.select_key_figures(published),
            sites=published.table("land_sites").height,
            changes=reference.list_changes(published),
            labour_sources=published.sources_of("labour_jobs_in_tension"),
            land_sources=published.sources_of("land_sites", "land_balance_by_epci"),
            doors=list(list_doors(self.folder)),
        )


# what is written in other processes, where the command has some
APART: dict[str, Callable[[Writer], None]] = {
    "land": Writer.write_land,
    "labour": Writer.write_labour,
}
