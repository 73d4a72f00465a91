use super::*;
use crate::mode::{BuildMode, LinkMode};
use std::collections::BTreeMap;
use std::process::Command;

type Vars<'a> = &'a [(&'a str, &'a str)];

/// Arguments and variables of the environment.
type CommandLine = (Vec<String>, Vec<(&'static str, &'static str)>);

fn environment<'a>(vars: Vars<'a>) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let var = vars.iter().find(|(n, _)| *n == name);
        var.map(|(_, value)| value.to_string())
    }
}

fn toolchain(version: &str) -> Toolchain {
    Toolchain::new(version.into()).unwrap()
}

fn words(args: &[&str]) -> Vec<Vec<u8>> {
    let argv0 = ["tool/link"];
    argv0
        .iter()
        .chain(args)
        .map(|a| a.as_bytes().to_vec())
        .collect()
}

/// The configuration of a command line for linux/amd64.
fn configured(version: &str, args: &[&str], vars: Vars) -> Result<Config, End> {
    let platform = [("GOOS", "linux"), ("GOARCH", "amd64")];
    let vars: Vec<_> = vars.iter().chain(&platform).copied().collect();
    configure_for(&toolchain(version), words(args), &environment(&vars)).map_err(|e| *e)
}

fn error(version: &str, args: &[&str], vars: Vars) -> (String, i32) {
    let end = configured(version, args, vars).err().expect("an end");
    (String::from_utf8(end.err).unwrap(), end.status)
}

#[test]
fn defaults() {
    let c = configured("go1.27.3", &["main.a"], &[("GOROOT", "")]).unwrap();
    assert_eq!(c.roots, [("main".to_owned(), "main.a".to_owned())]);
    assert_eq!(
        (c.outfile_name.as_str(), c.entry.as_str()),
        ("a.out", "_rt0_amd64_linux")
    );
    assert_eq!(
        (c.text_addr, c.placement.round, c.data_addr, c.func_align),
        (0x401000, 4096, None, 32)
    );
    assert_eq!(
        (c.build_mode, c.link_mode.flag),
        (BuildMode::Exe, LinkMode::Auto)
    );
    assert!(c.dwarf && c.compress_dwarf && !c.strip && c.check_linkname && c.prune_weak_map);
    assert!(c.check_pkg && c.gnu_build_id.is_empty() && c.goroot.is_none());
    assert!(c.lib_dirs.is_empty() && c.benchmark.is_none() && c.rpath.is_none());
    assert!(
        c.header_line
            .starts_with("go object linux amd64 go1.27.3 GOAMD64=v1 X:")
    );
    let vars: Vec<_> = c.string_vars.into_iter().collect();
    assert_eq!(
        vars,
        [(b"runtime.buildVersion".to_vec(), b"go1.27.3".to_vec())]
    );
}

