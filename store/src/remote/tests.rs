//! Addresses and options: what is refused, and what is never told.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;
use crate::OpenError;

const SECRET: &str = "hush-5e1f";

fn options(url: &str, variables: &[(&str, &str)]) -> ObjectStoreOptions {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let url = TablesUrl::parse(url).unwrap();
    ObjectStoreOptions { variables: variables.collect(), ..ObjectStoreOptions::new(url) }
}

/// An address is read as what it says, and written as it was read.
#[test]
fn addresses_are_read() {
    for text in ["s3://bucket", "s3://bucket/a/b", "gs://b.c/x", "az://container/x"] {
        assert_eq!(TablesUrl::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(TablesUrl::parse("s3://bucket/a/").unwrap().to_string(), "s3://bucket/a");
}

/// A URL with credentials is refused in words that do not repeat them.
#[test]
fn addresses_hold_no_secrets() {
    let wrong = [
        (format!("s3://key:{SECRET}@bucket/x"), TablesUrlError::Credentials),
        (format!("az://container/x?sig={SECRET}"), TablesUrlError::Credentials),
        (format!("https://{SECRET}/x"), TablesUrlError::Scheme),
        ("s3:///x".to_owned(), TablesUrlError::Malformed),
        ("s3://".to_owned(), TablesUrlError::Malformed),
    ];
    for (text, expected) in wrong {
        let error = TablesUrl::parse(&text).unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!error.to_string().contains(SECRET));
    }
}

/// Printed for debugging, options name their variables and hide what these say.
#[test]
fn debugging_shows_no_secret() {
    let options = options("s3://bucket/x", &[("AWS_SECRET_ACCESS_KEY", SECRET)]);
    let text = format!("{options:?}");
    assert!(text.contains("AWS_SECRET_ACCESS_KEY") && !text.contains(SECRET), "{text}");
}

/// In the clear goes only what stays on this machine, unless it is allowed aloud.
#[tokio::test]
async fn clear_text_stays_on_this_machine() {
    let at = |endpoint: &str| ObjectStoreOptions {
        endpoint: Some(endpoint.to_owned()),
        open_timeout: std::time::Duration::from_millis(50),
        ..options("s3://bucket/x", &[("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", SECRET)])
    };
    let refusal = |error: OpenError| {
        let text = error.to_string();
        assert!(text.contains("://") && !text.contains(SECRET), "{text}");
        text.contains("beyond this machine")
    };
    assert!(refusal(open(&at("http://192.0.2.1:9000")).await.unwrap_err()));
    // Nobody listens on the discard port: it was tried.
    assert!(!refusal(open(&at("http://127.0.0.1:9")).await.unwrap_err()));
    let aloud = ObjectStoreOptions { allow_http: true, ..at("http://192.0.2.1:9000") };
    assert!(!refusal(open(&aloud).await.unwrap_err()));
    let variables = [("AZURE_STORAGE_ACCOUNT_NAME", "a"), ("AZURE_ENDPOINT", "http://192.0.2.1")];
    assert!(refusal(open(&options("az://container/x", &variables)).await.unwrap_err()));
}

/// Each kind of store can be made from the variables that its vendor names.
#[tokio::test]
async fn every_kind_takes_its_variables() {
    let key = r#"{"private_key":"private_key","private_key_id":"1","client_email":"a@b","disable_oauth":true,"gcs_base_url":"http://127.0.0.1:9"}"#;
    let stores = [
        options("gs://bucket/x", &[("GOOGLE_SERVICE_ACCOUNT_KEY", key)]),
        options(
            "az://container/x",
            &[
                ("AZURE_STORAGE_ACCOUNT_NAME", "a"),
                ("AZURE_STORAGE_ACCOUNT_KEY", "aHVzaA=="),
                ("AZURE_ENDPOINT", "http://127.0.0.1:9"),
            ],
        ),
    ];
    for options in stores {
        let hasty =
            ObjectStoreOptions { open_timeout: std::time::Duration::from_millis(50), ..options };
        let text = open(&hasty).await.unwrap_err().to_string();
        assert!(text.contains(&hasty.url.to_string()), "{text}");
        // The request was made; that nobody answers is another thing.
        assert!(!text.contains("onfiguration"), "{text}");
    }
}
