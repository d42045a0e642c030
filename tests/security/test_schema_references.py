"""Schemas come from scripts and models, and must not reach what those may not read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from polyspell.errors import ValidationError
from polyspell.schema.check import check


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that counts what it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"true")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()
        thread.join()


def test_a_schema_cannot_make_the_host_ask_a_server(server: tuple[str, list[str]]) -> None:
    url, asked = server
    with pytest.raises(ValidationError, match="outside of this schema"):
        check({"$ref": f"{url}/secret"}, 1)
    assert asked == []


def test_a_schema_cannot_make_the_host_read_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"const": 1}')
    with pytest.raises(ValidationError, match="outside of this schema"):
        check({"$ref": (tmp_path / "secret.json").as_uri()}, 2)


def test_a_schema_may_refer_to_its_own_definitions() -> None:
    schema = {"$defs": {"city": {"type": "string"}}, "$ref": "#/$defs/city"}
    assert check(schema, "Oslo") == []
    assert check(schema, 1)[0]["message"]