#[test]
fn flags_resolve() {
    let dir = tempfile::tempdir().unwrap();
    let cfg = dir.path().join("cfg");
    std::fs::write(&cfg, "packagefile fmt=/fmt.a\nmodinfo \"m\\xff\"\n").unwrap();
    let c = configured(
        "go1.26.8",
        &[
            "-o",
            "out",
            "-X=a.b/c.d.e=1",
            "-X",
            "main.v=x=y",
            "-importcfg",
            cfg.to_str().unwrap(),
            "-X",
            "a.b/c.d.e=2",
            "-s",
            "-w=0",
            "--R=0x10000",
            "-D",
            "0x20000",
            "-T=0x500000",
            "-L",
            "l1",
            "-L=l2",
            "-E",
            "start",
            "-v",
            "-v",
            "-buildid",
            "id",
            "-r",
            "",
            "-extldflags",
            "-a 'b c' \"d\"",
            "-funcalign=64",
            "-linkmode=internal",
            "-g",
            "-f",
            "-compressdwarf=false",
            "--",
            "-odd.a",
        ],
        &[("GOROOT", "/go"), ("GOEXPERIMENT", "arenas")],
    );
    let c = c.unwrap();
    assert_eq!(
        (c.outfile_name.as_str(), c.roots[0].1.as_str()),
        ("out", "-odd.a")
    );
    let vars: Vec<(String, Vec<u8>)> = c
        .string_vars
        .iter()
        .map(|(n, v)| (String::from_utf8(n.clone()).unwrap(), v.clone()))
        .collect();
    let var = |name: &str, value: &[u8]| (name.to_string(), value.to_vec());
    assert_eq!(
        vars,
        [
            var("runtime.defaultGOROOT", b"/go"),
            var("runtime.buildVersion", b"go1.26.8-X:arenas"),
            var("a.b/c%2ed.e", b"2"),
            var("main.v", b"x=y"),
            var("runtime.modinfo", b"m\xff"),
        ]
    );
    assert_eq!(
        c.import_cfg.as_ref().unwrap().package_files["fmt"],
        "/fmt.a"
    );
    assert!(c.strip && c.dwarf && !c.compress_dwarf && !c.check_pkg && !c.ignore_header);
    assert_eq!(
        (c.text_addr, c.placement.round, c.data_addr),
        (0x500000, 0x10000, Some(0x20000))
    );
    assert_eq!(c.check_late(), Ok(()));
    let dirs = ["l1", "l2", "/go/pkg/linux_amd64"].map(PathBuf::from);
    assert_eq!(c.lib_dirs, dirs);
    assert_eq!(
        (c.entry.as_str(), c.verbose, c.func_align),
        ("start", 2, 64)
    );
    // SHA-256 of "id" with its first byte inverted.
    assert_eq!(
        hex::encode(&c.gnu_build_id),
        "5a6145270ce6b3bebd1dd012b73948677dd618d4"
    );
    assert_eq!(c.rpath.as_deref(), Some(&b""[..]));
    let words: Vec<_> = c.extldflags.iter().map(|w| text::lossy(w)).collect();
    assert_eq!(words, ["-a", "b c", "d"]);
    assert_eq!(
        c.log_head(),
        "build mode: exe, symbol table: off, DWARF: on\nHEADER = -H5 -T0x500000 -R0x10000\n"
    );
    assert!(
        configured("go1.27.3", &["-f", "m"], &[])
            .unwrap()
            .ignore_header
    );
}

#[test]
fn the_text_address_follows_the_quantum() {
    let at = |round: &str| {
        configured("go1.26.8", &["-R", round, "m"], &[])
            .unwrap()
            .text_addr
    };
    assert_eq!(at("0x10000"), 0x401000);
    assert_eq!(at("0x1000000"), 0x1001000);
    let c = configured("go1.26.8", &["-D", "0x1001", "m"], &[]).unwrap();
    assert_eq!(
        c.check_late().unwrap_err(),
        "invalid -D value 0x1001: not aligned to rounding quantum 0x1000"
    );
}

#[test]
fn strip_implies_no_dwarf_unless_said() {
    for (args, dwarf) in [
        (&["m"][..], true),
        (&["-s", "m"], false),
        (&["-w", "m"], false),
        (&["-s", "-w=false", "m"], true),
        (&["-w=0", "m"], true),
    ] {
        assert_eq!(
            configured("go1.27.3", args, &[]).unwrap().dwarf,
            dwarf,
            "{args:?}"
        );
    }
}

#[test]
fn gnu_build_ids() {
    let id = |args: &[&str]| configured("go1.26.8", args, &[]).map(|c| c.gnu_build_id);
    assert_eq!(id(&["-B", "0x0aFF", "m"]).unwrap(), [0x0a, 0xff]);
    assert_eq!(id(&["-B", "none", "-buildid", "x", "m"]).unwrap(), b"");
    assert_eq!(id(&["-B", "0x", "m"]).unwrap(), b"");
    let (implied, asked) = (
        id(&["-buildid=x", "m"]),
        id(&["-buildid=x", "-B=gobuildid", "m"]),
    );
    assert_eq!(implied.unwrap(), asked.unwrap());
}

