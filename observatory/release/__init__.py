"""Publication: the only writer of databases and files that readers open.

``publish`` takes drafts whose very content passed every blocking rule, builds an immutable
folder beside the others, loads the database where there is one, and moves readers to it in one
step. ``restore`` does the same with the tables of an earlier release.
"""

from observatory.release.manifest import (
    CHANGES,
    DATABASE,
    FICTITIOUS,
    MANIFEST,
    current_folder,
    current_manifest,
)

__all__ = [
    "CHANGES",
    "DATABASE",
    "FICTITIOUS",
    "MANIFEST",
    "current_folder",
    "current_manifest",
]
