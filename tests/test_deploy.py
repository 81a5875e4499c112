"""The files for containers hold together; no container engine is needed to see that."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {"web", "fast", "heavy", "beat", "migrate"}


def test_everything_outgrown_has_its_service():
    assert OURS | {"db", "redis", "s3"} <= set(COMPOSE["services"])


def test_every_volume_and_dependency_exists():
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], (name, volume)
        for other in service.get("depends_on", []):
            assert other in COMPOSE["services"], (name, other)


def test_every_variable_is_one_the_product_reads():
    example = (ROOT / ".env.example").read_text()
    for name in COMPOSE["services"]["web"]["environment"]:
        assert re.search(rf"^#{name}=", example, re.MULTILINE), name


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY"):
        assert f"${{{name}:-" not in text


def test_the_image_copies_what_exists():
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source


def test_the_workflows_run_the_readmes_commands():
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    commands = [step.get("run") for step in steps["jobs"]["newcomer"]["steps"]]
    assert {"make test", "make check"} <= set(commands)
