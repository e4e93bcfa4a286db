//! Conversations as people read them: the list of `seam sessions`, the timeline of `seam session`.
//!
//! Everything is read from the derived tables through SQL, so it can be asked of a server or of
//! a folder. What is drawn from rows alone is pure and tested with rows.
//!
//! Where to start: [`listing`] for the list; [`lookup`], [`gather`], [`document`] and [`page`],
//! in this order, for one conversation.

mod document;
mod filter;
mod gather;
mod listing;
mod lookup;
mod page;
mod placing;
pub(crate) mod rows;

pub(crate) use document::Document;
pub(crate) use filter::{Filter, Since};
pub(crate) use gather::{condition, gather, sent_id};
pub(crate) use listing::{Listing, list};
pub(crate) use lookup::{Found, find, raw_statement};
pub(crate) use page::page;

#[cfg(test)]
mod tests;
