//! Downloads from working and broken local servers.

mod common;

use std::{
    fs,
    io::{Read, Write},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use common::{HELLO, Server, TINY, WORLD, closed_port, gzip, names_in, options, respond};
use kindling_data::{DataChoice, DataOptions, Located, Source, locate};
use tempfile::tempdir;

/// Returns a server that provides both alternatives.
fn good_server() -> Server {
    Server::of(|name| match name {
        "greeting.txt" => Some(HELLO.to_vec()),
        "one.gz" | "two.gz" => Some(gzip(WORLD)),
        _ => None,
    })
}

fn full(options: DataOptions) -> DataOptions {
    options.choice(DataChoice::Full)
}

/// Returns the error of a failed download, and checks that it leaves the cache empty.
fn failure(mirrors: &[&str]) -> String {
    let folder = tempdir().unwrap();
    let error = locate(&TINY, &full(options(folder.path())).mirrors(mirrors.iter().copied())).unwrap_err();
    assert!(names_in(folder.path()).is_empty(), "{:?}", names_in(folder.path()));
    error.to_string()
}

#[test]
fn a_download_is_stored_in_the_cache() {
    let (folder, server) = (tempdir().unwrap(), good_server());
    let options = full(options(folder.path())).mirrors([&server.url]);
    let Located { source, files, notice, .. } = locate(&TINY, &options).unwrap();
    assert_eq!((source, notice), (Source::Download, None));
    assert_eq!(files, [folder.path().join("tiny/greeting.txt")]);
    assert_eq!(fs::read(&files[0]).unwrap(), HELLO);

    assert_eq!(locate(&TINY, &options).unwrap().source, Source::Cache);
    assert_eq!(server.requests(), 1);
    assert_eq!(names_in(folder.path()), ["greeting.txt", "tiny"]);
}

#[test]
fn gzipped_files_are_verified_by_their_content() {
    let folder = tempdir().unwrap();
    let server = Server::of(|name| match name {
        "one.gz" => Some(gzip(WORLD)),
        // Some mirrors decompress files in transit.
        "two.gz" => Some(WORLD.to_vec()),
        _ => None,
    });
    let located = locate(&TINY, &full(options(folder.path())).mirrors([&server.url])).unwrap();
    assert_eq!(located.files, [folder.path().join("tiny/one.gz"), folder.path().join("tiny/two.gz")]);
}

#[test]
fn the_next_mirror_is_tried_after_a_failure() {
    let nothing = Server::of(|_| None);
    let wrong = Server::of(|_| Some(b"something else".to_vec()));
    let short = Server::start(|_, stream| respond(stream, "200 OK", b"hell", 5));
    let not_http = Server::start(|_, stream| drop(stream.write_all(b"220 Welcome to FTP\r\n")));
    for bad in [&nothing.url, &wrong.url, &short.url, &not_http.url, &closed_port()] {
        let (folder, good) = (tempdir().unwrap(), good_server());
        let located = locate(&TINY, &full(options(folder.path())).mirrors([bad, &good.url])).unwrap();
        assert_eq!(located.source, Source::Download);
        assert_eq!(names_in(folder.path()), ["greeting.txt", "tiny"]);
    }
}

#[test]
fn a_users_mirror_is_tried_before_the_published_ones() {
    let (folder, server) = (tempdir().unwrap(), good_server());
    let options = full(DataOptions::default()).cache_dir(folder.path()).mirror(&server.url).quiet();
    assert_eq!(locate(&TINY, &options).unwrap().source, Source::Download);
}

#[test]
fn every_failure_is_reported_and_leaves_no_files() {
    let error = failure(&[&Server::of(|_| None).url]);
    assert!(error.starts_with("cannot download tiny: http://127.0.0.1:"), "{error}");
    assert!(error.contains("/files/greeting.txt: http status: 404"), "{error}");
    assert!(error.contains("/files/one.gz: http status: 404"), "{error}");

    let error = failure(&[&Server::of(|_| Some(b"something else".to_vec())).url]);
    assert!(error.contains("the content's SHA-256 is"), "{error}");

    let error = failure(&[&Server::of(|_| Some(gzip(HELLO)[..20].to_vec())).url]);
    assert!(error.contains("the content is damaged"), "{error}");

    let error = failure(&[&Server::start(|_, stream| respond(stream, "200 OK", b"hell", 5)).url]);
    assert!(error.contains("interrupted after 4 bytes"), "{error}");

    let error = failure(&["no URL at all"]);
    assert!(error.contains("no URL at all/greeting.txt"), "{error}");
}

#[test]
fn a_body_larger_than_any_published_file_is_interrupted() {
    let error = failure(&[&Server::start(|name, stream| {
        if name != "greeting.txt" {
            return respond(stream, "404 Not Found", b"", 0);
        }
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[0; 1 << 16]).is_ok() {}
    })
    .url]);
    assert!(error.contains("interrupted after 67108864 bytes"), "{error}");
}

