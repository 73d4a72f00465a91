//! Reads a release's tables out of a toolchain's Go source and writes them as Rust.
//!
//! Used by `cargo xtask gen-gover` and by the test that checks that the committed tables are
//! still what the toolchain says; the linker itself never compiles this module. It is no Go
//! parser: it knows the shape of each declaration it reads and fails, naming file and
//! marker, when a release writes one differently.
//!
//! xtask compiles this file and those of the enums it names by themselves, so that tables
//! can be generated while those in place do not compile. They use nothing else of the crate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{AuxType, ModuleField, RelocType, SymKind};

/// Why tables could not be generated.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum GenerateError {
    /// A source file could not be read.
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A declaration does not have the known shape.
    Shape { file: &'static str, what: String },
}

impl std::fmt::Display for GenerateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GenerateError::Read { path, source } => write!(f, "{}: {source}", path.display()),
            GenerateError::Shape { file, what } => write!(f, "{file}: {what}"),
        }
    }
}

impl std::error::Error for GenerateError {}

/// One source file of the toolchain, comments removed.
struct Source {
    file: &'static str,
    text: String,
}

impl Source {
    fn read(goroot: &Path, file: &'static str) -> Result<Source, GenerateError> {
        let path = goroot.join(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| GenerateError::Read { path, source })?;
        Ok(Source {
            file,
            text: strip_comments(&text),
        })
    }

    fn error(&self, what: impl Into<String>) -> GenerateError {
        GenerateError::Shape {
            file: self.file,
            what: what.into(),
        }
    }

    /// The text from just behind `start` to just before the next `end`.
    fn between(&self, start: &str, end: &str) -> Result<&str, GenerateError> {
        let from = self
            .text
            .find(start)
            .ok_or_else(|| self.error(format!("no {start:?}")))?
            + start.len();
        let len = self.text[from..]
            .find(end)
            .ok_or_else(|| self.error(format!("no {end:?} after {start:?}")))?;
        Ok(&self.text[from..from + len])
    }

    /// The quoted strings of a list such as `var name = []string{…}`.
    fn strings(&self, start: &str, end: &str) -> Result<Vec<&str>, GenerateError> {
        let list = quoted(self.between(start, end)?);
        if list.is_empty() {
            return Err(self.error(format!("no strings after {start:?}")));
        }
        Ok(list)
    }

    /// Names of an iota block whose first line starts with `first`, in order; `_` included.
    fn iota(&self, first: &str) -> Result<Vec<&str>, GenerateError> {
        self.between(first, "\n)")?;
        let start = self.text.find(first).unwrap_or_default();
        let mut names = Vec::new();
        for line in self.text[start..].lines() {
            let line = match names.is_empty() {
                true => line.split_whitespace().next().unwrap_or_default(),
                false => line,
            };
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            if !line.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                break; // An explicit value ends the run (R_WEAK).
            }
            names.push(line);
        }
        Ok(names)
    }

    /// The number in `name = number`.
    fn number(&self, name: &str) -> Result<i64, GenerateError> {
        let value = self
            .text
            .lines()
            .filter_map(|line| line.trim().split_once('='))
            .find(|(left, _)| left.split_whitespace().next() == Some(name))
            .map(|(_, right)| right.trim())
            .ok_or_else(|| self.error(format!("no constant {name}")))?;
        let parsed = match value.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => value.parse().ok(),
        };
        parsed.ok_or_else(|| self.error(format!("{name} = {value:?} is not a number")))
    }
}

/// Removes `//` and `/* */` comments, leaving string literals alone.
fn strip_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    let mut kept = 0;
    while i < bytes.len() {
        match bytes[i] {
            quote @ (b'"' | b'`' | b'\'') => {
                i += 1;
                while i < bytes.len() && bytes[i] != quote {
                    i += if bytes[i] == b'\\' && quote != b'`' {
                        2
                    } else {
                        1
                    };
                }
                i += 1;
            }
            b'/' if bytes.get(i + 1) == Some(&b'/') => {
                out.push_str(&text[kept..i]);
                while i < bytes.len() && bytes[i] != b'\n' {
                    i += 1;
                }
                kept = i;
            }
            b'/' if bytes.get(i + 1) == Some(&b'*') => {
                out.push_str(&text[kept..i]);
                i = text[i..].find("*/").map_or(bytes.len(), |n| i + n + 2);
                kept = i;
            }
            _ => i += 1,
        }
    }
    out.push_str(&text[kept..]);
    out
}

