//! Recurrent layers: a whole sequence is one operation.
//!
//! Samples are computed in groups, on several threads: a group goes through all steps by itself. Within a group, arrays
//! are ordered by step, so that the rows of a step are next to each other.

mod gru;
mod lstm;
mod sequence;
mod simple_rnn;

pub use gru::Gru;
pub use lstm::Lstm;
pub use sequence::Sequence;
pub use simple_rnn::SimpleRnn;
