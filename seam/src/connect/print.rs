//! The configuration as a person reads it: every file, and where it goes.

use super::document::Format;
use super::error::ConnectError;
use super::plan::{Content, Plan};
use super::request::Agent;
use super::secret::masked;

/// Everything on one page. A token is masked; `--write` puts it in.
pub(crate) fn page(plan: &Plan, agent: Agent) -> Result<String, ConnectError> {
    let mut page = String::new();
    for file in &plan.files {
        let mark = match &file.content {
            Content::Settings(Format::Json, _) => "//",
            _ => "#",
        };
        let what = match &file.content {
            Content::Settings(Format::Env, _) => "Variables for",
            Content::Settings(..) => "Settings for",
            Content::Program(_) => "A program, to be executable:",
        };
        let mut head = vec![format!("{what} {}", file.path.display())];
        head.extend(file.about.iter().cloned());
        for line in head {
            page.extend([mark, " ", line.as_str(), "\n"]);
        }
        let text = file.text()?;
        page.push_str(&masked(&text));
        if !text.ends_with('\n') {
            page.push('\n');
        }
        page.push('\n');
    }
    if plan.files.iter().any(|file| file.secret) {
        page.push_str("# The token is not shown; --write puts it where it belongs.\n");
    }
    for note in &plan.notes {
        page.extend(["# ", note.as_str(), "\n"]);
    }
    page.extend([
        "# `seam connect ",
        agent.name(),
        " --write` merges this into what is there, and `--undo` takes it out.\n",
    ]);
    Ok(page)
}
