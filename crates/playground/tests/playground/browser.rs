//! A headless browser, controlled through Chrome's DevTools protocol.
//!
//! The browser reads requests from file descriptor 3 and writes responses to file descriptor 4, as JSON terminated by a zero
//! byte. The tests therefore need no WebSocket.

mod pages;
mod requests;
mod tabs;

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Time limit for waiting on the page.
const PATIENCE: Duration = Duration::from_secs(60);

/// Size and color scheme of a page.
#[derive(Clone, Copy)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub scheme: &'static str,
}

/// A page in its own browser process.
pub struct Page {
    process: Child,
    requests: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    sent: u64,
    /// Errors on the console.
    pub complaints: Vec<String>,
    _profile: TempDir,
}

impl Page {
    /// Opens a page. Prints a message and returns `None` if there is no browser.
    pub fn open(url: &str, screen: Screen) -> Option<Self> {
        let browser = browser()?;
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, &browser])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--remote-debugging-pipe",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let (requests, session) = (process.stdin.take().unwrap(), String::new());
        let mut page =
            Self { process, requests, answers, session, sent: 0, complaints: Vec::new(), _profile: profile };
        let target = page.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        page.session = page.call("Target.attachToTarget", target)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        let Screen { width, height, scheme } = screen;
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        page.call("Emulation.setDeviceMetricsOverride", metrics);
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        page.call("Emulation.setEmulatedMedia", json!({ "features": [feature] }));
        page.call("Page.navigate", json!({ "url": url }));
        page.wait_for("document.readyState === 'complete'");
        Some(page)
    }

    /// Sends a request without waiting for the response.
    pub fn send(&mut self, method: &str, parameters: Value) -> u64 {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.requests.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.sent
    }

    /// Waits for the response to a request.
    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let mut message = self.answers.recv_timeout(PATIENCE).expect("the browser answers");
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].take();
            }
            let is_complaint = match message["method"].as_str() {
                Some("Runtime.exceptionThrown") => true,
                Some("Log.entryAdded") => message["params"]["entry"]["level"] == "error",
                Some("Runtime.consoleAPICalled") => message["params"]["type"] == "error",
                _ => false,
            };
            if is_complaint {
                self.complaints.push(message["params"].to_string());
            }
        }
    }

    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.send(method, parameters);
        self.answer(id)
    }

    /// Evaluates an expression in the page, and awaits promises.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut result = self.call("Runtime.evaluate", parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].take()
    }

    /// Waits until an expression is true.
    pub fn wait_for(&mut self, expression: &str) {
        let started = Instant::now();
        while self.evaluate(expression) != true {
            assert!(started.elapsed() < PATIENCE, "{expression} does not become true");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Clicks the element with an id.
    pub fn click(&mut self, id: &str) {
        self.evaluate(&format!("document.getElementById('{id}').click()"));
    }

    /// Returns the text of an element.
    pub fn text(&mut self, id: &str) -> String {
        let text = self.evaluate(&format!("document.getElementById('{id}').textContent"));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Presses and releases a key.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            // Enter activates buttons only if the event has a text.
            let text = if key == "Enter" && kind == "keyDown" { "\r" } else { "" };
            let code = match key {
                "Enter" => 13,
                "Tab" => 9,
                "ArrowRight" => 39,
                "ArrowLeft" => 37,
                _ => 0,
            };
            let parameters =
                json!({ "type": kind, "key": key, "code": key, "text": text, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", parameters);
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns `KINDLING_BROWSER` or an installed Chromium. Prints a message if there is none.
fn browser() -> Option<String> {
    if let Ok(named) = std::env::var("KINDLING_BROWSER") {
        return Some(named);
    }
    let installed = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    if installed.is_none() {
        println!("skipped: Chromium is not installed; set KINDLING_BROWSER to the path of one");
    }
    installed.map(String::from)
}
