//! Network edges: precision, recall, and what is held against us.

use super::*;
use seam_schema::vocabulary::Confidence;

/// A wrong edge lowers precision, and the attempt it should have led from is missed.
#[test]
fn a_wrong_edge_lowers_precision() {
    let mut derived = derived();
    let right = judged(truth(), &derived, &signals());
    assert_eq!(right.network.of(Confidence::Strong).edges.share(), Some(1.0));
    derived.links[0].action_id = Some("a1".to_owned());
    let wrong = judged(truth(), &derived, &signals());
    assert_eq!(wrong.network.of(Confidence::Strong).edges.share(), Some(0.0));
    assert_eq!((wrong.network.found, wrong.network.of(Confidence::Strong).recalled), (0, 0));
    assert_eq!(
        misses(&wrong),
        [
            "network edge: an edge to its call is strong interval to c1, our fault",
            "network attempt: deny a.example.net is no edge, our fault",
        ]
    );
}

/// An edge with another verdict is wrong, even to the right call.
#[test]
fn the_verdict_counts() {
    let mut derived = derived();
    attempt(&mut derived, "n1", "a.example.net", "allow");
    let score = judged(truth(), &derived, &signals());
    assert_eq!(score.network.of(Confidence::Strong).edges.share(), Some(0.0));
}

/// Several records of one attempt are all right, and count as one attempt.
#[test]
fn many_edges_one_attempt() {
    let mut derived = derived();
    derived.links.push(serde_json::from_value(edge("n2", Some("a2"), "weak", &[])).unwrap());
    attempt(&mut derived, "n2", "a.example.net", "deny");
    let score = judged(truth(), &derived, &signals());
    assert_eq!((score.network.expected, score.network.found, score.faults()), (1, 1, 0));
    assert_eq!(score.network.of(Confidence::Weak).edges, Tally { asked: 1, right: 1 });
    assert_eq!(score.network.of(Confidence::Strong).recalled, 1);
    assert_eq!(score.network.of(Confidence::Weak).recalled, 0);
}

/// An ambiguous edge is right with the call among its candidates; it finds nothing yet.
#[test]
fn ambiguous_edges_keep_the_right_one() {
    let mut derived = derived();
    let with = |candidates: &[&str]| {
        serde_json::from_value(edge("n1", None, "ambiguous", candidates)).unwrap()
    };
    derived.links = vec![with(&["a1", "a2"])];
    let score = judged(truth(), &derived, &signals());
    assert_eq!(score.network.of(Confidence::Ambiguous).edges, Tally { asked: 1, right: 1 });
    assert_eq!((score.network.found, score.network.of(Confidence::Ambiguous).recalled), (0, 1));
    assert_eq!(
        misses(&score),
        ["network attempt: deny a.example.net is an ambiguous edge, our fault"]
    );
    derived.links = vec![with(&["a1"])];
    let score = judged(truth(), &derived, &signals());
    assert_eq!(score.network.of(Confidence::Ambiguous).edges, Tally { asked: 1, right: 0 });
}

/// An attempt whose host stands nowhere could not be found, and that is proved.
#[test]
fn a_silent_attempt_is_proved() {
    let mut derived = derived();
    derived.links.clear();
    let silent = Signals::new(vec![b"s1 c1 c2 Fetch the package".to_vec()]);
    let score = judged(truth(), &derived, &silent);
    assert_eq!(
        misses(&score),
        ["network attempt: deny a.example.net is no edge, no signal shows it"]
    );
    assert_eq!(score.faults(), 0);
}
