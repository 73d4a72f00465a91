//! `.debug_frame`: one common entry, and for every function how its stack pointer moves
//! (`ld/dwarf.go:writeframes`).

use crate::encode::{Count, Out, Sink, read_uvarint, read_varint};
use target::ArchInfo;

const DATA_ALIGNMENT: i64 = -4;

const CFA_ADVANCE_LOC: u8 = 0x40;
const CFA_ADVANCE_LOC1: u8 = 0x02;
const CFA_ADVANCE_LOC2: u8 = 0x03;
const CFA_ADVANCE_LOC4: u8 = 0x04;
const CFA_OFFSET_EXTENDED: u8 = 0x05;
const CFA_UNDEFINED: u8 = 0x07;
const CFA_SAME_VALUE: u8 = 0x08;
const CFA_DEF_CFA: u8 = 0x0c;
const CFA_OFFSET_EXTENDED_SF: u8 = 0x11;
const CFA_DEF_CFA_OFFSET_SF: u8 = 0x13;
const CFA_VAL_OFFSET: u8 = 0x14;

/// Bit of `FuncFlag` of functions that nobody called (`abi.FuncFlagTopFrame`).
const TOP_FRAME: u8 = 1;

/// The common entry.
pub(crate) fn common_entry(arch: &ArchInfo) -> Vec<u8> {
    let reserve = if arch.has_link_register { 32u32 } else { 16 };
    let mut b = Vec::with_capacity(reserve as usize + 4);
    b.u32(reserve);
    b.u32(!0);
    b.u8(3); // version
    b.u8(0); // no augmentation
    b.uleb(1);
    b.sleb(DATA_ALIGNMENT);
    b.uleb(arch.dwarf_lr.into());
    b.u8(CFA_DEF_CFA);
    b.uleb(arch.dwarf_sp.into());
    if arch.has_link_register {
        b.uleb(0);
        b.u8(CFA_SAME_VALUE);
        b.uleb(arch.dwarf_lr.into());
        b.u8(CFA_VAL_OFFSET);
        b.uleb(arch.dwarf_sp.into());
        b.uleb(0);
    } else {
        // The call has pushed the return address.
        b.uleb(arch.ptr_size.into());
        b.u8(CFA_OFFSET_EXTENDED);
        b.uleb(arch.dwarf_lr.into());
        b.uleb((-i64::from(arch.ptr_size) / DATA_ALIGNMENT) as u64);
    }
    b.resize(reserve as usize + 4, 0);
    b
}

/// What an entry is made of.
pub(crate) struct StackTable<'a> {
    /// How the stack pointer moves: pairs of delta and length.
    pub pcsp: &'a [u8],
    /// Length of the function, bytes.
    pub size: u64,
    /// Whether nobody called the function.
    pub top_frame: bool,
}

/// Whether the data of a FuncInfo says that nobody called the function.
pub(crate) fn is_top_frame(func_info: &[u8]) -> bool {
    func_info.get(9).is_some_and(|f| f & TOP_FRAME != 0)
}

