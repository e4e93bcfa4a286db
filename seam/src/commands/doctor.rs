//! `seam doctor`: what came in, what became of it, what looks wrong.

use std::collections::BTreeMap;

use crate::cli::{DoctorArgs, DoctorOutput};
use crate::doctor::{page, report};
use crate::exit::{Failure, Outcome};
use crate::source::Source;

pub(crate) async fn run(args: &DoctorArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let source = Source::open(args.data.as_deref(), &args.server, environment).await?;
    let report = report(&source, args.since.as_secs()).await?;
    let text = match args.output {
        DoctorOutput::Text => page(&report),
        DoctorOutput::Json => format!("{}\n", serde_json::to_string_pretty(&report)?),
    };
    super::print(text.as_bytes())?;
    if args.strict && report.has_warnings() {
        return Err(Failure::DoesNotHold("the doctor has warnings".to_owned()));
    }
    Ok(())
}
