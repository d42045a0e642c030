"""What the tools do with the web."""

from __future__ import annotations

import base64
import datetime
import gzip
import ipaddress
import ssl
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import ConfigError, LimitExceeded, ToolError
from polyspell.grants import Grants
from polyspell.testing.wire import STALL, Received, answer, stream
from polyspell.tools import ToolContext
from polyspell_web import cache as caching
from polyspell_web import fetching
from polyspell_web.feed import feed
from polyspell_web.page import fetch_page
from polyspell_web.request import request

PNG = b"\x89PNG\r\n\x1a\n"
ARTICLE = f"""<html><head><title>A
 walk</title><style>p {{}}</style></head><body>
<nav><a href="/">Home</a> <a href="/about">About us</a></nav>
<article><h1>A walk by the sea</h1>
<p>{"The sea was calm, and the gulls were loud. " * 8}</p>
<p>Then <a href="/tea?x=1">tea</a> with <b>bread</b>.
<a href="javascript:alert(1)">No</a><img src="data:image/png;base64,AAAA"></p>
<ul><li>one</li><li>two</li></ul><pre><code>a = 1\n  b</code></pre>
<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></article>
<footer>Imprint</footer><script>evil()</script></body></html>"""


async def asked(tool: Any, context: ToolContext, url: str, **more: Any) -> Any:
    return await tool.call({"url": url, **more}, context)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"])
async def test_every_method_is_asked(method: str, here: ToolContext, serve: Any) -> None:
    wire = serve(answer({"ok": True}, 201, x_y="z"))
    value = await asked(request, here, f"{wire.url}/a?b=c", method=method)
    assert (value.data["status"], value.data["json"]) == (201, {"ok": True})
    assert value.data["headers"]["x-y"] == "z" and value.data["url"] == f"{wire.url}/a?b=c"
    assert (wire.requests[0].method, wire.requests[0].path) == (method.upper(), "/a?b=c")
    assert value.text == f'201 {wire.url}/a?b=c\napplication/json\n\n{{"ok":true}}'


async def test_a_head_has_no_body(here: ToolContext, serve: Any) -> None:
    wire = serve(b"HTTP/1.1 200 X\r\ncontent-length: 99999999999\r\ncontent-encoding: gzip\r\n\r\n")
    value = await asked(request, here, wire.url, method="HEAD")
    assert value.data["headers"]["content-length"] == "99999999999"


async def test_bodies_of_each_kind_are_sent(here: ToolContext, serve: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("in the file")
    wire = serve(answer("ok"))
    context = ToolContext(grants=Grants([*(here.grants.words or ()), f"fs.read:{tmp_path}/**"]))
    for more in (
        {"json": {"a": [1, "é"]}},
        {"form": {"a": "1 2", "b": "é"}},
        {"form": {"a": "1"}, "files": {"f": str(tmp_path / "a.txt")}},
        {"body": "plain é"},
    ):
        await asked(request, context, wire.url, method="POST", **more)
    as_json, form, files, body = wire.requests
    assert as_json.json == {"a": [1, "é"]}
    assert as_json.headers["content-type"] == "application/json"
    assert form.body == b"a=1+2&b=%C3%A9"
    assert files.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="f"; filename="a.txt"' in files.body and b"in the file" in files.body
    assert b'name="a"' in files.body
    assert body.body == "plain é".encode()
    with pytest.raises(ToolError, match="Only one"):
        await asked(request, here, wire.url, json={}, body="x")


async def test_query_and_credentials_are_added(
    here: ToolContext, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = serve(answer("ok"))
    monkeypatch.setenv("MY_TOKEN", "from-env")
    more = ToolContext(grants=Grants([*(here.grants.words or ()), "env:MY_TOKEN"]))
    query = {"q": "a b&c", "n": 2, "on": True}
    await asked(request, here, f"{wire.url}/?x=1", query=query, token="t")
    await asked(request, here, wire.url, user="ada", password="pw")
    await asked(request, more, wire.url, token_env="MY_TOKEN", headers={"X-A": "b"})
    first, second, third = wire.requests
    assert first.path == "/?x=1&q=a+b%26c&n=2&on=true"
    assert first.headers["authorization"] == "Bearer t"
    basic = base64.b64encode(b"ada:pw").decode()
    assert second.headers["authorization"] == f"Basic {basic}"
    assert third.headers["authorization"] == "Bearer from-env" and third.headers["x-a"] == "b"
    monkeypatch.delenv("MY_TOKEN")
    with pytest.raises(ToolError, match="no environment variable MY_TOKEN"):
        await asked(request, more, wire.url, token_env="MY_TOKEN")


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(b"hello " * 50_000)),
        ("gzip", gzip.compress(b"hello " * 25_000) * 2),
        ("deflate", zlib.compress(b"hello " * 50_000)),
        ("deflate", zlib.compress(b"hello " * 50_000)[2:-4]),
        ("identity", b"hello " * 50_000),
    ],
)
async def test_compressed_answers_are_unpacked(
    encoding: str, data: bytes, here: ToolContext, serve: Any
) -> None:
    wire = serve(answer(data, content_encoding=encoding, content_type="text/plain"))
    value = await asked(request, here, wire.url)
    assert value.data["text"] == "hello " * 50_000
    assert "250,000 more characters" in value.text


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("text/plain; charset=latin-1", "é".encode("latin-1"), {"text": "é"}),
        ('text/plain; charset="utf-16"', "é".encode("utf-16"), {"text": "é"}),
        ("text/plain; charset=zlib", b"x", {"text": "x"}),
        ("text/plain; charset=idna", b"xn--a", {"text": "xn--a"}),
        ("application/problem+json", b'{"a": 1}', {"json": {"a": 1}}),
        ("application/json", b"{broken", {"text": "{broken"}),
        ("application/octet-stream", b"\0\1", {"base64": "AAE="}),
    ],
)
async def test_what_comes_is_told_as_what_it_is(
    kind: str, body: bytes, wanted: dict[str, Any], here: ToolContext, serve: Any
) -> None:
    value = await asked(request, here, serve(answer(body, content_type=kind)).url)
    assert wanted.items() <= value.data.items()


