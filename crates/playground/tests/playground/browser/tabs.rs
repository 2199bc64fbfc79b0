//! Tests of the tabs other than digits.

use kindling::data::Source;

use super::{
    Page,
    pages::{DESK, PHONE},
};
use crate::{
    served::{SERVED, ready},
    toy::alone,
};

/// Opens the page on a tab.
fn open(tab: &str) -> Option<Page> {
    let mut page = Page::open(&SERVED.url(), if tab == "toy" { PHONE } else { DESK })?;
    page.click(&format!("tab-{tab}"));
    Some(page)
}

/// Types a text.
fn write(page: &mut Page, id: &str, text: &str) {
    page.evaluate(&format!("document.getElementById('{id}').focus()"));
    page.call("Input.insertText", serde_json::json!({ "text": text }));
    page.wait_for(&format!("document.getElementById('{id}').ariaBusy === 'false'"));
}

#[test]
fn a_newswire_has_topics_and_colored_words() {
    let Some(mut page) = open("newswires") else { return };
    ready(&SERVED.app.newswires);
    page.wait_for("!document.getElementById('newswires-example').disabled");
    write(
        &mut page,
        "newswires-text",
        "Crude oil: OPEC <img src=x onerror=alert(1)> cut output to 15 mln barrels a day",
    );
    assert!(page.text("newswires-result").starts_with("crude: crude oil, with probability"));
    assert_eq!(page.evaluate("document.querySelectorAll('#newswires-bars .row').length"), 5);
    assert_eq!(page.evaluate("document.querySelectorAll('#newswires-all .row').length"), 46);
    assert_eq!(page.evaluate("document.querySelectorAll('#newswires-words img').length"), 0);
    assert!(page.text("newswires-words").contains("<img src=x onerror=alert(1)>"));
    let colored = "document.querySelectorAll('#newswires-words .raises, #newswires-words .lowers').length";
    assert!(page.evaluate(colored).as_u64().unwrap() >= 8);
    let strongest = page.evaluate("document.querySelector('#newswires-strongest b').textContent");
    assert!(["crude", "oil", "barrels", "opec"].contains(&strongest.as_str().unwrap()), "{strongest}");
    page.click("newswires-clear");
    page.wait_for("document.getElementById('newswires-explained').hidden");
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn a_review_has_a_sentiment_and_made_up_data_are_named() {
    let Some(mut page) = open("reviews") else { return };
    let made_up = ready(&SERVED.app.reviews).origin().data == Source::Synthetic;
    page.wait_for("!document.getElementById('reviews-example').disabled");
    page.click("reviews-example");
    page.wait_for(
        "/(Positive|Negative), with probability/.test(document.getElementById('reviews-result').textContent)",
    );
    assert_eq!(page.evaluate("document.getElementById('made-up').hidden"), !made_up);
    page.click("reviews-clear");
    if !made_up {
        write(&mut page, "reviews-text", "A wonderful, moving film with superb actors. Excellent!");
        assert!(page.text("reviews-result").starts_with("Positive"), "{}", page.text("reviews-result"));
        page.click("reviews-clear");
        write(&mut page, "reviews-text", "Boring, awful, the worst film; a waste of time.");
        assert!(page.text("reviews-result").starts_with("Negative"), "{}", page.text("reviews-result"));
    }
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn sliders_move_the_price_with_the_keyboard() {
    let Some(mut page) = open("houses") else { return };
    ready(&SERVED.app.houses);
    page.wait_for("document.getElementById('price').textContent.startsWith('$')");
    assert_eq!(page.evaluate("document.querySelectorAll('#features input[type=range]').length"), 13);
    let before = page.text("price");
    page.evaluate("document.getElementById('feature-RM').focus()");
    for _ in 0..20 {
        page.press("ArrowRight");
    }
    page.wait_for(&format!("document.getElementById('price').textContent !== '{before}'"));
    page.click("median");
    page.wait_for(&format!("document.getElementById('price').textContent === '{before}'"));
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}

#[test]
fn a_network_is_trained_paused_and_reset_in_the_page() {
    let _alone = alone();
    let Some(mut page) = open("toy") else { return };
    page.wait_for("document.getElementById('classes').children.length === 2");
    page.click("step");
    page.wait_for("document.getElementById('figures').textContent.startsWith('Epoch 1:')");
    page.click("start");
    page.wait_for("/^Epoch [0-9]{2,}:/.test(document.getElementById('figures').textContent)");
    page.wait_for("document.querySelector('.curves .loss').getAttribute('points').split(' ').length >= 10");
    page.click("start");
    page.wait_for("document.getElementById('start').textContent === 'Continue'");
    page.click("reset");
    page.wait_for("document.getElementById('start').textContent === 'Start'");

    // A file dropped on the page.
    let rows = "1,2,cat\\n3,1,dog\\n".repeat(5);
    page.evaluate(&format!(
        "(() => {{ const files = new DataTransfer(); files.items.add(new File(['a,b,label\\n{rows}'], 'own.csv')); \
         document.body.dispatchEvent(new DragEvent('drop', {{ dataTransfer: files, bubbles: true, cancelable: true }})); }})()"
    ));
    page.wait_for("document.getElementById('toy-result').textContent.startsWith('10 points of own.csv')");
    assert_eq!(page.text("classes"), "catdog");

    // Points added with the keyboard.
    page.click("clear-points");
    page.evaluate("document.getElementById('plane').focus()");
    page.press("ArrowRight");
    page.press("Enter");
    page.wait_for("document.getElementById('toy-result').textContent.startsWith('1 point')");
    page.click("start");
    page.wait_for("document.getElementById('toy-result').textContent.includes('of one class')");
    // The browser logs the refusal, and nothing else.
    page.complaints.retain(|complaint| !complaint.contains("status of 400"));
    assert!(page.complaints.is_empty(), "{:?}", page.complaints);
}
