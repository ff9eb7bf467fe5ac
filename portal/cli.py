"""The command line. What can be expected to fail ends with one sentence on stderr and exit code 2."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from uuid import UUID

from portal import clock, datafolder, db, doctor, redis, supervisor
from portal.accounts import keys
from portal.accounts.access import Role
from portal.accounts.keys import Scope
from portal.processes import CannotStart
from portal.settings import Settings, SettingsError, load, require, settings
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing

DIFFERED, FAILED = 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Do what `argv` (default: this process's arguments) says; the exit code."""
    chosen = parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except Invalid as error:
        return _failed(" ".join(error.errors.values()))
    except (CannotStart, SettingsError) as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return FAILED


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="portal", description="Tracked links, short interviews and decent nudges for hiring teams."
    )
    commands = top.add_subparsers(required=True, metavar="command")

    def add(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    add("up", up, "run everything on this machine").add_argument(
        "--demo", action="store_true", help="load the demo when there is no workspace yet"
    )
    add("serve", serve, "run the web server alone")
    add("work", work, "run a worker alone")
    add("clock", tick, "run the clock alone: it finds what is due")
    add("migrate", bring_up, "bring the database up to this version")
    add("demo", demo, "load the demo into an empty database")
    _user_arguments(add("user", user, "add a member, or make the first workspace and its admin"))
    _key_arguments(add("key", key, "make, list or revoke keys of the JSON API"))
    _days_arguments(add("rebuild-figures", rebuild_figures, "count figures again from the clicks, and say whether they agreed"))
    _days_arguments(add("reclassify", reclassify, "judge the clicks that are kept by the rules of this version"))
    add("doctor", look, "look at settings, servers and providers")
    return top


def _user_arguments(added: argparse.ArgumentParser) -> None:
    added.add_argument("--email", required=True)
    added.add_argument("--name", required=True)
    added.add_argument("--role", choices=[role.value for role in Role], default=Role.ADMIN.value)
    added.add_argument("--workspace", help="its name; needed when there are several, or none")
    added.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from standard input (else: PORTAL_PASSWORD, or asked for)",
    )


def _key_arguments(added: argparse.ArgumentParser) -> None:
    actions = added.add_subparsers(required=True, metavar="action", dest="action")
    create = actions.add_parser("create", help="make a key and print its secret, once")
    create.add_argument("--name", required=True, help="of what will use it")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[scope.value for scope in Scope],
        help="what it may do; give it several times for several",
    )
    listing = actions.add_parser("list", help="show the keys in use")
    revoke = actions.add_parser("revoke", help="end a key")
    revoke.add_argument("--id", required=True, type=UUID, help="as `portal key list` shows it")
    for action in (create, listing, revoke):
        action.add_argument("--workspace", help="its name; needed when there are several")


