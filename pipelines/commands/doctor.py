"""`broadsheet doctor`: what is wrong, and how to mend it."""

import logging
from functools import partial

from pipelines.doctor import files
from pipelines.doctor.database import DatabaseChecks
from pipelines.doctor.findings import Finding, Verdict, examine


def examine_all(free_gb: float) -> list[Finding]:
    """What all checks found, one source after the other; nothing is started or changed.

    `free_gb` is the space in 10⁹ bytes that every disk should have.
    """
    # What goes wrong is said by the findings; others' warnings would stand between them.
    logging.disable()
    database = DatabaseChecks()
    try:
        connect = database.connect_again
        findings = examine(database.checks())
        findings += examine({"landing_zone": files.landing_zone})
        findings += examine({"disks": partial(files.disks, connect, free_gb)})
        findings += examine(
            {
                "aliases": partial(files.aliases, connect),
                "pipeline": partial(files.pipeline, connect),
            }
        )
        from pipelines.doctor.instance import InstanceChecks  # noqa: PLC0415 - imports Dagster

        return findings + examine(InstanceChecks().checks())
    finally:
        database.close()
        logging.disable(logging.NOTSET)


def has_failed(findings: list[Finding]) -> bool:
    """Whether something has to be mended."""
    return any(finding.outcome.verdict is Verdict.FAIL for finding in findings)
