"""The services that speak the wire, and what stands in for the rest of the web."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.contract import services
from tests.contract.samples import png
from tests.contract.services import HASTY, Service, Studio
from tests.contract.wire import Project

STAND_INS = ("studio", "studio with alternative shapes", "scripted backend")
REAL = "real service"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The same tests against every stand-in; or, with a token, against the real service alone."""
    if "service" in metafunc.fixturenames:
        names = (REAL,) if "NEMO_TOKEN" in os.environ else STAND_INS
        metafunc.parametrize("service", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    match request.param:
        case "studio":
            yield request.getfixturevalue("studio").service
        case "studio with alternative shapes":
            yield request.getfixturevalue("alternative").service
        case "scripted backend":
            with services.scripted() as scripted:
                yield scripted
        case _:
            real = services.real_service()
            assert real
            with real.http:
                yield real


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Studio]:
    trusted = f"--trusted-hosts={site.removeprefix('http://')}"
    with services.studio(tmp_path_factory.mktemp("studio"), *HASTY, "--seed=1", trusted) as running:
        yield running


@pytest.fixture(scope="session")
def alternative(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Studio]:
    options = ("--shapes=alternative", f"--trusted-hosts={site.removeprefix('http://')}")
    with services.studio(tmp_path_factory.mktemp("alternative"), *HASTY, *options) as running:
        yield running


@pytest.fixture
def spending(service: Service) -> None:
    """What uses up credits, renders or the few tokens that an address is given."""
    if service.is_real and os.environ.get("NEMO_SPEND") != "1":
        pytest.skip("It spends credits, a render or a rationed token of the real service: set NEMO_SPEND=1.")


@pytest.fixture
def project(studio: Studio) -> Project:
    """A project of the studio, for what the document leaves open."""
    return studio.project()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web site on loopback; its address."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "cover.png").write_bytes(png(800, 600))
    (folder / "index.html").write_text(
        "<title>Northwind Coffee</title><meta name=description content='Roasted on Monday.'>"
        "<meta property='og:image' content='/cover.png'>"
    )
    (folder / "data.json").write_text("{}")

    class Site(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            """A file, or for `/to/<address>` a redirect there."""
            if not self.path.startswith("/to/"):
                super().do_GET()
                return
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
