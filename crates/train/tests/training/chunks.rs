//! Training on samples that are read in chunks.

use std::cell::RefCell;

use burn::tensor::Device;
use kindling_data::{
    Chunks, Column, DataError, Samples,
    tables::{ColumnTransformer, CsvChunks, CsvOptions, NumericEncoder, Table, Target},
};
use kindling_models::{
    Sequential,
    activations::{Linear, Sigmoid},
};
use kindling_train::{
    Compile, FitOptions, Model,
    losses::{BinaryCrossentropy, MeanSquaredError},
    optimizers::Adam,
};

/// Samples in chunks, with a record of the order in which they are read.
struct Parts {
    parts: Vec<Samples>,
    read: RefCell<Vec<usize>>,
}

impl Parts {
    fn new(samples: &Samples, lengths: &[usize]) -> Self {
        let mut start = 0;
        let part = |length: &usize| {
            start += length;
            samples.slice(start - length..start)
        };
        Self { parts: lengths.iter().map(part).collect(), read: RefCell::default() }
    }
}

impl Chunks for Parts {
    fn lengths(&self) -> Vec<usize> {
        self.parts.iter().map(Samples::len).collect()
    }

    fn read(&self, index: usize) -> Result<Samples, DataError> {
        self.read.borrow_mut().push(index);
        Ok(self.parts[index].clone())
    }
}

fn samples(count: u16) -> Samples {
    let x: Vec<[f32; 2]> =
        (0..count).map(|row| [f32::from(row % 7) / 7.0, f32::from(row % 5) / 5.0]).collect();
    let y: Vec<f32> = x.iter().map(|[one, other]| 2.0 * one - other).collect();
    Samples::new(Column::floats(x).unwrap(), Column::floats(y).unwrap()).unwrap()
}

fn model() -> Model {
    let network = Sequential::new(2).dense(4, Linear).dense(1, Linear);
    network.compile(Adam::new(0.02), MeanSquaredError, ()).seed(3).on(&Device::flex()).unwrap()
}

#[test]
fn one_chunk_gives_the_result_of_samples_in_memory() {
    let samples = samples(50);
    let options = FitOptions::new().epochs(3).batch_size(8).validation_data(&samples);
    let (mut whole, mut chunked) = (model(), model());
    let history = whole.fit(&samples, &options).unwrap();
    let other = chunked.fit_chunks(&Parts::new(&samples, &[50]), &options, &mut []).unwrap();
    assert_eq!(history.get("val_loss"), other.get("val_loss"));
    assert_eq!(whole.weights().unwrap(), chunked.weights().unwrap());
}

#[test]
fn chunks_without_shuffling_give_the_result_of_samples_in_memory() {
    let samples = samples(50);
    let options = FitOptions::new().epochs(3).batch_size(8).shuffle(false);
    let (mut whole, mut chunked) = (model(), model());
    whole.fit(&samples, &options).unwrap();
    chunked.fit_chunks(&Parts::new(&samples, &[16, 24, 10]), &options, &mut []).unwrap();
    assert_eq!(whole.weights().unwrap(), chunked.weights().unwrap());
}

#[test]
fn chunk_may_lack_a_weighted_class() {
    let inputs = samples(20).inputs()[0].clone();
    // The samples are sorted by class, and chunks have one class each.
    let labels: Vec<f32> = (0..20_u8).map(|row| f32::from(row / 10)).collect();
    let samples = Samples::new(inputs, Column::floats(labels).unwrap()).unwrap();
    let network = Sequential::new(2).dense(1, Sigmoid);
    let compile = || {
        let compiling = network.clone().compile(Adam::new(0.02), BinaryCrossentropy::default(), ());
        compiling.seed(3).on(&Device::flex()).unwrap()
    };
    let options = FitOptions::new().epochs(2).batch_size(5).shuffle(false).class_weight([(0, 2.0), (1, 0.5)]);
    let (mut whole, mut chunked) = (compile(), compile());
    whole.fit(&samples, &options).unwrap();
    chunked.fit_chunks(&Parts::new(&samples, &[10, 10]), &options, &mut []).unwrap();
    assert_eq!(whole.weights().unwrap(), chunked.weights().unwrap());
}

