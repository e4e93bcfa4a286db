//! What each agent wants to be told, one file each.

mod claude_code;
mod codex;
mod copilot;
mod gemini;
mod otel;
mod qwen;

use super::error::ConnectError;
use super::managed::Managed;
use super::plan::Plan;
use super::request::{Agent, Places, Request};

/// The files for the agent of the request.
pub(crate) fn plan(request: &Request, places: &Places) -> Result<Plan, ConnectError> {
    match request.agent {
        Agent::Codex => Ok(codex::plan(request, places)),
        Agent::ClaudeCode => Ok(claude_code::plan(request, places)),
        Agent::Gemini => Ok(gemini::plan(request, places)),
        Agent::Qwen => qwen::plan(request, places),
        Agent::Copilot => Ok(copilot::plan(request, places)),
        Agent::Otel => Ok(otel::plan(request, places)),
    }
}

/// The file that administrators roll out for the agent of the request.
pub(crate) fn managed(request: &Request) -> Result<Managed, ConnectError> {
    match request.agent {
        Agent::Codex => Ok(codex::managed(request)),
        Agent::ClaudeCode => Ok(claude_code::managed(request)),
        Agent::Gemini => Ok(gemini::managed(request)),
        Agent::Qwen => qwen::managed(request),
        Agent::Copilot => Err(ConnectError::Option(
            "Copilot CLI takes its telemetry from the environment (and from GitHub's enterprise policy): \
             roll out the variables of `seam connect copilot`, for instance in /etc/profile.d"
                .to_owned(),
        )),
        Agent::Otel => Err(ConnectError::Option(
            "the OpenTelemetry variables have no managed form: roll out those of `seam connect otel`, \
             for instance in /etc/profile.d"
                .to_owned(),
        )),
    }
}
