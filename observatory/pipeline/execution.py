"""How steps are run, chosen by ``OBSERVATORY_EXECUTOR``."""

import dagster as dg

from observatory.settings import Settings

PRELOAD = ["observatory.definitions", "great_expectations", "great_expectations.expectations"]


def executor(settings: Settings) -> dg.ExecutorDefinition:
    """One process, or several forked from one that has the slow imports done."""
    if settings.executor != "multiprocess":
        return dg.in_process_executor
    return dg.multiprocess_executor.configured(
        {"max_concurrent": 2, "start_method": {"forkserver": {"preload_modules": PRELOAD}}}
    )
