//! The preprocessing that is saved with a model.

use anyhow::{Context, ensure};
use kindling::{
    prelude::{Model, Network, Predictor, Samples},
    tables::{Table, Target},
};
use serde::{Deserialize, Serialize};

use super::{
    Inputs, Task,
    scores::{Predicted, Verdict},
};

/// The fitted input preprocessing and the target of a model, attached to it as [`Pipeline::NAME`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Pipeline {
    /// Encodes rows as inputs.
    pub inputs: Inputs,
    /// Encodes targets, and decodes predictions to numbers or class names.
    pub target: Target,
}

impl Pipeline {
    /// The name of the attachment.
    pub const NAME: &str = "pipeline";

    /// Returns the pipeline that is attached to a model, or `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the pipeline is damaged, or does not fit the model's network.
    pub fn of(predictor: &Predictor) -> anyhow::Result<Option<Self>> {
        let Some(pipeline) = predictor.attachment::<Self>(Self::NAME)? else { return Ok(None) };
        pipeline.check(predictor.network()).context("the model's file is damaged")?;
        Ok(Some(pipeline))
    }

    /// Checks that the encoded rows fit the network's input, and its output the target.
    fn check(&self, network: &impl Network) -> anyhow::Result<()> {
        let (inputs, outputs) = (network.inputs(), network.outputs());
        let ([input], [output]) = (&inputs[..], &outputs[..]) else {
            anyhow::bail!("the network has {} inputs and {} outputs, not 1", inputs.len(), outputs.len())
        };
        let encoded = self.inputs.shape()?;
        ensure!(
            encoded == input.shape,
            "rows are encoded as {encoded:?}, but the network takes {:?}",
            input.shape
        );
        let classes = self.target.classes().len();
        ensure!(
            output.shape == [Task::of(&self.target).outputs(&self.target)] && classes != 1,
            "the target has {classes} classes, but the network returns {:?}",
            output.shape
        );
        Ok(())
    }

    /// Fits the inputs to the training rows. Returns the pipeline and the rows as samples.
    ///
    /// # Errors
    /// Returns an error if a column is missing.
    pub fn fit(mut inputs: Inputs, target: Target, train: &Table) -> anyhow::Result<(Self, Samples)> {
        let x = inputs.fit(train)?;
        let y = target.transform(&train.column(target.name())?)?;
        Ok((Self { inputs, target }, Samples::new(x, y)?))
    }

    /// Encodes rows as samples with inputs and targets.
    ///
    /// # Errors
    /// Returns an error if a row cannot be encoded, or its target is missing or unknown.
    pub fn samples(&self, rows: &Table) -> anyhow::Result<Samples> {
        let target = self.target.transform(&rows.column(self.target.name())?)?;
        Ok(Samples::new(self.inputs.transform(rows)?, target)?)
    }

    /// Predicts the samples and pairs the predictions with the rows' targets.
    ///
    /// # Errors
    /// Returns an error if the shape of the samples does not match the model.
    pub fn verdict(&self, model: &Model, samples: &Samples, rows: &Table) -> anyhow::Result<Verdict> {
        Verdict::new(&self.target, rows, Predicted::new(&self.target, &model.predict(samples)?))
    }
}

#[cfg(test)]
mod tests {
    use kindling::{
        activations::Linear,
        models::Init,
        prelude::{Device, Sequential, TensorData},
        tables::{
            ColumnKind, ColumnTransformer, CsvOptions, DateEncoder, NumericEncoder, OneHotEncoder,
            OrdinalEncoder, TextEncoder,
        },
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        tables::Columns,
        texts::{Encoding, Words},
    };

    const ROWS: &str = "size,city,sold,note,price,kind\n1,Delft,2020-01-02,good old,10.5,a\n\
                        2,Leiden,2021-05-06,bad,20,b\n,Delft,2022-07-08,good,30,c\n4,,,old,40,a\n";