/// The contents of the double-quoted strings in `text`. The lists read here hold no escapes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// Writes the generated file.
struct Writer {
    out: String,
}

impl Writer {
    fn line(&mut self, line: impl AsRef<str>) {
        self.out.push_str(line.as_ref());
        self.out.push('\n');
    }

    /// `pub(crate) static NAME: &[Type] = &[…];`, items filled up to the line width.
    fn list<I: AsRef<str>>(&mut self, name: &str, ty: &str, items: impl IntoIterator<Item = I>) {
        self.line(format!("\npub(crate) static {name}: &[{ty}] = &["));
        let mut row = String::new();
        for item in items {
            let item = item.as_ref();
            if !row.is_empty() && row.len() + item.len() > 92 {
                self.line(format!("    {}", row.trim_end()));
                row.clear();
            }
            let _ = write!(row, "{item}, ");
        }
        if !row.is_empty() {
            self.line(format!("    {}", row.trim_end()));
        }
        self.line("];");
    }

    fn strings(&mut self, name: &str, items: &[&str]) {
        self.list(name, "&str", items.iter().map(|s| format!("{s:?}")));
    }

    fn record(&mut self, name: &str, ty: &str, fields: &[(&str, String)]) {
        self.line(format!("\npub(crate) const {name}: {ty} = {ty} {{"));
        for (field, value) in fields {
            self.line(format!("    {field}: {value},"));
        }
        self.line("};");
    }
}

/// The tables of the toolchain at `goroot`, as the Rust source of `src/gen/v1_NN.rs`.
///
/// # Errors
///
/// A source file is missing or a declaration does not have the known shape.
pub fn generate(goroot: &Path) -> Result<String, GenerateError> {
    let mut w = Writer { out: String::new() };
    w.line("//! Tables of one Go release, written by `cargo xtask gen-gover`; not to be edited.");
    w.line("");
    w.line("use crate::AuxType::*;");
    w.line("use crate::ModuleField as M;");
    w.line("use crate::RelocType as R;");
    w.line("use crate::SymKind as S;");
    w.line("use crate::*;");

    symbol_kinds(goroot, &mut w)?;
    relocation_types(goroot, &mut w)?;
    object_file(goroot, &mut w)?;
    builtins(goroot, &mut w)?;
    runtime_numbers(goroot, &mut w)?;
    linknames(goroot, &mut w)?;
    packages(goroot, &mut w)?;
    experiments(goroot, &mut w)?;
    moduledata(goroot, &mut w)?;
    dwarf(goroot, &mut w)?;
    probe_flags(goroot, &mut w)?;
    platforms(goroot, &mut w)?;
    Ok(w.out)
}

fn kind(source: &Source, name: &str) -> Result<String, GenerateError> {
    let kind =
        SymKind::from_go_name(name).ok_or_else(|| source.error(format!("SymKind lacks {name}")))?;
    Ok(format!("S::{kind:?}"))
}

