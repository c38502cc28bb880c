"""One server for all tests of a file: they use names of their own, so they need not have it to themselves."""
import pytest

from conftest import Server


@pytest.fixture(scope="module")
def server(assay, tmp_path_factory):
    one = Server(assay, tmp_path_factory.mktemp("server")).start()
    one.host = f"127.0.0.1:{one.port}"
    yield one
    assert one.stop() == 0, one.log_text()[-3000:]
