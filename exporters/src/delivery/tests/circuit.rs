//! A destination that is held, paused, slow or down: the window stays small, nothing is lost.

use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use super::rig::{Act, Rig};
use super::time::run;

/// While it is held nothing is sent, an alarm is raised once, and a good probe ends it.
#[test]
fn a_hold_ends_with_a_good_probe() {
    let rig = Rig::new(30).script([Act::Hold(4)]);
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    let held = Alarm::Held { sink: "siem".to_owned(), reason: "wrong token".to_owned() };
    assert_eq!(world.alarms, [held, Alarm::Released { sink: "siem".to_owned() }]);
}

/// A held destination is not read for: the window does not grow beyond its bound, and the source
/// lets go of what it holds.
#[test]
fn a_window_is_bounded() {
    let mut rig = Rig::new(5000).script([Act::Hold(u32::MAX)]);
    rig.options.window_records = 100;
    let (orders, receiver) = Orders::new(Order::Run);
    let status: Arc<Status> = Arc::default();
    let delivery = rig.delivery(&status);
    let ended = run(&rig.clock, delivery.run(receiver), 2000, Duration::from_hours(9));
    assert!(!ended);
    let view = status.view();
    assert!((1..=100).contains(&view.window_records), "{view:?}");
    assert_eq!(view.held.as_deref(), Some("still closed"));
    assert!(view.oldest_us.is_some());
    assert!(rig.world().rests >= 1);
    drop(orders);
}

/// The same with bytes.
#[test]
fn a_window_is_bounded_in_bytes() {
    let mut rig = Rig::new(5000).script(vec![Act::Retry(None); 10_000]);
    rig.options.window_bytes = 1000;
    let (_orders, receiver) = Orders::new(Order::Run);
    let status: Arc<Status> = Arc::default();
    let ended = run(&rig.clock, rig.delivery(&status).run(receiver), 2000, Duration::from_hours(9));
    assert!(!ended);
    assert!(status.view().window_bytes < 1100, "{:?}", status.view());
}

/// A destination that fails is tried with one batch at a time.
#[test]
fn trials_are_single() {
    let mut rig = Rig::new(300).script(vec![Act::Retry(None); 40]);
    rig.limits.in_flight = 8;
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    let together = world.calls.iter().skip(8).take(20).map(|(at, _)| *at);
    let times: Vec<Duration> = together.collect();
    assert!(times.windows(2).all(|two| two[0] < two[1]), "{times:?}");
}

/// A paused delivery sends nothing, and keeps that it is paused; one that is told to stop ends,
/// and says that nothing is in doubt.
#[test]
fn orders_are_obeyed() {
    let rig = Rig { ends: false, ..Rig::new(20) };
    let (orders, receiver) = Orders::new(Order::Pause);
    let status: Arc<Status> = Arc::default();
    let delivery = rig.delivery(&status);
    assert!(!run(&rig.clock, delivery.run(receiver), 500, Duration::from_hours(1)));
    assert!(rig.world().calls.is_empty());
    assert!(status.view().paused);
    assert!(rig.world().kept.as_ref().unwrap().paused);
    assert!(rig.world().rests == 1);
    orders.give(Order::Run);

    let (orders, receiver) = Orders::new(Order::Run);
    let mut delivery = Box::pin(rig.delivery(&status).run(receiver));
    assert!(!run(&rig.clock, delivery.as_mut(), 5000, Duration::from_hours(2)));
    rig.judge();
    orders.give(Order::Stop);
    assert!(run(&rig.clock, delivery, 500, Duration::from_hours(3)));
    assert!(rig.world().kept.as_ref().unwrap().clean);
    assert!(status.view().ended);
}

/// A pause that is followed by a stop at once is kept: it is a pause after the next start too.
#[test]
fn a_pause_before_a_stop_is_kept() {
    let rig = Rig { ends: false, ..Rig::new(20) };
    let (orders, receiver) = Orders::new(Order::Run);
    orders.give(Order::Pause);
    orders.give(Order::Stop);
    let delivery = rig.delivery(&Arc::default());
    assert!(run(&rig.clock, delivery.run(receiver), 500, Duration::from_hours(1)));
    assert!(rig.world().kept.as_ref().unwrap().paused);
}

/// A probe that sees nothing wrong is no news: only a batch that is not held is.
#[test]
fn a_hold_that_the_probe_cannot_see_rings_once() {
    let rig = Rig::new(30).script(vec![Act::Hold(1); 5]);
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    assert_eq!(rig.world().alarms.len(), 2, "{:?}", rig.world().alarms);
}

/// A keeper that fails stops nothing, and the cursor is kept in the end.
#[test]
fn a_cursor_that_cannot_be_kept_is_kept_later() {
    let rig = Rig::new(200);
    rig.world().keeper_fails = 4;
    assert!(rig.run_for(usize::MAX));
    rig.judge();
}
