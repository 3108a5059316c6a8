"""Setting up from a bare Python, with the parts that need no network."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from portal.bootstrap import Environment, write_secret

pytestmark = pytest.mark.once
SCRIPT = Path(settings.BASE_DIR) / "portal" / "bootstrap.py"


def bootstrap(project: Path, deed: str = "setup") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(project / "portal" / "bootstrap.py"), deed]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after its first setup; its packages are none, so that installing them needs no network."""
    folder = tmp_path_factory.mktemp("project")
    (folder / ".requirements").mkdir()
    for lock in ("requirements.txt", ".requirements/embedded.txt", ".requirements/dev.txt"):
        (folder / lock).write_text("# nothing\n")
    (folder / "portal").mkdir()
    (folder / "portal" / "bootstrap.py").write_text(SCRIPT.read_text())
    first = bootstrap(folder)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Making .venv" in first.stdout
    return folder


@pytest.fixture
def project(first_start: Path, tmp_path: Path) -> Path:
    """A copy of it to go on with."""
    return Path(shutil.copytree(first_start, tmp_path / "project", symlinks=True))


def test_setup_makes_the_environment_once_and_again_when_a_lock_changes(project: Path) -> None:
    assert (project / ".venv" / "bin" / "python").exists()
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    secret = (project / ".env").read_text()

    assert bootstrap(project).stdout == "", "a second start has nothing to do and nothing to say"

    (project / "requirements.txt").write_text("# nothing, but newer\n")
    third = bootstrap(project)
    assert "Installing the packages" in third.stdout
    assert "Making .venv" not in third.stdout
    assert (project / ".env").read_text() == secret

    # Cut off half-way: what is left of the environment does not count.
    (project / ".venv" / "bin" / "python").unlink()
    assert "Making .venv" in bootstrap(project).stdout


def test_package_that_cannot_be_had_stops_setup_with_a_sentence(project: Path) -> None:
    (project / "requirements.txt").write_text("./no-such-folder\n")
    done = bootstrap(project)
    assert done.returncode == 1
    assert "Installing requirements.txt failed; the lines above say why." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_without_an_embedded_valkey_setup_goes_on(project: Path) -> None:
    (project / ".requirements" / "embedded.txt").write_text("./no-such-folder\n")
    done = bootstrap(project)
    assert done.returncode == 0
    assert "There is no embedded Valkey for this platform" in done.stdout
    assert bootstrap(project).stdout == "", "it is not tried at every start"


@pytest.mark.parametrize(
    ("part", "sentence"),
    [("ensurepip", "sudo apt-get install python"), ("sqlite3", "was built without sqlite3"), ("ssl", "without ssl")],
)
def test_missing_part_of_python_is_named_in_one_sentence(part: str, sentence: str) -> None:
    program = (
        f"import sys; sys.modules[{part!r}] = None; sys.argv = ['bootstrap.py', 'setup'];"
        f"import runpy; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert sentence in done.stdout
    assert len(done.stdout.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_unknown_deed_is_explained(project: Path) -> None:
    done = bootstrap(project, "fly")
    assert done.returncode == 2
    assert "usage:" in done.stdout


def test_secret_is_added_to_what_is_there_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG")
    assert write_secret(tmp_path) is True
    written = (tmp_path / ".env").read_text()
    assert written.startswith("LOG_LEVEL=DEBUG\nSECRET_KEY=")
    assert len(written.partition("SECRET_KEY=")[2].strip()) > 50
    assert write_secret(tmp_path) is False
    assert (tmp_path / ".env").read_text() == written


def test_uv_is_told_where_pip_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url =\n  https://a.example\n  https://b.example\n"
    )
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    environment = Environment(tmp_path)
    environment.python = Path(sys.executable)
    places = environment.places()
    assert places["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert "https://a.example https://b.example" in places["UV_INDEX"]
