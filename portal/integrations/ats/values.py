"""Reading what others sent: texts and ids out of JSON that may be anything."""

from typing import Any

LONGEST = 200


def text(value: Any, longest: int = LONGEST) -> str:
    """One visible line; empty for what is neither a text nor a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())[:longest].strip()


def part(value: Any, *names: str) -> dict[str, Any]:
    """The object at that path; an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def first(value: Any, key: str = "value") -> str:
    """Of ``[{"value": …}, …]`` or of ``["…", …]`` the first that says something."""
    listed = value if isinstance(value, list) else []
    said = [text(item.get(key)) if isinstance(item, dict) else text(item) for item in listed]
    return next((one for one in said if one), "")


def full_name(*parts: Any) -> str:
    return " ".join(one for one in map(text, parts) if one)