#[test]
fn each_epoch_reads_every_chunk_once_in_a_new_order() {
    let samples = samples(60);
    let parts = Parts::new(&samples, &[10; 6]);
    let mut model = model();
    let history = model.fit_chunks(&parts, &FitOptions::new().epochs(4).batch_size(4), &mut []).unwrap();
    let losses = history.get("loss");
    assert!(losses[3] < losses[0], "{losses:?}");
    let read = parts.read.into_inner();
    // The first chunk is read before training, to check that it fits the network.
    let epochs: Vec<&[usize]> = read[1..].chunks(6).collect();
    assert_eq!(epochs.len(), 4);
    assert!(epochs.windows(2).any(|pair| pair[0] != pair[1]), "{epochs:?}");
    for epoch in epochs {
        let mut sorted = epoch.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
    }
}

#[test]
fn validation_split_and_empty_chunks_are_errors() {
    let samples = samples(20);
    let fit = |parts: &[usize], options: FitOptions| {
        model().fit_chunks(&Parts::new(&samples, parts), &options, &mut []).unwrap_err().to_string()
    };
    let split = fit(&[10, 10], FitOptions::new().validation_split(0.2));
    assert!(split.contains("hold out samples and give them as validation_data"), "{split}");
    assert!(fit(&[], FitOptions::new()).contains("no samples"));
    assert!(fit(&[20, 0], FitOptions::new()).contains("no samples"));
}

/// The types, values and encodings of columns are the same in chunks as in memory.
#[test]
fn table_in_chunks_equals_table_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let row = |row: u32| {
        format!("{},\"{}\n\",{}\n", row % 7, ["a", "b"][row as usize % 2], f64::from(row % 7) / 2.0)
    };
    let text: String = (0..100).map(row).collect();
    std::fs::write(&path, format!("\u{feff}x,word,y\n{text}")).unwrap();

    let chunks = CsvChunks::open(&path, &CsvOptions::new(), 32).unwrap();
    assert_eq!(chunks.lengths(), [32, 32, 32, 4]);
    let table = Table::read_csv(&path, &CsvOptions::new()).unwrap();
    for name in ["x", "word", "y"] {
        let cells = |table: &Table| -> Vec<_> {
            (0..table.len()).map(|row| table.column(name).unwrap().text(row)).collect()
        };
        let read: Vec<_> = (0..4).flat_map(|index| cells(&chunks.read(index).unwrap())).collect();
        assert_eq!(read, cells(&table), "{name}");
    }
    let sample = chunks.sample(50, 0).unwrap();
    assert!((25..75).contains(&sample.len()), "{}", sample.len());

    let train = chunks.slice(0..3);
    let mut features = ColumnTransformer::new().column("x", NumericEncoder::new());
    features.fit(&sample).unwrap();
    let target = Target::number(&sample.column("y").unwrap()).unwrap();
    let network = Sequential::new(1).dense(1, Linear);
    let mut model =
        network.compile(Adam::new(0.05), MeanSquaredError, ()).seed(3).on(&Device::flex()).unwrap();
    let options = FitOptions::new().epochs(30).batch_size(8);
    let history = model.fit_chunks(&train.encoded(&features, &target), &options, &mut []).unwrap();
    assert!(*history.get("loss").last().unwrap() < 1e-3, "{history:?}");

    assert!(chunks.slice(3..9).read(1).unwrap_err().to_string().contains("the chunk is 1: there are 1"));
    assert!(CsvChunks::open(&path, &CsvOptions::new(), 0).is_err());
    std::fs::write(&path, b"a\n\xe9\n").unwrap();
    assert!(CsvChunks::open(&path, &CsvOptions::new(), 2).unwrap_err().to_string().contains("not UTF-8"));
}
