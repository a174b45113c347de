"""Lists for the thirty days of consultation (L318-8-2): whom to write to, about which units.

Made from the current release, without whoever is withheld today, and from the EPCI's own file of
contacts; kept in the private folder of the home.
"""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
import xlsxwriter

from assets.land.contacts import read_contacts
from observatory.disclosure.withholding import SIREN_LENGTH
from observatory.errors import InputError
from observatory.home import CONSULTATION, private_folder
from observatory.land.inventories import CONSULTATION_DAYS
from observatory.land.occupation import SCI
from observatory.metadata.cells import as_cells
from observatory.metadata.french import SEEN_FR, VALUES
from observatory.release.published import Published
from observatory.storage.leftovers import scratch

ADDRESS = "establishment_address"
TABLE, UNITS, FIRMS = "land_inventories", "land_units", "land_establishments"
OPEN_DATA, OWN_FILE = "données ouvertes", "fichier de l'EPCI"
ROLE_FR = {"owner": "propriétaire", "occupant": "occupant"}
SAFE = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}
README = f"""\
Inventaire des ZAE, code de l'urbanisme, article L318-8-2.

destinataires : propriétaires et occupants à consulter, avec ce que l'inventaire dit de leurs
  unités. Ils ont {CONSULTATION_DAYS} jours. La date limite est vide tant que le fichier des arrêtés
  (epci/inventories) ne dit pas quand la consultation a commencé, et dès que
  l'inventaire est arrêté.
  Occupants : ceux que contacts.csv donne, et les établissements ouverts à la diffusion placés à la
  parcelle ; d'autres peuvent y être.
  a_completer : ce que ni les données ouvertes ni contacts.csv ne donnent.
unites : surface, propriétaires et occupants de chaque unité, hors voirie et espaces communs.
sites : étapes et échéances.

Ces listes peuvent nommer des personnes : elles restent dans ce dossier privé, sous la base légale
de l'EPCI. Les effacer une fois la consultation close.
"""
PERSON = ("role", "code", "name", "address", "email", "origin")
SEPARATOR = " | "
NOBODY = pl.lit(None, pl.String)


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Whom to write to, the units, the sites; and lines of contacts that name no unit."""

    recipients: pl.DataFrame
    units: pl.DataFrame
    sites: pl.DataFrame
    unmatched_lines: list[int]


def write_lists(
    published: Published, form: Literal["csv", "xlsx"], *, site: str | None, epci: str | None
) -> tuple[Path, Lists]:
    """Write the lists of a site, an EPCI, or all ZAE of the release; the folder they are in.

    Always in the private folder of the home, in place of those of the last time.
    """
    lists = make_lists(published, site=site, epci=epci)
    home = published.settings.home
    place = private_folder(published.settings, CONSULTATION) / f"{site or epci or 'zae'}"
    with scratch(home, place.parent) as beside:
        fresh = beside / place.name
        fresh.mkdir(mode=0o700)
        (_write_csv if form == "csv" else _write_workbook)(published, lists, fresh)
        (fresh / "LISEZMOI.txt").write_text(_explain(published), "utf-8")
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
    return place, lists


def make_lists(published: Published, *, site: str | None = None, epci: str | None = None) -> Lists:
    """The lists; InputError where the release has no inventory, or none of the place."""
    sites = published.table(TABLE)
    if sites.is_empty() or UNITS not in published.contracts:
        msg = "No inventory of ZAE has been released: run `observatory run --theme land` first."
        raise InputError(msg)
    for option, column, value in (("site", "site_id", site), ("epci", "epci_code", epci)):
        sites = sites if value is None else sites.filter(pl.col(column) == value)
        if sites.is_empty():
            msg = f"--{option} {value}: no ZAE of the release; see {TABLE}.{column}."
            raise InputError(msg)
    every = published.table(UNITS).filter(pl.col("occupation_state") != "common_area")
    firms = published.table(FIRMS) if FIRMS in published.contracts else pl.DataFrame()
    return assemble(sites, every, firms, read_contacts(published.settings))


def assemble(
    sites: pl.DataFrame, every: pl.DataFrame, firms: pl.DataFrame, contacts: pl.DataFrame
) -> Lists:
    """Lists of ``sites`` (rows of ``land_inventories``) from units, establishments, contacts."""
    units = every.filter(pl.col("site_id").is_in(sites["site_id"].implode()))
    placed = place_contacts(contacts, every)
    told = pl.concat([contacts.filter(pl.col("code").is_not_null())["line"], placed["line"]])
    lost = contacts.filter(~pl.col("line").is_in(told.unique().implode()))["line"]
    people = find_people(units, firms, placed, contacts)
    return Lists(
        recipients=_list_recipients(people, units, sites),
        units=_list_units(people, units, sites),
        sites=_list_sites(sites),
        unmatched_lines=lost.to_list(),
    )


def place_contacts(contacts: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Contacts with the units that they name, or that their parcels belong to; a row for each."""
    held = units.select("unit_id", parcels=pl.col("parcel_ids").str.split("|")).explode("parcels")
    by_parcel = (
        contacts.drop("unit_id").explode("parcels").drop_nulls("parcels").join(held, on="parcels")
    )
    by_unit = contacts.join(units.select("unit_id"), on="unit_id")
    columns = ["line", "role", "code", "name", "address", "email", "unit_id"]
    return pl.concat([by_parcel.select(columns), by_unit.select(columns)]).unique(
        maintain_order=True
    )


