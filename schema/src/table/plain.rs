//! What every table whose row is nothing but its columns has: a schema, and a builder of batches.

/// Declares `schema()` and the builder of such a table, over the columns that
/// [`columns!`](super::cell::columns) declared.
macro_rules! plain_table {
    ($(#[$meta:meta])* builder $builder:ident over $columns:ident of $row:ident) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub struct $builder {
            columns: $columns<'static>,
            rows: usize,
        }

        impl $builder {
            /// Adds a row.
            pub fn append(&mut self, row: &$row<'_>) {
                self.columns.append(row);
                self.rows += 1;
            }

            /// How many rows wait.
            pub fn len(&self) -> usize {
                self.rows
            }

            /// Whether no row waits.
            pub fn is_empty(&self) -> bool {
                self.rows == 0
            }

            /// Takes the rows out as one batch of [`schema`].
            pub fn finish(
                &mut self,
            ) -> Result<arrow_array::RecordBatch, arrow_schema::ArrowError> {
                self.rows = 0;
                arrow_array::RecordBatch::try_new(schema(), self.columns.finish())
            }
        }

        /// The Arrow schema of the table.
        pub fn schema() -> arrow_schema::SchemaRef {
            static SCHEMA: std::sync::LazyLock<arrow_schema::SchemaRef> =
                std::sync::LazyLock::new(|| {
                    std::sync::Arc::new(arrow_schema::Schema::new($row::fields()))
                });
            std::sync::Arc::clone(&SCHEMA)
        }
    };
}
pub(crate) use plain_table;