#[test]
fn gnu_build_ids_of_old_releases() {
    let id = |go, args: &[&str]| configured(go, args, &[]).map(|c| hex::encode(c.gnu_build_id));
    // All bits of the SHA-256 of "x" inverted.
    let of_x = "d28ee9bd48d94fbbfe9d83560453cd0a37acf04e";
    for go in ["go1.23.2", "go1.23.12"] {
        assert_eq!(id(go, &["-buildid=x", "m"]).unwrap(), "");
        assert_eq!(
            id(go, &["-buildid=x", "-B=gobuildid", "m"]).unwrap(),
            of_x,
            "{go}"
        );
        let none = error(go, &["-B=none", "m"], &[]);
        let text = "tool/link: -B argument must start with 0x: none\n";
        assert_eq!(none, (text.into(), 2), "{go}");
    }
    // What is given behind it is not known yet.
    let behind = ["-B=gobuildid", "-buildid=x", "m"];
    assert_eq!(id("go1.23.3", &behind).unwrap(), of_x);
    let (text, _) = error("go1.23.2", &behind, &[]);
    assert_eq!(
        text,
        "tool/link: -B gobuildid requires a Go build ID supplied via -buildid\n"
    );
    // And what is given behind a mistake is not looked at.
    let (text, _) = error("go1.23.2", &["-B=1", "-nosuch", "m"], &[]);
    assert_eq!(text, "tool/link: -B argument must start with 0x: 1\n");
}

#[test]
fn no_fips_module_in_old_releases() {
    let fips = [("GOFIPS140", "maybe")];
    assert!(configured("go1.23.12", &["m"], &fips).is_ok());
    assert!(configured("go1.24.13", &["m"], &fips).is_err());
    let (text, status) = error("go1.23.12", &["-fipso=f", "m"], &[]);
    assert!(text.starts_with("flag provided but not defined: -fipso\n"));
    assert_eq!(status, 2);
}

#[test]
fn systems_of_old_releases() {
    let with = |version, goos, arch| {
        let vars = [("GOOS", goos), ("GOARCH", arch)];
        configured(version, &["m"], &vars).unwrap()
    };
    for (version, arch, os) in [
        ("go1.22.12", "amd64", [10, 13, 0]),
        ("go1.22.12", "arm64", [11, 0, 0]),
        ("go1.23.0", "amd64", [11, 0, 0]),
    ] {
        let c = with(version, "darwin", arch);
        assert_eq!((c.macos, c.macsdk), (os, os), "{version} {arch}");
    }
    for (version, header, flags) in [
        ("go1.22.12", false, ["-Wl,-nopie", "-pthread"].as_slice()),
        ("go1.23.0", true, &["-pthread"]),
    ] {
        let os = with(version, "openbsd", "amd64").os;
        assert_eq!(os.elf.last_header.is_some(), header, "{version}");
        assert_eq!(os.compiler_flags.always, flags, "{version}");
    }
}

#[test]
fn stack_of_nosplit_functions() {
    let guards = |version, goos, flag| {
        let vars = [("GOOS", goos)];
        configured(version, &[flag, "m"], &vars)
            .unwrap()
            .stack_guards()
    };
    assert_eq!(guards("go1.27.3", "linux", "-race=0"), 1);
    assert_eq!(guards("go1.27.3", "linux", "-race"), 2);
    assert_eq!(guards("go1.23.12", "openbsd", "-race=0"), 1);
    assert_eq!(guards("go1.24.0", "openbsd", "-race=0"), 2);
    assert_eq!(guards("go1.24.0", "openbsd", "-race"), 3);
    assert_eq!(guards("go1.24.0", "netbsd", "-race=0"), 1);
}

