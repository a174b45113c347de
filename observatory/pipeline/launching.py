"""Launches runs as Dagster does, and tells its daemon which of them are no more."""

import dagster as dg
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster_shared.serdes import deserialize_value

from observatory.home import RUN_LOCK
from observatory.settings import load_settings
from observatory.storage.locks import hold_if_free


class RunLauncher(DefaultRunLauncher):
    """Dagster's own launcher cannot say that a run is dead: it stays “started” for ever.

    Its code server knows the runs that it started itself; a run of the command line holds a lock.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """The daemon asks."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a started run is there; a server that is silent is waited for."""
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            with hold_if_free(load_settings().home / RUN_LOCK) as is_free:
                return _found(is_alive=not is_free)
        request = CanCancelExecutionRequest(run_id=run.run_id)
        try:
            answer = client.can_cancel_execution(request, timeout=10)
        except Exception as error:  # of whatever kind: it does not answer now
            return CheckRunHealthResult(WorkerStatus.RUNNING, str(error), transient=True)
        return _found(is_alive=deserialize_value(answer, CanCancelExecutionResult).can_cancel)


def _found(*, is_alive: bool) -> CheckRunHealthResult:
    if is_alive:
        return CheckRunHealthResult(WorkerStatus.RUNNING)
    return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "The process of this run is no more.")
