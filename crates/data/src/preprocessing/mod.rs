//! Preprocessing steps, fitted to the training samples and saved with the model.

mod channels;
mod imputer;
mod min_max_scaler;
mod missing;
mod pipeline;
mod robust_scaler;
mod standard_scaler;
pub(crate) mod table;
mod transform;

pub use channels::{channels_first, channels_last};
pub use imputer::{Fill, SimpleImputer};
pub use min_max_scaler::MinMaxScaler;
pub use missing::drop_values;
pub use pipeline::Pipeline;
pub use robust_scaler::RobustScaler;
pub use standard_scaler::StandardScaler;
pub use transform::Transform;