#[test]
fn windows_programs_were_linked_for_low_addresses() {
    let base = |version, arch| {
        let vars = [("GOOS", "windows"), ("GOARCH", arch)];
        let c = configured(version, &["m"], &vars).unwrap();
        (c.placement.base, c.text_addr, c.object_placement.base)
    };
    let high = (0x1_4000_0000, 0x1_4000_1000, 0);
    assert_eq!(base("go1.24.13", "amd64"), (0x40_0000, 0x40_1000, 0));
    assert_eq!(
        base("go1.24.13", "arm64"),
        (0x1_0000_0000, 0x1_0000_1000, 0)
    );
    assert_eq!(base("go1.25.0", "amd64"), high);
    assert_eq!(base("go1.25.0", "arm64"), high);
}

#[test]
fn macos_programs_ask_for_a_version_of_the_system() {
    let versions = |version| {
        let c = configured(version, &["m"], &[("GOOS", "darwin")]).unwrap();
        (c.macos, c.macsdk)
    };
    assert_eq!(versions("go1.24.0"), ([11, 0, 0], [11, 0, 0]));
    assert_eq!(versions("go1.25.0"), ([12, 0, 0], [12, 0, 0]));
    assert_eq!(versions("go1.27.0"), ([13, 0, 0], [26, 2, 0]));
}

#[test]
fn programs_without_swiss_maps_have_a_layout_of_their_own() {
    for version in ["go1.24.0", "go1.24.3", "go1.24.4", "go1.24.7", "go1.24.13"] {
        let with = |experiments| {
            let vars = [("GOEXPERIMENT", experiments)];
            configured(version, &["m"], &vars).unwrap().release
        };
        let (new, old) = (with(""), with("noswissmap"));
        assert_eq!(
            [new, old].map(|l| (l.map_shape, l.type_layout.map_words)),
            [(gover::MapShape::Groups, 7), (gover::MapShape::Buckets, 4)],
            "{version}"
        );
        assert_eq!(new.duplicates, old.duplicates, "{version}");
    }
}

#[test]
fn what_is_not_supported_yet_is_named() {
    for (args, vars, feature) in [
        (&["-H=windowsgui", "m"][..], &[][..], "-H=windowsgui"),
        (&["-H", "darwin", "m"], &[], "-H=darwin"),
        (&["m"], &[("GOOS", "plan9")], "GOOS/GOARCH plan9/amd64"),
        (
            &["m"],
            &[("GOARCH", "riscv64")],
            "GOOS/GOARCH linux/riscv64",
        ),
    ] {
        let want = format!("link: {feature} is not supported yet by relink\n");
        assert_eq!(error("go1.27.3", args, vars), (want, 2));
    }
    // These ask for nothing that internal linking has not.
    let harmless = [
        "-H=linux",
        "-buildmode=pie",
        "-bindnow",
        "-I",
        "/ld.so",
        "-r",
        "/lib",
        "-k=main.x",
        "m",
    ];
    assert!(configured("go1.27.3", &harmless, &[]).is_ok());
}

#[test]
fn the_release_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let goroot = dir.path().join("go");
    let tools = goroot.join("pkg/tool/linux_amd64");
    std::fs::create_dir_all(&tools).unwrap();
    std::fs::write(goroot.join("VERSION"), "go1.26.7\n").unwrap();
    let archive = dir.path().join("m.a");
    std::fs::write(&archive, "go object linux amd64 go1.27.9 GOAMD64=v1 X:\n").unwrap();
    let m = archive.to_str().unwrap();
    let link = tools.join("link");
    let link = link.to_str().unwrap();
    let goroot = goroot.to_str().unwrap();
    let version = |argv: &[&str], toolexec, vars: Vars| {
        let argv = argv.iter().map(OsString::from).collect();
        let config = configure(argv, toolexec, &environment(vars));
        config
            .map(|c| c.go_version)
            .map_err(|e| String::from_utf8(e.err).unwrap())
    };
    let found = |v: &str| Ok(v.to_string());
    assert_eq!(
        version(&[link, m], true, &[("GOROOT", "")]),
        found("go1.26.7")
    );
    assert_eq!(
        version(&[link, m], false, &[]),
        found("go1.26.7"),
        "copied there"
    );
    assert_eq!(
        version(&["link", m], false, &[("GOROOT", goroot)]),
        found("go1.26.7")
    );
    assert_eq!(
        version(&["link", m], false, &[("GOROOT", "/nonesuch")]),
        found("go1.27.9")
    );
    assert_eq!(
        version(&["link", "-s", "-o", "x", m], false, &[]),
        found("go1.27.9")
    );
    std::fs::write(&archive, "go object linux amd64 go1.20.1 GOAMD64=v1 X:\n").unwrap();
    assert_eq!(
        version(&["link", m], false, &[]),
        Err(
            "link: unsupported Go version \"go1.20.1\" (supported: go1.22, go1.23, go1.24, go1.25, go1.26, go1.27)\n"
                .into()
        )
    );
    let newest = Toolchain::newest().version;
    assert_eq!(
        version(&["link", "/nonesuch.a"], false, &[]),
        found(&newest)
    );
}

