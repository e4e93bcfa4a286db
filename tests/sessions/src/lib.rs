//! Hard sessions of coding agents, with their truth: made up, and faithful to how agents emit.
//!
//! A [`Plan`] gives a [`Scenario`]: the requests that many clients send, in the order of their
//! arrival, and what really happened ([`Truth`]). The same plan gives the same bytes. Nothing here
//! uses code of the product, so that neither can repeat a mistake of the other.
//!
//! Where to start:
//! - [`Plan`] and [`Knobs`]: how many, and how hard.
//! - [`Truth`]: what a scorer compares with, and what it must not ask for.
//! - `codex`, `claude`: how each agent behaves; `delivery`: what happens to its requests;
//!   `judge`: what the delivered records can show.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the numbers of a made-up session are small"
)]

mod chance;
mod claude;
mod codex;
mod delivery;
mod draft;
mod export;
mod judge;
mod plan;
mod scenario;
mod story;
mod truth;
mod wire;
mod words;

pub use chance::Occurrence;
pub use plan::{Knobs, Plan};
pub use scenario::{Request, Scenario, Signal};
pub use truth::{
    Call, Conversation, ExpectedGap, Intent, LostRecord, NetworkLink, Outcome, Prompt, Role, Truth,
};
