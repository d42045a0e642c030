"""Prometheus: a registry of its own, as text, and served where a port is named."""

from __future__ import annotations

from typing import Any

from polyspell.errors import ConfigError
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from polyspell_metrics.instruments import ALL, Add, Instrument, Labels

BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Bounds of durations in seconds: from a tool that only adds to a model that thinks."""


class Prometheus:
    """Keeps numbers for Prometheus to fetch."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._metrics = {each.name: self._metric(each) for each in ALL}
        self._server: Any = None

    def _metric(self, instrument: Instrument) -> Any:
        name, about, labels = instrument.name, instrument.about, instrument.labels
        if instrument.kind == "seconds":
            return Histogram(
                f"{name}_seconds", about, labels, buckets=BUCKETS, registry=self.registry
            )
        cls = Gauge if instrument.kind == "gauge" else Counter
        return cls(name, about, labels, registry=self.registry)

    def bind(self, instrument: Instrument, labels: Labels) -> Add:
        """See Sink."""
        metric = self._metrics[instrument.name]
        child = metric.labels(*labels) if labels else metric
        add: Add = child.observe if instrument.kind == "seconds" else child.inc
        return add

    def text(self) -> str:
        """The text that Prometheus reads."""
        return generate_latest(self.registry).decode()

    def numbers(self) -> dict[str, float]:
        """All counts and sums by name and labels, as `name{label="value"}`."""
        found = {}
        for metric in self.registry.collect():
            for sample in metric.samples:
                if sample.name.endswith(("_bucket", "_created")):
                    continue
                labels = ",".join(f'{k}="{v}"' for k, v in sample.labels.items())
                found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
        return found

    def serve(self, address: str, port: int) -> int:
        """Serve the text from a thread; gives the port.

        Raises:
            ConfigError: the port is taken.
        """
        from prometheus_client import start_http_server

        try:
            self._server = start_http_server(port, address, self.registry)
        except OSError as error:
            raise ConfigError(
                f"Metrics cannot be served on {address}:{port}: {error.strerror}.",
                hint="Choose another port.",
            ) from error
        return int(self._server[0].server_port)

    def close(self) -> None:
        """Serve no longer."""
        if self._server is not None:
            server, thread = self._server
            server.shutdown()
            server.server_close()
            thread.join()
            self._server = None
