"""Reading workbooks of Excel and its like, in a process of its own: its memory and time are bounded, and whatever a crooked file
does to it, it does to nobody else.

`python -m portal.web.workbooks FILE` writes the rows of the first sheet that has any, one JSON list a line: number, then cells.
"""

import contextlib
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from portal.web.spreadsheets import Unreadable

MEMORY, SECONDS = 1_500_000_000, 120
MOST_COLUMNS = 200
LOCKED, BROKEN = 3, 4
"""Exit codes."""
SENTENCES = {
    LOCKED: "The workbook is locked with a password. Save it without one, or save its sheet as CSV.",
    BROKEN: "The workbook can't be read. Open it, save it again, or save its sheet as CSV.",
}
TOO_LARGE = "The workbook is too large to be read. Save its sheet as CSV, then choose that file."


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, with their numbers as the spreadsheet counts. Of formulas, what they came to. Raises `Unreadable`
    on the way."""
    command = [sys.executable, "-m", "portal.web.workbooks", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]) as child:
        try:
            for line in child.stdout or ():
                number, *cells = json.loads(line)
                yield number, cells
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        raise Unreadable(SENTENCES.get(child.returncode, TOO_LARGE))


def main(path: str) -> int:
    import python_calamine

    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # not every system has both
            resource.setrlimit(kind, (most, most))
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                if _write(book.get_sheet_by_name(name)):
                    return 0
    except python_calamine.PasswordError:
        return LOCKED
    except (python_calamine.CalamineError, OSError, ValueError, IndexError):
        return BROKEN
    return 0


def _write(sheet: object) -> int:
    """How many rows were written."""
    first = sheet.start  # type: ignore[attr-defined]
    if first is None:
        return 0
    written = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):  # type: ignore[attr-defined]
        cells = [_text(cell) for cell in row[:MOST_COLUMNS]]
        if any(cells):
            sys.stdout.write(json.dumps([number, *cells]) + "\n")
            written += 1
    return written


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip() if not isinstance(cell, timedelta) else str(cell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
