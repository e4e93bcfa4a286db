//! `[redaction.profiles.NAME]`: what is taken out of records before a destination gets them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use seam_schema::redact::{FieldRule, PROFILE_FIELDS, Profile, RedactError, Redactor};
use serde::de::DeserializeOwned;

use crate::config::keys::{Key, Shape};
use crate::config::raw::{Fault, Source};
use crate::config::reference::shape;
use crate::config::rules::Redaction;

/// Takes nothing.
const NONE: &str = "none";
/// Hashes who it was.
const IDENTITIES: &str = "identities";
/// What it hashes.
const IDENTITY_FIELDS: [&str; 3] = ["user_email", "user_id", "host"];

const fn key(
    path: &'static str,
    shape: Shape,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { path, shape, default, meaning }
}

/// Every key of a profile, in the order of the reference.
const PROFILE_KEYS: &[Key] = &[
    key(
        "enabled",
        Shape::Flag,
        "true",
        "look for secrets once more, with these rules and those that come with seam",
    ),
    key("disable", Shape::List, "[]", "ids of rules that are left out"),
    key("allow", Shape::List, "[]", "regular expressions of values that are never replaced"),
    key(
        "rules",
        Shape::List,
        "[]",
        "own rules: tables of id, regex, keywords, secret_group, entropy",
    ),
    key("drop", Shape::List, "[]", "columns that are not sent"),
    key(
        "hash",
        Shape::List,
        "[]",
        "columns in whose place a keyed hash is sent, the same for equal values and of this data folder",
    ),
];

/// One of `[redaction.profiles]`, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct RawProfile {
    pub(crate) name: String,
    pub(crate) table: toml::Table,
    pub(crate) source: Source,
}

/// The profiles that somebody wrote, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profiles(BTreeMap<String, ProfileConfig>);

#[derive(Debug, Clone)]
struct ProfileConfig {
    redaction: Redaction,
    drop: Vec<String>,
    hash: Vec<String>,
}

impl Profiles {
    /// Whether a sink may name it.
    pub(crate) fn has(&self, name: &str) -> bool {
        [NONE, IDENTITIES].contains(&name) || self.0.contains_key(name)
    }

    /// All of them, with this key of their hashes.
    pub(crate) fn made(
        &self,
        key: &[u8; 32],
    ) -> Result<BTreeMap<String, Arc<Profile>>, RedactError> {
        let hashed = |name: &str| (name.to_owned(), FieldRule::Hash);
        let identities = Profile::new(Redactor::off(), IDENTITY_FIELDS.map(hashed), key);
        let mut made = BTreeMap::from([
            (NONE.to_owned(), Arc::default()),
            (IDENTITIES.to_owned(), Arc::new(identities)),
        ]);
        for (name, profile) in &self.0 {
            let dropped = profile.drop.iter().map(|name| (name.clone(), FieldRule::Drop));
            let fields = dropped.chain(profile.hash.iter().map(|name| hashed(name)));
            let redactor = profile.redaction.redactor(*key)?;
            made.insert(name.clone(), Arc::new(Profile::new(redactor, fields, key)));
        }
        Ok(made)
    }
}

/// Reads all profiles; notes everything that is wrong.
pub(crate) fn read(profiles: &[RawProfile], faults: &mut Vec<Fault>) -> Profiles {
    let mut found = BTreeMap::new();
    for profile in profiles {
        let mut reader = ProfileReader { profile, faults };
        found.insert(profile.name.clone(), reader.profile());
    }
    Profiles(found)
}

/// Reads one table.
struct ProfileReader<'r> {
    profile: &'r RawProfile,
    faults: &'r mut Vec<Fault>,
}

