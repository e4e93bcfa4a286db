//! `seam token`: credentials, made beside a running server or without one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampSecondArray};
use seam_collector::credentials::{Door, NewToken, TokenEntry, TokenStore};
use seam_schema::ids::{Principal, Tenant};
use seam_store::DataFolder;
use seam_store::keys::Keys;

use crate::cli::{DoorArg, Output, TokenArgs, TokenCommand};
use crate::client::data_folder;
use crate::exit::{Failure, Outcome};

pub(crate) fn run(args: TokenArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let data = args.data.unwrap_or_else(|| data_folder(environment));
    match args.command {
        TokenCommand::Create { name, tenant, door, relay } => {
            create(&data, &name, &tenant, door, relay)
        }
        TokenCommand::List { output } => list(&data, output),
        TokenCommand::Revoke { name } => {
            open(&data)?.revoke(&name)?;
            Ok(super::print(format!("revoked `{name}`: it is refused from now on\n").as_bytes())?)
        }
    }
}

fn create(data: &Path, name: &str, tenant: &str, door: DoorArg, relay: bool) -> Outcome {
    let usage = |error: seam_schema::ids::NameError| Failure::Usage(error.to_string());
    let principal = Principal::new(name).map_err(usage)?;
    let tenant = Tenant::new(tenant).map_err(usage)?;
    let door = match door {
        DoorArg::Otlp => Door::Otlp,
        DoorArg::Api => Door::Api,
    };
    let token = open(data)?.create(&NewToken { name: principal, tenant, door, relay })?;
    // The token alone on standard output, so that a script can take it as it is.
    note(&format!("keep this token for `{name}`; it is not shown again:"));
    Ok(super::print(format!("{}\n", token.reveal()).as_bytes())?)
}

#[expect(clippy::print_stderr, reason = "a note for people beside the output")]
fn note(text: &str) {
    eprintln!("{text}");
}

/// The tokens of a folder, whose server may be running.
fn open(data: &Path) -> Result<TokenStore, Failure> {
    let disk = DataFolder::open_shared(data)?;
    Ok(TokenStore::open(Keys::new(disk), data)?)
}

fn list(data: &Path, output: Option<Output>) -> Outcome {
    let entries = open(data)?.list()?;
    let texts = |text: fn(&TokenEntry) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(entries.iter().map(text)))
    };
    let relays: BooleanArray = entries.iter().map(|entry| Some(entry.relay)).collect();
    let created =
        entries.iter().map(|entry| i64::try_from(entry.created_unix_seconds).unwrap_or(i64::MAX));
    let created = TimestampSecondArray::from_iter_values(created).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([
        ("name", texts(|entry| entry.name.as_str())),
        ("tenant", texts(|entry| entry.tenant.as_str())),
        ("for", texts(|entry| entry.door.as_str())),
        ("relay", Arc::new(relays)),
        ("created_at", Arc::new(created)),
    ])?;
    let mut encoder = super::format(output).encoder(&batch.schema())?;
    let mut text = Vec::new();
    encoder.encode(&batch, &mut text)?;
    encoder.finish(&mut text)?;
    Ok(super::print(&text)?)
}
