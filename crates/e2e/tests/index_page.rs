//! Tests the index of runs: its content, and its behavior in a browser.

use std::{fs, path::Path};

use kindling_e2e::{End, Program, browser, json};
use serde_json::Value;

/// A name that the page must escape, since it contains markup.
const CRAFTED: &str = r#"</script><img src=x onerror="document.title='crafted'">"#;

#[test]
fn runs_are_sorted_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("target/kindling");
    let printed = Program("ch02_mnist").run(&directory.join("ch02_mnist"), &["--epochs", "2"]);
    assert!(printed.contains(&format!("All runs: {}", directory.join("index.html").display())), "{printed}");
    // A run with malicious names, and one with a damaged result.
    let crafted = directory.join("crafted");
    fs::create_dir(&crafted).unwrap();
    let result = serde_json::json!({"example": CRAFTED, "dataset": CRAFTED, CRAFTED: CRAFTED});
    fs::write(crafted.join("result.json"), result.to_string()).unwrap();
    fs::create_dir(directory.join("broken")).unwrap();
    fs::write(directory.join("broken/result.json"), "{").unwrap();
    let arguments = ["--epochs", "1", "--seed", "1", "--learning-rate", "0.0001"];
    Program("ch02_mnist").run(&directory.join("slower"), &arguments);

    let html = fs::read_to_string(directory.join("index.html")).unwrap();
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    for outside in ["http://", "https://", "url("] {
        let named = html.replace("\"http://www.w3.org/2000/svg\"", "");
        assert!(!named.contains(outside), "{outside}: the page loads external resources");
    }
    in_a_browser(&directory);
}

#[test]
fn no_index_is_written_next_to_a_custom_output_directory() {
    let folder = tempfile::tempdir().unwrap();
    Program("ch02_mnist").run(&folder.path().join("mine"), &["--epochs", "1"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_run_succeeds_if_the_index_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("target/kindling");
    fs::create_dir_all(directory.join("index.html/in-the-way")).unwrap();
    let out = directory.join("ch02_mnist");
    let end = End::of(Program("ch02_mnist").command().args(["--epochs", "1", "--out"]).arg(&out));
    assert_eq!(end.code, 0, "{}", end.error);
    assert!(end.error.contains("note: the index of runs was not updated"), "{}", end.error);
    assert!(out.join("model.keras").is_file() && out.join("result.json").is_file());
}

/// Operates the page in a window as wide as a phone and checks what it shows: sorting, selection, comparison and pictures.
fn in_a_browser(directory: &Path) {
    let harness = directory.join("harness.html");
    fs::write(&harness, HARNESS).unwrap();
    let Some(dom) = browser::open(&harness) else { return };
    let (_, seen) = dom.split_once("<pre id=\"seen\">").expect("the page was not read");
    let seen: Value = serde_json::from_str(seen.split_once("</pre>").unwrap().0).unwrap();

    assert_eq!(
        seen["names"],
        serde_json::json!(["slower", "crafted", "ch02_mnist"]),
        "the latest run is first"
    );
    assert_eq!(seen["ended"], "descending");
    assert_eq!(
        seen["better"],
        serde_json::json!(["ch02_mnist", "slower", "crafted"]),
        "runs without a result are last"
    );
    assert_eq!(seen["worse"], serde_json::json!(["slower", "ch02_mnist", "crafted"]));
    assert_eq!(seen["cards"], seen["worse"]);
    assert_eq!(seen["sorting"], serde_json::json!(["descending", "ascending", null]));
    assert_eq!(seen["skipped"], 1);
    assert_eq!(
        (&seen["title"], &seen["images"]),
        (&"kindling: runs".into(), &0.into()),
        "a name became markup"
    );
    assert_eq!(seen["thumbnails"], true, "a picture is not shown");

    let accuracy =
        |run: &str| json(&directory.join(run).join("result.json"))["test_accuracy"].as_f64().unwrap();
    let (first, second) = (accuracy("ch02_mnist"), accuracy("slower"));
    let row = seen["row"].as_str().unwrap();
    let [own, other, change] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
    let number = |text: &str| -> f64 { text.replace('−', "-").parse().unwrap() };
    for (shown, value) in [(own, first), (other, second), (change, second - first)] {
        assert!((number(shown) - value).abs() < 1e-3, "{row}: {value}");
    }
    assert_eq!(seen["before"], true, "a comparison needs two runs");
    // Loss and accuracy, each in training and in validation.
    assert_eq!(seen["curves"], serde_json::json!([4, 4]));
    assert_eq!(seen["axes"], serde_json::json!(["loss", "accuracy"]));
    assert_eq!(seen["viewer"], serde_json::json!([true, false]));
    assert_eq!((&seen["overflow"], &seen["small"]), (&0.into(), &0.into()));
}

const HARNESS: &str = r##"<!doctype html>
<iframe id="page" src="index.html" style="width: 390px; height: 800px; border: 0"></iframe>
<pre id="seen"></pre>
<script>
onload = () => {
  const {contentDocument: page, contentWindow: view} = document.getElementById("page");
  const at = id => page.getElementById(id), all = selector => [...page.querySelectorAll(selector)];
  const names = () => all("#table tbody a").map(link => link.textContent);
  const heading = name => all("#table th button").find(button => button.textContent === name);
  const sorting = name => heading(name).parentElement.getAttribute("aria-sort");
  const box = name => page.querySelector(`[aria-label="Select ${name}"]`);
  const seen = {names: names(), ended: sorting("Ended")};
  heading("Test accuracy").click();
  seen.better = names();
  seen.sorting = [sorting("Test accuracy")];
  heading("Test accuracy").click();
  seen.worse = names();
  seen.cards = all(".card h3").map(heading => heading.textContent);
  seen.sorting.push(sorting("Test accuracy"), sorting("Ended"));
  seen.skipped = all("#skipped li").length;
  box("ch02_mnist").click();
  seen.before = at("comparison").hidden && at("compare").disabled;
  box("slower").click();
  at("compare").click();
  const row = all("#differences tr").find(row => row.firstChild.textContent === "test_accuracy");
  seen.row = [...row.children].slice(1).map(cell => [...cell.childNodes].map(node => node.textContent).join(" ")).join(" ");
  const curves = () => all("#curves > svg path").length, axis = () => all("#curves > svg text").pop().textContent.split(" ")[0];
  seen.curves = [curves()];
  seen.axes = [axis()];
  at("measure").value = "accuracy";
  at("measure").dispatchEvent(new view.Event("change"));
  seen.curves.push(curves());
  seen.axes.push(axis());
  const thumbnails = all(".pictures img");
  seen.thumbnails = thumbnails.length > 0 && thumbnails.every(image => image.naturalWidth > 0);
  page.querySelector(".pictures button").click();
  seen.viewer = [at("viewer").open];
  at("close").click();
  seen.viewer.push(at("viewer").open);
  const texts = all("body *").filter(element => !element.closest("script, noscript")
    && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  seen.small = texts.filter(element => parseFloat(view.getComputedStyle(element).fontSize) < 11).length;
  seen.overflow = page.documentElement.scrollWidth - page.documentElement.clientWidth;
  seen.title = page.title;
  seen.images = all("img[src=x]").length;
  document.getElementById("seen").textContent = JSON.stringify(seen);
};
</script>
"##;