def find_people(
    units: pl.DataFrame, firms: pl.DataFrame, placed: pl.DataFrame, contacts: pl.DataFrame
) -> pl.DataFrame:
    """Owners and occupants of each unit: ``unit_id``, ``role``, code, name, address, origin.

    Who the EPCI's file names as owner of a unit is its owner; elsewhere open data tells, where it
    may. Occupants are those of both. Where nobody is known the row has no name: somebody is to be
    found.
    """
    known = placed.filter(pl.col("unit_id").is_in(units["unit_id"].implode())).with_columns(
        origin=pl.lit(OWN_FILE)
    )
    columns = ["unit_id", *PERSON]
    owned = known.filter(pl.col("role") == "owner")
    owners = units.join(owned, on="unit_id", how="anti").select(
        "unit_id", role=pl.lit("owner"), code="owner_siren", name="owner_name"
    )
    occupants = known.filter(pl.col("role") == "occupant")
    there = _list_occupants(units, firms).join(
        occupants.drop_nulls("code"), on=["unit_id", "code"], how="anti"
    )
    occupied = units.filter(pl.col("occupation_state") == "occupied")
    met = pl.concat([occupants["unit_id"], there["unit_id"]])
    nobody = occupied.filter(~pl.col("unit_id").is_in(met.implode())).select(
        "unit_id",
        role=pl.lit("occupant"),
        code=NOBODY,
        name=NOBODY,
    )
    book = make_book(contacts, firms)
    open_data = with_addresses(pl.concat([owners, there, nobody]), book)
    return pl.concat([known.select(columns), open_data.select(columns)])


