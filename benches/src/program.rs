//! A program as the passes of a link have it, made of archives in memory.
//!
//! What the linker makes itself is left out, as are sections: kernels that look addresses up do not care
//! whether they are the right ones.

use goobj::Object;
use gover::{GoLayout, layout_for};
use layout::{Addresses, SectionId, TextLayout, TextOrder};
use reach::{Live, ReachOptions, Roots, Tell};
use reloc::{Batch, RelocError, Relocator};
use rustc_hash::FxHashMap;
use symbols::{BitSet, DigestOptions, Inputs, ResolveOptions, SymId, Symbols};
use tables::inittask::{InitRoots, init_tasks};
use tables::pclntab::{self, FileNames, PclntabInput, PclntabPlan};
use target::{AMD64, ArchInfo};

use crate::Material;
use xtask::Result;

/// Where text begins, as in programs for linux/amd64.
const TEXT_ADDR: u64 = 0x40_1000;

/// The objects of a program for linux/amd64, by package.
pub struct Objects {
    gover: &'static GoLayout,
    objects: Vec<(String, Object<'static>)>,
}

impl Objects {
    /// Those of all archives.
    ///
    /// # Errors
    ///
    /// The release is unknown, or an object is damaged.
    pub fn new(material: &Material) -> Result<Objects> {
        let mut objects = Vec::new();
        for (package, archive) in &material.archives {
            for object in crate::objects(archive) {
                objects.push((package.clone(), object?));
            }
        }
        Ok(Objects {
            gover: layout_for(&material.go)?,
            objects,
        })
    }

    /// Takes from each object what resolution needs: the input of [`Objects::resolve`].
    pub fn digest(&self) -> Inputs {
        Inputs::of_objects(
            self.objects.iter().cloned(),
            &DigestOptions::plain(self.gover),
        )
    }

    /// Resolves symbols.
    ///
    /// # Errors
    ///
    /// The objects do not go together.
    pub fn resolve(&self, inputs: Inputs) -> Result<Symbols> {
        let options = ResolveOptions {
            types_of_infos: true,
            ..ResolveOptions::plain(self.gover)
        };
        Ok(Symbols::resolve(inputs, &options)?.0)
    }
}

/// A program whose symbols are resolved, and what is live of it.
pub struct Program {
    syms: Symbols,
    main_tasks: SymId,
    arch: &'static ArchInfo,
    live: Live,
    order: TextOrder,
    text: TextLayout,
    addrs: Addresses,
}

impl Program {
    /// Takes objects as far as relocation.
    ///
    /// # Errors
    ///
    /// The objects are not those of a program.
    pub fn new(objects: &Objects) -> Result<Program> {
        let arch = &AMD64;
        let mut syms = objects.resolve(objects.digest())?;
        let main_tasks = init_tasks(&mut syms, InitRoots::Program, arch.ptr_size)?;
        let live = flood(&mut syms, main_tasks, arch)?;
        let order = TextOrder::assign(&syms, &live, &[]);
        let text = TextLayout::assign(&syms, &order, TEXT_ADDR, arch.func_align);
        let addrs = Addresses::new(syms.len(), [text.start, text.end]);
        for (&s, &addr) in order.textp.iter().zip(&text.addr) {
            addrs.set(s, SectionId(1), addr);
        }
        let mut end = text.end;
        for s in live.reachable.iter() {
            if addrs.section(s) == SectionId(0) {
                end = end.next_multiple_of(8);
                addrs.set(s, SectionId(2), end);
                end += syms.size(s);
            }
        }
        Ok(Program {
            syms,
            main_tasks,
            arch,
            live,
            order,
            text,
            addrs,
        })
    }

    /// Finds what is live once more.
    ///
    /// # Errors
    ///
    /// There is no entry.
    pub fn flood(&mut self) -> Result<Live> {
        flood(&mut self.syms, self.main_tasks, self.arch)
    }

    /// Number of live symbols.
    pub fn live(&self) -> usize {
        self.live.reachable.iter().count()
    }

    /// Number of functions.
    pub fn functions(&self) -> usize {
        self.order.textp.len()
    }

    /// Plans the tables of functions.
    pub fn plan_pclntab(&self) -> PclntabPlan {
        let file_names = FileNames::new(None);
        pclntab::plan(
            &self.syms,
            &PclntabInput {
                text: &self.order,
                layout: &self.text,
                containers: &BitSet::default(),
                arch: self.arch,
                file_names: &file_names,
                link_shared: false,
            },
        )
    }

    /// Bytes of text.
    pub fn text_len(&self) -> usize {
        (self.text.end - self.text.start) as usize
    }

    /// Copies all functions to `out`, as long as text, and relocates them on one thread; answers what is
    /// wrong.
    pub fn write_text(&self, out: &mut [u8]) -> Vec<RelocError> {
        let relocator = Relocator {
            image_base: 0,
            binds_imports: false,
            syms: &self.syms,
            live: &self.live,
            addrs: &self.addrs,
            unreachable_method: SymId::NONE,
            tls_offset: -i64::from(self.arch.ptr_size),
            pie: false,
            family: self.arch.family,
        };
        let mut batch = Batch::default();
        let mut errors = Vec::new();
        for (&s, &addr) in self.order.textp.iter().zip(&self.text.addr) {
            let data = self.syms.data(s);
            let from = (addr - self.text.start) as usize;
            let field = from..from + data.len();
            out[field.clone()].copy_from_slice(data);
            relocator.enter(&mut batch, s, self.syms.relocs(s), addr, field);
            if batch.is_full() {
                relocator.apply_batch(&mut batch, out, &mut errors);
            }
        }
        relocator.apply_batch(&mut batch, out, &mut errors);
        errors
    }
}

fn flood(syms: &mut Symbols, main_tasks: SymId, arch: &ArchInfo) -> Result<Live> {
    let (none, carriers) = (BitSet::default(), FxHashMap::default());
    let options = ReachOptions {
        roots: Roots::Entry("_rt0_amd64_linux"),
        main_inittasks: main_tasks,
        live_before: &none,
        dynamic_exports: &[],
        wasm_exports: &[],
        host_carriers: &carriers,
        dynlink: false,
        link_shared: false,
        can_use_plugins: false,
        prune_weak_map: true,
        field_track: false,
        follow_debug: false,
        ptr_size: arch.ptr_size,
    };
    Ok(reach::deadcode(syms, &options, Tell::default())?)
}
