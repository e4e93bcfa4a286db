//! Texts: what people ask for, what agents run, where they connect to. All hosts are reserved
//! names (RFC 2606) or addresses that lead nowhere.

use crate::chance::Chance;

const WISHES: &[&str] = &[
    "Fix the failing test in",
    "Investigate the slow build of",
    "Upgrade the dependencies of",
    "Write release notes for",
    "Find out why the nightly job breaks in",
    "Add an endpoint for refunds to",
    "Remove the dead code from",
    "Review the last change to",
];
const REPOSITORIES: &[&str] =
    &["payments-api", "ledger", "web-shop", "infra-live", "mobile-app", "data-jobs"];
const SHORT: &[&str] = &["continue", "yes", "go on", "try again", "p"];
const FOLLOW_UPS: &[&str] = &["Now deploy", "Then show the log of", "Undo that in", "Also check"];
const TASKS: &[&str] =
    &["List the sources of", "Survey the tests of", "Probe the mirror of", "Summarise the log of"];
const PLAIN: &[&str] = &[
    "ls -la",
    "cat README.md",
    "git log --oneline -5",
    "git status",
    "cargo test --lib",
    "rg -n unwrap src",
    "python3 -m pytest -q",
    "wc -l src/main.rs",
];
const FETCHERS: &[&str] = &["curl -sS -m 5", "wget -qO-", "python3 scripts/get.py"];
const HIDDEN: &[&str] =
    &["npm ci", "make deps", "./scripts/sync.sh", "pip install -r requirements.txt", "go mod tidy"];
const NAMES: &[&str] = &[
    "alpha",
    "beta",
    "cdn",
    "registry",
    "mirror",
    "files",
    "exfil",
    "paste",
    "artifacts",
    "telemetry",
    "gamma",
    "delta",
    "wiki",
    "status",
];
const ZONES: &[&str] = &["example.com", "example.net", "example.org", "eu.example.net"];
const PEOPLE: &[&str] = &["ana", "ben", "chloe", "dev", "eva", "farid", "gil", "hana"];

/// What a person asks for first.
pub(crate) fn wish(chance: &mut Chance) -> String {
    let number = chance.between(1, 99_999);
    format!("{} {} (T-{number})", chance.pick(WISHES), chance.pick(REPOSITORIES))
}

/// What a person asks for later; often a word that says nothing by itself.
pub(crate) fn follow_up(chance: &mut Chance) -> String {
    if chance.coin(0.2) {
        return chance.pick(SHORT).to_owned();
    }
    let number = chance.between(1, 99_999);
    format!("{} {} (T-{number})", chance.pick(FOLLOW_UPS), chance.pick(REPOSITORIES))
}

/// What a parent asks its subagent for.
pub(crate) fn task(chance: &mut Chance) -> String {
    let number = chance.between(1, 99_999);
    format!("{} {} part {number}", chance.pick(TASKS), chance.pick(REPOSITORIES))
}

/// A person's name.
pub(crate) fn person(chance: &mut Chance) -> String {
    format!("{}-{}", chance.pick(PEOPLE), chance.between(1, 999))
}

/// A command that uses no network.
pub(crate) fn plain_command(chance: &mut Chance) -> &'static str {
    chance.pick(PLAIN)
}

/// A command whose arguments name its hosts.
pub(crate) fn fetch_command(chance: &mut Chance, urls: &[String]) -> String {
    let fetchers: Vec<String> =
        urls.iter().map(|url| format!("{} {url}", chance.pick(FETCHERS))).collect();
    format!("{}; true", fetchers.join("; "))
}

/// A command that uses the network and names no host.
pub(crate) fn hidden_command(chance: &mut Chance) -> &'static str {
    chance.pick(HIDDEN)
}

/// A host.
pub(crate) fn host(chance: &mut Chance) -> String {
    if chance.coin(0.04) {
        return format!("192.0.2.{}", chance.between(1, 254));
    }
    let name = chance.pick(NAMES);
    let zone = chance.pick(ZONES);
    if chance.coin(0.5) {
        format!("{name}{}.{zone}", chance.between(1, 40))
    } else {
        format!("{name}.{zone}")
    }
}