#[test]
fn a_file_with_a_wrong_hash_is_downloaded_again() {
    let (folder, server) = (tempdir().unwrap(), good_server());
    let path = folder.path().join("tiny/greeting.txt");
    fs::create_dir(folder.path().join("tiny")).unwrap();
    fs::write(&path, b"hellp").unwrap();
    let located = locate(&TINY, &options(folder.path()).mirrors([&server.url])).unwrap();
    assert_eq!(located.source, Source::Download);
    assert_eq!(fs::read(&path).unwrap(), HELLO);
    assert_eq!(fs::read(folder.path().join("tiny/greeting.txt.wrong-sha256")).unwrap(), b"hellp");
}

#[test]
fn a_closed_port_leads_to_the_fallback() {
    let folder = tempdir().unwrap();
    let located = locate(&TINY, &options(folder.path()).mirrors([closed_port()])).unwrap();
    assert_eq!(located.source, Source::Bundled);
    let notice = located.notice.unwrap();
    assert!(notice.contains("refused") && notice.ends_with("using the test fallback"), "{notice}");
    assert!(!notice.contains('\n'));
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn servers_that_never_answer_lead_to_the_fallback_within_five_seconds() {
    let silent = Server::start(|_, stream| drop(stream.read_to_end(&mut Vec::new())));
    let headers_only = Server::start(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let dribbling = Server::start(|_, stream| {
        while stream.write_all(b"H").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    let folder = tempdir().unwrap();
    let options = options(folder.path()).mirrors([&silent.url, &headers_only.url, &dribbling.url]);
    let start = Instant::now();
    let located = locate(&TINY, &options).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(located.source, Source::Bundled);
    assert!(located.notice.unwrap().contains("no response within 0.6 seconds"));
    assert!(names_in(folder.path()).is_empty());
}

#[test]
#[ignore = "takes half a minute"]
fn a_stalled_transfer_times_out() {
    let error = failure(&[&Server::start(|_, stream| {
        respond(stream, "200 OK", b"hell", 5);
        let _ = stream.read_to_end(&mut Vec::new());
    })
    .url]);
    assert!(error.contains("interrupted after 4 bytes: timeout"), "{error}");
}

#[test]
fn concurrent_downloads_do_not_interfere() {
    let (folder, server) = (tempdir().unwrap(), good_server());
    let options = full(options(folder.path())).mirrors([&server.url]);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let located = locate(&TINY, &options).unwrap();
                assert_eq!(fs::read(&located.files[0]).unwrap(), HELLO);
            });
        }
    });
    assert_eq!(names_in(folder.path()), ["greeting.txt", "tiny"]);
    if cfg!(unix) {
        assert_eq!(server.requests(), 1, "one downloads, the others wait");
    }
}

#[test]
fn a_cache_that_cannot_be_written_leads_to_the_fallback() {
    let (folder, server) = (tempdir().unwrap(), good_server());
    let file = folder.path().join("a file, not a folder");
    fs::write(&file, b"").unwrap();
    let located = locate(&TINY, &options(&file).mirrors([&server.url])).unwrap();
    assert_eq!(located.source, Source::Bundled);
}

