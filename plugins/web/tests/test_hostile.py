"""Nothing escapes its grant: addresses in disguise, DNS that changes its mind, redirects, bombs."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from polyspell.errors import LimitExceeded, PermissionDenied, ToolError
from polyspell.grants import Grants
from polyspell.testing.wire import CLOSE, RESET, STALL, answer, head
from polyspell.tools import ToolContext
from polyspell_web import work
from polyspell_web.feed import feed
from polyspell_web.hosts import checked, host_of, is_public
from polyspell_web.page import fetch_page
from polyspell_web.request import request

NET = ToolContext(grants=Grants(["net"]))
# Every way to write an address that is not public, and that some software would understand.
PRIVATE = [
    "127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "10.0.0.1",
    "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "127.0.0.1.",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]", "[fe80::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
    "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
]  # fmt: skip
NO_HOST = [
    "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0",
    "127.0.0.01", "127.0.0.1.1", "1.0x", "%31%32%37.0.0.1", "①②⑦.⓪.⓪.①", "ⓛocalhost", "１２７.1",
    "[fe80::1%25eth0]", "[::1", "::1", "127.0.0.1%00.example.com", "a..b", ".", "exa mple.com",
    "good.com\\.evil.com", "-a.com", "a_-.com", "x" * 64 + ".com", "*", "", "localhost%2f",
    "x.0x7f", "good.com\t.evil.com", "good.com\r\nHost: evil.com",
]  # fmt: skip
TRICKS = [
    "http://good.com@127.0.0.1/", "http://127.0.0.1\\@good.com/", "http://user:pass@good.com/",
    "http://good.com:80@127.0.0.1/", "http://:@good.com/", "http://127.0.0.1:80\\@good.com:80/",
    "file:///etc/passwd", "ftp://good.com/", "gopher://127.0.0.1:6379/_x", "http:good.com",
    "//good.com/", "good.com", "", "http://", "https:///x", "javascript:alert(1)",
    "data:text/html,x", "http://good.com:0/", "http://good.com:99999/", "unix:///run/x.sock",
    "http+unix://%2Frun%2Fx.sock/", "http://good.com:80:80/", "http://good.com:-1/",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
async def test_no_address_that_is_not_public_is_asked_unless_granted(host: str) -> None:
    for tool in (request, fetch_page, feed):
        with pytest.raises(PermissionDenied) as caught:
            await tool.call({"url": f"http://{host}:9/"}, NET)
        assert caught.value.context["grant"].startswith("net_private:")
        assert not NET.grants.allows(caught.value.context["grant"])


@pytest.mark.parametrize("host", NO_HOST)
async def test_what_is_no_plain_host_is_refused_before_it_is_looked_up(host: str) -> None:
    with pytest.raises(ToolError, match="cannot be asked"):
        await request.call({"url": f"http://{host}/"}, ToolContext())


@pytest.mark.parametrize("url", TRICKS)
async def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(ToolError, match="cannot be asked"):
        await request.call({"url": url}, ToolContext())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://EXAMPLE.com./", "example.com"),
        ("http://faß.de/", "xn--fa-hia.de"),
        ("http://[2001:DB8:0::1]/", "[2001:db8::1]"),
        ("http://good.com#@evil.com/", "good.com"),
        ("http://good.com?@evil.com/", "good.com"),
        ("http://good.com/@evil.com", "good.com"),
        ("http://good。com/", "good.com"),
    ],
)
def test_a_host_has_one_form(url: str, host: str) -> None:
    assert host_of(checked(url)) == host


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
        ("100.64.0.1", False),
        ("192.88.99.1", False),
        ("2001:db8::1", False),
    ],
)
def test_public_is_what_the_internet_reaches(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize(
    ("words", "url", "denied"),
    [
        ([], "http://a.test/", "net:a.test"),
        (["net:a.test"], "http://b.a.test/", "net:b.a.test"),
        (["net:*.a.test"], "http://a.test/", "net:a.test"),
        (["net:*.a.test"], "http://xa.test/", "net:xa.test"),
        (["net:a.test:81"], "http://a.test/", "net:a.test"),
        (["net:a.test"], "http://a.test/", "net_private:127.0.0.1"),
        (["net:a.test", "net_private:b.test"], "http://a.test/", "net_private:127.0.0.1"),
        (["net:*", "net_private:10.*"], "http://10.a.test/", "net_private:127.0.0.1"),
        (["net:*", "net_private:*.test:80"], "http://10.a.test/", "net_private:127.0.0.1"),
        (["net:a.test", "net_private:a.test:81"], "http://a.test/", "net_private:127.0.0.1"),
        (["net", "fs", "net_privat"], "http://a.test/", "net_private:127.0.0.1"),
    ],
)
async def test_a_refusal_names_the_grant(words: list[str], url: str, denied: str, ask: Any) -> None:
    with pytest.raises(PermissionDenied) as caught:
        await ask(ToolContext(grants=Grants(words)), url)
    assert caught.value.context == {"grant": denied}


@pytest.mark.parametrize(
    "words",
    [
        ["net:a.test", "net_private:a.test"],
        ["net:a.test:*", "net_private:a.test:*"],
        ["net:*.test", "net_private:127.0.0.*"],
        ["net", "net_private"],
        ["*"],
    ],
)
async def test_what_is_granted_is_asked(words: list[str], ask: Any, serve: Any) -> None:
    wire = serve(answer("hello"))
    port = wire.url.rpartition(":")[2]
    found = await ask(ToolContext(grants=Grants(words)), f"http://a.test:{port}/")
    assert found.body == b"hello"
    assert wire.requests[0].headers["host"] == f"a.test:{port}"


async def test_one_private_address_among_public_ones_is_refused(ask: Any) -> None:
    for found in (["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"]):
        with pytest.raises(PermissionDenied, match="net_private"):
            await ask(NET, "http://a.test:9/", {"a.test": found})


async def test_dns_that_changes_its_mind_is_looked_up_once_for_each_connection(
    ask: Any, serve: Any
) -> None:
    wire = serve(answer("secret"))
    port = wire.url.rpartition(":")[2]
    looked_up = iter(["127.0.0.1", "8.8.8.8"])
    context = ToolContext(grants=Grants(["net", "net_private:127.0.0.1"]))
    assert (await ask(context, f"http://a.test:{port}/", {"a.test": lambda: next(looked_up)})).body
    assert next(looked_up) == "8.8.8.8"
    later = iter(["127.0.0.1"])
    with pytest.raises(PermissionDenied):
        await ask(NET, f"http://a.test:{port}/", {"a.test": lambda: next(later)})
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("where", "error", "text"),
    [
        ("http://127.0.0.1:9/", PermissionDenied, r"net_private:127\.0\.0\.1"),
        ("http://[::ffff:169.254.169.254]/", PermissionDenied, "net_private"),
        ("//other.test/", PermissionDenied, r"net:other\.test"),
        ("http://2130706433/", ToolError, "cannot be asked"),
        ("file:///etc/passwd", ToolError, "cannot be asked"),
        ("http://a.test@127.0.0.1/", ToolError, "before the host"),
        ("http://[", ToolError, "cannot be asked"),
        ("gopher://a.test/", ToolError, "cannot be asked"),
    ],
)
async def test_every_redirect_is_checked(
    where: str, error: type[Exception], text: str, ask: Any, serve: Any
) -> None:
    wire = serve(answer("", 302, location=where))
    port = wire.url.rpartition(":")[2]
    context = ToolContext(
        grants=Grants(["net:a.test", "net:127.*", "net:[*", "net_private:a.test"])
    )
    with pytest.raises(error, match=text):
        await ask(context, f"http://a.test:{port}/")
    assert len(wire.requests) == 1


async def test_redirects_without_end_are_left(here: ToolContext, serve: Any) -> None:
    wire = serve(answer("", 302, location="/again"))
    with pytest.raises(LimitExceeded) as caught:
        await request.call({"url": wire.url}, here)
    assert caught.value.context["limit"] == "redirects" and len(wire.requests) == 11


async def test_no_credentials_go_to_another_origin(ask: Any, serve: Any) -> None:
    other = serve(answer("seen"))
    other_port = other.url.rpartition(":")[2]
    first = serve(answer("", 302, location=f"http://b.test:{other_port}/"))
    port = first.url.rpartition(":")[2]
    secrets = {"authorization": "Bearer s", "cookie": "s=1", "x-api-key": "s", "accept": "a/b"}
    context = ToolContext(grants=Grants(["net", "net_private"]))
    await ask(context, f"http://a.test:{port}/", headers=secrets)
    assert first.requests[0].headers["x-api-key"] == "s"
    seen = other.requests[0].headers
    assert not {"authorization", "cookie", "x-api-key", "referer"} & seen.keys()
    assert seen["accept"] == "a/b"


async def test_what_was_sent_goes_to_no_other_origin(ask: Any, serve: Any) -> None:
    other = serve(answer("seen"))
    context = ToolContext(grants=Grants(["net", "net_private"]))
    for status, method in ((307, "POST"), (308, "PUT"), (302, "PUT")):
        first = serve(answer("", status, location=other.url))
        port = first.url.rpartition(":")[2]
        with pytest.raises(ToolError, match="redirects what was sent"):
            await ask(context, f"http://a.test:{port}/", method=method, body=b"secret")
    assert other.requests == []


async def test_an_answer_sets_no_cookie_for_later(here: ToolContext, serve: Any) -> None:
    wire = serve(answer("", 302, location="/b", set_cookie="a=1"), answer("b"))
    await request.call({"url": wire.url}, here)
    await request.call({"url": wire.url}, here)
    assert all("cookie" not in each.headers for each in wire.requests)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "evil.com"), ("host ", "x"), ("Content-Length", "5"), ("Connection", "close"),
        ("Transfer-Encoding", "chunked"), ("Proxy-Authorization", "x"), ("Expect", "x"),
        ("X", "a\r\nHost: evil.com"), ("X", "a\nb"), ("X", "a\0"), ("X\r\nY", "a"), ("", "a"),
        ("X:Y", "a"), ("X", "\u0130"), ("X", "a" * 20_000), ("Upgrade", "h2c"), (":path", "/"),
    ],
)  # fmt: skip
async def test_headers_cannot_change_who_is_asked(
    name: str, value: str, here: ToolContext, serve: Any
) -> None:
    wire = serve(answer("x"))
    with pytest.raises(ToolError, match="header"):
        await request.call({"url": wire.url, "headers": {name: value}}, here)
    assert wire.requests == []


@pytest.mark.parametrize("method", ["CONNECT", "GET / HTTP/1.1\r\nX:", "", "G T", "É", "A" * 50])
async def test_odd_methods_are_refused(method: str, here: ToolContext, serve: Any) -> None:
    wire = serve(answer("x"))
    with pytest.raises(ToolError, match="no method"):
        await request.call({"url": wire.url, "method": method}, here)
    assert wire.requests == []


@pytest.mark.parametrize("path", ["/a\r\nX: y", "/a b\nc", "/\u0000", "/é?ü=ö", "/../../x"])
async def test_a_path_adds_no_line_to_the_request(path: str, here: ToolContext, serve: Any) -> None:
    wire = serve(answer("x"))
    try:
        await request.call({"url": wire.url + path}, here)
    except ToolError:
        assert wire.requests == []
    else:
        assert "x" not in wire.requests[0].headers and " " not in wire.requests[0].path


def bombs() -> dict[str, tuple[str, bytes]]:
    """Fifty mebibytes in fifty kibibytes, or less."""
    zeros = bytes(50 * 2**20)
    small = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    member = gzip.compress(bytes(2**20))
    return {
        "gzip": ("gzip", gzip.compress(zeros, mtime=0)),
        "zlib": ("deflate", zlib.compress(zeros, 9)),
        "raw": ("deflate", small.compress(zeros) + small.flush()),
        "members": ("gzip", member * 50),
    }


@pytest.mark.parametrize("kind", ["gzip", "zlib", "raw", "members"])
async def test_a_bomb_is_not_unpacked(kind: str, here: ToolContext, serve: Any) -> None:
    encoding, data = bombs()[kind]
    assert len(data) < 60_000
    wire = serve(answer(data, content_encoding=encoding))
    with pytest.raises(LimitExceeded) as caught:
        await request.call({"url": wire.url}, here)
    assert caught.value.context["limit"] == "max_body"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x" * 100])
async def test_compression_that_nobody_asked_for_is_refused(
    encoding: str, here: ToolContext, serve: Any
) -> None:
    wire = serve(answer(b"xx", content_encoding=encoding))
    with pytest.raises(ToolError, match="nobody asked"):
        await request.call({"url": wire.url}, here)


@pytest.mark.parametrize(
    "data",
    [gzip.compress(b"hello", mtime=0)[:-6], b"no gzip", gzip.compress(b"x", mtime=0) + b"junk"],
)
async def test_damaged_compression_is_an_error(data: bytes, here: ToolContext, serve: Any) -> None:
    wire = serve(answer(data, content_encoding="gzip"))
    with pytest.raises(ToolError, match=r"cut off|damaged"):
        await request.call({"url": wire.url}, here)


@pytest.mark.parametrize(
    ("steps", "limit"),
    [
        ([head(200, content_length=str(2**40)), b"x", STALL], "max_body"),
        ([head(200, content_length="9" * 20), b"x", STALL], "max_body"),
        ([head(200), *([b"y" * 2**20] * 3), STALL], "max_body"),
        ([head(200), b"x", STALL], "seconds"),
        ([STALL], "seconds"),
        ([head(200), *([b"x", 0.05] * 40), CLOSE], "seconds"),
    ],
)
async def test_answers_without_end_are_left(
    steps: list[Any], limit: str, host_of: Any, serve: Any
) -> None:
    context = host_of(max_body=2**21, seconds=0.5)
    with pytest.raises(LimitExceeded) as caught:
        await request.call({"url": serve(steps).url}, context)
    assert caught.value.context["limit"] == limit


@pytest.mark.parametrize(
    "steps",
    [
        [CLOSE], [RESET], [b"HTTP/9.9 what\r\n\r\n", CLOSE], [b"\x16\x03\x01\x02", CLOSE],
        [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, CLOSE],
        [b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, CLOSE],
        [head(200, content_length="10"), b"x", CLOSE],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", CLOSE],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", CLOSE],
        [b"HTTP/1.1 200 OK\r\n\x00: a\r\n\r\n", CLOSE],
    ],
)  # fmt: skip
async def test_answers_that_are_no_http_are_errors_of_ours(
    steps: list[Any], here: ToolContext, serve: Any
) -> None:
    with pytest.raises(ToolError) as caught:
        await request.call({"url": serve(steps).url}, here)
    assert caught.value.retryable


async def test_a_port_where_nobody_listens_is_an_error_of_ours(here: ToolContext) -> None:
    with pytest.raises(ToolError, match="127"):
        await request.call({"url": "http://127.0.0.1:9/"}, here)


async def test_the_cache_gives_nobody_what_he_may_not_ask(host_of: Any, serve: Any) -> None:
    wire = serve(answer("private", cache_control="max-age=60"))
    granted = host_of()
    assert (await request.call({"url": wire.url}, granted)).data["text"] == "private"
    assert (await request.call({"url": wire.url}, granted)).data["text"] == "private"
    assert len(wire.requests) == 1
    for words in (["net"], ["net_private"], []):
        other = ToolContext(host=granted.host, grants=Grants(words))
        with pytest.raises(PermissionDenied):
            await request.call({"url": wire.url}, other)


async def test_environment_proxies_are_not_used(
    here: ToolContext, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, wire = serve(answer("proxy")), serve(answer("direct"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert (await request.call({"url": wire.url}, here)).data["text"] == "direct"


async def test_files_and_tokens_need_grants_of_their_own(
    here: ToolContext, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = serve(answer("x"))
    monkeypatch.setenv("SECRET", "s")
    for more, grant in [
        ({"files": {"a": "/etc/passwd"}}, "fs.read:/etc/passwd"),
        ({"token_env": "SECRET"}, "env:SECRET"),
    ]:
        with pytest.raises(PermissionDenied) as caught:
            await request.call({"url": wire.url, "method": "POST", **more}, here)
        assert caught.value.context == {"grant": grant}
    assert wire.requests == []


HTML = {"content_type": "text/html"}
XML = {"content_type": "application/xml"}
LAUGHS = b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '%b'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
)
OUTSIDE = (
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>"
    b"<!ENTITY % p SYSTEM 'http://127.0.0.1:9/'> %p;]>"
)


@pytest.mark.parametrize(
    "page",
    [
        b"<html>" + b"<div>" * 100_000 + b"deep",
        b"<p " + b"a=b " * 200_000 + b">wide",
        b"<table>" + b"<tr><td>x" * 2_000,
        b"<!--" * 100_000,
        b"<a href='" + b"x" * 2**20 + b"'>y</a>",
        b"<html>" + b"<b><i>" * 30_000,
        b"&#0;&#x110000;&" + b"amp;" * 100_000,
        b"\xff\xfe\x00<html>\x00",
        b"",
        b"<base href='file:///'><a href='etc/passwd'>x</a><img src=javascript:x>",
        b"<meta charset=idna><p>x",
        b"<meta charset=" + b"utf-7" + b"><p>+ADw-script+AD4-",
    ],
    ids=range(12),
)
async def test_no_page_breaks_the_reader(page: bytes, here: ToolContext, serve: Any) -> None:
    wire = serve(answer(page, **HTML))
    try:
        found = await fetch_page.call({"url": wire.url}, here)
    except ToolError:
        return
    assert "file:" not in found.text and "javascript:" not in found.text


@pytest.mark.parametrize(
    "xml",
    [
        LAUGHS + b"]><rss version='2.0'><channel><title>&a11;</title></channel></rss>",
        LAUGHS + b"]><opml><head><title>&a11;</title></head><body/></opml>",
        OUTSIDE + b"<rss version='2.0'><channel><title>&e;</title></channel></rss>",
        OUTSIDE + b"<opml><head><title>&e;</title></head><body/></opml>",
        b"<rss>" + b"<item>" * 10_000,
        b"<opml>" + b"<outline>" * 100_000,
        b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 100_000,
        b"/etc/passwd",
        b"http://127.0.0.1:9/",
    ],
    ids=range(9),
)
async def test_no_feed_breaks_the_reader_or_makes_it_read_files(
    xml: bytes, here: ToolContext, serve: Any
) -> None:
    wire = serve(answer(xml, **XML))
    try:
        found = await feed.call({"url": wire.url}, here)
    except ToolError:
        return
    assert "root:" not in str(found) and len(str(found)) < 100_000


@pytest.mark.parametrize("limits", [{"SECONDS": 1}, {"MEMORY": 20 * 2**20}])
async def test_reading_that_takes_too_much_is_ended(
    limits: dict[str, int], here: ToolContext, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(work, name, value)
    wire = serve(answer(b"<rss>" + b"<item>" * 200_000, **XML))
    with pytest.raises(ToolError, match=r"more time or memory|MemoryError|cannot be read"):
        await feed.call({"url": wire.url}, here)


def test_who_reads_pages_can_do_nothing_else(tmp_path: Path) -> None:
    """As a page would that takes the reader over."""
    code = f"""
import json, os, socket, subprocess, sys
from polyspell_web import worker

def attempt(data, given):
    done = {{}}
    for name, what in [
        ("read", lambda: open("/etc/passwd").read()),
        ("write", lambda: open({str(tmp_path / "x")!r}, "w")),
        ("connect", lambda: socket.socket().connect(("127.0.0.1", 9))),
        ("fork", os.fork),
        ("run", lambda: subprocess.run(["true"])),
    ]:
        try:
            what()
            done[name] = "done"
        except OSError as error:
            done[name] = error.strerror
    return done

worker._task = lambda name: attempt
worker.main()
"""
    given = b'{"task": "page", "seconds": 9, "memory": 1000000000}\n'
    run = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, timeout=60)
    done = json.loads(run.stdout).get("value", run.stdout)
    assert len(done) == 5 and "done" not in done.values()
    assert "Connection refused" not in done.values()


def test_a_robots_file_of_stars_is_read_in_no_time() -> None:
    from polyspell_web.robots import robots

    rules = b"User-agent: *\n" + b"Disallow: /" + b"*a" * 500 + b"b$\n"
    given = {"url": "http://a.test/" + "a" * 2000, "agent": "polyspell"}
    assert robots(rules, given)["allowed"]
