//! Anything that follows the OpenTelemetry environment variables.
//!
//! Source: the OpenTelemetry specification, "Environment Variables" and "OTLP Exporter"; for
//! content, the `GenAI` instrumentations' own variable.

use crate::connect::attributes;
use crate::connect::plan::{FilePlan, Plan, Variable, spelled};
use crate::connect::request::{Places, Request};

pub(super) fn plan(request: &Request, places: &Places) -> Plan {
    let mut variables = vec![
        Variable::points("OTEL_LOGS_EXPORTER", "otlp"),
        Variable::points("OTEL_METRICS_EXPORTER", "otlp"),
        Variable::points("OTEL_TRACES_EXPORTER", "otlp"),
    ];
    variables.extend(target(request));
    let path = places.env_file(request.agent);
    Plan {
        files: vec![FilePlan::environment(path, variables, request.token.is_some(), "the agent")],
        notes: vec![
            "Some agents record prompts by default or by a switch of their own: see their pages."
                .to_owned(),
        ],
    }
}

/// Where it goes, who sends it and whether it holds content: for every program alike.
pub(super) fn target(request: &Request) -> Vec<Variable> {
    let mut variables = vec![
        Variable::points("OTEL_EXPORTER_OTLP_ENDPOINT", &request.endpoints.http),
        Variable::points("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ];
    let attributes = attributes::merged("", &request.attributes());
    if !attributes.is_empty() {
        variables.push(Variable::is("OTEL_RESOURCE_ATTRIBUTES", attributes));
    }
    variables.push(Variable::is(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        spelled(request.prompts),
    ));
    variables
        .extend(request.headers().map(|list| Variable::points("OTEL_EXPORTER_OTLP_HEADERS", list)));
    variables
        .extend(request.certificates().into_iter().map(|(name, path)| Variable::is(name, path)));
    variables
}
