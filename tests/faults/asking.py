"""The command line, its one source at the address of a loopback producer (see stops).

Nothing slow is imported before signals are looked after, as in the command itself.
"""

import os

from observatory.cli import stopping

PLACE = "TESTS_PRODUCER"
SOURCE = "transport/stops"
DEPARTMENTS = ("04", "05", "06", "13", "83", "84")


def main() -> None:
    """Do what the command line does, once the card is pointed to the producer."""
    work = stopping._work

    def pointed() -> None:
        import assets.source_files
        from observatory.metadata.cards import Address
        from sources import CARDS
        from sources.addresses import Where

        url = os.environ[PLACE] + "/files/{department}.csv"
        vars(CARDS[SOURCE])["address"] = Address(kind="file", url=url, per_second=999)
        where = Where(departments=DEPARTMENTS, communes=("13001",), box=None)
        assets.source_files.territory = lambda _: where
        work()

    stopping._work = pointed
    stopping.main()


if __name__ == "__main__":
    main()
