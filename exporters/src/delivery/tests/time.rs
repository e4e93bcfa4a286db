//! Virtual time: a clock that jumps to the next sleeper when nothing else can go on, and the
//! executor that lets it. Everything runs on one thread, so a seed gives the same run.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;

use super::super::Clock;

/// When the virtual world begins: microseconds since 1970.
pub(super) const BEGAN_US: i64 = 1_800_000_000_000_000;

#[derive(Default)]
pub(super) struct VirtualClock(Mutex<Time>);

#[derive(Default)]
struct Time {
    now: Duration,
    sleepers: Vec<(Duration, Waker)>,
}

impl VirtualClock {
    /// Jumps to the first sleeper; false if nobody sleeps.
    fn jump(&self) -> bool {
        let mut time = self.0.lock().unwrap();
        let Some(next) = time.sleepers.iter().map(|(at, _)| *at).min() else { return false };
        time.now = time.now.max(next);
        let now = time.now;
        let due = time.sleepers.extract_if(.., |(at, _)| *at <= now);
        due.for_each(|(_, waker)| waker.wake());
        true
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn unix_us(&self) -> i64 {
        BEGAN_US + i64::try_from(self.now().as_micros()).unwrap()
    }

    async fn sleep_until(&self, at: Duration) {
        std::future::poll_fn(|context| {
            let mut time = self.0.lock().unwrap();
            if time.now >= at {
                return Poll::Ready(());
            }
            time.sleepers.push((at, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future for at most so many polls; false if it has not ended then, or waits for ever.
pub(super) fn run(
    clock: &VirtualClock,
    future: impl Future<Output = ()>,
    polls: usize,
    until: Duration,
) -> bool {
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    for _ in 0..polls {
        while !flag.0.swap(false, Ordering::Relaxed) {
            if !clock.jump() || clock.now() > until {
                return false;
            }
        }
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            return true;
        }
    }
    false
}
