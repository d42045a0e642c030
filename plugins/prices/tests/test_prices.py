"""Prices against the library's own reckoning, and through a run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import genai_prices
import polyspell_prices
import pytest
from polyspell import Agent, Host, RunLimits, hookimpl
from polyspell.errors import ContextTooLong, LimitExceeded
from polyspell.hookspecs import ProviderInfo
from polyspell.messages import Usage
from polyspell_prices.catalog import PriceCatalog


@pytest.fixture
def catalog(tmp_path: Path) -> PriceCatalog:
    return PriceCatalog(cache=tmp_path / "cache.json")


@pytest.mark.parametrize(
    ("provider", "theirs", "model"),
    [
        ("openai", "openai", "gpt-4o"),
        ("anthropic", "anthropic", "claude-sonnet-4-5"),
        ("gemini", "google", "gemini-2.5-pro"),
        ("groq", "groq", "llama-3.3-70b-versatile"),
    ],
)
@pytest.mark.parametrize("size", [1_000, 300_000])
def test_a_cost_is_what_the_library_reckons(
    catalog: PriceCatalog, provider: str, theirs: str, model: str, size: int
) -> None:
    facts = catalog.facts(provider, model)
    assert facts is not None
    assert facts.prices is not None
    usage = Usage(input_tokens=size, output_tokens=200, cached_tokens=100)
    cached = facts.prices.cached is not None
    wanted = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=size, output_tokens=200, **({"cache_read_tokens": 100} if cached else {})
        ),
        model,
        provider_id=theirs,
    )
    assert facts.prices.cost(usage) == pytest.approx(float(wanted.total_price))


def test_an_unknown_model_and_a_local_one_have_no_facts(catalog: PriceCatalog) -> None:
    assert catalog.facts("openai", "no-such-model-at-all") is None
    assert catalog.facts("local", "default") is None


def test_what_was_looked_up_is_kept_and_damage_is_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "cache.json"
    first = PriceCatalog(cache=file).facts("openai", "gpt-4o")
    assert PriceCatalog(cache=file)._read() == {"openai/gpt-4o": first}
    file.write_text("{")
    assert PriceCatalog(cache=file).facts("openai", "gpt-4o") == first


class Priced:
    """The echo provider under a name that has prices."""

    @hookimpl
    def polyspell_providers(self) -> list[ProviderInfo]:
        return [ProviderInfo(name="openai", load="polyspell_echo.provider:EchoProvider")]


def test_a_run_has_its_cost_and_stops_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYSPELL_HOME", str(tmp_path))

    async def main() -> None:
        async with Host(plugins=[polyspell_prices, Priced()], config={}) as host:
            options = {"replies": ["hello"]}
            agent = Agent("openai/gpt-4o", host=host, options=options)
            result = await agent.run("hi " * 1000)
            assert result.usage.cost is not None
            assert 0.0005 < result.usage.cost < 0.01
            dear = agent.clone(
                limits=RunLimits(cost=1e-9), options={"replies": [{"tool": "x"}] * 3}
            )
            with pytest.raises(LimitExceeded) as caught:
                await dear.run("hi")
            assert caught.value.context["limit"] == "cost"
            with pytest.raises(ContextTooLong, match="128000"):
                await agent.run("word " * 200_000)

    asyncio.run(main())
