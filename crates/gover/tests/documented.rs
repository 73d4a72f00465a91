//! The page of release differences names only what exists.

use std::path::Path;

/// The words in backquotes of a table row's last cell.
fn names(row: &str) -> Vec<&str> {
    let cell = row.trim_end_matches([' ', '|']).rsplit(" | ").next();
    cell.unwrap_or_default()
        .split('`')
        .skip(1)
        .step_by(2)
        .collect()
}

#[test]
fn named_fields_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let page = read("../../docs/release-differences.md");
    let source: String = [
        "layout",
        "platform",
        "experiments",
        "packages",
        "type_layout",
    ]
    .map(|name| read(&format!("src/{name}.rs")))
    .concat();
    let mut seen = 0;
    for row in page
        .lines()
        .filter(|l| l.starts_with("| ") && l.ends_with(" |"))
    {
        for name in names(row) {
            for part in name.split('.') {
                let declared = match part.strip_suffix("()") {
                    Some(method) => {
                        source.contains(&format!("pub const fn {method}("))
                            || source.contains(&format!("pub fn {method}("))
                    }
                    None => source.contains(&format!("pub {part}: ")),
                };
                assert!(declared, "no {part} in GoLayout, named in: {row}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "only {seen} names found");
}
