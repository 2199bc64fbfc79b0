//! Imputation and random removal of values.

use burn::tensor::{DType, TensorData};
use kindling_data::{Column, Fill, Samples, SimpleImputer, StandardScaler, Transform, drop_values};
use proptest::prelude::*;

const MISSING: f64 = f64::NAN;

fn values_of(data: &TensorData) -> Vec<f64> {
    data.iter().collect()
}

#[test]
fn missing_values_become_zero_or_the_mean_of_the_training_samples() {
    let train = TensorData::from([[1.0, MISSING], [MISSING, 10.0], [4.0, 20.0]]);
    let test = TensorData::from([[MISSING, MISSING], [7.0, MISSING]]);
    let zero = SimpleImputer::fit(&train, Fill::default()).unwrap();
    assert_eq!(values_of(&zero.transform(&test).unwrap()), [0.0, 0.0, 7.0, 0.0]);
    let mean = SimpleImputer::fit(&train, Fill::Mean).unwrap();
    assert_eq!(mean.fill(), [2.5, 15.0]);
    assert_eq!(values_of(&mean.transform(&test).unwrap()), [2.5, 15.0, 7.0, 15.0]);
    let constant = SimpleImputer::fit(&train, Fill::Constant(-1.0)).unwrap();
    assert_eq!(values_of(&constant.transform(&train).unwrap()), [1.0, -1.0, -1.0, 10.0, 4.0, 20.0]);
}

#[test]
fn zero_after_scaling_is_the_mean_of_the_nonmissing_values() {
    let train = TensorData::from([[1.0, MISSING], [3.0, 4.0], [MISSING, 8.0], [5.0, MISSING]]);
    let scaler = StandardScaler::fit_ignoring_missing(&train).unwrap();
    let scaled = scaler.transform(&train).unwrap();
    let imputer = SimpleImputer::fit(&scaled, Fill::default()).unwrap();
    let filled = scaler.inverse_transform(&imputer.transform(&scaled).unwrap()).unwrap();
    let expected = [1.0, 6.0, 3.0, 4.0, 3.0, 8.0, 5.0, 6.0];
    assert!(
        values_of(&filled).iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12)
    );
}

#[test]
fn errors_describe_data_that_cannot_be_imputed() {
    let fit = |samples: &TensorData, fill| SimpleImputer::fit(samples, fill).unwrap_err().to_string();
    let train = TensorData::from([[1.0, MISSING], [2.0, MISSING]]);
    assert_eq!(
        fit(&train, Fill::Mean),
        "a feature is missing in every sample (column 1): remove the feature"
    );
    let infinite = TensorData::from([[1.0, f64::INFINITY]]);
    assert!(fit(&infinite, Fill::default()).contains("inf in row 0, column 1"));
    let sound = TensorData::from([[1.0_f32, 2.0]]);
    assert!(fit(&sound, Fill::Constant(MISSING)).contains("the constant is NaN"));
    assert!(fit(&TensorData::from([1.0_f32]), Fill::Mean).contains("give floats of shape"));
    assert!(fit(&TensorData::new(Vec::<f32>::new(), [0, 3]), Fill::Mean).contains("give at least one"));
    let imputer = SimpleImputer::fit(&sound, Fill::Mean).unwrap();
    let error = imputer.transform(&TensorData::from([[1.0_f32]])).unwrap_err().to_string();
    assert_eq!(error, "the number of features is 1: the imputer was fitted to 2");
}

