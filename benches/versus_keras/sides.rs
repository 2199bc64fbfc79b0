//! The commands of both sides.

use std::process::Command;

use anyhow::{Context, ensure};

use crate::{args::Measurement, common, data::Place, jobs::Job};

/// The variable that names the Python with Keras.
const VARIABLE: &str = "KINDLING_KERAS_PYTHON";

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/versus_keras/keras_side.py");

/// Backends of Keras: the values of `KERAS_BACKEND`, and their names.
const BACKENDS: [(&str, &str); 3] = [("jax", "JAX"), ("tensorflow", "TensorFlow"), ("torch", "PyTorch")];

/// One side of the comparison.
pub enum Side {
    Kindling,
    Keras {
        python: String,
        backend: &'static str,
        /// The backend's name.
        name: &'static str,
        /// Versions of Keras and of the backend, for the report.
        versions: String,
    },
}

/// This side, and one for each backend of Keras that can be imported.
///
/// # Errors
/// If a Python is named that cannot be started, or has no Keras with a backend.
pub fn all() -> anyhow::Result<Vec<Side>> {
    let mut sides = vec![Side::Kindling];
    let Some(python) = std::env::var(VARIABLE).ok().filter(|python| !python.is_empty()) else {
        println!("{VARIABLE} names no Python with Keras: only kindling is measured");
        return Ok(sides);
    };
    let version = Command::new(&python).arg("--version").output();
    version.with_context(|| format!("cannot start {VARIABLE}={python}: name a Python, such as python3"))?;
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
                // The last line names the module that is missing.
                let reason = error.to_string().lines().last().unwrap_or_default().to_owned();
                println!("Keras: no {name} ({reason})");
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
    /// As tables and charts call it.
    pub fn name(&self) -> String {
        match self {
            Self::Kindling => "kindling".into(),
            Self::Keras { name, .. } => format!("Keras on {name}"),
        }
    }

    /// The versions of what is measured.
    pub fn versions(&self) -> String {
        match self {
            Self::Kindling => {
                let backend = kindling::backend::default_name();
                format!("kindling {} on {backend}", env!("CARGO_PKG_VERSION"))
            }
            Self::Keras { versions, .. } => versions.clone(),
        }
    }

    /// The process that measures a job.
    ///
    /// # Errors
    /// If the path of this program is not known.
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
