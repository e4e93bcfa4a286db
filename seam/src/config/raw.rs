//! What was said: `seam.toml`, then the environment, then flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::cli::ServeArgs;
use crate::config::keys::{self, KEYS};
use crate::config::place::VendorVariables;
use crate::config::profiles::RawProfile;
use crate::config::sinks::{NamedVariables, RawSink, named_variables};

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody.
    Default,
    /// The file.
    File(PathBuf),
    /// A variable.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The key, or what stands for it.
    pub(crate) path: String,
    /// Where it was said.
    pub(crate) source: Source,
    /// What is wrong, and what to do.
    pub(crate) what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({}): {}", self.path, self.source, self.what)
    }
}

/// What was said about each key, the weightiest word only, still unchecked.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawConfig {
    /// The texts, by key.
    pub(crate) values: BTreeMap<&'static str, (String, Source)>,
    /// What could not be read at all.
    pub(crate) faults: Vec<Fault>,
    /// The tables of `[redaction.profiles]`, which only a file can say.
    pub(crate) profiles: Vec<RawProfile>,
    /// The tables of `[[sinks]]`, which only a file can say.
    pub(crate) sinks: Vec<RawSink>,
    /// The variables that they name.
    pub(crate) named: NamedVariables,
    /// Who we are in an object store.
    pub(crate) vendors: VendorVariables,
}

const DEFAULT_FILE: &str = "seam.toml";
/// The one key that is an array of tables of its own.
const SINKS: &str = "sinks";
/// The one table whose members are tables with keys of their own.
const PROFILES: &str = "redaction.profiles";

impl RawConfig {
    /// Gathers everything. `environment` is the process's, given so that tests need none.
    pub(crate) fn gather(args: &ServeArgs, environment: &BTreeMap<String, String>) -> Self {
        let mut raw = Self { vendors: VendorVariables::of(environment), ..Self::default() };
        let named =
            args.config.clone().or_else(|| environment.get("SEAM_CONFIG").map(PathBuf::from));
        let file = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        match std::fs::read_to_string(&file) {
            Ok(text) => raw.add_file(&file, &text),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => raw.faults.push(Fault {
                path: file.display().to_string(),
                source: Source::File(file.clone()),
                what: format!("cannot be read: {error}"),
            }),
        }
        raw.named = named_variables(&raw.sinks, environment);
        raw.add_environment(environment);
        raw.add_flags(args);
        raw
    }

    fn add_file(&mut self, file: &Path, text: &str) {
        match text.parse::<toml::Table>() {
            Ok(table) => self.add_table(file, "", &table),
            Err(error) => self.faults.push(Fault {
                path: file.display().to_string(),
                source: Source::File(file.to_owned()),
                what: format!("is not toml: {}", error.message()),
            }),
        }
    }

    fn add_table(&mut self, file: &Path, prefix: &str, table: &toml::Table) {
        let source = Source::File(file.to_owned());
        for (name, value) in table {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let text = match value {
                toml::Value::Table(inner) if path == PROFILES => {
                    self.add_profiles(file, inner);
                    continue;
                }
                toml::Value::Table(inner) => {
                    self.add_table(file, &path, inner);
                    continue;
                }
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                toml::Value::Array(sinks) if path == SINKS => {
                    self.add_sinks(file, sinks);
                    continue;
                }
                list @ toml::Value::Array(_) if keys::is_list(&path) => list.to_string(),
                other => {
                    let what = format!("cannot be of type {}", other.type_str());
                    self.faults.push(Fault { path, source: source.clone(), what });
                    continue;
                }
            };
            self.add(&path, text, source.clone());
        }
    }

    /// Each member has to be a table; what stands in it is read by [`crate::config::profiles`].
    fn add_profiles(&mut self, file: &Path, profiles: &toml::Table) {
        for (name, profile) in profiles {
            let source = Source::File(file.to_owned());
            match profile.as_table() {
                Some(table) => self.profiles.push(RawProfile {
                    name: name.clone(),
                    table: table.clone(),
                    source,
                }),
                None => self.faults.push(Fault {
                    path: format!("{PROFILES}.{name}"),
                    source,
                    what: format!("is not a table; write [{PROFILES}.{name}] above its keys"),
                }),
            }
        }
    }

