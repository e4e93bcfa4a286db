//! A server of our own that can be stopped and started again at its address.

use std::net::SocketAddr;

use seam_tests::mocks::peer::{Handler, Peer};
use tokio::runtime::{Builder, Runtime};

/// The server.
pub(super) struct Front {
    handler: Handler,
    address: SocketAddr,
    peer: Option<Peer>,
    // Dropped last: the peer's connections live on it.
    runtime: Runtime,
}

impl Front {
    pub(super) fn start(handler: Handler) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let peer = runtime.block_on(Peer::start(handler.clone()));
        Ok(Self { handler, address: peer.address, peer: Some(peer), runtime })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it with all its connections.
    pub(super) fn stop(&mut self) {
        if let Some(peer) = self.peer.take() {
            self.runtime.block_on(peer.stop());
        }
    }

    /// Starts it again where it was.
    pub(super) fn run(&mut self) {
        let peer = Peer::start_at(self.address, self.handler.clone(), None);
        self.peer = Some(self.runtime.block_on(peer));
    }
}
