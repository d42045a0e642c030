"""Where data comes from: given itself, as text, or as a file that may be read."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from polyspell.paths import open_entry, open_file, open_folder, permitted
from polyspell.tools import ToolContext

from polyspell_data.formats import Delimiter, Format, by_look, by_name
from polyspell_data.jobs import Given
from polyspell_data.limits import Options, fail, over


class Source(msgspec.Struct, forbid_unknown_fields=True):
    """One of data, text and file; the rest says how to read it."""

    data: Annotated[Any, Meta(description="the data itself")] = None
    text: Annotated[str | None, Meta(description="the data as text")] = None
    file: Annotated[str | None, Meta(description="the path of a file to read")] = None
    format: Annotated[Format | None, Meta(description="of text or file; found out if left out")] = (
        None
    )
    sheet: Annotated[str | None, Meta(description="of a workbook")] = None
    delimiter: Annotated[Delimiter | None, Meta(description="of CSV")] = None


Input = Source | list[Any] | str
"""A list is data, a text is text."""


def given(source: Input, context: ToolContext, options: Options) -> Given:
    """What a source gives, read but not parsed.

    Raises:
        PermissionDenied: the file may not be read; names the grant.
        ToolError: there is no such file, or not one source.
    """
    if isinstance(source, list):
        return Given(data=source)
    if isinstance(source, str):
        source = Source(text=source)
    if (source.data is not None) + (source.text is not None) + (source.file is not None) > 1:
        raise fail("A source has one of data, text and file.")
    if source.text is None and source.file is None:
        return Given(data=source.data)
    if source.file is not None:
        content = read_file(source.file, context, options)
        format = source.format or by_name(source.file) or by_look(content)
    else:
        content = (source.text or "").encode("utf-8", "replace")
        format = source.format or by_look(content)
    return Given(None, content, format, source.sheet, source.delimiter)


def read_file(path: str, context: ToolContext, options: Options) -> bytes:
    """A file's bytes, under the grant `fs.read:PATH`."""
    real = permitted(context.grants, "fs.read", path)
    try:
        with os.fdopen(open_file(real), "rb") as file:
            content = file.read(options.max_bytes + 1)
    except OSError as error:
        raise fail(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > options.max_bytes:
        over("bytes", options.max_bytes, f"{path} has more than {options.max_bytes} bytes.")
    return content


def write_file(path: str, content: bytes, context: ToolContext) -> str:
    """Write a file whole or not at all, under the grant `fs.write:PATH`; gives its path."""
    real = permitted(context.grants, "fs.write", path)
    folder, _, name = real.rpartition("/")
    temporary = f".{name[:200]}.{secrets.token_hex(4)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with open_folder(folder or "/") as at:
            try:
                with os.fdopen(open_entry(at, temporary, flags), "wb") as file:
                    file.write(content)
                os.replace(temporary, name, src_dir_fd=at, dst_dir_fd=at)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=at)
                raise
    except OSError as error:
        raise fail(f"{path} cannot be written: {error.strerror}.") from None
    return real
