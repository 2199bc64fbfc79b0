//! Predicts the number of bicycles rented per hour.
//!
//! Usage: `rides train`, then `rides predict FILE.csv`.

mod network;

use kindling::plots::history_chart;
use kindling::tables::{ColumnTransformer, CsvOptions, Table, Target};
use kindling::{callbacks::EarlyStopping, losses, losses::MeanSquaredError, metrics, metrics::Mae};
use kindling::{models::Weights, optimizers::Adam, prelude::*, splits::HoldOut};
use network::Shortcut;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const TARGET: &str = "rides";

fn main() -> Result<()> {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [command] if command == "train" => train(),
        [command, file] if command == "predict" => predict(file),
        _ => Err("usage: rides train | rides predict FILE.csv".into()),
    }
}

fn model(features: usize) -> Result<Model<Shortcut>> {
    let network = move |init: &mut Init| Ok(Shortcut::new(init, features));
    // A custom metric: the fraction of predictions with an error above 0.2 standard deviations.
    let far =
        losses::from_fn("far", |predicted, target| (predicted - target).abs().greater_elem(0.2).float());
    let metrics = (Mae, metrics::from_loss(far));
    let compiling = Model::new(network, Adam::new(0.003), MeanSquaredError, metrics);
    Ok(compiling.seed(0).on(&backend::default_device()?)?)
}

fn train() -> Result<()> {
    let table = Table::read_csv("data/rides.csv", &CsvOptions::new())?;
    println!("{table}");
    let (train, test) = table.train_test_split(&HoldOut::random(0.2).seed(0), TARGET)?;
    let mut features = ColumnTransformer::infer(&train, TARGET);
    features.fit(&train)?;
    let target = Target::number(&train.column(TARGET)?)?;
    let samples =
        |rows: &Table| Samples::new(features.transform(rows)?, target.transform(&rows.column(TARGET)?)?);
    let mut model = model(features.feature_names().len())?;
    let options = FitOptions::new().epochs(200).batch_size(32).validation_split(0.2);
    let mut stopping = EarlyStopping::new("val_loss").patience(15).restore_best_weights(true);
    let history = model.fit_with(&samples(&train)?, &options, &mut [&mut stopping])?;
    println!("Test: {}", model.evaluate(&samples(&test)?)?);
    std::fs::create_dir_all("out")?;
    history_chart(&history, "loss").save("out", "loss")?;
    model.weights()?.save("out/rides.safetensors")?;
    std::fs::write("out/table.json", serde_json::to_string(&(&features, &target))?)?;
    Ok(())
}

fn predict(file: &str) -> Result<()> {
    let (features, target): (ColumnTransformer, Target) =
        serde_json::from_str(&std::fs::read_to_string("out/table.json")?)?;
    let mut model = model(features.feature_names().len())?;
    model.set_weights(&Weights::read("out/rides.safetensors")?)?;
    let rows = Samples::inputs_only(features.transform(&Table::read_csv(file, &features.csv_options()?)?)?);
    for rides in target.inverse_transform(&model.predict(&rows)?) {
        println!("{rides:.0}");
    }
    Ok(())
}
