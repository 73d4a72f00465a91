//! Where things are in a type descriptor, for the passes that read them.

use crate::named::named_enum;

named_enum! {
    /// The kind of a type descriptor (`internal/abi.Kind`), numbered alike in every
    /// supported release: the discriminant is the number in the descriptor.
    pub enum TypeKind: u8 {
        Invalid = "Invalid",
        Bool = "Bool",
        Int = "Int",
        Int8 = "Int8",
        Int16 = "Int16",
        Int32 = "Int32",
        Int64 = "Int64",
        Uint = "Uint",
        Uint8 = "Uint8",
        Uint16 = "Uint16",
        Uint32 = "Uint32",
        Uint64 = "Uint64",
        Uintptr = "Uintptr",
        Float32 = "Float32",
        Float64 = "Float64",
        Complex64 = "Complex64",
        Complex128 = "Complex128",
        Array = "Array",
        Chan = "Chan",
        Func = "Func",
        Interface = "Interface",
        Map = "Map",
        Pointer = "Pointer",
        Slice = "Slice",
        String = "String",
        Struct = "Struct",
        UnsafePointer = "UnsafePointer",
    }
}

/// `TFlagUncommon`: an uncommon type follows the kind's own fields.
pub const TFLAG_UNCOMMON: u8 = 1 << 0;
/// `TFlagExtraStar`: the name has a `*` in front that is not part of it.
pub const TFLAG_EXTRA_STAR: u8 = 1 << 1;
/// `TFlagNamed`: the type has a name.
pub const TFLAG_NAMED: u8 = 1 << 2;
/// `TFlagGCMaskOnDemand`: `gcdata` is the address of a mask made at run time.
pub const TFLAG_GC_MASK_ON_DEMAND: u8 = 1 << 4;

/// Bit of a name's first byte that marks an embedded struct field
/// (`ld/decodesym.go:decodetypeNameEmbedded`).
pub const NAME_EMBEDDED: u8 = 1 << 3;

/// Offsets and sizes in a type descriptor, in bytes (`ld/decodesym.go`,
/// `ld/deadcode.go:decodetypeMethods`, `internal/abi/compiletype.go`). Each takes the
/// target's pointer size in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeLayout {
    /// Bits of the kind byte that are the kind.
    pub kind_mask: u8,
    /// Bit of the kind byte of a type with a GC program in place of a mask; 0 if there are no such types
    /// (`ld/decodesym.go:decodetypeUsegcprog`).
    pub gc_program: u8,
    /// Words a map descriptor has behind the common part, before its 4-byte flags (which are
    /// padded to a word).
    pub map_words: usize,
    /// Words an interface descriptor counts behind the common part when the uncommon type is
    /// looked for.
    pub interface_words: usize,
}

impl TypeLayout {
    /// Size of the part all descriptors share (`abi.CommonSize`).
    pub const fn common_size(&self, ptr_size: usize) -> usize {
        4 * ptr_size + 16
    }

    /// Offset of the size of the type's values: 0.
    pub const fn size_offset(&self) -> usize {
        0
    }

    /// Offset of the length of the prefix that holds pointers.
    pub const fn ptrdata_offset(&self, ptr_size: usize) -> usize {
        ptr_size
    }

    /// Offset of the flag byte (`abi.TFlagOff`).
    pub const fn tflag_offset(&self, ptr_size: usize) -> usize {
        2 * ptr_size + 4
    }

    /// Offset of the kind byte.
    pub const fn kind_offset(&self, ptr_size: usize) -> usize {
        2 * ptr_size + 7
    }

    /// Offset of the address of the GC mask (`ld/decodesym.go:decodetypeGcmask`).
    pub const fn gcdata_offset(&self, ptr_size: usize) -> usize {
        3 * ptr_size + 8
    }

    /// Offset of the 4-byte reference to the type's string (`decodetypeStr`).
    pub const fn str_offset(&self, ptr_size: usize) -> usize {
        4 * ptr_size + 8
    }

    /// The kind in a descriptor's kind byte.
    pub fn kind(&self, kind_byte: u8) -> Option<TypeKind> {
        TypeKind::ALL
            .get(usize::from(kind_byte & self.kind_mask))
            .copied()
    }

