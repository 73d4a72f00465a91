//! Answers as text.

use super::question::{Cause, Finding, Reply, Step};
use std::fmt::Write as _;

/// What programs have to say, `asked_reflection` if they were asked who calls methods by it.
pub fn render(replies: &[Reply], asked_reflection: bool) -> String {
    let mut out = String::new();
    for reply in replies {
        if replies.len() > 1 {
            let program = reply.program.as_deref().unwrap_or("(a program)");
            let _ = writeln!(out, "== {program}\n");
        }
        for finding in &reply.names {
            render_finding(finding, &mut out);
            out.push('\n');
        }
        if !reply.reflecting.is_empty() {
            out.push_str(
                "All exported methods of types that are used in an interface stay: reflection may call any of them in\n",
            );
            for way in &reply.reflecting {
                out.push('\n');
                render_way(way, &mut out);
            }
            out.push('\n');
            if !reply.reflecting_too.is_empty() {
                let functions = reply.reflecting_too.join("\n    ");
                let _ = writeln!(
                    out,
                    "which keeps more functions that do:\n    {functions}\n"
                );
            }
        } else if asked_reflection {
            out.push_str("Methods are not kept for reflection: nothing may call one that it does not name.\n\n");
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn render_finding(finding: &Finding, out: &mut String) {
    match finding {
        Finding::Symbol { way, .. } => render_way(way, out),
        Finding::Package {
            name,
            symbols,
            bytes,
            way,
        } => {
            let _ = writeln!(
                out,
                "package {name}: {symbols} symbols of {bytes} bytes are live, the nearest is"
            );
            render_way(way, out);
        }
        Finding::Dead { name, package } => {
            let _ = writeln!(
                out,
                "{name} is not live: package {package} defines it, but nothing that is live refers to it"
            );
        }
        Finding::Unknown { name, similar } => {
            let _ = writeln!(out, "{name}: no such symbol or package");
            if !similar.is_empty() {
                let _ = writeln!(out, "live are\n    {}", similar.join("\n    "));
            }
        }
    }
}

/// One line for each symbol; behind an arrow, and with what it has to do with the symbol before.
fn render_way(way: &[Step], out: &mut String) {
    let mut before: Option<&Step> = None;
    for step in way {
        let Some(last) = before.replace(step) else {
            let _ = writeln!(out, "{}", step.symbol);
            continue;
        };
        let Some(says) = link(&last.cause) else {
            // It is about the same symbol.
            continue;
        };
        let _ = writeln!(out, "  <- {}{says}", step.symbol);
    }
    if let Some(Step {
        cause: Cause::Root, ..
    }) = before
    {
        out.push_str("  <- the program starts with it\n");
    }
}

/// What a symbol has to do with the one before, whose cause it is; `None` if it is the same.
fn link(cause: &Cause) -> Option<String> {
    Some(match cause {
        Cause::Root | Cause::Marked | Cause::Module => return None,
        Cause::Reference => String::new(),
        Cause::Import => " imports that package".into(),
        Cause::InterfaceCall(by) => format!(": its method, called through an interface in {by}"),
        Cause::NameCall(by) => format!(": its method, called by name in {by}"),
        Cause::ReflectionCall(by) => format!(": its exported method, and {by} may call any"),
        Cause::ModuleCall => ": its method, and another module may call it".into(),
        Cause::Converted => " converts it to an interface".into(),
        Cause::Part => " has it as a part, and is used in an interface".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(symbol: &str, cause: Cause) -> Step {
        let symbol = symbol.to_owned();
        Step { symbol, cause }
    }

    fn reply(program: &str, names: Vec<Finding>) -> Reply {
        Reply {
            program: Some(program.into()),
            names,
            reflecting: Vec::new(),
            reflecting_too: Vec::new(),
        }
    }

    fn method() -> Finding {
        Finding::Symbol {
            name: "main.T.M".into(),
            way: vec![
                step("main.T.M", Cause::InterfaceCall("fmt.p".into())),
                step("type:main.T", Cause::Part),
                step("type:main.U", Cause::Marked),
                step("type:main.U", Cause::Reference),
                step("main.main", Cause::Root),
            ],
        }
    }

    #[test]
    fn a_way_says_what_each_step_has_to_do_with_the_one_before() {
        assert_eq!(
            render(&[reply("p", vec![method()])], false),
            "main.T.M\n  \
             <- type:main.T: its method, called through an interface in fmt.p\n  \
             <- type:main.U has it as a part, and is used in an interface\n  \
             <- main.main\n  \
             <- the program starts with it\n"
        );
    }

    #[test]
    fn several_programs_have_headings() {
        let dead = Finding::Dead {
            name: "main.f".into(),
            package: "main".into(),
        };
        let unknown = Finding::Unknown {
            name: "g".into(),
            similar: vec!["main.g".into(), "main.gg".into()],
        };
        assert_eq!(
            render(&[reply("a", vec![dead]), reply("b", vec![unknown])], false),
            "== a\n\n\
             main.f is not live: package main defines it, but nothing that is live refers to it\n\n\
             == b\n\n\
             g: no such symbol or package\nlive are\n    main.g\n    main.gg\n"
        );
    }

    #[test]
    fn reflection_or_none() {
        let mut found = reply("p", Vec::new());
        let none =
            "Methods are not kept for reflection: nothing may call one that it does not name.\n";
        assert_eq!(render(&[found.clone()], true), none);
        found.reflecting = vec![vec![step("main.main", Cause::Root)]];
        found.reflecting_too = vec!["reflect.f".into()];
        let text = render(&[found], true);
        let ways = "\n\nmain.main\n  <- the program starts with it\n\n\
                    which keeps more functions that do:\n    reflect.f\n";
        assert!(text.ends_with(ways), "{text}");
    }

    #[test]
    fn answers_survive_the_way_through_a_file() {
        let reply = reply("p", vec![method()]);
        let text = serde_json::to_string(&reply).expect("it can be written");
        assert_eq!(serde_json::from_str::<Reply>(&text).expect(&text), reply);
    }
}
