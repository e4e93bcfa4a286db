//! Two servers on one data folder: the second leaves at once, the first does not notice.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::raw::{Client, one_record};
use seam_tests::server::{Options, Server, binary};

const WITHIN: Duration = Duration::from_secs(1);
/// A busy machine may hold one of them up; it does not hold up all.
const TRIES: usize = 3;

fn post(client: &Client, id: &str) -> anyhow::Result<()> {
    let answer = client.post_logs(one_record(id, LogRecord::default()))?;
    anyhow::ensure!(answer.status == 200, "{answer:?}");
    Ok(())
}

/// Guarantees: a second server on a folder ends within a second with exit code 1 and says who has
/// the folder; the first one goes on, and once it is gone, however it went, the folder is free.
#[test]
fn a_second_server_ends_within_a_second() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let mut fastest = Duration::MAX;
    for number in 0..TRIES {
        post(&client, &number.to_string())?;
        let started = Instant::now();
        let second = Command::new(binary()?)
            .current_dir(server.folder())
            .args(["serve", "--data", "data"])
            .args(["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0"])
            .args(["--api", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .output()?;
        fastest = fastest.min(started.elapsed());
        assert_eq!(second.status.code(), Some(1));
        assert!(second.stdout.is_empty(), "it said that it listens");
        let said = String::from_utf8(second.stderr)?;
        assert!(said.contains("data") && said.contains("another"), "{said}");
    }
    assert!(fastest < WITHIN, "it took {fastest:?}");
    assert_eq!(server.number("select count(*) from events")?, i64::try_from(TRIES)?);
    let next = Server::start_with(server.kill()?, &Options::default())?;
    post(&Client::of(&next)?, "after")?;
    assert_eq!(next.number("select count(*) from events")?, i64::try_from(TRIES)? + 1);
    Ok(())
}
