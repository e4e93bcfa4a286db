//! One measured run: load, then what it cost the server until the server was idle again.
//!
//! A server may put work off: rows wait in memory for their file, files for compaction.
//! So what is pending is flushed and waited for, before the run and after it, and the run
//! pays for all the work it caused and for none of the work of the run before.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::api::Api;
use crate::bodies::Bodies;
use crate::drive::{Extent, Plan, Rate, drive};
use crate::figures::{Figures, ServerFigures};
use crate::process::Process;

/// A server whose costs are taken.
pub(crate) struct Watched {
    pub(crate) process: Process,
    /// How to make it write what it still holds; without it, the wait for idleness may end before it does.
    pub(crate) flush: Option<Api>,
    /// Whether its memory means anything: not for a thread of this process.
    pub(crate) has_memory: bool,
}

/// Runs the plan and takes its figures.
pub(crate) fn measure(
    plan: &Plan,
    bodies: &Arc<Bodies>,
    watched: Option<&Watched>,
    warmup: Duration,
) -> anyhow::Result<Figures> {
    if !warmup.is_zero() {
        let plan = Plan { rate: Rate::Closed, extent: Extent::Time(warmup), ..plan.clone() };
        drive(&plan, bodies).context("the warm-up failed")?;
    }
    let before = match watched {
        Some(watched) => {
            watched.settle()?;
            watched.process.cpu_seconds()?
        }
        None => 0.0,
    };
    let own_before = Process::this().cpu_seconds()?;
    let driven = drive(plan, bodies)?;
    let mut own_cpu_s = Process::this().cpu_seconds()? - own_before;
    let server = match watched {
        Some(watched) => {
            let busy_s = watched.process.cpu_seconds()? - before;
            let became_idle = watched.settle()?;
            let cpu_s = watched.process.cpu_seconds()? - before;
            let memory = if watched.has_memory { Some(watched.process.memory()?) } else { None };
            if memory.is_none() {
                // The thread is part of this process, and its work is not the generator's.
                own_cpu_s -= busy_s;
            }
            Some(ServerFigures::new(cpu_s, driven.tally.events, memory, became_idle))
        }
        None => None,
    };
    Ok(Figures::new(&driven, own_cpu_s, server))
}

impl Watched {
    /// Has it write what it holds, then waits until it is idle; `false` if it never is.
    pub(crate) fn settle(&self) -> anyhow::Result<bool> {
        if let Some(api) = &self.flush {
            api.flush().context("cannot flush the server")?;
        }
        self.process.wait_until_idle()
    }
}
