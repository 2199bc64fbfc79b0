//! A mirror of data sets on the loopback interface.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Bytes that are sent at once.
const PIECE: usize = 4096;

/// A mirror that sends the files of a directory piece by piece, with a pause after each, so that a download takes a while.
#[derive(Debug)]
pub struct Mirror {
    /// Its base URL.
    pub url: String,
}

impl Mirror {
    /// Serves a directory until the process ends.
    pub fn of(directory: &Path, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let directory = directory.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let directory = directory.clone();
                // A program that is killed breaks off.
                thread::spawn(move || answer(stream, directory, pause).ok());
            }
        });
        Self { url }
    }
}

fn answer(stream: TcpStream, directory: PathBuf, pause: Duration) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let name = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let mut stream = &stream;
    let Ok(content) = fs::read(directory.join(name)) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len())?;
    for piece in content.chunks(PIECE) {
        stream.write_all(piece)?;
        thread::sleep(pause);
    }
    Ok(())
}
