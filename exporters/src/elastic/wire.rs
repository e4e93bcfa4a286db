//! What every request to the cluster carries.

use reqwest::Method;

use super::{Credential, Options};
use crate::http::{Answer, Body, Call, Client, Fault, Head, OptionsError, Secret};

/// The client and the credential.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) client: Client,
    credential: Credential,
}

impl Wire {
    pub(crate) fn new(options: &Options) -> Result<Self, OptionsError> {
        let client = Client::new(options.http.clone())?;
        Ok(Self { client, credential: options.credential.clone() })
    }

    /// Sends one request.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
    ) -> Result<Answer, Fault> {
        let head = self.head()?;
        let answer = self.client.send(Call { method, path, head, body }).await?;
        if matches!(answer.status, 401 | 403)
            && let Some(secret) = self.secret()
        {
            // It may have been replaced meanwhile.
            secret.forget();
        }
        Ok(answer)
    }

    fn secret(&self) -> Option<&Secret> {
        match &self.credential {
            Credential::None => None,
            Credential::ApiKey(secret) | Credential::Bearer(secret) => Some(secret),
            Credential::Basic { password, .. } => Some(password),
        }
    }

    fn head(&self) -> Result<Head, Fault> {
        let read = |secret: &Secret| {
            secret.read().map_err(|error| Fault::Misconfigured(error.to_string()))
        };
        Ok(match &self.credential {
            Credential::None => Head::default(),
            Credential::ApiKey(secret) => Head::default().authorized("ApiKey", &read(secret)?),
            Credential::Bearer(secret) => Head::default().authorized("Bearer", &read(secret)?),
            Credential::Basic { user, password } => Head::default().basic(user, &read(password)?),
        })
    }
}
