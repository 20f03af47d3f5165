"""Over TLS the server must be who it says: one that is not trusted gets neither token nor event."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowrun.models.devicehive.address import address_of
from flowrun.models.devicehive.credentials import Credentials
from flowrun.models.devicehive.errors import Lost
from flowrun.models.devicehive.session import Session
from tests.devicehive.server import Server, serving

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed"),
]
NEW = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out certificate.pem -subj /CN=127.0.0.1"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", *NEW.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "certificate.pem"


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with serving(tls=context) as server:
        yield server


@pytest.mark.parametrize("way", ["url", "rest"])
def test_only_a_server_that_is_trusted_is_told_anything(
    server: Server, certificate: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Credentials(refresh_token=server.hive.tokens()["refreshToken"])
    session = Session(address_of(getattr(server, way)), credentials)
    with pytest.raises(Lost, match="certificate verify failed"):
        session.open()
    assert server.hive.requests == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    session.open()
    session.request("device/save", deviceId="porch", device={"name": "porch"})
    session.listen()
    assert "porch" in server.hive.devices
    session.close()
