//! Batches on a device.

mod absolute;
mod memory;
mod pieces;
mod sparse;
mod value;

pub use absolute::absolute;
pub use memory::computes_in_host_memory;
pub use pieces::pieces;
pub use sparse::SparseTensor;
pub use value::Value;
pub(crate) use value::map_tensor;
