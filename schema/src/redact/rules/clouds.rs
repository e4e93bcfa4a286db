//! Keys of the clouds: AWS, Google, Azure, Alibaba.

use crate::redact::rule::{Rule, Tail, near, token};

pub(super) const RULES: &[Rule] = &[
    token(
        "aws-access-key-id",
        "AWS access key id",
        &["AKIA", "ASIA", "ABIA", "ACCA"],
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    )
    .tail(Tail::Token(16)),
    near(
        "aws-secret-access-key",
        "AWS secret access key",
        &[
            "secret_access_key",
            "secretaccesskey",
            "secret-access-key",
            "secret access key",
            "aws_secret",
        ],
        r#"(?i)(?:aws_?secret|secret[_\- ]?access[_\- ]?key)[a-z_\-]{0,24}["'`]?[ \t]{0,4}(?:=>|:=|=|:|,|[ \t]is|[ \t])[ \t]{0,4}["'`]?([a-z0-9/+]{40})(?:[^a-z0-9/+]|$)"#,
    ),
    near(
        "aws-session-token",
        "AWS session token",
        &["session_token", "sessiontoken", "security-token", "security_token"],
        r#"(?i)(?:session_?token|security[_\-]token)["'`]?[ \t]{0,4}(?:=>|:=|=|:|[ \t])[ \t]{0,4}["'`]?([a-z0-9/+=]{100,})"#,
    ),
    token("aws-bedrock-api-key", "Amazon Bedrock key", &["ABSK"], r"ABSK[A-Za-z0-9+/]{60,}={0,2}"),
    token(
        "aws-mws-token",
        "Amazon MWS token",
        &["amzn.mws."],
        r"amzn\.mws\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
    token("gcp-api-key", "Google API key, Gemini's too", &["AIza"], r"AIza[A-Za-z0-9_\-]{35}")
        .tail(Tail::Token(30)),
    token(
        "gcp-access-token",
        "Google OAuth access token",
        &["ya29."],
        r"ya29\.[A-Za-z0-9_\-.]{20,}",
    ),
    token("gcp-refresh-token", "Google OAuth refresh token", &["1//0"], r"1//0[A-Za-z0-9_\-]{20,}"),
    token(
        "gcp-client-secret",
        "Google OAuth client secret",
        &["GOCSPX-"],
        r"GOCSPX-[A-Za-z0-9_\-]{20,}",
    ),
    near(
        "gcp-private-key-id",
        "id of the key of a Google service account",
        &["private_key_id"],
        r#"private_key_id["']?[ \t]{0,4}[:=][ \t]{0,4}["']?([0-9a-f]{40})"#,
    ),
    near(
        "azure-storage-key",
        "Azure storage account key",
        &["accountkey", "account_key", "storage_key", "storage-key", "account-key"],
        r#"(?i)(?:account|storage)[_\-]?key["'`]?[ \t]{0,4}[:= ][ \t]{0,4}["'`]?([a-z0-9+/]{86}==)"#,
    ),
    near(
        "azure-shared-access-key",
        "Azure shared access key of a bus or hub",
        &["sharedaccesskey", "shared_access_key"],
        r#"(?i)shared_?access_?key["']?[ \t]{0,4}[:=][ \t]{0,4}["']?([a-z0-9+/]{40,}={0,2})"#,
    ),
    near(
        "azure-sas-signature",
        "signature of an Azure shared access URL",
        &["sig="],
        r"(?i)[?&;]sig=([a-z0-9%+/=_\-]{40,})",
    )
    .tail(Tail::Token(20)),
    token(
        "azure-client-secret",
        "client secret of an Azure AD application",
        &["0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~"],
        r"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}",
    )
    .tail(Tail::Token(31)),
    near(
        "azure-openai-key",
        "Azure key of 84 characters",
        &["JQQJ99"],
        r"(?:^|[^A-Za-z0-9])([A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26})(?:[^A-Za-z0-9]|$)",
    ),
    token(
        "alibaba-access-key-id",
        "Alibaba Cloud access key id",
        &["LTAI"],
        r"LTAI[A-Za-z0-9]{12,24}",
    )
    .tail(Tail::Token(12)),
];
