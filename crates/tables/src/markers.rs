//! The symbols that mark where sections and groups start and end (`ld/symtab.go:symtab`,
//! `ld/data.go:textaddress`).

use crate::maker::Maker;
use gover::{Carriers, FuncdataHome, GcMasks, Gosymtab, SymKind, TypesMarker};
use symbols::SymId;

/// Markers made with the text section.
#[derive(Clone, Copy, Debug)]
pub struct TextMarkers {
    /// `runtime.text`
    pub text: SymId,
    /// `runtime.etext`
    pub etext: SymId,
}

impl TextMarkers {
    /// Makes them.
    pub fn make(m: &mut Maker) -> TextMarkers {
        TextMarkers {
            text: m.define("runtime.text", SymKind::Text),
            etext: m.define_end("runtime.etext", SymKind::Text, SymKind::TextEnd),
        }
    }
}

macro_rules! markers {
    ($($field:ident = $name:literal : $kind:ident),* $(,)?) => {
        /// Markers and carriers of data, named after the symbols.
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs)]
        pub struct DataMarkers {
            $(pub $field: SymId,)*
            /// `runtime.gcmask.*`, in releases that have it.
            pub gcmask: Option<SymId>,
            /// `runtime.esymtab`, in releases that have it.
            pub esymtab: Option<SymId>,
            /// What carries types that the dynamic linker relocates, in releases that keep them apart.
            pub typerel: Option<SymId>,
        }
    };
}

markers! {
    rodata = "runtime.rodata": Rodata,
    erodata = "runtime.erodata": RodataEnd,
    types = "runtime.types": Rodata,
    etypes = "runtime.etypes": Rodata,
    noptrdata = "runtime.noptrdata": NoPtrData,
    enoptrdata = "runtime.enoptrdata": NoPtrDataEnd,
    data = "runtime.data": Data,
    edata = "runtime.edata": DataEnd,
    bss = "runtime.bss": Bss,
    ebss = "runtime.ebss": Bss,
    noptrbss = "runtime.noptrbss": NoPtrBss,
    enoptrbss = "runtime.enoptrbss": NoPtrBss,
    covctrs = "runtime.covctrs": NoPtrBss,
    ecovctrs = "runtime.ecovctrs": NoPtrBss,
    end = "runtime.end": Bss,
    epclntab = "runtime.epclntab": Rodata,
    gcdata = "runtime.gcdata": Rodata,
    egcdata = "runtime.egcdata": Rodata,
    gcbss = "runtime.gcbss": Rodata,
    egcbss = "runtime.egcbss": Rodata,
    type_star = "type:*": Type,
    gostring_star = "go:string.*": GoString,
    funcdesc = "go:funcdesc": GoFunc,
    gcbits_star = "runtime.gcbits.*": GcBits,
}

impl DataMarkers {
    /// Has those that modules must not take from one another lie where they point, as data of their own
    /// (`ld/data.go:fixZeroSizedSymbols`).
    pub fn give_room(&self, m: &mut Maker) {
        /// What a start takes, bytes.
        const SIZE: u64 = 8;
        let (types_align, etypes_kind) = match m.syms.gover.types_marker {
            TypesMarker::EightBytes => (0, SymKind::FuncTab),
            TypesMarker::Pointer => (m.ptr_size.into(), SymKind::Type),
        };
        for s in self.heads().into_iter().chain(self.tails()) {
            m.special.remove(s);
        }
        for s in self.heads() {
            m.ext(s).size = SIZE;
        }
        let types = m.ext(self.types);
        types.kind = SymKind::Type;
        types.align = types_align;
        m.ext(self.etypes).kind = etypes_kind;
    }

    /// Starts that come first of all data of their kind, if they have room of their own.
    pub fn heads(&self) -> [SymId; 5] {
        [
            self.types,
            self.noptrdata,
            self.data,
            self.bss,
            self.noptrbss,
        ]
    }

    /// Ends that come last, if starts come first.
    pub fn tails(&self) -> [SymId; 5] {
        [
            self.etypes,
            self.enoptrdata,
            self.edata,
            self.ebss,
            self.enoptrbss,
        ]
    }

