"""What is deployed: for Lambda's Python and processor, all that is needed, and nothing else."""

import ast
import struct
import sys
from functools import cache
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name
from samtranslator.yaml_helper import yaml_parse

from tests.deployment.conftest import build
from tests.template.sam import ROOT, read_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
RUNTIME = (3, 13)
GLIBC = (2, 34)  # of Amazon Linux 2023, on which the runtime stands
ENVIRONMENT = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "platform_machine": "aarch64",
    "platform_system": "Linux",
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
AARCH64 = 183  # EM_AARCH64 of ELF
LIMIT_BYTES = 250 * 1024 * 1024  # Lambda's own, for a function with its layers, unzipped
OF_THE_RUNTIME = {"boto3", "botocore"}


@pytest.fixture(scope="session")
def code(built: Path) -> Path:
    """The folder of the functions' code."""
    (folder,) = {_uri(built, name, "CodeUri") for name in FUNCTIONS}  # built, stored and uploaded once
    return folder


@pytest.fixture(scope="session")
def layer(built: Path) -> Path:
    """The folder of the packages of the layer for videos."""
    return _uri(built, "MediaLayer", "ContentUri") / "python"


@pytest.fixture(scope="session")
def pictures(built: Path) -> Path:
    """The folder of the packages of the layer for pictures."""
    return _uri(built, "PictureLayer", "ContentUri") / "python"


@pytest.fixture(scope="session")
def protocol(built: Path) -> Path:
    """The folder of the packages of the layer for AI agents."""
    return _uri(built, "McpLayer", "ContentUri") / "python"


def _uri(built: Path, name: str, uri: str) -> Path:
    resource = yaml_parse((built / "template.yaml").read_text())["Resources"][name]
    return Path(built, resource["Properties"][uri])


def _tags() -> frozenset[Tag]:
    """The wheels that the runtime can use."""
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in range(GLIBC[1], 16, -1)]
    platforms += ["manylinux2014_aarch64", "linux_aarch64"]
    return frozenset(cpython_tags(RUNTIME, platforms=platforms)) | frozenset(
        compatible_tags(RUNTIME, interpreter="cp313", platforms=platforms)
    )


def _locked(file: str) -> dict[str, str]:
    """The packages that a lock wants for the runtime, with their versions."""
    lines = (ROOT / file).read_text().replace("\\\n", " ").splitlines()
    wanted = [Requirement(line.split("--hash")[0]) for line in lines if line.strip()]
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate(ENVIRONMENT)
    }


def _installed(folder: Path) -> list[Distribution]:
    return [PathDistribution(found) for found in folder.glob("*.dist-info")]


