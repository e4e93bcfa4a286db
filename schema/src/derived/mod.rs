//! The derived tables: what the stitcher makes of `events`.
//!
//! A row of a derived table can be derived again, so it has revisions: `revision` is the receive
//! time of the frame that caused it, and of all rows with one id the newest counts. A row that
//! turned out not to be one is `retracted` by its newest revision. `settled` says that nothing
//! more is expected. All of it is a function of `events`; see [`crate::stitch`].

pub mod actions;
mod cells;
pub mod gaps;
pub mod links;
pub mod sessions;
pub mod turns;

pub use cells::{Evidence, Id, Texts, Usd};

/// Declares a derived table: the common columns, then its own.
macro_rules! derived_table {
    (
        $(#[$rowmeta:meta])* row $row:ident;
        $(#[$buildermeta:meta])* builder $builder:ident over $columns:ident;
        $(reader $reader:ident;)?
        id $id:ident;
        $($(#[$meta:meta])* $name:ident: $cell:ty),+ $(,)?
    ) => {
        $crate::table::cell::columns! {
            lifetime 'a;
            $(#[$rowmeta])*
            #[derive(Hash)]
            row $row;
            /// Collects the columns.
            builder $columns;
            /// Whose it is. Partition.
            tenant: $crate::event::Text<'a>,
            /// The received day of the first frame that showed the row's id. Partition.
            day: $crate::table::cell::Day,
            /// When the frame that caused this revision was received, in microseconds since 1970.
            revision: i64,
            /// The row turned out not to be one.
            retracted: bool,
            /// Nothing more is expected.
            settled: bool,
            /// The log of the frame that caused this revision, 32 hex digits.
            caused_by_log: $crate::ids::LogId,
            /// That frame.
            caused_by_sequence: i64,
            /// The record in that frame; past all of them where the passing of time caused it.
            caused_by_index: i64,
            $($(#[$meta])* $name: $cell,)+
        }

        $crate::table::plain::plain_table! {
            $(#[$buildermeta])*
            builder $builder over $columns of $row
        }

        $(
            /// Reads rows of one batch: its columns are looked up once.
            #[derive(Debug)]
            pub struct $reader<'a> {
                batch: &'a arrow_array::RecordBatch,
                places: Vec<Option<usize>>,
            }

            impl<'a> $reader<'a> {
                /// Looks the columns of a batch up.
                pub fn new(batch: &'a arrow_array::RecordBatch) -> Self {
                    Self { batch, places: $row::places(batch) }
                }

                /// Reads a row: the same as the row's own `read`.
                pub fn read(&self, row: usize) -> $row<'a> {
                    $row::read_at(self.batch, &self.places, row)
                }
            }
        )?

        impl $crate::table::cell::Collects for $builder {
            fn expect(&mut self, times: f64) {
                self.columns.expect(times);
            }
        }

        impl<'a> $crate::derived::Row<'a> for $row<'a> {
            fn id(&self) -> Id {
                self.$id
            }

            fn common(&mut self) -> $crate::derived::Common<'_, 'a> {
                $crate::derived::Common {
                    tenant: &mut self.tenant,
                    day: &mut self.day,
                    revision: &mut self.revision,
                    retracted: &mut self.retracted,
                    settled: &mut self.settled,
                    caused_by_log: &mut self.caused_by_log,
                    caused_by_sequence: &mut self.caused_by_sequence,
                    caused_by_index: &mut self.caused_by_index,
                }
            }
        }
    };
}
pub(crate) use derived_table;

use crate::event::Text;
use crate::ids::LogId;
use crate::table::cell::Day;

/// A row of any derived table.
pub trait Row<'a> {
    /// Which row it is a revision of.
    fn id(&self) -> Id;
    /// The columns that all derived tables have.
    fn common(&mut self) -> Common<'_, 'a>;
}

/// The columns that all derived tables have.
#[derive(Debug)]
pub struct Common<'r, 'a> {
    /// Whose it is.
    pub tenant: &'r mut Text<'a>,
    /// The received day of the first frame that showed the row's id.
    pub day: &'r mut Day,
    /// When the frame that caused this revision was received.
    pub revision: &'r mut i64,
    /// The row turned out not to be one.
    pub retracted: &'r mut bool,
    /// Nothing more is expected.
    pub settled: &'r mut bool,
    /// The log of the frame that caused this revision.
    pub caused_by_log: &'r mut LogId,
    /// That frame.
    pub caused_by_sequence: &'r mut i64,
    /// The record in that frame.
    pub caused_by_index: &'r mut i64,
}
