//! A server with all models, shared by the tests.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

use kindling::{data::DataChoice, prelude::Device};
use kindling_playground::{
    App,
    models::{Context, Slot, Status},
    server::Server,
};
use kindling_programs::cli::DataArgs;

use crate::client::Client;

/// A server and its state.
pub struct Served {
    /// The state of the server.
    pub app: Arc<App>,
    server: Server,
}

/// The shared server. Its models are trained on the full data sets if available, otherwise on the bundled copies.
pub static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let app = Arc::new(App::new(Device::flex()));
    let server = Server::start(app.clone(), 0).unwrap();
    let full = full_data();
    let data = match &full {
        Some(_) => DataArgs { data: DataChoice::Full, data_dir: full.clone() },
        None => DataArgs { data: DataChoice::Bundled, data_dir: None },
    };
    let context =
        Context { data, runs: PathBuf::from("nonexistent"), seed: 0, quiet: true, device: Device::flex() };
    app.prepare(context).unwrap();
    Served { app, server }
});

/// Returns the directory with the full data sets, if it exists.
pub fn full_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    folder.is_dir().then_some(folder)
}

impl Served {
    /// Returns the server's URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Connects to the server.
    pub fn connect(&self) -> Client {
        Client::connect(self.server.address())
    }
}

/// Waits until a model is ready.
pub fn ready<T>(slot: &Slot<T>) -> &T {
    loop {
        match slot.get() {
            Ok(value) => return value,
            Err(Status::Failed(reason)) => panic!("{reason}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Returns the numbers in a JSON array.
pub fn numbers(value: &serde_json::Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}
