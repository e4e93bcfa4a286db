"""Counts what captured OTLP bodies hold, with a decoder that is not Seam's.

Prints one JSON object: {"logs": n, "traces": n, "span_event": n, "metrics": n}, and for spans and
metrics also the count of each name, under "<signal>|<name>".
"""
import collections
import json
import pathlib
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "logs": ExportLogsServiceRequest,
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}


def hex_to_base64(value):
    """OTLP/JSON writes ids in hex where protobuf's JSON wants base64."""
    import base64

    if isinstance(value, dict):
        for key in ("traceId", "spanId", "parentSpanId"):
            if isinstance(value.get(key), str):
                value[key] = base64.b64encode(bytes.fromhex(value[key])).decode()
        return {key: hex_to_base64(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [hex_to_base64(inner) for inner in value]
    return value


def read(path, signal):
    request = REQUESTS[signal]()
    if path.suffix == ".pb":
        request.ParseFromString(path.read_bytes())
    else:
        body = hex_to_base64(json.loads(path.read_text()))
        json_format.ParseDict(body, request, ignore_unknown_fields=True)
    return request


def points(metric):
    kind = metric.WhichOneof("data")
    return len(getattr(metric, kind).data_points) if kind else 0


def count(request, signal, counts):
    if signal == "logs":
        for resource in request.resource_logs:
            for scope in resource.scope_logs:
                counts["logs"] += len(scope.log_records)
    elif signal == "traces":
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    counts["traces"] += 1
                    counts["span_event"] += len(span.events)
                    counts["traces|" + span.name] += 1
    else:
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    counts["metrics"] += points(metric)
                    counts["metrics|" + metric.name] += points(metric)


def main():
    counts = collections.Counter()
    for path in sorted(pathlib.Path(sys.argv[1]).rglob("[0-9]*-*")):
        signal = path.stem.split("-")[1]
        if signal in REQUESTS and path.suffix in (".pb", ".json"):
            count(read(path, signal), signal, counts)
    json.dump({key: value for key, value in counts.items() if value}, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
