"""Rules of the house, read off the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = [
    "settings",
    "db",
    "redis",
    "clock",
    "crypto",
    "changes",
    "patience",
    "web",
    "accounts",
    "jobs",
    "links",
    "clicks",
    "candidates",
    "interviews",
    "messages",
    "reports",
    "integrations",
    "app",
]
ROOMS = FLOORS[FLOORS.index("accounts") : FLOORS.index("app")]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def floor(name: str) -> int | None:
    parts = name.split(".")
    return FLOORS.index(parts[1]) if parts[0] == "portal" and len(parts) > 1 and parts[1] in FLOORS else None


def sources() -> list[tuple[Path, str]]:
    found = [
        (path, path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")) for path in (ROOT / "portal").rglob("*.py")
    ]
    return [(path, name) for path, name in found if floor(name) is not None]


def test_a_room_imports_only_rooms_below_it() -> None:
    wrong = [
        f"{name} imports {used}"
        for path, name in sources()
        for used in imports(path)
        if (above := floor(used)) is not None and above > (floor(name) or 0)
    ]
    assert len(sources()) > 30
    assert wrong == []


def test_the_portal_imports_nothing_from_workers() -> None:
    wrong = [
        str(path) for path in (ROOT / "portal").rglob("*.py") if any(used.split(".")[0] == "workers" for used in imports(path))
    ]
    assert wrong == []


def test_work_modules_know_no_http() -> None:
    """Only pages, and what pages are made of, may know the web framework."""
    edge = {"pages", "page", "access", "middleware", "front", "redirect"}
    wrong = [
        name
        for path, name in sources()
        if name.split(".")[1] in ROOMS
        and path.stem.rpartition("_")[2] not in edge
        and any(used.split(".")[0] == "litestar" for used in imports(path))
    ]
    assert wrong == []


def test_only_settings_reads_the_environment() -> None:
    allowed = {"portal/settings.py", "portal/__init__.py", "portal/cli.py", "portal/supervisor.py", "portal/embedded.py"}
    wrong = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "portal").rglob("*.py")
        if "os.environ" in path.read_text() and path.relative_to(ROOT).as_posix() not in allowed
    ]
    assert wrong == []


def test_rules_never_ask_the_clock() -> None:
    """`datetime.now` stands in clock.py alone, and `clock.now` is called at the edge alone."""
    edge = {"pages", "page", "app", "clock", "cli", "supervisor", "middleware", "front", "redirect", "demo"}
    wrong = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "portal").rglob("*.py")
        if path.stem.rpartition("_")[2] not in edge
        and any(word in path.read_text() for word in ("datetime.now(", "clock.now(", "utcnow("))
    ]
    assert wrong == []


def test_no_query_sets_anything_for_a_whole_session() -> None:
    """The pool hands a connection on as it comes back."""
    lasting = re.compile(r"^\s*(SET (?!LOCAL|TRANSACTION)|LISTEN |DECLARE )|pg_(try_)?advisory_lock|set_config")
    said = [
        (name, node.value)
        for path, name in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert len(said) > 1000
    assert [(name, text) for name, text in said if lasting.search(text)] == []
