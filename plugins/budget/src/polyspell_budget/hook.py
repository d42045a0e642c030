"""The kind `budget`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
from polyspell.errors import ConfigError, LimitExceeded
from polyspell.hooks import Hook, HookCall, HookKind, Proceed
from polyspell.hooks.subject import By, subject

from polyspell_budget.ledger import AMOUNTS, Ledger, Spent, period_start

if TYPE_CHECKING:
    from polyspell.host import Host


class BudgetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be spent; None is no limit.

    Attributes:
        tokens: input and output tokens of model calls.
        cost: US dollars, where the price of a model is known.
        calls: model calls.
        tool_calls: tool calls.
        seconds: of model calls and tool calls, added up.
        per: the period after which it begins anew: "hour", "day", "week", "month" (all UTC) or
            seconds; None: never.
        by: what each budget is for: all together, or each provider, model, tool, agent, user.
        user: the key or attribute of a run's context that names the user.
        path: a file that keeps what was spent, shared by all processes that name it. None: this
            process only.
        near: the part of a budget at which `hook.budget.near` is told.
    """

    tokens: int | None = None
    cost: float | None = None
    calls: int | None = None
    tool_calls: int | None = None
    seconds: float | None = None
    per: Literal["hour", "day", "week", "month"] | float | None = None
    by: By = "all"
    user: str = "user"
    path: str | None = None
    near: float = 0.8


class Budget(HookKind):
    """Refuses model and tool calls once a budget is spent. What a call costs is known after it:
    calls that are under way together may go over by what they cost, never by their number."""

    Options = BudgetOptions
    files: ClassVar = {"path": ["fs.write"]}

    def __init__(self, host: Host, options: BudgetOptions) -> None:
        super().__init__(host, options)
        self._options = options
        self._allowed = {
            name: value for name in AMOUNTS if (value := getattr(options, name)) is not None
        }
        if not self._allowed:
            raise ConfigError("A budget needs an amount.", hint=f"One of {', '.join(AMOUNTS)}.")
        self._ledger = Ledger(options.path, f"{options.by} per {options.per}")
        self.hooks = [Hook("provider.request", self._request, priority=400)]
        if self._allowed.keys() & {"tool_calls", "seconds"}:
            self.hooks = [*self.hooks, Hook("tool.call", self._tool, priority=400)]

    @classmethod
    def grants(cls, options: BudgetOptions) -> list[str]:
        """Besides a file it reaches nothing outside."""
        return []

    def stats(self) -> dict[str, Any]:
        """By subject, what was spent in this period: see `BudgetOptions` for the amounts."""
        spent = self._ledger.all(self._start())
        return {name or "all": msgspec.to_builtins(amounts) for name, amounts in spent.items()}

    def close(self) -> None:
        """Close the file."""
        self._ledger.close()

    async def _request(self, call: HookCall, proceed: Proceed) -> Any:
        return await self._spend(call, proceed, Spent(calls=1))

    async def _tool(self, call: HookCall, proceed: Proceed) -> Any:
        return await self._spend(call, proceed, Spent(tool_calls=1))

    async def _spend(self, call: HookCall, proceed: Proceed, at_once: Spent) -> Any:
        name, start = subject(call, self._options.by, self._options.user), self._start()
        before = self._ledger.get(name, start)
        self._check(name, before, at_once)
        self._ledger.add(name, start, at_once)
        begin, after = time.monotonic(), Spent()
        try:
            response = await proceed(call)
            if at_once.calls:
                after.tokens, after.cost = response.usage.total_tokens, response.usage.cost or 0.0
            return response
        finally:
            after.seconds = time.monotonic() - begin
            self._tell(name, before, self._ledger.add(name, start, after))

    def _start(self) -> float:
        return period_start(self._options.per, time.time())

    def _check(self, name: str, spent: Spent, more: Spent) -> None:
        for amount, allowed in self._allowed.items():
            used, begins = getattr(spent, amount), getattr(more, amount)
            counted = amount in ("calls", "tool_calls")
            if (begins and used + begins > allowed) if counted else used >= allowed:
                raise self._error(name, amount, allowed)

    def _error(self, name: str, amount: str, allowed: float) -> LimitExceeded:
        options = self._options
        whose = f" of {options.by} {name!r}" if name else ""
        period = f" per {options.per:g} s" if isinstance(options.per, float | int) else ""
        period = f" per {options.per}" if isinstance(options.per, str) else period
        return LimitExceeded(
            f"The budget{whose} of {allowed:g} {amount.replace('_', ' ')}{period} is spent.",
            hint=f"Raise `{amount}` of the budget" + (", or wait." if options.per else "."),
            context={"limit": f"budget.{amount}", "allowed": allowed, "subject": name},
        )

    def _tell(self, name: str, before: Spent, now: Spent) -> None:
        for amount, allowed in self._allowed.items():
            line = allowed * self._options.near
            if getattr(before, amount) < line <= (used := getattr(now, amount)):
                data = {"amount": amount, "used": used, "allowed": allowed, "subject": name}
                self.host.events.emit("hook.budget.near", data)
