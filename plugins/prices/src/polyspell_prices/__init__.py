"""Prices and sizes of models."""

from __future__ import annotations

from polyspell.hookspecs import CatalogInfo, hookimpl


@hookimpl
def polyspell_model_catalogs() -> list[CatalogInfo]:
    """The catalogue `prices`."""
    return [CatalogInfo(name="prices", load="polyspell_prices.catalog:PriceCatalog")]
