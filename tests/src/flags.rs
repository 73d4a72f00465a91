//! The axes of the matrix: ways of building, sets of linker flags.

use xtask::step::Build;

/// One way of building a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its name in cases and folders.
    pub name: &'static str,
    /// Environment of the go command.
    pub env: &'static [(&'static str, &'static str)],
    /// Flags of `go build`.
    pub flags: &'static [&'static str],
    /// The releases that have it, if not all do.
    pub only: Option<&'static [&'static str]>,
}

const fn variant(
    name: &'static str,
    env: &'static [(&'static str, &'static str)],
    flags: &'static [&'static str],
) -> Variant {
    Variant {
        name,
        env,
        flags,
        only: None,
    }
}

/// The plain build.
pub const DEFAULT: Variant = variant("default", &[], &[]);

/// All other ways; a fixture names those that it wants.
pub const VARIANTS: &[Variant] = &[
    variant("trimpath", &[], &["-trimpath"]),
    variant("amd64-v3", &[("GOAMD64", "v3")], &[]),
    variant("noopt", &[], &["-gcflags=all=-N -l"]),
    variant("noopt-main", &[], &["-gcflags=-N -l"]),
    variant("nodwarf5", &[("GOEXPERIMENT", "nodwarf5")], &[]),
    variant("nogreenteagc", &[("GOEXPERIMENT", "nogreenteagc")], &[]),
    Variant {
        only: Some(&["1.24"]),
        ..variant("nospinbitmutex", &[("GOEXPERIMENT", "nospinbitmutex")], &[])
    },
    variant("fieldtrack", &[("GOEXPERIMENT", "fieldtrack")], &[]),
    variant(
        "experiments",
        &[("GOEXPERIMENT", "nodwarf5,norandomizedheapbase64")],
        &[],
    ),
    Variant {
        only: Some(&["1.27"]),
        ..variant("nojsonv2", &[("GOEXPERIMENT", "nojsonv2")], &[])
    },
    Variant {
        only: Some(&["1.24", "1.25"]),
        ..variant("noswissmap", &[("GOEXPERIMENT", "noswissmap")], &[])
    },
    variant("fips-latest", &[("GOFIPS140", "latest")], &[]),
    variant("fips-v1.0.0", &[("GOFIPS140", "v1.0.0")], &[]),
    variant("pie", &[], &["-buildmode=pie"]),
    variant("cover-atomic", &[], &["-covermode=atomic"]),
    variant("test-cover", &[], &["-cover", "-coverpkg=./..."]),
    variant("test-fuzz", &[], &["-fuzz=Fuzz"]),
];

impl Variant {
    /// Whether a release has it.
    pub fn is_of(&self, release: &str) -> bool {
        /// The first release with an experiment or a FIPS module.
        const SINCE: &[(&str, &str)] = &[
            ("fips-latest", "1.24"),
            ("fips-v1.0.0", "1.24"),
            ("nodwarf5", "1.25"),
            ("nogreenteagc", "1.25"),
        ];
        let since = SINCE.iter().find(|(name, _)| *name == self.name);
        let too_old = since.is_some_and(|(_, since)| release < *since);
        self.only.is_none_or(|only| only.contains(&release)) && !too_old
    }

    /// By name.
    pub fn find(name: &str) -> Option<Variant> {
        VARIANTS
            .iter()
            .find(|variant| variant.name == name)
            .copied()
    }

    /// Adds this way to a build.
    pub fn apply(&self, build: &mut Build) {
        for (name, value) in self.env {
            build.env.push(((*name).into(), (*value).into()));
        }
        build
            .flags
            .extend(self.flags.iter().map(|flag| (*flag).to_string()));
    }
}

/// How the printed text of a link is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Byte for byte.
    Same,
    /// The reachable symbols are the same; who reached them first depends on
    /// the order of the walk.
    Edges,
    /// The same lines; errors that are found side by side come in any order.
    Unordered,
    /// Not compared: the flag asks for figures of the Go runtime.
    Any,
}

/// A set of linker flags.
#[derive(Debug, Clone, Copy)]
pub struct FlagSet {
    /// Its name in cases.
    pub name: &'static str,
    /// The flags, after those that cmd/go gives. `@TMP@` is a scratch folder.
    pub flags: &'static [&'static str],
    /// How text is compared.
    pub text: Text,
}

