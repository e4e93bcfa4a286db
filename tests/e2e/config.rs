//! The configuration, as an operator meets it.

use std::process::{Command, Output};

use seam_tests::server::{Folder, binary};

fn seam(folder: &Folder, args: &[&str], file: &str) -> anyhow::Result<Output> {
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    std::fs::write(folder.path().join("seam.toml"), file)?;
    Ok(Command::new(binary()?).current_dir(folder.path()).args(args).output()?)
}

/// Guarantees: unknown keys and wrong values are all reported at once, with their key paths, and
/// the server does not start with them.
#[test]
fn all_faults_are_reported_at_once() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let file = "dta = \"x\"\n[limits]\nbody_bytes = \"many\"\n[tables]\nseal_bites = 1\n";
    for command in [["config", "check"].as_slice(), ["serve"].as_slice()] {
        let output = seam(&folder, command, file)?;
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let said = String::from_utf8(output.stderr)?;
        for path in ["`dta`", "`limits.body_bytes`", "`tables.seal_bites`"] {
            assert!(said.contains(path), "{path} is missing from {said}");
        }
    }
    assert!(!folder.data().exists() && !folder.path().join("seam-data").exists());
    Ok(())
}

/// Guarantees: what `reference` prints is a configuration, and `show` says who said what.
#[test]
fn reference_is_valid_and_show_names_sources() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let reference = seam(&folder, &["config", "reference"], "")?;
    let reference = String::from_utf8(reference.stdout)?;
    assert!(seam(&folder, &["config", "check"], &reference)?.status.success());
    let shown = seam(&folder, &["config", "show", "--api", "127.0.0.1:9"], "log = \"debug\"\n")?;
    let shown = String::from_utf8(shown.stdout)?;
    assert!(shown.contains("log = \"debug\"  # seam.toml"), "{shown}");
    assert!(shown.contains("api = \"127.0.0.1:9\"  # --api"), "{shown}");
    Ok(())
}

/// Guarantees: beyond loopback the server refuses to start in the clear.
#[test]
fn exposed_addresses_are_refused() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let output = seam(&folder, &["serve", "--otlp-http", "0.0.0.0:0"], "")?;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr)?.contains("--insecure"));
    Ok(())
}