fn symbol_kinds(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let object = Source::read(goroot, "src/cmd/internal/objabi/symkind.go")?;
    let linker = Source::read(goroot, "src/cmd/link/internal/sym/symkind.go")?;

    let map = linker.between("var AbiSymKindToSymKind = [...]SymKind{", "\n}")?;
    let mut kinds = Vec::new();
    for name in object.iota("Sxxx SymKind = iota")? {
        let target = map
            .lines()
            .filter_map(|l| l.trim().strip_prefix("objabi.")?.split_once(':'))
            .find(|(left, _)| *left == name)
            .map(|(_, right)| right.trim().trim_end_matches(','))
            .ok_or_else(|| linker.error(format!("AbiSymKindToSymKind lacks {name}")))?;
        kinds.push(kind(&linker, target)?);
    }
    w.list("SYM_KINDS", "SymKind", kinds);

    let order = linker.iota("Sxxx SymKind = iota")?;
    let order: Result<Vec<_>, _> = order.iter().map(|n| kind(&linker, n)).collect();
    w.list("KIND_ORDER", "SymKind", order?);

    let names = |start| -> Result<Vec<Vec<String>>, GenerateError> {
        let mut rows = Vec::new();
        for line in linker.between(start, "\n}")?.lines() {
            let row: Result<Vec<_>, _> = line
                .split([':', ','])
                .map(str::trim)
                .filter(|n| !n.is_empty())
                .map(|n| kind(&linker, n))
                .collect();
            rows.extend(Some(row?).filter(|r| !r.is_empty()));
        }
        Ok(rows)
    };
    let read_only = names("var ReadOnly = []SymKind{")?;
    w.list("READ_ONLY_KINDS", "SymKind", read_only.concat());
    // Later releases have no such map: only read-only data has a twin (ld/data.go:makeRelroForSharedLib).
    let twins = match names("var RelROMap = map[SymKind]SymKind{") {
        Ok(rows) => rows,
        Err(_) => vec![vec!["S::Rodata".to_string(), "S::RodataRelro".to_string()]],
    };
    let twins = twins.iter().map(|row| format!("({})", row.join(", ")));
    w.list("RELRO_TWINS", "(SymKind, SymKind)", twins);
    Ok(())
}

fn relocation_types(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/cmd/internal/objabi/reloctype.go")?;
    let mut types = vec!["R::Invalid".to_string()];
    for name in source.iota("R_ADDR RelocType = 1 + iota")? {
        let ty = RelocType::from_go_name(name)
            .ok_or_else(|| source.error(format!("RelocType lacks {name}")))?;
        types.push(format!("R::{ty:?}"));
    }
    if source.between("R_WEAK = ", "\n")?.trim() != "-1 << 15" {
        return Err(source.error("R_WEAK is not bit 15"));
    }
    w.list("RELOC_TYPES", "RelocType", types);
    Ok(())
}

