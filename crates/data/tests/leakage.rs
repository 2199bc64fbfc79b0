//! Detection of samples that are in both sets of a split.

use std::collections::{BTreeSet, HashSet};

use burn::tensor::TensorData;
use kindling_data::{
    Column, DataChoice, DataError, DataOptions, Samples, SplitOptions, TextOptions, Texts, boston_housing,
    check_leakage, drop_duplicates, reuters,
};
use proptest::prelude::*;

/// Returns samples of two values each, with their positions as targets.
fn pairs(rows: &[[f32; 2]]) -> Samples {
    with_positions(Column::floats(TensorData::new(rows.concat(), [rows.len(), 2])).unwrap())
}

fn with_positions(inputs: Column) -> Samples {
    let positions: Vec<i32> = (0..inputs.len() as i32).collect();
    let targets = TensorData::new(positions, [inputs.len()]);
    Samples::new(inputs, Column::classes(targets).unwrap()).unwrap()
}

/// Returns the number of shared samples and the positions of the first pair: the held-out and the training sample.
fn leaked(train: &Samples, held_out: &Samples) -> Option<(usize, usize, usize)> {
    match check_leakage(train, held_out) {
        Ok(()) => None,
        Err(DataError::Leakage { shared, held_out_position, train_position, .. }) => {
            Some((shared, held_out_position, train_position))
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_error_contains_the_number_and_the_first_pair() {
    let train = pairs(&[[1.0, 2.0], [3.0, 4.0], [3.0, 4.0], [5.0, 6.0]]);
    let held_out = pairs(&[[0.0, 1.0], [3.0, 4.0], [4.0, 3.0], [1.0, 2.0], [3.0, 4.0]]);
    let error = check_leakage(&train, &held_out).unwrap_err().to_string();
    assert_eq!(
        error,
        "3 of 5 held-out samples are also in the training set, the first being held-out sample 1, which equals training \
         sample 1 (both counted from 0): drop duplicates before splitting"
    );
}

#[test]
fn all_or_none_may_be_shared() {
    let samples = pairs(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    assert_eq!(leaked(&samples, &samples), Some((3, 0, 0)));
    assert_eq!(leaked(&samples, &pairs(&[[2.0, 1.0], [3.0, 5.0]])), None);
    let none = samples.slice(0..0);
    assert_eq!((leaked(&samples, &none), leaked(&none, &samples)), (None, None));
}

#[test]
fn views_are_compared_by_their_own_rows() {
    let samples = pairs(&[[1.0, 0.0], [2.0, 0.0], [1.0, 0.0], [3.0, 0.0], [4.0, 0.0]]);
    assert_eq!(leaked(&samples.slice(0..2), &samples.slice(3..5)), None);
    assert_eq!(leaked(&samples.slice(0..2), &samples.slice(1..4)), Some((2, 0, 1)));
    let chosen = samples.select(&[4, 3, 2]).unwrap();
    assert_eq!(leaked(&chosen, &samples.slice(0..2)), Some((1, 0, 2)));
    assert_eq!(leaked(&chosen.slice(0..2), &samples.slice(0..3)), None);
}

#[test]
fn zeros_of_both_signs_are_equal_and_so_are_missing_values() {
    let other_nan = f32::from_bits(f32::NAN.to_bits() | 1 << 31 | 5);
    assert!(other_nan.is_nan());
    let train = pairs(&[[0.0, 1.0], [f32::NAN, 2.0]]);
    assert_eq!(leaked(&train, &pairs(&[[-0.0, 1.0]])), Some((1, 0, 0)));
    assert_eq!(leaked(&train, &pairs(&[[other_nan, 2.0]])), Some((1, 0, 1)));
    assert_eq!(leaked(&train, &pairs(&[[0.0, 2.0], [2.0, f32::NAN]])), None);
}

#[test]
fn all_inputs_are_compared_but_not_the_targets() {
    let column = |values: &[f32]| Column::floats(TensorData::new(values.to_vec(), [values.len()])).unwrap();
    let samples = |first: &[f32], second: &[f32]| {
        Samples::with_columns(vec![column(first), column(second)], vec![column(&vec![9.0; first.len()])])
            .unwrap()
    };
    let train = samples(&[1.0, 2.0], &[5.0, 6.0]);
    assert_eq!(leaked(&train, &samples(&[1.0, 2.0, 0.0], &[6.0, 5.0, 5.0])), None);
    assert_eq!(leaked(&train, &samples(&[1.0, 2.0], &[6.0, 6.0])), Some((1, 1, 1)));
    // The same value in another input does not count as equal.
    assert_eq!(leaked(&samples(&[5.0], &[0.0]), &samples(&[0.0], &[5.0])), None);
}

#[test]
fn ids_and_multi_hot_vectors_are_compared_too() {
    let ids = |rows: &[[i32; 3]]| {
        with_positions(Column::ids(TensorData::new(rows.concat(), [rows.len(), 3])).unwrap())
    };
    let train = ids(&[[0, 4, 5], [4, 5, 0]]);
    assert_eq!(leaked(&train, &ids(&[[5, 4, 0], [4, 5, 0]])), Some((1, 1, 1)));
    let hot = |texts: &[&[u32]]| with_positions(Column::multi_hot(texts.iter().copied(), 10).unwrap());
    let train = hot(&[&[1, 2], &[9, 3, 3]]);
    // Multi-hot vectors ignore the order and the number of words.
    assert_eq!(leaked(&train, &hot(&[&[2], &[3, 9]])), Some((1, 1, 1)));
    assert_eq!(leaked(&train, &hot(&[&[], &[1, 2, 3]])), None);
    // The same vector in dense form.
    let dense = Column::floats(TensorData::from([[0.0_f32, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]));
    assert_eq!(leaked(&train, &with_positions(dense.unwrap())), Some((1, 0, 0)));
}

#[test]
fn pixels_are_compared_as_the_values_in_batches() {
    let pixels = with_positions(Column::pixels(TensorData::new(vec![0_u8, 255, 51, 0], [2, 2])).unwrap());
    assert_eq!(leaked(&pixels, &pairs(&[[0.0, 1.0]])), Some((1, 0, 0)));
    assert_eq!(leaked(&pixels, &pairs(&[[51.0 / 255.0, 0.0]])), Some((1, 0, 1)));
    assert_eq!(leaked(&pixels, &pairs(&[[51.0, 0.0], [1.0, 0.0]])), None);
}

#[test]
fn inputs_of_other_shapes_cannot_be_compared() {
    let (two, one) =
        (pairs(&[[1.0, 2.0]]), with_positions(Column::floats(TensorData::from([[1.0_f32]])).unwrap()));
    let error = check_leakage(&two, &one).unwrap_err().to_string();
    assert_eq!(
        error,
        "the shape of the held-out inputs is [[1]]: give inputs of the shape of the training inputs, [[2]]"
    );
}

#[test]
fn boston_housing_has_no_duplicates() {
    let options = DataOptions::default().choice(DataChoice::Bundled);
    let boston = boston_housing::load(&SplitOptions::new(), &options).unwrap();
    let (train, test) = boston.into_parts();
    check_leakage(&train, &test).unwrap();
    assert_eq!(drop_duplicates(&train).len(), 404);
}

#[test]
fn some_newswires_of_reuters_are_in_both_sets() {
    let options = DataOptions::default().choice(DataChoice::Bundled);
    let reuters = reuters::load(&TextOptions::new().num_words(10_000), &options).unwrap();
    let words = |texts: &Texts| -> Vec<BTreeSet<u32>> {
        (0..texts.len()).map(|text| texts.sequences.get(text).unwrap().iter().copied().collect()).collect()
    };
    let trained_on: HashSet<BTreeSet<u32>> = words(&reuters.train).into_iter().collect();
    let shared = words(&reuters.test).iter().filter(|words| trained_on.contains(*words)).count();
    let [train, test] = [&reuters.train, &reuters.test].map(|texts| texts.multi_hot(10_000).unwrap());
    assert_eq!(leaked(&train, &test).map(|(found, ..)| found), Some(shared));
    assert!(shared > 200, "{shared}");
    assert_eq!(drop_duplicates(&train).len(), trained_on.len());
}

proptest! {
    #[test]
    fn the_result_equals_a_search_of_all_pairs(
        train in prop::collection::vec([0_u8..4, 0..4], 0..30),
        held_out in prop::collection::vec([0_u8..4, 0..4], 0..30),
    ) {
        let floats = |rows: &[[u8; 2]]| pairs(&rows.iter().map(|row| row.map(f32::from)).collect::<Vec<_>>());
        let twin = |row: &[u8; 2]| train.iter().position(|other| other == row);
        let shared = held_out.iter().filter(|row| twin(row).is_some()).count();
        let first = held_out.iter().enumerate().find_map(|(place, row)| Some((shared, place, twin(row)?)));
        prop_assert_eq!(leaked(&floats(&train), &floats(&held_out)), first);
    }

    #[test]
    fn the_first_of_equal_samples_is_kept_in_order(rows in prop::collection::vec([0_u8..4, 0..4], 0..40)) {
        let samples = pairs(&rows.iter().map(|row| row.map(f32::from)).collect::<Vec<_>>());
        let distinct = drop_duplicates(&samples);
        let mut seen = HashSet::new();
        let expected: Vec<i32> =
            (0..rows.len()).filter(|place| seen.insert(rows[*place])).map(|place| place as i32).collect();
        prop_assert_eq!(distinct.classes().unwrap(), expected);
        let half = distinct.len() / 2;
        prop_assert!(check_leakage(&distinct.slice(0..half), &distinct.slice(half..distinct.len())).is_ok());
    }
}
