//! Checks that README, its Chinese version, and the guide agree, and that the files and tests they name exist.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kindling_e2e::root;

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Splits a page into its fenced code blocks, with their first lines, and the lines outside of them.
fn code_and_text(page: &str) -> (Vec<String>, Vec<&str>) {
    let (mut code, mut text, mut block) = (Vec::new(), Vec::new(), None);
    for line in page.lines() {
        let is_fence = line.starts_with("```");
        match &mut block {
            None if is_fence => block = Some(line.to_owned()),
            None => text.push(line),
            Some(_) if is_fence => code.extend(block.take()),
            Some(block) => *block = format!("{block}\n{line}"),
        }
    }
    assert!(block.is_none(), "a code block is not closed");
    (code, text)
}

/// Returns the level of each heading.
fn headings(page: &str) -> Vec<usize> {
    let (_, text) = code_and_text(page);
    let level = |line: &str| line.find(|c| c != '#').filter(|level| *level > 0);
    text.into_iter().filter_map(level).collect()
}

/// Returns the links of a page as pairs of text and target.
fn links(page: &str) -> Vec<(String, String)> {
    let (_, text) = code_and_text(page);
    let text = text.join("\n");
    let mut links = Vec::new();
    for (place, _) in text.match_indices("](") {
        let name = text[..place].rsplit('[').next().unwrap_or_default();
        let target = text[place + 2..].split(')').next().unwrap_or_default();
        links.push((name.to_owned(), target.to_owned()));
    }
    links
}

/// Returns the programs in the first column of the tables, with the files that they link to.
fn programs(page: &str) -> Vec<(String, String)> {
    let rows = page.lines().filter(|line| line.starts_with("| [`"));
    rows.flat_map(|row| links(row).into_iter().next()).collect()
}

/// Returns the code in single backticks outside of code blocks that starts with `cargo`.
fn inline_commands(page: &str) -> Vec<String> {
    let (_, text) = code_and_text(page);
    let text = text.join("\n");
    text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("cargo ")).map(str::to_owned).collect()
}

/// Returns the pages of the guide.
fn guide() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs/src")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    pages.sort();
    pages
}

/// Returns the file that a link of a page leads to, unless that is a place on the same page or another site.
fn linked_file(page: &Path, target: &str) -> Option<PathBuf> {
    let file = target.split('#').next().filter(|file| !file.is_empty() && !file.contains("://"))?;
    Some(page.parent()?.join(file))
}

#[test]
fn both_languages_have_the_same_headings_commands_programs_and_links() {
    let [english, chinese] = READMES.map(read);
    assert_eq!(headings(&english), headings(&chinese), "levels of the headings");
    assert_eq!(code_and_text(&english).0, code_and_text(&chinese).0, "code blocks");
    assert_eq!(inline_commands(&english), inline_commands(&chinese), "commands in the text");
    assert_eq!(programs(&english), programs(&chinese), "programs in the tables");
    let targets = |page: &str, own: &str| {
        let mut targets: Vec<_> = links(page).into_iter().map(|(_, target)| target).collect();
        targets.retain(|target| !READMES.contains(&target.as_str()) || target == own);
        targets.sort();
        targets
    };
    assert_eq!(targets(&english, ""), targets(&chinese, ""), "targets of the links");
}

#[test]
fn every_program_that_a_readme_names_exists() {
    let programs = programs(&read(READMES[0]));
    assert!(programs.len() > 25, "{programs:?}");
    for (name, file) in programs {
        let name = name.trim_matches('`');
        let expected = [format!("examples/{name}.rs"), format!("examples/{name}/main.rs")];
        assert!(expected.iter().any(|end| file.ends_with(end)), "{name} links to {file}");
        assert!(root().join(&file).is_file(), "there is no {file}");
    }
}

#[test]
fn every_program_of_the_book_is_in_the_table() {
    let page = read(READMES[0]);
    let named: Vec<_> = programs(&page).into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!name.starts_with("ch0") || named.contains(&format!("`{name}`")), "{name} is not in README");
    }
}

#[test]
fn every_link_leads_to_a_file() {
    let readmes = READMES.into_iter().chain(["CONTRIBUTING.md", "ARCHITECTURE.md"]);
    for page in readmes.map(|name| root().join(name)).chain(guide()) {
        for (_, target) in links(&fs::read_to_string(&page).unwrap()) {
            if let Some(file) = linked_file(&page, &target) {
                assert!(file.exists(), "{} links to {target}", page.display());
            }
        }
    }
}

#[test]
fn every_item_of_the_syllabus_is_defined_in_the_linked_file() {
    let page = root().join("docs/src/syllabus.md");
    let text = fs::read_to_string(&page).unwrap();
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| S")).collect();
    for (number, row) in (1..).zip(&rows) {
        assert!(row.starts_with(&format!("| S{number:02} |")), "{row}");
        for (item, target) in links(row) {
            let file = linked_file(&page, &target).unwrap();
            let item = item.trim_matches('`');
            if target.contains(&format!("/examples/{item}")) {
                continue;
            }
            let code = fs::read_to_string(&file).unwrap();
            let defines = |keyword: &str| {
                let start = format!("{keyword} {item}");
                code.match_indices(&start).any(|(place, _)| {
                    !code[place + start.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            };
            let defined = ["fn", "struct", "enum", "trait"].into_iter().any(defines);
            assert!(defined, "{target} defines no {item}");
        }
    }
    assert_eq!(rows.len(), 39, "points of the book");
}

#[test]
fn every_page_of_the_guide_is_in_its_summary_and_its_code_is_compiled() {
    let (summary, compiled) = (read("docs/src/SUMMARY.md"), read("crates/e2e/src/guide.rs"));
    for page in guide() {
        let name = page.file_name().unwrap().to_string_lossy();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name} is not in SUMMARY.md"
        );
        let has_code = fs::read_to_string(&page).unwrap().contains("```rust");
        assert!(!has_code || compiled.contains(&format!("/{name}\"")), "{name} is not in guide.rs");
    }
}

#[test]
fn expected_figures_are_the_same_in_both_languages() {
    let [english, chinese] = READMES.map(|file| {
        let page = read(file);
        let rows = page.lines().filter(|line| line.starts_with("| `ch") && line.contains(" to "));
        rows.map(str::to_owned).collect::<Vec<_>>()
    });
    assert!(english.len() >= 6, "{english:?}");
    assert_eq!(english, chinese);
}

#[test]
fn every_test_named_in_the_list_of_faults_exists() {
    let mut sources = String::new();
    for directory in ["crates", "examples", "src", "tests"] {
        for entry in walk(&root().join(directory)) {
            sources.push_str(&fs::read_to_string(entry).unwrap());
        }
    }
    let page = read("docs/reliability.md");
    let names = page.split('`').skip(1).step_by(2).filter(|name| {
        name.matches('_').count() >= 3
            && name.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    let mut count = 0;
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "docs/reliability.md: there is no test {name}");
        count += 1;
    }
    assert!(count > 30, "{count} names");
}

/// Returns the Rust files in a directory and below.
fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(walk(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
    files
}
