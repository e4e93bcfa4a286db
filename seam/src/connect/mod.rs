//! Connecting an agent: its configuration printed, merged into its own files, taken out again.
//!
//! Start with [`agents`] for what each agent is told. [`write`] and [`undo`] work out changes to
//! files and [`step`] shows and makes them; [`merge`] puts keys into a text and takes them out;
//! [`document`] knows the formats; [`record`] remembers what was there.
//!
//! Nothing here reads the environment, the clock or a terminal: all that comes in with
//! [`Request`] and [`Places`].

mod agents;
mod attributes;
mod document;
mod error;
mod files;
mod managed;
mod merge;
mod plan;
mod print;
mod record;
mod request;
mod secret;
mod setting;
mod shell;
mod step;
#[cfg(test)]
mod tests;
mod undo;
mod write;

pub(crate) use error::ConnectError;
pub(crate) use request::{Agent, ClientCertificate, Endpoints, Places, Request};
pub(crate) use secret::Token;
pub(crate) use step::Changes;

/// The configuration, as a page to read.
pub(crate) fn page(request: &Request, places: &Places) -> Result<String, ConnectError> {
    print::page(&agents::plan(request, places)?, request.agent)
}

/// What administrators roll out: the document, and what to do with it.
pub(crate) fn managed(request: &Request) -> Result<(String, String), ConnectError> {
    let managed = agents::managed(request)?;
    let document = managed.document()?;
    let explanation = managed.explanation(&document);
    Ok((document, explanation))
}

/// What `--write` would change, and what a person has to know afterwards.
pub(crate) fn write(
    request: &Request,
    places: &Places,
    force: bool,
) -> Result<Changes, ConnectError> {
    let plan = agents::plan(request, places)?;
    let mut changes = write::prepare(&plan, request.agent, places, force)?;
    let about = plan.files.iter().filter(|file| !file.about.is_empty());
    changes.notes.extend(about.flat_map(|file| {
        std::iter::once(format!("{}:", file.path.display()))
            .chain(file.about.iter().map(|line| format!("  {line}")))
    }));
    changes.notes.extend(plan.notes);
    Ok(changes)
}

/// What `--undo` would change.
pub(crate) fn undo(agent: Agent, places: &Places) -> Result<Changes, ConnectError> {
    undo::prepare(agent, places)
}
