"""The pages of Settings, in groups: who may see which."""

from typing import NamedTuple

from portal.accounts.access import Permission, SignedIn

Entry = tuple[str, str, str]
"""Key, label, address."""
HOME = "/app/settings"
EVERYBODY = None
PAGES: dict[str, tuple[tuple[str, str, str, Permission | None], ...]] = {
    "Workspace": (
        ("workspace", "Workspace", "", EVERYBODY),
        ("members", "Members", "/members", Permission.EDIT_WORKSPACE),
        ("logo", "Logo", "/logo", Permission.EDIT_WORKSPACE),
    ),
    "Messages": (
        ("nudges", "Nudges", "/nudges", Permission.SEE_CANDIDATES),
        ("texts", "Texts", "/texts", EVERYBODY),
        ("sending", "Sending", "/sending", Permission.EDIT_WORKSPACE),
        ("do-not-contact", "Do not contact", "/do-not-contact", Permission.EDIT_CANDIDATES),
    ),
    "Links": (
        ("domains", "Domains", "/domains", Permission.EDIT_WORKSPACE),
        ("utm", "UTM words", "/utm", Permission.EDIT_WORKSPACE),
    ),
    "Integrations": (
        ("ats", "ATS", "/ats", Permission.EDIT_CANDIDATES),
        ("heymilo", "HeyMilo", "/heymilo", Permission.EDIT_WORKSPACE),
        ("webhooks", "Webhooks", "/webhooks", Permission.EDIT_WORKSPACE),
        ("keys", "API keys", "/keys", Permission.EDIT_WORKSPACE),
    ),
    "You": (
        ("password", "Your password", "/password", EVERYBODY),
        ("weekly", "Weekly report", "/weekly", EVERYBODY),
    ),
}
"""Rooms above this one serve most of them. By group: key, label, what follows `HOME`, and what one must be allowed."""


class Tabs(NamedTuple):
    """What a member sees of them."""

    by_group: dict[str, list[Entry]]

    @property
    def groups(self) -> list[Entry]:
        """A group leads to its first page."""
        return [(group, group, entries[0][2]) for group, entries in self.by_group.items()]

    def group_of(self, key: str) -> str:
        return next((group for group, entries in self.by_group.items() if any(entry[0] == key for entry in entries)), "")

    def beside(self, key: str) -> list[Entry]:
        """The pages of the group of `key`."""
        return self.by_group.get(self.group_of(key), [])


def settings_tabs(member: SignedIn) -> Tabs:
    seen = {
        group: [(key, label, HOME + end) for key, label, end, wanted in pages if wanted is None or member.may(wanted)]
        for group, pages in PAGES.items()
    }
    return Tabs({group: entries for group, entries in seen.items() if entries})
