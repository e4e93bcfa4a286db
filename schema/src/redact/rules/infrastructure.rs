//! Hosting, networks, databases as a service, stores of secrets.

use crate::redact::rule::{Rule, Tail, named, near, token};

pub(super) const RULES: &[Rule] = &[
    token(
        "digitalocean-token",
        "DigitalOcean token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"do[opr]_v1_[0-9a-f]{64}",
    ),
    token("heroku-api-key", "Heroku key", &["HRKU-"], r"HRKU-[A-Za-z0-9_\-]{30,}"),
    near(
        "heroku-legacy-key",
        "Heroku key of the older form, known by its name",
        &["heroku"],
        named!("heroku", "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),
    ),
    near(
        "cloudflare-api-token",
        "Cloudflare token or key, known by its name",
        &["cloudflare", "cf_api_token", "cf_api_key"],
        named!("cloudflare|cf_api", r"[a-z0-9_\-]{37,40}"),
    ),
    token(
        "cloudflare-origin-ca-key",
        "Cloudflare origin CA key",
        &["v1.0-"],
        r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,160}",
    ),
    near(
        "fastly-api-token",
        "Fastly token, known by its name",
        &["fastly"],
        named!("fastly", r"[a-z0-9_\-]{32}"),
    ),
    token(
        "netlify-token",
        "Netlify token",
        &["nfp_", "nfc_", "nfo_", "nfu_", "nfb_"],
        r"nf[pcoub]_[A-Za-z0-9_\-]{36,}",
    )
    .tail(Tail::Token(36)),
    near(
        "netlify-legacy-token",
        "Netlify token of the older form, known by its name",
        &["netlify"],
        named!("netlify", r"[a-z0-9_\-]{40,46}"),
    ),
    token(
        "vercel-token",
        "Vercel token",
        &["vcp_", "vci_", "vca_", "vcr_", "vck_"],
        r"vc[piark]_[A-Za-z0-9]{24,}",
    )
    .tail(Tail::Token(24)),
    near(
        "vercel-legacy-token",
        "Vercel token of the older form, known by its name",
        &["vercel_", "vercel-", "vercel token"],
        named!("vercel", "[a-z0-9]{24}"),
    ),
    near(
        "linode-token",
        "Linode token, known by its name",
        &["linode"],
        named!("linode", "[a-f0-9]{64}"),
    ),
    token(
        "vault-token",
        "HashiCorp Vault token of a service, a batch or a recovery",
        &["hvs.", "hvb.", "hvr."],
        r"hv[sbr]\.[A-Za-z0-9_\-]{24,}",
    )
    .tail(Tail::Token(24)),
    token(
        "terraform-token",
        "HashiCorp Terraform Cloud token",
        &[".atlasv1."],
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{40,}",
    ),
    token("databricks-token", "Databricks token", &["dapi"], r"dapi[0-9a-f]{32}(?:-[0-9]{1,2})?")
        .tail(Tail::Token(32)),
    near(
        "snowflake-token",
        "Snowflake credential, known by its name",
        &["snowflake_", "snowflake-"],
        r#"(?i)snowflake[_\-](?:password|token|pat|private_key_passphrase|secret)["'`]?[ \t]{0,4}(?:=>|:=|=|:)[ \t]{0,4}["'`]?([^\s"'`,;\\$<{(]{6,})"#,
    ),
    token(
        "planetscale-token",
        "PlanetScale token, password or OAuth token",
        &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"],
        r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=\-]{30,}",
    ),
    token("supabase-token", "Supabase access token", &["sbp_"], r"sbp_(?:v0_)?[0-9a-f]{40}"),
    token(
        "supabase-secret-key",
        "Supabase secret key",
        &["sb_secret_"],
        r"sb_secret_[A-Za-z0-9_\-]{20,}",
    ),
    token(
        "tailscale-key",
        "Tailscale key",
        &["tskey-"],
        r"tskey-[a-z]+-[A-Za-z0-9]{6,}-[A-Za-z0-9]{16,}",
    ),
    token(
        "doppler-token",
        "Doppler token",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_\-]{2,35}\.)?[A-Za-z0-9]{36,48}",
    ),
    token(
        "onepassword-service-token",
        "1Password service account token",
        &["ops_eyJ"],
        r"ops_eyJ[A-Za-z0-9_\-+/=]{60,}",
    ),
    token(
        "onepassword-secret-key",
        "1Password secret key",
        &["A3-"],
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    )
    .tail(Tail::Token(30)),
];
