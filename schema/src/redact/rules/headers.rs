//! Headers that carry credentials.

use crate::redact::rule::{Check, Rule, Tail, Tier, place};

pub(super) const RULES: &[Rule] = &[
    place(
        "bearer-token",
        "bearer token",
        &["bearer"],
        r#"(?i)\bbearer(?:[ \t]{1,4}|\+|["'], ?["'])["']?([a-z0-9._~+/=:|\-]{12,})"#,
        Check::Strong,
    )
    .tail(Tail::WordEnd),
    place(
        "basic-auth",
        "credential of an Authorization header of the scheme Basic",
        &["basic "],
        r"(?i)\bbasic[ \t]{1,4}([a-z0-9+/=_\-]{8,})",
        Check::Pair,
    ),
    place(
        "splunk-hec-token",
        "Splunk HEC token",
        &["splunk "],
        r"(?i)\bsplunk[ \t]{1,4}([a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12})",
        Check::None,
    )
    .tier(Tier::Vendor),
    place(
        "elastic-api-key",
        "Elastic key in an Authorization header",
        &["apikey "],
        r"(?i)\bapikey[ \t]{1,4}([a-z0-9+/=_\-]{30,})",
        Check::Strong,
    )
    .tier(Tier::Vendor),
    place(
        "authorization-header",
        "credential of an Authorization header of another scheme",
        &["authorization"],
        r#"(?i)authorization["'`]?(?:[ \t]{0,4}[:=][ \t]{0,4}|","value":\{"stringvalue":|["'], ?)["'`]?(?:(?:token|key|apikey|api-key|pat|hmac|jwt|oauth|sso-key|genie|genkey|bot|aws4-hmac-sha256)[ \t]{1,4})?(?:token=|key=)?["'`]?([a-z0-9._~+/=:|\-]{10,})"#,
        Check::Strong,
    )
    .tail(Tail::Header),
    place(
        "session-cookie",
        "session in a cookie",
        &["cookie"],
        r#"(?i)(?:^|[;:,=\s"'])[a-z0-9_.\-]{0,40}(?:sess|sid|auth|token|jwt|login|remember)[a-z0-9_.\-]{0,40}=([a-z0-9%._~+/=|:!*\-]{12,})"#,
        Check::Strong,
    ),
];
