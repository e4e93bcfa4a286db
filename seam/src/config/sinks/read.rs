//! From tables of `seam.toml` to destinations that need no further doubt.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use seam_exporters::delivery::Filter;
use seam_exporters::http::Secret;
use seam_schema::project::{Content, Format};
use seam_schema::vocabulary::{Agent, Kind, Outcome};

use super::keys::{SINK_KEYS, SinkKey, SinkShape};
use super::{HeldSecret, SinkConfig, SinkKind, Value};
use crate::config::profiles::Profiles;
use crate::config::raw::{Fault, Source};

/// One of `[[sinks]]`, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct RawSink {
    pub(crate) table: toml::Table,
    pub(crate) source: Source,
}

/// The variables that sinks name. Printed for debugging, they show their names.
#[derive(Clone, Default)]
pub(crate) struct NamedVariables(BTreeMap<String, String>);

impl fmt::Debug for NamedVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The variables that some sinks name, out of an environment.
pub(crate) fn named_variables(
    sinks: &[RawSink],
    environment: &BTreeMap<String, String>,
) -> NamedVariables {
    let named = sinks.iter().flat_map(|sink| &sink.table);
    let named = named.filter(|(key, _)| key.ends_with("_env")).filter_map(|(_, value)| {
        let name = value.as_str()?;
        Some((name.to_owned(), environment.get(name)?.clone()))
    });
    NamedVariables(named.collect())
}

impl NamedVariables {
    /// Whether a sink names this variable.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Reads all sinks; notes everything that is wrong.
pub(crate) fn read(
    sinks: &[RawSink],
    variables: &NamedVariables,
    profiles: &Profiles,
    faults: &mut Vec<Fault>,
) -> Vec<SinkConfig> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for (index, sink) in sinks.iter().enumerate() {
        let mut reader = SinkReader { index, sink, variables, profiles, faults };
        let Some(config) = reader.sink() else { continue };
        if !config.name.is_empty() && !names.insert(config.name.clone()) {
            reader.fault("name", &format!("`{}` is the name of another sink too", config.name));
        }
        found.push(config);
    }
    found
}

/// Reads one table.
struct SinkReader<'r> {
    index: usize,
    sink: &'r RawSink,
    variables: &'r NamedVariables,
    profiles: &'r Profiles,
    faults: &'r mut Vec<Fault>,
}

