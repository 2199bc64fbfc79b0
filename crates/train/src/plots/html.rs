//! A chart as part of a page: inline SVG that takes its colours from the page, with values on hover.

use std::fmt::Write;

use plotters::coord::ranged1d::Ranged;

use super::{
    Chart,
    axis::Axis,
    series::{Kind, Series},
};
use crate::report::escaped;

/// Of the drawing, in SVG units, and of what lies around the plot in it.
const SIZE: (i32, i32) = (640, 340);
const LEFT: i32 = 56;
const RIGHT: i32 = 12;
const TOP: i32 = 8;
const BOTTOM: i32 = 44;

/// Colours that a page's style has for series: `--series-0` to `--series-6`.
const COLOURS: usize = 7;

impl Chart {
    /// The chart as an HTML `figure`, for a [`Report`](crate::report::Report), whose style it needs.
    pub fn to_html(&self) -> String {
        let (x, y) = self.axes_around();
        let mut svg = String::new();
        let plot = Plot { x: &x, y: &y };
        plot.draw_marks(&mut svg);
        plot.draw_names(&mut svg, &self.x_name, &self.y_name);
        let mut series: Vec<&Series> = self.series.iter().collect();
        // Bands first, so that nothing hides what matters more.
        series.sort_by_key(|series| series.kind != Kind::Band);
        for series in series {
            plot.draw(&mut svg, series, &self.x_name);
        }
        let legend: String =
            self.series.iter().filter(|series| !series.name.is_empty()).map(legend_entry).collect();
        let (title, caption) = (escaped(&self.title), escaped(&self.caption));
        let (width, height) = SIZE;
        format!(
            "<figure class=\"chart\"><h4>{title}</h4><ul class=\"legend\">{legend}</ul>\
             <svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">{svg}</svg>\
             <figcaption>{caption}</figcaption></figure>\n"
        )
    }
}

/// Where values lie in the drawing.
struct Plot<'a> {
    x: &'a Axis,
    y: &'a Axis,
}

impl Plot<'_> {
    fn place(&self, x: f64, y: f64) -> (i32, i32) {
        (self.x.map(&x, (LEFT, SIZE.0 - RIGHT)), self.y.map(&y, (SIZE.1 - BOTTOM, TOP)))
    }

    fn draw_marks(&self, svg: &mut String) {
        let (right, bottom) = (SIZE.0 - RIGHT, SIZE.1 - BOTTOM);
        for (mark, label) in self.y.marks() {
            let (_, y) = self.place(0.0, mark);
            push(
                svg,
                format_args!("<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y}\" y2=\"{y}\"/>"),
            );
            push(
                svg,
                format_args!("<text class=\"tick end\" x=\"{}\" y=\"{}\">{label}</text>", LEFT - 6, y + 4),
            );
        }
        for (mark, label) in self.x.marks() {
            let (x, _) = self.place(mark, 0.0);
            push(
                svg,
                format_args!("<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"),
            );
            push(
                svg,
                format_args!("<text class=\"tick middle\" x=\"{x}\" y=\"{}\">{label}</text>", bottom + 16),
            );
        }
    }

    fn draw_names(&self, svg: &mut String, x: &str, y: &str) {
        let (middle, bottom) = ((LEFT + SIZE.0 - RIGHT) / 2, SIZE.1 - 6);
        let across = (TOP + SIZE.1 - BOTTOM) / 2;
        push(
            svg,
            format_args!("<text class=\"name middle\" x=\"{middle}\" y=\"{bottom}\">{}</text>", escaped(x)),
        );
        push(
            svg,
            format_args!(
                "<text class=\"name middle\" transform=\"translate(12 {across}) rotate(-90)\">{}</text>",
                escaped(y)
            ),
        );
    }

    fn draw(&self, svg: &mut String, series: &Series, x_name: &str) {
        push(svg, format_args!("<g class=\"{}\">", class(series)));
        for run in series.runs() {
            let points = |values: &mut dyn Iterator<Item = (f64, f64)>| {
                let at = |(x, y)| self.place(x, y);
                values.map(at).map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
            };
            match series.kind {
                Kind::Points => {}
                Kind::Line => {
                    let path = points(&mut run.iter().map(|d| (d.x, d.low)));
                    push(svg, format_args!("<polyline points=\"{path}\"/>"));
                }
                Kind::Band => {
                    let lower = run.iter().map(|d| (d.x, d.low));
                    let outline = points(&mut lower.chain(run.iter().rev().map(|d| (d.x, d.high))));
                    push(svg, format_args!("<polygon points=\"{outline}\"/>"));
                }
            }
            if series.kind != Kind::Band {
                for datum in run {
                    let (x, y) = self.place(datum.x, datum.low);
                    self.draw_value(
                        svg,
                        (x, y),
                        &format!("{:.4}", datum.low),
                        &format!("{x_name} {}", datum.x),
                    );
                }
            }
        }
        svg.push_str("</g>");
    }

    /// A dot, and the value beside it for whoever points there.
    fn draw_value(&self, svg: &mut String, (x, y): (i32, i32), value: &str, at: &str) {
        // On the side where there is room.
        let (anchor, label) = if x > SIZE.0 / 2 { ("end", x - 8) } else { ("start", x + 8) };
        let above = if y < TOP + 24 { y + 20 } else { y - 8 };
        push(
            svg,
            format_args!(
                "<g class=\"datum\"><circle class=\"hit\" cx=\"{x}\" cy=\"{y}\" r=\"9\"/>\
                 <circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>\
                 <text class=\"value {anchor}\" x=\"{label}\" y=\"{above}\">{}: {value}</text></g>",
                escaped(at)
            ),
        );
    }
}

fn legend_entry(series: &Series) -> String {
    format!("<li class=\"{}\"><i></i>{}</li>", class(series), escaped(&series.name))
}

fn class(series: &Series) -> String {
    let kind = match series.kind {
        Kind::Band => "band",
        Kind::Line => "line",
        Kind::Points => "points",
    };
    format!("{kind} series-{}", series.number % COLOURS)
}

/// Writing to a string cannot fail.
fn push(svg: &mut String, part: std::fmt::Arguments) {
    let _ = svg.write_fmt(part);
}
