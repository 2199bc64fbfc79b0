//! The files of the page, compiled into the program.

use super::response::Response;

/// Path, content type and content of a file.
type Asset = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const ASSETS: &[Asset] = &[
    ("/", HTML, include_str!("../../assets/index.html")),
    ("/style.css", CSS, include_str!("../../assets/style.css")),
    ("/icon.svg", SVG, include_str!("../../assets/icon.svg")),
    ("/page.js", SCRIPT, include_str!("../../assets/page.js")),
    ("/ask.js", SCRIPT, include_str!("../../assets/ask.js")),
    ("/bars.js", SCRIPT, include_str!("../../assets/bars.js")),
    ("/digits.js", SCRIPT, include_str!("../../assets/digits.js")),
    ("/texts.js", SCRIPT, include_str!("../../assets/texts.js")),
    ("/reviews.js", SCRIPT, include_str!("../../assets/reviews.js")),
    ("/newswires.js", SCRIPT, include_str!("../../assets/newswires.js")),
    ("/houses.js", SCRIPT, include_str!("../../assets/houses.js")),
    ("/plane.js", SCRIPT, include_str!("../../assets/plane.js")),
    ("/curves.js", SCRIPT, include_str!("../../assets/curves.js")),
    ("/toy.js", SCRIPT, include_str!("../../assets/toy.js")),
];

/// Returns the file at a path, or `None` if there is none.
pub fn find(path: &str) -> Option<Response> {
    ASSETS.iter().find(|(own, ..)| *own == path).map(|(_, kind, content)| Response::file(kind, content))
}
