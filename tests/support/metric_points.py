"""What a metric reader has read, by the metric's name."""

from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader


def points(reader: InMemoryMetricReader) -> dict[str, Any]:
    """The one data point of each metric, by name. A metric that was told with other labels too fails the test."""
    data = reader.get_metrics_data()
    assert data is not None, "nothing was told"
    metrics = [one for r in data.resource_metrics for scope in r.scope_metrics for one in scope.metrics]
    return {metric.name: point for metric in metrics for (point,) in [metric.data.data_points]}
