//! The destinations over HTTP against strict servers of our own and against real ones. The servers
//! count: they are the oracle, and know nothing of the code that they judge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they tried"
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::struct_excessive_bools,
    reason = "answers are written where they are used; a server of ours is a row of switches"
)]

mod client;
mod drive;
mod elastic;
mod elastic_check;
mod elastic_probe;
mod elastic_real;
mod pki;
mod splunk;
mod splunk_ack;
mod splunk_check;
mod splunk_real;