def _days_arguments(added: argparse.ArgumentParser) -> None:
    """Days of the workspaces, both included."""
    added.add_argument("--from", dest="start", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the first day")
    added.add_argument("--to", dest="end", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the last day")


def up(chosen: argparse.Namespace) -> int:
    return supervisor.Supervisor(load(os.environ), demo=chosen.demo).run()


def serve(chosen: argparse.Namespace) -> int:
    """Granian with one worker process: it is started anew when it dies, and ends its requests on SIGTERM."""
    complete = settings()
    supervisor.check_port(complete)
    if silence := asyncio.run(_silence(complete.database_url)):
        _failed(f"{silence} Links lead on from what is kept in {complete.data_dir}; every other page waits for it.")
    from portal import serving

    serving.serve("portal.app:create_app", address=complete.host, port=complete.port)
    return 0


async def _silence(database_url: str) -> str:
    """A sentence about a database that does not answer. Raises `CannotStart` for one where waiting would not help."""
    from portal.migrations import pending

    if silence := await doctor.database_silence(database_url):
        return silence
    _refuse(await doctor.database_problem(database_url))
    try:
        _refuse(doctor.BEHIND if await pending(database_url) else "")
    except doctor.SILENT as error:  # it has just gone
        return f"PostgreSQL went away ({type(error).__name__})."
    return ""


def work(chosen: argparse.Namespace) -> int:
    return _become("workers")


def tick(chosen: argparse.Namespace) -> int:
    return _become("workers.schedule")


def bring_up(chosen: argparse.Namespace) -> int:
    from portal.migrations import migrate

    complete = _complete()
    _refuse(asyncio.run(doctor.database_problem(complete.database_url)))
    try:
        applied = asyncio.run(migrate(complete.database_url))
    except RuntimeError as error:
        raise CannotStart(str(error)) from None
    print("\n".join(applied) or "The database is up to date.")
    return 0


def demo(chosen: argparse.Namespace) -> int:
    return _with_stores(_load_demo)


async def _load_demo() -> int:
    from portal.accounts.workspaces import list_workspaces

    if await list_workspaces():
        return _failed("There is a workspace already: the demo needs an empty database.")
    from portal.demo import SIGN_INS, load_demo

    for line in (await load_demo(now=clock.now())).lines:
        print(line)
    for role, email, password in SIGN_INS:
        print(f"Sign in as {role}: {email}, password {password}")
    return 0


def user(chosen: argparse.Namespace) -> int:
    return _with_stores(lambda: _add_user(chosen))


async def _add_user(chosen: argparse.Namespace) -> int:
    from portal.accounts.members import add_member
    from portal.accounts.setup import create_workspace
    from portal.accounts.workspaces import list_workspaces

    role, now = Role(chosen.role), clock.now()
    workspaces = await list_workspaces()
    if not workspaces:
        if role is not Role.ADMIN or not chosen.workspace:
            return _failed("There is no workspace yet: name one with --workspace, and make an admin first.")
        await create_workspace(
            name=chosen.workspace, member_name=chosen.name, email=chosen.email, password=_password(chosen), now=now
        )
        print(f"Made the workspace {chosen.workspace} with {chosen.email} as its admin.")
        return 0
    workspace_id, name = await _workspace(chosen)
    await add_member(
        workspace_id=workspace_id, name=chosen.name, email=chosen.email, role=role, password=_password(chosen), now=now
    )
    print(f"Added {chosen.email} to {name} as {role}.")
    return 0


async def _workspace(chosen: argparse.Namespace) -> tuple[UUID, str]:
    """The workspace that is meant. Raises `CannotStart`."""
    from portal.accounts.workspaces import list_workspaces

    workspaces = await list_workspaces()
    wanted = [(key, name) for key, name in workspaces if chosen.workspace in {None, name}]
    if not workspaces:
        raise CannotStart("There is no workspace yet: make one with `portal user`.")
    if len(wanted) != 1:
        raise CannotStart(f"Say which workspace with --workspace: {', '.join(name for _, name in workspaces)}.")
    return wanted[0]


def key(chosen: argparse.Namespace) -> int:
    actions = {"create": _create_key, "list": _list_keys, "revoke": _revoke_key}
    return _with_stores(lambda: actions[chosen.action](chosen))


async def _create_key(chosen: argparse.Namespace) -> int:
    """The secret alone on standard output, so that it can be piped to where secrets are kept."""
    workspace_id, workspace = await _workspace(chosen)
    name, scopes = keys.read_key(Form({"name": chosen.name}), chosen.scope)
    secret = await keys.make_key(workspace_id, name, scopes, member_id=None, now=clock.now())
    print(f"The key of {name} at {workspace}. It is shown this once:", file=sys.stderr)
    print(secret)
    return 0


async def _list_keys(chosen: argparse.Namespace) -> int:
    workspace_id, _ = await _workspace(chosen)
    for found in await keys.list_keys(workspace_id):
        if found.revoked_at is None:
            used = f"used {found.last_used_at:%Y-%m-%d %H:%M} UTC" if found.last_used_at else "never used"
            print(f"{found.id}  {found.shown}  {found.name}  {','.join(found.scopes)}  {used}")
    return 0


async def _revoke_key(chosen: argparse.Namespace) -> int:
    workspace_id, _ = await _workspace(chosen)
    try:
        revoked = await keys.revoke(workspace_id, chosen.id, now=clock.now())
    except Missing:
        return _failed("There is no such key in this workspace. `portal key list` shows those there are.")
    print(f"{revoked.name} ({revoked.shown}) is revoked.")
    return 0


def rebuild_figures(chosen: argparse.Namespace) -> int:
    return _with_stores(lambda: _rebuild_figures(chosen.start, chosen.end))


async def _rebuild_figures(start: date | None, end: date | None) -> int:
    from portal.clicks.rebuild import rebuild
    from portal.clicks.recount import Recount
    from portal.reports.kept import touches

    total = Recount()
    await touches.unsettle()
    async for day in rebuild(start, end):
        total += day.found
        if day.found.differed:
            print(f"{day.day} of workspace {day.workspace_id}: {day.found.differed:,} lines differed and were put right.")
    if total.differed:
        print(f"{total.differed:,} lines differed and were put right: {total.clicks:,} clicks, {total.lines:,} lines.")
        return DIFFERED
    print(f"They agreed: {total.clicks:,} clicks, {total.lines:,} lines.")
    return 0


def reclassify(chosen: argparse.Namespace) -> int:
    return _with_stores(lambda: _reclassify(chosen.start, chosen.end))


async def _reclassify(start: date | None, end: date | None) -> int:
    from portal.clicks.reclassify import reclassify as judge_again
    from portal.reports.kept import touches

    done = await judge_again(start, end)
    await touches.unsettle()
    for (before, after), clicks in done.changed.most_common():
        print(f"{clicks:,} from {before} to {after}")
    print(f"{done.clicks:,} clicks were judged again, {done.changed.total():,} of them changed.")
    return 0


def look(chosen: argparse.Namespace) -> int:
    given = load(os.environ)
    running = datafolder.find_running(given.data_dir)
    return asyncio.run(_look(_filled(given, running), running))


async def _look(found: Settings, running: datafolder.Running | None) -> int:
    code = 0
    async for finding in doctor.examine(found, running):
        print(finding)
        code = FAILED if finding.state is doctor.State.WRONG else code
    return code


def _complete() -> Settings:
    """Settings that name a database and a Redis: those given, else those of a `portal up` that runs on this data folder."""
    given = load(os.environ)
    complete = require(_filled(given, datafolder.find_running(given.data_dir)))
    supervisor.publish(complete)
    return complete


def _filled(given: Settings, running: datafolder.Running | None) -> Settings:
    return replace(
        given,
        database_url=given.database_url or (running.database_url if running else ""),
        redis_url=given.redis_url or (running.redis_url if running else ""),
        secret_key=given.secret_key or datafolder.read_secret(given.data_dir),
    )


def _with_stores(do: Callable[[], Awaitable[int]]) -> int:
    """Do something that needs the database and Redis, once both answer and the schema is there."""
    complete = _complete()

    async def inner() -> int:
        await supervisor.check_stores(complete)
        finding = await doctor.migrations(complete.database_url)
        if finding.state is doctor.State.WRONG:
            raise CannotStart(finding.text)
        await db.open(complete.database_url)
        await redis.open(complete.redis_url)
        try:
            return await do()
        finally:
            await redis.close()
            await db.close()

    return asyncio.run(inner())


def _become(module: str) -> int:
    """Replace this process by `python -m module`, so that signals reach it directly."""
    asyncio.run(supervisor.check_stores(settings()))
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - our own words


def _password(chosen: argparse.Namespace) -> str:
    if chosen.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if given := os.environ.get("PORTAL_PASSWORD"):
        return given
    if not sys.stdin.isatty():
        raise CannotStart("Give the password on standard input with --password-stdin, or in PORTAL_PASSWORD.")
    first, second = getpass.getpass("Password: "), getpass.getpass("Once more: ")
    if first != second:
        raise CannotStart("The two passwords differ: nothing was changed.")
    return first


def _refuse(problem: str) -> None:
    if problem:
        raise CannotStart(problem)


def _failed(sentence: str) -> int:
    with suppress(OSError):
        print(f"portal: {sentence}", file=sys.stderr)
    return FAILED
