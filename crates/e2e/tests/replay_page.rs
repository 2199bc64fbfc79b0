//! Tests the replay page of a recorded run: its data, and its behavior in a browser.

use std::{fs, path::Path};

use kindling_e2e::{Program, browser};
use serde_json::Value;

/// Records a run of a program and returns its standard output.
fn record(program: &'static str, run: &Path, arguments: &[&str]) -> String {
    Program(program).run(run, &[&["--record"], arguments].concat())
}

/// Writes the replay page of a run and returns it.
fn page(run: &Path) -> String {
    let mut command = Program("replay").command();
    let assert = command.arg(run).arg("--page").assert().success();
    let printed = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(printed.starts_with("Wrote ") && printed.trim_end().ends_with("replay.html"), "{printed}");
    let page = fs::read_to_string(run.join("replay.html")).unwrap();
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    for outside in ["http://", "https://", "src=", "url("] {
        let named = page.replace("\"http://www.w3.org/2000/svg\"", "");
        assert!(!named.contains(outside), "the page is not self-contained: {outside}");
    }
    page
}

/// Returns the JSON data in a page.
fn data(page: &str) -> Value {
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

/// Returns the output of `replay --step N`.
fn step(run: &Path, step: u64) -> String {
    let assert = Program("replay").command().arg(run).args(["--step", &step.to_string()]).assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn the_page_agrees_with_the_steps() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    record("ch02_mnist", &run, &["--epochs", "2"]);
    let html = page(&run);
    assert!(
        html.contains("784 → dense 512 → dense_1 10 · mnist, bundled; "),
        "the title does not name the network and the data"
    );
    let data = data(&html);
    let frames = data["frames"].as_array().unwrap();
    let steps: Vec<u64> = frames.iter().map(|frame| frame["step"].as_u64().unwrap()).collect();
    assert_eq!((steps.len(), steps[0], steps[59]), (60, 0, 187));

    for frame in [0, 31, 59] {
        let printed = step(&run, steps[frame]);
        let frame = &frames[frame];
        let loss = format!("Losses: mean {:.5}, ", frame["loss"].as_f64().unwrap());
        assert!(printed.contains(&loss), "{loss}: {printed}");
        let worst = format!("largest {:.5} (", frame["samples"][0]["loss"].as_f64().unwrap());
        assert!(printed.contains(&worst), "{worst}: {printed}");
        // If several weights have similar updates, page and program may name different ones.
        for moved in frame["moves"].as_array().unwrap() {
            let line = printed
                .lines()
                .rfind(|line| line.starts_with(&format!("{} ", moved["name"].as_str().unwrap())));
            let words: Vec<f64> =
                line.unwrap().split_whitespace().skip(1).map(|word| word.parse().unwrap()).collect();
            let distance = (moved["to"].as_f64().unwrap() - moved["from"].as_f64().unwrap()).abs();
            assert!((distance / (words[1] - words[0]).abs() - 1.0).abs() < 0.02, "{moved}: {words:?}");
        }
        // The histograms count every weight and every gradient once.
        for (layer, weights) in [(0, 784 * 512 + 512), (1, 512 * 10 + 10)] {
            for kind in ["weights", "gradients"] {
                let counts = &frame["layers"][layer][kind];
                let bins: u64 = counts["counts"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
                let beyond = ["below", "above"].map(|name| counts[name].as_u64().unwrap_or(0));
                let zeros = if kind == "weights" { 0 } else { counts["zeros"].as_u64().unwrap_or(0) };
                assert_eq!(bins + beyond.iter().sum::<u64>() + zeros, weights, "{kind} of layer {layer}");
            }
        }
    }
    let validation: Vec<f64> =
        data["validation"].as_array().unwrap().iter().map(|point| point[1].as_f64().unwrap()).collect();
    let history = kindling_e2e::json(&run.join("history.json"));
    assert_eq!(serde_json::to_value(validation).unwrap(), history["val_loss"]);
    assert_eq!(data["firstLayer"]["form"], "images");
    assert_eq!(frames[59]["seen"]["pixels"].as_str().unwrap().len(), 16 * 784);

    assert_eq!(html, page(&run), "a second page of the same run differs");
    in_a_browser(&run, frames);
}

/// Operates the page in an iframe as wide as a phone and checks what it shows.
fn in_a_browser(run: &Path, frames: &[Value]) {
    let harness = run.join("harness.html");
    fs::write(&harness, HARNESS).unwrap();
    let Some(dom) = browser::open(&harness) else { return };
    let (_, seen) = dom.split_once("<pre id=\"seen\">").expect("the test harness did not finish");
    let seen: Value = serde_json::from_str(seen.split_once("</pre>").unwrap().0).unwrap();
    let states = seen.as_array().unwrap();
    // After opening the page, moving the slider, an arrow key, a click in the middle of the loss curve, and Play.
    let expected = [59, 0, 1, 30, 30];
    assert_eq!(states.len(), expected.len(), "{seen}");
    for (state, frame) in states.iter().zip(expected) {
        let frame = &frames[frame];
        assert_eq!(state["step"], frame["step"].to_string());
        let loss: f64 = state["loss"].as_str().unwrap().parse().unwrap();
        let difference = loss / frame["loss"].as_f64().unwrap() - 1.0;
        assert!(difference.abs() < 0.001, "{state}");
        assert!(state["announced"].as_str().unwrap().contains(&format!("Step {} of 188", frame["step"])));
        assert_eq!((&state["overflow"], &state["small"]), (&0.into(), &0.into()), "{state}");
    }
    assert!(states[0]["bars"] != states[1]["bars"] && states[0]["image"] != states[1]["image"]);
    assert_eq!(states[4]["play"], "Pause");
}

const HARNESS: &str = r##"<!doctype html>
<iframe id="page" src="replay.html" style="width: 390px; height: 800px; border: 0"></iframe>
<pre id="seen"></pre>
<script>
onload = () => {
  const {contentDocument: page, contentWindow: view} = document.getElementById("page");
  const at = id => page.getElementById(id), slider = at("slider"), states = [];
  const texts = [...page.body.querySelectorAll("*")].filter(element => !element.closest("script, noscript")
    && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  const read = () => states.push({
    step: at("step").textContent, announced: slider.getAttribute("aria-valuetext"), loss: page.querySelector("dd").textContent,
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    small: texts.filter(element => parseFloat(view.getComputedStyle(element).fontSize) < 11).length,
    bars: page.querySelector(".bars").getAttribute("d"), image: page.querySelector("canvas").toDataURL(), play: at("play").textContent,
  });
  read();
  slider.value = 0;
  slider.dispatchEvent(new view.Event("input"));
  read();
  page.body.dispatchEvent(new view.KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
  read();
  const chart = page.querySelector("#loss > svg"), box = chart.getBoundingClientRect();
  // The middle of the axis, which starts 56 px from the left and ends 16 px from the right.
  chart.dispatchEvent(new view.MouseEvent("click", {clientX: box.left + 56 + (box.width - 72) / 2, clientY: box.top + 50}));
  read();
  at("play").click();
  read();
  document.getElementById("seen").textContent = JSON.stringify(states);
};
</script>
"##;

#[test]
fn a_failed_training_is_shown_up_to_the_failing_step() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = Program("ch02_mnist").command();
    let arguments = ["--data", "bundled", "--epochs", "2", "--learning-rate", "1e30", "--record", "--out"];
    command.args(arguments).arg(&run).assert().failure().code(1);
    let data = data(&page(&run));
    assert!(data["failure"].as_str().unwrap().contains("loss"), "{}", data["failure"]);
    let frames = data["frames"].as_array().unwrap();
    let last = frames.last().unwrap();
    assert_eq!(last["loss"], "NaN");
    assert!(last["layers"][0]["weights"]["nan"].as_u64().unwrap() > 0, "{}", last["layers"][0]["weights"]);
    if let Some(dom) = browser::open(&run.join("replay.html")) {
        assert!(dom.contains("are not a number") && dom.contains("The training fails"));
    }
}

#[test]
fn inputs_of_tables_and_texts_are_bars_with_feature_names() {
    let folder = tempfile::tempdir().unwrap();
    for (program, arguments, names, name) in [
        ("ch03_boston", ["--final", "--epochs", "2"], 13, "LSTAT"),
        ("ch03_reuters", ["--final", "--epochs", "1"], 16, ""),
        ("ch03_imdb", ["--embedding", "--epochs", "1"], 16, ""),
    ] {
        let run = folder.path().join(program);
        record(program, &run, &arguments);
        let html = page(&run);
        let data = data(&html);
        assert_eq!(data["firstLayer"]["form"], "features", "{program}");
        let own = data["featureNames"].as_array().unwrap();
        assert_eq!(own.len(), names, "{program}");
        assert!(
            own.iter().all(Value::is_string) && (name.is_empty() || own.contains(&name.into())),
            "{own:?}"
        );
        assert!(html.len() < 1_000_000, "{program}: {} bytes", html.len());
        if let Some(dom) = browser::open(&run.join("replay.html")) {
            assert!(dom.contains("class=\"track\""), "{program}");
        }
    }
}
