//! Comparison of splits with scikit-learn 1.x and with their definitions.

use burn::tensor::TensorData;
use kindling_data::{
    Column, DataError, Samples,
    splits::{
        GroupKFold, GroupShuffleSplit, HoldOut, KFold, RepeatedKFold, Split, Splitter, StratifiedKFold,
        TimeSeriesSplit, train_test_split,
    },
};
use proptest::prelude::*;

fn labeled(classes: &[i32]) -> Samples {
    let len = classes.len();
    let x = Column::floats(TensorData::new(vec![0.0_f32; len], [len])).unwrap();
    Samples::new(x, Column::classes(TensorData::new(classes.to_vec(), [len])).unwrap()).unwrap()
}

fn validations(splits: &[Split]) -> Vec<Vec<usize>> {
    splits.iter().map(|split| split.validation.clone()).collect()
}

/// Checks that every sample is in exactly one set of each split.
fn assert_partition(splits: &[Split], len: usize) {
    for split in splits {
        let mut all = [split.train.clone(), split.validation.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..len).collect::<Vec<_>>());
    }
}

#[test]
fn k_fold_equals_scikit_learn() {
    let splits = KFold::new(4).split(&labeled(&[0; 10])).unwrap();
    assert_eq!(validations(&splits), [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7], vec![8, 9]]);
    assert_partition(&splits, 10);
}

#[test]
fn stratified_k_fold_equals_scikit_learn() {
    let samples = labeled(&[1, 0, 2, 1, 1, 0, 0, 1, 2, 1, 0, 2, 1]);
    let splits = StratifiedKFold::new(3).split(&samples).unwrap();
    assert_eq!(validations(&splits), [vec![0, 1, 2, 3, 5], vec![4, 6, 7, 8], vec![9, 10, 11, 12]]);
    assert_partition(&splits, 13);
}

#[test]
fn a_time_series_split_never_looks_ahead() {
    let splits = TimeSeriesSplit::new(3).split(&labeled(&[0; 10])).unwrap();
    assert_eq!(validations(&splits), [vec![4, 5], vec![6, 7], vec![8, 9]]);
    for split in splits {
        assert!(split.train.iter().max() < split.validation.iter().min());
    }
}

#[test]
fn hold_out_of_the_last_samples_keeps_the_order() {
    let splits = HoldOut::last(0.25).split(&labeled(&[0; 10])).unwrap();
    assert_eq!(splits, [Split { train: (0..7).collect(), validation: vec![7, 8, 9] }]);
}

