//! `check` names what is wrong with a Splunk.

use seam_exporters::splunk::{Acknowledgement, Options, Splunk};
use seam_exporters::{Checked, Destination as _, Step};
use seam_tests::mocks::hec::{Hec, Mode, TOKEN};
use seam_tests::mocks::peer::Peer;

use crate::drive::assert_clean;
use crate::pki::Pki;
use crate::splunk::{options, pair};

async fn steps(options: Options) -> Vec<Step> {
    let steps = Splunk::new(options).unwrap().check().await;
    assert_clean(&format!("{steps:?}"));
    steps
}

/// The last step, which must be bad, and all before it not.
pub(crate) fn last_bad(steps: &[Step]) -> (&'static str, String) {
    let (last, before) = steps.split_last().unwrap();
    for step in before {
        assert!(!matches!(step.result, Checked::Bad(_)), "{steps:?}");
    }
    let Checked::Bad(reason) = &last.result else { panic!("{steps:?}") };
    (last.name, reason.clone())
}

/// Guarantees: a good Splunk is good at every step, with and without acknowledgement.
#[tokio::test]
async fn a_good_one_is_good() {
    let (hec, peer, _) = pair(Mode::Splunkd, true).await;
    for has_acks in [false, true] {
        hec.state().has_acks = has_acks;
        let mut options = options(&peer);
        options.indexes.insert("prompt".to_owned(), "agents".to_owned());
        let steps = steps(options).await;
        assert!(!steps.iter().any(|step| matches!(step.result, Checked::Bad(_))), "{steps:?}");
        let stored = steps
            .iter()
            .any(|step| step.name == "read back" && matches!(step.result, Checked::Good(_)));
        assert_eq!(stored, has_acks);
    }
    assert_eq!(hec.state().stored.len(), 4);
}

/// Guarantees: each thing that can be wrong is named by its step and its reason.
#[tokio::test]
async fn what_is_wrong_is_named() {
    let (hec, peer, _) = pair(Mode::Splunkd, true).await;
    let good = options(&peer);
    let wrong = |change: &dyn Fn(&mut Options)| {
        let mut options = good.clone();
        change(&mut options);
        options
    };
    let nobody = wrong(&|options| options.http.url = "http://127.0.0.1:1".to_owned());
    assert_eq!(
        last_bad(&steps(nobody).await),
        ("reach", "127.0.0.1:1: connection refused".to_owned())
    );
    let no_name = wrong(&|options| options.http.url = "http://splunk.invalid:8088".to_owned());
    let (name, reason) = last_bad(&steps(no_name).await);
    assert!(name == "reach" && reason.contains("cannot be resolved"), "{name}: {reason}");
    let prefix = wrong(&|options| options.http.url.push_str("/elsewhere"));
    let (name, reason) = last_bad(&steps(prefix).await);
    assert!(name == "reach" && reason.contains("404"), "{name}: {reason}");
    let token =
        wrong(&|options| options.token = seam_exporters::http::Secret::value("11111111-2222-no"));
    let (name, reason) = last_bad(&steps(token).await);
    assert!(name == "credentials" && reason.contains("Invalid token"), "{name}: {reason}");
    let index = wrong(&|options| options.index = Some("missing".to_owned()));
    let (name, reason) = last_bad(&steps(index).await);
    assert!(name == "index" && reason.contains("missing"), "{name}: {reason}");
    let acks = wrong(&|options| options.acknowledgement = Acknowledgement::Required);
    let (name, reason) = last_bad(&steps(acks).await);
    assert!(name == "read back" && reason.contains("acknowledgement"), "{name}: {reason}");
    hec.state().has_acks = true;
    let off = wrong(&|options| options.acknowledgement = Acknowledgement::Off);
    let (name, reason) = last_bad(&steps(off).await);
    assert!(name == "credentials" && reason.contains("acknowledgement"), "{name}: {reason}");
    hec.state().healthy = false;
    let (name, reason) = last_bad(&steps(good.clone()).await);
    assert!(name == "health" && reason.contains("queues are full"), "{name}: {reason}");

    let pki = Pki::new();
    let tls = Some(pki.acceptor("127.0.0.1", false));
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let peer = Peer::start_at(any, Hec::new(Mode::Splunkd, true).handler(), tls).await;
    let untrusted = wrong(&|options| options.http.url = format!("https://{}", peer.address));
    assert_eq!(last_bad(&steps(untrusted).await).0, "tls");
    assert!(!TOKEN.is_empty());
}
