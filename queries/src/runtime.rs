//! The threads that plan and run statements.
//!
//! They are their own tokio runtime, at a lower priority than the threads that take events in:
//! the scheduler gives them the processor when nobody else wants it. The priority is the
//! operating system's nice value, per thread on Linux; elsewhere, or where it is refused, the
//! threads are ordinary ones. Stacks are deep because planning recurses into the statement.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// How much nicer than the rest of the process.
const NICE: i32 = 10;
/// Address space, not memory: only the pages that are used exist.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Threads that wait for files.
const BLOCKING_THREADS: usize = 16;

/// A runtime that can be dropped anywhere, also inside another one.
#[derive(Debug)]
pub(crate) struct QueryRuntime(Option<Runtime>);

impl QueryRuntime {
    /// Starts the threads.
    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("seam-query")
            .thread_stack_size(STACK_BYTES)
            .on_thread_start(be_nice)
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Where statements are spawned; nothing once the engine is going away.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for QueryRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(target_os = "linux")]
fn be_nice() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower the priority of a query thread");
    }
}

#[cfg(not(target_os = "linux"))]
fn be_nice() {}