    /// Calls `each` with copies of `whole` that differ in one value.
    fn for_each_damage(whole: &Value, path: &mut Vec<String>, each: &mut impl FnMut(Value)) {
        let pointer: String = path.iter().map(|name| format!("/{name}")).collect();
        let part = whole.pointer(&pointer).unwrap().clone();
        let mut replace = |value: Value| {
            let mut damaged = whole.clone();
            *damaged.pointer_mut(&pointer).unwrap() = value;
            each(damaged);
        };
        [json!(null), json!(-1), json!(0), json!(1), json!(99), json!(u64::MAX), json!(1e300), json!("x")]
            .into_iter()
            .chain([json!(""), json!([]), json!({}), json!(true)])
            .for_each(&mut replace);
        match part {
            Value::Array(items) => {
                if let Some((last, others)) = items.split_last() {
                    replace(others.into());
                    replace([items.as_slice(), std::slice::from_ref(last)].concat().into());
                }
                for place in 0..items.len() {
                    path.push(place.to_string());
                    for_each_damage(whole, path, each);
                    path.pop();
                }
            }
            Value::Object(members) => {
                for name in members.keys() {
                    let mut others = members.clone();
                    others.remove(name);
                    let mut damaged = whole.clone();
                    *damaged.pointer_mut(&pointer).unwrap() = others.into();
                    each(damaged);
                    path.push(name.replace('~', "~0").replace('/', "~1"));
                    for_each_damage(whole, path, each);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn rows() -> Table {
        let options = CsvOptions::new()
            .kind("city", ColumnKind::Category)
            .kind("sold", ColumnKind::Date)
            .kind("note", ColumnKind::Text)
            .kind("kind", ColumnKind::Category);
        Table::parse_csv(ROWS, &options).unwrap()
    }

    /// Damages a pipeline in each of its values. Each must be refused, or encode rows and decode predictions without a panic.
    fn damage(inputs: Inputs, target: &str, outputs: usize) {
        let rows = rows();
        let target = Target::infer(&rows.column(target).unwrap()).unwrap();
        let (pipeline, samples) = Pipeline::fit(inputs, target, &rows).unwrap();
        let shape = samples.inputs()[0].sample_shape().to_vec();
        let network = Sequential::new(shape.clone()).dense(outputs, Linear);
        let network = Init::build(&Device::flex(), 0, |init| network.build(init)).unwrap();
        pipeline.check(&network).unwrap();
        let (mut refused, mut used) = (0, 0);
        for_each_damage(&serde_json::to_value(&pipeline).unwrap(), &mut Vec::new(), &mut |damaged| {
            let Ok(damaged) = serde_json::from_value::<Pipeline>(damaged) else { return refused += 1 };
            if damaged.check(&network).is_err() {
                return refused += 1;
            }
            used += 1;
            if let Inputs::Columns(columns) = &damaged.inputs {
                let _ = columns.features.csv_options();
                columns.features.columns().for_each(|(name, encoder)| {
                    let _ = rows.column(name).map(|column| encoder.unknown(&column));
                });
                let _ =
                    columns.replaced(&vec![0.0; columns.background.len()], 0..1, |_, feature| feature as f32);
            }
            if let Ok(encoded) = damaged.inputs.transform(&rows) {
                assert_eq!(encoded.sample_shape(), shape);
            }
            Predicted::new(&damaged.target, &TensorData::zeros::<f32, _>([4, outputs]));
        });
        assert!(refused > 50 && used > 10, "{refused} damaged pipelines were refused, {used} were used");
    }

    #[test]
    fn damaged_pipelines_are_refused_or_usable() {
        let columns = || {
            ColumnTransformer::new()
                .column("size", NumericEncoder::new())
                .column("city", OneHotEncoder::new().max_categories(2))
                .column("sold", DateEncoder::new())
                .column("note", TextEncoder::new())
        };
        let numbers = columns().column("kind", OrdinalEncoder::new());
        damage(Inputs::Columns(Columns::new(numbers)), "price", 1);
        damage(Inputs::Columns(Columns::new(columns())), "kind", 3);
        for encoding in [Encoding::MultiHot, Encoding::Embedding { length: 3, dimensions: 2 }] {
            damage(Inputs::Words(Words::new("note", encoding, 10)), "kind", 3);
        }
    }
}
