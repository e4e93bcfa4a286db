//! The configuration: what was said, by whom, and what it comes to.
//!
//! [`keys`] lists every key once: its variable, its default, its meaning. [`raw`] gathers what
//! `seam.toml`, the environment and the flags say, in that order of weight. [`checked`], [`place`],
//! [`rules`], [`profiles`] and [`sinks`] turn it into values that need no further doubt, and report every fault at once.

pub(crate) mod checked;
pub(crate) mod keys;
pub(crate) mod place;
pub(crate) mod profiles;
pub(crate) mod raw;
pub(crate) mod reference;
pub(crate) mod rules;
pub(crate) mod sinks;

pub(crate) use checked::Config;
pub(crate) use raw::RawConfig;
