"""The wheel that integrators get: it stands alone."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "client"
_PROJECT = "pyproject.toml"
_SAY = """
import sys, bihuan_client
with bihuan_client.Client("http://127.0.0.1:9", "bhk_none_none"):
    print(bihuan_client.__file__)
print([name for name in sys.modules if name.split(".")[0] in ("services", "chassis", "bihuan", "google", "grpc")])
"""


def test_the_client_and_the_system_have_one_version():
    client, system = (tomllib.loads(path.read_text("utf-8")) for path in (CLIENT / _PROJECT, CLIENT.parent / _PROJECT))

    assert client["project"]["version"] == system["project"]["version"]


def test_the_wheel_is_typed_and_needs_nothing_of_this_repository(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CLIENT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "alone")
    said = subprocess.run(
        [sys.executable, "-c", _SAY],
        env={"PYTHONPATH": str(tmp_path / "alone")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert "bihuan_client/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"bihuan_client"}
    assert said == [str(tmp_path / "alone/bihuan_client/__init__.py"), "[]"]
