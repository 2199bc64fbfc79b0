//! Tests of the program.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::client::Client;

/// Starts the program on bundled data, and returns the process and its address.
fn start(arguments: &[&str]) -> (Child, SocketAddr) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kindling-playground"))
        .args(["--data", "bundled", "--runs", "nonexistent", "--quiet"])
        .args(arguments)
        .env_remove("KINDLING_DATA_DIR")
        .env_remove("KINDLING_BACKEND")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line:?}"));
    let address = address.parse().unwrap();
    (program, address)
}

fn end(mut program: Child, signal: &str) -> (Option<i32>, String) {
    let id = program.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    let status = program.wait().unwrap();
    let mut errors = String::new();
    program.stderr.unwrap().read_to_string(&mut errors).unwrap();
    (status.code(), errors)
}

#[test]
#[cfg(unix)]
fn signals_end_it_cleanly_while_models_are_trained_and_clients_are_connected() {
    for (signal, status) in [("-INT", 130), ("-TERM", 143)] {
        let (program, address) = start(&["--port", "0"]);
        assert!(address.ip().is_loopback());
        let mut client = Client::connect(address);
        assert_eq!(client.get("/api/status").status, 200);
        let (code, errors) = end(program, signal);
        assert_eq!(code, Some(status), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        assert_eq!(client.rest(), "");
    }
}

#[test]
#[cfg(unix)]
fn a_port_that_is_taken_is_named_with_the_remedy() {
    let (program, address) = start(&["--port", "0"]);
    let port = address.port().to_string();
    let output =
        Command::new(env!("CARGO_BIN_EXE_kindling-playground")).args(["--port", &port]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains(&format!("cannot listen on port {port}: give another port with --port")),
        "{error}"
    );
    end(program, "-TERM");
}