async def test_an_image_is_given_as_what_it_shows(here: ToolContext, serve: Any) -> None:
    wire = serve(answer(PNG, content_type="image/png"))
    for tool in (request, fetch_page):
        value = await asked(tool, here, f"{wire.url}/a/dot.png?x")
        assert value.media[0].data == PNG and value.media[0].name == "dot.png"


async def test_a_redirect_is_followed_as_browsers_do(here: ToolContext, serve: Any) -> None:
    end = answer("end")
    for status, method, expected in [
        (301, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
        (302, "HEAD", "HEAD"),
        (302, "DELETE", "DELETE"),
    ]:
        wire = serve(answer("", status, location="../end?x"), end)
        given = {"method": method, **({"body": "b"} if method in ("POST", "PUT") else {})}
        value = await asked(request, here, f"{wire.url}/a/b", **given)
        last = wire.requests[-1]
        assert (last.method, last.path) == (expected, "/end?x")
        assert last.body == (b"b" if expected == method and method in ("POST", "PUT") else b"")
        assert value.data["url"] == f"{wire.url}/end?x"
    stay = await asked(request, here, serve(answer("", 302, location="/x")).url, redirects=False)
    assert stay.data["status"] == 302 and not stay.error


async def test_an_error_of_the_server_is_told_with_its_body(here: ToolContext, serve: Any) -> None:
    wire = serve(answer("gone fishing", 503))
    value = await asked(request, here, wire.url)
    assert value.error and value.data["status"] == 503 and "gone fishing" in value.text
    for tool in (fetch_page, feed):
        with pytest.raises(ToolError, match="503"):
            await asked(tool, here, wire.url)


async def test_a_time_can_be_set_for_one_call(here: ToolContext, serve: Any) -> None:
    with pytest.raises(LimitExceeded, match=r"seconds: 0\.2"):
        await asked(request, here, serve([STALL]).url, timeout=0.2)


# -- pages and feeds --------------------------------------------------------------------------


async def test_a_page_is_its_main_part_as_markdown(here: ToolContext, serve: Any) -> None:
    wire = serve(answer(ARTICLE, content_type="text/html"))
    value = await asked(fetch_page, here, f"{wire.url}/x/")
    text = value.data["markdown"]
    assert value.data["title"] == "A walk" and value.text.startswith("# A walk\n")
    for wanted in (
        "The sea was calm", f"[tea]({wire.url}/tea?x=1)", "**bread**", "- one\n- two",
        "```\na = 1\n  b\n```", "| a | b |",
    ):  # fmt: skip
        assert wanted in text, wanted
    for unwanted in ("About us", "Imprint", "evil", "javascript:", "base64"):
        assert unwanted not in text
    plain = ARTICLE.replace("article>", "div>")
    value = await asked(fetch_page, here, serve(answer(plain, content_type="text/html")).url)
    assert "The sea was calm" in value.data["markdown"] and "About us" not in value.text
    whole = (await asked(fetch_page, here, f"{wire.url}/x/", whole=True)).data["markdown"]
    assert "About us" in whole and "Imprint" in whole and "evil" not in whole


async def test_a_page_says_its_encoding_itself(here: ToolContext, serve: Any) -> None:
    page = "<meta charset='windows-1252'><p>“Grüße”</p>".encode("cp1252")
    value = await asked(fetch_page, here, serve(answer(page, content_type="text/html")).url)
    assert value.data["markdown"] == "“Grüße”"


async def test_a_long_page_is_read_on(host_of: Any, serve: Any) -> None:
    wire = serve(answer("0123456789" * 3, content_type="text/plain"))
    context = host_of(max_text=12)
    first = await asked(fetch_page, context, wire.url)
    assert first.text.endswith("012345678901\n\n[18 more characters, from 12]")
    last = await asked(fetch_page, context, wire.url, start=24)
    assert last.text.endswith("\n\n456789")


ENTRY = {
    "title": "Tea & bread", "link": "http://a.test/1", "id": "urn:1",
    "published": "2026-01-02T03:04:05+00:00", "summary": "So good",
}  # fmt: skip
FEEDS = {
    "rss20": """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
        <link>http://a.test/</link><description>d</description><item><title>Tea &amp; bread</title>
        <link>http://a.test/1</link><guid>urn:1</guid><description>&lt;p&gt;So good
        </description><pubDate>Fri, 02 Jan 2026 04:04:05 +0100</pubDate></item></channel></rss>""",
    "atom10": """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><entry>
        <title>Tea &amp; bread</title><link href="http://a.test/1"/><id>urn:1</id>
        <summary>So good</summary><published>2026-01-02T03:04:05Z</published></entry></feed>""",
    "json": """{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [
        {"id": "urn:1", "url": "http://a.test/1", "title": "Tea & bread",
        "content_html": "<p>So <b>good</b>", "date_published": "2026-01-02T03:04:05+00:00"}]}""",
}


@pytest.mark.parametrize("kind", FEEDS)
async def test_every_kind_of_feed_is_told_in_one_form(
    kind: str, here: ToolContext, serve: Any
) -> None:
    found = await asked(feed, here, serve(answer(FEEDS[kind])).url)
    assert (found["kind"], found["title"]) == (kind, "News")
    assert {name: found["entries"][0][name] for name in ENTRY} == ENTRY


@pytest.mark.parametrize("encoding", ["iso-8859-5", "windows-1251", "utf-16", "koi8-u", "utf-8"])
async def test_a_feed_says_its_encoding_itself(
    encoding: str, here: ToolContext, serve: Any
) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{FEEDS["atom10"]}'.replace("News", "Мир")
    wire = serve(answer(text.encode(encoding), content_type="application/xml"))
    assert (await asked(feed, here, wire.url))["title"] == "Мир"


async def test_opml_lists_feeds(here: ToolContext, serve: Any) -> None:
    opml = """<opml version="2.0"><head><title>Mine</title></head><body><outline text="x">
        <outline text="A" xmlUrl="http://a.test/f" htmlUrl="http://a.test/"/></outline></body></opml>"""
    found = await asked(feed, here, serve(answer(opml)).url)
    wanted = {"title": "A", "url": "http://a.test/f", "link": "http://a.test/"}
    assert (found["title"], found["feeds"]) == ("Mine", [wanted])


async def test_what_is_no_feed_is_said(here: ToolContext, serve: Any) -> None:
    for text in ("<html><p>hello", '{"a": 1}', "", "just text"):
        with pytest.raises(ToolError, match="cannot be read"):
            await asked(feed, here, serve(answer(text)).url)


# -- manners ----------------------------------------------------------------------------------


async def test_answers_are_kept_as_long_as_the_server_says(
    host_of: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(caching.time, "monotonic", lambda: now[0])
    wire = serve(
        answer("one", cache_control="max-age=60", etag='"a"'),
        answer("", 304, cache_control="max-age=60"),
        answer("two"),
    )
    context = host_of()

    async def text(**more: Any) -> str:
        return str((await asked(request, context, wire.url, **more)).data["text"])

    assert [await text(), await text()] == ["one", "one"] and len(wire.requests) == 1
    now[0] += 61
    assert [await text(), await text()] == ["one", "one"] and len(wire.requests) == 2
    assert wire.requests[1].headers["if-none-match"] == '"a"'
    assert await text(headers={"x": "y"}) == "two", "credentials and the like are not answered so"
    now[0] += 61
    assert await text() == "two"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cache_control": "no-store, max-age=60"},
        {"cache_control": "private, max-age=60"},
        {"cache_control": "max-age=60", "vary": "cookie"},
        {"cache_control": "max-age=60", "set_cookie": "a=b"},
        {"cache_control": "max-age=60", "age": "60"},
        {"cache_control": "max-age=x"},
    ],
)
async def test_what_must_not_be_kept_is_not(
    headers: dict[str, str], host_of: Any, serve: Any
) -> None:
    wire, context = serve(answer("x", **headers)), host_of()
    for _ in range(2):
        await asked(request, context, wire.url)
    assert len(wire.requests) == 2