    /// Size of a descriptor of `kind` without uncommon type and trailing arrays, which is
    /// where its uncommon type is (`abi.RTypeSize`; in 1.26 part of
    /// `ld/deadcode.go:decodetypeMethods`).
    pub const fn uncommon_offset(&self, kind: TypeKind, ptr_size: usize) -> usize {
        self.common_size(ptr_size)
            + match kind {
                TypeKind::Struct => 4 * ptr_size,
                TypeKind::Pointer | TypeKind::Func | TypeKind::Slice => ptr_size,
                TypeKind::Array => 3 * ptr_size,
                TypeKind::Chan => 2 * ptr_size,
                TypeKind::Map => self.map_words * ptr_size + ptr_size,
                TypeKind::Interface => self.interface_words * ptr_size,
                _ => 0,
            }
    }

    /// Size of the uncommon type (`abi.UncommonSize`): package path, method count, exported
    /// method count (2 bytes at 6), offset of the methods (4 bytes at 8), unused.
    pub const fn uncommon_size(&self) -> usize {
        16
    }

    /// Offset in the uncommon type of the 2-byte method count.
    pub const fn uncommon_mcount_offset(&self) -> usize {
        4
    }

    /// Offset in the uncommon type of the 4-byte offset (from the uncommon type) of the
    /// method array.
    pub const fn uncommon_moff_offset(&self) -> usize {
        8
    }

    /// Size of a method of the uncommon type: name, type, interface and plain text, 4 bytes
    /// each.
    pub const fn method_size(&self) -> usize {
        16
    }

    /// Size of a field of a struct type: name, type, offset (`abi.StructFieldSize`).
    pub const fn struct_field_size(&self, ptr_size: usize) -> usize {
        3 * ptr_size
    }

    /// Offset of the type in an itab (`abi.ITabTypeOff`).
    pub const fn itab_type_offset(&self, ptr_size: usize) -> usize {
        ptr_size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MapShape, layout_for};

    #[test]
    fn uncommon_types_are_where_the_release_puts_them() {
        let old = layout_for("go1.26").unwrap().type_layout;
        let new = layout_for("go1.27").unwrap().type_layout;
        assert_eq!(old.uncommon_offset(TypeKind::Map, 8), 48 + 7 * 8 + 8);
        assert_eq!(new.uncommon_offset(TypeKind::Map, 8), 48 + 10 * 8 + 8);
        assert_eq!(new.uncommon_offset(TypeKind::Map, 4), 32 + 10 * 4 + 4);
        assert_eq!(old.uncommon_offset(TypeKind::Interface, 8), 48 + 24);
        assert_eq!(new.uncommon_offset(TypeKind::Interface, 8), 48 + 32);
        assert_eq!(new.uncommon_offset(TypeKind::Int, 8), 48);
        assert_eq!(
            new.kind(TypeKind::UnsafePointer as u8),
            Some(TypeKind::UnsafePointer)
        );
        assert_eq!(new.kind(27), None);
    }

    #[test]
    fn maps_depend_on_an_experiment_as_long_as_it_can_be_switched_off() {
        let map = |version, experiments| {
            let layout = layout_for(version).unwrap();
            let experiments = layout.experiments("linux", "amd64", experiments).unwrap();
            let layout = layout.with_experiments(&experiments);
            (
                layout.type_layout.uncommon_offset(TypeKind::Map, 8),
                layout.map_shape,
                *layout.dwarf_runtime_types.last().unwrap(),
            )
        };
        let groups = (48 + 64, MapShape::Groups, "type:internal/abi.SwissMapType");
        let buckets = (48 + 40, MapShape::Buckets, "type:internal/abi.OldMapType");
        for version in ["go1.25.0", "go1.25.9", "go1.25.12"] {
            assert_eq!(map(version, ""), groups, "{version}");
            assert_eq!(map(version, "noswissmap"), buckets, "{version}");
        }
        assert_eq!(map("go1.26.0", "").1, MapShape::Groups);
    }
}