#[test]
fn invalid_splits_are_rejected() {
    let samples = labeled(&[0, 0, 0, 1]);
    assert!(KFold::new(5).split(&samples).unwrap_err().to_string().contains('5'));
    assert!(KFold::new(1).split(&samples).is_err());
    assert!(RepeatedKFold::new(2, 0).split(&samples).is_err());
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

#[test]
fn a_seed_gives_the_same_splits_in_every_version() {
    let samples = labeled(&[1, 0, 2, 1, 1, 0, 0, 1, 2, 1, 0, 2, 1]);
    let validation = |splitter: &dyn Splitter| validations(&splitter.split(&samples).unwrap());
    let folds = [vec![2, 3, 8, 10, 12], vec![0, 5, 6, 11], vec![1, 4, 7, 9]];
    assert_eq!(validation(&KFold::new(3).shuffle_with_seed(7)), folds);
    let folds = [vec![1, 3, 6, 11, 12], vec![0, 4, 5, 8], vec![2, 7, 9, 10]];
    assert_eq!(validation(&StratifiedKFold::new(3).shuffle_with_seed(7)), folds);
    let folds = validation(&RepeatedKFold::new(2, 2).seed(7));
    assert_eq!(folds[2], [1, 3, 4, 6, 8, 10, 11]);
    assert_eq!(folds[0], [2, 3, 6, 8, 10, 11, 12]);
    let [split] = HoldOut::random(0.3).seed(7).split(&samples).unwrap().try_into().unwrap();
    assert_eq!((split.train, split.validation), (vec![12, 10, 2, 8, 3, 6, 11, 5, 0], vec![7, 9, 4, 1]));
    let default = HoldOut::random(0.3).split(&samples).unwrap();
    assert_eq!(default, HoldOut::random(0.3).seed(0).split(&samples).unwrap());
}

#[test]
fn a_stratified_hold_out_keeps_the_class_proportions() {
    // sklearn.model_selection.train_test_split(range(20), test_size=0.25, stratify=y) gives 3, 1 and 1 of the classes.
    let classes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
    let samples = labeled(&classes);
    let hold_out = HoldOut::random(0.25).seed(3).stratified();
    let (train, test) = train_test_split(&samples, &hold_out).unwrap();
    let count = |part: &Samples, class| part.classes().unwrap().iter().filter(|own| **own == class).count();
    assert_eq!([0, 1, 2].map(|class| count(&train, class)), [9, 3, 3]);
    assert_eq!([0, 1, 2].map(|class| count(&test, class)), [3, 1, 1]);
    let splits = hold_out.split(&samples).unwrap();
    assert_partition(&splits, 20);
    assert!(!splits[0].train.is_sorted());
    assert_ne!(splits, HoldOut::random(0.25).seed(4).stratified().split(&samples).unwrap());

    let message = |classes: &[i32], share| {
        HoldOut::random(share).stratified().split(&labeled(classes)).unwrap_err().to_string()
    };
    assert_eq!(
        message(&[0, 0, 0, 1], 0.5),
        "a sample is the only one of its class (sample 3): a stratified split needs at least two of each class"
    );
    assert_eq!(
        message(&classes, 0.1),
        "the size of the smaller set is 2: a stratified split of 3 classes needs at least as many samples in each set: add \
         samples or merge rare classes"
    );
}

#[test]
fn train_test_split_equals_the_split_of_the_splitter() {
    let samples = labeled(&(0..10).collect::<Vec<_>>());
    let hold_out = HoldOut::random(0.3).seed(7);
    let (train, test) = train_test_split(&samples, &hold_out).unwrap();
    let [fold] = samples.split(&hold_out).unwrap().try_into().unwrap();
    assert_eq!((train.classes(), test.classes()), (fold.train.classes(), fold.validation.classes()));
    let split = hold_out.split(&samples).unwrap().remove(0);
    let positions: Vec<i32> = split.validation.iter().map(|position| *position as i32).collect();
    assert_eq!(test.classes(), Some(positions));
    for wrong in [HoldOut::last(0.3).seed(1), HoldOut::last(0.3).stratified()] {
        let error = train_test_split(&samples, &wrong).unwrap_err().to_string();
        assert!(error.contains("use HoldOut::random"), "{error}");
    }
}

/// A splitter that always returns the given splits.
struct Fixed(Vec<Split>);

impl Splitter for Fixed {
    fn split(&self, _: &Samples) -> Result<Vec<Split>, DataError> {
        Ok(self.0.clone())
    }
}

#[test]
fn errors_describe_invalid_splits() {
    let samples = labeled(&[0, 1, 2, 3]);
    let split =
        |train: &[usize], validation: &[usize]| Split { train: train.into(), validation: validation.into() };
    let good = || split(&[3, 0], &[1]);
    let folds = samples.split(&Fixed(vec![good(), split(&[1, 1], &[0])])).unwrap();
    assert_eq!(folds[0].train.classes(), Some(vec![3, 0]));
    assert_eq!((folds[1].index, folds[1].train.classes()), (1, Some(vec![1, 1])));
    let message = |wrong| samples.split(&Fixed(vec![good(), wrong])).unwrap_err().to_string();
    for (wrong, expected) in [
        (split(&[], &[1]), "has an empty training set: give each set at least one sample"),
        (split(&[1], &[]), "has an empty validation set: give each set at least one sample"),
        (split(&[0, 4], &[1]), "has the training position 4: there are 4 samples"),
        (split(&[0], &[9]), "has the validation position 9: there are 4 samples"),
        (split(&[0, 2], &[1, 2]), "has position 2 in both sets: make them disjoint"),
    ] {
        assert_eq!(message(wrong), format!("the splitter's fold 1 {expected}"));
    }
    let error = samples.split(&Fixed(Vec::new())).unwrap_err().to_string();
    assert_eq!(error, "the splitter's number of folds is 0: return at least one");
}

proptest! {
    #[test]
    fn folds_partition_the_samples_evenly(len in 2_usize..200, folds in 2_usize..20, seed: u64) {
        prop_assume!(folds <= len);
        let samples = labeled(&vec![0; len]);
        let splits = KFold::new(folds).shuffle_with_seed(seed).split(&samples).unwrap();
        assert_partition(&splits, len);
        let sizes: Vec<usize> = splits.iter().map(|split| split.validation.len()).collect();
        prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        prop_assert_eq!(sizes.iter().sum::<usize>(), len);
        prop_assert_eq!(&splits, &KFold::new(folds).shuffle_with_seed(seed).split(&samples).unwrap());
    }

    #[test]
    fn stratified_folds_have_equal_class_proportions(
        classes in prop::collection::vec(0_i32..4, 20..120), folds in 2_usize..6, seed: u64,
    ) {
        let splits = StratifiedKFold::new(folds).shuffle_with_seed(seed).split(&labeled(&classes)).unwrap();
        assert_partition(&splits, classes.len());
        for class in 0..4 {
            let count = |split: &Split| split.validation.iter().filter(|position| classes[**position] == class).count();
            let counts: Vec<usize> = splits.iter().map(count).collect();
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{:?}", counts);
        }
    }

    #[test]
    fn repeats_differ_and_each_partitions_the_samples(len in 20_usize..60, seed: u64) {
        let splits = RepeatedKFold::new(4, 3).seed(seed).split(&labeled(&vec![0; len])).unwrap();
        assert_partition(&splits, len);
        prop_assert_eq!(splits.len(), 12);
        prop_assert_ne!(&splits[..4], &splits[4..8]);
        let mut validated: Vec<usize> = splits[4..8].iter().flat_map(|split| split.validation.clone()).collect();
        validated.sort_unstable();
        prop_assert_eq!(validated, (0..len).collect::<Vec<_>>());
    }

    #[test]
    fn a_random_fraction_is_held_out(len in 3_usize..200, seed: u64) {
        let splits = HoldOut::random(0.3).seed(seed).split(&labeled(&vec![0; len])).unwrap();
        assert_partition(&splits, len);
        prop_assert_eq!(splits[0].validation.len(), (len as f64 * 0.3).ceil() as usize);
    }
}

#[test]
fn groups_are_not_split() {
    let groups: Vec<usize> = (0..60).map(|row| row * row % 11).collect();
    // Numbered without gaps, as `TableColumn::groups` gives them.
    let mut seen: Vec<usize> = Vec::new();
    let groups: Vec<usize> = groups
        .iter()
        .map(|group| {
            seen.iter().position(|other| other == group).unwrap_or_else(|| {
                seen.push(*group);
                seen.len() - 1
            })
        })
        .collect();
    let samples = Samples::inputs_only(Column::floats(vec![0.0_f32; groups.len()]).unwrap());
    let splitters: [Box<dyn Splitter>; 2] = [
        Box::new(GroupKFold::new(3, groups.clone())),
        Box::new(GroupShuffleSplit::new(0.3, groups.clone()).seed(4)),
    ];
    for splitter in splitters {
        let mut held_out = 0;
        for Split { train, validation } in splitter.split(&samples).unwrap() {
            assert_eq!(train.len() + validation.len(), groups.len());
            let trained_on: std::collections::HashSet<usize> = train.iter().map(|row| groups[*row]).collect();
            assert!(validation.iter().all(|row| !trained_on.contains(&groups[*row])));
            held_out += validation.len();
        }
        assert!(held_out == groups.len() || (10..30).contains(&held_out), "{held_out}");
    }
    let few = GroupKFold::new(9, groups.clone()).split(&samples).unwrap_err().to_string();
    assert!(few.contains('9'), "{few}");
    assert!(GroupKFold::new(2, vec![0, 1]).split(&samples).is_err());
    assert!(GroupShuffleSplit::new(1.0, groups).split(&samples).is_err());
}
