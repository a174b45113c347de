"""Lists where the first page leads: the pages that this release has."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Door:
    """A link of the first page: the first of its addresses that is written."""

    title: str
    said: str
    paths: tuple[str, ...]


DOORS = (
    Door(
        title="Métiers en tension",
        said="Les métiers les plus difficiles à pourvoir, bassin par bassin : tension, projets de "
        "recrutement, offres et demandeurs.",
        paths=("metiers/index.html",),
    ),
    Door(
        title="Où s'installer",
        said="Le foncier inoccupé ou vacant (présumé), parc par parc, et ce qu'il coûte.",
        paths=("foncier/ou-s-installer/index.html", "foncier/ou-s-installer.html"),
    ),
    Door(
        title="Foncier économique",
        said="Le bilan : offre, demande, consommation d'espaces, sites.",
        paths=("foncier/index.html",),
    ),
    Door(
        title="Carte",
        said="Sites, unités foncières, friches : qui occupe quoi.",
        paths=("foncier/carte.html",),
    ),
    Door(
        title="Ma commune",
        said="Une page à imprimer par commune, pour les deux thèmes.",
        paths=("communes/index.html",),
    ),
    Door(
        title="Comparer",
        said="Deux ou trois communes, métiers ou parcs côte à côte.",
        paths=("comparer/index.html",),
    ),
    Door(
        title="Feuille de route",
        said="Les priorités, leurs indicateurs, où ils en sont.",
        paths=("feuille-de-route/index.html",),
    ),
    Door(
        title="D'où viennent les chiffres",
        said="Les tables à télécharger, leurs sources et leurs licences.",
        paths=("donnees/index.html",),
    ),
)


def list_doors(folder: Path) -> Iterator[dict[str, str]]:
    """List the doors whose page is in ``folder``."""
    for door in DOORS:
        if path := next((path for path in door.paths if (folder / path).exists()), None):
            yield {"title": door.title, "said": door.said, "path": path}
