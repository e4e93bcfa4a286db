//! A sink's destination, lent to a replay.

use std::sync::Arc;

use async_trait::async_trait;

/// A destination that stays open when a replay has ended.
pub(super) struct Unclosed(pub(super) Arc<dyn seam_exporters::Destination>);

#[async_trait]
impl seam_exporters::Destination for Unclosed {
    fn limits(&self) -> seam_exporters::Limits {
        seam_exporters::Limits { in_flight: 1, ..self.0.limits() }
    }

    async fn send(&self, records: &[seam_exporters::Record]) -> Vec<seam_exporters::Outcome> {
        self.0.send(records).await
    }

    fn refuses_whole_batches(&self) -> bool {
        self.0.refuses_whole_batches()
    }

    async fn probe(&self) -> Result<(), String> {
        self.0.probe().await
    }

    async fn check(&self) -> Vec<seam_exporters::Step> {
        self.0.check().await
    }

    async fn set_up(&self, dry: bool) -> Vec<seam_exporters::Step> {
        self.0.set_up(dry).await
    }
}
