//! The sides of the comparison and their commands.

use std::process::Command;

use anyhow::{Context, ensure};

use crate::{args::Measurement, common, data::Place, jobs::Job};

/// The environment variable for the Python interpreter with Keras.
const VARIABLE: &str = "KINDLING_KERAS_PYTHON";

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/versus_keras/keras_side.py");

/// Keras backends: values of `KERAS_BACKEND` and display names.
const BACKENDS: [(&str, &str); 3] = [("jax", "JAX"), ("tensorflow", "TensorFlow"), ("torch", "PyTorch")];

/// One side of the comparison.
pub enum Side {
    Kindling,
    Keras {
        python: String,
        backend: &'static str,
        /// The display name of the backend.
        name: &'static str,
        /// The versions of Keras and the backend, for the report.
        versions: String,
    },
}

/// Returns the kindling side and one side per Keras backend that can be imported.
///
/// # Errors
/// Returns an error if the Python interpreter cannot be started, or has no Keras with a backend.
pub fn all() -> anyhow::Result<Vec<Side>> {
    let mut sides = vec![Side::Kindling];
    let Some(python) = std::env::var(VARIABLE).ok().filter(|python| !python.is_empty()) else {
        println!("{VARIABLE} is not set: only kindling is measured");
        return Ok(sides);
    };
    let version = Command::new(&python).arg("--version").output();
    version.with_context(|| {
        format!("cannot start {python} ({VARIABLE}): set it to a Python interpreter, such as python3")
    })?;
    let mut reasons = Vec::new();
    for (backend, name) in BACKENDS {
        match common::measure(keras(&python, backend).arg("versions")) {
            Ok(fields) => {
                let version = |field| fields.get(field).and_then(serde_json::Value::as_str).unwrap_or("?");
                let versions = format!("Keras {} on {name} {}", version("keras"), version("backend_version"));
                let side = Side::Keras { python: python.clone(), backend, name, versions };
                println!("Keras: {}", side.versions());
                sides.push(side);
            }
            Err(error) => {
                // The last line names the missing module.
                let reason = error.to_string().lines().last().unwrap_or_default().to_owned();
                println!("Keras on {name}: not available ({reason})");
                reasons.push(format!("{backend}: {reason}"));
            }
        }
    }
    ensure!(
        sides.len() > 1,
        "{VARIABLE}={python} has no Keras with a backend ({}): install keras and one of jax, tensorflow-cpu, torch",
        reasons.join("; ")
    );
    Ok(sides)
}

fn keras(python: &str, backend: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(PROGRAM).env("KERAS_BACKEND", backend);
    command
}

impl Side {
    /// Returns the name for tables and charts.
    pub fn name(&self) -> String {
        match self {
            Self::Kindling => "kindling".into(),
            Self::Keras { name, .. } => format!("Keras on {name}"),
        }
    }

    /// Returns the name with versions.
    pub fn versions(&self) -> String {
        match self {
            Self::Kindling => {
                let backend = kindling::backend::default_name();
                format!("kindling {} on {backend}", env!("CARGO_PKG_VERSION"))
            }
            Self::Keras { versions, .. } => versions.clone(),
        }
    }

    /// Returns the command that measures a job.
    ///
    /// # Errors
    /// Returns an error if the path of the current program is unknown.
    pub fn command(&self, measurement: Measurement, job: Job, place: &Place) -> anyhow::Result<Command> {
        let predict = measurement == Measurement::Predict;
        match self {
            Self::Kindling => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["--measure", if predict { "predict" } else { "train" }]);
                command.args(["--job", &job.to_string()]);
                if let Some(dir) = &place.dir {
                    command.arg("--data").arg(dir);
                }
                Ok(command)
            }
            Self::Keras { python, backend, .. } => {
                let mut command = keras(python, backend);
                command.arg(job.to_string()).arg("--data").arg(&place.keras_dir);
                if predict {
                    command.arg("--predict");
                }
                Ok(command)
            }
        }
    }
}
