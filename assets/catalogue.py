"""Every table contract, by name."""

from assets.labour import contracts as labour
from observatory.contracts import Table


def tables_of(module: object) -> list[Table]:
    """The contracts a module declares, in the order they stand."""
    return [value for value in vars(module).values() if isinstance(value, Table)]


LABOUR = tables_of(labour)
TABLES: dict[str, Table] = {table.name: table for table in LABOUR}
