//! How right the derived tables are, on every capture with its truth.

use anyhow::Context as _;
use seam_tests::captures;
use seam_tests::server::binary;
use serde_json::Value;

/// Runs `seam score` on captures; it starts the servers it needs itself.
fn score(captures: &[&str], output: &str) -> anyhow::Result<std::process::Output> {
    let folder = tempfile::tempdir()?;
    let mut command = std::process::Command::new(binary()?);
    command.current_dir(folder.path()).arg("score").args(captures).args(["--output", output]);
    Ok(command.output()?)
}

/// Guarantees: on all captures, every call that a signal shows is there with its outcome, decider,
/// exit code, intent and network attempts, every conversation with its role and whom it serves;
/// what is missed stands nowhere in the capture.
#[test]
fn nothing_that_is_missed_is_our_fault() -> anyhow::Result<()> {
    let folder = captures::folder();
    let output = score(&[folder.to_str().context("a path")?], "json")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let scores: Value = serde_json::from_slice(&output.stdout).context(said.clone())?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let names: Vec<String> = list(&scores["captures"])
        .iter()
        .filter_map(|score| score["capture"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(names, captures::names("")?, "every capture is scored");
    let ours: Vec<Value> = list(&scores["total"]["misses"])
        .into_iter()
        .filter(|miss| miss["why"] == "our_fault")
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
    let asked = |question: &str| scores["total"]["questions"][question]["asked"].as_u64();
    for question in ["conversations", "calls", "outcome", "decider", "exit_code", "intent"] {
        assert!(asked(question) > Some(20), "{question} is hardly asked: {:?}", asked(question));
    }
    assert!(scores["total"]["network"]["expected"].as_u64() > Some(10));
    assert_eq!(output.status.code(), Some(0), "{said}");
    Ok(())
}

/// Guarantees: a truth that the tables do not agree with ends with 4 and is named, and what is
/// nowhere in the capture is told to be.
#[test]
fn a_truth_that_does_not_hold_is_named() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let capture = captures::folder().join("codex10-json-nologprompt");
    let mut truth = Value::Null;
    for entry in std::fs::read_dir(capture)? {
        let path = entry?.path();
        let name = path.file_name().context("a name")?.to_owned();
        if name == "truth.json" {
            truth = serde_json::from_slice(&std::fs::read(path)?)?;
        } else {
            std::fs::copy(&path, folder.path().join(name))?;
        }
    }
    let calls = &mut truth["conversations"][0]["calls"];
    calls[0]["exit_code"] = 77.into();
    calls.as_array_mut().context("calls")?.push(serde_json::json!({
        "call_id": "call_never_made", "tool": "exec_command", "outcome": "succeeded",
        "arguments": "{\"cmd\": \"a command that stands nowhere\"}", "network": [],
    }));
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    std::fs::write(folder.path().join("truth.json"), truth.to_string())?;
    let path = folder.path().to_str().context("a path")?;

    let output = score(&[path], "json")?;
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let scores: Value = serde_json::from_slice(&output.stdout)?;
    let misses = scores["total"]["misses"].as_array().context("misses")?;
    let why = |what: &str, of: &str| {
        let is_it = |miss: &&Value| {
            miss["what"] == what && miss["of"].as_str().is_some_and(|it| it.contains(of))
        };
        misses.iter().find(is_it).map(|miss| miss["why"].clone())
    };
    assert_eq!(why("exit code", "call_0_0"), Some("our_fault".into()), "{misses:#?}");
    assert_eq!(why("call", "call_never_made"), Some("no_signal_shows_it".into()), "{misses:#?}");
    assert_eq!(why("prompt", ""), Some("no_signal_shows_it".into()), "the prompt was kept back");
    let page = score(&[path], "table")?;
    let page = String::from_utf8(page.stdout)?;
    assert!(page.contains("our fault") && page.contains("call_never_made"), "{page}");

    let nothing = tempfile::tempdir()?;
    let output = score(&[nothing.path().to_str().context("a path")?], "json")?;
    assert_eq!(output.status.code(), Some(2));
    Ok(())
}
