//! Answers out of a program whose symbols are resolved.

use super::question::{Cause, Finding, Question, Reply, Step};
use link::pipeline::Explained;
use reach::why::{self, Call, Reason, Use};
use symbols::{SymId, path_to_prefix};

/// Names that are offered in place of an unknown one.
const SIMILAR: usize = 10;

/// Answers a question.
pub fn answer(program: &Explained, question: &Question) -> Reply {
    let names = question.names.iter().map(|n| finding(program, n)).collect();
    let ways: Vec<Vec<Step>> = match question.reflection {
        true => program.reasons.reflecting(),
        false => &[],
    }
    .iter()
    .map(|&s| way(program, s))
    .collect();
    let by_reflection = |step: &Step| matches!(step.cause, Cause::ReflectionCall(_));
    let (too, reflecting): (Vec<_>, _) =
        (ways.into_iter()).partition(|way| way.iter().any(by_reflection));
    let function = |way: Vec<Step>| way.into_iter().next().map(|step| step.symbol);
    Reply {
        program: program.path.clone(),
        names,
        reflecting,
        reflecting_too: too.into_iter().filter_map(function).collect(),
    }
}

fn finding(program: &Explained, name: &str) -> Finding {
    let (syms, reasons) = (&program.syms, &program.reasons);
    let name = name.to_owned();
    let named = |wanted: &[u8]| {
        let mut live = reasons.live().iter().copied();
        live.find(|&s| syms.name(s) == wanted)
    };
    let descriptor = format!("type:{name}");
    if let Some(s) = named(name.as_bytes()).or_else(|| named(descriptor.as_bytes())) {
        let way = way(program, s);
        return Finding::Symbol { name, way };
    }
    if let Some(package) = package(program, &name) {
        return package;
    }
    let mut all = (0..syms.len() as u32).map(SymId);
    let wanted = [name.as_bytes(), descriptor.as_bytes()];
    let defined = |&s: &SymId| wanted.contains(&syms.name(s)) && syms.origin(s).is_some();
    if let Some(s) = all.find(defined) {
        let package = syms.pkg(s).to_owned();
        return Finding::Dead { name, package };
    }
    let similar = similar(program, &name);
    Finding::Unknown { name, similar }
}

/// The live part of a package, if it is one.
fn package(program: &Explained, name: &str) -> Option<Finding> {
    let (syms, reasons) = (&program.syms, &program.reasons);
    let is_main = program.path.as_deref() == Some(name);
    let wanted = if is_main { "main" } else { name };
    let live = reasons.live().iter().copied();
    let of_package: Vec<SymId> = live.filter(|&s| syms.pkg(s) == wanted).collect();
    // Contents that it shares with others may be found in it by chance, which its functions are not; those of its
    // own bear its name.
    let prefix = format!("{}.", path_to_prefix(wanted)).into_bytes();
    let own = |&&s: &&SymId| syms.name(s).starts_with(&prefix);
    let function = |s: &&SymId| own(s) && syms.kind(**s).is_text();
    let task = |&&s: &&SymId| syms.name(s).strip_prefix(&*prefix) == Some(b".inittask");
    let nearest = (of_package.iter())
        .find(|s| function(s) || task(s))
        .or_else(|| of_package.iter().find(own))
        .or(of_package.first())?;
    Some(Finding::Package {
        name: name.to_owned(),
        symbols: of_package.len(),
        bytes: of_package.iter().map(|&s| syms.size(s)).sum(),
        way: way(program, *nearest),
    })
}

/// Names of live symbols that have what stands behind the last slash in them, else behind the last dot; shortest first.
fn similar(program: &Explained, name: &str) -> Vec<String> {
    let syms = &program.syms;
    let last = name.rsplit('/').next().unwrap_or(name);
    let plain = last.rsplit('.').next().unwrap_or(last);
    for part in [last, plain] {
        if part.is_empty() {
            continue;
        }
        let live = program.reasons.live().iter();
        let mut found: Vec<String> = live
            .filter(|&&s| memchr::memmem::find(syms.name(s), part.as_bytes()).is_some())
            .map(|&s| syms.name_lossy(s).into_owned())
            .collect();
        if !found.is_empty() {
            found.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
            found.dedup();
            found.truncate(SIMILAR);
            return found;
        }
    }
    Vec::new()
}

/// The way from a symbol to where the program starts.
fn way(program: &Explained, s: SymId) -> Vec<Step> {
    let name = |s: SymId| display(program, s);
    let step = |(s, cause)| Step {
        symbol: name(s),
        cause: match cause {
            why::Cause::Live(Reason::Root) => Cause::Root,
            why::Cause::Live(Reason::Reference(_)) => Cause::Reference,
            why::Cause::Live(Reason::Import(_)) => Cause::Import,
            why::Cause::Live(Reason::Method(_, call)) => match call {
                Call::Interface(by) => Cause::InterfaceCall(name(by)),
                Call::Name(by) => Cause::NameCall(name(by)),
                Call::Reflection(by) => Cause::ReflectionCall(name(by)),
                Call::Module => Cause::ModuleCall,
            },
            why::Cause::Used(Use::Marked) => Cause::Marked,
            why::Cause::Used(Use::Converted(_)) => Cause::Converted,
            why::Cause::Used(Use::Part(_)) => Cause::Part,
            why::Cause::Used(Use::Module) => Cause::Module,
        },
    };
    program.reasons.way(s).into_iter().map(step).collect()
}

/// A symbol's name; functions of the stack-based calling convention, which bear the same names, are marked.
fn display(program: &Explained, s: SymId) -> String {
    let syms = &program.syms;
    let name = syms.name_lossy(s);
    match syms.abi_wrappers && syms.version(s) == 0 && syms.kind(s).is_text() {
        true => format!("{name} (ABI0)"),
        false if name.is_empty() => format!("(unnamed data of package {})", syms.pkg(s)),
        false => name.into_owned(),
    }
}
