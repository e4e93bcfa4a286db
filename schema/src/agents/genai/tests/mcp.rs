//! The Model Context Protocol.

use super::{ANY, I, Is, S, error};

fn attributes(own: &[(&'static str, Is)]) -> Vec<(&'static str, Is)> {
    [&[("mcp.method.name", S("tools/call")), ("gen_ai.tool.name", S("get_ticket"))], own].concat()
}

/// Every attribute of a tool call has its column or is kept.
#[test]
fn tools_call() {
    let own = [
        ("gen_ai.operation.name", S("execute_tool")),
        ("gen_ai.tool.call.arguments", S("{}")),
        ("gen_ai.tool.call.result", S("[]")),
        ("mcp.session.id", S("s-1")),
        ("mcp.protocol.version", S("2025-06-18")),
        ("jsonrpc.request.id", S("4")),
        ("network.transport", S("tcp")),
        ("server.address", S("tickets.example.org")),
        ("server.port", I(443)),
    ];
    ANY.span("tools/call get_ticket", &attributes(&own))
        .has(&[
            ("agent", "genai"),
            ("kind", "tool_call"),
            ("tool", "get_ticket"),
            ("tool_kind", "mcp"),
            ("mcp_tool", "get_ticket"),
            ("mcp_server", "tickets.example.org"),
            ("arguments", "{}"),
            ("output", "[]"),
            ("outcome", "succeeded"),
            ("duration_ms", "1500"),
            ("session_id", ""),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano"],
            &[
                "mcp.method.name",
                "gen_ai.operation.name",
                "mcp.session.id",
                "mcp.protocol.version",
                "jsonrpc.request.id",
                "network.transport",
                "server.address",
                "server.port",
            ],
        );
}

/// A tool's error is one, whether the status, `error.type` or the result says it.
#[test]
fn failures() {
    let failed = [("kind", "tool_call"), ("outcome", "failed"), ("failure_reason", "tool_error")];
    ANY.span("x", &attributes(&[("error.type", S("tool_error"))])).has(&failed);
    let result = ("gen_ai.tool.call.result", S(r#"{"isError":true,"content":[]}"#));
    ANY.span("x", &attributes(&[result])).has(&failed);
    ANY.span_with("x", &attributes(&[]), |out| error(out, "Unknown tool: get_ticket"))
        .has(&[("outcome", "failed"), ("failure_reason", "no_such_tool")]);
}

/// The server: as named, else its address, else, on the server's own side, the service.
#[test]
fn servers() {
    for (own, span_kind, server) in [
        (vec![("mcp.server.name", S("tickets")), ("server.address", S("host"))], 3, "tickets"),
        (vec![("fastmcp.server.name", S("tickets"))], 2, "tickets"),
        (vec![], 2, "bot"),
        (vec![("network.transport", S("pipe"))], 3, ""),
    ] {
        ANY.span_with("x", &attributes(&own), |out| out.varint_field(6, span_kind))
            .has(&[("mcp_server", server), ("tool_kind", "mcp")]);
    }
}

/// Every other method is about the server.
#[test]
fn other_methods() {
    for method in ["initialize", "tools/list", "prompts/get", "ping", "notifications/cancelled"] {
        ANY.span(method, &[("mcp.method.name", S(method)), ("server.address", S("host"))]).has(&[
            ("kind", "mcp_server"),
            ("mcp_server", "host"),
            ("tool_kind", ""),
        ]);
    }
    let own = [("mcp.method.name", S("resources/read")), ("mcp.resource.uri", S("file:///x"))];
    ANY.span("resources/read", &own).has(&[("kind", "mcp_server"), ("url", "file:///x")]);
}