fn object_file(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/cmd/internal/goobj/objfile.go")?;
    let mut aux = Vec::new();
    for name in source.iota("AuxGotype = iota")? {
        let ty = AuxType::from_go_name(name)
            .ok_or_else(|| source.error(format!("AuxType lacks {name}")))?;
        aux.push(format!("{ty:?}"));
    }
    w.list("AUX_TYPES", "AuxType", aux);

    let mut masks = |first: &str, name: &str, ty: &str, fields: &[(&'static str, &str)]| {
        let bits = source.iota(first)?;
        for bit in &bits {
            if !fields.iter().any(|(_, go)| go == bit) {
                return Err(source.error(format!("{ty} lacks {bit}")));
            }
        }
        let mask = |go: &str| match bits.iter().position(|b| *b == go) {
            Some(bit) => format!("1 << {bit}"),
            None => "0".to_string(),
        };
        let record: Vec<_> = fields.iter().map(|(f, go)| (*f, mask(go))).collect();
        w.record(name, ty, &record);
        Ok(())
    };
    masks(
        "SymFlagDupok = 1 << iota",
        "FLAGS",
        "SymFlags",
        &[
            ("dupok", "SymFlagDupok"),
            ("local", "SymFlagLocal"),
            ("typelink", "SymFlagTypelink"),
            ("leaf", "SymFlagLeaf"),
            ("nosplit", "SymFlagNoSplit"),
            ("reflect_method", "SymFlagReflectMethod"),
            ("go_type", "SymFlagGoType"),
        ],
    )?;
    masks(
        "SymFlagUsedInIface = 1 << iota",
        "FLAGS2",
        "SymFlags2",
        &[
            ("used_in_iface", "SymFlagUsedInIface"),
            ("itab", "SymFlagItab"),
            ("dict", "SymFlagDict"),
            ("pkg_init", "SymFlagPkgInit"),
            ("linkname", "SymFlagLinkname"),
            ("linkname_std", "SymFlagLinknameStd"),
            ("abi_wrapper", "SymFlagABIWrapper"),
            ("wasm_export", "SymFlagWasmExport"),
        ],
    )
}

fn builtins(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/cmd/internal/goobj/builtinlist.go")?;
    let mut items = Vec::new();
    let list = source.between("}{\n", "\n}")?;
    for line in list.lines() {
        let line = line.trim().trim_start_matches('{').trim_end_matches("},");
        let (name, abi) = line
            .rsplit_once(", ")
            .filter(|(name, abi)| name.starts_with('"') && ["0", "1"].contains(abi))
            .ok_or_else(|| source.error(format!("builtin {line:?}")))?;
        items.push(format!("Builtin {{ name: {name}, abi: {abi} }}"));
    }
    w.list("BUILTINS", "Builtin", items);
    Ok(())
}

fn runtime_numbers(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let abi = Source::read(goroot, "src/internal/abi/symtab.go")?;
    let ids = abi.iota("FuncIDNormal FuncID = iota")?;
    let number = |name: &str| {
        ids.iter()
            .position(|n| *n == name)
            .map(|n| n.to_string())
            .ok_or_else(|| abi.error(format!("no FuncID {name}")))
    };
    w.line(format!(
        "\npub(crate) const FUNC_ID_NORMAL: u8 = {};",
        number("FuncIDNormal")?
    ));
    w.line(format!(
        "\npub(crate) const FUNC_ID_WRAPPER: u8 = {};",
        number("FuncIDWrapper")?
    ));
    let objabi = Source::read(goroot, "src/cmd/internal/objabi/funcid.go")?;
    let mut functions = Vec::new();
    for line in objabi.between("map[string]abi.FuncID{", "\n}")?.lines() {
        let line = line.trim().trim_end_matches(',');
        if line.is_empty() {
            continue;
        }
        let (name, id) = line
            .split_once(':')
            .and_then(|(name, id)| Some((name, id.trim().strip_prefix("abi.")?)))
            .ok_or_else(|| objabi.error(format!("funcIDs entry {line:?}")))?;
        functions.push(format!("({name}, {})", number(id)?));
    }
    w.list("FUNC_IDS", "(&str, u8)", functions);

    let flags = abi.iota("FuncFlagTopFrame FuncFlag = 1 << iota")?;
    if flags != ["FuncFlagTopFrame", "FuncFlagSPWrite", "FuncFlagAsm"] {
        return Err(abi.error(format!("FuncFlags {flags:?}")));
    }

    let mut table = |name: &str, ty: &str, fields: &[(&'static str, &str)]| {
        let mut record = Vec::new();
        for (field, go) in fields {
            record.push((*field, abi.number(go)?.to_string()));
        }
        w.record(name, ty, &record);
        Ok::<_, GenerateError>(())
    };
    table(
        "PCDATA",
        "PcdataNumbers",
        &[
            ("unsafe_point", "PCDATA_UnsafePoint"),
            ("stack_map_index", "PCDATA_StackMapIndex"),
            ("inl_tree_index", "PCDATA_InlTreeIndex"),
            ("arg_live_index", "PCDATA_ArgLiveIndex"),
        ],
    )?;
    table(
        "FUNCDATA",
        "FuncdataNumbers",
        &[
            ("args_pointer_maps", "FUNCDATA_ArgsPointerMaps"),
            ("locals_pointer_maps", "FUNCDATA_LocalsPointerMaps"),
            ("stack_objects", "FUNCDATA_StackObjects"),
            ("inl_tree", "FUNCDATA_InlTree"),
            ("open_coded_defer_info", "FUNCDATA_OpenCodedDeferInfo"),
            ("arg_info", "FUNCDATA_ArgInfo"),
            ("arg_live_info", "FUNCDATA_ArgLiveInfo"),
            ("wrap_info", "FUNCDATA_WrapInfo"),
        ],
    )?;

    // Until 1.25 only the linker's own code has the number.
    let magic = match abi.between("CurrentPCLnTabMagic = ", "\n") {
        Ok(current) => abi.number(current.trim())?,
        Err(_) => {
            let pcln = Source::read(goroot, "src/cmd/link/internal/ld/pcln.go")?;
            let magic = pcln.between("header.SetUint32(ctxt.Arch, 0, 0x", ")")?;
            i64::from_str_radix(magic, 16).map_err(|e| pcln.error(format!("magic: {e}")))?
        }
    };
    // Until 1.22 these, too.
    let (min_func, bucket) = match abi.between("const MINFUNC = ", "\n") {
        Ok(number) => (
            number.trim().parse().ok(),
            abi.between("const FuncTabBucketSize = ", "\n")?.to_owned(),
        ),
        Err(_) => {
            let lib = Source::read(goroot, "src/cmd/link/internal/ld/lib.go")?;
            let pcln = Source::read(goroot, "src/cmd/link/internal/ld/pcln.go")?;
            let bucket = pcln.between("BUCKETSIZE    = ", "\n")?.to_owned();
            (u32::try_from(lib.number("MINFUNC")?).ok(), bucket)
        }
    };
    let min_func: u32 = min_func.ok_or_else(|| abi.error("MINFUNC is not a number"))?;
    if bucket.trim() != "256 * MINFUNC" {
        return Err(abi.error(format!("FuncTabBucketSize = {bucket}")));
    }
    w.record(
        "PCLNTAB",
        "PclntabNumbers",
        &[
            ("magic", format!("{magic:#x}")),
            ("min_func", min_func.to_string()),
            ("bucket_size", (256 * min_func).to_string()),
        ],
    );
    Ok(())
}

fn linknames(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/cmd/link/internal/loader/loader.go")?;
    let mut items = Vec::new();
    // Until 1.22 linknames were not checked.
    let list = match source.between("var blockedLinknames", "{") {
        Ok(_) => source.between("var blockedLinknames = map[string][]string{", "\n}")?,
        Err(_) => "",
    };
    for line in list.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let strings = quoted(line);
        let (name, pkgs) = strings
            .split_first()
            .ok_or_else(|| source.error(format!("blocked linkname {line:?}")))?;
        let row = format!("BlockedLinkname {{ name: {name:?}, allowed_pkgs: &{pkgs:?} }}");
        items.push((*name, row));
    }
    items.sort_unstable(); // Looked up by binary search.
    w.list(
        "BLOCKED_LINKNAMES",
        "BlockedLinkname",
        items.iter().map(|(_, row)| row),
    );
    Ok(())
}

fn packages(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let special = Source::read(goroot, "src/cmd/internal/objabi/pkgspecial.go")?;
    // Until 1.24 the linker has a list of its own, with beginnings of paths.
    let data = Source::read(goroot, "src/cmd/link/internal/ld/data.go")?;
    let own = data.between("func isRuntimeDepPkg(pkg string) bool {", "\n}")?;
    let (mut runtime, prefixes) = match own.split_once("switch pkg {") {
        Some((_, list)) => {
            let (list, rest) = list
                .split_once("return true")
                .ok_or_else(|| data.error("isRuntimeDepPkg"))?;
            let prefixes: Vec<_> = rest.split("HasPrefix(").skip(1).collect();
            let prefixes = prefixes.iter().filter_map(|r| quoted(r).first().copied());
            (quoted(list), prefixes.collect())
        }
        None => (
            special.strings("var runtimePkgs = []string{", "}")?,
            Vec::new(),
        ),
    };
    runtime.sort_unstable();
    w.strings("RUNTIME_PKGS", &runtime);
    w.strings("RUNTIME_PREFIXES", &prefixes);
    for (name, start) in [
        (
            "EXTRA_NO_INSTRUMENT_PKGS",
            "var extraNoInstrumentPkgs = []string{",
        ),
        ("NO_RACE_FUNC_PKGS", "var noRaceFuncPkgs = []string{"),
        ("ALLOW_ASM_ABI_PKGS", "var allowAsmABIPkgs = []string{"),
    ] {
        let mut list = special.strings(start, "}")?;
        list.sort_unstable(); // Sets in Go; sorted so that lookups can bisect.
        w.strings(name, &list);
    }
    let lib = Source::read(goroot, "src/cmd/link/internal/ld/lib.go")?;
    let mut internal = lib.strings("var internalpkg = []string{", "\n}")?;
    internal.sort_unstable();
    w.strings("INTERNAL_PKGS", &internal);
    Ok(())
}

fn experiments(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let flags = Source::read(goroot, "src/internal/goexperiment/flags.go")?;
    let mut names = Vec::new();
    for line in flags.between("type Flags struct {", "\n}")?.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [] => {}
            [name, "bool"] => names.push(name.to_lowercase()),
            _ => return Err(flags.error(format!("field {line:?}"))),
        }
    }
    w.list(
        "EXPERIMENTS",
        "&str",
        names.iter().map(|n| format!("{n:?}")),
    );

    let exp = Source::read(goroot, "src/internal/buildcfg/exp.go")?;
    let mut baseline = Vec::new();
    for line in exp
        .between("baseline := goexperiment.Flags{", "\n\t}")?
        .lines()
    {
        let line = line.trim().trim_end_matches(',');
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let when = match value.trim() {
            "true" => "Always",
            "regabiSupported" => "RegisterAbi",
            "dwarf5Supported" => "Dwarf5",
            "haveXchg8" => "ByteExchange",
            other => return Err(exp.error(format!("baseline {name} when {other}"))),
        };
        baseline.push(format!("({:?}, BaselineWhen::{when})", name.to_lowercase()));
    }
    w.list("EXPERIMENT_BASELINE", "(&str, BaselineWhen)", baseline);

    let (mut supported, mut always) = (Vec::new(), Vec::new());
    for case in exp
        .between("switch goarch {", "\n\t}")?
        .split("case ")
        .skip(1)
    {
        let (arches, body) = case
            .split_once(":\n")
            .ok_or_else(|| exp.error(format!("case {case:?}")))?;
        if body.contains("regabiSupported = true") {
            supported.extend(quoted(arches));
        }
        if body.contains("regabiAlwaysOn = true") {
            always.extend(quoted(arches));
        }
    }
    w.strings("REGISTER_ABI_ARCHES", &supported);
    w.strings("REGISTER_ABI_ONLY_ARCHES", &always);

    // Only 1.24 asks for it.
    let byte_exchange = match exp.between("var haveXchg8 bool", "haveXchg8 = true") {
        Ok(case) => quoted(case),
        Err(_) => Vec::new(),
    };
    w.strings("BYTE_EXCHANGE_ARCHES", &byte_exchange);

    // Before DWARF 5, no system has it, and there is no experiment.
    if !names.iter().any(|name| name == "dwarf5") {
        w.strings("DWARF4_OSES", &[]);
        return Ok(());
    }
    let condition = exp.between("dwarf5Supported := (", ")")?;
    let oses = quoted(condition);
    let plain: Vec<_> = oses.iter().map(|os| format!("goos != {os:?}")).collect();
    if plain.join(" && ") != condition {
        return Err(exp.error(format!("dwarf5Supported := {condition}")));
    }
    w.strings("DWARF4_OSES", &oses);
    Ok(())
}

