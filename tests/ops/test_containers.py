"""No engine to run them on here: what they say is held against the programme."""

import argparse
import re
import shlex

import pytest
import yaml

from portal import cli
from portal.settings import ROOT

pytestmark = pytest.mark.no_stores

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, object]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
KNOBS = set(re.findall(r'env\.get\("(\w+)"\)', (ROOT / "portal" / "settings.py").read_text()))


def instructions(word: str) -> list[str]:
    return re.findall(rf"^{word} (.+)$", DOCKERFILE, re.MULTILINE)


def commands() -> set[str]:
    actions = cli.parser()._actions
    [subparsers] = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    return set(subparsers.choices)


def words(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(word) for word in value]


def test_every_command_exists() -> None:
    assert {words(service["command"])[0] for service in OURS.values()} == {"portal"}
    used = {words(service["command"])[1] for service in OURS.values()} | {"serve"}
    assert used == {"migrate", "serve", "work", "clock"}
    assert used <= commands()
    assert instructions("CMD")[-1] == '["portal", "serve"]'


@pytest.mark.parametrize("part", ["worker", "clock"])
def test_a_part_asks_after_itself(part: str) -> None:
    health = OURS[part]["healthcheck"]
    assert isinstance(health, dict)
    assert health["test"] == ["CMD", "python", "-m", "workers.check", part]
    source = (ROOT / "workers" / "check.py").read_text()
    assert re.search(rf'choices=\[.*"{part}".*\]', source)


def test_every_variable_is_read_by_the_programme() -> None:
    assert len(KNOBS) >= 10
    for service in OURS.values():
        assert isinstance(service["environment"], dict)
        assert set(service["environment"]) <= KNOBS
    in_image = {pair.split("=")[0] for line in instructions("ENV") for pair in shlex.split(line)}
    assert {name for name in in_image if not name.startswith(("PYTHON", "PIP_"))} <= KNOBS


@pytest.mark.parametrize("name", ["DATABASE_URL", "PORTAL_SECRET_KEY", "PORTAL_PUBLIC_URL"])
def test_secrets_come_from_outside_and_are_asked_for(name: str) -> None:
    for service in OURS.values():
        environment = service["environment"]
        assert isinstance(environment, dict)
        assert re.search(r"\$\{\w+:\?set \w+ in \.env", environment[name])


def test_every_copied_path_exists() -> None:
    copied = [path for line in instructions("COPY") for path in line.split()[:-1]]
    assert {"portal", "workers", "templates", "static", "requirements.lock"} <= set(copied)
    assert [path for path in copied if not (ROOT / path).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert [path for path in copied if f"!{path}" not in ignored] == []


def test_every_service_says_how_it_is_or_runs_once() -> None:
    for name, service in SERVICES.items():
        health = service["healthcheck"]
        assert isinstance(health, dict)
        assert health == {"disable": True} if name == "migrate" else "test" in health
    assert instructions("HEALTHCHECK")


def test_everything_of_ours_waits_for_the_migration() -> None:
    for name, service in OURS.items():
        waits = service["depends_on"]
        assert isinstance(waits, dict)
        assert waits["postgres"] == waits["valkey"] == {"condition": "service_healthy"}
        if name != "migrate":
            assert waits["migrate"] == {"condition": "service_completed_successfully"}


def test_every_service_comes_back() -> None:
    assert {service["restart"] for service in SERVICES.values()} == {"unless-stopped", "on-failure"}


def test_images_are_pinned_and_data_outlives_containers() -> None:
    images = [str(service["image"]) for service in SERVICES.values()] + instructions("FROM")
    assert all(re.search(r":\d", image) for image in images)
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert SERVICES["valkey"]["volumes"] == ["valkey:/data"]
    assert "--appendonly yes" in " ".join(words(SERVICES["valkey"]["command"]))
    assert set(COMPOSE["volumes"]) == {"portal", "postgres", "valkey"}


def test_web_can_be_scaled() -> None:
    assert "container_name" not in SERVICES["web"]
    assert SERVICES["web"]["ports"] == ["8000-8009:8000"]


def test_the_image_does_not_run_as_root() -> None:
    assert instructions("USER") == ["portal"]
    assert DOCKERFILE.index("USER portal") < DOCKERFILE.index('CMD ["portal", "serve"]')
    assert "--require-hashes" in DOCKERFILE
