//! From the names of symbols to packages and modules.

use crate::buildinfo::BuildInfo;
use linkdiff::{Class, Owner, Share};

/// What is called so belongs to no package.
const TYPES: &str = "(types)";

/// The package that a share belongs to, or, in parentheses, what it is.
pub fn package(share: &Share) -> String {
    match &share.owner {
        Owner::Symbol(name) => of_symbol(&String::from_utf8_lossy(name)),
        Owner::Unit(name) => of_unit(&String::from_utf8_lossy(name)),
        Owner::Nobody => match share.class {
            Class::Text => "(other code)",
            Class::Data => "(other data)",
            Class::Pclntab => "(line tables)",
            Class::Debug => "(shared debugging information)",
            Class::Symbols => "(other symbols)",
            Class::Other => "(headers, tables, padding)",
        }
        .into(),
    }
}

/// Go's units are called as their packages, those of C compilers as files.
fn of_unit(name: &str) -> String {
    let is_file = name.starts_with(['/', '.', '<']) || name.ends_with(".c") || name.ends_with(".S");
    match is_file {
        true => "(C and assembly)".into(),
        false => name.to_owned(),
    }
}

fn of_symbol(name: &str) -> String {
    // Names of what the linker and the compiler make; the colon was a dot before Go 1.20.
    if let Some(rest) = name.strip_prefix("type:") {
        return of_type(rest);
    }
    if let Some(rest) = name.strip_prefix("go:") {
        return match rest {
            _ if rest.starts_with("itab.") => of_type(&rest["itab.".len()..]),
            _ if rest.starts_with("string.") => "(strings)".into(),
            _ if rest.starts_with("func.") => "(stack maps)".into(),
            _ => "(linker)".into(),
        };
    }
    if name.starts_with("typerel.") {
        return TYPES.into();
    }
    if name.starts_with("runtime.gcbits") || name.starts_with("gclocals") {
        return "(stack maps)".into();
    }
    if name.starts_with('$') {
        return "(constants)".into();
    }
    // Start-up code is written in assembly, under names of its own.
    if name.starts_with("_rt0_") {
        return "runtime".into();
    }
    of_function(name).unwrap_or_else(|| "(C and assembly)".into())
}

/// The package in the name of a function or variable: what stands before the first dot behind the last slash,
/// type arguments and receivers aside.
fn of_function(name: &str) -> Option<String> {
    let plain = &name[..name.find(['[', '(']).unwrap_or(name.len())];
    let base = plain.rfind('/').map_or(0, |slash| slash + 1);
    let dot = plain[base..].find('.')?;
    let path = &plain[..base + dot];
    match path.is_empty() {
        true => None,
        false => Some(unescape(path)),
    }
}

/// The package of a named type, or of what such a type points to.
fn of_type(name: &str) -> String {
    let name = [
        ".namedata.",
        ".importpath.",
        ".eq.",
        ".hash.",
        ".eqfunc.",
        ".hashfunc.",
    ]
    .iter()
    .find_map(|prefix| name.strip_prefix(prefix))
    .unwrap_or(name);
    // Of an itab, the type that is converted, not the interface.
    let name = name.split(',').next().unwrap_or(name);
    let plain = name.trim_start_matches('*');
    let starts_plainly = plain.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let composite = [
        "func(",
        "struct {",
        "interface {",
        "map[",
        "chan ",
        "noalg.",
        "go.shape.",
    ];
    let composite = composite.iter().any(|c| plain.starts_with(c));
    match starts_plainly && !composite {
        true => of_function(plain).unwrap_or_else(|| TYPES.into()),
        false => TYPES.into(),
    }
}

/// Undoes what makes a path fit for a symbol's name: `%2e` for a dot in its last element, and the like.
fn unescape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

/// Modules of a program, by the paths of packages.
pub struct Modules {
    /// Longest first.
    paths: Vec<String>,
    main: Option<String>,
}

