//! Each way in which sending can end, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use super::rig::{Act, Rig, id_of};
use super::time::run;

/// Everything arrives once, in order within each conversation, several batches at a time.
#[test]
fn everything_arrives_once_and_in_order() {
    let rig = Rig::new(500);
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    assert_eq!(world.delivered.len() + world.letters.len(), 500);
    assert!(world.in_flight_most > 1, "batches went one by one");
    for session in 0..10 {
        let of = world.delivered.iter().filter(|(_, sequence, _)| sequence % 10 == session);
        assert!(of.is_sorted_by_key(|(_, sequence, _)| *sequence), "conversation {session}");
    }
}

/// Whatever whole batches come to, order within a conversation stays.
#[test]
fn failures_of_batches_keep_the_order() {
    let acts = [Act::Take, Act::Retry(None), Act::Take, Act::Retry(None), Act::Hold(2)];
    let rig = Rig::new(300).script(acts.iter().cycle().take(60).cloned());
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    for session in 0..10 {
        let of = world.delivered.iter().filter(|(_, sequence, _)| sequence % 10 == session);
        assert!(of.is_sorted_by_key(|(_, sequence, _)| *sequence), "conversation {session}");
    }
    assert!(world.delivered.iter().all(|(_, _, redelivery)| !redelivery), "nothing was in doubt");
}

/// What nobody knows about is sent again and says so; what was plainly not taken does not.
#[test]
fn doubt_is_marked() {
    let rig = Rig::new(40).script([Act::Break, Act::Retry(None), Act::Half]);
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    assert!(world.delivered.iter().any(|(_, _, redelivery)| *redelivery));
    assert!(world.delivered.iter().any(|(_, _, redelivery)| !redelivery));
}

/// Every refused record is a letter with the destination's words, its length and its hash.
#[test]
fn refused_records_are_letters() {
    let rig = Rig::new(26);
    rig.world().bury_fails = 3;
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    let letter = world.letters.iter().find(|letter| letter.record_id == id_of(13)).unwrap();
    assert_eq!((letter.reason.as_str(), letter.attempts), ("code 400", 1));
    assert_eq!((letter.record_table.as_str(), letter.record_sequence), ("events", 13));
    assert_eq!(letter.document_bytes, i64::try_from(id_of(13).len()).unwrap());
    assert_eq!(letter.document_blake3, blake3::hash(id_of(13).as_bytes()).to_hex().as_str());
}

/// A destination that refuses batches as a whole still gets every good record.
#[test]
fn bad_records_are_isolated_by_halves() {
    let rig = Rig { whole: true, ..Rig::new(200) };
    assert!(rig.run_for(usize::MAX));
    rig.judge();
}

/// A document over the limit is never sent.
#[test]
fn what_is_too_long_is_not_sent() {
    let mut rig = Rig::new(5);
    rig.limits.document_bytes = 3;
    assert!(rig.run_for(usize::MAX));
    let world = rig.world();
    assert!(world.calls.is_empty() && world.letters.len() == 5);
    assert!(world.letters.iter().all(|letter| letter.attempts == 0));
    assert!(world.letters[0].reason.contains("3 are the most"), "{}", world.letters[0].reason);
}

/// A pause that the destination asked for is kept; without one the pauses grow, up to the most.
#[test]
fn pauses_are_kept() {
    let asked = Duration::from_secs(90);
    let mut rig = Rig::new(1).script([Act::Retry(Some(asked))]);
    assert!(rig.run_for(usize::MAX));
    let times: Vec<Duration> = rig.world().calls.iter().map(|(at, _)| *at).collect();
    assert!(times[1] >= times[0] + asked, "{times:?}");
    rig = Rig::new(1).script(vec![Act::Retry(None); 40]);
    assert!(rig.run_for(usize::MAX));
    let times: Vec<Duration> = rig.world().calls.iter().map(|(at, _)| *at).collect();
    let most = rig.options.retry_most + Duration::from_secs(1);
    assert!(times.windows(2).all(|two| two[1] <= two[0] + most), "{times:?}");
    let long = |two: &[Duration]| two[1] > two[0] + Duration::from_mins(2);
    assert!(times.windows(2).skip(12).any(long), "{times:?}");
}

/// A destination that panics costs nothing but a resend.
#[test]
fn a_panic_is_doubt() {
    let rig = Rig::new(30).script([Act::Take, Act::Panic]);
    assert!(rig.run_for(usize::MAX));
    rig.judge();
}

/// A record whose encoding panics is a letter, and the others arrive.
#[test]
fn an_unwritable_record_is_a_letter() {
    let rig = Rig { unwritable: 7, ..Rig::new(20) };
    assert!(rig.run_for(usize::MAX));
    rig.judge();
    let world = rig.world();
    let letter = world.letters.iter().find(|letter| letter.record_id == id_of(7)).unwrap();
    assert_eq!(letter.reason, "not sent: it cannot be written as seam");
}

/// One frame that settles more actions than may be in doubt does not stop a delivery: the cursor
/// stands before it until it is done.
#[test]
fn a_frame_of_many_actions_goes_through() {
    let mut rig = Rig::new(0);
    rig.options.window_records = 10;
    (rig.world().frames, rig.world().actions_a_frame) = (1, 500);
    let (_orders, receiver) = Orders::new(Order::Run);
    let delivery = rig.delivery(&Arc::default());
    assert!(run(&rig.clock, delivery.run(receiver), usize::MAX, Duration::from_hours(9)));
    assert_eq!(rig.world().delivered.len(), 500);
}

/// A stop while a record waits for another try leaves in doubt what was taken behind it.
#[test]
fn what_was_taken_behind_an_open_record_is_in_doubt() {
    let rig = Rig::new(40).script(vec![Act::Half; 2]);
    rig.stop_after(12);
    let taken = rig.world().delivered.len();
    assert!(taken > 0 && !rig.world().kept.as_ref().unwrap().clean);
    assert!(rig.run_for(usize::MAX));
    rig.judge();
}
