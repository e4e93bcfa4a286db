//! Whether a store refuses to write a name twice: commits of several writers depend on it, and a
//! store that ignores the condition would let one overwrite the other without a word.

use std::time::Duration;

use object_store::path::Path;
use object_store::{Error, ObjectStore, PutMode, PutResult, Result};
use tokio::time::{sleep, timeout};

use super::options::ObjectStoreOptions;
use super::store::{RemoteStore, told};
use super::{PAUSES, failed};
use crate::error::OpenError;

/// Beside the tables. It is written once and stays: every later start asks for one refusal.
const NAME: &str = "conditional-put";
const CONTENT: &str = "seam asks at every start whether this name can be written a second time\n";

/// Refuses a store that ignores conditions. It takes at most as long as opening it may.
pub(crate) async fn check(
    store: &RemoteStore,
    options: &ObjectStoreOptions,
) -> Result<(), OpenError> {
    let name = Path::from(NAME);
    let put =
        async || store.put_opts(&name, CONTENT.as_bytes().into(), PutMode::Create.into()).await;
    match timeout(options.open_timeout, is_refused(put, PAUSES)).await {
        Ok(refused) => refused.map_err(|what| failed(options, what)),
        Err(_) => Err(failed(options, format!("no answer within {:?}", options.open_timeout))),
    }
}

/// Puts until it is refused for the name's sake, which has to be the second time at the latest.
/// After an error it is not known whether the name was written.
async fn is_refused(
    put: impl AsyncFn() -> Result<PutResult>,
    pauses: [Duration; 4],
) -> Result<(), String> {
    let mut written = false;
    let mut last = String::new();
    for pause in pauses {
        match put().await {
            Err(Error::AlreadyExists { .. }) => return Ok(()),
            Ok(_) if written => {
                return Err(format!(
                    "the store wrote the name `{NAME}` twice though it was told to refuse that; seam needs a store with conditional puts (If-None-Match)"
                ));
            }
            Ok(_) => written = true,
            Err(error) => {
                last = told(&error);
                sleep(pause).await;
            }
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Gives one answer after the other, the last one again and again.
    async fn asked(answers: &[fn() -> Result<PutResult>]) -> Result<(), String> {
        let next = AtomicUsize::new(0);
        let put = async || {
            let number = next.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            answers[number]()
        };
        is_refused(put, [Duration::ZERO; 4]).await
    }

    #[expect(clippy::unnecessary_wraps, reason = "one of the answers there are")]
    fn written() -> Result<PutResult> {
        Ok(PutResult { e_tag: None, version: None })
    }

    fn refused() -> Result<PutResult> {
        Err(Error::AlreadyExists { path: NAME.to_owned(), source: "taken".into() })
    }

    fn away() -> Result<PutResult> {
        Err(Error::Generic { store: "S3", source: "away".into() })
    }

    /// A refusal is good, the first time and after an answer that was lost; a second success is
    /// not, and says what is wrong.
    #[tokio::test]
    async fn conditions_have_to_hold() {
        assert_eq!(asked(&[refused]).await, Ok(()));
        assert_eq!(asked(&[written, refused]).await, Ok(()));
        assert_eq!(asked(&[away, away, refused]).await, Ok(()));
        assert!(asked(&[written, written]).await.unwrap_err().contains("If-None-Match"));
        assert!(asked(&[written, away, written]).await.unwrap_err().contains("If-None-Match"));
        assert_eq!(asked(&[away]).await, Err("Generic S3 error: away".to_owned()));
    }
}