impl SinkReader<'_> {
    fn fault(&mut self, key: &str, what: &str) {
        self.faults.push(Fault {
            path: format!("sinks[{}].{key}", self.index),
            source: self.sink.source.clone(),
            what: what.to_owned(),
        });
    }

    fn sink(&mut self) -> Option<SinkConfig> {
        let said = self.sink.table.get("kind").and_then(toml::Value::as_str);
        let Some(kind) = said.and_then(SinkKind::parse) else {
            let words = SinkKind::ALL.map(SinkKind::as_str).join(", ");
            self.fault("kind", &format!("has to be one of {words}"));
            return None;
        };
        self.unknown_keys(kind);
        let mut values = BTreeMap::new();
        for key in SINK_KEYS.iter().filter(|key| key.is_of(kind)) {
            if let Some(value) = self.value(key) {
                values.insert(key.name, value);
            }
        }
        let mut config = SinkConfig {
            name: String::new(),
            kind,
            format: Format::Seam,
            content: Content::Withheld,
            filter: Filter::default(),
            values,
        };
        config.name = config.text("name").to_owned();
        self.name(&config.name);
        config.format = config.text("format").parse().unwrap_or_default();
        if config.flag("content") {
            config.content = Content::Kept;
        }
        config.filter = self.filter(&config);
        self.together(&config);
        Some(config)
    }

    fn name(&mut self, name: &str) {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        // An empty one is told of as a value that is missing.
        if name.len() > 64 || !name.chars().all(fits) {
            self.fault("name", "is none: use 1 to 64 of a-z, 0-9, `_` and `-`");
        }
    }

    /// Keys that no sink has, or not one of this kind.
    fn unknown_keys(&mut self, kind: SinkKind) {
        let written: Vec<String> = self.sink.table.keys().cloned().collect();
        for name in written {
            let known = || SINK_KEYS.iter().filter(|key| names(key).contains(&name));
            let key = known().find(|key| key.is_of(kind)).or_else(|| known().next());
            let secret = SINK_KEYS
                .iter()
                .find(|key| key.shape == SinkShape::Secret && key.name == name && key.is_of(kind));
            match (key, secret) {
                (Some(key), _) if key.is_of(kind) => {}
                (Some(_), _) => {
                    let what = format!("is not a key of a sink of kind `{}`", kind.as_str());
                    self.fault(&name, &what);
                }
                (None, Some(_)) => self.fault(
                    &name,
                    &format!(
                        "is a secret: name a variable in {name}_env, or a file in {name}_file"
                    ),
                ),
                (None, None) => {
                    self.fault(&name, "is not a key; `seam config reference` lists them");
                }
            }
        }
    }

    /// The value of a key, or its default; nothing where there is neither.
    fn value(&mut self, key: &SinkKey) -> Option<Value> {
        if key.shape.is_secret() {
            return self.secret(key).map(Value::Secret);
        }
        let Some(said) = self.sink.table.get(key.name).cloned() else {
            if key.required {
                self.fault(key.name, "is missing");
            }
            return default(key);
        };
        let wrong = |what: &str| Err(what.to_owned());
        let read = match (key.shape, said) {
            (SinkShape::Text | SinkShape::Folder, toml::Value::String(text)) => {
                if text.is_empty() && key.required {
                    wrong("cannot be empty")
                } else {
                    Ok(Value::Text(text))
                }
            }
            (SinkShape::File, toml::Value::String(text)) => {
                if std::path::Path::new(&text).is_file() {
                    Ok(Value::Text(text))
                } else {
                    Err(format!("there is no file `{text}`"))
                }
            }
            (SinkShape::OneOf(words), toml::Value::String(text)) => {
                if words.contains(&text.as_str()) {
                    Ok(Value::Text(text))
                } else {
                    Err(format!("`{text}` is none of {}", words.join(", ")))
                }
            }
            (SinkShape::Flag, toml::Value::Boolean(flag)) => Ok(Value::Flag(flag)),
            (SinkShape::Number { min, max }, toml::Value::Integer(said)) => {
                match u64::try_from(said).ok().filter(|number| (min..=max).contains(number)) {
                    Some(number) => Ok(Value::Number(number)),
                    None => Err(format!("`{said}` is not a whole number from {min} to {max}")),
                }
            }
            (SinkShape::Texts, toml::Value::Array(entries)) => {
                let texts: Option<Vec<String>> =
                    entries.iter().map(|entry| entry.as_str().map(str::to_owned)).collect();
                match texts {
                    Some(texts) if !texts.is_empty() => Ok(Value::Texts(texts)),
                    Some(_) => wrong("cannot be empty"),
                    None => wrong("has to be a list of texts, like [\"a\", \"b\"]"),
                }
            }
            (SinkShape::Pairs, toml::Value::Table(table)) => {
                let pair = |(name, value): (&String, &toml::Value)| {
                    Some((name.clone(), value.as_str()?.to_owned()))
                };
                match table.iter().map(pair).collect() {
                    Some(pairs) => Ok(Value::Pairs(pairs)),
                    None => wrong("has to be a table of texts, like { a = \"b\" }"),
                }
            }
            (shape, _) => Err(format!("has to be {}", described(shape))),
        };
        match read {
            Ok(value) => Some(value),
            Err(what) => {
                self.fault(key.name, &what);
                default(key)
            }
        }
    }

    fn secret(&mut self, key: &SinkKey) -> Option<HeldSecret> {
        let open = self.sink.table.get(key.name).filter(|_| key.shape == SinkShape::Address);
        let named = names(key).iter().filter(|name| self.sink.table.contains_key(*name)).count();
        if let (Some(open), 1) = (open, named) {
            let from = "the configuration".to_owned();
            let Some(text) = open.as_str() else {
                self.fault(key.name, "has to be a text");
                return None;
            };
            let secret = Secret::value(text);
            if secret.read().is_err() {
                self.fault(key.name, "has to be one line of printable characters");
            }
            return Some(HeldSecret { from, secret });
        }
        if open.is_some() {
            self.fault(key.name, "is said more than once: one of its names is enough");
            return None;
        }
        if named == 0 && key.required {
            self.fault(key.name, "is missing");
        }
        let (env, file) = (format!("{}_env", key.name), format!("{}_file", key.name));
        let said = |name: &str| self.sink.table.get(name).map(|value| value.as_str());
        match (said(&env), said(&file)) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                self.fault(&file, &format!("says the same as {env}: one of them is enough"));
                None
            }
            (Some(Some(variable)), None) => {
                let value = self.variables.0.get(variable).cloned();
                if value.is_none() {
                    self.fault(&env, &format!("there is no variable `{variable}`"));
                }
                value.map(|value| HeldSecret {
                    from: format!("{variable} in the environment"),
                    secret: Secret::value(value.trim()),
                })
            }
            (None, Some(Some(path))) => {
                let secret = Secret::file(path);
                if let Err(error) = secret.read() {
                    self.fault(&file, &error.to_string());
                }
                Some(HeldSecret { from: path.to_owned(), secret })
            }
            (Some(None), None) => {
                self.fault(&env, "has to be a text");
                None
            }
            (None, Some(None)) => {
                self.fault(&file, "has to be a text");
                None
            }
        }
    }

    fn filter(&mut self, config: &SinkConfig) -> Filter {
        Filter {
            kinds: self.words(config, "kinds", Kind::parse),
            no_actions: !config.flag("actions"),
            agents: self.words(config, "agents", Agent::parse),
            outcomes: self.words(config, "outcomes", Outcome::parse),
            tenants: self.words(config, "tenants", |text| Some(text.to_owned())),
            ..Filter::default()
        }
    }

    fn words<T: Ord>(
        &mut self,
        config: &SinkConfig,
        key: &str,
        parse: fn(&str) -> Option<T>,
    ) -> Option<BTreeSet<T>> {
        let said = config.texts(key);
        let mut found = BTreeSet::new();
        for word in &said {
            match parse(word) {
                Some(word) => found.extend([word]),
                None => self.fault(key, &format!("there is no `{word}`")),
            }
        }
        (!said.is_empty()).then_some(found)
    }

    /// What no key can be blamed for alone.
    fn together(&mut self, config: &SinkConfig) {
        if let Some(profile) = config.said("redaction").filter(|name| !self.profiles.has(name)) {
            let what = format!(
                "there is no profile `{profile}`: use none or identities, or write [redaction.profiles.{profile}]"
            );
            self.fault("redaction", &what);
        }
        if config.kind == SinkKind::Splunk && config.secret("token").is_none() {
            self.fault("token_env", "is missing: Splunk's HTTP Event Collector needs a token");
        }
        if config.said("certificate_file").is_some() != config.said("key_file").is_some() {
            self.fault("certificate_file", "needs key_file, and key_file needs it");
        }
        let has_password = config.secret("password").is_some();
        if config.said("user").is_some() != has_password {
            self.fault("user", "needs password_env or password_file, and these need it");
        }
        for key in ["url", "proxy", "oidc_token_url"] {
            let said = self.sink.table.get(key).and_then(toml::Value::as_str);
            if said.is_some_and(holds_credentials) {
                self.fault(key, "holds credentials, which may not stand in an address here");
            }
        }
        let over_grpc = config.kind == SinkKind::Otlp && config.text("protocol") == "grpc";
        if over_grpc && config.said("proxy").is_some() {
            self.fault("proxy", "is not used over gRPC: say protocol = \"http\", or leave it out");
        }
    }
}

