//! What the server says of its log, its tables and its disk.

use serde_json::Value;

use super::Finding;

/// A log that is fuller is a finding, in percent of its budget.
const LOG_FULL_PERCENT: u64 = 80;
/// A disk with less room is a finding, in percent of its size.
const DISK_LEFT_PERCENT: u64 = 10;
/// Frames that wait for the pipeline beyond this are a finding.
const LAG_FRAMES: u64 = 10_000;
/// A destination that is further behind is a finding.
const SINK_LAG_SECONDS: u64 = 600;
const DAY_SECONDS: u64 = 86_400;

/// Judges the answer of `GET /v1/status`; a folder has none.
pub(super) fn check(state: &Value, findings: &mut Vec<Finding>) {
    if state.is_null() {
        return;
    }
    let number = |path: &str| state.pointer(path).and_then(Value::as_u64);
    let mut warn = |check, what: String| findings.push(Finding::warning(check, what));
    if state.pointer("/ready").and_then(Value::as_bool) == Some(false) {
        warn(
            "ready",
            "the server is not ready: work waits and makes no progress; see its log".to_owned(),
        );
    }
    if let (Some(used), Some(budget)) = (number("/log/used_bytes"), number("/log/budget_bytes"))
        && used.saturating_mul(100) > budget.saturating_mul(LOG_FULL_PERCENT)
    {
        warn(
            "log",
            format!(
                "the log holds {used} of {budget} bytes: clients are refused when it is full; the tables do not keep up"
            ),
        );
    }
    if let Some(lag) = number("/log/lag_frames")
        && lag > LAG_FRAMES
    {
        warn("lag", format!("{lag} frames of the log are not visible yet"));
    }
    sinks(state, findings);
    let mut warn = |check, what: String| findings.push(Finding::warning(check, what));
    let room = (number("/disk/available_bytes"), number("/disk/total_bytes"));
    if let (Some(available), Some(total)) = room
        && available.saturating_mul(100) < total.saturating_mul(DISK_LEFT_PERCENT)
    {
        warn("disk", format!("the disk has {available} of {total} bytes left"));
    }
    if let Some(files) = number("/quarantine_files").filter(|files| *files > 0) {
        findings.push(Finding::note(
            "quarantine",
            format!("{files} bodies that could not be decoded are in the quarantine"),
        ));
    }
}

/// Destinations that take nothing, and those that fall so far behind that rows may go first.
fn sinks(state: &Value, findings: &mut Vec<Finding>) {
    let days = state.pointer("/retention_days").and_then(Value::as_u64).unwrap_or(0);
    for sink in state.pointer("/sinks").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| sink.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| sink.get(key).and_then(Value::as_u64).unwrap_or_default();
        let (name, state) = (text("name"), text("state"));
        match state {
            "held" => findings.push(Finding::warning(
                "sink",
                format!(
                    "{name} takes nothing until somebody changes something: {}",
                    text("reason")
                ),
            )),
            "ended" => findings.push(Finding::warning(
                "sink",
                format!("{name} has ended, and needs a restart of the server: {}", text("reason")),
            )),
            "paused" => {
                findings.push(Finding::note("sink", format!("{name} is paused")));
            }
            _ => {}
        }
        let lag = number("lag_seconds");
        if days > 0 && lag > (days - 1) * DAY_SECONDS {
            findings.push(Finding::warning(
                "sink",
                format!(
                    "{name} has not taken rows that are {} days old, and retention_days = {days} drops them",
                    lag / DAY_SECONDS
                ),
            ));
        } else if lag > SINK_LAG_SECONDS && state == "running" {
            findings.push(Finding::warning(
                "sink",
                format!("{name} is {lag} seconds and {} events behind", number("lag_events")),
            ));
        }
        let refused = number("refused");
        if refused > 0 {
            findings.push(Finding::note(
                "sink",
                format!("{name} refused {refused} records: `seam sinks dlq list {name}`"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Level;
    use super::*;

    fn checks(state: &Value) -> Vec<(&'static str, Level)> {
        let mut findings = Vec::new();
        check(state, &mut findings);
        findings.into_iter().map(|finding| (finding.check, finding.level)).collect()
    }

    /// A server in order gives no finding, and every fault one of its own.
    #[test]
    fn faults_are_found() {
        let good = json!({
            "ready": true, "quarantine_files": 0,
            "log": { "used_bytes": 10, "budget_bytes": 100, "lag_frames": 3 },
            "disk": { "total_bytes": 100, "available_bytes": 50 },
        });
        assert_eq!(checks(&good), []);
        assert_eq!(checks(&Value::Null), []);
        let bad = json!({
            "ready": false, "quarantine_files": 2,
            "log": { "used_bytes": 81, "budget_bytes": 100, "lag_frames": 20_000 },
            "disk": { "total_bytes": 100, "available_bytes": 9 },
        });
        let found = checks(&bad);
        for check in ["ready", "log", "lag", "disk"] {
            assert!(found.contains(&(check, Level::Warning)), "{check} in {found:?}");
        }
        assert!(found.contains(&("quarantine", Level::Note)));
    }

    /// A sink that takes nothing, one that is late, and one that retention overtakes are found.
    #[test]
    fn sinks_are_judged() {
        let of = |sinks: Value| checks(&json!({ "retention_days": 7, "sinks": sinks }));
        let sink = |state: &str, lag: u64, refused: u64| json!([{ "name": "siem", "state": state, "reason": "code 4", "lag_seconds": lag, "refused": refused }]);
        assert_eq!(of(sink("running", 3, 0)), []);
        assert_eq!(of(sink("held", 3, 0)), [("sink", Level::Warning)]);
        assert_eq!(of(sink("running", 3600, 0)), [("sink", Level::Warning)]);
        assert_eq!(of(sink("paused", 3600, 2)), [("sink", Level::Note); 2]);
        let over = of(sink("paused", 6 * DAY_SECONDS + 1, 0));
        assert!(over.contains(&("sink", Level::Warning)), "{over:?}");
    }
}
