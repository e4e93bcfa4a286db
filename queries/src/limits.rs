//! What one statement, and all statements together, may use.

use std::path::PathBuf;
use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// The limits of an [`crate::Engine`]. The defaults suit a server that has other work to do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long the text of a statement may be.
    pub sql_bytes: usize,
    /// How many operators and brackets a statement may have. What plans a statement descends
    /// once per operator, so this bounds the stack and the time it takes.
    pub sql_operators: usize,
    /// How many steps a plan may have, subqueries and repeated `with` parts counted as often as
    /// they stand in it.
    pub plan_steps: usize,
    /// How many rows an answer gives before it is cut.
    pub rows: u64,
    /// How long a statement may take, from the moment it may run to its last row.
    pub deadline: Duration,
    /// How many statements run at once.
    pub concurrent: usize,
    /// How long a statement waits for its turn before it is told that the server is busy.
    pub turn: Duration,
    /// How long a statement waits for the tables to reach the end of the log.
    pub visible: Duration,
    /// How much memory all statements together may hold for sorting, grouping and joining.
    pub memory_bytes: usize,
    /// How many bytes one call of a function may produce.
    pub value_bytes: usize,
    /// How much all statements together may spill to disk.
    pub spill_bytes: u64,
    /// Where they spill. Without it they don't, and what does not fit into memory fails.
    pub spill_folder: Option<PathBuf>,
    /// How many threads plan and run statements, and into how many parts a statement is cut for
    /// them; 0 is one per core.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sql_bytes: 64 * 1024,
            sql_operators: 2_000,
            plan_steps: 2_000,
            rows: 1_000_000,
            deadline: Duration::from_secs(30),
            concurrent: 4,
            turn: Duration::from_secs(1),
            visible: Duration::from_secs(2),
            memory_bytes: 512 * MIB,
            value_bytes: 256 * MIB,
            spill_bytes: 4 * 1024 * MIB as u64,
            spill_folder: None,
            threads: 0,
        }
    }
}

impl Limits {
    /// How many threads there are: at least two on a machine with one core, so that a statement
    /// which does not yield leaves room for another.
    pub(crate) fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from).max(2),
            threads => threads,
        }
    }
}
