//! One question over HTTP/1.1, on a connection of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;

const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Asks, and gives status and body of the answer.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str) -> anyhow::Result<(u16, String)> {
    let asked = || -> anyhow::Result<(u16, String)> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
        let status = head.split_ascii_whitespace().nth(1).context("an answer without a status")?;
        Ok((status.parse()?, body.to_owned()))
    };
    asked().with_context(|| format!("cannot ask {address} for {method} {path}"))
}
