//! Tests of the whole, in a home folder of their own: written, edited, taken back.

mod conflict;
mod idempotent;
mod managed_form;
mod printed;
mod printed_full;
mod property;
mod round_trip;
mod secrets;
mod shapes;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{
    Agent, ClientCertificate, ConnectError, Endpoints, Places, Request, Token, undo, write,
};

pub(super) const AGENTS: [Agent; 6] =
    [Agent::Codex, Agent::ClaudeCode, Agent::Gemini, Agent::Qwen, Agent::Copilot, Agent::Otel];

/// A home folder.
pub(super) struct Home {
    folder: tempfile::TempDir,
    pub(super) places: Places,
}

impl Home {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::new(folder.path(), &BTreeMap::new());
        Self { folder, places }
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(super) fn put(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, text, 0o644);
    }

    pub(super) fn text(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap()
    }

    pub(super) fn mode(&self, relative: &str) -> u32 {
        std::fs::metadata(self.path(relative)).unwrap().permissions().mode() & 0o7777
    }

    /// Every file and folder below home, with text and mode.
    pub(super) fn everything(&self) -> BTreeMap<PathBuf, (String, u32)> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let mode = std::fs::symlink_metadata(&path).unwrap().permissions().mode();
                if path.is_dir() {
                    found.insert(path.clone(), (String::new(), mode));
                    folders.push(path);
                } else {
                    found.insert(path.clone(), (std::fs::read_to_string(&path).unwrap(), mode));
                }
            }
        }
        found
    }

    pub(super) fn write(&self, request: &Request) -> Result<(), ConnectError> {
        write(request, &self.places, false)?.make()
    }

    pub(super) fn force(&self, request: &Request) -> Result<(), ConnectError> {
        write(request, &self.places, true)?.make()
    }

    pub(super) fn undo(&self, agent: Agent) -> Result<Vec<String>, ConnectError> {
        let changes = undo(agent, &self.places)?;
        changes.make()?;
        Ok(changes.notes)
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
fn put(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A request of the plainest kind.
pub(super) fn plain(agent: Agent) -> Request {
    Request {
        agent,
        endpoints: Endpoints::new(None, None, None).unwrap(),
        token: None,
        ca: None,
        client: None,
        prompts: false,
        user: Some("ada".to_owned()),
        host: Some("laptop-7".to_owned()),
    }
}

pub(super) const TOKEN: &str = "seam_t0pSecretValue";

/// A request with everything in it.
pub(super) fn full(agent: Agent) -> Request {
    Request {
        endpoints: Endpoints::new(Some("https://seam.example.org"), None, None).unwrap(),
        token: Some((Token::parse(TOKEN).unwrap(), PathBuf::from("/etc/seam it's/token"))),
        ca: Some(PathBuf::from("/etc/seam/ca.pem")),
        client: Some(ClientCertificate {
            certificate: PathBuf::from("/etc/seam/me.pem"),
            key: PathBuf::from("/etc/seam/me.key"),
        }),
        prompts: true,
        user: Some("Zoë Ü, =1".to_owned()),
        ..plain(agent)
    }
}

/// The agent's own file below home, and one that says other things, with comments.
pub(super) fn settings_of(agent: Agent) -> Option<(&'static str, &'static str)> {
    let json = "// mine\n{\n  \"theme\": \"dark\", // as I like it\n  \"env\": {\n    \"A\": \"1\" /* one */\n  },\n\n  \"list\": [1, 2.50, null]\n}\n";
    let toml = "# mine\nmodel = \"gpt-5.4\" # the new one\n\n[profiles.work]\nmodel   =  'x'\nlist = [\n  1, # one\n  0x10,\n]\n\n[[hooks]]\nname = \"a\"\n";
    match agent {
        Agent::Codex => Some((".codex/config.toml", toml)),
        Agent::ClaudeCode => Some((".claude/settings.json", json)),
        Agent::Gemini => Some((".gemini/settings.json", json)),
        Agent::Qwen => Some((".qwen/settings.json", json)),
        Agent::Copilot | Agent::Otel => None,
    }
}
