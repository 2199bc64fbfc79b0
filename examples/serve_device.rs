//! Serves a device of this machine to other machines, which train on it with `--backend remote:ADDRESS`.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use clap::Parser;
use kindling::{
    backend,
    burn::server::{RemoteServer, WebSocketTransport},
};
use kindling_programs::cli;

/// Serve a device until Ctrl-C
#[derive(Parser)]
struct Args {
    /// Device to serve; `list` prints the available ones
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    backend: String,
    /// Address to listen on. The protocol has no authentication or encryption: anyone who can reach it can use the device
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let device = cli::device(&args.backend)?;
    let listener = TcpListener::bind(args.listen)
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", args.listen))?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        cli::print_error(format_args!(
            "warning: {address} is reachable from other machines, and the protocol has no authentication or encryption: \
             anyone on the network can use this device and read the data. Use it on trusted networks only."
        ));
    }
    cli::print(format_args!(
        "Serving {} without authentication: train on it with --backend remote:{address}",
        args.backend
    ));
    cli::print_error("note: web pages in a browser on this machine can reach it too: see SECURITY.md");
    RemoteServer::new([device]).serve(WebSocketTransport::from_listener(listener))?;
    Ok(())
}
