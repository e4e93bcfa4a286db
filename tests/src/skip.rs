//! Tests that need something from outside: they skip aloud, and never in CI.

/// Whether this run is the short one.
pub fn quick() -> bool {
    #[expect(clippy::disallowed_methods, reason = "tests are told by `./test` what to leave out")]
    let quick = std::env::var("TEST_SEAM_QUICK");
    quick.is_ok()
}

/// Says aloud that a test is skipped; in CI that is a failure.
///
/// # Panics
/// In CI.
#[expect(clippy::print_stderr, reason = "a skip must be seen")]
pub fn skip(test: &str, why: &str) {
    #[expect(clippy::disallowed_methods, reason = "CI says so by a variable")]
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci || quick(), "{test} was skipped in CI: {why}");
    eprintln!("\n*** SKIPPED {test}: {why}\n");
}