#[test]
fn compression_in_transit_is_removed_before_storing() {
    let folder = tempdir().unwrap();
    let server = Server::start(|name, stream| match name {
        "greeting.txt" => {
            let body = gzip(HELLO);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )
            .and_then(|()| stream.write_all(&body));
        }
        _ => respond(stream, "404 Not Found", b"", 0),
    });
    let options = full(options(folder.path())).mirrors([&server.url]);
    let files = locate(&TINY, &options).unwrap().files;
    assert_eq!(fs::read(&files[0]).unwrap(), HELLO);
    assert_eq!(locate(&TINY, &options).unwrap().source, Source::Cache);
}

#[test]
fn gzipped_bytes_in_the_cache_are_not_the_published_file() {
    let (folder, server) = (tempdir().unwrap(), good_server());
    let path = folder.path().join("tiny/greeting.txt");
    fs::create_dir(folder.path().join("tiny")).unwrap();
    fs::write(&path, gzip(HELLO)).unwrap();
    let located = locate(&TINY, &options(folder.path()).mirrors([&server.url])).unwrap();
    assert_eq!((located.source, fs::read(&path).unwrap()), (Source::Download, HELLO.to_vec()));
}

/// Answers the first requests with `failures`, and later requests with the requested range.
fn unreliable(failures: Vec<&'static [u8]>) -> Server {
    let requests = AtomicUsize::new(0);
    Server::with_range(move |name, range, stream| {
        if name != "greeting.txt" {
            return respond(stream, "404 Not Found", b"", 0);
        }
        let request = requests.fetch_add(1, Ordering::SeqCst);
        if let Some(failure) = failures.get(request) {
            let _ = stream.write_all(failure);
            return;
        }
        match range {
            None => respond(stream, "200 OK", HELLO, 5),
            Some(from) => {
                let rest = &HELLO[from..];
                let status = format!("206 Partial Content\r\nContent-Range: bytes {from}-4/5");
                respond(stream, &status, rest, rest.len());
            }
        }
    })
}

#[test]
fn an_interrupted_transfer_is_resumed() {
    const HALF: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    const WRONG_RANGE: &[u8] =
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nhello";
    for failures in
        [vec![HALF], vec![BUSY], vec![BUSY, HALF], vec![HALF, HALF], vec![HALF, WRONG_RANGE], vec![b""]]
    {
        let (folder, server) = (tempdir().unwrap(), unreliable(failures.clone()));
        let located = locate(&TINY, &full(options(folder.path())).mirrors([&server.url]));
        let located = located.unwrap_or_else(|error| panic!("{failures:?}: {error}"));
        assert_eq!(fs::read(&located.files[0]).unwrap(), HELLO);
        let made = failures.iter().filter(|failure| ***failure != *WRONG_RANGE).count() + 1;
        assert_eq!(server.requests(), made, "{failures:?}");
    }
    // A third failure is final.
    let server = unreliable(vec![BUSY; 3]);
    let folder = tempdir().unwrap();
    let error = locate(&TINY, &full(options(folder.path())).mirrors([&server.url])).unwrap_err().to_string();
    assert!(error.contains("http status: 503"), "{error}");
}

#[test]
fn redirect_loops_are_stopped() {
    let server = Server::start(|name, stream| {
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: /files/{name}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    });
    let error = failure(&[&server.url]);
    assert!(error.contains("redirect"), "{error}");
    assert!(server.requests() <= 12, "{}", server.requests());
}

#[test]
fn passwords_in_a_mirrors_url_are_not_printed() {
    let server = Server::of(|_| None);
    let error = failure(&[&server.url.replace("http://", "http://me:secret@")]);
    assert!(error.contains("404") && !error.contains("secret"), "{error}");
}

#[test]
fn the_cache_is_created_by_the_first_download() {
    let folder = tempdir().unwrap();
    let cache = folder.path().join("deep/cache");
    assert_eq!(locate(&TINY, &options(&cache).mirrors([closed_port()])).unwrap().source, Source::Bundled);
    assert!(names_in(folder.path()).is_empty(), "{:?}", names_in(folder.path()));
    let server = good_server();
    let options = full(options(&cache)).mirrors([&server.url]);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| locate(&TINY, &options).unwrap());
        }
    });
    assert_eq!(names_in(folder.path()), ["cache", "deep", "greeting.txt", "tiny"]);
    if cfg!(unix) {
        assert_eq!(server.requests(), 1, "one downloads, the others wait");
    }
}
