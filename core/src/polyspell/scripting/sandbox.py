"""The sandbox of a script: what it may do, what it may use, where it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from polyspell.errors import ConfigError
from polyspell.scripting.engine import Isolation
from polyspell.scripting.limits import Limits

if TYPE_CHECKING:
    from polyspell.config import Config


class Sandbox(msgspec.Struct, frozen=True):
    """Grants, limits and isolation.

    Attributes:
        grants: what the script may do; see `polyspell.grants`.
        limits: what it may use.
        isolation: "process" runs it in a locked-in worker that can be killed; "inline" in the
            host's own process, for scripts that the user trusts not to be hostile.
        trusted: lifts what protects the host from the script: a trusted Python script is plain
            CPython. Only ever inline.
        profile: the name of the profile that it was made from.
    """

    grants: tuple[str, ...] = ()
    limits: Limits = Limits()
    isolation: Isolation = "process"
    trusted: bool = False
    profile: str = "custom"

    @staticmethod
    def of(
        profile: str = "default",
        *,
        grants: Iterable[str] = (),
        limits: Limits | str | dict[str, Any] | None = None,
        isolation: Isolation | None = None,
    ) -> Sandbox:
        """A profile, widened by grants and with some limits replaced.

        Args:
            profile: "untrusted", "default" or "trusted".
            grants: added to the profile's.
            limits: Limits, `"wall=2s,memory=64MiB"`, or a dict of such.
            isolation: instead of the profile's.

        Raises:
            ConfigError: a name, limit or isolation is not known, or not what it must be.
        """
        base = PROFILES.get(str(profile))
        if base is None:
            raise ConfigError(
                f"No sandbox profile {profile!r}.", hint=f"Profiles are {', '.join(PROFILES)}."
            )
        if isolation not in (None, "inline", "process"):
            raise ConfigError(
                f"Isolation is inline or process, not {isolation!r}.", hint="Use one of the two."
            )
        new = isolation or base.isolation
        return Sandbox(
            tuple(dict.fromkeys((*base.grants, *_words(grants)))),
            _limits(base.limits, limits),
            new,
            base.trusted and new == "inline",
            profile,
        )

    @staticmethod
    def configured(config: Config, **changes: Any) -> Sandbox:
        """The sandbox that `[sandbox]` of polyspell.toml describes, with changes as in `of`.

        Raises:
            ConfigError: a setting is not known.
        """
        table = dict(config.table("sandbox"))
        unknown = table.keys() - {"profile", "grants", "limits", "isolation", "hardening"}
        if unknown:
            raise ConfigError(
                f"[sandbox] has the unknown setting {sorted(unknown)[0]!r}.",
                hint="It takes profile, grants, limits, isolation and hardening.",
            )
        given = {k: v for k, v in changes.items() if v not in (None, "", ())}
        limits = Sandbox.of(table.get("profile", "default"), limits=table.get("limits")).limits
        profile = given.pop("profile", None)
        if profile is not None and profile != table.get("profile", "default"):
            table, limits = {}, Sandbox.of(profile).limits
        return Sandbox.of(
            profile or table.get("profile", "default"),
            grants=(*_words(table.get("grants", ())), *_words(given.get("grants", ()))),
            limits=_limits(limits, given.get("limits")),
            isolation=given.get("isolation") or table.get("isolation"),
        )

    def granting(self, *grants: str) -> Sandbox:
        """This sandbox with more grants."""
        return msgspec.structs.replace(self, grants=(*self.grants, *grants))


def _words(grants: Any) -> tuple[str, ...]:
    """Grants as they were given: one word alone would be taken for its letters."""
    if isinstance(grants, Iterable) and not isinstance(grants, str):
        words = tuple(grants)
        if all(isinstance(word, str) for word in words):
            return words
    raise ConfigError(f"Grants are a list of words, not {grants!r}.", hint='["tool:math"]')


def _limits(base: Limits, changes: Limits | str | dict[str, Any] | None) -> Limits:
    if changes is None:
        return base
    if isinstance(changes, Limits):
        return changes
    if isinstance(changes, str):
        return Limits.parse(changes, base)
    if not isinstance(changes, dict):
        raise ConfigError(
            f"Limits are not {changes!r}.", hint='Write "wall=2s,memory=64MiB", or a table of such.'
        )
    return base.replaced(**changes)


PROFILES: dict[str, Sandbox] = {
    "untrusted": Sandbox(
        (),
        Limits(
            wall=30.0, cpu=2.0, memory=64 * 2**20, calls=1_000, output=64 * 2**10, depth=10_000,
            pending=100, traffic=16 * 2**20, source=256 * 2**10,
        ),
        profile="untrusted",
    ),
    "default": Sandbox(
        ("provider:local/*", "provider:echo/*", "tool", "memory", "import"), profile="default"
    ),
    "trusted": Sandbox(
        ("*",), Limits(*[None] * len(Limits.__struct_fields__)), "inline", True, "trusted"
    ),
}  # fmt: skip
"""untrusted: thinks, and does nothing else. default: a person's own spell; local models, tools
(each behind its own grants), memory, modules from its folder. trusted: everything."""
