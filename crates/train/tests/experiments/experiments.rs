//! Experiments: comparisons of variants over several seeds.

use crate::common::{assert_close, constant, cpu, flowers, numbers};
use burn::tensor::Device;
use kindling_models::{
    Sequential, SequentialNetwork,
    activations::{Relu, Softmax},
};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    experiments::{Comparison, Experiment},
    losses::SparseCategoricalCrossentropy,
    metrics::{Accuracy, Best, Direction, Mae},
    optimizers::{RmsProp, Sgd},
};

type Compiled = Result<Model<SequentialNetwork>, TrainError>;

/// Returns a function that compiles a classifier of flowers with a hidden layer of `units` units.
fn compile(units: usize) -> impl Fn(u64, &Device) -> Compiled + Sync {
    move |seed, device| {
        let network = Sequential::new(4).dense(units, Relu).dropout(0.2).dense(3, Softmax);
        let compiling = network.compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
        compiling.seed(seed).on(device)
    }
}

fn options() -> FitOptions {
    FitOptions::new().epochs(3).batch_size(8)
}

fn experiment() -> Experiment<'static> {
    let samples = flowers(60);
    Experiment::new(&samples.slice(0..40), &samples.slice(40..60), &options())
        .variant("small", compile(2))
        .variant("large", compile(16))
}

/// Returns the values of all histories, in the order of the variants.
fn figures(comparison: &Comparison) -> Vec<Vec<f64>> {
    let histories = comparison.variants().iter().flat_map(|variant| &variant.histories);
    histories.flat_map(|history| history.iter().map(|(_, values)| values.to_vec())).collect()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let [one, three] = [1, 3].map(|jobs| figures(&experiment().seeds(0..3).run(&cpu(jobs)).unwrap()));
    assert_eq!(one, three);
}

#[test]
fn variant_gives_the_same_history_as_a_single_run() {
    let samples = flowers(60);
    let (train, validation) = (samples.slice(0..40), samples.slice(40..60));
    let alone = compile(16)(7, &Device::flex())
        .unwrap()
        .fit(&train, &options().validation_data(&validation))
        .unwrap();
    let comparison = experiment().seeds([3, 7]).run(&cpu(1)).unwrap();
    let large = &comparison.variants()[1];
    assert_eq!((large.name.as_str(), large.parameters), ("large", 4 * 16 + 16 + 16 * 3 + 3));
    assert_eq!(large.histories[1], alone);
    assert_ne!(large.histories[0], alone);
}

#[test]
fn curves_are_means_and_standard_deviations_over_seeds() {
    let comparison = experiment().seeds([1, 2]).run(&cpu(1)).unwrap();
    let small = &comparison.variants()[0];
    let [a, b] = [0, 1].map(|seed| small.histories[seed].get("val_loss").to_vec());
    let middle: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (a + b) / 2.0).collect();
    // The standard deviation of two values is half of their difference.
    let half: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (a - b).abs() / 2.0).collect();
    assert_close(&small.mean_curve("val_loss"), &middle, 1e-12);
    assert_close(&small.deviation_curve("val_loss"), &half, 1e-12);
    assert!(half.iter().all(|half| *half > 0.0), "{half:?}");
    assert_eq!(small.last("val_loss"), Some(small.mean_curve("val_loss")[2]));
    assert_eq!(small.best("val_loss"), Best::of(&small.mean_curve("val_loss"), Direction::Min));
    assert_eq!(small.best("val_mae"), None);
    assert!(small.mean_curve("val_mae").is_empty());
}

/// The target is 2, the input is 1, and kernel and bias are initially 0. Each step of gradient descent changes both by
/// `2 * rate * error`. The predictions are 0, 1, 1.5 with a rate of 0.125, and 0, 4, 0 with a rate of 0.5.
fn worked_by_hand() -> Comparison {
    let samples = numbers(&[2.0]);
    let descent = |rate: f64| move |_, _: &Device| Ok(constant(Sgd::new(rate), [Mae]));
    let experiment = Experiment::new(&samples, &samples, &FitOptions::new().epochs(2));
    experiment.variant("slow", descent(0.125)).variant("wild", descent(0.5)).run(&cpu(1)).unwrap()
}

