"""Running nights again: what is done by force comes out the same, and is counted."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dagster import AssetKey, DagsterInstance
from sqlalchemy import Engine, create_engine, text

from pipelines.definitions import defs
from pipelines.defs.assets import ASSETS
from pipelines.defs.partitions import range_tags
from pipelines.instance import run_nights
from pipelines.landing_zone import LandingZone
from pipelines.store import database, mentions, names, pages, signatures
from pipelines.store.digests import digests
from tests.integration.conftest import NIGHTS, Loaded
from tests.integration.loading import everything, rows_written
from tests.polling import eventually

BROADSHEET = str(Path(sys.executable).with_name("broadsheet"))

WORK = {
    "source_files": "files_read",
    "articles": "occurrences",
    "stories": "articles_linked",
    "mentions": "articles_read",
    "entities": "names_resolved",
}
"""What each asset counts of what it did."""

ALL_ASSETS = [asset.key.to_user_string() for asset in ASSETS]


def counted(engine: Engine, asset: str) -> int:
    """How much an asset did in its last run."""
    with engine.connect() as connection:
        query = "select counts from ops.loads where asset = :asset order by load_id desc limit 1"
        counts = connection.execute(text(query), {"asset": asset}).scalar_one()
    return int(counts.get(WORK[asset], 0))


def tables_of_news(engine: Engine) -> dict[str, tuple[int, str]]:
    """Digests of what analysts read."""
    with engine.connect() as connection:
        return digests(connection)


def run_again(
    instance: DagsterInstance, zone: LandingZone, assets: Sequence[str], forced: Sequence[str]
) -> None:
    """Run some assets again for all nights, some of them by force, as the UI's launchpad does."""
    config: dict[str, Any] = {
        "ops": {asset: {"config": {"force": True}} for asset in forced},
        "resources": {"landing_zone": {"config": {"root": str(zone.root)}}},
    }
    result = (
        defs()
        .resolve_job_def("nightly")
        .execute_in_process(
            instance=instance,
            tags=range_tags(NIGHTS[0], NIGHTS[-1]),
            asset_selection=[AssetKey(asset) for asset in assets],
            run_config=config,
        )
    )
    assert result.success


def test_a_range_that_is_done_again_comes_out_the_same(
    instance: DagsterInstance, loaded: Loaded, copy: Engine
) -> None:
    before = everything(copy)
    wanted = {asset: counted(copy, asset) for asset in WORK}
    assert all(wanted.values())
    runs = instance.get_runs_count()
    run = run_nights(instance, NIGHTS[0], NIGHTS[-1], loaded.zone, prune=False, force=True)
    assert run.success, run.failures
    assert instance.get_runs_count() == runs + 1
    assert {asset: counted(copy, asset) for asset in WORK} == wanted
    assert everything(copy) == before
    assert run_nights(instance, NIGHTS[0], NIGHTS[-1], loaded.zone, prune=False).success
    assert rows_written(copy) == 0
    assert not any(counted(copy, asset) for asset in WORK)


def test_one_night_is_done_again_without_the_others(
    instance: DagsterInstance, loaded: Loaded, copy: Engine
) -> None:
    before = everything(copy)
    run = run_nights(instance, NIGHTS[1], NIGHTS[1], loaded.zone, prune=False, force=True)
    assert run.success, run.failures
    assert (counted(copy, "source_files"), counted(copy, "articles")) == (1, 2)
    assert counted(copy, "mentions") == counted(copy, "stories") == 2
    assert everything(copy) == before


@pytest.mark.parametrize("asset", WORK)
def test_one_asset_is_done_again_and_the_others_find_nothing_to_do(
    instance: DagsterInstance, loaded: Loaded, copy: Engine, asset: str
) -> None:
    before = everything(copy)
    run_again(instance, loaded.zone, ALL_ASSETS, [asset])
    assert {one for one in WORK if counted(copy, one)} == {asset}
    assert everything(copy) == before


def test_what_was_forgotten_before_a_crash_stays_and_is_done_by_the_next_run(
    instance: DagsterInstance, loaded: Loaded, copy: Engine
) -> None:
    before, news = everything(copy), tables_of_news(copy)
    run_again(instance, loaded.zone, ["source_files"], ["source_files"])
    assert everything(copy) == before
    with copy.begin() as connection:
        for forget in (
            pages.forget_segments,
            signatures.queue_nights,
            mentions.forget_annotations,
            names.forget_resolutions,
        ):
            assert forget(connection, NIGHTS[0], NIGHTS[-1]) > 0
        connection.execute(text("update ops.ingested_files set ingest_version = 'old'"))
    run_again(instance, loaded.zone, ["source_files"], [])
    assert tables_of_news(copy) == news
    run_again(instance, loaded.zone, ALL_ASSETS, [])
    assert everything(copy) == before


def test_what_someone_broke_is_mended_by_force_alone(
    instance: DagsterInstance, loaded: Loaded, copy: Engine
) -> None:
    before, news = everything(copy), tables_of_news(copy)
    with copy.begin() as connection:
        connection.execute(text("update news.mentions set label = 'FAC'"))
        connection.execute(text("update news.source_files set encoding = 'cp1252'"))
        connection.execute(text("delete from news.entity_days where stories = 1"))
    broken = tables_of_news(copy)
    assert broken != news
    run_again(instance, loaded.zone, ALL_ASSETS, [])
    assert tables_of_news(copy) == broken
    run_again(instance, loaded.zone, ALL_ASSETS, ["source_files", "mentions", "analytics"])
    assert everything(copy) == before


def test_two_processes_that_load_different_nights_at_once_end_as_one_that_loads_all(
    instance: DagsterInstance, engine: Engine, loaded: Loaded, tmp_path: Path
) -> None:
    def start(name: str, *nights: str) -> subprocess.Popen[str]:
        command = [BROADSHEET, "run", "--quiet", "--landing", str(loaded.zone.root), *nights]
        home = {"BROADSHEET_HOME": str(tmp_path / name)}  # so that no pool of Dagster's parts them
        return subprocess.Popen(
            command, env={**os.environ, **home}, stderr=subprocess.PIPE, text=True
        )

    second, third = (night.isoformat() for night in NIGHTS[1:])
    with psycopg.connect(database.libpq_url()) as holder:
        holder.execute(f"select pg_advisory_lock({database._WRITE_LOCK})".encode())  # noqa: SLF001
        with start("one", "--date", second) as one, start("two", "--date", third) as two:

            def both_wait() -> bool:
                assert one.poll() is None and two.poll() is None
                waiting = (
                    "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                )
                return holder.execute(waiting).fetchone() == (2,)

            eventually(both_wait, seconds=120)
            holder.execute("select pg_advisory_unlock_all()")
            holder.commit()
            for process in (one, two):
                _, said = process.communicate(timeout=120)
                assert (process.returncode, said) == (0, "")
    run = run_nights(instance, NIGHTS[0], NIGHTS[0], loaded.zone, prune=False)
    assert run.success, run.failures
    undisturbed = create_engine(engine.url.set(database=loaded.database))
    try:
        assert everything(engine) == everything(undisturbed)
    finally:
        undisturbed.dispose()
