//! Conversions between samples and Burn's `Dataset`.

use std::sync::Arc;

use burn::{
    data::{
        dataloader::{DataLoaderBuilder, batcher::Batcher},
        dataset::{Dataset, DatasetError, InMemDataset},
    },
    tensor::{Device, Int, Tensor, TensorData},
};
use kindling_data::{Array, Column, DataError, Kind, Sample, Samples};

fn samples() -> Samples {
    let images: Vec<[[u8; 2]; 3]> = (0..20).map(|i| [[i, 0], [51, 255], [0, 0]]).collect();
    let words = (0..20_u32).map(|i| vec![i % 3]);
    let inputs = vec![Column::pixels(images).unwrap(), Column::multi_hot(words, 3).unwrap()];
    let classes = Column::classes((0..20).collect::<Vec<_>>()).unwrap();
    Samples::with_columns(inputs, vec![classes]).unwrap()
}

#[test]
fn an_item_is_one_sample_without_the_batch_axis() {
    let view = samples().select(&[19, 4]).unwrap();
    let Sample { inputs, targets } = view.get(1).unwrap();
    assert_eq!(inputs[0], TensorData::from([[4.0_f32 / 255.0, 0.0], [0.2, 1.0], [0.0, 0.0]]));
    assert_eq!(inputs[1], TensorData::from([0.0_f32, 1.0, 0.0]));
    assert_eq!(targets, [TensorData::new(vec![4], [0_usize; 0])]);
    assert_eq!(Dataset::len(&view), 2);
}

/// Stacks samples as in Burn's guide.
#[derive(Clone)]
struct Stack;

#[derive(Clone, Debug)]
struct Stacked {
    images: Tensor<3>,
    classes: Tensor<1, Int>,
}

impl Batcher<Sample, Stacked> for Stack {
    fn batch(&self, samples: Vec<Sample>, device: &Device) -> Stacked {
        let image = |sample: &Sample| Tensor::<2>::from_data(sample.inputs[0].clone(), device);
        let class = |sample: &Sample| sample.targets[0].iter::<i32>().next().unwrap();
        let classes: Vec<i32> = samples.iter().map(class).collect();
        Stacked {
            images: Tensor::stack(samples.iter().map(image).collect(), 0),
            classes: Tensor::from_data(TensorData::new(classes, [samples.len()]), device),
        }
    }
}

#[test]
fn burns_data_loader_accepts_samples() {
    let samples = Arc::new(samples());
    let classes = |batch: &Stacked| batch.classes.to_data().iter::<i32>().collect::<Vec<_>>();
    let loader = DataLoaderBuilder::new(Stack).batch_size(8).build(samples.clone());
    let batches: Vec<Stacked> = loader.iter().map(Result::unwrap).collect();
    let shapes: Vec<_> = batches.iter().map(|batch| batch.images.dims()).collect();
    assert_eq!(shapes, [[8, 3, 2], [8, 3, 2], [4, 3, 2]]);
    assert_eq!(batches.iter().flat_map(classes).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    let Array::Dense(images) = samples.batch(&[0, 1, 2, 3, 4, 5, 6, 7]).inputs.remove(0) else {
        panic!("pixels are dense")
    };
    batches[0].images.to_data().assert_eq(&images, true);

    let loader = DataLoaderBuilder::new(Stack).batch_size(8).shuffle(7).num_workers(2).build(samples);
    let mut seen: Vec<i32> = loader.iter().flat_map(|batch| classes(&batch.unwrap())).collect();
    assert!(!seen.is_sorted());
    seen.sort_unstable();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
}

#[test]
fn the_items_of_a_dataset_become_samples() {
    let houses = InMemDataset::new(vec![(vec![3.0_f64, 120.0], 7_u8), (vec![2.0, 80.0], 9)]);
    let samples = Samples::from_dataset(&houses, |(features, class)| (features, class)).unwrap();
    assert_eq!(samples.input(), TensorData::from([[3.0_f32, 120.0], [2.0, 80.0]]));
    assert_eq!(samples.classes(), Some(vec![7, 9]));

    let kinds = |samples: Samples| (samples.inputs()[0].kind(), samples.targets()[0].kind());
    let items = InMemDataset::new(vec![[1_u8, 2], [3, 4]]);
    let pixels = Samples::from_dataset(&items, |row| (row, 0.5_f32)).unwrap();
    assert_eq!(kinds(pixels), (Kind::Pixels, Kind::Floats));
    let ids = Samples::from_dataset(&items, |row| (row.map(i64::from), row.map(usize::from))).unwrap();
    assert_eq!(kinds(ids), (Kind::Ids, Kind::Labels));
    let named = Samples::from_dataset_as(&items, Kind::Ids, Kind::Ids, |row| (row, row)).unwrap();
    assert_eq!(named.targets()[0].integers(), Some(vec![1, 2, 3, 4]));
    assert_eq!(kinds(named), (Kind::Ids, Kind::Ids));
    let boxed: Box<dyn Dataset<[u8; 2]>> = Box::new(items);
    assert_eq!(Samples::from_dataset(&*boxed, |row| (row, 1)).unwrap().len(), 2);
}

#[test]
fn samples_round_trip_through_a_dataset() {
    let original = samples().slice(3..9);
    let back =
        Samples::from_dataset(&original, |mut sample| (sample.inputs.remove(0), sample.targets.remove(0)));
    let back = back.unwrap();
    assert_eq!((back.input(), back.classes()), (original.input(), original.classes()));
}

/// A dataset whose second item cannot be read.
struct Broken;

impl Dataset<f32> for Broken {
    fn get(&self, index: usize) -> Result<f32, DatasetError> {
        match index {
            0 => Ok(0.0),
            _ => Err(DatasetError::new(std::io::Error::other("the disk is full"))),
        }
    }

    fn len(&self) -> usize {
        3
    }
}

#[test]
fn errors_describe_the_invalid_item() {
    let message = |samples: Result<Samples, DataError>| samples.unwrap_err().to_string();
    let error = message(Samples::from_dataset(&Broken, |x| (x, x)));
    assert!(error.starts_with("item 1 of the dataset cannot be read: "), "{error}");
    let ragged = InMemDataset::new(vec![vec![1.0_f32], vec![2.0, 3.0]]);
    assert_eq!(
        message(Samples::from_dataset(&ragged, |row| (row, 0))),
        "the type and shape of a row is (F32, [2]) (item 1): item 0 has (F32, [1]): return rows of one type and shape"
    );
    let none = InMemDataset::new(Vec::<f32>::new());
    let error = message(Samples::from_dataset(&none, |x| (x, x)));
    assert_eq!(error, "the number of items is 0: give a dataset with at least one item");
}