fn moduledata(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/runtime/symtab.go")?;
    let mut fields = Vec::new();
    for line in source.between("type moduledata struct {", "\n}")?.lines() {
        let line = line.trim();
        // `name[, name] type`; the embedded field has no name.
        let names: Vec<_> = match line.split_once(|c: char| c.is_whitespace()) {
            _ if line.is_empty() || line.starts_with("sys.") => continue,
            Some(_) => {
                let mut words = line.split_whitespace();
                let mut names = vec![];
                for word in words.by_ref() {
                    names.push(word.trim_end_matches(','));
                    if !word.ends_with(',') {
                        break;
                    }
                }
                names
            }
            None => return Err(source.error(format!("moduledata field {line:?}"))),
        };
        for name in names {
            let field = ModuleField::from_go_name(name)
                .ok_or_else(|| source.error(format!("ModuleField lacks {name}")))?;
            fields.push(format!("M::{field:?}"));
            if field == ModuleField::HasMain {
                // What follows is the runtime's own and zero in the file.
                w.list("MODULEDATA", "ModuleField", fields);
                return Ok(());
            }
        }
    }
    Err(source.error("moduledata has no hasmain"))
}

fn dwarf(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/cmd/link/internal/ld/dwarf.go")?;
    let map = "prototypedies = map[string]*dwarf.DWDie{";
    let mut prototypes = source.strings(map, "\n\t}")?;
    let mut types = source.strings("for _, typ := range []string{", "} {")?;
    // Until 1.25 an experiment chooses between two implementations of maps. The newer one is on.
    let rest = source.text.split_once(map).map_or("", |(_, rest)| rest);
    let mut swiss = rest.split("if buildcfg.Experiment.SwissMap {").skip(1);
    if let (Some(maps), Some(map_type)) = (swiss.next(), swiss.next()) {
        let names = |text| quoted(str::split(text, '}').next().unwrap_or_default());
        prototypes.extend(names(maps));
        types.extend(names(map_type));
    }
    w.strings("DWARF_PROTOTYPES", &prototypes);
    w.strings("DWARF_RUNTIME_TYPES", &types);
    Ok(())
}

