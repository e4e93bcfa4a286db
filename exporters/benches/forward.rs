//! What sending costs the sender: events per second of processor time, to a server in another
//! process that takes everything; beside a bare client that sends the same bodies ready-made.
//!
//! `cargo bench -p seam-exporters --bench forward [EVENTS]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use seam_exporters::elastic::{Credential, Elastic, Product};
use seam_exporters::http::{self, Secret};
use seam_exporters::splunk::{Acknowledgement, Splunk};
use seam_exporters::{Destination, Outcome, Record, elastic, splunk};
use seam_schema::ids::{LogId, Offset, Sequence};

const BATCH: usize = 400;
const IN_FLIGHT: usize = 4;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.unwrap();
    if arguments.iter().any(|argument| argument == "serve") {
        runtime.block_on(serve());
        return;
    }
    let events = arguments.iter().find_map(|argument| argument.parse().ok());
    let events: usize = events.unwrap_or(200_000);
    let (mut server, url) = start();
    for bytes in [300, 2300] {
        runtime.block_on(measure(&url, events, bytes));
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

async fn measure(url: &str, events: usize, bytes: usize) {
    let records = records(events, bytes);
    for gzip in [true, false] {
        let mut options = splunk::Options::new(http::Options::new(url), Secret::value("t"));
        options.acknowledgement = Acknowledgement::Off;
        options.gzip = gzip;
        let cost = send(&Splunk::new(options).unwrap(), &records).await;
        said("splunk", bytes, gzip, events, cost);
        let http = http::Options::new(url);
        let mut options = elastic::Options::new(http, Product::Elasticsearch, Credential::None);
        options.gzip = gzip;
        let cost = send(&Elastic::new(options).unwrap(), &records).await;
        said("_bulk", bytes, gzip, events, cost);
        let cost = bare(url, &records, gzip).await;
        said("bare client", bytes, gzip, events, cost);
    }
}

fn said(name: &str, bytes: usize, gzip: bool, events: usize, cost: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = events as f64 / cost;
    let gzip = if gzip { "gzip" } else { "plain" };
    println!("{name:12} {bytes:5} B {gzip:5} {rate:10.0} events per CPU second");
}

async fn send(destination: &dyn Destination, records: &[Record]) -> f64 {
    let before = cpu_seconds();
    futures::stream::iter(records.chunks(BATCH))
        .for_each_concurrent(IN_FLIGHT, |batch| async move {
            let outcomes = destination.send(batch).await;
            assert!(outcomes.iter().all(Outcome::is_delivered), "{:?}", outcomes.first());
        })
        .await;
    cpu_seconds() - before
}

/// The same bodies, made beforehand.
async fn bare(url: &str, records: &[Record], gzip: bool) -> f64 {
    let bodies: Vec<Bytes> = records
        .chunks(BATCH)
        .map(|batch| {
            let mut body = Vec::new();
            for record in batch {
                let action = format!(
                    "{{\"create\":{{\"_index\":\"logs-seam.event-default\",\"_id\":\"{}\"}}}}\n",
                    record.id
                );
                body.extend_from_slice(action.as_bytes());
                body.extend_from_slice(&record.document);
                body.push(b'\n');
            }
            if !gzip {
                return body.into();
            }
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&body).unwrap();
            encoder.finish().unwrap().into()
        })
        .collect();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let before = cpu_seconds();
    let client = &client;
    futures::stream::iter(bodies)
        .for_each_concurrent(IN_FLIGHT, |body| async move {
            let mut request = client.post(format!("{url}/_bulk")).body(body);
            if gzip {
                request = request.header("content-encoding", "gzip");
            }
            request.send().await.unwrap().bytes().await.unwrap();
        })
        .await;
    cpu_seconds() - before
}

fn records(events: usize, bytes: usize) -> Vec<Record> {
    let record = |number: usize| {
        let mut random = fastrand::Rng::with_seed(number as u64);
        let mut document = format!("{{\"number\":{number}");
        while document.len() + 40 < bytes {
            let word = random.u64(..);
            let name = document.len();
            write!(document, ",\"field_{name}\":\"some words {word:x}\"").unwrap();
        }
        document.push('}');
        Record {
            id: format!("0123456789abcdef01234567-{number}").into(),
            offset: Offset { log_id: LogId::default(), sequence: Sequence(1), index: 0 },
            time_us: 1_700_000_000_000_000,
            tenant: "default".into(),
            session_id: "0b5e6c1c-2d1e-4d1a-9a63-7f0b7b0f6a11".into(),
            kind: "tool_call",
            agent: "claude_code",
            host: Some("laptop".into()),
            document: document.into(),
            redelivery: false,
        }
    };
    (0..events).map(record).collect()
}

/// Processor time of this process: `utime` and `stime` of `/proc/self/stat`, in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = text.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn start() -> (Child, String) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().to_owned())
}

/// Takes everything.
async fn serve() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let service = service_fn(take);
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
                .ok();
        });
    }
}

async fn take(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let gzip = request.headers().contains_key("content-encoding");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let answer = match path.as_str() {
        "/_bulk" => {
            let mut plain = body.to_vec();
            if gzip {
                plain.clear();
                flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
            }
            let documents = plain.split(|byte| *byte == b'\n').count() / 2;
            let items = vec![r#"{"create":{"status":201}}"#; documents].join(",");
            format!("{{\"errors\":false,\"items\":[{items}]}}")
        }
        "/" => r#"{"tagline":"You Know, for Search","version":{"number":"9.4.0"}}"#.to_owned(),
        _ => r#"{"text":"Success","code":0}"#.to_owned(),
    };
    Ok(Response::new(Full::new(answer.into())))
}
