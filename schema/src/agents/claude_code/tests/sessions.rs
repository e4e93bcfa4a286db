//! What happens to a session, and what is configured.

use super::{A, B, I, S, log};

/// Events about the session and about what is configured: what has no column is kept.
#[test]
fn plain_events() {
    let session = [
        (
            "skill_activated",
            &[
                "skill.name",
                "invocation_trigger",
                "skill.source",
                "skill.kind",
                "plugin.name",
                "marketplace.name",
            ][..],
        ),
        ("hook_plugin_metrics", &["plugin_id", "hook_event", "calls"]),
        ("at_mention", &["mention_type", "success"]),
        (
            "feedback_survey",
            &["event_type", "appearance_id", "survey_type", "response", "enabled_via_override"],
        ),
        (
            "retention_sweep",
            &["result", "period_days", "used_default", "skip_reason", "transcripts_deleted"],
        ),
    ];
    let config = [
        (
            "plugin_installed",
            &[
                "marketplace.is_official",
                "install.trigger",
                "plugin.name",
                "plugin.version",
                "marketplace.name",
            ][..],
        ),
        (
            "hook_registered",
            &[
                "hook_event",
                "hook_type",
                "hook_source",
                "safe_mode",
                "hook_matcher",
                "plugin.name",
                "plugin_id_hash",
            ],
        ),
        ("system_prompt", &["system_prompt"]),
        ("tool", &["tool_hash"]),
    ];
    for (kind, events) in [("session", &session[..]), ("config", &config)] {
        for (name, keys) in events {
            let own: Vec<_> = keys.iter().map(|key| (*key, S("x"))).collect();
            log(name, &own).has(&[("kind", kind)]).keeps(keys);
        }
    }
}

/// `plugin_loaded` and `managed_settings_resolved`: values of every type are kept.
#[test]
fn configuration() {
    let own = [
        ("plugin.name", S("diff")),
        ("marketplace.name", S("builtin")),
        ("plugin.version", S("1.0")),
        ("plugin.scope", S("official")),
        ("enabled_via", S("org-policy")),
        ("plugin_id_hash", S("da63")),
        ("has_hooks", B(true)),
        ("has_mcp", B(false)),
        ("host_owned_mcp", B(false)),
        ("skill_path_count", I(0)),
        ("command_path_count", I(1)),
        ("agent_path_count", I(2)),
        ("safe_mode", S("false")),
    ];
    log("plugin_loaded", &own).has(&[("kind", "config")]).keeps(&own.map(|(key, _)| key));
    let own = [
        ("managed_settings.trigger", S("startup")),
        ("managed_settings.sources", A(&["remote"])),
        ("managed_settings.source_behavior", S("first-wins")),
        ("managed_settings.helper.state", S("none")),
        ("managed_settings.helper.applied", S("none")),
    ];
    let kept = own.map(|(key, _)| key);
    log("managed_settings_resolved", &own).has(&[("kind", "config"), ("error", "")]).keeps(&kept);
    log("managed_settings_resolved", &[("error.type", S("timeout"))])
        .has(&[("kind", "config"), ("error", "timeout")])
        .keeps(&[]);
}

/// Modes and logins.
#[test]
fn modes_and_logins() {
    let own = [("from_mode", S("default")), ("to_mode", S("plan")), ("trigger", S("shift_tab"))];
    log("permission_mode_changed", &own)
        .has(&[("kind", "session"), ("mode", "plan")])
        .keeps(&["from_mode", "trigger"]);
    let own = [
        ("action", S("login")),
        ("success", S("false")),
        ("auth_method", S("oauth")),
        ("error_category", S("network")),
        ("status_code", S("503")),
    ];
    log("auth", &own)
        .has(&[("kind", "session"), ("outcome", "failed"), ("error", "network")])
        .keeps(&["action", "success", "auth_method", "status_code"]);
}

/// Compaction, the end of a subagent, errors of the program itself.
#[test]
fn endings() {
    let own = [
        ("trigger", S("auto")),
        ("success", S("true")),
        ("duration_ms", I(900)),
        ("pre_tokens", I(100)),
        ("post_tokens", I(10)),
        ("error", S("x")),
        ("precompute_reuse", S("x")),
    ];
    log("compaction", &own)
        .has(&[("kind", "session"), ("outcome", "succeeded"), ("duration_ms", "900")])
        .has(&[("error", "x")])
        .keeps(&["trigger", "success", "pre_tokens", "post_tokens", "precompute_reuse"]);
    let own = [
        ("agent_id", S("a845")),
        ("agent_type", S("general-purpose")),
        ("agent.source", S("built-in")),
        ("is_built_in", B(true)),
        ("is_async", B(true)),
        ("total_tokens", I(355)),
        ("total_tool_uses", I(4)),
        ("duration_ms", I(607)),
        ("model", S("m")),
        ("final_model", S("m")),
        ("model_swapped", B(false)),
        ("plugin.name", S("p")),
    ];
    log("subagent_completed", &own)
        .has(&[("kind", "session"), ("agent_path", "a845"), ("duration_ms", "607"), ("model", "m")])
        .keeps(&[
            "agent_type",
            "agent.source",
            "is_built_in",
            "is_async",
            "total_tokens",
            "total_tool_uses",
            "final_model",
            "model_swapped",
            "plugin.name",
        ]);
    log("internal_error", &[("error_name", S("TypeError")), ("error_code", S("E1"))])
        .has(&[("kind", "error"), ("error", "TypeError")])
        .keeps(&["error_code"]);
}

/// `mcp_server_connection`: the state of a server is no call, so the column of calls stays empty.
#[test]
fn mcp_server_connection() {
    for (status, outcome) in
        [("connected", "succeeded"), ("failed", "failed"), ("disconnected", "")]
    {
        let own = [
            ("status", S(status)),
            ("transport_type", S("stdio")),
            ("server_scope", S("dynamic")),
            ("duration_ms", S("2950")),
            ("error_code", S("-32000")),
            ("is_plugin", B(false)),
            ("plugin_id_hash", S("x")),
            ("plugin.name", S("x")),
            ("server_name", S("wiki")),
            ("error", S("closed")),
        ];
        log("mcp_server_connection", &own)
            .has(&[("kind", "mcp_server"), ("outcome", outcome), ("duration_ms", "2950")])
            .has(&[("error", "closed"), ("mcp_server", "")])
            .keeps(&[
                "status",
                "transport_type",
                "server_scope",
                "error_code",
                "is_plugin",
                "plugin_id_hash",
                "plugin.name",
                "server_name",
            ]);
    }
    log("mcp_server_connection", &[("error_code", S("-32000"))])
        .has(&[("error", "-32000")])
        .keeps(&["error_code", "otlp.derived"]);
}
