//! FIPS markers (`ld/fips140.go`).

use crate::maker::Maker;
use gover::{RelocType, SymKind};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use symbols::{ExtReloc, SymId};

const MAGIC: &[u8; 16] = b"\xff Go fipsinfo \xff\0";
const SUM_LEN: usize = 32;

const MARKERS: [(&str, SymKind); 8] = [
    ("go:textfipsstart", SymKind::TextFipsStart),
    ("go:textfipsend", SymKind::TextFipsEnd),
    ("go:rodatafipsstart", SymKind::RodataFipsStart),
    ("go:rodatafipsend", SymKind::RodataFipsEnd),
    ("go:noptrdatafipsstart", SymKind::NoPtrDataFipsStart),
    ("go:noptrdatafipsend", SymKind::NoPtrDataFipsEnd),
    ("go:datafipsstart", SymKind::DataFipsStart),
    ("go:datafipsend", SymKind::DataFipsEnd),
];

/// The symbols that bracket what the FIPS module consists of.
#[derive(Clone, Copy, Debug)]
pub struct Fips {
    /// `go:fipsinfo`, which holds the sum.
    pub info: SymId,
    /// Start and end of text, read-only data, pointer-free data and data.
    pub markers: [SymId; 8],
}

impl Fips {
    /// Makes the symbols (`loadfips`).
    pub fn make(m: &mut Maker) -> Fips {
        let info = m.create("go:fipsinfo", SymKind::FipsInfo);
        let ptr = m.ptr_size;
        {
            let e = m.ext(info);
            let mut data = MAGIC.to_vec();
            data.resize(MAGIC.len() + SUM_LEN, 0);
            e.set_data(data);
            e.relocs.clear();
            e.add_addr_plus(ptr, info, 0);
        }
        let markers = MARKERS.map(|(name, kind)| {
            let s = m.create(name, kind);
            m.syms.local.insert(s);
            m.ext(s).size = 1;
            m.ext(info).add_addr_plus(ptr, s, 0);
            s
        });
        Fips { info, markers }
    }

    /// The markers that belong to text.
    pub fn text(&self) -> [SymId; 2] {
        [self.markers[0], self.markers[1]]
    }

    /// Offset of the sum in `go:fipsinfo`, bytes.
    pub const SUM_OFFSET: usize = MAGIC.len();

    /// What the record begins with.
    pub const MAGIC: &[u8] = MAGIC;
}

/// The sum over the module: HMAC-SHA256 with a zero key over a title and each part with its length.
pub struct FipsSum {
    mac: Hmac<Sha256>,
}

impl Default for FipsSum {
    fn default() -> FipsSum {
        let mut s = FipsSum {
            mac: Hmac::new_from_slice(&[0; 32]).expect("any key length is fine"),
        };
        s.mac.update(FIPS_TITLE);
        s
    }
}

/// What the hashed stream starts with.
pub const FIPS_TITLE: &[u8] = b"go fips object v1\n";

impl FipsSum {
    /// Adds one part.
    pub fn part(&mut self, bytes: &[u8]) {
        self.mac.update(&(bytes.len() as u64).to_be_bytes());
        self.mac.update(bytes);
    }
    /// The sum.
    pub fn finish(self) -> [u8; SUM_LEN] {
        self.mac.finalize().into_bytes().into()
    }
}

/// The relocation of a pointer-sized field that holds an address.
pub(crate) fn addr_reloc(off: usize, ptr_size: u8, sym: SymId, add: i64) -> ExtReloc {
    ExtReloc {
        off: off as i32,
        siz: ptr_size,
        typ: RelocType::Addr,
        weak: false,
        add,
        sym,
    }
}
