//! The streaming format of Arrow IPC: exact types, for programs.

use std::fmt;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::StreamWriter;

use super::Encoder;
use crate::error::QueryError;

/// The writer.
pub(crate) struct ArrowStream(StreamWriter<Vec<u8>>);

impl ArrowStream {
    pub(crate) fn new(schema: &SchemaRef) -> Result<Self, QueryError> {
        Ok(Self(StreamWriter::try_new(Vec::new(), schema)?))
    }

    fn drain(&mut self, out: &mut Vec<u8>) {
        out.append(self.0.get_mut());
    }
}

impl fmt::Debug for ArrowStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrowStream").finish_non_exhaustive()
    }
}

impl Encoder for ArrowStream {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), QueryError> {
        self.0.write(batch)?;
        self.drain(out);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), QueryError> {
        self.0.finish()?;
        self.drain(out);
        Ok(())
    }
}
