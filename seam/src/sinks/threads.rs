//! The threads on which deliveries run: their own Tokio runtime, at a lower priority than the
//! threads that take events in.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// How much nicer than the rest of the process.
const NICE: i32 = 5;
const THREADS: usize = 2;
/// Threads that wait for disks.
const BLOCKING_THREADS: usize = 16;

/// A runtime that can be dropped anywhere, also inside another one.
#[derive(Debug)]
pub(super) struct SinkThreads(Option<Runtime>);

impl SinkThreads {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name("seam-sink")
            .on_thread_start(be_nice)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Where deliveries are spawned; nothing once the server is going away.
    pub(super) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for SinkThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(target_os = "linux")]
fn be_nice() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower the priority of a thread that sends on");
    }
}

#[cfg(not(target_os = "linux"))]
fn be_nice() {}
