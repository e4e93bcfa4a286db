//! `seam connect`: an agent's configuration printed, written into its files, taken out again.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::cli::{AgentArg, ConnectArgs, YesNo};
use crate::connect::{
    self, Agent, Changes, ClientCertificate, ConnectError, Endpoints, Places, Request, Token,
};
use crate::exit::{Failure, Outcome};

pub(crate) fn run(args: &ConnectArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let agent = agent(args.agent);
    let home = environment.get("HOME").map(Path::new).filter(|home| home.is_absolute());
    let home = home.ok_or_else(|| Failure::Usage("HOME does not name a folder".to_owned()))?;
    let places = Places::new(home, environment);
    if args.undo {
        let changes = connect::undo(agent, &places)?;
        return make(&changes, args.yes, "there is nothing left to take back");
    }
    let request = request(args, agent, environment).map_err(usage)?;
    if args.managed {
        let (document, explanation) = connect::managed(&request).map_err(usage)?;
        say(&explanation);
        return Ok(super::print(document.as_bytes())?);
    }
    if args.write {
        let changes = connect::write(&request, &places, args.force)?;
        return make(&changes, args.yes, "everything stands there already; nothing is changed");
    }
    Ok(super::print(connect::page(&request, &places)?.as_bytes())?)
}

/// Shows the changes, asks, and makes them.
fn make(changes: &Changes, yes: bool, nothing: &str) -> Outcome {
    if changes.is_nothing() {
        // A record may be outdated although no file is.
        changes.make()?;
        say(nothing);
        return Ok(());
    }
    say(&changes.diff());
    if !yes && !agreed()? {
        return Err(Failure::Failed(anyhow::anyhow!("nothing is changed")));
    }
    changes.make()?;
    for note in &changes.notes {
        say(note);
    }
    Ok(())
}

/// Asks on the terminal.
fn agreed() -> Result<bool, Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::Usage(
            "nobody can be asked here: say --yes to make these changes".to_owned(),
        ));
    }
    ask("Make these changes? [y/N] ");
    let mut answer = String::new();
    input.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn agent(arg: AgentArg) -> Agent {
    match arg {
        AgentArg::Codex => Agent::Codex,
        AgentArg::ClaudeCode => Agent::ClaudeCode,
        AgentArg::Gemini => Agent::Gemini,
        AgentArg::Qwen => Agent::Qwen,
        AgentArg::Copilot => Agent::Copilot,
        AgentArg::Otel => Agent::Otel,
    }
}

/// What was typed, with the defaults of this machine. A fleet's file names no user and no host.
fn request(
    args: &ConnectArgs,
    agent: Agent,
    environment: &BTreeMap<String, String>,
) -> Result<Request, ConnectError> {
    let token = match &args.token_file {
        Some(file) => Some((Token::read(file)?, absolute(file)?)),
        None => None,
    };
    let client = match (&args.client_cert, &args.client_key) {
        (Some(certificate), Some(key)) => {
            Some(ClientCertificate { certificate: absolute(certificate)?, key: absolute(key)? })
        }
        _ => None,
    };
    let os_user = || ["USER", "LOGNAME"].iter().find_map(|name| environment.get(*name).cloned());
    let default = |given: &Option<String>, otherwise: Option<String>| {
        let chosen = given.clone().or(if args.managed { None } else { otherwise });
        chosen.filter(|text| !text.is_empty())
    };
    Ok(Request {
        agent,
        endpoints: Endpoints::new(
            args.endpoint.as_deref(),
            args.endpoint_grpc.as_deref(),
            args.endpoint_http.as_deref(),
        )?,
        token,
        ca: args.ca.as_deref().map(absolute).transpose()?,
        client,
        prompts: args.prompts == YesNo::Yes,
        user: default(&args.user, os_user()),
        host: default(&args.host, hostname()),
    })
}

/// Agents run in other folders, so a path is made whole; the file has to be there.
fn absolute(file: &Path) -> Result<PathBuf, ConnectError> {
    std::fs::canonicalize(file)
        .map_err(|source| ConnectError::Read { path: file.to_owned(), source })
}

/// The name of this machine.
fn hostname() -> Option<String> {
    let name = rustix::system::uname();
    Some(name.nodename().to_str().ok()?.to_owned())
}

/// A wrong option is a wrong usage.
fn usage(error: ConnectError) -> Failure {
    match error {
        ConnectError::Option(what) => Failure::Usage(what),
        other => other.into(),
    }
}

#[expect(clippy::print_stderr, reason = "what is for people goes beside the output")]
fn say(text: &str) {
    eprintln!("{}", text.trim_end_matches('\n'));
}

#[expect(clippy::print_stderr, reason = "a question to a person, answered on the same line")]
fn ask(question: &str) {
    eprint!("{question}");
}