impl Modules {
    /// Those that a program's build information lists.
    pub fn new(info: &BuildInfo) -> Modules {
        let main = info.main.as_ref().map(|module| module.path.clone());
        let mut paths: Vec<String> = info.deps.iter().map(|module| module.path.clone()).collect();
        paths.extend(main.clone());
        paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
        Modules { paths, main }
    }

    /// The module of a package.
    pub fn of<'a>(&'a self, package: &'a str) -> &'a str {
        if package.starts_with('(') {
            return package;
        }
        let within = |path: &&String| {
            let rest = package.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if let Some(path) = self.paths.iter().find(within) {
            return path;
        }
        if let ("main", Some(main)) = (package, &self.main) {
            return main;
        }
        // Paths of the standard library have no dot in their first element.
        let first = package.split('/').next().unwrap_or(package);
        match first.contains('.') {
            true => package,
            false => "std",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildinfo::Module;

    #[test]
    fn symbols_have_packages() {
        for (name, package) in [
            ("main.main", "main"),
            ("net/http.(*Client).Do", "net/http"),
            ("net/http.HandlerFunc.ServeHTTP", "net/http"),
            ("gopkg.in/yaml%2ev3.Marshal", "gopkg.in/yaml.v3"),
            ("example.com/50%25/x.f", "example.com/50%/x"),
            ("slices.Sort[go.shape.[]example.com/a/b.T]", "slices"),
            ("example.com/a.(*T[example.com/b.U]).M", "example.com/a"),
            ("main..stmp_1", "main"),
            (
                "vendor/golang.org/x/net/idna.init",
                "vendor/golang.org/x/net/idna",
            ),
            ("_rt0_amd64_linux", "runtime"),
            ("memcpy", "(C and assembly)"),
            (".L1", "(C and assembly)"),
            ("go:string.*", "(strings)"),
            ("go:func.*", "(stack maps)"),
            ("runtime.gcbits.0a", "(stack maps)"),
            ("go:buildinfo", "(linker)"),
            ("go:itab.*os.File,io/fs.File", "os"),
            (
                "type:.eq.go.shape.struct { net/netip.isV6 bool }",
                "(types)",
            ),
            ("$f64.3ff0000000000000", "(constants)"),
            ("type:*", "(types)"),
            ("typerel.*", "(types)"),
            ("type:*net/http.Client", "net/http"),
            ("type:.namedata.*http.Client-", "http"),
            ("type:.eq.example.com/a.T", "example.com/a"),
            ("type:func(*net/http.Request) bool", "(types)"),
            ("type:map[string]net/http.X", "(types)"),
            ("type:[]net/http.X", "(types)"),
            ("type:int", "(types)"),
        ] {
            assert_eq!(of_symbol(name), package, "{name}");
        }
    }

    #[test]
    fn units_of_c_are_files() {
        assert_eq!(of_unit("net/http"), "net/http");
        assert_eq!(of_unit("../sysdeps/x86_64/start.S"), "(C and assembly)");
        assert_eq!(of_unit("/usr/src/x.c"), "(C and assembly)");
    }

    #[test]
    fn packages_have_modules() {
        let module = |path: &str| Module {
            path: path.into(),
            version: String::new(),
            sum: String::new(),
            replace: None,
        };
        let modules = Modules::new(&BuildInfo {
            main: Some(module("example.com/app")),
            deps: vec![module("example.com/lib"), module("example.com/lib/v2")],
            ..BuildInfo::default()
        });
        for (package, module) in [
            ("main", "example.com/app"),
            ("example.com/app/internal/x", "example.com/app"),
            ("example.com/lib/v2/x", "example.com/lib/v2"),
            ("example.com/lib", "example.com/lib"),
            ("example.com/library", "example.com/library"),
            ("net/http", "std"),
            ("vendor/golang.org/x/net/idna", "std"),
            ("(strings)", "(strings)"),
        ] {
            assert_eq!(modules.of(package), module, "{package}");
        }
    }
}
