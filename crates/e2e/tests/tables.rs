//! Uses the library on a table with missing values and categories, from the CSV file to predictions for new rows.

use std::fmt::Write;

use kindling::{
    activations::{Linear, Relu},
    losses::MeanSquaredError,
    metrics::Mae,
    optimizers::Adam,
    prelude::*,
    splits::HoldOut,
    tables::{ColumnTransformer, CsvOptions, Table, Target},
};

/// Returns a table whose prices depend on size and town; some sizes are missing.
fn prices() -> String {
    let mut csv = String::from("id,size,town,price\n");
    for row in 0..400_u32 {
        let size = 50 + row * 37 % 100;
        let town = ["Delft", "Leiden", "Utrecht"][(row * 7 % 3) as usize];
        let price = 2000 * size + 50_000 * (row * 7 % 3);
        let size = if row % 20 == 0 { String::new() } else { size.to_string() };
        writeln!(csv, "{row},{size},{town},{price}").unwrap();
    }
    csv
}

#[test]
fn a_model_of_a_table_predicts_raw_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (file, saved) = (folder.path().join("prices.csv"), folder.path().join("prices.keras"));
    std::fs::write(&file, prices()).unwrap();

    // Training.
    let table = Table::read_csv(&file, &CsvOptions::new()).unwrap();
    let (train, test) = table.train_test_split(&HoldOut::random(0.2), "price").unwrap();
    let mut features = ColumnTransformer::infer(&train, "price");
    features.fit(&train).unwrap();
    let target = Target::infer(&train.column("price").unwrap()).unwrap();
    let samples =
        |table: &Table| Samples::new(features.transform(table)?, target.transform(&table.column("price")?)?);
    let mut model = Sequential::new(features.feature_names().len())
        .dense(32, Relu)
        .dense(1, Linear)
        .compile(Adam::new(0.01), MeanSquaredError, [Mae])
        .on(&Device::flex())
        .unwrap();
    model.fit(&samples(&train).unwrap(), &FitOptions::new().epochs(60).batch_size(32)).unwrap();
    let mae = model.evaluate(&samples(&test).unwrap()).unwrap().require("mae").unwrap();
    assert!(mae < 0.2, "{mae}");
    model.attach("features", &features).unwrap();
    model.attach("target", &target).unwrap();
    model.save(&saved).unwrap();

    // Prediction in another process, from the saved model.
    let predictor = Predictor::load(&saved, &Device::flex()).unwrap();
    let features: ColumnTransformer = predictor.attachment("features").unwrap().unwrap();
    let target: Target = predictor.attachment("target").unwrap().unwrap();
    let rows =
        Table::parse_csv("town,size\nDelft,100\nUtrecht,100\n", &features.csv_options().unwrap()).unwrap();
    let rows = Samples::inputs_only(features.transform(&rows).unwrap());
    let prices = target.inverse_transform(&predictor.predict(&rows).unwrap());
    assert!(
        (prices[0] - 200_000.0).abs() < 20_000.0 && (prices[1] - 300_000.0).abs() < 20_000.0,
        "{prices:?}"
    );

    // `Model::load` reads the attachments, too.
    let model = Model::load(&saved, &Device::flex()).unwrap();
    assert_eq!(model.attachment::<Target>("target").unwrap(), Some(target));
    assert_eq!(model.attachment::<Target>("other").unwrap(), None);
    assert!(model.attachment::<Vec<u8>>("target").unwrap_err().to_string().contains("attachment target"));
}
