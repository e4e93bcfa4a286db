//! Tests of `token_store`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "a test damages files on purpose")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use seam_store::DataFolder;
use tempfile::TempDir;

use super::*;

struct Home {
    dir: TempDir,
    _folder: DataFolder,
    keys: Keys,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (folder, disk) = DataFolder::open(dir.path()).unwrap();
        Self { dir, _folder: folder, keys: Keys::new(disk) }
    }

    fn server(&self) -> TokenStore {
        TokenStore::open_with_local_token(self.keys.clone(), self.dir.path()).unwrap()
    }

    /// As another process sees it.
    fn command(&self) -> TokenStore {
        let disk = DataFolder::open_shared(self.dir.path()).unwrap();
        TokenStore::open(Keys::new(disk), self.dir.path()).unwrap()
    }
}

fn new(name: &str, door: Door) -> NewToken {
    let tenant = Tenant::new("acme").unwrap();
    NewToken { name: Principal::new(name).unwrap(), tenant, door, relay: false }
}

/// A token made or revoked by a command is known to a running server at its next check, also
/// when the changes come faster than any clock tells.
#[test]
fn running_servers_see_changes_at_once() {
    let home = Home::new();
    let (server, command) = (home.server(), home.command());
    for round in 0..20 {
        let token = command.create(&new("laptop-7", Door::Otlp)).unwrap();
        let identity = server.check(token.reveal(), Door::Otlp).unwrap();
        assert_eq!(
            (identity.tenant.as_str(), identity.principal.as_str()),
            ("acme", "laptop-7"),
            "{round}"
        );
        assert!(!identity.all_tenants);
        command.revoke("laptop-7").unwrap();
        assert_eq!(
            server.check(token.reveal(), Door::Otlp),
            Err(Refusal::Unauthenticated),
            "{round}"
        );
    }
}

/// A token opens the door it was made for and no other.
#[test]
fn tokens_open_their_own_door() {
    let home = Home::new();
    let server = home.server();
    let otlp = server.create(&new("sender", Door::Otlp)).unwrap();
    let api = server.create(&new("reader", Door::Api)).unwrap();
    assert!(server.check(otlp.reveal(), Door::Otlp).is_ok());
    assert!(server.check(api.reveal(), Door::Api).is_ok());
    assert_eq!(server.check(otlp.reveal(), Door::Api), Err(Refusal::WrongDoor));
    assert_eq!(server.check(api.reveal(), Door::Otlp), Err(Refusal::WrongDoor));
    for wrong in ["", "seam_otlp_", "seam_otlp_00", &otlp.reveal()[..70], "x"] {
        assert_eq!(server.check(wrong, Door::Otlp), Err(Refusal::Unauthenticated), "{wrong}");
    }
    assert!(server.any_for(Door::Api).unwrap());
    server.revoke("reader").unwrap();
    assert!(!server.any_for(Door::Api).unwrap());
}

/// A relay's token says so.
#[test]
fn relays_are_marked() {
    let home = Home::new();
    let server = home.server();
    let token = server.create(&NewToken { relay: true, ..new("gateway", Door::Otlp) }).unwrap();
    assert!(server.check(token.reveal(), Door::Otlp).unwrap().relay);
}

/// The local token is made once, is private, opens the API for every tenant, and nothing else.
#[test]
fn local_token_opens_the_api() {
    let home = Home::new();
    let server = home.server();
    let path = home.dir.path().join("keys/local-token");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let identity = server.check(text.trim(), Door::Api).unwrap();
    assert!(identity.all_tenants);
    assert_eq!(server.check(text.trim(), Door::Otlp), Err(Refusal::WrongDoor));
    assert!(home.server().check(text.trim(), Door::Api).is_ok());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    fs::write(&path, "not a token").unwrap();
    let refused = TokenStore::open_with_local_token(home.keys.clone(), home.dir.path());
    assert!(matches!(refused, Err(CredentialError::LocalToken)));
}

/// Neither the file nor an error nor `Debug` holds a token, and the file is private.
#[test]
fn tokens_are_not_kept() {
    let home = Home::new();
    let server = home.server();
    let token = server.create(&new("sender", Door::Otlp)).unwrap();
    let path = home.dir.path().join("keys/tokens.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"name\": \"sender\""));
    assert!(!text.contains(token.reveal().rsplit('_').next().unwrap()));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!format!("{server:?} {token:?} {:?}", server.list().unwrap()).contains(token.reveal()));
}

/// Names are taken once; what is not there cannot be revoked; the list shows what there is.
#[test]
fn names_are_taken_once() {
    let home = Home::new();
    let command = home.command();
    assert!(command.list().unwrap().is_empty());
    command.create(&new("one", Door::Otlp)).unwrap();
    command.create(&new("two", Door::Api)).unwrap();
    assert!(matches!(command.create(&new("one", Door::Api)), Err(CredentialError::Exists(_))));
    assert!(matches!(command.revoke("three"), Err(CredentialError::Unknown(_))));
    let names: Vec<_> =
        command.list().unwrap().iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(names, ["one", "two"]);
}

/// A damaged file lets nobody in, and tells clients to come back rather than to drop.
#[test]
fn damaged_files_let_nobody_in() {
    let home = Home::new();
    let server = home.server();
    let token = server.create(&new("sender", Door::Otlp)).unwrap();
    for text in [
        "",
        "{",
        "{\"version\": 2, \"tokens\": []}",
        "{\"version\": 1, \"tokens\": [], \"more\": 1}",
    ] {
        fs::write(home.dir.path().join("keys/tokens.json"), text).unwrap();
        assert_eq!(server.check(token.reveal(), Door::Otlp), Err(Refusal::Internal), "{text}");
        assert!(matches!(server.list(), Err(CredentialError::Damaged(_))), "{text}");
    }
}
