//! Batches on a device.

mod absolute;
mod memory;
mod multi_hot;
mod multi_hot_product;
mod pieces;
mod value;

pub use absolute::absolute;
pub use memory::computes_in_host_memory;
pub use multi_hot::MultiHotTensor;
pub(crate) use multi_hot_product::product;
pub use pieces::pieces;
pub use value::Value;
pub(crate) use value::map_tensor;
