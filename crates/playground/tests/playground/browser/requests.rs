//! Tests of slow, failed and repeated requests of the page.

use serde_json::json;

use super::{Page, pages::DESK};
use crate::{
    served::{SERVED, ready},
    toy::alone,
};

/// Opens the page on a tab, with a script that runs before those of the page.
fn open(tab: &str, script: &str) -> Option<Page> {
    let mut page = Page::open(&format!("{}/#{tab}", SERVED.url()), DESK)?;
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script }));
    page.evaluate("window.isOld = true");
    page.call("Page.reload", json!({}));
    page.wait_for("!window.isOld && document.readyState === 'complete'");
    Some(page)
}

/// Records the requests of the page. `hold` delays the responses to requests with a method until `release`.
const HELD: &str = "
    const send = window.fetch;
    window.sent = [];
    window.hold = (method) => {
      window.held = method;
      window.gate = new Promise((open) => (window.release = open));
    };
    window.fetch = async (path, options) => {
      const response = await send(path, options);
      window.sent.push(`${options.method} ${path}`);
      if (options.method === window.held) await window.gate;
      return response;
    };";

/// Returns a condition: the number of requests that start with a text.
fn sent(start: &str) -> String {
    format!("window.sent.filter((each) => each.startsWith('{start}')).length")
}

#[test]
fn a_double_click_starts_one_training_and_new_settings_end_one_that_is_being_started() {
    let _alone = alone();
    let Some(mut page) = open("toy", HELD) else { return };
    page.wait_for("document.getElementById('classes').children.length === 2");
    // Not the commands of a training, whose paths contain its number.
    let started = "window.sent.filter((each) => each === 'POST /api/toy').length";
    page.evaluate("hold('POST')");
    page.click("start");
    page.click("start");
    page.wait_for(&format!("{started} >= 1"));
    page.evaluate("release()");
    page.wait_for("/^Epoch/.test(document.getElementById('figures').textContent)");
    assert_eq!(page.evaluate(started), 1);
    page.click("reset");
    page.wait_for(&format!("{} === 1", sent("DELETE")));
    assert_eq!(page.text("figures"), "");

    page.evaluate("hold('POST')");
    page.click("start");
    page.wait_for(&format!("{started} === 2"));
    page.evaluate("document.getElementById('optimizer').dispatchEvent(new Event('change'))");
    page.evaluate("release()");
    page.wait_for(&format!("{} === 2", sent("DELETE")));
    assert_eq!(page.text("start"), "Start");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn no_epoch_is_shown_twice_when_responses_are_late() {
    let _alone = alone();
    let Some(mut page) = open("toy", HELD) else { return };
    page.wait_for("document.getElementById('classes').children.length === 2");
    page.click("start");
    page.wait_for("document.getElementById('start').textContent === 'Pause'");
    page.evaluate("window.sent = []; hold('GET')");
    page.wait_for(&format!("{} === 1", sent("GET")));
    page.click("start");
    page.wait_for(&format!("{} === 2", sent("GET")));
    page.evaluate("release()");
    page.wait_for("document.getElementById('start').textContent === 'Continue'");
    let epoch = "document.getElementById('figures').textContent.match(/[0-9]+/)[0]";
    let curve = "document.querySelector('.curves').getAttribute('aria-label').match(/[0-9]+/)[0]";
    assert_eq!(page.evaluate(epoch), page.evaluate(curve));
    page.click("reset");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn a_failed_request_for_the_status_leaves_explanations_and_is_forgotten() {
    let script = "
        const send = window.fetch;
        window.fetch = (...request) => (window.isBack ? send(...request) : Promise.reject(new TypeError()));";
    ready(&SERVED.app.digits);
    let Some(mut page) = open("toy", script) else { return };
    page.wait_for("document.querySelector('#digits .about').textContent.includes('does not respond')");
    let explained = "document.querySelector('#toy .about').textContent";
    assert!(page.evaluate(explained).as_str().unwrap().starts_with("The background shows"));
    page.evaluate("window.isBack = true");
    page.wait_for("document.querySelector('#digits .about').textContent.startsWith('Model: ')");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn a_tab_without_examples_is_set_up_once() {
    // Another model is not ready, so that the page continues to request the status.
    let script = "
        const send = window.fetch;
        window.polls = 0;
        window.fetch = async (path, options) => {
          const response = await send(path, options);
          if (path !== '/api/status') return response;
          const models = await response.json();
          models.newswires.about.examples = [];
          models.digits.status = { state: 'working', detail: '' };
          window.polls += 1;
          return Response.json(models);
        };";
    ready(&SERVED.app.newswires);
    let Some(mut page) = open("newswires", script) else { return };
    page.wait_for("window.polls >= 4");
    assert_eq!(page.evaluate("document.querySelectorAll('#newswires-all .bars').length"), 1);
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}
