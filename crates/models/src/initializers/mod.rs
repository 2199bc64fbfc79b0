//! Weight initializers with Keras' names.

mod constant;
mod identity;
mod orthogonal;
mod random;
mod variance_scaling;

use std::fmt::Debug;

use rand::rngs::ChaCha8Rng;

pub use constant::{Constant, Ones, Zeros};
pub use identity::Identity;
pub use orthogonal::Orthogonal;
pub use random::{RandomNormal, RandomUniform, TruncatedNormal};
pub use variance_scaling::{
    Distribution, FanMode, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform,
    VarianceScaling,
};

use crate::part_of;

/// A weight initializer.
///
/// ```
/// use burn::config::Config;
/// use kindling_models::{initializers::Initializer, layers::Dense};
/// use rand::{RngExt, rngs::ChaCha8Rng};
///
/// /// Draws -1 or 1, each with probability 1/2.
/// #[derive(Config, Debug)]
/// struct Signs {}
///
/// #[typetag::serde]
/// impl Initializer for Signs {
///     fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
///         (0..shape.iter().product()).map(|_| if random.random() { 1.0 } else { -1.0 }).collect()
///     }
/// }
///
/// let layer = Dense::new(8).kernel_initializer(Signs::new());
/// # let _ = layer;
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Initializer: Debug + Send + Sync {
    /// Returns the values of a weight of this shape, in row-major order. Kernels have Keras' layout,
    /// `[.., inputs, outputs]`.
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32>;

    /// Returns whether the values depend on `random`. Default: true.
    fn is_random(&self) -> bool {
        true
    }

    /// Returns the name under which the initializer is saved: Keras' class name for built-in ones, the type name for
    /// custom ones.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

part_of!(Initializer);

/// Returns the fan-in and fan-out of a kernel of this shape, as Keras computes them: a convolution's kernel
/// `[height, width, channels, filters]` has a fan-in of `height * width * channels`.
fn fans(shape: &[usize]) -> (usize, usize) {
    match shape {
        [] => (1, 1),
        [length] => (*length, *length),
        [field @ .., inputs, outputs] => {
            let field: usize = field.iter().product();
            (inputs * field, outputs * field)
        }
    }
}

#[cfg(test)]
mod tests {
    use kindling_data::random::{Purpose, generator};

    use super::*;

    fn draw(initializer: &dyn Initializer, shape: &[usize], seed: u64) -> Vec<f32> {
        initializer.values(shape, &mut generator(seed, Purpose::Weights, 0))
    }

    fn mean_and_deviation(values: &[f32]) -> (f64, f64) {
        let count = values.len() as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        let variance = values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / count;
        (mean, variance.sqrt())
    }

    #[test]
    fn values_have_the_defined_standard_deviation() {
        let shape = [200, 100];
        // A uniform distribution within ±limit has the standard deviation limit / sqrt(3).
        for (initializer, deviation) in [
            (&GlorotUniform as &dyn Initializer, (2.0_f64 / 300.0).sqrt()),
            (&GlorotNormal, (2.0_f64 / 300.0).sqrt()),
            (&HeUniform, (2.0_f64 / 200.0).sqrt()),
            (&HeNormal, (2.0_f64 / 200.0).sqrt()),
            (&LecunUniform, (1.0_f64 / 200.0).sqrt()),
            (&LecunNormal, (1.0_f64 / 200.0).sqrt()),
            (&VarianceScaling::default(), (1.0_f64 / 200.0).sqrt()),
            (
                &VarianceScaling {
                    scale: 3.0,
                    mode: FanMode::FanOut,
                    distribution: Distribution::UntruncatedNormal,
                },
                (3.0_f64 / 100.0).sqrt(),
            ),
            (
                &VarianceScaling { scale: 0.5, mode: FanMode::FanAvg, distribution: Distribution::Uniform },
                (0.5_f64 / 150.0).sqrt(),
            ),
            (&RandomUniform::default(), 0.05 / 3.0_f64.sqrt()),
            (&RandomNormal::default(), 0.05),
            (&TruncatedNormal::default(), 0.05 * 0.879_625_7),
        ] {
            let values = draw(initializer, &shape, 3);
            let (mean, found) = mean_and_deviation(&values);
            let name = initializer.name();
            assert!(mean.abs() < deviation * 0.03, "{name}: mean {mean}");
            assert!(
                (found / deviation - 1.0).abs() < 0.02,
                "{name}: deviation {found}, expected {deviation}"
            );
            assert_eq!(values, draw(initializer, &shape, 3), "{name}");
            assert_ne!(values, draw(initializer, &shape, 4), "{name}");
        }
        assert!(draw(&GlorotUniform, &shape, 3).iter().all(|value| value.abs() <= (6.0_f32 / 300.0).sqrt()));
        assert!(draw(&TruncatedNormal::default(), &shape, 3).iter().all(|value| value.abs() <= 0.1));
    }

    #[test]
    fn the_fan_in_of_a_convolution_counts_all_values_of_a_window() {
        assert_eq!(fans(&[3, 5, 2, 8]), (30, 120));
        assert_eq!(fans(&[4, 6]), (4, 6));
        assert_eq!(fans(&[7]), (7, 7));
    }

    #[test]
    fn rows_of_an_orthogonal_kernel_are_orthonormal() {
        let drawn = draw(&Orthogonal::default(), &[16, 64], 3);
        let rows: Vec<&[f32]> = drawn.chunks(64).collect();
        for (i, one) in rows.iter().enumerate() {
            for (j, other) in rows.iter().enumerate() {
                let product: f32 = one.iter().zip(*other).map(|(a, b)| a * b).sum();
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-5, "rows {i} and {j}: {product}");
            }
        }
        // With more rows than columns, the columns are orthogonal.
        let tall = draw(&Orthogonal::default(), &[64, 16], 3);
        let column = |j: usize| tall.iter().skip(j).step_by(16).copied();
        let product: f32 = column(2).zip(column(5)).map(|(a, b)| a * b).sum();
        let length: f32 = column(2).map(|a| a * a).sum();
        assert!(product.abs() < 1e-5 && (length - 1.0).abs() < 1e-5, "{product} {length}");
    }

    #[test]
    fn an_identity_kernel_has_ones_on_its_diagonal() {
        let values = |shape: &[usize]| draw(&Identity { gain: 2.0 }, shape, 3);
        assert_eq!(values(&[2, 3]), [2.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
        assert_eq!(values(&[3, 2]), [2.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        assert!(values(&[3]).is_empty());
    }

    #[test]
    fn options_have_keras_names_and_defaults() {
        let scaling: VarianceScaling =
            serde_json::from_str(r#"{"scale": 2, "mode": "fan_avg", "distribution": "untruncated_normal"}"#)
                .unwrap();
        assert_eq!((scaling.scale, scaling.mode), (2.0, FanMode::FanAvg));
        assert_eq!(scaling.distribution, Distribution::UntruncatedNormal);
        assert_eq!(serde_json::from_str::<VarianceScaling>("{}").unwrap(), VarianceScaling::default());
        assert_eq!(serde_json::from_str::<Identity>("{}").unwrap(), Identity::default());
        assert_eq!(serde_json::from_str::<Constant>("{}").unwrap(), Constant::default());
    }

    #[test]
    fn an_invalid_scale_does_not_panic() {
        for scale in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
            let uniform =
                VarianceScaling { scale, mode: FanMode::FanIn, distribution: Distribution::Uniform };
            assert_eq!(draw(&uniform, &[2, 2], 3).len(), 4);
        }
    }
}