async def test_what_is_kept_has_a_limit(host_of: Any, serve: Any) -> None:
    wire = serve(answer("x" * 1000, cache_control="max-age=60"))
    context = host_of(max_cache=4000)
    for path in ("/a", "/b", "/c", "/c", "/a"):
        await asked(request, context, wire.url + path)
    assert [r.path for r in wire.requests] == ["/a", "/b", "/c", "/a"]


async def test_robots_are_respected_where_asked(host_of: Any, serve: Any) -> None:
    def reply(received: Received) -> bytes:
        if received.path == "/robots.txt":
            return answer("User-agent: polyspell\nDisallow: /private/*.html$\n")
        return answer("page", content_type="text/plain")

    wire, context = serve(reply), host_of()
    for tool in (request, fetch_page, feed):
        with pytest.raises(ToolError, match=r"robots\.txt does not let") as caught:
            await asked(tool, context, f"{wire.url}/private/a.html", robots=True)
        assert caught.value.code == "robots"
    await asked(fetch_page, context, f"{wire.url}/public", robots=True)
    await asked(fetch_page, context, f"{wire.url}/private/a.html")
    paths = [r.path for r in wire.requests]
    assert paths == ["/robots.txt", "/public", "/private/a.html"]


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (500, False)])
async def test_a_site_without_robots_allows_all_and_one_that_fails_nothing(
    status: int, allowed: bool, here: ToolContext, serve: Any
) -> None:
    wire = serve(answer("", status), answer("page"))
    if allowed:
        assert (await asked(request, here, wire.url, robots=True)).data["text"] == "page"
    else:
        with pytest.raises(ToolError, match="robots"):
            await asked(request, here, wire.url, robots=True)


