//! What is asked for, checked: the agent, where its telemetry goes, what it may hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::attributes;
use super::error::ConnectError;
use super::secret::Token;

/// An agent that can be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agent {
    Codex,
    ClaudeCode,
    Gemini,
    Qwen,
    Copilot,
    /// Anything that follows the OpenTelemetry environment variables.
    Otel,
}

impl Agent {
    /// The name on the command line and of the record.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Codex => "codex",
            Self::ClaudeCode => "claude-code",
            Self::Gemini => "gemini",
            Self::Qwen => "qwen",
            Self::Copilot => "copilot",
            Self::Otel => "otel",
        }
    }
}

/// The base addresses of the collector, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) grpc: String,
    pub(crate) http: String,
}

impl Endpoints {
    /// Takes what was given, else the addresses that a Seam on this machine listens on.
    pub(crate) fn new(
        host: Option<&str>,
        grpc: Option<&str>,
        http: Option<&str>,
    ) -> Result<Self, ConnectError> {
        let host = host.unwrap_or("127.0.0.1").trim_end_matches('/');
        let (scheme, host) = host.split_once("://").unwrap_or(("http", host));
        let bare = host.rsplit_once(']').map_or(host, |(_, after)| after);
        if host.is_empty() || bare.contains([':', '/']) {
            return Err(ConnectError::Option(format!(
                "--endpoint takes a host (`{host}` is more): name ports with --endpoint-grpc and --endpoint-http"
            )));
        }
        let url = |given: Option<&str>, port: u16| {
            given.map_or_else(|| format!("{scheme}://{host}:{port}"), str::to_owned)
        };
        Ok(Self {
            grpc: base("--endpoint-grpc", &url(grpc, 4317))?,
            http: base("--endpoint-http", &url(http, 4318))?,
        })
    }
}

/// A base URL: a scheme, a host, perhaps a path, and nothing that would have to be quoted.
fn base(option: &str, url: &str) -> Result<String, ConnectError> {
    let url = url.trim_end_matches('/');
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(plain) => {
            Ok(url.to_owned())
        }
        _ => Err(ConnectError::Option(format!(
            "{option} takes http://HOST:PORT or https://HOST:PORT, not `{url}`"
        ))),
    }
}

/// A client certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Everything an agent's configuration is made from.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) agent: Agent,
    pub(crate) endpoints: Endpoints,
    /// The token, and the file it stands in, absolute.
    pub(crate) token: Option<(Token, PathBuf)>,
    /// PEM of the authority that the collector's certificate comes from, absolute.
    pub(crate) ca: Option<PathBuf>,
    pub(crate) client: Option<ClientCertificate>,
    /// Whether what people and models wrote is recorded.
    pub(crate) prompts: bool,
    /// `enduser.id`.
    pub(crate) user: Option<String>,
    /// `host.name`.
    pub(crate) host: Option<String>,
}

impl Request {
    /// The attributes that say where and who: no agent sends them by itself.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, String)> {
        let host = self.host.iter().map(|host| ("host.name", host.clone()));
        let user = self.user.iter().map(|user| ("enduser.id", user.clone()));
        host.chain(user).collect()
    }

    /// The value of `OTEL_EXPORTER_OTLP_HEADERS`.
    pub(crate) fn headers(&self) -> Option<String> {
        let (token, _) = self.token.as_ref()?;
        let bearer = format!("Bearer {}", token.reveal());
        Some(attributes::merged("", &[("authorization", bearer)]))
    }

    /// The standard variables for files of certificates.
    pub(crate) fn certificates(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if let Some(ca) = &self.ca {
            variables.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", ca.display().to_string()));
        }
        if let Some(client) = &self.client {
            let path = |path: &Path| path.display().to_string();
            variables.push(("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", path(&client.certificate)));
            variables.push(("OTEL_EXPORTER_OTLP_CLIENT_KEY", path(&client.key)));
        }
        variables
    }
}

/// Where files stand on this machine, from the home folder and the environment that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) home: PathBuf,
    /// Our folder, for records and environment files.
    pub(crate) ours: PathBuf,
    pub(crate) codex: PathBuf,
    pub(crate) claude_code: PathBuf,
    pub(crate) gemini: PathBuf,
    pub(crate) qwen: PathBuf,
}

impl Places {
    /// Follows the variables by which each program moves its folder.
    pub(crate) fn new(home: &Path, environment: &BTreeMap<String, String>) -> Self {
        let named =
            |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = named("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        Self {
            home: home.to_owned(),
            ours: config.join("seam/connect"),
            codex: named("CODEX_HOME").unwrap_or_else(|| home.join(".codex")),
            claude_code: named("CLAUDE_CONFIG_DIR").unwrap_or_else(|| home.join(".claude")),
            // Gemini puts its folder below that one; Qwen's variable names the folder itself.
            gemini: named("GEMINI_CLI_HOME").unwrap_or_else(|| home.to_owned()).join(".gemini"),
            qwen: named("QWEN_HOME").unwrap_or_else(|| home.join(".qwen")),
        }
    }

    /// The environment file of an agent.
    pub(crate) fn env_file(&self, agent: Agent) -> PathBuf {
        self.ours.join(format!("{}.env", agent.name()))
    }

    /// The record of what was written for an agent.
    pub(crate) fn record(&self, agent: Agent) -> PathBuf {
        self.ours.join(format!("{}.json", agent.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_base_urls() {
        let local = Endpoints::new(None, None, None).unwrap();
        assert_eq!(local.grpc, "http://127.0.0.1:4317");
        assert_eq!(local.http, "http://127.0.0.1:4318");
        let far = Endpoints::new(Some("https://seam.example.org/"), None, None).unwrap();
        assert_eq!(far.grpc, "https://seam.example.org:4317");
        let mixed = Endpoints::new(Some("[::1]"), None, Some("http://h:1/otlp/")).unwrap();
        assert_eq!(
            (mixed.grpc.as_str(), mixed.http.as_str()),
            ("http://[::1]:4317", "http://h:1/otlp")
        );
        assert!(Endpoints::new(Some("h:4317"), None, None).is_err());
        for bad in
            ["h:1", "ftp://h", "http://", "http://a b", "http://h/$x", "http://u@h", "http://h/'"]
        {
            assert!(Endpoints::new(None, Some(bad), None).is_err(), "{bad}");
        }
    }

    #[test]
    fn places_follow_the_environment() {
        let environment = BTreeMap::from([
            ("XDG_CONFIG_HOME".to_owned(), "/x".to_owned()),
            ("CODEX_HOME".to_owned(), "/c".to_owned()),
            ("GEMINI_CLI_HOME".to_owned(), "/g".to_owned()),
            ("QWEN_HOME".to_owned(), "relative".to_owned()),
        ]);
        let places = Places::new(Path::new("/home/ada"), &environment);
        assert_eq!(places.ours, Path::new("/x/seam/connect"));
        assert_eq!(places.codex, Path::new("/c"));
        assert_eq!(places.claude_code, Path::new("/home/ada/.claude"));
        assert_eq!(places.gemini, Path::new("/g/.gemini"));
        assert_eq!(places.qwen, Path::new("/home/ada/.qwen"));
    }
}
