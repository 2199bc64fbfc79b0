//! Parsing of requests.

use httparse::{EMPTY_HEADER, Error, Status};
use serde::de::DeserializeOwned;

use super::Refusal;

/// Maximum size of a request head, in bytes.
pub const LARGEST_HEAD: usize = 32 << 10;

/// Maximum size of a request body, in bytes.
pub const LARGEST_BODY: usize = 256 << 10;

/// Maximum number of headers.
const MOST_HEADERS: usize = 64;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, in uppercase.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Header names in lowercase, and values.
    headers: Vec<(String, String)>,
    /// Whether to close the connection after the response.
    pub closes: bool,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Parses the head of a request. Returns the request without its body, and the length of the head, or `None` if more bytes are
    /// needed.
    ///
    /// # Errors
    /// Returns an error if the head is too large or is not HTTP/1.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Refusal> {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        let length = match head.parse(bytes) {
            Ok(Status::Complete(length)) if length <= LARGEST_HEAD => length,
            Ok(Status::Partial) if bytes.len() <= LARGEST_HEAD => return Ok(None),
            Ok(_) => {
                return Err(Refusal::new(
                    431,
                    format!("the head is too large: send at most {LARGEST_HEAD} bytes"),
                ));
            }
            Err(Error::TooManyHeaders) => {
                return Err(Refusal::new(
                    431,
                    format!("there are too many headers: send at most {MOST_HEADERS}"),
                ));
            }
            Err(error) => return Err(Refusal::bad(format!("the head is not HTTP/1: {error}"))),
        };
        let path = head.path.unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = head.headers.iter();
        let mut request = Self {
            method: head.method.unwrap_or_default().into(),
            path: path.split_once('?').map_or(path, |(path, _)| path).into(),
            headers: headers.map(|header| (header.name.to_lowercase(), text(header.value))).collect(),
            closes: false,
            body: Vec::new(),
        };
        let close = request.all("connection").any(|value| value.to_lowercase().contains("close"));
        request.closes = close || head.version == Some(0);
        Ok(Some((request, length)))
    }

    /// Returns the values of all headers with a lowercase name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Returns the length of the body according to the headers.
    ///
    /// # Errors
    /// Returns an error if the length is unknown, malformed or larger than [`LARGEST_BODY`].
    pub fn body_length(&self) -> Result<usize, Refusal> {
        if self.all("transfer-encoding").next().is_some() {
            return Err(Refusal::new(411, "the length of the body is unknown: send content-length"));
        }
        let mut lengths = self.all("content-length");
        let Some(length) = lengths.next() else { return Ok(0) };
        let is_number = !length.is_empty() && length.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number || lengths.next().is_some() {
            return Err(Refusal::bad("content-length is invalid: send one integer"));
        }
        // A number that does not fit its type also exceeds the maximum.
        match length.parse() {
            Ok(length) if length <= LARGEST_BODY => Ok(length),
            _ => Err(Refusal::new(413, format!("the body is too large: send at most {LARGEST_BODY} bytes"))),
        }
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// Returns an error if the content type is not JSON or the body is not a valid `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let kind =
            self.all("content-type").next().and_then(|kind| kind.split(';').next()).unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case("application/json") {
            let reason = "the body must be JSON: send it with the header content-type: application/json";
            return Err(Refusal::new(415, reason));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::bad(format!("the body is invalid: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Option<Request>, Refusal> {
        Request::parse(head.as_bytes()).map(|parsed| parsed.map(|(request, _)| request))
    }

    #[test]
    fn a_head_is_parsed_when_it_is_complete() {
        let head = "POST /api/digits?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
        for end in 0..head.len() - 7 {
            assert_eq!(parse(&head[..end]), Ok(None));
        }
        let (request, length) = Request::parse(head.as_bytes()).unwrap().unwrap();
        assert_eq!(length, head.len() - 7);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/digits"));
        assert_eq!(request.all("host").collect::<Vec<_>>(), ["a"]);
        assert_eq!((request.body_length(), request.closes), (Ok(7), false));
        for closes in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nconnection: Close\r\n\r\n"] {
            assert!(parse(closes).unwrap().unwrap().closes);
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        for head in ["GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\r\n", "\u{16}\u{3}\u{1}"] {
            assert_eq!(parse(head).unwrap_err().status, 400, "{head:?}");
        }
        let long = format!("GET / HTTP/1.1\r\nlong: {}", "x".repeat(LARGEST_HEAD));
        assert_eq!(parse(&long).unwrap_err().status, 431);
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
        assert_eq!(parse(&many).unwrap_err().status, 431);
    }

    #[test]
    fn invalid_lengths_are_refused() {
        let length = |headers: &str| {
            parse(&format!("POST / HTTP/1.1\r\n{headers}\r\n")).unwrap().unwrap().body_length()
        };
        assert_eq!(length(""), Ok(0));
        for (headers, status) in [
            ("transfer-encoding: chunked\r\n", 411),
            ("content-length: -1\r\n", 400),
            ("content-length: +1\r\n", 400),
            ("content-length:\r\n", 400),
            ("content-length: 1\r\ncontent-length: 2\r\n", 400),
            ("content-length: 262145\r\n", 413),
            ("content-length: 99999999999999999999999\r\n", 413),
        ] {
            assert_eq!(length(headers).unwrap_err().status, status, "{headers}");
        }
    }
}
