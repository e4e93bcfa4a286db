//! `seam serve`: configuration, logging, threads; the rest is [`crate::server`]'s.

use std::collections::BTreeMap;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::cli::ServeArgs;
use crate::config::Config;
use crate::exit::{Failure, Outcome};

pub(crate) fn run(args: &ServeArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let config = super::config::checked(args, environment)?;
    keep_content_out_of_panics();
    log_to_stderr(&config, environment.contains_key("NO_COLOR"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("seam")
        .build()
        .context("cannot start threads")?;
    let served = runtime.block_on(crate::server::run(&config));
    // What still runs now was given its time.
    runtime.shutdown_background();
    served.map_err(Failure::Failed)
}

/// Says where a panic happened, and nothing of what it was about: that may quote a prompt.
fn keep_content_out_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(
            at,
            thread = thread.name().unwrap_or("unnamed"),
            "a defect of seam: it panicked"
        );
    }));
}

fn log_to_stderr(config: &Config, no_color: bool) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| Failure::Usage(format!("`log` is no filter for log lines: {error}")))?;
    // A commit that has to give way to another's is no fault, and what is one the store says itself.
    let filter = if config.log.contains("deltalake") {
        filter
    } else {
        filter.add_directive(
            "deltalake_core::kernel::transaction=off".parse().map_err(anyhow::Error::from)?,
        )
    };
    let color = !no_color && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(color);
    let set = if config.log_json { lines.json().try_init() } else { lines.try_init() };
    set.map_err(|error| Failure::Failed(anyhow::anyhow!("cannot set up logging: {error}")))
}
