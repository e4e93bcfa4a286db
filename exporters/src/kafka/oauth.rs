//! Tokens for OAUTHBEARER, from an OpenID provider by client credentials (RFC 6749 §4.4).
//!
//! librdkafka could ask by itself, with libcurl; so it goes by the client that everything else
//! here uses.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::client::OAuthToken;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::options::Oidc;

/// How long the provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What the provider says is read up to here, in bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// How long a token is used where the provider does not say.
const LIFETIME_DEFAULT_S: u64 = 300;
/// No token is used for longer before another is asked for. librdkafka counts in microseconds, so a
/// provider's idea of for ever would not fit.
const LIFETIME_MAX_S: u64 = 24 * 60 * 60;

/// Gets tokens. Asked from a thread of librdkafka, so it borrows the runtime.
pub(super) struct Tokens {
    oidc: Oidc,
    client: reqwest::Client,
    runtime: Handle,
}

/// The fields of a good answer that count (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<Lifetime>,
}

/// Seconds: a number, as the standard has it, or a text, as some providers write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lifetime {
    Number(u64),
    Text(String),
    /// Nothing that can be used.
    Other(serde::de::IgnoredAny),
}

impl Answer {
    fn lifetime(&self) -> Duration {
        let said = match &self.expires_in {
            Some(Lifetime::Number(seconds)) => Some(*seconds),
            Some(Lifetime::Text(text)) => text.trim().parse().ok(),
            Some(Lifetime::Other(_)) | None => None,
        };
        Duration::from_secs(said.unwrap_or(LIFETIME_DEFAULT_S).min(LIFETIME_MAX_S))
    }
}

impl Tokens {
    /// `Err` is what is wrong with the options. To be called in a runtime.
    pub(super) fn new(oidc: &Oidc) -> Result<Self, String> {
        let runtime = Handle::try_current().map_err(|error| error.to_string())?;
        let mut builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &oidc.ca_file {
            let pem = std::fs::read(path).map_err(|error| {
                format!("cannot read the authorities in {}: {}", path.display(), error.kind())
            })?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|_| format!("{} holds no certificate", path.display()))?;
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|error| error.without_url().to_string())?;
        Ok(Self { oidc: oidc.clone(), client, runtime })
    }

    /// A token. The error holds nothing of what was sent or answered.
    pub(super) fn get(&self) -> Result<OAuthToken, String> {
        self.runtime.block_on(self.ask())
    }

    async fn ask(&self) -> Result<OAuthToken, String> {
        let oidc = &self.oidc;
        let secret = oidc.client_secret.read().map_err(|error| error.to_string())?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &oidc.scope {
            form.append_pair("scope", scope);
        }
        let form_text = form.finish();
        let request = self
            .client
            .post(&oidc.token_url)
            .basic_auth(&oidc.client_id, Some(&*secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form_text);
        let failed = |error: reqwest::Error| {
            let what =
                if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
            format!("the token endpoint {what}")
        };
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        if !status.is_success() {
            oidc.client_secret.forget();
            return Err(format!("the token endpoint answered {}", status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err("the answer of the token endpoint is too long".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| "the answer of the token endpoint has no access_token".to_owned())?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let until = now.saturating_add(answer.lifetime());
        Ok(OAuthToken {
            token: answer.access_token,
            principal_name: oidc.client_id.clone(),
            lifetime_ms: i64::try_from(until.as_millis()).unwrap_or(i64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// Whatever the provider says of a lifetime, it is one that a clock can hold.
    #[test]
    fn a_lifetime_has_an_end() {
        for (said, seconds) in [
            ("600", 600),
            ("\"600\"", 600),
            ("0", 0),
            ("18446744073709551615", LIFETIME_MAX_S),
            ("\"18446744073709551615\"", LIFETIME_MAX_S),
            ("null", LIFETIME_DEFAULT_S),
            ("-1", LIFETIME_DEFAULT_S),
            ("3599.5", LIFETIME_DEFAULT_S),
            ("\"soon\"", LIFETIME_DEFAULT_S),
            ("99999999999999999999999", LIFETIME_DEFAULT_S),
        ] {
            let text = format!(r#"{{"access_token":"t","expires_in":{said}}}"#);
            let answer: Answer = serde_json::from_str(&text).unwrap();
            assert_eq!(answer.lifetime(), Duration::from_secs(seconds), "{said}");
        }
        let answer: Answer = serde_json::from_str(r#"{"access_token":"t"}"#).unwrap();
        assert_eq!(answer.lifetime(), Duration::from_secs(LIFETIME_DEFAULT_S));
    }
}
