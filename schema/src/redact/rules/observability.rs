//! Monitoring, logs, pagers.

use crate::redact::rule::{Rule, Tail, named, near, token};

pub(super) const RULES: &[Rule] = &[
    near(
        "datadog-api-key",
        "Datadog API or application key, known by its name",
        &[
            "datadog",
            "dd_api_key",
            "dd_app_key",
            "dd-api-key",
            "dd-application-key",
            "dd_application_key",
        ],
        named!("datadog|dd[_\\-](?:api|app|application)[_\\-]key", "[a-f0-9]{40}|[a-f0-9]{32}"),
    ),
    token(
        "new-relic-key",
        "New Relic key of a user, for inserting or for browsers",
        &["NRAK-", "NRII-", "NRIQ-", "NRRA-", "NRJS-", "NRSP-"],
        r"NR(?:AK|II|IQ|RA|JS|SP)-[A-Za-z0-9_\-]{18,}",
    ),
    token(
        "new-relic-license-key",
        "New Relic license key",
        &["NRAL"],
        r"(?:eu01xx)?[0-9a-f]{30,36}(?:FFFF)?NRAL",
    )
    .tail(Tail::Any),
    token(
        "grafana-service-token",
        "Grafana service account token",
        &["glsa_"],
        r"glsa_[A-Za-z0-9]{30,}_[0-9A-Fa-f]{8}",
    ),
    token("grafana-cloud-token", "Grafana Cloud token", &["glc_"], r"glc_[A-Za-z0-9+/]{32,}={0,3}")
        .tail(Tail::Token(32)),
    token(
        "grafana-api-key",
        "Grafana key of the older form",
        &["eyJrIjoi"],
        r"eyJrIjoi[A-Za-z0-9]{40,}={0,3}",
    ),
    token(
        "sentry-token",
        "Sentry token of an organisation or a user",
        &["sntrys_", "sntryu_"],
        r"sntry[su]_[A-Za-z0-9+/=_\-]{40,}",
    ),
    near(
        "sentry-legacy-token",
        "Sentry token of the older form, known by its name",
        &["sentry_auth", "sentry-auth", "sentry_token"],
        named!("sentry", "[a-f0-9]{64}"),
    ),
    near(
        "pagerduty-key",
        "PagerDuty key, known by its name",
        &["pagerduty", "pager_duty", "pd_api_key"],
        named!("pager_?duty|pd_api", r"[a-z0-9_+\-]{20}|[a-f0-9]{32}"),
    ),
];
