//! What a link makes, once it is known who links.

use crate::config::Config;
use crate::loading::Loaded;
use crate::mode::{BuildMode, LinkMode};
use hostobj::macho::PlatformCommand;
use layout::Relro;
use symbols::Foreign;
use target::{FileFormat, Placement};

/// What is made, and what follows from that.
#[derive(Clone, Debug)]
pub struct Shape {
    /// What is built.
    pub mode: BuildMode,
    /// Whether a host linker does the last step: what the passes make is an object file.
    pub external: bool,
    /// Name of the entry symbol.
    pub entry: String,
    /// Whether Go symbols are linked dynamically: modules of Go code meet in one process
    /// (`DynlinkingGo`).
    pub dynlink: bool,
    /// Whether packages may be in shared libraries (`-linkshared`).
    pub link_shared: bool,
    /// Whether the program can load plugins.
    pub can_use_plugins: bool,
    /// Whether packages need C, not just a host linker (`iscgo`).
    pub cgo: bool,
    /// Address of the first text symbol, headers included; 0 in object files.
    pub text_addr: u64,
    /// Where the output's contents lie in memory and in the file, headers as large as they have to be.
    pub placement: Placement,
    /// The format of the output.
    pub format: FileFormat,
    /// What a host object says of the system that a Mach-O file is for, if that is to be said again.
    pub platform: Option<PlatformCommand>,
    /// Whether programs may lie anywhere, whatever is asked for.
    pub always_pie: bool,
    /// Whether the operating system knows data that is read-only once relocated.
    os_has_relro: bool,
}

impl Shape {
    /// Of a link.
    pub fn new(config: &Config, loaded: &Loaded) -> Shape {
        let mode = config.build_mode;
        let external = loaded.mode == LinkMode::External;
        let can_use_plugins = loaded.can_use_plugins;
        let link_shared = config.link_mode.link_shared;
        Shape {
            mode,
            external,
            link_shared,
            // A host linker starts C's start-up code, which calls main (`deadcodePass.init`).
            entry: match (external, mode) {
                (true, BuildMode::Exe | BuildMode::Pie) => "main".to_owned(),
                _ => config.entry.clone(),
            },
            dynlink: matches!(mode, BuildMode::Shared | BuildMode::Plugin)
                || link_shared
                || can_use_plugins,
            can_use_plugins,
            cgo: loaded.cgo,
            text_addr: if external { 0 } else { config.text_addr },
            placement: match external {
                true => config.object_placement,
                false => config.placement,
            },
            format: config.os.format,
            platform: loaded.platform.clone(),
            always_pie: config.os.format == FileFormat::MachO && config.arch.macho_always_pie,
            os_has_relro: config.os.relro,
        }
    }

    /// Makes room in the headers for what is imported.
    pub fn make_room(&mut self, foreign: &Foreign) {
        let libraries = foreign.dylibs.iter().map(|l| &**l);
        self.text_addr += self.placement.make_room(libraries);
    }

    /// Whether there is data that is read-only once relocated, and where (`Target.UseRelro`).
    pub fn relro(&self) -> Relro {
        match (self.mode, self.external) {
            _ if !self.os_has_relro => Relro::None,
            (BuildMode::Exe, _) if !self.link_shared && !self.always_pie => Relro::None,
            (_, true) if self.format != FileFormat::MachO => Relro::WithReadOnly,
            _ => Relro::OwnSegment,
        }
    }

    /// Whether this is a program that may lie anywhere and is complete.
    pub fn pie(&self) -> bool {
        self.mode == BuildMode::Pie && !self.external
    }

    /// Whether the module has Go's main function.
    pub fn has_main(&self) -> bool {
        matches!(self.mode, BuildMode::Exe | BuildMode::Pie)
    }

    /// Whether this is a plugin.
    pub fn is_plugin(&self) -> bool {
        self.mode == BuildMode::Plugin
    }

    /// Whether this is a shared library of Go packages.
    pub fn is_shared_library(&self) -> bool {
        self.mode == BuildMode::Shared
    }

    /// Whether the symbols that mark where sections start and end have room of their own. The dynamic linker of
    /// macOS takes one without for what lies at the same address, which it then finds in another module
    /// (`ld/data.go:fixZeroSizedSymbols`).
    pub fn gives_markers_room(&self) -> bool {
        self.dynlink && self.format == FileFormat::MachO
    }

    /// Whether packages are compared when modules meet: by plugins, and what loads them.
    pub fn has_package_hashes(&self) -> bool {
        self.is_plugin() || self.can_use_plugins
    }

    /// Whether debugging information names gdb's script. The host linker for Windows misplaces its section,
    /// and there is no telling it so where a user calls it (<https://go.dev/issue/20183>).
    pub fn has_gdb_script(&self) -> bool {
        let for_users = self.external && self.mode == BuildMode::CArchive;
        !(for_users && self.format == FileFormat::Pe)
    }

    /// Whether C calls what is made.
    pub fn is_c_library(&self) -> bool {
        matches!(self.mode, BuildMode::CArchive | BuildMode::CShared)
    }
}
