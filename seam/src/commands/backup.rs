//! `seam backup`: a copy of the data folder, beside a running server or without one.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use seam_schema::ids::{LogId, Sequence};
use seam_store::TablesUrl;
use seam_store::backup::{Backup, CopiedTables};
use seam_wal::{CopiedLog, copy_log};

use crate::cli::BackupArgs;
use crate::client::data_folder;
use crate::exit::{Failure, Outcome};

/// How often the log and the tables are copied anew because files vanished meanwhile.
const TRIES: usize = 5;
/// The log, in a data folder.
const LOG_DIR: &str = "wal";

pub(crate) fn run(args: &BackupArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let data = args.data.clone().unwrap_or_else(|| data_folder(environment));
    if data.to_str().is_some_and(TablesUrl::is_meant) {
        return Err(Failure::Usage(
            "--data has to be a folder: tables in an object store are not backed up by this command; use the store's own means"
                .to_owned(),
        ));
    }
    let backup = Backup::begin(&data, &args.to)?;
    // The tables are read on several threads.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(1).build();
    let runtime = runtime.context("cannot start threads")?;
    let copied = runtime.block_on(log_and_tables(&backup));
    let copied = copied.and_then(|copied| {
        let keys = if args.with_keys { backup.keys()? } else { Vec::new() };
        backup.finish()?;
        Ok((copied, keys))
    });
    let ((log, tables), keys) = copied.with_context(|| {
        format!("{} is not a whole copy and no data folder; remove it", args.to.display())
    })?;
    Ok(super::print(report(&args.to, log, tables, &keys).as_bytes())?)
}

/// Copies the log, then the tables as it covers them; again where they were faster.
async fn log_and_tables(backup: &Backup) -> anyhow::Result<(CopiedLog, CopiedTables)> {
    let mut attempt = 1;
    loop {
        let log = copy_log(backup.from(), backup.to(), Path::new(LOG_DIR))?;
        let end = Sequence(i64::try_from(log.end.get()).unwrap_or(i64::MAX));
        let id = log.log_id.map(|id| (LogId::from_bytes(*id.as_bytes()), end));
        match backup.tables(id).await {
            Ok(tables) => return Ok((log, tables)),
            Err(error) if error.is_passing() && attempt < TRIES => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn report(to: &Path, log: CopiedLog, tables: CopiedTables, keys: &[&str]) -> String {
    let keys = match keys {
        [] => "none".to_owned(),
        keys => keys.join(", "),
    };
    format!(
        "{to}\n  tables  {}, {} files, {} bytes\n  log     to frame {}, {} segments, {} bytes\n  keys    {keys}\n",
        tables.tables,
        tables.files,
        tables.bytes,
        log.end,
        log.segments,
        log.bytes,
        to = to.display(),
    )
}