impl ProfileReader<'_> {
    fn fault(&mut self, key: &str, what: String) {
        let name = &self.profile.name;
        let dot = if key.is_empty() { "" } else { "." };
        let path = format!("redaction.profiles.{name}{dot}{key}");
        self.faults.push(Fault { path, source: self.profile.source.clone(), what });
    }

    fn profile(&mut self) -> ProfileConfig {
        let name = self.profile.name.as_str();
        if [NONE, IDENTITIES].contains(&name) {
            self.fault("", "is the name of a profile that comes with seam".to_owned());
        }
        for key in self.profile.table.keys() {
            if !PROFILE_KEYS.iter().any(|known| known.path == key) {
                self.fault(key, "is not a key; `seam config reference` lists them".to_owned());
            }
        }
        let redaction = Redaction {
            enabled: self.flag("enabled"),
            disable: self.list("disable"),
            allow: self.list("allow"),
            rules: self.list("rules"),
        };
        for (path, what) in redaction.faults() {
            self.fault(path.strip_prefix("redaction.").unwrap_or(path), what);
        }
        let (drop, hash) = (self.list("drop"), self.list("hash"));
        self.fields("drop", &drop, &BTreeSet::new());
        self.fields("hash", &hash, &drop.iter().collect());
        ProfileConfig { redaction, drop, hash }
    }

    fn fields(&mut self, key: &str, names: &[String], elsewhere: &BTreeSet<&String>) {
        for name in names {
            if !PROFILE_FIELDS.contains(&name.as_str()) {
                let known = PROFILE_FIELDS.join(", ");
                self.fault(key, format!("`{name}` is none of {known}"));
            } else if elsewhere.contains(name) {
                self.fault(key, format!("`{name}` is dropped: it cannot be hashed too"));
            }
        }
    }

    fn flag(&mut self, name: &'static str) -> bool {
        let default = PROFILE_KEYS.iter().any(|key| key.path == name && key.default == "true");
        match self.profile.table.get(name) {
            None => default,
            Some(toml::Value::Boolean(flag)) => *flag,
            Some(_) => {
                self.fault(name, "is neither true nor false".to_owned());
                default
            }
        }
    }

    /// The entries of a list, each read as a `T`.
    fn list<T: DeserializeOwned>(&mut self, name: &'static str) -> Vec<T> {
        let entries = match self.profile.table.get(name) {
            None => return Vec::new(),
            Some(toml::Value::Array(entries)) => entries,
            Some(_) => {
                self.fault(name, "is not a list, like [\"a\", \"b\"]".to_owned());
                return Vec::new();
            }
        };
        let mut read = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match entry.clone().try_into() {
                Ok(entry) => read.push(entry),
                Err(error) => self.fault(name, format!("entry {index}: {}", error.message())),
            }
        }
        read
    }
}

/// Every key as a comment: there is no profile unless somebody writes one.
pub(crate) fn reference() -> String {
    let mut out = format!(
        "\n# Profiles that [[sinks]] name under `redaction`; `{NONE}` takes nothing, `{IDENTITIES}` hashes {}.\n# [redaction.profiles.NAME]\n",
        IDENTITY_FIELDS.join(", ")
    );
    for key in PROFILE_KEYS {
        line(&mut out, &format!("# {}; {}", key.meaning, shape(key.shape)));
        line(&mut out, &format!("# {} = {}", key.path, key.default));
    }
    line(&mut out, &format!("# columns for drop and hash: {}", PROFILE_FIELDS.join(", ")));
    out
}

/// The profiles as they were written.
pub(crate) fn show(profiles: &[RawProfile]) -> String {
    let mut out = String::new();
    for profile in profiles {
        let name = toml::Value::String(profile.name.clone());
        line(&mut out, &format!("\n[redaction.profiles.{name}]  # {}", profile.source));
        for (name, value) in &profile.table {
            line(&mut out, &format!("{name} = {value}"));
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let written = writeln!(out, "{text}");
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn checked(text: &str) -> (Profiles, Vec<Fault>) {
        let table: toml::Table = text.parse().unwrap();
        let raw = table.into_iter().map(|(name, profile)| RawProfile {
            name,
            table: profile.as_table().unwrap().clone(),
            source: Source::Default,
        });
        let mut faults = Vec::new();
        let found = read(&raw.collect::<Vec<_>>(), &mut faults);
        (found, faults)
    }

    /// A profile is read with its defaults, and those that come with seam are there.
    #[test]
    fn a_profile_is_read() {
        let (profiles, faults) = checked("[mine]\nhash = [\"host\"]\ndrop = [\"cwd\"]\n");
        assert!(faults.is_empty(), "{faults:?}");
        let made = profiles.made(&[1; 32]).unwrap();
        assert_eq!(made.keys().collect::<Vec<_>>(), [IDENTITIES, "mine", NONE]);
        assert!(made[NONE].is_none() && !made[IDENTITIES].is_none());
        assert!(profiles.has("mine") && profiles.has(NONE) && !profiles.has("other"));
    }

    /// All faults come at once, each under the path of its key.
    #[test]
    fn all_faults_of_profiles_at_once() {
        let text = "[identities]\n[a]\nfoo = 1\nenabled = \"yes\"\ndrop = [\"hsot\", \"host\"]\nhash = [\"host\"]\n\
            disable = [\"no-such-rule\"]\nrules = [{ id = \"x\" }]\nallow = \"x\"\n";
        let (_, faults) = checked(text);
        let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
        for key in ["foo", "enabled", "drop", "hash", "disable", "rules", "allow"] {
            let path = format!("redaction.profiles.a.{key}");
            assert!(paths.contains(&path.as_str()), "{path} in {paths:?}");
        }
        assert!(paths.contains(&"redaction.profiles.identities"), "{paths:?}");
    }

    /// The keys of the reference are those that are read.
    #[test]
    fn the_reference_can_be_read() {
        let text = reference();
        let keys = text.lines().filter_map(|line| line.strip_prefix("# "));
        let keys: Vec<&str> = keys.filter(|line| line.contains(" = ")).collect();
        let (_, faults) = checked(&format!("[a]\n{}\n", keys.join("\n")));
        assert!(faults.is_empty() && keys.len() == PROFILE_KEYS.len(), "{faults:?}");
    }
}
