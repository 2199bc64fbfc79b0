//! Splits against what scikit-learn 1.x gives, and against their definitions.

use burn::tensor::TensorData;
use kindling_data::{
    Column, Samples,
    splits::{HoldOut, KFold, RepeatedKFold, Split, Splitter, StratifiedKFold, TimeSeriesSplit},
};
use proptest::prelude::*;

fn labelled(classes: &[i32]) -> Samples {
    let len = classes.len();
    let x = Column::floats(TensorData::new(vec![0.0_f32; len], [len])).unwrap();
    Samples::new(x, Column::classes(TensorData::new(classes.to_vec(), [len])).unwrap()).unwrap()
}

fn validations(splits: &[Split]) -> Vec<Vec<usize>> {
    splits.iter().map(|split| split.validation.clone()).collect()
}

/// Every sample is on exactly one side of each split.
fn assert_parted(splits: &[Split], len: usize) {
    for split in splits {
        let mut all = [split.train.clone(), split.validation.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..len).collect::<Vec<_>>());
    }
}

#[test]
fn folds_of_neighbours_are_scikit_learns() {
    let splits = KFold::new(4).split(&labelled(&[0; 10])).unwrap();
    assert_eq!(validations(&splits), [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7], vec![8, 9]]);
    assert_parted(&splits, 10);
}

#[test]
fn stratified_folds_are_scikit_learns() {
    let samples = labelled(&[1, 0, 2, 1, 1, 0, 0, 1, 2, 1, 0, 2, 1]);
    let splits = StratifiedKFold::new(3).split(&samples).unwrap();
    assert_eq!(validations(&splits), [vec![0, 1, 2, 3, 5], vec![4, 6, 7, 8], vec![9, 10, 11, 12]]);
    assert_parted(&splits, 13);
}

#[test]
fn a_time_series_is_never_looked_ahead_in() {
    let splits = TimeSeriesSplit::new(3).split(&labelled(&[0; 10])).unwrap();
    assert_eq!(validations(&splits), [vec![4, 5], vec![6, 7], vec![8, 9]]);
    for split in splits {
        assert!(split.train.iter().max() < split.validation.iter().min());
    }
}

#[test]
fn holding_out_the_last_keeps_the_order() {
    let splits = HoldOut::last(0.25).split(&labelled(&[0; 10])).unwrap();
    assert_eq!(splits, [Split { train: (0..7).collect(), validation: vec![7, 8, 9] }]);
}

#[test]
fn what_cannot_be_split_is_refused() {
    let samples = labelled(&[0, 0, 0, 1]);
    assert!(KFold::new(5).split(&samples).unwrap_err().to_string().contains('5'));
    assert!(KFold::new(1).split(&samples).is_err());
    assert!(RepeatedKFold::new(2, 0, 0).split(&samples).is_err());
    assert!(StratifiedKFold::new(4).split(&samples).is_err());
    assert!(TimeSeriesSplit::new(4).split(&samples).is_err());
    assert!(
        [0.0, 1.0, f64::NAN, -0.5, 0.999]
            .into_iter()
            .all(|share| HoldOut::last(share).split(&samples).is_err())
    );
    let x = || Column::floats(TensorData::new(vec![0.0_f32; 4], [4])).unwrap();
    let numbers = Samples::new(x(), x()).unwrap();
    assert!(StratifiedKFold::new(2).split(&numbers).is_err());
}

proptest! {
    #[test]
    fn folds_part_all_samples_into_equal_shares(len in 2_usize..200, folds in 2_usize..20, seed: u64) {
        prop_assume!(folds <= len);
        let samples = labelled(&vec![0; len]);
        let splits = KFold::new(folds).shuffle(seed).split(&samples).unwrap();
        assert_parted(&splits, len);
        let sizes: Vec<usize> = splits.iter().map(|split| split.validation.len()).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        prop_assert_eq!(sizes.iter().sum::<usize>(), len);
        prop_assert_eq!(&splits, &KFold::new(folds).shuffle(seed).split(&samples).unwrap());
    }

    #[test]
    fn strata_have_equal_shares_in_every_fold(
        classes in prop::collection::vec(0_i32..4, 20..120), folds in 2_usize..6, seed: u64,
    ) {
        let splits = StratifiedKFold::new(folds).shuffle(seed).split(&labelled(&classes)).unwrap();
        assert_parted(&splits, classes.len());
        for class in 0..4 {
            let count = |split: &Split| split.validation.iter().filter(|position| classes[**position] == class).count();
            let counts: Vec<usize> = splits.iter().map(count).collect();
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{:?}", counts);
        }
    }

    #[test]
    fn repeats_differ_and_each_parts_all_samples(len in 20_usize..60, seed: u64) {
        let splits = RepeatedKFold::new(4, 3, seed).split(&labelled(&vec![0; len])).unwrap();
        assert_parted(&splits, len);
        prop_assert_eq!(splits.len(), 12);
        prop_assert_ne!(&splits[..4], &splits[4..8]);
        let mut validated: Vec<usize> = splits[4..8].iter().flat_map(|split| split.validation.clone()).collect();
        validated.sort_unstable();
        prop_assert_eq!(validated, (0..len).collect::<Vec<_>>());
    }

    #[test]
    fn a_random_share_is_held_out(len in 3_usize..200, seed: u64) {
        let splits = HoldOut::random(0.3, seed).split(&labelled(&vec![0; len])).unwrap();
        assert_parted(&splits, len);
        prop_assert_eq!(splits[0].validation.len(), (len as f64 * 0.3).ceil() as usize);
    }
}
