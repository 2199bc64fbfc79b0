//! Recurrent layers, each a single operation for the whole sequence.
//!
//! Samples are computed in groups on several threads; each group runs through all steps independently. Within a
//! group, arrays are ordered by step, so that the rows of a step are contiguous.

mod gru;
mod lstm;
mod sequence;
mod simple_rnn;

pub use gru::Gru;
pub use lstm::Lstm;
pub use sequence::Sequence;
pub use simple_rnn::SimpleRnn;
