//! Copilot CLI: the environment only.
//!
//! Source: `copilot help monitoring` of 1.0.102. It sends spans and metrics, and no logs; over
//! HTTP only.

use crate::connect::agents::otel;
use crate::connect::plan::{FilePlan, Plan, Variable, spelled};
use crate::connect::request::{Places, Request};

pub(super) fn plan(request: &Request, places: &Places) -> Plan {
    let mut variables = vec![Variable::is("COPILOT_OTEL_ENABLED", spelled(true))];
    variables.extend(otel::target(request));
    let path = places.env_file(request.agent);
    Plan {
        files: vec![FilePlan::environment(path, variables, request.token.is_some(), "Copilot CLI")],
        notes: vec![
            "Copilot CLI has no logs: its spans and metrics say all it says. It leaves host.name out.".to_owned(),
            "Other programs started from the same shell see these variables too.".to_owned(),
        ],
    }
}