def _list_occupants(units: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Active establishments of the units, but civil companies, which hold walls."""
    schema = {"unit_id": pl.String, "role": pl.String, "code": pl.String, "name": pl.String}
    if firms.is_empty():
        return pl.DataFrame(schema=schema)
    return firms.filter(
        pl.col("is_active").fill_null(value=False),
        ~pl.col("legal_category_code").is_in(SCI).fill_null(value=False),
        pl.col("unit_id").is_in(units["unit_id"].implode()),
    ).select("unit_id", role=pl.lit("occupant"), code="siret", name="establishment_name")


def make_book(contacts: pl.DataFrame, firms: pl.DataFrame) -> pl.DataFrame:
    """Names and addresses by SIRET or SIREN: the EPCI's own, else the addresses of the release.

    The address of a seat is that of its SIREN.
    """
    columns = ("code", "name", "address", "email")
    listed = [contacts.drop_nulls("code").select(columns)]
    if ADDRESS in firms.columns:
        own = firms.drop_nulls(ADDRESS)
        siren = pl.col("siret").str.slice(0, SIREN_LENGTH)
        for rows, code in ((own, pl.col("siret")), (own.filter("is_seat"), siren)):
            told = rows.select(code=code, name=NOBODY, address=ADDRESS, email=NOBODY)
            listed.append(told)
    return (
        pl.concat(listed)
        .group_by("code", maintain_order=True)
        .agg(pl.col("name", "address", "email").drop_nulls().first())
    )


def with_addresses(people: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """People of open data with what a book knows of their SIRET, or SIREN.

    The address of who is named; the name too of who is not: the EPCI's file alone may tell it.
    """
    book = book.select(_key="code", _name="name", _address="address", _email="email")
    both = people.with_columns(_siren=pl.col("code").str.slice(0, SIREN_LENGTH))
    for code, suffix in (("code", ""), ("_siren", "_of_siren")):
        listed = book.rename({c: f"{c}{suffix}" for c in book.columns})
        both = both.join(
            listed, left_on=code, right_on=f"_key{suffix}", how="left", maintain_order="left"
        )
    told = {n: pl.coalesce(f"_{n}", f"_{n}_of_siren") for n in ("name", "address", "email")}
    is_open = pl.col("name").is_not_null() | told["name"].is_null()
    return both.select(
        "unit_id",
        "role",
        "code",
        pl.coalesce("name", told["name"]).alias("name"),
        address=told["address"],
        email=told["email"],
        origin=pl.when(pl.col("code").is_not_null()).then(
            pl.when(is_open).then(pl.lit(OPEN_DATA)).otherwise(pl.lit(OWN_FILE))
        ),
    )


def _say_state() -> pl.Expr:
    """What the inventory says of a unit: what was seen, or what is presumed, and from what."""
    state, is_seen = pl.col("occupation_state"), pl.col("occupation_confidence") == "surveyed"
    presumed = state.replace_strict(VALUES["occupation_state"], return_dtype=pl.String)
    seen = state.replace_strict(SEEN_FR, default=None, return_dtype=pl.String)
    evidence = pl.col("occupation_evidence").replace_strict(
        VALUES["occupation_evidence"], return_dtype=pl.String
    )
    return pl.format("{} ({})", pl.when(is_seen).then(seen).otherwise(presumed), evidence)


def _list_recipients(
    people: pl.DataFrame, units: pl.DataFrame, sites: pl.DataFrame
) -> pl.DataFrame:
    """One line a person and site; one a unit where nobody is known."""
    facts = units.select(
        "unit_id", "site_id", "parcel_ids", _said=pl.format("{} : {}", "unit_id", _say_state())
    )
    nobody = pl.col("name").is_null() & pl.col("code").is_null()
    to_find = (
        pl.when(pl.col("name").is_null())
        .then(pl.lit("nom et adresse"))
        .when(pl.col("address").is_null())
        .then(pl.lit("adresse"))
    )
    grouped = (
        people.join(facts, on="unit_id")
        .with_columns(_alone=pl.when(nobody).then("unit_id"))
        .group_by("site_id", *PERSON, "_alone")
        .agg(pl.col("unit_id", "parcel_ids", "_said").sort_by("unit_id").str.join(SEPARATOR))
    )
    return (
        grouped.join(sites, on="site_id")
        .sort("site_id", "role", "name", "code", "unit_id", nulls_last=True)
        .select(
            site="site_id",
            nom_du_site="site_name",
            commune="commune_label",
            qualite=pl.col("role").replace_strict(ROLE_FR, return_dtype=pl.String),
            nom="name",
            siren_ou_siret="code",
            adresse="address",
            courriel="email",
            unites="unit_id",
            parcelles="parcel_ids",
            ce_que_dit_l_inventaire="_said",
            reponse_avant_le=pl.when(pl.col("inventory_stage") == "consulted").then(
                "consultation_until_date"
            ),
            origine="origin",
            a_completer=to_find,
        )
    )


def _list_units(people: pl.DataFrame, units: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """The inventory itself: each unit with its area, its owners and its occupants."""
    said = people.with_columns(_name=pl.coalesce("name", "code")).drop_nulls("_name")
    by_role = [
        said.filter(pl.col("role") == role)
        .group_by("unit_id")
        .agg(pl.col("_name").unique().sort().str.join(SEPARATOR).alias(column))
        for role, column in (("owner", "proprietaires"), ("occupant", "occupants"))
    ]
    rows = units.with_columns(etat=_say_state())
    for names in by_role:
        rows = rows.join(names, on="unit_id", how="left")
    return (
        rows.join(sites.select("site_id", "site_name"), on="site_id")
        .sort("site_id", "unit_id")
        .select(
            site="site_id",
            nom_du_site="site_name",
            unite="unit_id",
            parcelles="parcel_ids",
            surface_m2=pl.col("area_m2").round(0).cast(pl.Int64),
            proprietaires="proprietaires",
            occupants="occupants",
            etat="etat",
            confiance=pl.col("occupation_confidence").replace_strict(
                VALUES["occupation_confidence"], return_dtype=pl.String
            ),
        )
    )


def _list_sites(sites: pl.DataFrame) -> pl.DataFrame:
    return sites.sort("site_id").select(
        site="site_id",
        nom_du_site="site_name",
        commune="commune_label",
        epci="epci_code",
        unites="unit_count",
        unites_vues="surveyed_unit_count",
        etape=pl.col("inventory_stage").replace_strict(
            VALUES["inventory_stage"], return_dtype=pl.String
        ),
        lancement="started_date",
        consultation="consulted_date",
        fin_de_consultation="consultation_until_date",
        dernier_arrete="last_decided_date",
        prochain_arrete_avant_le="update_due_date",
    )


def _named(lists: Lists) -> dict[str, pl.DataFrame]:
    return {"destinataires": lists.recipients, "unites": lists.units, "sites": lists.sites}


def _write_csv(published: Published, lists: Lists, folder: Path) -> None:
    for name, rows in _named(lists).items():
        path = folder / f"{name}{published.suffix}.csv"
        as_cells(rows).write_csv(
            path, separator=";", include_bom=True, line_terminator="\r\n", date_format="%d/%m/%Y"
        )


def _write_workbook(published: Published, lists: Lists, folder: Path) -> None:
    path = folder / f"inventaire{published.suffix}.xlsx"
    with xlsxwriter.Workbook(path, SAFE) as book:
        released = dt.datetime.fromisoformat(published.manifest.released_at).replace(tzinfo=None)
        book.set_properties({"title": published.notice or "Inventaire", "created": released})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in _named(lists).items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, rows.columns, bold)
            for line, row in enumerate(rows.iter_rows(), start=1):
                for at, value in enumerate(row):
                    if isinstance(value, dt.date):
                        sheet.write_datetime(line, at, value, day)
                    elif value is not None:
                        sheet.write(line, at, value)


def _explain(published: Published) -> str:
    notice = (
        f"{published.notice} : chiffres inventés, rien à envoyer.\n" if published.notice else ""
    )
    return f"{notice}Publication du {published.date_fr}.\n\n{README}"