#[test]
fn table_has_the_best_and_last_value_of_each_metric() {
    let comparison = worked_by_hand();
    let [slow, wild] = comparison.variants() else { panic!("two variants") };
    assert_close(&slow.mean_curve("val_loss"), &[1.0, 0.25], 1e-6);
    assert_close(&wild.mean_curve("val_mae"), &[2.0, 2.0], 1e-6);
    assert_eq!((slow.best("val_loss").unwrap().epoch, wild.best("val_loss").unwrap().epoch), (2, 1));

    let table = comparison.to_string();
    let cells = |line: usize| {
        table
            .lines()
            .nth(line)
            .unwrap()
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
    };
    let head = ["variant", "parameters", "seconds", "best epoch"];
    assert_eq!(cells(0)[..4], head);
    assert_eq!(cells(0)[4..], ["best val_loss", "last val_loss", "best val_mae", "last val_mae"]);
    let without_seconds = |line| [&cells(line)[..2], &cells(line)[3..]].concat();
    assert_eq!(without_seconds(1), ["slow", "2", "2", "0.2500", "0.2500", "0.5000", "0.5000"]);
    assert_eq!(without_seconds(2), ["wild", "2", "1", "4.0000", "4.0000", "2.0000", "2.0000"]);
    assert_eq!(table.lines().count(), 3);
    let widths: Vec<usize> = table.lines().map(str::len).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
}

#[test]
fn table_and_chart_show_deviations_of_several_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = |comparison: &Comparison| {
        let saved = comparison.chart("val_loss").save(&folder, "chart").unwrap();
        std::fs::read_to_string(saved.svg).unwrap()
    };
    let (one, two) = (experiment().run(&cpu(1)).unwrap(), experiment().seeds([0, 1]).run(&cpu(2)).unwrap());
    assert!(!one.to_string().contains('±') && two.to_string().contains(" ± 0."), "{two}");
    let (plain, banded) = (drawn(&one), drawn(&two));
    assert!(plain.contains("Validation loss") && !plain.contains('±') && !plain.contains("<polygon"));
    assert!(banded.contains("mean ± deviation of 2 seeds"));
    assert_eq!(banded.matches("<polygon").count(), 2);
    for name in ["small", "large"] {
        assert_eq!(banded.matches(name).count(), 1, "{name} occurs once in the legend");
    }
    assert!(drawn(&two.select(&["large"]).unwrap()).contains("large"));
    assert!(one.chart("loss").save(&folder, "loss").is_ok());
}

#[test]
fn selection_keeps_the_order_of_names_and_unknown_names_are_errors() {
    let comparison = worked_by_hand();
    let selected = comparison.select(&["wild", "slow"]).unwrap();
    let names: Vec<&str> = selected.variants().iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["wild", "slow"]);
    let message = comparison.select(&["tame"]).unwrap_err().to_string();
    assert!(message.contains("\"tame\"") && message.contains("slow, wild"), "{message}");
}

#[test]
fn invalid_experiments_are_errors_before_training() {
    let refused = |experiment: Experiment| experiment.run(&cpu(1)).unwrap_err().to_string();
    let samples = flowers(8);
    let none = || {
        let experiment = Experiment::new(&samples, &samples, &options());
        experiment.callbacks(|_, _| panic!("training has started"))
    };
    assert!(refused(none()).contains("variants is []: add at least one"));
    assert!(refused(none().variant("a", compile(2)).seeds([])).contains("seeds is []"));
    let no_jobs = none().variant("a", compile(2)).run(&cpu(0)).unwrap_err().to_string();
    assert!(no_jobs.contains("jobs is 0"));
    let twice = none().variant("a", compile(2)).variant("b", compile(2)).variant("a", compile(4));
    assert!(refused(twice).contains("\"a\": two variants have this name"));

    let empty = |seed, device: &Device| -> Compiled {
        let compiling =
            Sequential::new(4).compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
        compiling.seed(seed).on(device)
    };
    let message = refused(none().variant("a", compile(2)).variant("no layers at all", empty));
    assert!(message.contains("variant no layers at all: the network is empty"), "{message}");
    let message = refused(none().variant("nothing hidden", compile(0)));
    assert!(message.contains("variant nothing hidden: layer dense: units is 0"), "{message}");
}

#[test]
fn error_of_a_failed_run_names_its_variant() {
    let samples = numbers(&[2.0]);
    let descent = |rate: f64| move |_, _: &Device| Ok(constant(Sgd::new(rate), [Mae]));
    for jobs in [1, 2] {
        let experiment = Experiment::new(&samples, &samples, &FitOptions::new().epochs(200));
        let experiment = experiment.variant("steady", descent(0.01)).variant("diverging", descent(50.0));
        let error = experiment.run(&cpu(jobs)).unwrap_err().to_string();
        assert!(error.starts_with("variant diverging: the "), "{error}");
    }
}
