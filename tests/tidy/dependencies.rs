//! Dependencies point one way.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate of ours may use of ours. `seam`, `tests` and `benches` may use anything.
const ALLOWED: &[(&str, &[&str])] = &[
    ("seam-schema", &[]),
    ("seam-disk", &[]),
    ("seam-wal", &["seam-disk"]),
    ("seam-store", &["seam-disk", "seam-schema"]),
    ("seam-collector", &["seam-wal", "seam-store", "seam-schema"]),
    ("seam-queries", &["seam-wal", "seam-store", "seam-schema"]),
    ("seam-exporters", &["seam-schema"]),
    // What it generates judges the others, so it shares no code with them.
    ("seam-sessions", &[]),
];

/// What must not be reached from a pure crate, whoever asks for it.
const PURE: &[(&str, &[&str])] = &[
    ("seam-schema", &["tokio", "hyper", "reqwest", "object_store", "tonic"]),
    ("seam-disk", &["tokio"]),
];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
        .current_dir(super::root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is json")
}

/// The ordinary dependencies of each crate in the workspace, by name.
fn direct() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &serde_json::Value| value["name"].as_str().expect("a name").to_owned();
    let ordinary = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        dependencies.iter().filter(|dependency| dependency["kind"].is_null()).map(name).collect()
    };
    packages.iter().map(|package| (name(package), ordinary(package))).collect()
}

/// Guarantees: no crate uses one that stands above or beside it (ARCHITECTURE.md, the map).
#[test]
fn dependencies_point_one_way() {
    let direct = direct();
    for (krate, allowed) in ALLOWED {
        let ours: Vec<&String> =
            direct[*krate].iter().filter(|name| name.starts_with("seam")).collect();
        for used in ours {
            assert!(allowed.contains(&used.as_str()), "{krate} must not use {used}");
        }
    }
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(krate, _)| *krate).collect();
    for krate in direct
        .keys()
        .filter(|name| !["seam", "seam-tests", "seam-benches"].contains(&name.as_str()))
    {
        assert!(
            known.contains(krate.as_str()),
            "say in tests/tidy/dependencies.rs what {krate} may use"
        );
    }
}

/// Guarantees: the pure crates do no IO by way of a library.
#[test]
fn pure_crates_stay_pure() {
    let direct = direct();
    for (krate, banned) in PURE {
        for used in *banned {
            assert!(!direct[*krate].contains(*used), "{krate} must not use {used}");
        }
    }
}

/// Guarantees: there is one Arrow, one Parquet, one `DataFusion` and one object store in the tree.
#[test]
fn one_version_of_the_data_crates() {
    let lock = std::fs::read_to_string(super::root().join("Cargo.lock")).expect("Cargo.lock");
    for krate in ["arrow", "arrow-array", "parquet", "datafusion", "object_store", "deltalake-core"]
    {
        let entries = lock.matches(&format!("name = \"{krate}\"\n")).count();
        assert_eq!(entries, 1, "{krate} stands {entries} times in Cargo.lock");
    }
}
