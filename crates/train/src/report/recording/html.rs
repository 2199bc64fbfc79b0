//! The page's HTML, with its data as JSON.

use kindling_models::Network;
use serde_json::{Value, json};

use super::{
    RecordingPage,
    axis::{Histogram, Linear, Octaves},
    first_layer::Seen,
    frame::Number,
};
use crate::{TrainError, plots::escape, report::ScriptedPage};

const BODY: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

impl RecordingPage {
    /// Returns the page.
    ///
    /// # Errors
    /// Returns an error if the data cannot be serialized as JSON.
    pub fn to_html(&self) -> Result<String, TrainError> {
        let subtitle: Vec<&str> = [&self.network, &self.subtitle]
            .map(String::as_str)
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let body = format!(
            "<header><h1>{}</h1><p>{}</p></header>\n{BODY}",
            escape(&self.title),
            escape(&subtitle.join(" · ")),
        );
        let page = ScriptedPage { title: &self.title, body: &body, style: STYLE, script: SCRIPT };
        page.to_html(&self.data())
    }

    /// Returns the data of the page's script.
    fn data(&self) -> Value {
        let mut layers = Vec::new();
        let mut histograms: Vec<Vec<Value>> = vec![Vec::new(); self.frames.len()];
        for (place, (name, weights)) in self.layers.iter().enumerate() {
            let own = || self.frames.iter().map(|frame| &frame.layers[place]);
            let linear = Linear::of(own().map(|layer| &layer.weights));
            let octaves = Octaves::of(own().map(|layer| &layer.gradients));
            layers.push(json!({"name": name, "weights": weights, "linear": linear, "octaves": octaves}));
            for (own, histograms) in own().zip(&mut histograms) {
                histograms.push(json!({
                    "weights": compact(linear.histogram(&own.weights)),
                    "gradients": compact(octaves.histogram(&own.gradients)),
                    "norm": Number(own.norm),
                    "silent": own.silent,
                }));
            }
        }
        let frames = self.frames.iter().zip(histograms).map(|(frame, layers)| {
            json!({
                "step": frame.step,
                "loss": Number(frame.loss),
                "layers": layers,
                "samples": frame.samples,
                "moves": frame.moves,
                "seen": match &frame.seen {
                    Some(Seen::Images { pixels, scale }) => json!({"pixels": pixels, "scale": scale}),
                    Some(Seen::Features(values)) => values.iter().map(|value| json!(Number((*value).into()))).collect(),
                    None => Value::Null,
                },
            })
        });
        let chosen = self.first_layer.iter().flat_map(|layer| &layer.chosen);
        let names: Vec<Option<&String>> = chosen.map(|place| self.feature_names.get(*place)).collect();
        json!({
            "steps": self.total_steps,
            "stepsPerEpoch": self.steps_per_epoch,
            "layers": layers,
            "firstLayer": self.first_layer,
            "featureNames": names,
            "picture": self.picture,
            "validation": self.validation.iter().map(|(step, loss)| json!([step, Number(*loss)])).collect::<Vec<_>>(),
            "failure": self.failure,
            "frames": frames.collect::<Vec<_>>(),
        })
    }
}

/// Returns the counts of a histogram, and its other counts if they are not 0.
fn compact(histogram: Histogram) -> Value {
    let Histogram { counts, below, above, zeros, nan, infinite } = histogram;
    let mut compact = json!({"counts": counts});
    for (name, count) in
        [("below", below), ("above", above), ("zeros", zeros), ("nan", nan), ("infinite", infinite)]
    {
        if count > 0 {
            compact[name] = count.into();
        }
    }
    compact
}

/// Describes a network in one line: its inputs, and its layers or outputs.
pub(super) fn describe<N: Network>(network: &N) -> String {
    let shape = |shape: &[usize]| shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
    let mut parts: Vec<String> = network.inputs().iter().map(|input| shape(&input.shape)).collect();
    match network.sequential() {
        Some(stack) => {
            parts.extend(stack.layer_shapes().map(|(name, output)| format!("{name} {}", shape(output))))
        }
        None => parts.extend(
            network.outputs().iter().map(|output| format!("{} {}", output.name, shape(&output.shape))),
        ),
    }
    parts.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_itself_names_no_other_file() {
        for part in [BODY, SCRIPT, STYLE] {
            for outside in ["https:", "url(", "@import", "src=", "fetch(", "import(", "eval("] {
                assert!(!part.contains(outside), "{outside}");
            }
        }
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("innerHTML"));
    }

    #[test]
    fn counts_of_zero_are_left_out() {
        let histogram = Histogram { counts: vec![1, 0], nan: 2, ..Histogram::default() };
        assert_eq!(compact(histogram), json!({"counts": [1, 0], "nan": 2}));
    }
}