async def test_a_misspelt_setting_is_an_error(host_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"\[tools\.web\].*max_boddy"):
        await asked(request, host_of(max_boddy=1), "http://a.test/")


async def test_a_chunked_answer_is_whole(here: ToolContext, serve: Any) -> None:
    value = await asked(request, here, serve(stream(b"a", b"b" * 9999, type="text/plain")).url)
    assert value.data["text"] == "a" + "b" * 9999


async def test_a_certificate_must_be_of_the_host_that_was_named(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to an address, and yet the name counts."""
    authority, server = certificate(tmp_path, "a.test")
    trusted = ssl.create_default_context(cafile=str(authority))
    monkeypatch.setattr(fetching, "tls", lambda: trusted)
    port = server.server_port
    context = ToolContext(grants=Grants(["net", "net_private"]))
    assert (await ask(context, f"https://a.test:{port}/")).body == b"secure"
    with pytest.raises(ToolError, match="certificate"):
        await ask(context, f"https://b.test:{port}/")
    server.shutdown()
    server.server_close()


def certificate(folder: Path, host: str) -> tuple[Path, HTTPServer]:
    """A certificate of a host, signed by itself, and a server that shows it."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, host)])
    day = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(day - datetime.timedelta(days=1))
        .not_valid_after(day + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(pem + private)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "6")
            self.end_headers()
            self.wfile.write(b"secure")

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    class Quiet(HTTPServer):
        def handle_error(self, *_: Any) -> None:
            """The client went away, as it should."""

    server = Quiet((str(ipaddress.ip_address("127.0.0.1")), 0), Handler)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(folder / "both.pem")
    server.socket = shown.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return folder / "both.pem", server
