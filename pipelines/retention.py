"""Which of Dagster's runs can go, and deleting them with all they left behind.

Deleting a run deletes its events. Dagster goes on showing a night as loaded whose materialization is
gone, but from a cache: a change of the first night or of the time zone makes it count anew, from the
events that are left. So the latest materialization of every night is kept, with its run.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from dagster import (
    AssetKey,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    RunsFilter,
)
from dagster._core.storage.event_log import SqliteEventLogStorage

_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
_READ_TOGETHER = 500


def delete_replaced_runs(instance: DagsterInstance, before: datetime) -> int:
    """Delete finished runs not touched since `before`, but for those that made what is there.

    Each run is deleted by itself, so that a crash loses nothing and the next call goes on.
    """
    finished = RunsFilter(statuses=_ENDED, updated_before=before)
    kept = set(_latest_runs(instance))
    replaced = [run_id for run_id in instance.get_run_ids(finished) if run_id not in kept]
    for run_id in replaced:
        _delete(instance, run_id)
    return len(replaced)


def _latest_runs(instance: DagsterInstance) -> Iterator[str]:
    """Runs that materialized a night, or an asset without nights, last."""
    for asset in instance.get_asset_keys():
        if latest := instance.get_latest_materialization_event(asset):
            yield latest.run_id
        of_nights = instance.get_latest_storage_id_by_partition(
            asset, DagsterEventType.ASSET_MATERIALIZATION
        )
        yield from _runs_of_events(instance, asset, list(of_nights.values()))


def _runs_of_events(
    instance: DagsterInstance, asset: AssetKey, event_ids: list[int]
) -> Iterator[str]:
    for start in range(0, len(event_ids), _READ_TOGETHER):
        some = event_ids[start : start + _READ_TOGETHER]
        found = instance.fetch_materializations(
            AssetRecordsFilter(asset_key=asset, storage_ids=some), limit=len(some)
        )
        yield from (record.run_id for record in found.records)


def _delete(instance: DagsterInstance, run_id: str) -> None:
    """Delete a run; itself last, so that what is left of one half deleted is found again."""
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    storage.delete_events(run_id)
    if isinstance(storage, SqliteEventLogStorage):  # a file a run, which is only emptied
        shard = Path(storage.path_for_shard(run_id))
        for file in (shard, *shard.parent.glob(f"{shard.name}-*")):
            file.unlink(missing_ok=True)
    instance.run_storage.delete_run(run_id)
