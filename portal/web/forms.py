"""Reading forms, and saying what is wrong with them."""

from collections.abc import Collection, Mapping


class Invalid(ValueError):
    """What was sent can't be used. `errors` maps a field's name to one sentence that says what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


class Form:
    """A sent form: values as typed, errors gathered on the way.

    Read every field first, then call `check`: people see all that is wrong at once.
    """

    def __init__(self, data: Mapping[str, object]) -> None:
        getall = getattr(data, "getall", None)
        self._lists = {
            name: [v for v in (getall(name) if getall else [data[name]]) if isinstance(v, str)] for name in dict.fromkeys(data)
        }
        self.errors: dict[str, str] = {}

    @property
    def values(self) -> dict[str, str]:
        """What was typed, to be shown again: the first value of each field."""
        return {name: values[0] for name, values in self._lists.items() if values and name != "_csrf_token"}

    def list(self, name: str) -> list[str]:
        """All values of `name`, as a group of checkboxes sends them."""
        return [v for v in self._lists.get(name, []) if v]

    def raw(self, name: str) -> str:
        return (self._lists.get(name) or [""])[0]

    def text(self, name: str, *, missing: str = "", longest: int = 200) -> str:
        """One line without stray space and invisible characters. `missing`: the sentence for an empty one, if it may not be."""
        value = " ".join("".join(c if c.isprintable() else " " for c in self.raw(name)).split())
        return self._bounded(name, value, missing, longest)

    def long_text(self, name: str, *, missing: str = "", longest: int = 5000) -> str:
        """Several lines, ends trimmed."""
        value = "".join(c for c in self.raw(name).replace("\r\n", "\n") if c.isprintable() or c in "\n\t").strip()
        return self._bounded(name, value, missing, longest)

    def whole(self, name: str, *, wrong: str, least: int, most: int, empty: int | None = None) -> int:
        """A whole number from `least` to `most`; `empty` if nothing was typed and that is allowed."""
        typed = self.raw(name).strip()
        if not typed and empty is not None:
            return empty
        if not typed.isdecimal() or len(typed) > 9 or not least <= int(typed) <= most:
            self.errors.setdefault(name, wrong)
            return least
        return int(typed)

    def choice(self, name: str, options: Collection[str], *, wrong: str) -> str:
        """One of `options`."""
        value = self.raw(name)
        if value not in options:
            self.errors.setdefault(name, wrong)
        return value

    def checked(self, name: str) -> bool:
        return bool(self.raw(name))

    def wrong(self, name: str, sentence: str) -> None:
        """Note that `name` can't be used; the first sentence about a field stays."""
        self.errors.setdefault(name, sentence)

    def check(self) -> None:
        """Raises `Invalid` if anything was wrong."""
        if self.errors:
            raise Invalid(self.errors)

    def _bounded(self, name: str, value: str, missing: str, longest: int) -> str:
        if missing and not value:
            self.errors.setdefault(name, missing)
        if len(value) > longest:
            self.errors.setdefault(name, f"Use at most {longest:,} characters; this has {len(value):,}.")
        return value
