//! The list of `seam sessions`: a line or a row to a conversation, the newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::TimestampMicrosecondArray;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use seam_queries::format::Format;
use serde::Deserialize;
use unicode_width::UnicodeWidthStr as _;

use super::rows::{Moment, SessionRow};
use super::{Filter, gather::ID_CHUNK};
use crate::exit::Failure;
use crate::quote::literals;
use crate::source::Source;
use crate::terminal::{Terminal, cut, day, escape, milliseconds};

/// The first prompt is shown at least so wide, however narrow the terminal is.
const PROMPT_WIDTH_MIN: usize = 24;
/// Names of people and machines are cut there.
const NAME_WIDTH: usize = 28;

/// The conversations that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    sessions: Vec<SessionRow>,
    /// The first prompt of each, by tenant and id.
    prompts: BTreeMap<(String, String), String>,
    /// There are more than were asked for.
    pub(crate) is_cut: bool,
}

#[derive(Debug, Deserialize)]
struct FirstPrompt {
    tenant: String,
    session_id: String,
    prompt: Option<String>,
}

/// Reads at most `limit` conversations, the newest first.
pub(crate) async fn list(
    source: &Source,
    filter: &Filter,
    limit: usize,
) -> Result<Listing, Failure> {
    let mut sessions: Vec<SessionRow> = source.rows(&statement(filter, limit)).await?;
    let is_cut = sessions.len() > limit;
    sessions.truncate(limit);
    let mut prompts = BTreeMap::new();
    for some in sessions.chunks(ID_CHUNK) {
        let ids = some.iter().map(|session| session.session_id.as_str());
        for first in source.rows::<FirstPrompt>(&first_prompts(&literals(ids))).await? {
            prompts.extend(first.prompt.map(|text| ((first.tenant, first.session_id), text)));
        }
    }
    Ok(Listing { sessions, prompts, is_cut })
}

/// One more than asked for, so that it can be said that there are more.
fn statement(filter: &Filter, limit: usize) -> String {
    format!(
        "select s.* from sessions s where {} \
         order by s.started_at desc nulls last, s.session_id limit {}",
        filter.condition(),
        limit.saturating_add(1)
    )
}

/// A prompt with a text is worth more than an earlier one without.
fn first_prompts(ids: &str) -> String {
    format!(
        "select tenant, session_id, prompt from (select tenant, session_id, prompt, row_number() over ( \
           partition by tenant, session_id order by prompt is null, started_at, turn_id) as place \
           from turns where session_id in ({ids})) where place = 1"
    )
}

impl Listing {
    /// The listing of rows that are given, for tests and for lists of candidates.
    pub(crate) fn of(sessions: Vec<SessionRow>) -> Self {
        Self { sessions, ..Self::default() }
    }

    #[cfg(test)]
    pub(crate) fn with_prompt(mut self, tenant: &str, session_id: &str, prompt: &str) -> Self {
        self.prompts.insert((tenant.to_owned(), session_id.to_owned()), prompt.to_owned());
        self
    }

    fn prompt(&self, session: &SessionRow) -> &str {
        let key = (session.tenant.clone(), session.session_id.clone());
        self.prompts.get(&key).map_or("", String::as_str)
    }

    /// The list for programs.
    pub(crate) fn encode(&self, format: Format) -> Result<Vec<u8>, Failure> {
        let batch = self.batch()?;
        let mut encoder = format.encoder(&batch.schema())?;
        let mut text = Vec::new();
        encoder.encode(&batch, &mut text)?;
        encoder.finish(&mut text)?;
        Ok(text)
    }

