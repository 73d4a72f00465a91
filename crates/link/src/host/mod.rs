//! cgo directives and host objects: what C brings into a link (`ld/lib.go:loadlib` from
//! `loadcgodirectives` on, `hostobjs`).
//!
//! Links of Go objects alone have neither, and come here for two empty lists.

mod directives;
mod enter;
mod enter_coff;
mod enter_macho;
mod json;
mod libs;
mod unwind;
mod windows;

use crate::config::{Config, unsupported_text};
use crate::diag::{Diag, Stop};
use crate::mode::LinkMode;
use hostobj::macho::{Macho, MachoError};
use hostobj::{Coff, CoffError, Elf, ElfError};
use symbols::{HostObject, Inputs, Symbols};
use target::FileFormat;

pub use directives::Directives;
pub use enter::Loader;
pub use libs::find_file;

/// The host objects and directives of a link, read but not yet part of it.
pub struct HostInputs {
    directives: Vec<Directives>,
    objects: Vec<(HostObject, Content)>,
    mode: LinkMode,
}

/// What a host object is.
enum Content {
    Elf(Result<Elf<'static>, ElfError>),
    Coff(Result<Coff<'static>, CoffError>),
    Macho(Result<Macho<'static>, MachoError>),
    /// A known format of other systems.
    Foreign(&'static str),
    Unknown,
}

impl HostInputs {
    /// Takes the host objects and directives out of `inputs` and reads them.
    pub fn take(config: &Config, inputs: &mut Inputs, mode: LinkMode, diag: &Diag) -> HostInputs {
        let directives = std::mem::take(&mut inputs.cgo_directives);
        // An external linker reads the objects itself.
        let objects = match mode {
            LinkMode::External => Vec::new(),
            _ => std::mem::take(&mut inputs.host_objects),
        };
        HostInputs {
            directives: directives
                .into_iter()
                .filter_map(|(file, _, text)| {
                    Directives::parse(file, text, config.release.json_errors, diag)
                })
                .collect(),
            objects: objects
                .into_iter()
                .map(|o| {
                    let content = Content::of(&o.name, o.data, config);
                    (o, content)
                })
                .collect(),
            mode,
        }
    }

    /// Makes them part of the link.
    ///
    /// # Errors
    /// The link ends over what is wrong with them; it has been said.
    pub fn load(self, config: &Config, syms: &mut Symbols, diag: &Diag) -> Result<(), Stop> {
        let external = self.mode == LinkMode::External;
        directives::apply(&self.directives, config, external, syms, diag);
        if self.objects.is_empty() {
            return Ok(());
        }
        let mut loader = Loader::new(syms);
        let mut captured = libs::Captured::new(config.capture_host_objs.clone());
        for (object, content) in &self.objects {
            if !content.enter(object, &mut loader, config, diag)? {
                let name = &object.name;
                diag.error(format_args!("{name}: unrecognized object file format"))?;
                continue;
            }
            captured.add(object, diag)?;
        }
        libs::load_missing(&mut loader, &mut captured, config, diag)
    }
}

impl Content {
    fn of(name: &str, data: &'static [u8], config: &Config) -> Content {
        match *data {
            [0x7f, b'E', b'L', b'F', ..] => {
                Content::Elf(Elf::parse(data, name, config.arch, config.release.shuffle))
            }
            [0xcf, 0xfa, 0xed, 0xfe, ..] if config.os.format == FileFormat::MachO => {
                Content::Macho(Macho::parse(data, config.arch))
            }
            [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => {
                Content::Foreign("Mach-O")
            }
            [0x4c, 0x01, ..] | [0x64, 0x86 | 0xaa, ..] | [0xc4, 0x01, ..] => {
                let known = config.release.pe.host_relocs;
                Content::Coff(Coff::parse(data, name, config.arch, known))
            }
            [0x01, 0xd7 | 0xf7, ..] => Content::Foreign("XCOFF"),
            _ => Content::Unknown,
        }
    }

    /// Enters the object, and says what is wrong with it; `false` if it is in no known format.
    ///
    /// # Errors
    /// The link ends over what is wrong; it has been said.
    fn enter(
        &self,
        object: &HostObject,
        loader: &mut Loader,
        config: &Config,
        diag: &Diag,
    ) -> Result<bool, Stop> {
        let (pkg, name) = (&object.pkg, &object.name);
        let unsupported = |format: &str| {
            let what = format!("linking {format} objects ({name})");
            Err(diag.exit_plain(unsupported_text(&what)))
        };
        let entered = match self {
            Content::Elf(Ok(elf)) => loader.enter(elf, pkg, name),
            Content::Elf(Err(e)) => Err(e.to_string()),
            // Resources are often there for all systems, and mean nothing to others.
            Content::Coff(Ok(coff))
                if config.os.format != FileFormat::Pe && !coff.is_resources_only() =>
            {
                return unsupported("PE");
            }
            Content::Coff(Ok(coff)) => {
                let how = config.release.pe.host_pdata;
                loader.enter_coff(coff, pkg, name, how)
            }
            Content::Coff(Err(e)) => Err(e.to_string()),
            Content::Macho(macho) => {
                let aligned = config.release.macho.host_section_align;
                let macho = macho.as_ref().map_err(ToString::to_string);
                macho
                    .and_then(|m| loader.enter_macho(m, pkg, aligned))
                    .map_err(|e| format!("loadmacho: {name}: {e}"))
            }
            Content::Foreign(format) => return unsupported(format),
            Content::Unknown => return Ok(false),
        };
        if let Err(e) = entered {
            diag.error(e)?;
        }
        if loader.take_second_resources() {
            diag.error("too many .rsrc sections")?;
        }
        Ok(true)
    }
}