def _source() -> set[str]:
    """The files of `functions/`."""
    return {
        str(file.relative_to(ROOT / "functions"))
        for file in (ROOT / "functions").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.mark.thorough
@pytest.mark.parametrize(("part", "lock"), [
    ("code", "functions/requirements.txt"),
    ("layer", "infra/media-layer/requirements.txt"),
    ("pictures", "infra/picture-layer/requirements.txt"),
    ("protocol", "infra/mcp-layer/requirements.txt"),
])  # fmt: skip
def test_exactly_the_locked_packages_are_in_it(part: str, lock: str, request: pytest.FixtureRequest) -> None:
    installed = _installed(request.getfixturevalue(part))
    assert {canonicalize_name(found.name): found.version for found in installed} == _locked(lock)


@pytest.mark.thorough
@pytest.mark.parametrize("part", ["code", "layer", "pictures", "protocol"])
def test_every_package_is_made_for_the_runtime(part: str, request: pytest.FixtureRequest) -> None:
    for found in _installed(request.getfixturevalue(part)):
        wheel = found.read_text("WHEEL") or ""
        tags = [line.removeprefix("Tag: ") for line in wheel.splitlines() if line.startswith("Tag: ")]
        assert _tags() & {Tag(*tag.split("-", 2)) for tag in tags}, f"{found.name}: {tags}"


@pytest.mark.thorough
def test_whatever_is_compiled_is_compiled_for_the_processor(built: Path) -> None:
    compiled = [file for file in built.rglob("*") if file.is_file() and _magic(file) == b"\x7fELF"]
    assert {file.name.split(".")[0] for file in compiled} > {"_pydantic_core", "_wrappers", "stream"}
    for file in compiled:
        (machine,) = struct.unpack_from("<H", file.read_bytes()[:20], 18)
        assert machine == AARCH64, file


def _magic(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(4)


@pytest.mark.thorough
def test_nothing_is_compiled_for_another_python(built: Path) -> None:
    assert not list(built.rglob("*.pyc"))
    for extension in built.rglob("*.cpython-*.so"):
        assert ".cpython-313-aarch64-linux-gnu." in extension.name


@pytest.mark.thorough
def test_all_of_the_source_is_in_it_and_nothing_beside(code: Path, built: Path) -> None:
    installed = {str(file) for found in _installed(code) for file in found.files or []}
    present = {str(file.relative_to(code)) for file in code.rglob("*") if file.is_file()}
    assert _source() <= present
    assert {
        "watch_page/watch.html",
        "watch_page/page.html",
        "home_page/home.html",
        "home_page/session.js",
        "notifications/mail.html",
    } <= present
    assert present - installed - {".lock"} == _source()  # the installer's
    for name in _source():
        assert (code / name).read_bytes() == (ROOT / "functions" / name).read_bytes(), name
    assert {path.name for path in built.iterdir()} == {
        code.name,
        "McpLayer",
        "MediaLayer",
        "PictureLayer",
        "template.yaml",
    }


@pytest.mark.thorough
def test_nothing_is_in_it_that_only_tests_need_or_the_runtime_has(
    code: Path, layer: Path, pictures: Path, protocol: Path
) -> None:
    importable = _roots(code) | _roots(layer) | _roots(pictures) | _roots(protocol)
    assert importable > {"handlers", "videos", "httpx", "av", "mcp", "pillow_heif"}
    assert not {"pytest", "moto", "mypy", "tests", "studio", "infra", "bench"} & importable
    assert not OF_THE_RUNTIME & importable


@pytest.mark.thorough
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_finds_its_handler(name: str, code: Path) -> None:
    module, function = FUNCTIONS[name]["Handler"].rsplit(".", 1)
    body = ast.parse((code / module.replace(".", "/")).with_suffix(".py").read_text()).body
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert function in defined | assigned


@pytest.mark.thorough
def test_what_is_imported_is_there(code: Path, layer: Path, pictures: Path, protocol: Path) -> None:
    packed = _roots(code) | _roots(layer) | _roots(pictures) | _roots(protocol)
    there = packed | sys.stdlib_module_names | OF_THE_RUNTIME
    for name in _source():
        # The command-line program runs where pip installs it, with its packages. No function imports it.
        if name.endswith(".py") and not name.startswith("nemo_video/cli/"):
            assert _imports(code / name) <= there, name


def _roots(folder: Path) -> frozenset[str]:
    return frozenset(path.name.split(".")[0] for path in folder.iterdir() if path.suffix in {"", ".py"})


class _WithoutTypes(ast.NodeTransformer):
    """Takes away what is imported only where types are checked."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


@cache
def _imports(file: Path) -> set[str]:
    tree = _WithoutTypes().visit(ast.parse(file.read_text()))
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    members = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in plain | members}


@pytest.mark.thorough
def test_it_is_small_enough(code: Path, layer: Path, pictures: Path, protocol: Path) -> None:
    assert _size(code) + max(_size(layer), _size(pictures), _size(protocol)) < LIMIT_BYTES
    assert _size(code) < 20 * 1024 * 1024  # read at each cold start


@pytest.mark.thorough
def test_the_same_source_makes_the_same_build(built: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again")
    files = {file.relative_to(built) for file in built.rglob("*") if file.is_file()}
    assert {file.relative_to(again) for file in again.rglob("*") if file.is_file()} == files
    assert [file for file in files if (again / file).read_bytes() != (built / file).read_bytes()] == []


def test_the_runtime_is_the_one_that_is_built_for() -> None:
    template = read_template()
    assert template["Globals"]["Function"]["Runtime"] == "python3.13"
    assert template["Globals"]["Function"]["Architectures"] == ["arm64"]
    for (
        name
    ) in FUNCTIONS:  # one that is built otherwise would be built apart, and by the Python of the machine
        assert template["Resources"][name]["Metadata"] == {"BuildMethod": "python-uv"}
    for layer in ("mcp", "media", "picture"):
        recipe = (ROOT / f"infra/{layer}-layer/Makefile").read_text()
        assert "--python-version 3.13" in recipe
        assert "--python-platform aarch64-manylinux_2_34" in recipe
