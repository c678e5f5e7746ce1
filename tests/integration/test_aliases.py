"""Names that someone joined are one entity, and the one that was leads to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from pipelines.alias_file import add_alias, read_aliases
from pipelines.cli import app
from pipelines.news.resolver import AliasError, resolver
from pipelines.settings import settings
from tests.integration.conftest import NIGHTS, Loaded
from tests.integration.loading import everything, load, rows_written

BOARD, COMMISSION = "Nairobi Water Board", "Water Commission of Nairobi"


@pytest.fixture
def alias_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An alias file of the test's own, which is not there yet."""
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path / "aliases.csv"
    monkeypatch.undo()
    settings.cache_clear()


def entities(engine: Engine, name: str) -> set[str]:
    with engine.connect() as connection:
        return set(
            map(
                str,
                connection.scalars(
                    text("select entity_id from news.names where name = :name"), {"name": name}
                ),
            )
        )


def mentions_version(engine: Engine) -> object:
    with engine.connect() as connection:
        return connection.scalar(
            text("select string_agg(xmin::text, ',' order by xmin::text) from news.mentions")
        )


def test_an_accepted_alias_joins_two_names_and_redirects_the_entity_that_was(
    instance: DagsterInstance, loaded: Loaded, copy: Engine, alias_file: Path
) -> None:
    with copy.connect() as connection:
        one, other = connection.scalars(
            text("select name from news.names where entity_type = 'PERSON' order by name limit 2")
        )
    clean = everything(copy)
    (before,), (target,) = entities(copy, other), entities(copy, one)
    read = mentions_version(copy)
    copy.dispose()
    done = CliRunner().invoke(app, ["alias", "accept", other, one])
    assert done.exit_code == 0, done.output
    assert str(alias_file) in done.output.replace("\n", "")
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert entities(copy, other) == entities(copy, one) == {target}
    assert mentions_version(copy) == read
    with copy.connect() as connection:
        redirects = connection.execute(text("select * from news.entity_redirects")).all()
        rules = connection.scalars(
            text("select rule from news.names where name = :name"), {"name": other}
        ).all()
    assert [tuple(map(str, row)) for row in redirects] == [(before, target)]
    assert rules == ["alias"]
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert rows_written(copy) == 0
    alias_file.unlink()
    load(instance, loaded.zone, NIGHTS[0], NIGHTS[-1])
    assert everything(copy) == clean


@pytest.mark.usefixtures("alias_file")
def test_an_alias_of_nothing_that_is_named_is_refused(copy: Engine) -> None:
    copy.dispose()
    done = CliRunner().invoke(app, ["alias", "accept", "Anyone", "Nobody At All"])
    assert isinstance(done.exception, AliasError)
    assert "Nothing is named 'Nobody At All'" in str(done.exception)
    assert read_aliases() == ""


def test_the_file_is_a_table_that_people_can_edit(alias_file: Path) -> None:
    add_alias("ORG", BOARD, COMMISSION)
    add_alias("PERSON", "Grace, the Engineer", "G. W.")
    assert alias_file.read_text() == (
        f'entity_type,name,aliases\nORG,{BOARD},{COMMISSION}\nPERSON,"Grace, the Engineer",G. W.\n'
    )
    with pytest.raises(AliasError, match="two entities for 'Water Commission of Nairobi'"):
        add_alias("ORG", "Another Board", COMMISSION)
    with pytest.raises(AliasError, match="cannot stand"):
        add_alias("ORG", "A|B", "C")
    assert alias_file.read_text().count("\n") == 3


@pytest.mark.usefixtures("alias_file")
def test_a_people_that_is_given_a_further_name_stays_its_countrys() -> None:
    add_alias("NORP", "Turkish", "Anatolians")
    rules = resolver(read_aliases())
    for name in ("Anatolians", "Turkish"):
        found = rules.resolve(name, "NORP")
        assert found and found.entity_key == "country:TR"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "has the columns"),
        (b"entity_type,name,aliases\nTHING,Name,Other\n", "Line 2"),
        (b"entity_type,name,aliases\nORG,...,Other\n", "Line 2"),
        (b"entity_type,name,aliases\nORG,A,b,c\n", "Line 2"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_an_alias_file_that_is_none_fails_the_run_and_says_why(
    instance: DagsterInstance,
    loaded: Loaded,
    copy: Engine,
    alias_file: Path,
    content: bytes,
    message: str,
) -> None:
    from pipelines.instance import run_nights  # noqa: PLC0415

    alias_file.write_bytes(content)
    before = everything(copy)
    finished = run_nights(instance, NIGHTS[0], NIGHTS[0], loaded.zone, prune=False)
    assert not finished.success
    assert any(message in failure for failure in finished.failures), finished.failures
    assert everything(copy) == before


def test_names_that_end_alike_are_suggested(copy: Engine) -> None:
    with copy.begin() as connection:
        connection.execute(
            text("""
            insert into news.entities (entity_id, entity_type, entity_key, display_name)
            values (gen_random_uuid(), 'PERSON', 'mohammed shia sudan', 'Mohammed Shia Sudan'),
                   (gen_random_uuid(), 'PERSON', 'mohammed shiaa sudan', 'Mohammed Shiaa Sudan'),
                   (gen_random_uuid(), 'PERSON', 'omar sudan', 'Omar Sudan'),
                   (gen_random_uuid(), 'ORG', 'mohammed shia sudan', 'Mohammed Shia Sudan')
            """)
        )
    copy.dispose()
    done = CliRunner().invoke(app, ["alias", "suggest", "--format", "csv"])
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.output.splitlines() if "Sudan" in line]
    assert {"Mohammed Shia Sudan", "Mohammed Shiaa Sudan"} < set(line.split(","))
