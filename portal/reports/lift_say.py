"""What a comparison says, in a sentence or two that nobody has to interpret."""

from portal.reports.comparing import Compared, Finding
from portal.web.templating import number, plural


def nudges(found: Compared) -> str:
    """With nudges against without."""
    shares = f"with them {_percent(found.first.percent)} finish, without {_percent(found.second.percent)}"
    if found.finding is Finding.HIGHER:
        return f"Nudges help: {shares}. That makes {_points(found.points)} more ({_range(found)})."
    if found.finding is Finding.LOWER:
        return f"Nudges do harm: {shares}. That makes {_points(-found.points)} fewer ({_range(found)})."
    if found.finding is Finding.ALIKE:
        return f"No difference is to be seen: {shares}. If there is one, it is {_range(found)}."
    return f"Too early to tell: so far {shares}, and the difference may be anything {_range(found)}."


def texts(found: Compared) -> str:
    """Text A against text B."""
    shares = f"{_percent(found.first.percent)} finish after A, {_percent(found.second.percent)} after B"
    if found.finding in {Finding.HIGHER, Finding.LOWER}:
        better = "A" if found.finding is Finding.HIGHER else "B"
        return f"{better} works better: {shares} ({_range(found)})."
    if found.finding is Finding.ALIKE:
        return f"Both work alike: {shares} ({_range(found)})."
    return f"Too early to tell: {shares} ({_range(found)})."


def needed(found: Compared, second: str) -> str:
    """How many more it takes, or nothing where that is known. `second`: what becomes of those on the second side."""
    need = found.needed
    if found.finding is not Finding.EARLY or not need.people:
        return ""
    people = plural(need.people, "more person", "more people")
    return f"About {people} ({number(need.second)} of them {second}) would show a difference of {_points(need.points)}."


def finding(found: Compared | None) -> str:
    """In a word or two, for a table."""
    if found is None:
        return "Nobody to compare with"
    words = {
        Finding.HIGHER: "Nudges help",
        Finding.LOWER: "Nudges do harm",
        Finding.ALIKE: "No difference seen",
        Finding.EARLY: "Too early to tell",
    }
    return words[found.finding]


def _percent(share: float) -> str:
    return f"{share:.1f} %"


def _points(points: float) -> str:
    return f"{points:.1f} percentage points"


def _range(found: Compared) -> str:
    return f"between {_signed(found.low)} and {_signed(found.high)} points, in 19 of 20 cases"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")
