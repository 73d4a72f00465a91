//! Debugging information: made early, placed when text has its addresses, compressed when all
//! addresses are known (`ld/dwarf.go:dwarfcompress`, `ld/data.go:compressSyms`).

use crate::config::Config;
use crate::diag::{Diag, Stop};
use crate::output::{EarlyFile, Store};
use dwarf::{DebugInfo, DwarfError, HostRef, Options, Plan, SectionInfo};
use format::elf::compression_header;
use format::named_compression_header;
use goflate::{Generated, Workbench, compress_into};
use layout::{Addresses, Section, Seg, Segments, TextLayout, TextOrder, round_up};
use rayon::prelude::*;
use reach::Live;
use std::borrow::Cow;
use std::sync::{Mutex, OnceLock};
use streams::{Collector, Compressed, Places};
use symbols::Symbols;
use target::{FileFormat, Placement};

mod streams;

/// Makes debugging information, if it is wanted; `gdb_script` says whether it names the script by which gdb
/// knows Go.
///
/// # Errors
/// What is wrong has been said.
pub fn generate(
    config: &Config,
    syms: &Symbols,
    live: &Live,
    order: &TextOrder,
    gdb_script: bool,
    diag: &Diag,
) -> Result<Option<DebugInfo>, Stop> {
    if !config.dwarf {
        return Ok(None);
    }
    let opts = Options {
        arch: config.arch,
        dwarf5: config.experiments.dwarf5(),
        goroot: config.goroot.as_deref().unwrap_or(""),
        go_version: &config.go_version,
        call_line_data4: config.os.wide_call_lines,
        gdb_script,
    };
    let info = dwarf::generate(syms, live, order, &opts).map_err(|e| match e {
        DwarfError::MissingType { .. } => diag.exit(e),
        DwarfError::Nameless => diag.panic(e),
        e => diag.fatal(e),
    })?;
    if info.flag_variants() > 1 {
        // What is compiled with other flags may differ (https://go.dev/issue/31034).
        diag.fail_in_the_end(false);
    }
    Ok(Some(info))
}

/// Greatest size of a section, bytes.
const SECTION_LIMIT: u64 = 2_000_000_000;

/// The debug sections, sized.
#[derive(Default)]
pub struct Debug {
    /// The sections, their addresses still offsets in the segment.
    pub sections: Vec<Section>,
    plan: Option<Plan>,
    /// Per section its compressed contents, header included; `None` for those that stay as they are.
    compressed: Vec<Option<Compressed>>,
}

/// Lays out the sections.
///
/// # Errors
/// What is wrong has been said.
pub fn lay_out(
    info: Option<DebugInfo>,
    syms: &Symbols,
    order: &TextOrder,
    text: &TextLayout,
    diag: &Diag,
) -> Result<Option<Plan>, Stop> {
    let Some(info) = info else { return Ok(None) };
    let plan = info.layout(syms, order, text).map_err(|e| diag.fatal(e))?;
    // Sections that large come from damaged symbols (`ld/data.go:checkSectSize`).
    let too_large = |s: &&SectionInfo| s.size > SECTION_LIMIT;
    for s in plan.sections().iter().filter(too_large) {
        diag.error(format_args!(
            "too much data in section {} ({}, over 2e+09 bytes)",
            s.name, s.size
        ))?;
    }
    if plan.sections().iter().any(|s| too_large(&s)) {
        diag.exit_if_errors()?;
    }
    Ok(Some(plan))
}

/// Most stretches in which DWARF is written that is not compressed: what is read for the one is given back
/// before the next.
const STRETCHES: u64 = 8;

/// Least bytes of a stretch. Of compressed DWARF a few bytes stay as they are.
const STRETCH: u64 = 4 << 20;

/// Bytes of a section that one task writes.
const CHUNK: usize = 1 << 19;

/// How sections are compressed.
#[derive(Clone, Copy)]
pub struct Compression<'a> {
    /// The release and the machine.
    pub config: &'a Config,
    /// Where what is finished in time goes: the output, and where the segment begins in it.
    pub early: Option<(&'a EarlyFile, u64)>,
}

