//! `seam config`: is it right, what is in force, what could be said.

use std::collections::BTreeMap;

use crate::cli::{ConfigCommand, ServeArgs};
use crate::config::{Config, RawConfig, raw::Fault, reference};
use crate::exit::{Failure, Outcome};

pub(crate) fn run(command: &ConfigCommand, environment: &BTreeMap<String, String>) -> Outcome {
    match command {
        ConfigCommand::Check(args) => {
            checked(args, environment)?;
            Ok(super::print(b"the configuration is right\n")?)
        }
        ConfigCommand::Show(args) => {
            let raw = RawConfig::gather(args, environment);
            Config::check(&raw).map_err(|faults| failure(&faults))?;
            Ok(super::print(reference::show(&raw).as_bytes())?)
        }
        ConfigCommand::Reference => Ok(super::print(reference::reference().as_bytes())?),
    }
}

/// The configuration of a server, or every fault in it.
pub(crate) fn checked(
    args: &ServeArgs,
    environment: &BTreeMap<String, String>,
) -> Result<Config, Failure> {
    Config::check(&RawConfig::gather(args, environment)).map_err(|faults| failure(&faults))
}

fn failure(faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    Failure::Usage(format!("the configuration has {} faults:{}", faults.len(), lines.concat()))
}