/// The toolchains of supported releases on this machine, by GOROOT.
fn toolchains() -> BTreeMap<PathBuf, Toolchain> {
    let go_env = |name: &str| {
        let out = Command::new("go").args(["env", name]).output().ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        Some(PathBuf::from(text.trim()))
    };
    let mut roots: Vec<PathBuf> = go_env("GOROOT").into_iter().collect();
    if let Some(cache) = go_env("GOMODCACHE")
        && let Ok(entries) = std::fs::read_dir(cache.join("golang.org"))
    {
        roots.extend(entries.flatten().map(|e| e.path()));
    }
    let known = |root: PathBuf| {
        let version = version::of_goroot(&root)?;
        root.join("pkg/tool/linux_amd64/link")
            .exists()
            .then_some(())?;
        Some((root, Toolchain::new(version).ok()?))
    };
    roots.into_iter().filter_map(known).collect()
}

/// Command lines that end before anything is linked.
fn endings(dir: &Path) -> Vec<CommandLine> {
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let bad_verb = file("cfg1", "\npackagefile a=b\nimportmap x=y\n");
    let bad_entry = file("cfg2", "packagefile a\n");
    let bad_info = file("cfg3", "modinfo \"\\q\"\n");
    let response = file("args", "-s\n-nonesuch=1\n");
    let one = |a: &[&str]| (a.iter().map(|s| s.to_string()).collect(), vec![]);
    let mut all: Vec<CommandLine> = [
        &[][..],
        &["-V"],
        &["-V=full"],
        &["-V=goexperiment"],
        &["-help"],
        &["--help"],
        &["-help=1"],
        &["-nonesuch"],
        &["-nonesuch=1", "m"],
        &["---o"],
        &["--=x"],
        &["-=x"],
        &["-o"],
        &["-s=maybe", "m"],
        &["-w=maybe", "m"],
        &["-v=x", "m"],
        &["-v=0x1", "m"],
        &["-R=x", "m"],
        &["-R=9223372036854775808", "m"],
        &["-T", "1__0", "m"],
        &["-R=3", "m"],
        &["-R=5000", "m"],
        &["-R=-4096", "m"],
        &["-h", "-R=3", "m"],
        &["-funcalign=3", "m"],
        &["-funcalign=-8", "m"],
        &["-X", "x", "m"],
        &["-X", "x=1", "m"],
        &["-X", "x=a.b", "m"],
        &["-buildmode=x", "m"],
        &["-buildmode=", "m"],
        &["-linkmode=\"x\"", "m"],
        &["-extld", "'x", "m"],
        &["-extldflags=a \"b", "m"],
        &["-H=x", "m"],
        &["-h", "-H=x", "m"],
        &["-aslr=false", "m"],
        &["-B=x", "m"],
        &["-B=0x123", "m"],
        &["-B=0x12g", "m"],
        &["-B=0xg1", "m"],
        &["-B=0x\u{e9}", "m"],
        &["-B=gobuildid", "m"],
        &[
            "-B",
            "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
            "m",
        ],
        &["-benchmark=x", "m"],
        &["-h", "-benchmark=x", "m"],
        &["a", "b"],
        &["-s", "--"],
        &["-s", "a", "-w"],
        &["-", "b"],
        &["-macos=1.2.3.4", "m"],
        &["-macsdk", "1.x", "m"],
        &["-importcfg", "/nonesuch", "m"],
        &["@/nonesuch"],
        &["-V", "-nonesuch"],
        &["-nonesuch", "-V"],
        &["-crash_for_testing"],
    ]
    .iter()
    .map(|a| one(a))
    .collect();
    for cfg in [bad_verb, bad_entry, bad_info] {
        all.push((vec!["-importcfg".into(), cfg, "m".into()], vec![]));
    }
    all.push((vec![format!("@{response}")], vec![]));
    for vars in [
        ("GOEXPERIMENT", "arenas,nogreenteagc"),
        ("GOEXPERIMENT", "telepathy"),
        ("GOARCH", "z80"),
        ("GOARM64", "v7"),
        ("GOFIPS140", "maybe"),
    ] {
        all.push((vec!["-V=full".into()], vec![vars]));
    }
    for (os, arch, args) in [
        ("plan9", "amd64", vec!["-help"]),
        ("plan9", "amd64", vec!["-8=x", "m"]),
        ("darwin", "arm64", vec!["-d", "m"]),
        ("windows", "amd64", vec!["-buildmode=shared", "m"]),
        ("linux", "mips", vec!["-buildmode=c-shared", "m"]),
    ] {
        let args = args.into_iter().map(str::to_owned).collect();
        all.push((args, vec![("GOOS", os), ("GOARCH", arch)]));
    }
    all
}

