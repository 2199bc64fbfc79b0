//! An HTTP client that can also send malformed requests.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// A connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Header names in lowercase, and values.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), address }
    }

    /// Sends raw bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        // A server that refused the request may have closed the connection.
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// Sends a request with the correct `Host` and additional headers.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Response {
        let host = self.address;
        let length = body.len();
        self.write(
            format!(
                "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
            )
            .as_bytes(),
        );
        self.response()
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, "", "")
    }

    /// Sends JSON with the headers of the page.
    pub fn post(&mut self, path: &str, body: &str) -> Response {
        self.send("POST", path, "content-type: application/json\r\nsec-fetch-site: same-origin\r\n", body)
    }

    /// Sends JSON and returns the JSON of the response. Fails if the status is not 200.
    pub fn ask(&mut self, path: &str, question: &Value) -> Value {
        let response = self.post(path, &question.to_string());
        assert_eq!(response.status, 200, "{}", response.body);
        serde_json::from_str(&response.body).unwrap()
    }

    /// Reads a response. The status is 0 if the connection is closed without one.
    pub fn response(&mut self) -> Response {
        let mut line = String::new();
        let _ = self.stream.read_line(&mut line);
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_lowercase(), value.trim().to_owned()));
            }
        }
        let mut response = Response { status, headers, body: String::new() };
        let length = response.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        response.body = String::from_utf8(body).unwrap();
        response
    }

    /// Ends the client's side of the connection; the server can still answer.
    pub fn end(&mut self) {
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    /// Waits until the server closes the connection, and returns what it sent until then.
    pub fn rest(&mut self) -> String {
        let mut rest = String::new();
        let _ = self.stream.read_to_string(&mut rest);
        rest
    }
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Checks that the response is an error with this status and reason.
    pub fn refuses(&self, status: u16, reason: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        let error: Value = serde_json::from_str(&self.body).unwrap();
        let error = error["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }
}
