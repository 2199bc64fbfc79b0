//! `cargo run --release -p kindling-playground`: a page to try trained models.

#![forbid(unsafe_code)]

use std::{path::PathBuf, sync::Arc};

use kindling::backend;
use kindling_playground::{App, models::Context, server::Server};
use kindling_programs::cli::{self, DataArgs};

/// Serve a page to try trained models and to watch networks train. Open the printed address in a browser.
#[derive(clap::Parser)]
#[command(name = "kindling-playground")]
struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Port on the loopback interface; 0 for any free port
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// Directory with earlier runs whose models are used: ch02_mnist, ch03_imdb, ch03_reuters and ch03_boston
    #[arg(long, value_name = "DIR", default_value = "target/kindling")]
    runs: PathBuf,
    /// Seed for training the models that have no earlier run
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print only the address
    #[arg(long)]
    quiet: bool,
    /// Compute backend; `list` prints the available ones, and cargo's `--features NAME` compiles in others [env: KINDLING_BACKEND]
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    backend: String,
}

fn main() -> anyhow::Result<()> {
    let Args { data, port, runs, seed, quiet, backend } = cli::parse_alone();
    let device = cli::device(&backend)?;
    let app = Arc::new(App::new(device.clone()));
    let server = Server::start(app.clone(), port)?;
    cli::print(format_args!("http://{}", server.address()));
    app.prepare(Context { data, runs, seed, quiet, device })?;
    let status = cli::wait_for_signal();
    server.stop();
    std::process::exit(status);
}