impl Debug {
    /// Compresses the sections, if that is wanted, and places them in their segment.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn place(
        plan: Option<Plan>,
        placement: &Placement,
        compression: Option<Compression>,
        syms: &Symbols,
        addrs: &Addresses,
        segs: &mut Segments,
        diag: &Diag,
    ) -> Result<Debug, Stop> {
        let Some(plan) = plan else {
            return Ok(Debug::default());
        };
        let compressed = match compression {
            Some(c) => c.compress(&plan, syms, addrs, diag)?,
            None => vec![None; plan.sections().len()],
        };
        let mut at = 0;
        let align = section_align(placement);
        let sections = plan
            .sections()
            .iter()
            .zip(&compressed)
            .map(|(s, c)| {
                let len = c.as_ref().map_or(s.size, |c| c.len);
                at = round_up(at, align);
                let section = Section {
                    name: match compression.filter(|_| c.is_some()) {
                        Some(how) => compressed_name(s.name, how.config.os.format),
                        None => s.name.into(),
                    },
                    seg: Seg::Dwarf,
                    rwx: 4,
                    align: 1,
                    addr: segs.dwarf.addr + at,
                    len,
                    syms: 0..0,
                    compressed: c.is_some(),
                };
                at += len;
                section
            })
            .collect();
        segs.dwarf.len = at;
        segs.dwarf.file_len = at;
        Ok(Debug {
            sections,
            plan: Some(plan),
            compressed,
        })
    }

    /// The sections' bytes in `out`, the segment in the output.
    fn parts<'o>(&self, mut out: &'o mut [u8]) -> Vec<&'o mut [u8]> {
        let mut at = self.sections.first().map_or(0, |s| s.addr);
        let parts = self.sections.iter().map(|s| {
            let (_, rest) = std::mem::take(&mut out).split_at_mut((s.addr - at) as usize);
            let (part, rest) = rest.split_at_mut(s.len as usize);
            (out, at) = (rest, s.addr + s.len);
            part
        });
        parts.collect()
    }

    /// What the sections are made from, if there are any.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// By section, the fields that a host linker relocates.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn host_refs(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        diag: &Diag,
    ) -> Result<Vec<Vec<HostRef>>, Stop> {
        let Some(plan) = &self.plan else {
            return Ok(Vec::new());
        };
        let all = 0..plan.sections().len();
        let refs = all.map(|i| plan.host_refs(syms, addrs, i));
        refs.collect::<Result<_, _>>().map_err(|e| diag.exit(e))
    }

    /// Writes the sections for a host linker into `out`, the segment in the output. `addends` says whether
    /// fields that it relocates hold what is added.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn write_for_host(
        &self,
        syms: &Symbols,
        addrs: &Addresses,
        out: &mut [u8],
        addends: bool,
        diag: &Diag,
    ) -> Result<(), Stop> {
        let Some(plan) = &self.plan else {
            return Ok(());
        };
        for (i, part) in self.parts(out).into_iter().enumerate() {
            plan.fill_for_host(syms, addrs, i, part, addends)
                .or_else(|e| diag.error(e))?;
        }
        Ok(())
    }

    /// Writes the sections into `out`, the segment in the output. To be called once.
    ///
    /// # Errors
    /// What is wrong has been said.
    pub fn write(
        &mut self,
        syms: &Symbols,
        addrs: &Addresses,
        out: &mut [u8],
        store: &Store,
        diag: &Diag,
    ) -> Result<(), Stop> {
        let Some(plan) = &self.plan else {
            return Ok(());
        };
        let (mut stored, mut made) = (Vec::new(), Vec::new());
        let parts = self.parts(out);
        for (part, c) in parts.into_iter().zip(self.compressed.drain(..)) {
            // A section that is stored has nothing left to be made.
            made.push(match c {
                Some(c) => {
                    stored.push((part, c));
                    None
                }
                None => Some(part),
            });
        }
        stored
            .into_par_iter()
            .for_each(|(part, c)| c.store(part, store));
        let left: u64 = made.iter().flatten().map(|part| part.len() as u64).sum();
        let stretches = plan.stretches(syms, (left / STRETCH).clamp(1, STRETCHES));
        let last = stretches.len() - 1;
        for (k, stretch) in stretches.into_iter().enumerate() {
            let mut tasks = Vec::new();
            for (i, (bytes, rest)) in stretch.sections.iter().zip(&mut made).enumerate() {
                let Some(part) = rest.take() else { continue };
                let (now, later) = part.split_at_mut((bytes.end - bytes.start) as usize);
                *rest = Some(later);
                let offsets = bytes.clone().step_by(CHUNK);
                tasks.extend(
                    offsets
                        .zip(now.chunks_mut(CHUNK))
                        .map(|(off, part)| (i, off, part)),
                );
            }
            let make = |(i, off, part): (usize, u64, &mut [u8])| {
                store.make(part, |buf| plan.fill(syms, addrs, i, off, buf))
            };
            if let Err(e) = tasks.into_par_iter().try_for_each(make) {
                return diag.error(e);
            }
            // Behind the last one, all inputs go.
            if k < last {
                syms.release_contents_of(stretch.objs);
            }
        }
        Ok(())
    }
}

