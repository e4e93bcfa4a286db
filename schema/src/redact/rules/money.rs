//! Payment and trade.

use crate::redact::rule::{Rule, named, near, token};

pub(super) const RULES: &[Rule] = &[
    token(
        "stripe-api-key",
        "Stripe secret or restricted key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"],
        r"[sr]k_(?:live|test|prod)_[A-Za-z0-9_]{10,}",
    ),
    token(
        "stripe-webhook-secret",
        "Stripe webhook secret",
        &["whsec_"],
        r"whsec_[A-Za-z0-9+/=]{24,}",
    ),
    token(
        "square-access-token",
        "Square token or client secret",
        &["sq0atp-", "sq0csp-", "EAAA"],
        r"(?:sq0(?:atp|csp)-[A-Za-z0-9_\-]{20,}|EAAA[A-Za-z0-9_\-]{56,})",
    ),
    token(
        "braintree-access-token",
        "PayPal Braintree token",
        &["access_token$"],
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    ),
    near(
        "paypal-client-secret",
        "PayPal client secret, known by its name",
        &["paypal"],
        named!("paypal", r"[a-z0-9_\-]{60,90}"),
    ),
    token(
        "shopify-token",
        "Shopify token or shared secret",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
];
