//! SIGTERM: everything received is answered, and committed or left in the log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::server::{Options, Server, wait_until};

use seam_tests::raw::{Client, one_record};

/// Guarantees: a shutdown under load ends within 30 seconds with code 0, and every record it
/// acknowledged is there when the server comes back.
#[test]
fn sigterm_drains() -> anyhow::Result<()> {
    let server = Server::start()?;
    let stop = AtomicBool::new(false);
    let acknowledged = std::sync::Mutex::new(Vec::new());
    let pid = server.pid().to_string();
    std::thread::scope(|scope| -> anyhow::Result<()> {
        for sender in 0..4 {
            let (server, stop, acknowledged) = (&server, &stop, &acknowledged);
            scope.spawn(move || -> anyhow::Result<()> {
                let client = Client::of(server)?;
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let id = format!("{sender}-{number}");
                    let answer = client.post_logs(one_record(&id, LogRecord::default()));
                    if answer.is_ok_and(|answer| answer.status == 200) {
                        acknowledged.lock().expect("no sender panicked").push(id);
                    }
                }
                Ok(())
            });
        }
        let enough = || Ok(acknowledged.lock().expect("no sender panicked").len() > 50);
        let waited = wait_until("records are acknowledged", Duration::from_secs(30), enough);
        let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status()?;
        anyhow::ensure!(sent.success());
        let closed = wait_until("the door closes", Duration::from_secs(30), || {
            Ok(std::net::TcpStream::connect(server.http_addr()).is_err())
        });
        stop.store(true, Ordering::Relaxed);
        waited.and(closed)
    })?;
    let (status, folder) = server.terminate(Duration::from_secs(30))?;
    assert_eq!(status.code(), Some(0));
    let again = Server::start_with(folder, &Options::default())?;
    let acknowledged = acknowledged.into_inner().expect("no sender panicked");
    let rows = again.number("select count(distinct attributes['test.id']) from events")?;
    assert!(usize::try_from(rows)? >= acknowledged.len());
    let doubled = again.number(
        "select count(*) from (select event_id from events group by event_id having count(*) > 1)",
    )?;
    assert_eq!(doubled, 0);
    Ok(())
}