/// Alignment of debug sections in the file, bytes.
fn section_align(placement: &Placement) -> u64 {
    placement.file_align.unwrap_or(1)
}

/// What a debug section is called when it is compressed, where its header does not say that it is.
fn compressed_name(name: &'static str, format: FileFormat) -> Cow<'static, str> {
    match (format, name.strip_prefix(".debug_")) {
        (FileFormat::MachO | FileFormat::Pe, Some(rest)) => format!(".zdebug_{rest}").into(),
        _ => name.into(),
    }
}

/// What a compressed section of `size` bytes begins with.
fn header(size: u64, config: &Config) -> Vec<u8> {
    match config.os.format {
        FileFormat::Elf => compression_header(size, config.arch.alignment.into()).to_vec(),
        FileFormat::MachO | FileFormat::Pe => named_compression_header(size).to_vec(),
    }
}

impl Compression<'_> {
    /// Compresses the sections; gives those that get shorter.
    fn compress(
        &self,
        plan: &Plan,
        syms: &Symbols,
        addrs: &Addresses,
        diag: &Diag,
    ) -> Result<Vec<Option<Compressed>>, Stop> {
        let encoder = self.config.zlib_encoder();
        let error: Mutex<Option<DwarfError>> = Mutex::new(None);
        let sections = plan.sections();
        let places = Places::new(
            sections.len(),
            section_align(&self.config.placement),
            self.early,
        );
        let bench = Workbench::default();
        let compress = |i: usize| {
            let size = sections[i].size;
            // It must get shorter to be worth it.
            let header = header(size, self.config);
            let limit = size.checked_sub(header.len() as u64 + 1)?;
            let mut out = Collector::new(&places, i, &header);
            let source = Generated {
                len: size,
                fill: |off, buf: &mut [u8]| {
                    if let Err(e) = plan.fill(syms, addrs, i, off, buf) {
                        error.lock().unwrap().get_or_insert(e);
                    }
                },
            };
            compress_into(encoder, &source, limit, &bench, &mut out).then(|| out.finish())
        };
        let done: Vec<OnceLock<Compressed>> = vec![OnceLock::new(); sections.len()];
        // A stream is made from its beginning to its end, and several at a time. They begin in order, because
        // each must know the lengths of those before it to be written.
        rayon::scope_fifo(|sc| {
            for (i, done) in done.iter().enumerate() {
                let (compress, places) = (&compress, &places);
                sc.spawn_fifo(move |_| {
                    let compressed = compress(i);
                    let len = compressed.as_ref().map_or(sections[i].size, |c| c.len);
                    places.set_len(i, len);
                    if let Some(c) = compressed {
                        let _ = done.set(c);
                    }
                });
            }
        });
        if let Some(e) = error.into_inner().unwrap() {
            diag.error(e)?;
        }
        Ok(done.into_iter().map(OnceLock::into_inner).collect())
    }
}