    /// Each entry has to be a table; what stands in it is read by [`crate::config::sinks`].
    fn add_sinks(&mut self, file: &Path, sinks: &[toml::Value]) {
        for (index, sink) in sinks.iter().enumerate() {
            let source = Source::File(file.to_owned());
            match sink.as_table() {
                Some(table) => self.sinks.push(RawSink { table: table.clone(), source }),
                None => self.faults.push(Fault {
                    path: format!("{SINKS}[{index}]"),
                    source,
                    what: "is not a table; write [[sinks]] above its keys".to_owned(),
                }),
            }
        }
    }

    fn add_environment(&mut self, environment: &BTreeMap<String, String>) {
        let other: Vec<&str> = OTHER_VARIABLES.to_vec();
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("SEAM_")) {
            match KEYS.iter().find(|key| key.variable() == *name) {
                Some(key) => self.add(key.path, value.clone(), Source::Variable(name.clone())),
                None if other.contains(&name.as_str())
                    || self.named.has(name)
                    || is_of_a_service(name) => {}
                None => self.faults.push(Fault {
                    path: name.clone(),
                    source: Source::Variable(name.clone()),
                    what: "is not a variable of seam; `seam config reference` lists them"
                        .to_owned(),
                }),
            }
        }
    }

    fn add_flags(&mut self, args: &ServeArgs) {
        let texts = [
            ("data", "--data", &args.data),
            ("state", "--state", &args.state),
            ("otlp_grpc", "--otlp-grpc", &args.otlp_grpc),
            ("otlp_http", "--otlp-http", &args.otlp_http),
            ("api", "--api", &args.api),
        ];
        for (path, flag, value) in texts {
            if let Some(value) = value {
                self.add(path, value.clone(), Source::Flag(flag.to_owned()));
            }
        }
        let switches = [
            ("insecure", "--insecure", args.insecure),
            ("accept_damage", "--accept-damage", args.accept_damage),
            ("keep_all", "--keep-all", args.keep_all),
        ];
        for (path, flag, on) in switches {
            if on {
                self.add(path, "true".to_owned(), Source::Flag(flag.to_owned()));
            }
        }
    }

    fn add(&mut self, path: &str, value: String, source: Source) {
        if let Some(key) = keys::find(path) {
            self.values.insert(key.path, (value, source));
        } else {
            let what = match nearest(path) {
                Some(near) => format!("is not a key; did you mean `{near}`?"),
                None => "is not a key; `seam config reference` lists them".to_owned(),
            };
            self.faults.push(Fault { path: path.to_owned(), source, what });
        }
    }
}

/// Variables that mean something to a client, not to the server.
const OTHER_VARIABLES: &[&str] =
    &["SEAM_CONFIG", "SEAM_SERVER", "SEAM_TOKEN_FILE", "SEAM_OTLP_TOKEN_FILE"];

/// Kubernetes sets variables for every service of a namespace; one may be called seam.
fn is_of_a_service(name: &str) -> bool {
    name.starts_with("SEAM_SERVICE_") || name == "SEAM_PORT" || name.starts_with("SEAM_PORT_")
}

/// A key that differs from `path` by a slip: the same last part, or a few letters.
fn nearest(path: &str) -> Option<&'static str> {
    let last = |text: &'static str| text.rsplit('.').next().unwrap_or(text);
    KEYS.iter()
        .map(|key| key.path)
        .find(|known| last(known) == path || known.ends_with(&format!(".{path}")))
        .or_else(|| KEYS.iter().map(|key| key.path).find(|known| one_slip(known, path)))
}

/// Whether two words differ by at most two letters in place, or one is the other's start.
fn one_slip(known: &str, said: &str) -> bool {
    let differing = known.chars().zip(said.chars()).filter(|(a, b)| a != b).count();
    known.len().abs_diff(said.len()) <= 1 && differing + known.len().abs_diff(said.len()) <= 2
}