impl StackTable<'_> {
    /// Length of the entry, bytes; never 0. `None` when the table is damaged.
    pub(crate) fn entry_size(&self, arch: &ArchInfo) -> Option<u32> {
        let mut n = Count::default();
        self.put(arch, &mut n)?;
        let n = n.0.next_multiple_of(arch.ptr_size.into());
        u32::try_from(8 + 2 * u64::from(arch.ptr_size) + n).ok()
    }

    /// Writes the entry of the function, which lies at `addr`; the table has been measured. The common
    /// entry is at `common` in the section.
    pub(crate) fn put_entry(&self, arch: &ArchInfo, common: u32, addr: u64, buf: &mut [u8]) {
        let len = buf.len() as u32;
        let mut out = Out::new(buf);
        out.u32(len - 4);
        out.u32(common);
        out.word(arch.ptr_size, addr);
        out.word(arch.ptr_size, self.size);
        let measured = self.put(arch, &mut out);
        debug_assert!(measured.is_some());
        out.pad();
    }

    /// The instructions, without padding. `None` when the table is damaged.
    fn put(&self, arch: &ArchInfo, out: &mut impl Sink) -> Option<()> {
        let lr = u64::from(arch.dwarf_lr);
        if arch.has_link_register && self.top_frame {
            out.u8(CFA_UNDEFINED);
            out.uleb(lr);
        }
        let mut p = self.pcsp;
        let (mut pc, mut value, mut first) = (0u32, -1i32, true);
        while !p.is_empty() {
            let (delta, n) = read_varint(p)?;
            if delta == 0 && !first {
                break;
            }
            p = &p[n..];
            first = false;
            value = value.wrapping_add(delta as i32);
            let (step, n) = read_uvarint(p)?;
            p = &p[n..];
            let start = pc;
            pc = pc.wrapping_add((step as u32).wrapping_mul(arch.min_lc.into()));
            // The table goes to the end of the function, readers expect it to stop short of that.
            let mut end = pc;
            if u64::from(end) == self.size {
                end = end.wrapping_sub(1);
                if end < start {
                    continue;
                }
            }
            let mut cfa = i64::from(value);
            if !arch.has_link_register {
                cfa += i64::from(arch.ptr_size);
            } else if !self.top_frame {
                if value > 0 {
                    out.u8(CFA_OFFSET_EXTENDED_SF);
                    out.uleb(lr);
                    out.sleb(-cfa / DATA_ALIGNMENT);
                } else {
                    out.u8(CFA_SAME_VALUE);
                    out.uleb(lr);
                }
            }
            let offset = cfa / DATA_ALIGNMENT;
            let delta = i64::from(end) - i64::from(start);
            if let -0x40..0x40 = offset {
                // One byte, as nearly always.
                let set = [CFA_DEF_CFA_OFFSET_SF, offset as u8 & 0x7f];
                let [a, b] = set;
                match delta {
                    ..0x40 => out.bytes(&[a, b, (i64::from(CFA_ADVANCE_LOC) + delta) as u8]),
                    0x40..0x100 => out.bytes(&[a, b, CFA_ADVANCE_LOC1, delta as u8]),
                    0x100..0x10000 => {
                        let [low, high] = (delta as u16).to_le_bytes();
                        out.bytes(&[a, b, CFA_ADVANCE_LOC2, low, high]);
                    }
                    _ => {
                        out.bytes(&[a, b, CFA_ADVANCE_LOC4]);
                        out.u32(delta as u32);
                    }
                }
                continue;
            }
            out.u8(CFA_DEF_CFA_OFFSET_SF);
            out.sleb(offset);
            match delta {
                ..0x40 => out.u8((i64::from(CFA_ADVANCE_LOC) + delta) as u8),
                0x40..0x100 => {
                    out.u8(CFA_ADVANCE_LOC1);
                    out.u8(delta as u8);
                }
                0x100..0x10000 => {
                    out.u8(CFA_ADVANCE_LOC2);
                    out.u16(delta as u16);
                }
                _ => {
                    out.u8(CFA_ADVANCE_LOC4);
                    out.u32(delta as u32);
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use target::AMD64;

    #[test]
    fn common_entry_of_amd64() {
        assert_eq!(
            common_entry(&AMD64),
            [
                16, 0, 0, 0, 255, 255, 255, 255, 3, 0, 1, 0x7c, 16, 12, 7, 8, 5, 16, 2, 0
            ]
        );
    }

    fn instructions(pcsp: &[u8], size: u64) -> Option<Vec<u8>> {
        let f = StackTable {
            pcsp,
            size,
            top_frame: false,
        };
        let mut v = Vec::new();
        f.put(&AMD64, &mut v).map(|()| v)
    }

    #[test]
    fn last_interval_stops_before_the_end() {
        // 0 up to pc 4, 16 up to pc 20, which is the end.
        let t = [2, 4, 32, 16, 0];
        assert_eq!(
            instructions(&t, 20).unwrap(),
            [0x13, 0x7e, 0x44, 0x13, 0x7a, 0x4f]
        );
        assert_eq!(
            instructions(&t, 21).unwrap(),
            [0x13, 0x7e, 0x44, 0x13, 0x7a, 0x50]
        );
    }

    #[test]
    fn damaged_tables_are_noticed() {
        assert!(instructions(&[2], 20).is_none());
        assert!(instructions(&[0x80], 20).is_none());
        assert_eq!(instructions(&[], 20).unwrap(), []);
    }
}
