//! Helpers of the tests of loading: a tiny data set, and a local server that publishes it.
#![allow(dead_code, reason = "each test program uses its part")]

pub mod texts;

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use kindling_data::{Alternative, DataOptions, PublishedFile, Release, Source};
use proptest::sample::Index;

/// The content of `greeting.txt`.
pub const HELLO: &[u8] = b"hello";

/// The decompressed content of `one.gz` and `two.gz`.
pub const WORLD: &[u8] = b"world";

const HELLO_SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const WORLD_SHA256: &str = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

/// Returns a file with some bytes set, and cut short.
pub fn changed(file: &[u8], changes: Vec<(Index, u8)>, cut: Option<Index>) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for (place, byte) in changes {
        let place = place.index(bytes.len());
        bytes[place] = byte;
    }
    bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
    bytes
}

/// A data set that is published as one file, or as two.
pub const TINY: Release = Release {
    dataset: "tiny",
    alternatives: &[
        Alternative {
            files: &[PublishedFile { name: "greeting.txt", sha256: HELLO_SHA256 }],
            mirrors: &["http://127.0.0.1:9/published/"],
        },
        Alternative {
            files: &[
                PublishedFile { name: "one.gz", sha256: WORLD_SHA256 },
                PublishedFile { name: "two.gz", sha256: WORLD_SHA256 },
            ],
            mirrors: &["http://127.0.0.1:9/published/"],
        },
    ],
    fallback: Source::Bundled,
    fallback_meaning: "using a wave of the hand",
};

/// Options that use neither this machine's cache nor the network.
pub fn options(cache: &Path) -> DataOptions {
    DataOptions::default().cache_dir(cache).mirrors([] as [&str; 0]).quiet()
}

/// `content` as a gzip file.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The names of everything in `folder` and below, sorted; none if it does not exist.
pub fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.unwrap();
        names.push(entry.file_name().to_string_lossy().into_owned());
        names.extend(names_in(&entry.path()));
    }
    names.sort();
    names
}

/// A local server that runs until the end of the test.
pub struct Server {
    /// The base URL.
    pub url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Answers every request, in a thread of its own, with what `answer` writes for the requested file name.
    pub fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::with_range(move |name, _, stream| answer(name, stream))
    }

    /// As [`start`](Self::start); `answer` also gets the first byte of the range that is asked for.
    pub fn with_range(answer: impl Fn(&str, Option<usize>, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/files/", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, counter) = (Arc::new(answer), requests.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counter.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                thread::spawn(move || {
                    let mut stream = stream;
                    let (name, range) = requested(&stream);
                    answer(&name, range, &mut stream);
                });
            }
        });
        Self { url, requests }
    }

    /// Serves every file that `content` returns.
    pub fn of(content: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::start(move |name, stream| match content(name) {
            Some(body) => respond(stream, "200 OK", &body, body.len()),
            None => respond(stream, "404 Not Found", b"", 0),
        })
    }

    /// The number of connections.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// A base URL at which nothing listens.
pub fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Writes a response of `body`, announced to be `length` bytes long.
pub fn respond(stream: &mut TcpStream, status: &str, body: &[u8], length: usize) {
    // Some tests close the connection early.
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
        .and_then(|()| stream.write_all(body));
}

/// Reads a request; `GET /files/one.gz HTTP/1.1` asks for `one.gz`, and `Range: bytes=3-` for what follows three bytes.
fn requested(stream: &TcpStream) -> (String, Option<usize>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let headers: Vec<String> =
        lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let range =
        headers.iter().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
    let path = first.split(' ').nth(1).unwrap_or_default();
    (path.rsplit('/').next().unwrap_or_default().to_owned(), range)
}

/// A `.npy` file with an array of objects of that shape.
pub fn npy_of_objects(shape: &[usize], pickle: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|length| format!("{length},")).collect();
    let header = format!("{{'descr': '|O', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), pickle].concat()
}

/// A pickle as NumPy writes it (protocol 4) of an array of objects of that shape; `body` fills the list of them.
///
/// The list of all objects is 18 in the memo, so the first one in `body` is 19.
pub fn pickled(shape: &[usize], body: &[u8]) -> Vec<u8> {
    let mut lengths = Vec::new();
    shape.iter().for_each(|&length| lengths.extend([&b"J"[..], &(length as u32).to_le_bytes()].concat()));
    let start =
        b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x16numpy._core.multiarray\x94\x8c\x0c_reconstruct\
        \x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\x00\x85\x94C\x01b\x94\x87\x94R\x94(K\x01(";
    let kind =
        b"t\x94h\x03\x8c\x05dtype\x94\x93\x94\x8c\x02O8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNN\
        J\xff\xff\xff\xffJ\xff\xff\xff\xffK?t\x94b\x89]\x94";
    [start, &lengths[..], kind, body, b"t\x94b."].concat()
}

/// The directory of the full data sets, if there is one beside this checkout.
pub fn shared_data() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no directory {}", folder.display());
        return None;
    }
    Some(folder)
}
