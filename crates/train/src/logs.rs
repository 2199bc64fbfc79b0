//! Named figures of an epoch or an evaluation.

/// Figures by name, in the order in which they are reported: `loss`, then the metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

impl Logs {
    /// The figure of that name: `loss`, `accuracy`, `val_mae`, ...
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// The loss; NaN when there is none.
    pub fn loss(&self) -> f64 {
        self.get("loss").unwrap_or(f64::NAN)
    }

    /// The accuracy; NaN when it was not among the metrics.
    pub fn accuracy(&self) -> f64 {
        self.get("accuracy").unwrap_or(f64::NAN)
    }

    /// Names and figures.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Adds a figure, or replaces the one of that name.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: f64) {
        let name = name.into();
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.0.push((name, value)),
        }
    }
}

/// `loss: 0.2577 - accuracy: 0.9245`, as Keras prints it.
impl std::fmt::Display for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            let separator = if i == 0 { "" } else { " - " };
            match value.abs() {
                size if size >= 1e-3 || size == 0.0 => write!(f, "{separator}{name}: {value:.4}")?,
                _ => write!(f, "{separator}{name}: {value:.4e}")?,
            }
        }
        Ok(())
    }
}