fn probe_flags(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let source = Source::read(goroot, "src/cmd/link/internal/ld/lib.go")?;
    for (name, start) in [
        ("PROBE_SKIP_WITH_ARG", "flagsWithNextArgSkip := []string{"),
        ("PROBE_KEEP_WITH_ARG", "flagsWithNextArgKeep := []string{"),
        ("PROBE_KEEP_PREFIXES", "prefixesToKeep := []string{"),
    ] {
        let list = source.strings(start, "}")?;
        w.strings(name, &list);
    }
    Ok(())
}

fn platforms(goroot: &Path, w: &mut Writer) -> Result<(), GenerateError> {
    let list = Source::read(goroot, "src/internal/platform/zosarch.go")?;
    let rows = list.between("var List = []OSArch{", "\n}")?;
    let pairs: Vec<_> = quoted(rows)
        .chunks_exact(2)
        .map(|pair| format!("\"{}/{}\"", pair[0], pair[1]))
        .collect();
    if pairs.is_empty() {
        return Err(list.error("no platforms"));
    }
    w.list("PLATFORMS", "&str", pairs);

    let source = Source::read(goroot, "src/internal/platform/supported.go")?;
    let modes = source.between("func BuildModeSupported(", "\n}")?;
    let mode = |name: &str, from: &str, end: &str| {
        let start = modes.find(&format!("case {name:?}:"));
        let body = start.and_then(|s| modes[s..].find(from).map(|n| s + n + from.len()));
        let list = body.and_then(|b| modes[b..].find(end).map(|n| quoted(&modes[b..b + n])));
        list.filter(|l| !l.is_empty())
            .ok_or_else(|| source.error(format!("BuildModeSupported: case {name:?}")))
    };
    w.strings(
        "C_ARCHIVE_OSES",
        &mode("c-archive", "switch goos {", "return true")?,
    );
    w.strings(
        "C_ARCHIVE_LINUX_ARCHES",
        &mode("c-archive", "switch goarch {", "return true")?,
    );
    w.strings(
        "C_SHARED_PLATFORMS",
        &mode("c-shared", "switch platform {", "return true")?,
    );
    w.strings(
        "PIE_PLATFORMS",
        &mode("pie", "switch platform {", "return true")?,
    );
    w.strings(
        "SHARED_PLATFORMS",
        &mode("shared", "switch platform {", "return true")?,
    );
    w.strings(
        "PLUGIN_PLATFORMS",
        &mode("plugin", "switch platform {", "return true")?,
    );
    let pie = source.between("func InternalLinkPIESupported(", "return true")?;
    w.strings("INTERNAL_PIE_PLATFORMS", &quoted(pie).split_off(1)); // The first is the "/" between the two.

    let must = source.between("case \"ppc64\":", "return true")?;
    w.strings("PPC64_CGO_EXTERNAL_OSES", &quoted(must));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_stay() {
        let text = "a // b\n\"x // y\" /* z\n */ c '\"' `//`\n";
        assert_eq!(strip_comments(text), "a \n\"x // y\"  c '\"' `//`\n");
    }

    #[test]
    fn an_iota_block_ends_at_an_explicit_value() {
        let source = Source {
            file: "f.go",
            text: "const (\n\tA T = 1 + iota\n\n\tB\n\t_\n\tC\n\tD = -1 << 15\n\tE\n)\n".into(),
        };
        assert_eq!(source.iota("A T = 1 + iota").unwrap(), ["A", "B", "_", "C"]);
        let err = source.iota("X = iota").unwrap_err();
        assert_eq!(err.to_string(), "f.go: no \"X = iota\"");
    }
}
