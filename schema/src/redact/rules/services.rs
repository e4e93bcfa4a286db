//! Services of teams: identity, trackers, documents, designs.

use crate::redact::rule::{Rule, named, near, run, token};

pub(super) const RULES: &[Rule] = &[
    near(
        "okta-api-token",
        "Okta token, known by its name or scheme",
        &["okta", "ssws "],
        r#"(?i)(?:okta[a-z0-9_. \-]{0,40}["'`]?[ \t]{0,4}(?:=>|:=|=|:)[ \t]{0,4}["'`]?|ssws[ \t]+)(00[a-z0-9_\-]{38,42})"#,
    ),
    near(
        "auth0-client-secret",
        "Auth0 client secret, known by its name",
        &["auth0"],
        named!("auth0", r"[a-z0-9_\-]{60,70}"),
    ),
    token(
        "linear-api-key",
        "Linear key",
        &["lin_api_", "lin_oauth_"],
        r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}",
    ),
    token("notion-token", "Notion token", &["ntn_"], r"ntn_[A-Za-z0-9]{40,}"),
    token(
        "notion-legacy-token",
        "Notion token of the older form",
        &["secret_"],
        r"secret_[A-Za-z0-9]{43}",
    ),
    token(
        "figma-token",
        "Figma token",
        &["figd_", "figo_", "figr_", "figoh_", "figdr_"],
        r"fig(?:d|o|r|oh|dr)_[A-Za-z0-9_\-]{36,}",
    ),
    run("airtable-token", "Airtable personal access token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    token("postman-api-key", "Postman key", &["PMAK-"], r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    near(
        "asana-token",
        "Asana token, known by its name",
        &["asana"],
        named!("asana", "[0-9]{1,2}/[0-9]{12,18}(?:/[0-9]{12,18})?:[a-f0-9]{32}"),
    ),
    near(
        "trello-token",
        "Trello key or token, known by its name",
        &["trello"],
        named!("trello", "[a-z0-9]{64,76}|[a-f0-9]{32}"),
    ),
    token(
        "dropbox-token",
        "Dropbox token",
        &["sl.A", "sl.B", "sl.u."],
        r"sl\.(?:u\.)?[A-Za-z0-9_\-]{80,}",
    ),
    token(
        "mapbox-secret-token",
        "Mapbox secret token",
        &["sk.eyJ"],
        r"sk\.eyJ[A-Za-z0-9_\-]{40,}\.[A-Za-z0-9_\-]{16,}",
    ),
    run("facebook-token", "Facebook access token", r"EAA[A-Za-z0-9]{80,}"),
    near(
        "algolia-api-key",
        "Algolia key, known by its name",
        &["algolia"],
        named!("algolia", "[a-f0-9]{32}"),
    ),
    near(
        "codecov-token",
        "Codecov token, known by its name",
        &["codecov_token", "codecov-token"],
        named!("codecov", "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),
    ),
    near(
        "snyk-token",
        "Snyk token, known by its name",
        &["snyk_token", "snyk-token", "snyk_api", "snyk auth"],
        r#"(?i)snyk[a-z0-9_\-]{0,24}["'`]?(?:[ \t]{0,4}[:=]|[ \t]auth)[ \t]{0,4}["'`]?([a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12})"#,
    ),
];
