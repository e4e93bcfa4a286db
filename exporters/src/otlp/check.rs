//! Goes to the server and back: address, TLS, credentials, both signals, a canary.

use super::class::{Class, Reply};
use super::document::{Signal, note};
use super::isolate::Carrier;
use super::options::Options;
use crate::destination::{Checked, Step};

/// A request with nothing in it, which every server takes.
const EMPTY: bytes::Bytes = bytes::Bytes::new();

/// Whether sending may be tried again.
pub(super) async fn may_send(carrier: &dyn Carrier) -> Result<(), String> {
    // A certificate or an authority may have been replaced since.
    carrier.reload().map_err(|error| error.to_string())?;
    for signal in Signal::ALL {
        if let Reply::Failed { reason, .. } = carrier.post(signal, EMPTY).await {
            return Err(reason);
        }
    }
    Ok(())
}

/// All steps; none after one that is bad.
pub(super) async fn run(options: &Options, carrier: &dyn Carrier) -> Vec<Step> {
    let good = |name, text: &str| Step { name, result: Checked::Good(text.to_owned()) };
    let bad = |name, text: String| Step { name, result: Checked::Bad(text) };
    let skipped = |name, text: &str| Step { name, result: Checked::Skipped(text.to_owned()) };
    let is_tls = options.server.url.starts_with("https:");
    let mut steps = Vec::new();
    for (signal, step) in [(Signal::Logs, "logs"), (Signal::Traces, "traces")] {
        let reply = carrier.post(signal, EMPTY).await;
        let Reply::Failed { class, reason, .. } = reply else {
            if steps.is_empty() {
                steps.push(good("reach", "the server answers"));
                steps.push(if is_tls {
                    good("tls", "the server proved its name")
                } else {
                    skipped("tls", "the address says http")
                });
                steps.push(if options.headers.is_empty() {
                    skipped("credentials", "no header is configured")
                } else {
                    good("credentials", "they were taken")
                });
            }
            steps.push(good(step, "taken"));
            continue;
        };
        steps.push(match class {
            Class::Hold if reason.starts_with("tls") => bad("tls", reason),
            Class::Hold if is_credential(&reason) => bad("credentials", reason),
            Class::Hold if is_absent(&reason) => bad(
                step,
                format!("{reason}: the server takes no {step} there; look at the address and at its pipelines"),
            ),
            _ if steps.is_empty() => bad("reach", reason),
            _ => bad(step, reason),
        });
        return steps;
    }
    let canary = note("seam.check", 0, &[("seam.kind", "check")]);
    steps.push(match carrier.post(Signal::Logs, canary).await {
        Reply::Taken { rejected: 0 } => good("write", "a canary was taken"),
        Reply::Taken { .. } => bad("write", "the canary was refused".to_owned()),
        Reply::Failed { reason, .. } => bad("write", reason),
    });
    steps.push(skipped("read back", "OTLP has no way to ask"));
    steps
}

fn is_credential(reason: &str) -> bool {
    ["grpc Unauthenticated", "grpc PermissionDenied", "http 401", "http 403"].contains(&reason)
}

fn is_absent(reason: &str) -> bool {
    ["grpc Unimplemented", "grpc NotFound", "http 404", "http 405"].contains(&reason)
}
