//! The table that Keras' `summary()` prints.

/// A layer's row in the table.
pub(super) struct Row {
    /// Name and class.
    pub layer: String,
    /// The shape of one sample of the output.
    pub output: Vec<usize>,
    /// Number of trainable parameters.
    pub trainable: usize,
    /// Number of non-trainable parameters, such as moving averages.
    pub others: usize,
}

/// Returns the table: the name, output shape and number of parameters of each layer, and the totals.
pub(super) fn table(layers: &[Row]) -> String {
    let header = ["Layer (type)".into(), "Output Shape".into(), "Param #".into()];
    let cells = |layer: &Row| {
        let shape: String = layer.output.iter().map(|length| format!(", {length}")).collect();
        [layer.layer.clone(), format!("(None{shape})"), thousands(layer.trainable + layer.others)]
    };
    let rows: Vec<[String; 3]> = layers.iter().map(cells).collect();
    let width = |column: usize, least: usize| {
        let cells = rows.iter().chain([&header]).map(|row: &[String; 3]| row[column].chars().count());
        cells.max().unwrap_or(0).max(least)
    };
    let widths = [width(0, 31), width(1, 22), width(2, 13)];
    let rule = |left: char, line: char, cross: char, right: char| {
        let cells = widths.map(|width| line.to_string().repeat(width + 2));
        format!("{left}{}{right}\n", cells.join(&cross.to_string()))
    };
    let row = |bar: char, [layer, shape, parameters]: &[String; 3]| {
        let [first, second, third] = widths;
        format!("{bar} {layer:<first$} {bar} {shape:<second$} {bar} {parameters:>third$} {bar}\n")
    };
    let lines: Vec<String> = rows.iter().map(|cells| row('│', cells)).collect();
    let trainable = layers.iter().map(|layer| layer.trainable).sum();
    let others = layers.iter().map(|layer| layer.others).sum();
    let total = |kind: &str, count: usize| format!(" {kind}: {} ({})\n", thousands(count), size(count));
    [
        rule('┏', '━', '┳', '┓'),
        row('┃', &header),
        rule('┡', '━', '╇', '┩'),
        lines.join(&rule('├', '─', '┼', '┤')),
        rule('└', '─', '┴', '┘'),
        total("Total params", trainable + others),
        total("Trainable params", trainable),
        total("Non-trainable params", others),
    ]
    .concat()
}

/// Returns `407,050` for 407050.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// Returns the memory of this many `f32` values, in Keras' units.
fn size(parameters: usize) -> String {
    let mut size = 4.0 * parameters as f64;
    let mut units = ["B", "KB", "MB", "GB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if size < 1024.0 {
            break;
        }
        (size, unit) = (size / 1024.0, next);
    }
    format!("{size:.2} {unit}")
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{
        Init, Sequential,
        activations::{Relu, Softmax},
    };

    #[test]
    fn the_summary_of_the_first_network_is_that_of_keras_3() {
        let network = Sequential::new(784).dense(512, Relu).dense(10, Softmax);
        let network = Init::build(&Device::flex(), 0, |init| network.build(init)).unwrap();
        let expected = "\
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ (None, 512)            │       401,920 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 10)             │         5,130 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 407,050 (1.55 MB)
 Trainable params: 407,050 (1.55 MB)
 Non-trainable params: 0 (0.00 B)
";
        assert_eq!(network.summary(), expected);
    }

    #[test]
    fn counts_have_separators_and_sizes_have_units() {
        assert_eq!([0, 999, 1000, 500_005_000].map(thousands), ["0", "999", "1,000", "500,005,000"]);
        let sizes = [0, 255, 256, 262_144, 500_005_000].map(size);
        assert_eq!(sizes, ["0.00 B", "1020.00 B", "1.00 KB", "1.00 MB", "1.86 GB"]);
    }
}