/// Whether an address has a user or a password in it.
fn holds_credentials(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// The names under which a key is written.
fn names(key: &SinkKey) -> Vec<String> {
    let open = (key.shape != SinkShape::Secret).then(|| key.name.to_owned());
    let suffixes: &[&str] = if key.shape.is_secret() { &["env", "file"] } else { &[] };
    open.into_iter().chain(suffixes.iter().map(|end| format!("{}_{end}", key.name))).collect()
}

fn default(key: &SinkKey) -> Option<Value> {
    if key.default.is_empty() {
        return None;
    }
    match key.shape {
        SinkShape::Flag => Some(Value::Flag(key.default == "true")),
        SinkShape::Number { .. } => key.default.parse().ok().map(Value::Number),
        _ => Some(Value::Text(key.default.to_owned())),
    }
}

/// A shape, for people.
pub(super) fn described(shape: SinkShape) -> String {
    match shape {
        SinkShape::Text => "a text".to_owned(),
        SinkShape::File => "a file".to_owned(),
        SinkShape::Folder => "a folder".to_owned(),
        SinkShape::Flag => "true or false".to_owned(),
        SinkShape::Number { min, max } => format!("{min} to {max}"),
        SinkShape::OneOf(words) => {
            let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
            words.join(", ")
        }
        SinkShape::Texts => "a list of texts".to_owned(),
        SinkShape::Pairs => "a table of texts".to_owned(),
        SinkShape::Secret => "a variable's name in _env, or a file in _file".to_owned(),
        SinkShape::Address => "a text, or a variable's name in _env, or a file in _file".to_owned(),
    }
}

#[cfg(test)]
mod tests;
