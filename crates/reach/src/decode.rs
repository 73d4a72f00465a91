//! Reading type descriptors (`ld/decodesym.go`, `ld/deadcode.go:decodetypeMethods`).

use crate::{Damage, Layout};
use gover::{TFLAG_UNCOMMON, TypeKind};

/// Where a type's methods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MethodArray {
    /// Offset of the first method in the descriptor.
    pub off: i64,
    /// Number of methods.
    pub count: u32,
}

impl Layout {
    /// The methods of a type descriptor.
    pub fn method_array(&self, data: &[u8]) -> Result<MethodArray, Damage> {
        let (t, p) = (&self.types, self.ptr_size);
        let need = |n: usize| {
            if data.len() < n {
                return Err(Damage::ShortType {
                    len: data.len() as u32,
                    need: n as u32,
                });
            }
            Ok(())
        };
        need(t.common_size(p))?;
        let (kind, flags) = (data[t.kind_offset(p)], data[t.tflag_offset(p)]);
        if flags & TFLAG_UNCOMMON == 0 {
            return Err(Damage::NoMethods { kind, flags });
        }
        // A kind without fields of its own takes none.
        let at = t.uncommon_offset(t.kind(kind).unwrap_or(TypeKind::Invalid), p);
        need(at + t.uncommon_size())?;
        let count = &data[at + t.uncommon_mcount_offset()..][..2];
        let moff = &data[at + t.uncommon_moff_offset()..][..4];
        Ok(MethodArray {
            off: at as i64 + i64::from(u32::from_le_bytes(moff.try_into().unwrap())),
            count: u16::from_le_bytes(count.try_into().unwrap()).into(),
        })
    }

    /// Whether a type descriptor is that of an interface.
    pub fn is_interface(&self, data: &[u8]) -> bool {
        data.get(self.types.kind_offset(self.ptr_size))
            .is_some_and(|&k| self.types.kind(k) == Some(TypeKind::Interface))
    }
}

/// The text of a name that a type descriptor refers to: a flag byte, the length as a varint, the
/// bytes.
pub(crate) fn name(data: &[u8]) -> Result<&[u8], Damage> {
    let bad = Damage::Name {
        len: data.len() as u32,
    };
    let mut len = 0u64;
    for (i, &b) in data.iter().enumerate().skip(1).take(10) {
        len |= u64::from(b & 0x7f) << (7 * (i - 1)).min(63);
        if b < 0x80 {
            let rest = &data[i + 1..];
            return usize::try_from(len)
                .ok()
                .and_then(|n| rest.get(..n))
                .ok_or(bad);
        }
    }
    Err(bad)
}

/// Whether a method's name is exported: `unicode.IsUpper` of its first character.
pub(crate) fn is_exported(name: &[u8]) -> bool {
    if let Some(&b) = name.first()
        && b < 0x80
    {
        return b.is_ascii_uppercase();
    }
    let head = &name[..name.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(s) => s,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or(""),
    };
    // Go's property is the category Lu alone, without numerals and symbols in upper case.
    valid.chars().next().is_some_and(|c| {
        c.is_uppercase()
            && !matches!(c, '\u{2160}'..='\u{216f}' | '\u{24b6}'..='\u{24cf}' | '\u{1f130}'..='\u{1f189}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gover::layout_for;

    #[test]
    fn names_end_where_their_length_says() {
        assert_eq!(name(b"\x01\x03Foorest"), Ok(&b"Foo"[..]));
        assert_eq!(name(b"\x00\x00"), Ok(&b""[..]));
        let mut long = vec![0, 0x80, 0x01];
        long.extend([b'x'; 128]);
        assert_eq!(name(&long).unwrap().len(), 128);
        for bad in [
            &b""[..],
            b"\x00",
            b"\x00\x02a",
            b"\x00\x80",
            b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(
                name(bad),
                Err(Damage::Name {
                    len: bad.len() as u32
                })
            );
        }
    }

    #[test]
    fn exported_is_upper_case_letters_only() {
        for (n, want) in [
            ("Foo", true),
            ("foo", false),
            ("_F", false),
            ("Äx", true),
            ("ß", false),
            ("Ⓐ", false),
            ("Ⅷ", false),
            ("世", false),
            ("ǅ", false),
        ] {
            assert_eq!(is_exported(n.as_bytes()), want, "{n}");
        }
        assert!(!is_exported(b"\xffA"));
    }

    #[test]
    fn method_arrays_are_behind_the_uncommon_type() {
        let l = Layout {
            types: layout_for("go1.27").unwrap().type_layout,
            ptr_size: 8,
        };
        let mut d = vec![0u8; 48 + 8 + 16];
        d[20] = TFLAG_UNCOMMON;
        d[23] = TypeKind::Pointer as u8;
        d[56 + 4..56 + 6].copy_from_slice(&3u16.to_le_bytes());
        d[56 + 8..56 + 12].copy_from_slice(&16u32.to_le_bytes());
        assert_eq!(l.method_array(&d), Ok(MethodArray { off: 72, count: 3 }));
        assert_eq!(
            l.method_array(&d[..60]),
            Err(Damage::ShortType { len: 60, need: 72 })
        );
        assert!(matches!(
            l.method_array(&d[..10]),
            Err(Damage::ShortType { .. })
        ));
        d[20] = 0;
        assert!(matches!(l.method_array(&d), Err(Damage::NoMethods { .. })));
        assert!(!l.is_interface(&d));
        assert!(!l.is_interface(&[]));
        d[23] = TypeKind::Interface as u8;
        assert!(l.is_interface(&d));
    }
}