#[test]
fn values_are_dropped_at_the_given_rate() {
    let samples = TensorData::new(vec![1.0_f32; 200_000], [2_000, 10, 10]);
    let dropped = drop_values(&samples, 0.3, 1).unwrap();
    assert_eq!((dropped.shape(), dropped.dtype()), (samples.shape(), DType::F32));
    let missing = dropped.iter::<f32>().filter(|value| value.is_nan()).count();
    // Five standard deviations of the binomial distribution are 1,025.
    assert!(missing.abs_diff(60_000) < 1_025, "{missing}");
    let first = |data: &TensorData, place: usize| data.iter::<f32>().nth(place).unwrap().is_nan();
    let per_place: Vec<usize> = (0..100)
        .map(|place| (0..200).filter(|sample| first(&dropped, sample * 100 + place)).count())
        .collect();
    assert!(per_place.iter().all(|count| (20..100).contains(count)), "{per_place:?}");
}

#[test]
fn invalid_rates_and_types_are_rejected() {
    let samples = TensorData::from([[1.0_f32]]);
    for rate in [1.0, -0.1, f64::NAN, f64::INFINITY] {
        let error = drop_values(&samples, rate, 0).unwrap_err().to_string();
        assert!(error.starts_with("rate is ") && error.ends_with("of at least 0 and below 1"), "{error}");
    }
    assert!(drop_values(&TensorData::from([[1, 2]]), 0.1, 0).is_err());
    assert!(drop_values(&TensorData::new(vec![1.0_f32], Vec::<usize>::new()), 0.1, 0).is_err());
    let none = TensorData::new(Vec::<f32>::new(), [0, 3]);
    assert_eq!(drop_values(&none, 0.1, 0).unwrap(), none);
}

#[test]
fn the_values_to_drop_depend_on_the_position_in_the_view() {
    let column = Column::floats(TensorData::new(vec![1.0_f32; 40], [10, 4])).unwrap();
    let samples = Samples::new(column.clone(), column).unwrap();
    let dropped = |samples: &Samples| samples.map_input(|input| drop_values(&input, 0.5, 3)).unwrap();
    let bits = |samples: Samples| samples.input().iter::<f32>().map(f32::to_bits).collect::<Vec<_>>();
    let first_two = bits(dropped(&samples).slice(0..2));
    assert_eq!(bits(dropped(&samples.select(&[7, 2]).unwrap())), first_two);
    assert_ne!(first_two, bits(samples.slice(0..2)));
}

proptest! {
    #[test]
    fn drops_are_reproducible_and_increase_with_the_rate(
        values in prop::collection::vec(-1e3_f64..1e3, 1..200), low in 0.0..1.0_f64, high in 0.0..1.0_f64, seed: u64,
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let samples = TensorData::new(values.clone(), [values.len(), 1]);
        let dropped = |rate| values_of(&drop_values(&samples, rate, seed).unwrap());
        let (few, many) = (dropped(low), dropped(high));
        for ((value, few), many) in values.iter().zip(few).zip(many) {
            prop_assert!(few.is_nan() || few == *value);
            prop_assert!(many.is_nan() || (many == *value && few == *value));
        }
        prop_assert_eq!(dropped(0.0), values);
        let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        prop_assert_eq!(bits(dropped(high)), bits(dropped(high)));
    }

    #[test]
    fn imputation_replaces_all_missing_values_and_the_imputer_is_serializable(
        rows in prop::collection::vec(prop::array::uniform3(-1e3_f64..1e3), 2..30), seed: u64, mean: bool,
    ) {
        let train = TensorData::new(rows.concat(), [rows.len(), 3]);
        let fill = if mean { Fill::Mean } else { Fill::Constant(0.0) };
        let imputer = SimpleImputer::fit(&train, fill).unwrap();
        let dropped = drop_values(&train, 0.5, seed).unwrap();
        let imputed = values_of(&imputer.transform(&dropped).unwrap());
        for (place, (value, dropped)) in imputed.iter().zip(values_of(&dropped)).enumerate() {
            prop_assert_eq!(*value, if dropped.is_nan() { imputer.fill()[place % 3] } else { dropped });
        }
        let json = serde_json::to_string(&imputer).unwrap();
        prop_assert_eq!(serde_json::from_str::<SimpleImputer>(&json).unwrap(), imputer);
    }
}
