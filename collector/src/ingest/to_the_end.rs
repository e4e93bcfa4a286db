//! Work that its caller may leave but not stop.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that goes on by itself when it is dropped before its end.
pub(super) struct ToTheEnd<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> ToTheEnd<T> {
    /// Wraps work; it runs in its caller's place until that goes away.
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(Box::pin(work)) }
    }
}

impl<T: Send + 'static> Future for ToTheEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToTheEnd<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            drop(runtime.spawn(work));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    /// Work goes on after its caller went away.
    #[tokio::test]
    async fn dropped_work_goes_on() {
        let (start, started) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<()>();
        let mut work = ToTheEnd::new(async move {
            started.await.unwrap();
            end.send(()).unwrap();
        });
        assert!((&mut work).now_or_never().is_none());
        drop(work);
        start.send(()).unwrap();
        ended.await.unwrap();
    }

    /// Work that ends in its caller's place gives its result there.
    #[tokio::test]
    async fn finished_work_gives_its_result() {
        assert_eq!(ToTheEnd::new(async { 7 }).await, 7);
    }
}