    fn batch(&self) -> anyhow::Result<RecordBatch> {
        let texts = |text: fn(&SessionRow) -> Option<&str>| -> ArrayRef {
            Arc::new(self.sessions.iter().map(text).collect::<StringArray>())
        };
        let numbers = |number: fn(&SessionRow) -> Option<i64>| -> ArrayRef {
            Arc::new(self.sessions.iter().map(number).collect::<Int64Array>())
        };
        let times = |time: fn(&SessionRow) -> Option<Moment>| -> ArrayRef {
            let times = self.sessions.iter().map(|row| Some(time(row)?.timestamp_micros()));
            Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        };
        let costs = self.sessions.iter().map(|row| row.cost_usd).collect::<Float64Array>();
        let prompts = self.sessions.iter().map(|row| Some(self.prompt(row)));
        let prompts = prompts.map(|text| text.filter(|text| !text.is_empty()));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("started_at", times(|row| row.started_at)),
            ("ended_at", times(|row| row.ended_at)),
            ("duration_ms", numbers(SessionRow::duration_ms)),
            ("agent", texts(|row| row.agent.as_deref())),
            ("agent_version", texts(|row| row.agent_version.as_deref())),
            ("role", texts(|row| row.role.as_deref())),
            ("user_email", texts(|row| row.user_email.as_deref())),
            ("principal", texts(|row| Some(&row.principal))),
            ("host", texts(|row| row.host.as_deref())),
            ("repository", texts(|row| row.repository.as_deref())),
            ("cwd", texts(|row| row.cwd.as_deref())),
            ("turns", numbers(|row| Some(row.turns))),
            ("actions", numbers(|row| Some(row.actions))),
            ("denied", numbers(|row| Some(row.denied))),
            ("failed", numbers(|row| Some(row.failed))),
            ("net_denied", numbers(|row| Some(row.net_denied))),
            ("gaps", numbers(|row| Some(row.gaps))),
            ("input_tokens", numbers(|row| row.input_tokens)),
            ("output_tokens", numbers(|row| row.output_tokens)),
            ("cost_usd", Arc::new(costs)),
            ("first_prompt", Arc::new(prompts.collect::<StringArray>())),
            ("session_id", texts(|row| Some(&row.session_id))),
            ("root_session_id", texts(|row| row.root_session_id.as_deref())),
            ("parent_session_id", texts(|row| row.parent_session_id.as_deref())),
            ("tenant", texts(|row| Some(&row.tenant))),
        ];
        RecordBatch::try_from_iter(columns).context("cannot make a batch of the list")
    }

    /// The list for people; the prompts fill what the terminal leaves.
    pub(crate) fn table(&self, terminal: &Terminal) -> String {
        const HEAD: [&str; 13] = [
            "started",
            "took",
            "agent",
            "role",
            "who",
            "host",
            "turns",
            "actions",
            "denied",
            "failed",
            "net denied",
            "first prompt",
            "id",
        ];
        // Numbers stand right below each other.
        const NUMBERS: std::ops::RangeInclusive<usize> = 6..=10;
        const PROMPT: usize = 11;
        let mut lines: Vec<Vec<String>> = vec![HEAD.map(str::to_owned).to_vec()];
        lines.extend(self.sessions.iter().map(|session| self.cells(session)));
        let mut widths: Vec<usize> = vec![0; HEAD.len()];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.width().max(*width);
            }
        }
        let others = widths.iter().enumerate().filter(|(column, _)| *column != PROMPT);
        let taken: usize = others.map(|(_, width)| width + 2).sum();
        if let Some(width) = widths.get_mut(PROMPT) {
            *width = (*width).min(terminal.width.saturating_sub(taken).max(PROMPT_WIDTH_MIN));
        }
        let mut page = String::new();
        for line in &lines {
            let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                let cell = cut(cell, *width);
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                if NUMBERS.contains(&column) { pad + &cell } else { cell + &pad }
            });
            page.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            page.push('\n');
        }
        page
    }

    fn cells(&self, session: &SessionRow) -> Vec<String> {
        let name = |text: Option<&str>| cut(&escape(text.unwrap_or("-")), NAME_WIDTH);
        vec![
            session.started_at.map_or_else(|| "-".to_owned(), day),
            session.duration_ms().map_or_else(|| "-".to_owned(), milliseconds),
            name(session.agent.as_deref()),
            name(session.role.as_deref()),
            name(Some(session.who())),
            name(session.host.as_deref()),
            session.turns.to_string(),
            session.actions.to_string(),
            session.denied.to_string(),
            session.failed.to_string(),
            session.net_denied.to_string(),
            escape(self.prompt(session).trim()),
            escape(&session.session_id),
        ]
    }
}
