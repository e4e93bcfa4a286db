//! Registries of packages and images.

use crate::redact::rule::{Check, Rule, place, run, token};

pub(super) const RULES: &[Rule] = &[
    token("npm-token", "npm access token", &["npm_"], r"npm_[A-Za-z0-9]{36,}"),
    place(
        "npmrc-auth",
        "credential in an .npmrc",
        &["_auth=", "_auth =", "_authtoken", ":_password"],
        r#"(?i)(?:_auth|_authtoken|:_password)[ \t]{0,4}=[ \t]{0,4}["']?([^\s"'\\$]{8,})"#,
        Check::Filled,
    ),
    token("pypi-token", "PyPI token", &["pypi-AgE"], r"pypi-AgE[A-Za-z0-9_\-]{40,}"),
    token("rubygems-api-key", "RubyGems key", &["rubygems_"], r"rubygems_[0-9a-f]{48}"),
    run("crates-io-token", "crates.io token", r"cio[A-Za-z0-9]{32}"),
    run("nuget-api-key", "NuGet key", r"oy2[a-z0-9]{43}"),
    token(
        "docker-hub-token",
        "Docker Hub token",
        &["dckr_pat_", "dckr_oat_"],
        r"dckr_[op]at_[A-Za-z0-9_\-]{20,}",
    ),
];