    /// Makes them, in cmd/link's order. `relro` is whether data that the dynamic linker relocates is
    /// kept apart.
    /// `dynlink` is whether Go symbols are linked dynamically, `exe` whether this is a program that was not asked to
    /// lie anywhere.
    pub fn make(m: &mut Maker, relro: bool, dynlink: bool, exe: bool) -> DataMarkers {
        use SymKind::*;
        let grouped_masks = m.syms.gover.gc_masks == GcMasks::Grouped;
        let rodata = m.define("runtime.rodata", Rodata);
        let erodata = m.define_end("runtime.erodata", Rodata, RodataEnd);
        let types = m.define("runtime.types", Rodata);
        let etypes = m.define("runtime.etypes", Rodata);
        let noptrdata = m.define("runtime.noptrdata", NoPtrData);
        let enoptrdata = m.define_end("runtime.enoptrdata", NoPtrData, NoPtrDataEnd);
        let data = m.define("runtime.data", Data);
        let edata = m.define_end("runtime.edata", Data, DataEnd);
        let bss = m.define("runtime.bss", Bss);
        let ebss = m.define("runtime.ebss", Bss);
        let noptrbss = m.define("runtime.noptrbss", NoPtrBss);
        let enoptrbss = m.define("runtime.enoptrbss", NoPtrBss);
        let gcmask = grouped_masks.then(|| m.define("runtime.gcmask.*", NoPtrBss));
        let covctrs = m.define("runtime.covctrs", NoPtrBss);
        let ecovctrs = m.define("runtime.ecovctrs", NoPtrBss);
        let end = m.define("runtime.end", Bss);
        let epclntab = m.define("runtime.epclntab", Rodata);
        let gosymtab = m.syms.gover.gosymtab == Gosymtab::Empty;
        let esymtab = gosymtab.then(|| m.define("runtime.esymtab", Rodata));
        let gcdata = m.create("runtime.gcdata", Rodata);
        let egcdata = m.define("runtime.egcdata", Rodata);
        let gcbss = m.create("runtime.gcbss", Rodata);
        let egcbss = m.define("runtime.egcbss", Rodata);
        m.ext(gcdata).size = 0;
        m.ext(gcbss).size = 0;
        m.syms.local.insert(gcdata);
        m.syms.local.insert(gcbss);
        let twins = m.syms.gover.carriers == Carriers::RelroTwins;
        let relro_twins = relro && twins;
        let type_star = match twins && dynlink {
            true => SymId::NONE,
            false => m.carrier("type:*", Type),
        };
        let typerel = (relro_twins && !dynlink).then(|| match exe {
            true => type_star,
            false => m.carrier("typerel.*", TypeRelro),
        });
        let local_carrier = |m: &mut Maker, name, kind| {
            let s = m.carrier(name, kind);
            m.syms.local.insert(s);
            s
        };
        let gostring_star = local_carrier(m, "go:string.*", GoString);
        let (funcdesc, funcdesc_relro) = match m.syms.gover.funcdata {
            FuncdataHome::Rodata => ("go:func.*", "go:funcrel.*"),
            FuncdataHome::Pclntab => ("go:funcdesc", "go:funcdescrel"),
        };
        let funcdesc = local_carrier(m, funcdesc, GoFunc);
        let gcbits_star = local_carrier(m, "runtime.gcbits.*", GcBits);
        if grouped_masks {
            local_carrier(m, "runtime.gcmask.*", GcMask);
        }
        if relro_twins {
            local_carrier(m, funcdesc_relro, GoFuncRelro);
        }
        if gosymtab {
            let symtab = m.create("runtime.symtab", SymTab);
            m.ext(symtab).size = 0;
            m.syms.local.insert(symtab);
        }
        DataMarkers {
            rodata,
            erodata,
            types,
            etypes,
            noptrdata,
            enoptrdata,
            data,
            edata,
            bss,
            ebss,
            noptrbss,
            enoptrbss,
            covctrs,
            ecovctrs,
            end,
            epclntab,
            gcdata,
            egcdata,
            gcbss,
            egcbss,
            type_star,
            gostring_star,
            funcdesc,
            gcbits_star,
            gcmask,
            esymtab,
            typerel,
        }
    }
}