/// What both linkers say, and how they end, over command lines that end early.
#[test]
fn endings_are_those_of_the_toolchains_linker() {
    let toolchains = toolchains();
    if toolchains.is_empty() {
        println!("skipped: no Go toolchain of a supported release");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (root, toolchain) in &toolchains {
        let link = root.join("pkg/tool/linux_amd64/link");
        for (args, vars) in endings(dir.path()) {
            let mut cmd = Command::new(&link);
            cmd.args(&args)
                .env_clear()
                .envs(vars.iter().copied())
                .current_dir(dir.path());
            let theirs = cmd.output().unwrap();
            let mut words = vec![link.clone().into_os_string().into_encoded_bytes()];
            words.extend(args.iter().map(|a| a.as_bytes().to_vec()));
            let ours = configure_for(toolchain, words, &environment(&vars));
            let what = format!("{} {args:?} {vars:?}", toolchain.version);
            let ours = ours.err().unwrap_or_else(|| panic!("{what}: no end"));
            let their_err = String::from_utf8_lossy(&theirs.stderr).into_owned();
            // Behind the heading of a panic's trace are the linker's own frames.
            let their_err = match their_err.find("goroutine 1 [running]:\n") {
                Some(at) => &their_err[..at + "goroutine 1 [running]:\n".len()],
                None => &their_err,
            };
            assert_eq!(String::from_utf8_lossy(&ours.err), their_err, "{what}");
            assert_eq!(
                String::from_utf8_lossy(&ours.out),
                String::from_utf8_lossy(&theirs.stdout),
                "{what}"
            );
            assert_eq!(Some(ours.status), theirs.status.code(), "{what}");
        }
    }
}

/// Run by the test below in a process of its own.
#[test]
#[ignore = "part of another test"]
fn child_with_an_internal_error() {
    let status = guarded(|| {
        rayon::join(|| panic!("found {} in\nplace of 2", 1), || 0);
        0
    });
    std::process::exit(status);
}

#[test]
fn an_internal_error_is_one_line() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "driver::tests::child_with_an_internal_error"])
        .args(["--ignored", "--nocapture"])
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&child.stderr);
    assert!(
        err.starts_with("link: internal error: found 1 in place of 2 ("),
        "{err}"
    );
    assert!(
        err.contains("tests.rs:") && err.lines().count() == 1,
        "{err}"
    );
    assert_eq!(child.status.code(), Some(2));
}
