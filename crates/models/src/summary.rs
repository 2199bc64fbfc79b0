//! The table that Keras' `summary()` prints.

use crate::sequential::PlannedLayer;

/// Layer, output shape and parameters of each layer, and their total.
pub(crate) fn table(plan: &[PlannedLayer]) -> String {
    let header = ["Layer (type)".into(), "Output Shape".into(), "Param #".into()];
    let rows: Vec<[String; 3]> = plan
        .iter()
        .map(|layer| {
            let shape: String = layer.output.iter().map(|length| format!(", {length}")).collect();
            [
                format!("{} ({})", layer.name, layer.config.class()),
                format!("(None{shape})"),
                thousands(layer.config.parameters(&layer.input)),
            ]
        })
        .collect();
    let width = |column: usize, least: usize| {
        rows.iter().chain([&header]).map(|row: &[String; 3]| row[column].len()).max().unwrap_or(0).max(least)
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
    let total: usize = plan.iter().map(|layer| layer.config.parameters(&layer.input)).sum();
    [
        rule('┏', '━', '┳', '┓'),
        row('┃', &header),
        rule('┡', '━', '╇', '┩'),
        lines.join(&rule('├', '─', '┼', '┤')),
        rule('└', '─', '┴', '┘'),
        format!(" Total params: {} ({})\n", thousands(total), size(total)),
        format!(" Trainable params: {} ({})\n", thousands(total), size(total)),
        " Non-trainable params: 0 (0.00 B)\n".into(),
    ]
    .concat()
}

/// `407050` as `407,050`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// The memory of so many `f32`, in Keras' units.
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
    use crate::{Activation, Sequential};

    #[test]
    fn the_books_first_network_as_keras_3_prints_it() {
        let network = Sequential::new(784).dense(512, Activation::Relu).dense(10, Activation::Softmax);
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
        assert_eq!(network.summary().unwrap(), expected);
    }
}