const fn set(name: &'static str, flags: &'static [&'static str]) -> FlagSet {
    FlagSet {
        name,
        flags,
        text: Text::Same,
    }
}

const fn text(name: &'static str, flags: &'static [&'static str], text: Text) -> FlagSet {
    FlagSet { name, flags, text }
}

/// The sets that every program is linked with.
pub const FEW: &[FlagSet] = &[
    set("plain", &[]),
    set("w", &["-w"]),
    set("s-w", &["-s", "-w"]),
    set("nocompress", &["-compressdwarf=false"]),
];

/// The sets for large programs.
pub const BIG: &[FlagSet] = &[
    set("plain", &[]),
    set("s-w", &["-s", "-w"]),
    set("nocompress", &["-compressdwarf=false"]),
];

/// Large programs as most people build them, with a C compiler at hand.
pub const WITH_C: Variant = variant("with-c", &[("CGO_ENABLED", "1")], &[]);

/// Large programs for other systems, which are only compared.
pub const ELSEWHERE: &[Variant] = &[
    variant(
        "darwin-arm64",
        &[("GOOS", "darwin"), ("GOARCH", "arm64")],
        &[],
    ),
    variant("windows-amd64", &[("GOOS", "windows")], &[]),
];

/// The sets beyond [`FEW`] for position-independent executables that take all.
pub const PIE: &[FlagSet] = &[
    set("bindnow", &["-bindnow"]),
    set("r", &["-r", "/some/where:/else", "-bindnow", "-w"]),
    set("I", &["-I", "/lib/other-ld.so", "-w"]),
    set("d", &["-d", "-w"]),
    set("T-R-D", &["-T=0x30000", "-R=0x4000", "-D=0x8000000"]),
    set("T-0", &["-T=0", "-w"]),
    set("D-below", &["-D=0x1000", "-w"]),
    set("buildid-empty", &["-buildid=", "-s"]),
    set("randlayout", &["-randlayout=7", "-w"]),
    set("linkmode-internal", &["-linkmode=internal", "-w"]),
    text("c", &["-c", "-w"], Text::Same),
    set("v", &["-v"]),
];

/// The sets beyond [`FEW`] for programs whose packages are compiled with different flags.
pub const MIXED: &[FlagSet] = &[
    set("strictdups-2", &["-strictdups=2"]),
    set("strictdups-2-w", &["-strictdups=2", "-w"]),
];

/// The sets beyond [`FEW`] for the programs that take all.
pub const MORE: &[FlagSet] = &[
    set("s", &["-s"]),
    set("s-nodwarf-off", &["-s", "-w=false"]),
    set("compress", &["-compressdwarf=true", "-s=false", "-w=0"]),
    set("buildid", &["-buildid=some/build/id"]),
    set("buildid-empty", &["-buildid="]),
    set(
        "buildid-long",
        &["--buildid", "0123456789012345678901234567890123456789/x"],
    ),
    set("B-none", &["-B", "none"]),
    set("B-gobuildid", &["-B=gobuildid"]),
    set(
        "B-hex",
        &["-B", "0x0123456789abcdef0123456789abcdef01234567"],
    ),
    set("B-hex-short", &["-B", "0xff", "-s"]),
    set(
        "X",
        &[
            "-X",
            "main.a=b",
            "-X=runtime.defaultGOROOT=/elsewhere",
            "-X",
            "fmt.none=x",
        ],
    ),
    set("X-version", &["-X=runtime.buildVersion=go1.99-made-up"]),
    set("X-modinfo", &["-X", "runtime.modinfo=short"]),
    set("X-godebug", &["-X=runtime.godebugDefault=panicnil=1"]),
    set("T", &["-T=0x600000"]),
    set("T-decimal", &["-T", "8388608", "-w"]),
    set("T-odd", &["-T=0x601234", "-w"]),
    // The text section begins behind its first function.
    set("T-moved", &["-T=0x600020", "-w"]),
    set("R", &["-R=0x10000"]),
    set("R-large", &["-R", "0x200000", "-s", "-w"]),
    set("D", &["-D=0x4000000"]),
    // Read-only data, or nothing, is found where data should be.
    set("D-below", &["-D=0x1000", "-w"]),
    set("D-in-text", &["-D=0x402000", "-w"]),
    set(
        "T-R-D",
        &["-T", "0x800000", "-R", "0x4000", "-D", "0x8000000"],
    ),
    set("funcalign-16", &["-funcalign=16", "-w"]),
    set("funcalign-64", &["-funcalign=64"]),
    set("randlayout-1", &["-randlayout=1", "-w"]),
    set("randlayout-big", &["-randlayout=9876543210"]),
    set("E", &["-E=runtime.rt0_go", "-w"]),
    set("H-linux", &["-H=linux", "-w"]),
    set("linkmode-internal", &["-linkmode=internal", "-w"]),
    set("linkmode-auto", &["-linkmode=auto", "-w"]),
    set("buildmode-default", &["-buildmode=default", "-w"]),
    set("strictdups-1", &["-strictdups=1", "-w"]),
    set("strictdups-2", &["-strictdups=2", "-w"]),
    set("checklinkname-0", &["-checklinkname=0", "-w"]),
    set("pruneweakmap-0", &["-pruneweakmap=false"]),
    set("debugtramp", &["-debugtramp=2", "-w"]),
    set("debugtextsize", &["-debugtextsize=65536", "-w"]),
    set("f", &["-f", "-w"]),
    set("g", &["-g", "-w"]),
    set("h", &["-h", "-w"]),
    set("n", &["-n", "-w"]),
    set("d", &["-d", "-w"]),
    set("a", &["-a", "-w"]),
    set("r", &["-r", "/some/where:/else", "-w"]),
    set("k", &["-k", "main.tracked", "-w"]),
    set("I", &["-I", "/lib/other-ld.so", "-w"]),
    set(
        "L",
        &["-L", "/nowhere", "-L=/else", "-installsuffix=x", "-w"],
    ),
    set(
        "ext",
        &[
            "-extld=cc",
            "-extldflags=-static -O1",
            "-extar=ar",
            "-libgcc=none",
            "-tmpdir=@TMP@",
            "-w",
        ],
    ),
    set("bindnow", &["-bindnow", "-w"]),
    set("pluginpath", &["-pluginpath=some/path", "-w"]),
    set("memprofilerate", &["-memprofilerate=4096", "-w"]),
    set("cpuprofile", &["-cpuprofile=@TMP@/cpu", "-w"]),
    set("memprofile", &["-memprofile=@TMP@/mem", "-w"]),
    text("c", &["-c", "-w"], Text::Same),
    text("debugnosplit", &["-debugnosplit", "-w"], Text::Same),
    text("dumpdep", &["-dumpdep", "-w"], Text::Edges),
    set("v", &["-v"]),
    set("v-3", &["-v=3", "-w"]),
    text("benchmark-cpu", &["-benchmark=cpu", "-w"], Text::Any),
    text("benchmark-mem", &["-benchmark=mem", "-w"], Text::Any),
];
