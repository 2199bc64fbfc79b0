//! Tests of refused requests, and of the page's isolation from other sites.

use std::sync::Arc;

use kindling::prelude::Device;
use kindling_playground::{
    App,
    server::{MOST_CONNECTIONS, Server},
};

use crate::{client::Client, served::SERVED};

#[test]
fn the_page_is_complete_and_loads_nothing_from_elsewhere() {
    let page = SERVED.connect().get("/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let mut paths: Vec<String> = Vec::new();
    let mut texts = vec![page];
    while let Some(text) = texts.pop() {
        let policy = text.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(text.header("x-content-type-options"), Some("nosniff"));
        // The only URL is the XML namespace of SVG.
        let body = text.body.replace("http://www.w3.org/2000/svg", "");
        for outside in ["http://", "https://", "//cdn", "@import", "style=\"", "onclick"] {
            assert!(!body.contains(outside), "{outside}: {body}");
        }
        let is_path = |part: &&str| {
            (part.starts_with('/') || part.starts_with("./"))
                && part.chars().all(|letter| letter.is_ascii_lowercase() || "./".contains(letter))
        };
        let linked = body.split(['"', '\'']).filter(is_path);
        for path in linked.map(|part| part.trim_start_matches('.').to_owned()) {
            if path.contains('.') && !paths.contains(&path) {
                let file = SERVED.connect().get(&path);
                assert_eq!(file.status, 200, "{path}");
                paths.push(path);
                texts.push(file);
            }
        }
    }
    assert_eq!(paths.len(), 13, "{paths:?}");
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let mut client = SERVED.connect();
    for path in [
        "/nothing",
        "/api",
        "/api/nothing",
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//",
        "/index.html",
    ] {
        client.get(path).refuses(404, "nothing at this path");
    }
    client.get("/api/digits").refuses(405, "not allowed");
    let refused = client.send("DELETE", "/", "", "");
    refused.refuses(405, "not allowed");
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    client.send("POST", "/api/status", "", "").refuses(405, "not allowed");
    client.send("BREW", "/", "", "").refuses(405, "not allowed");
}

#[test]
fn bodies_that_are_no_questions_are_refused() {
    let mut client = SERVED.connect();
    let (post, nested) = ("/api/digits", "[".repeat(10_000));
    for body in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{\"strokes\":1}",
        "{\"other\":[]}",
        "\u{0}",
        "{\"strokes\":[[[1]]]}",
        &nested,
    ] {
        client.post(post, body).refuses(400, "the body is invalid");
    }
    client.post(post, r#"{"strokes":[[[1,-2]]]}"#).refuses(400, "not on the canvas");
    client.post(post, r#"{"strokes":[[[1,1e300]]]}"#).refuses(400, "");
    client.post(post, r#"{"example":100}"#).refuses(400, "give 0 to 99");
    client.post(post, r#"{"example":18446744073709551615}"#).refuses(400, "give 0 to 99");
    client.post(post, r#"{"example":-1}"#).refuses(400, "the body is invalid");
    let many = format!(r#"{{"strokes":[[{}[1,1]]]}}"#, "[1,1],".repeat(4_000));
    client.post(post, &many).refuses(400, "4001 points");
    for kind in ["", "content-type: text/plain\r\n", "content-type: application/x-www-form-urlencoded\r\n"] {
        client.send("POST", post, kind, "{}").refuses(415, "application/json");
    }
}

#[test]
fn bodies_that_are_too_large_are_refused() {
    for size in [(256 << 10) + 1, 4 << 20] {
        SERVED.connect().post("/api/digits", &" ".repeat(size)).refuses(413, "at most 262144 bytes");
    }
    // Chunked, so that the length is not known in advance.
    let mut client = SERVED.connect();
    let address = SERVED.url().replace("http://", "");
    let head = format!("POST /api/digits HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\n\r\n");
    client.write(head.as_bytes());
    for _ in 0..5 {
        client.write(format!("10000\r\n{}\r\n", " ".repeat(0x10000)).as_bytes());
    }
    client.write(b"0\r\n\r\n");
    client.response().refuses(411, "send content-length");
}

#[test]
fn other_names_of_the_server_are_refused() {
    let address = SERVED.url().replace("http://", "");
    let port = address.rsplit(':').next().unwrap();
    let ask = |head: &str| {
        let mut client = SERVED.connect();
        client.write(format!("{head}\r\n\r\n").as_bytes());
        client.response()
    };
    for host in ["example.org", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.example.org", "evil@127.0.0.1", ""] {
        ask(&format!("GET / HTTP/1.1\r\nhost: {host}")).refuses(421, "host name is not accepted");
    }
    ask(&format!("GET / HTTP/1.1\r\nhost: example.org:{port}")).refuses(421, "host name is not accepted");
    ask("GET / HTTP/1.1").refuses(421, "host name is not accepted");
    ask(&format!("GET / HTTP/1.1\r\nhost: {address}\r\nhost: example.org"))
        .refuses(421, "host name is not accepted");
    for host in [address.clone(), format!("localhost:{port}"), format!("LOCALHOST:{port}")] {
        assert_eq!(ask(&format!("GET / HTTP/1.1\r\nhost: {host}")).status, 200);
    }
}

#[test]
fn pages_of_other_sites_are_refused() {
    let mut client = SERVED.connect();
    let url = SERVED.url();
    for origin in
        ["http://example.org", "null", "https://127.0.0.1", "http://127.0.0.1", "http://127.0.0.1:1", ""]
    {
        client
            .send("POST", "/api/digits", &format!("origin: {origin}\r\n"), "{}")
            .refuses(403, "other sites");
        client.send("GET", "/api/status", &format!("origin: {origin}\r\n"), "").refuses(403, "other sites");
    }
    for site in ["cross-site", "same-site", "anything"] {
        client.send("GET", "/", &format!("sec-fetch-site: {site}\r\n"), "").refuses(403, "other sites");
    }
    assert_eq!(client.send("GET", "/", "sec-fetch-site: none\r\n", "").status, 200);
    assert_eq!(client.send("GET", "/api/status", &format!("origin: {url}\r\n"), "").status, 200);
}

#[test]
fn bytes_that_are_no_requests_end_the_connection() {
    for bytes in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n\r\n"]
    {
        let mut client = SERVED.connect();
        client.write(bytes);
        let status = client.response().status;
        assert!(status == 400 || status == 505, "{status}");
    }
    let address = SERVED.url().replace("http://", "");
    let mut client = SERVED.connect();
    client.write(
        format!("GET / HTTP/1.1\r\nhost: {address}\r\nlarge: {}\r\n\r\n", "x".repeat(100_000)).as_bytes(),
    );
    assert_eq!(client.response().status, 431);
}

#[test]
fn requests_that_end_early_are_refused() {
    let address = SERVED.url().replace("http://", "");
    let request = format!(
        "POST /api/digits HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    for length in (1..request.len()).step_by(7).chain([request.len() - 1]) {
        let mut client = SERVED.connect();
        client.write(&request.as_bytes()[..length]);
        client.end();
        client.response().refuses(400, "the request is incomplete");
    }
    // Without any request there is nothing to refuse.
    let mut client = SERVED.connect();
    client.end();
    assert_eq!(client.rest(), "");
}

#[test]
fn slow_and_idle_connections_are_closed_and_others_get_their_places() {
    // A separate server, because this test uses all of its connections.
    let server = Server::start(Arc::new(App::new(Device::flex())), 0).unwrap();
    let connect = || Client::connect(server.address());
    let mut idle: Vec<_> = (0..MOST_CONNECTIONS).map(|_| connect()).collect();
    let mut slow_head = connect();
    slow_head.write(format!("GET / HTTP/1.1\r\nhost: {}\r\n", server.address()).as_bytes());
    // At the maximum number of connections, these two wait until an idle connection is closed.
    assert_eq!(connect().get("/").status, 200);
    assert!(!slow_head.rest().contains("200 OK"));
    assert_eq!(idle[0].rest(), "");
    server.stop();
    assert_eq!(idle[1].rest(), "");
}
