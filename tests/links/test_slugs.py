"""Slugs: what is proposed, and what is refused with which sentence."""

import pytest

from portal import crypto
from portal.links.catalogue import CATALOGUE
from portal.links.slugs import RESERVED, SlugFault, check_slug, fault_of, proposal, short_name
from portal.web.forms import Invalid


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("a", SlugFault.SHORT),
        ("", SlugFault.SHORT),
        ("n" * 61, SlugFault.LONG),
        ("spring nurses", SlugFault.UNSAFE),
        ("nurse_ig", SlugFault.UNSAFE),
        ("nurse--ig", SlugFault.UNSAFE),
        ("-nurse", SlugFault.UNSAFE),
        ("nurse-", SlugFault.UNSAFE),
        ("pflegekräfte", SlugFault.UNSAFE),
        ("nurse/ig", SlugFault.UNSAFE),
        ("nurse?x=1", SlugFault.UNSAFE),
        ("../app", SlugFault.UNSAFE),
        ("nu%72se", SlugFault.UNSAFE),
        ("a" * 26, SlugFault.PERSONAL),
        *((word, SlugFault.RESERVED) for word in sorted(RESERVED) if len(word) > 1),
    ],
)
def test_a_slug_that_cannot_be_used_says_why(typed: str, fault: SlugFault) -> None:
    with pytest.raises(Invalid) as refused:
        check_slug(typed)
    assert refused.value.errors == {"slug": fault.value}


@pytest.mark.parametrize(
    ("typed", "slug"), [(" Spring-Nurses ", "spring-nurses"), ("/a1/", "a1"), ("n" * 60, "n" * 60), ("2026", "2026")]
)
def test_capitals_and_slashes_around_a_slug_are_forgiven(typed: str, slug: str) -> None:
    assert check_slug(typed) == slug


def test_a_real_token_is_never_a_slug() -> None:
    assert fault_of(crypto.token("personal-link", "x", 1)) is SlugFault.PERSONAL


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Night nurse", "night-nurse"),
        ("Nurse for the Night Shift (m/f/d)", "nurse-night-shift"),
        ("Pflegefachkraft (m/w/d)", "pflegefachkraft"),
        ("Software Engineer, Platform and Developer Experience", "software-engineer"),
        ("看護師", "kan-hu-shi"),
        ("C++", "c"),
        ("!!!", "job"),
        ("Of the", "of-the"),
    ],
)
def test_a_job_has_a_short_name(title: str, name: str) -> None:
    assert short_name(title) == name


def test_a_proposal_avoids_what_is_taken() -> None:
    taken: set[str] = set()
    for expected in ("nurse-ig-story", "nurse-ig-story-2", "nurse-ig-story-3"):
        slug = proposal("Nurse", "ig-story", taken)
        assert slug == expected
        taken.add(slug)


def test_every_channel_of_the_catalogue_gives_a_good_slug_for_a_long_title() -> None:
    title = "Senior registered general nurse in intensive care and emergency medicine"
    slugs = {proposal(title, channel.code, set(), "A very long name of an advertisement") for channel in CATALOGUE}
    assert len(slugs) == len(CATALOGUE)
    assert [slug for slug in slugs if fault_of(slug)] == []
